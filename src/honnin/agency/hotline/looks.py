"""An operator's searches and looks: an entry of the agency's journal each, written before anything is shown.

An entry names the operator, the page, and the holder by the opaque id of the pages; what was searched for
stands there as a keyed digest. Where the entry cannot be written, nothing is shown (E_RECORDS_UNAVAILABLE).
"""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction

from honnin.agency.hotline.models import Call, Holder, Operator
from honnin.agency.hotline.queries import Caller, callers
from honnin.agency.records.journal import DATABASE, JOURNAL, Act, append
from honnin.identifiers import folded
from honnin.law.citation import cites
from honnin.law.names.spelling import folded_address, folded_name

SEARCH, LOOK_AT_HOLDER, LOOK_AT_CALLS = "search holders", "look at holder", "look at calls"


def search(
    operator: Operator,
    name: str,
    birth_date: date | None,
    address: str,
    card_number: str = "",
    *,
    at: datetime,
) -> list[tuple[Holder, Caller]]:
    """Whom a name, a birth date and a part of an address fit, or a card; each with the id of their pages."""
    hits = callers(name, birth_date, address, card_number)
    asked = (
        folded_name(name),
        birth_date.isoformat() if birth_date else "",
        folded_address(address),
        folded(card_number),
    )
    terms = JOURNAL.binder.pseudonym("search", *asked)
    detail: dict[str, str | int] = {"hits": len(hits), "terms": terms}
    holders = _shown(operator, SEARCH, detail, [hit.person_code for hit in hits], at)
    return [(holders[hit.person_code], hit) for hit in hits]


def at_calls(operator: Operator, calls: Iterable[Call], *, at: datetime) -> dict[str, Holder]:
    """The list of open calls, which shows names; returns the ids of the pages by person."""
    codes = [call.person_code for call in calls]
    return _shown(operator, LOOK_AT_CALLS, {"hits": len(codes)}, codes, at)


def at_holder(operator: Operator, holder: Holder, page: str, *, at: datetime) -> None:
    """One holder, with what the application form says and how the certificates stand."""
    with transaction.atomic(using=DATABASE):
        append(Act(_actor(operator), LOOK_AT_HOLDER, f"holder {holder.pk}", {"page": page}), at)


def _shown(
    operator: Operator, act: str, detail: dict[str, str | int], codes: Iterable[str], at: datetime
) -> dict[str, Holder]:
    """Ids for everybody who is shown, made where there is none yet, in the transaction of the entry."""
    with transaction.atomic(using=DATABASE):
        # In one order, so that no two who look wait for each other.
        found = {code: Holder.objects.get_or_create(person_code=code) for code in sorted(set(codes))}
        new = [holder for holder, created in found.values() if created]
        shown = " ".join(holder.pk for holder, _created in found.values())
        append(Act(_actor(operator), act, "holders", {**detail, "shown": shown}), at, *new)
    return {code: holder for code, (holder, _created) in found.items()}


@cites("S4-23")
def _actor(operator: Operator) -> str:
    return f"hotline/{operator.user_name}"
