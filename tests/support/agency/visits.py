"""Visits to renew at the counter, in person or by proxy: cut at any point, and asked for again by anybody."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from honnin.agency.issuance.models import Procedure, Stage
from honnin.card.transport import Transport
from honnin.card.transport.in_process import InProcess
from honnin.clock import day_in_japan
from honnin.journal.rows import row_faults
from honnin.law.terms import Purpose
from honnin.law.validity import Stay, StayStatus
from honnin.municipality.counter.applications import services as applications
from honnin.municipality.counter.applications.evidence.copies import ShownDocument
from honnin.municipality.counter.applications.models import Application, EvidenceCopy
from honnin.municipality.counter.applications.states import ApplicationState as State
from honnin.municipality.counter.procedures.renewal import envelope
from honnin.municipality.counter.procedures.renewal.proving import CardAndTyped, prove_pins
from honnin.municipality.counter.procedures.renewal.services import renew
from honnin.municipality.records.journal import JOURNAL as MUNICIPALITY
from honnin.simulator.brought import BY_PROXY, COPY, KNOWN_PINS, LICENCE
from honnin.simulator.holder import PulledAfter
from tests.support.agency.renewals import Renewal
from tests.support.card.faults import is_gone
from tests.support.town import Holder, Town

NOBODY = "no application yet"
Whose = EvidenceCopy.Whose


class Way(StrEnum):
    """How the PINs come to the counter."""

    IN_PERSON = "in person"
    BY_PROXY = "by proxy"
    BY_AGENT = "by statutory agent"


OF_ADULTS = (Way.IN_PERSON, Way.BY_PROXY)
_SHOWN = [replace(LICENCE, whose=each) for each in (Whose.APPLICANT, Whose.PROXY)]
BROUGHT: Mapping[Way, Mapping[str, Any]] = {
    Way.IN_PERSON: {},
    Way.BY_PROXY: BY_PROXY,
    Way.BY_AGENT: {
        "proxy_kind": "statutory_agent",
        "proxy_name": "親権　一郎",
        "shown": (*_SHOWN, ShownDocument(Whose.MANDATE, "other_document", COPY)),
    },
}


def due_at_once(town: Town, **entry: object) -> Holder:
    """Somebody whose card ends in two months, and with it all its certificates: each renewal is due again."""
    stay = Stay(StayStatus.MEDIUM_OR_LONG_TERM, day_in_japan(town.clock.now()) + timedelta(days=60))
    holder = town.give_complete_card(town.move_in(**entry), stay=stay)
    town.issue(town.approved(holder.resident), holder.reader())
    return holder


@dataclass
class Visit:
    """One renewal of a holder, from the application to the end."""

    town: Town
    holder: Holder
    way: Way = Way.IN_PERSON
    renewal: Renewal = field(init=False)
    _before: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.renewal = Renewal(self.town, self.holder, number=NOBODY)
        self._before = [each.number for each in self.holder.resident.applications.all()]

    @property
    def application(self) -> Application:
        """As it stands now. Raises LookupError while none was received."""
        found = self.holder.resident.applications.exclude(number__in=self._before).first()
        if found is None:
            raise LookupError
        self.renewal.number = found.number
        return found

    def go_on(self, reader: Transport | None = None, clerk: str = "") -> None:
        """Whatever is left to be done, as whoever is asked finds it."""
        town, who, at = self.town, self.town.clerk(clerk), self.town.clock.now()
        typed = CardAndTyped(reader or self.holder.reader(), KNOWN_PINS)
        try:
            found = self.application
        except LookupError:
            town.received_renewal(self.holder.resident, **BROUGHT[self.way])
            found = self.application
        if found.state == State.UNDER_EXAMINATION:
            if self.way is not Way.BY_PROXY:
                prove_pins(found, typed, clerk=who, at=at)
            applications.approve(self.application, clerk=who, at=at)
        if self.way is Way.BY_PROXY and not envelope.is_opened(found):
            envelope.open_envelope(found, town.clerk("mei"), clerk=who, at=at)
        found = self.application
        if found.state != State.CARRIED_OUT:
            renew(found, typed, clerk=who, clock=town.clock)

    def is_cut(self, reader: Transport) -> bool:
        """Go on; whether the card went away on the way. Any other error is a fault."""
        try:
            self.go_on(reader)
        except Exception as error:
            if is_gone(error):
                return True
            raise
        return False

    def ask_again(self, number: int) -> None:
        """The same clerk, another one, or one on another day, turn by turn."""
        if number % 3 == 2:
            self.town.clock.move_to(self.town.clock.now() + timedelta(days=1))
        self.go_on(clerk=("hanako", "jiro", "taeko")[number % 3])

    # — What must be so ————————————————————————————————————————————————————————————————————————————————————

    @property
    def in_force(self) -> dict[Purpose, Any]:
        """The certificates that have effect now: the new ones from their recording on."""
        return dict(self.renewal.old) | self.renewal.new

    def require_old_or_new(self) -> None:
        """Old ones or new ones, each once, and every row of both parties told."""
        with suppress(LookupError):
            assert self.application.number == self.renewal.number
        self.renewal.require_old_or_new()
        assert list(row_faults(MUNICIPALITY)) == []

    def require_renewed(self) -> None:
        found = self.application
        assert found.state == State.CARRIED_OUT
        outcome = {each["serial_number"] for each in found.outcome}
        assert outcome == {str(each.serial_number) for each in self.renewal.new.values()}
        self.renewal.require_renewed()


def cut(visit: Visit, commands: int, *, answer_lost: bool) -> bool:
    """Go on until the card is pulled out after so many answers; whether it was."""
    return visit.is_cut(PulledAfter(visit.holder.card, commands, answer_lost=answer_lost))


def commands_of(town: Town, way: Way) -> int:
    """How many commands a whole visit sends to the card."""
    visit = Visit(town, due_at_once(town), way)
    counting = Meanwhile(visit.holder.reader())
    visit.go_on(counting)
    visit.require_renewed()
    return counting.commands


class PulledIn:
    """A reader from which the card is pulled after so many commands of one stage of its renewal."""

    def __init__(self, visit: Visit, stage: Stage, commands: int, *, answer_lost: bool = False) -> None:
        self._visit, self._stage, self._left = visit, stage, commands
        self._answer_lost = answer_lost
        self._reader = InProcess(visit.holder.card)

    def transmit(self, command: bytes) -> bytes:
        found = Procedure.objects.filter(application_number=self._visit.renewal.number).first()
        if found is not None and found.stage == self._stage:
            if self._left == 0:
                if self._answer_lost:
                    self._reader.transmit(command)
                self._reader.remove()
            self._left -= 1
        return self._reader.transmit(command)


class Meanwhile:
    """A reader that counts what is sent to its card, and calls `meanwhile` before the `at`-th command."""

    def __init__(
        self, reader: Transport, at: int = -1, meanwhile: Callable[[], object] = lambda: None
    ) -> None:
        self._reader, self._at, self._meanwhile = reader, at, meanwhile
        self.commands = 0

    def transmit(self, command: bytes) -> bytes:
        if self.commands == self._at:
            self._meanwhile()
        self.commands += 1
        return self._reader.transmit(command)
