"""The simulator's town as tests use it: cards whose store fails, keys from a pool, what issuing leaves."""

from dataclasses import dataclass, field
from typing import Any

from honnin.agency.authority.models import SerialSequence
from honnin.agency.authority.services import authority
from honnin.agency.card_personalisation.personalisation import open_card_keys
from honnin.agency.card_register.services import equipment
from honnin.agency.records.models import IssuanceRecord, JournalEntry
from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.clock import FixedClock
from honnin.law.certificates.status import RECORDED
from honnin.law.counter.identity import IdentityDocument
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.evidence.copies import ShownDocument
from honnin.municipality.counter.applications.models import EvidenceCopy
from honnin.municipality.residents.models import Resident
from honnin.simulator import holder, town
from honnin.wire.messages.card_updates import SLOT
from honnin.wire.messages.certificates import ReportRelease, release_statement
from tests.support.card.faults import Fault, FaultyStore
from tests.support.card.keys import KeyPool

PHOTO = b"\xff\xd8\xff\xe0 a photograph of a document\xff\xd9"
LICENCE = ShownDocument(EvidenceCopy.Whose.APPLICANT, IdentityDocument.DRIVING_LICENCE, PHOTO)


@dataclass
class Holder(holder.Holder):
    """A resident and the card that lives in their pocket."""

    store: FaultyStore
    key_pool: KeyPool

    def damage(self, fault: Fault, at: int) -> None:
        """From now on the card's store has a fault at its `at`-th write."""
        self.store = FaultyStore(self.card.state, fault, at)
        self.card = Card(self.card.state, self.store, generate_key=self.key_pool)

    def revive(self) -> None:
        """The card as it comes back after its power went: only what its store kept."""
        self.store = FaultyStore(self.store.kept)
        self.card = Card(self.store.kept, self.store, generate_key=self.key_pool)


@dataclass
class Town(town.Town[Holder]):
    """A town whose clock can be set, and whose cards take their keys from the pool."""

    clock: FixedClock
    key_pool: KeyPool
    actor: str = field(default="test", kw_only=True)
    licence: ShownDocument = field(default=LICENCE, kw_only=True)

    def __post_init__(self) -> None:
        """All are made once in a process: with the keys of all tests, before one sets another folder.

        The keys that stand on cards too: bringing a card up to date needs them, whichever test is first.
        """
        authority()
        open_card_keys(equipment().keys)

    def pocket(self, resident: Resident, state: CardState) -> Holder:
        store = FaultyStore(state)
        return Holder(resident, Card(state, store, generate_key=self.key_pool), store, self.key_pool)

    def release_message(self, holder: Holder, purpose: Purpose) -> ReportRelease:
        """What the counter sends when the holder shows the card that was found."""
        record, session = self.records(holder)[purpose], holder.session()
        session.verify_pin(SLOT[purpose], self.pins[purpose])
        statement = release_statement(record.serial_number, record.status_changed_at)
        return ReportRelease(holder.code, purpose, session.sign_sha256(SLOT[purpose], statement))


def footprint() -> tuple[Any, ...]:
    """Everything that issuing leaves behind at the agency."""
    return (
        list(IssuanceRecord.objects.values_list("purpose", "serial_number")),
        JournalEntry.objects.filter(act__in=("issue", "deliver", *RECORDED)).count(),
        sorted(SerialSequence.objects.values_list("purpose", "next_serial_number")),
    )
