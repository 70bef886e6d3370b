"""Who of a municipality is due for renewal: a page of a list, by four questions, however many there are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import Exact

from honnin.agency.card_register.models import Card
from honnin.agency.notices.models import Letter
from honnin.agency.notices.queries import RESIDENCE
from honnin.agency.records.models import IssuanceRecord
from honnin.clock import day_in_japan
from honnin.identifiers import MunicipalityCode, PersonCode
from honnin.law.certificates.notices import (
    DeliveryState,
    LetterKind,
    LetterStanding,
    RenewalPhase,
    expiries_in,
    letter_standing,
)
from honnin.law.certificates.status import Status
from honnin.law.terms import Purpose
from honnin.wire.messages.notices import (
    DUE_ON_ONE_PAGE,
    AskRenewalsDue,
    DueCertificate,
    DuePerson,
    DuePlace,
    RenewalsDue,
)

_STATES = {
    standing: [state for state in DeliveryState if letter_standing(state) is standing]
    for standing in LetterStanding
}


def renewals_due(place: MunicipalityCode, asked: AskRenewalsDue, on: date) -> RenewalsDue:
    """The page that is asked for; everybody is in it once, at the first of their certificates in it."""
    found = _first_of_each(asked.phase, on)
    found = found.filter(Exact(RESIDENCE, place))
    if asked.letter is not None:
        found = _with_letter(found, asked.letter)
    backwards = asked.after is None and asked.before is not None
    rising = (asked.phase is not RenewalPhase.LAPSED) is not backwards
    if (limit := asked.after or asked.before) is not None:
        found = _beyond(found, limit, rising=rising)
    order = ("expiry_date", "person_code") if rising else ("-expiry_date", "-person_code")
    rows = list(found.order_by(*order).values_list("expiry_date", "person_code")[: DUE_ON_ONE_PAGE + 1])
    places = [DuePlace(expiry, PersonCode(code)) for expiry, code in rows[:DUE_ON_ONE_PAGE]]
    more = len(rows) > DUE_ON_ONE_PAGE
    if backwards:
        places.reverse()
    persons = tuple(_persons([each.person_code for each in places], asked.phase, on))
    has_next, has_previous = (True, more) if backwards else (more, asked.after is not None)
    return RenewalsDue(
        persons,
        next=places[-1] if places and has_next else None,
        previous=places[0] if places and has_previous else None,
    )


def _certificates(first: date, last: date) -> QuerySet[IssuanceRecord]:
    """Certificates on their card that only their last day ends, which lies between two days."""
    found = IssuanceRecord.objects.filter(
        effective=True, status__in=[Status.GOOD, Status.HELD], expiry_date__range=(first, last)
    )
    return found.exclude(delivered_at=None)


def _first_of_each(phase: RenewalPhase, on: date) -> QuerySet[IssuanceRecord]:
    """Of each person the certificate that comes first: the soonest that has not ended, or the last that did.

    Who has one in its window is not among those whose window opens soon.
    """
    first, last = expiries_in(phase, on)
    same_day = Q(expiry_date=OuterRef("expiry_date"), purpose__lt=OuterRef("purpose"))
    if phase is RenewalPhase.LAPSED:
        before = Q(expiry_date__gt=OuterRef("expiry_date")) | same_day
        others = _certificates(first, last)
    else:
        before = Q(expiry_date__lt=OuterRef("expiry_date")) | same_day
        others = _certificates(on, last)
    earlier = others.filter(before, person_code=OuterRef("person_code"))
    return _certificates(first, last).filter(~Exists(earlier))


def _with_letter(found: QuerySet[IssuanceRecord], standing: LetterStanding) -> QuerySet[IssuanceRecord]:
    newest = _letters().filter(person_code=OuterRef("person_code"), expiry_date__gte=OuterRef("expiry_date"))
    found = found.alias(letter=Subquery(newest.order_by("-pk").values("state")[:1]))
    wanted = Q(letter=None) if standing is LetterStanding.NONE else Q(letter__in=_STATES[standing])
    return found.filter(wanted)


def _letters() -> QuerySet[Letter]:
    return Letter.objects.filter(kind=LetterKind.EXPIRY_NOTICE)


def _beyond(found: QuerySet[IssuanceRecord], place: DuePlace, *, rising: bool) -> QuerySet[IssuanceRecord]:
    """What lies beyond a place, by rising or falling days. The first condition is that by which the index is
    entered.
    """
    if rising:
        beyond = Q(expiry_date__gt=place.expiry_date) | Q(person_code__gt=place.person_code)
        return found.filter(Q(expiry_date__gte=place.expiry_date), beyond)
    beyond = Q(expiry_date__lt=place.expiry_date) | Q(person_code__lt=place.person_code)
    return found.filter(Q(expiry_date__lte=place.expiry_date), beyond)


def _persons(codes: list[PersonCode], phase: RenewalPhase, on: date) -> Iterable[DuePerson]:
    certificates: Mapping[str, list[DueCertificate]] = defaultdict(list)
    columns = ("person_code", "purpose", "issued_at", "expiry_date", "status")
    of_them = _certificates(*expiries_in(phase, on)).filter(person_code__in=codes)
    for code, purpose, issued_at, expiry, status in of_them.order_by("expiry_date", "purpose").values_list(
        *columns
    ):
        each = DueCertificate(Purpose(purpose), day_in_japan(issued_at), expiry, Status(status))
        certificates[code].append(each)
    cards = dict(
        Card.objects.filter(person_code__in=codes, valid=True).values_list("person_code", "expiry_date")
    )
    letters = {each.person_code: each for each in _letters().filter(person_code__in=codes).order_by("pk")}
    for code in codes:
        letter, first = letters.get(code), certificates[code][0].expiry_date
        is_of_these = letter is not None and letter.expiry_date is not None and letter.expiry_date >= first
        state = DeliveryState(letter.state) if letter and is_of_these else None
        yield DuePerson(code, tuple(certificates[code]), cards.get(code), letter_standing(state))
