"""Finding a caller among those to whom certificates were issued, and whoever has a card by its number."""

from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from itertools import islice, product

from django.db.models import QuerySet

from honnin.agency.card_register.models import Card
from honnin.agency.card_register.queries import card, cards_of
from honnin.agency.hotline.models import Call, Holder, Operator
from honnin.agency.issuance.models import Procedure
from honnin.errors import NotAllowed
from honnin.identifiers import CardNumber, PersonCode, folded
from honnin.law.names.romaji import readings
from honnin.law.names.spelling import answers_to, folded_address, parts_of_name
from honnin.wire import codec
from honnin.wire.messages.issuance import ApplicationForm

MOST_HITS = 10
ON_ONE_PAGE = 20
MOST_HEARD = 256
"""Writings of a whole name that is compared by its sound."""


def operator_of(user_name: str) -> Operator:
    """The operator behind an account. Raises NotAllowed E_NOT_AN_OPERATOR."""
    operator = Operator.objects.filter(user_name=user_name).first()
    if operator is None:
        raise NotAllowed("E_NOT_AN_OPERATOR")
    return operator


@dataclass(frozen=True)
class Caller:
    """A person the caller may be, as the newest application form says.

    To whom no certificate was ever issued, the agency knows the card alone: the rest is empty then.
    """

    person_code: PersonCode
    name: str = ""
    reading: str = ""
    birth_date: date | None = None
    address: str = ""
    card_number: CardNumber | None = None

    def __repr__(self) -> str:
        return "Caller(…)"


def callers(name: str, birth_date: date | None, address: str = "", card_number: str = "") -> list[Caller]:
    """Whose card it is, and holders of this birth date who answer to the name, by its kanji or its reading.

    At most ten. Somebody to whom no certificate was ever issued is found by the number of the card alone. The
    agency holds no register: it knows what the application forms say. An address narrows
    the hits only as long as it leaves any, since a caller in distress may say an old one.
    """
    hits = {caller.person_code: caller for caller in _with_card(card_number)}
    where = folded_address(address)
    answering = [each for each in _born_on(birth_date) if _answers(each, name)] if birth_date else []
    near = [each for each in answering if where and where in folded_address(each.address)]
    hits |= {each.person_code: each for each in near or answering}
    return list(hits.values())[:MOST_HITS]


class Remark(Enum):
    """What was asked for and did not narrow or fit what was found."""

    ADDRESS_FITS_NOBODY = auto()
    CARD_UNKNOWN = auto()
    CARD_OF_ANOTHER = auto()
    MAY_BE_MORE = auto()


def remarks(
    hits: list[Caller], *, name: str, birth_date: date | None, address: str, card_number: str
) -> tuple[Remark, ...]:
    """What an operator must know about hits; the rest as for `callers`."""
    known, found = _typed_card(card_number), []
    if card_number and known is None:
        found.append(Remark.CARD_UNKNOWN)
    holder = next((each for each in hits if known and each.person_code == known.person_code), None)
    if holder and holder.name and not _is(holder, name, birth_date):
        found.append(Remark.CARD_OF_ANOTHER)
    where, written = folded_address(address), [folded_address(each.address) for each in hits if each.address]
    if where and written and not any(where in each for each in written):
        found.append(Remark.ADDRESS_FITS_NOBODY)
    if len(hits) >= MOST_HITS:
        found.append(Remark.MAY_BE_MORE)
    return tuple(found)


def _is(one: Caller, name: str, birth_date: date | None) -> bool:
    """Whether somebody is whom the caller claims to be, by as much as was typed."""
    return (not name or _answers(one, name)) and birth_date in (None, one.birth_date)


def _typed_card(text: str) -> Card | None:
    number = CardNumber.parse(folded(text))  # one field for it alone: whatever stands between is left out
    return card(number) if number else None


def _with_card(card_number: str) -> list[Caller]:
    known = _typed_card(card_number)
    holder = caller(known.person_code) if known else None
    return [holder] if holder else []


def _answers(one: Caller, name: str) -> bool:
    """By the name as it is written or read; else by how a name in letters, or heard, may be written."""
    names, asked = (one.name, one.reading), parts_of_name(name)
    if answers_to(asked, names):
        return True
    heard = [readings(part) for part in asked]
    return all(heard) and any(answers_to(each, names) for each in islice(product(*heard), MOST_HEARD))


def _born_on(birth_date: date) -> list[Caller]:
    """As the newest form of each says."""
    found = Procedure.objects.filter(birth_date=birth_date).order_by("began_at")
    return list({each.person_code: _caller(each) for each in found}.values())


def _caller(procedure: Procedure) -> Caller:
    form = codec.decode(ApplicationForm, bytes(procedure.form))
    return Caller(procedure.person_code, form.name, form.kana, form.birth_date, form.address)


def caller(person_code: PersonCode) -> Caller | None:
    """The holder of this code, as the newest form says; by the newest card alone where nothing was ever
    issued; None where there is neither.
    """
    known = Procedure.objects.filter(person_code=person_code, birth_date__isnull=False)
    newest = known.order_by("-began_at").first()
    if newest is not None:
        return _caller(newest)
    cards = cards_of(person_code)
    return Caller(person_code, card_number=cards[0].card_number) if cards else None


def holder_of(public_id: str) -> Holder | None:
    """Whose pages stand under an opaque id."""
    return Holder.objects.filter(pk=public_id).first()


def newest_call(person_code: PersonCode) -> Call | None:
    """The last notice of loss for a person, if there was one."""
    return Call.objects.filter(person_code=person_code).order_by("-id").first()


def open_calls() -> QuerySet[Call]:
    """Every call whose loss was not yet reported at a counter, the newest first."""
    return Call.objects.filter(reported_at_counter=False).select_related("operator").order_by("-id")
