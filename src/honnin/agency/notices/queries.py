"""Reading the outbox, and who is due the expiry notice."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby, islice
from operator import itemgetter

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from honnin.agency.card_register.models import Card
from honnin.agency.notices.models import Batch, Letter
from honnin.agency.notices.numbers import running_number
from honnin.agency.records.models import IssuanceRecord
from honnin.clock import day_in_japan
from honnin.errors import Conflict, Malformed
from honnin.identifiers import MunicipalityCode, PersonCode
from honnin.law.certificates.notices import (
    DeliveryState,
    LetterKind,
    expiry_notice_days,
    expiry_notice_is_due,
    last_expiry_due,
)
from honnin.law.certificates.status import Status

AT_ONCE = 500
"""Records that are read from the database at a time."""
LONGEST_BATCH_NUMBER = 12
# Whose resident somebody is, as `card_register.residence.municipalities_of` tells it of one person: that
# of the newest card, which moves with the holder.
RESIDENCE = Coalesce(
    Subquery(
        Card.objects.filter(person_code=OuterRef("person_code"))
        .order_by("-created_on", "-card_number")
        .values("municipality_code")[:1]
    ),
    "municipality_code",
)
_WAITS = Q(state=DeliveryState.ORDERED, name="") | Q(state=DeliveryState.RETURNED)


@dataclass(frozen=True)
class Due:
    """Somebody who is to get the expiry notice: whose certificates end on `expiry`.

    `is_late`: the days in which it should have gone have passed.
    """

    person_code: PersonCode
    municipality_code: MunicipalityCode
    expiry: date
    is_late: bool

    def __repr__(self) -> str:
        return f"Due({self.expiry})"


def due(
    on: date, municipality_code: MunicipalityCode | None = None, persons: Collection[PersonCode] = ()
) -> Iterator[Due]:
    """Who is due the expiry notice on a day and has none for that expiry, by person; of one municipality, or
    of these persons alone.

    Where both certificates are due there is one notice, of the later expiry. Read in pieces: memory is flat.
    """
    found = _ending(on).alias(place=RESIDENCE)
    if persons:
        found = found.filter(person_code__in=list(persons))
    if municipality_code is not None:
        found = found.filter(Exact(F("place"), municipality_code))
    rows = found.order_by("person_code", "expiry_date").values_list(
        "person_code", RESIDENCE, "expiry_date", "issued_at"
    )
    for code, of_person in groupby(rows.iterator(chunk_size=AT_ONCE), key=itemgetter(0)):
        in_their_days = [row for row in of_person if expiry_notice_is_due(row[2], day_in_japan(row[3]), on)]
        if in_their_days:
            _code, place, expiry, _issued_at = in_their_days[-1]
            is_late = on > expiry_notice_days(expiry)[1]
            yield Due(PersonCode(code), MunicipalityCode(place), expiry, is_late)


def _ending(on: date) -> QuerySet[IssuanceRecord]:
    """Certificates that have effect or are held, whose notice may go on a day and was not written yet."""
    notice = Letter.objects.filter(
        kind=LetterKind.EXPIRY_NOTICE,
        person_code=OuterRef("person_code"),
        expiry_date__gte=OuterRef("expiry_date"),
    )
    return IssuanceRecord.objects.filter(
        ~Exists(notice),
        effective=True,
        status__in=[Status.GOOD, Status.HELD],
        expiry_date__range=(on, last_expiry_due(on)),
    ).exclude(delivered_at=None)


def standing(person_code: PersonCode, on: date) -> QuerySet[IssuanceRecord]:
    """A person's certificates that have effect or are held on a day, the first to end first."""
    return IssuanceRecord.objects.filter(
        person_code=person_code, effective=True, expiry_date__gte=on, status__in=[Status.GOOD, Status.HELD]
    ).order_by("expiry_date", "purpose")


def is_needless(letter: Letter, on: date) -> bool:
    """Whether nothing is left of what a letter that waits would tell: no certificate that ends so soon."""
    if letter.kind != LetterKind.EXPIRY_NOTICE:
        return False
    return not standing(letter.person_code, on).filter(expiry_date__lte=letter.expiry_date).exists()


def wanting_address(municipality_code: MunicipalityCode) -> QuerySet[Letter]:
    """Letters to persons of a municipality that wait for an address: the first one, or another."""
    found = Letter.objects.filter(_WAITS).alias(place=RESIDENCE)
    return found.filter(Exact(F("place"), municipality_code)).order_by("person_code", "pk")


def wanted_addresses(municipality_code: MunicipalityCode, on: date, most: int) -> list[PersonCode]:
    """Of whom the municipality's register is asked: who waits for an address, then who is due a notice."""
    waiting = wanting_address(municipality_code).values_list("person_code", flat=True)
    persons = dict.fromkeys(waiting[:most])
    persons |= dict.fromkeys(each.person_code for each in islice(due(on, municipality_code), most))
    return list(persons)[:most]


def due_by_municipality(on: date) -> dict[str, dict[str, int]]:
    """How many are due, how many of them late, and how many letters wait for an address, by municipality."""
    found: dict[str, dict[str, int]] = {}
    for each in due(on):
        counts = found.setdefault(each.municipality_code, {"due": 0, "late": 0, "waiting": 0})
        counts["due"] += 1
        counts["late"] += each.is_late
    waiting = Letter.objects.filter(_WAITS).annotate(place=RESIDENCE).values_list("place")
    for code, count in waiting.annotate(count=Count("pk")).order_by("place"):
        found.setdefault(code, {"due": 0, "late": 0, "waiting": 0})["waiting"] = count
    return dict(sorted(found.items()))


def newest_letters(*, state: str | None, kind: str | None, most: int) -> list[Letter]:
    """The newest letters, of a state or kind where one is given."""
    wanted = {name: value for name, value in (("state", state), ("kind", kind)) if value is not None}
    return list(Letter.objects.filter(**wanted).order_by("-pk")[:most])


def ready() -> QuerySet[Letter]:
    """Letters that can be printed and lie in no batch yet, in the order of their ordering."""
    return Letter.objects.filter(state=DeliveryState.ORDERED, batch=None).exclude(name="").order_by("pk")


def open_batches() -> QuerySet[Batch]:
    """Batches whose printing was begun and is not finished."""
    return Batch.objects.filter(printed_at=None).order_by("pk")


def letter_of(number: str) -> Letter:
    """The letter of a printed number. Raises Malformed E_LETTER_NUMBER, Conflict E_LETTER_UNKNOWN."""
    found = Letter.objects.filter(pk=running_number(number)).first()
    if found is None:
        raise Conflict("E_LETTER_UNKNOWN")
    return found


def batch_of(number: str) -> Batch:
    """The batch of a number. Raises Malformed E_BATCH_UNKNOWN."""
    is_number = number.isascii() and number.isdigit() and len(number) <= LONGEST_BATCH_NUMBER
    found = Batch.objects.filter(pk=int(number)).first() if is_number else None
    if found is None:
        raise Malformed("E_BATCH_UNKNOWN")
    return found
