"""Where letters to residents go, as the agency asks for it: it holds no register."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from django.db import transaction

from honnin.errors import Unavailable
from honnin.identifiers import PersonCode
from honnin.law.validity import StayStatus
from honnin.municipality.records.journal import Act, append
from honnin.municipality.residents.models import Municipality, Resident
from honnin.wire.line import Line, Sender, line_to
from honnin.wire.messages.notices import Addressee, AskWantedAddresses, TellAddresses

DATABASE = "municipality"
CHORES = "chores"
MOST_ROUNDS = 100
"""Questions in a row; what is left then waits for the next time."""
TELL = "tell addresses"
"""What the journal calls it."""


def addressee_of(resident: Resident | None, person_code: PersonCode) -> Addressee:
    """Where a letter to a person goes: to the place of stay where one is registered, and nowhere for somebody
    who has no entry here any more.
    """
    if resident is None or resident.removed_on is not None:
        return Addressee(person_code, "", "", registered=False)
    return Addressee(
        person_code,
        resident.name,
        resident.place_of_stay or resident.address,
        elsewhere=bool(resident.place_of_stay),
        stay=StayStatus(resident.stay_status) if resident.stay_status else None,
    )


def tell_addresses(at: datetime) -> int:
    """Tell the agency every address that it wants, for each municipality that has a line to it; returns how
    many letters follow.

    Raises what the line raises; what was told by then stays told.
    """
    return sum(_tell(place, line, at) for place, line in _lines())


def wanted_addresses() -> int:
    """How many addresses the agency wants of this register, as far as one question of each tells."""
    return sum(len(line.ask(AskWantedAddresses(), CHORES).persons) for _place, line in _lines())


def _lines() -> Iterator[tuple[Municipality, Line]]:
    """Each municipality with its line; not one that has none yet, whom the agency cannot ask."""
    for place in Municipality.objects.order_by("code"):
        try:
            line = line_to("agency", place.code)
        except Unavailable as error:
            if error.code != "E_LINE_MISSING":
                raise
        else:
            yield place, line


def _tell(place: Municipality, line: Line, at: datetime) -> int:
    ordered = 0
    for _round in range(MOST_ROUNDS):
        wanted = line.ask(AskWantedAddresses(), CHORES).persons
        if not wanted:
            break
        addressees = _addressees(place, wanted)
        _note(place, len(addressees), at)
        ordered += line.ask(TellAddresses(addressees), CHORES).ordered
    return ordered


def _addressees(place: Municipality, wanted: Iterable[PersonCode]) -> tuple[Addressee, ...]:
    persons = tuple(wanted)
    found: Mapping[str, Resident] = Resident.objects.filter(municipality=place).in_bulk(persons)
    return tuple(addressee_of(found.get(code), code) for code in persons)


def _note(place: Municipality, count: int, at: datetime) -> None:
    """The journal says that addresses were told, before they are."""
    with transaction.atomic(using=DATABASE):
        actor = str(Sender("municipality", place.code, CHORES))
        append(Act(actor, TELL, f"addresses: {count}", {"addresses": count}), at)
