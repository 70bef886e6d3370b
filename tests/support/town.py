"""People, cards and a counter for tests: real registers, real cards, nobody who exists."""

from dataclasses import dataclass, field
from datetime import date
from itertools import count

from honnin.agency.authority.models import SerialSequence
from honnin.agency.authority.services import authority
from honnin.agency.card_personalisation.personalisation import open_card_keys
from honnin.agency.card_register.services import equipment, personalised, produce_card
from honnin.agency.hotline.models import Operator
from honnin.agency.hotline.services import employ_operator
from honnin.agency.records.models import IssuanceRecord, JournalEntry
from honnin.agency.records.queries import records_of
from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport import Transport
from honnin.card.transport.in_process import InProcess
from honnin.clock import FixedClock
from honnin.law.certificates.status import RECORDED
from honnin.law.terms import Purpose, Sex
from honnin.municipality.counter.applications import services
from honnin.municipality.counter.applications.evidence.copies import ShownDocument
from honnin.municipality.counter.applications.models import Application, Clerk, EvidenceCopy
from honnin.municipality.counter.guards.staff import Post, appoint
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.services import move_in
from honnin.wire.messages.certificates import ReportRelease, release_statement
from honnin.wire.messages.issuance import IssuedCertificate
from tests.support.card.faults import Fault, FaultyStore
from tests.support.card.keys import KeyPool

PINS = {Purpose.SIGNATURE: "ABC123", Purpose.USER_AUTHENTICATION: "1234"}
BOTH = frozenset(Purpose)
SIGNATURE = frozenset({Purpose.SIGNATURE})
AUTHENTICATION = frozenset({Purpose.USER_AUTHENTICATION})
SLOT = {Purpose.SIGNATURE: KeySlot.SIGNATURE, Purpose.USER_AUTHENTICATION: KeySlot.AUTHENTICATION}
PHOTO = b"\xff\xd8\xff\xe0 a photograph of a document\xff\xd9"
LICENCE = ShownDocument(EvidenceCopy.Whose.APPLICANT, "driving_licence", PHOTO)


@dataclass
class Holder:
    """A resident and the card that lives in their pocket."""

    resident: Resident
    card: Card
    store: FaultyStore
    key_pool: KeyPool

    @property
    def code(self) -> str:
        return self.resident.person_code

    def reader(self) -> InProcess:
        """The card in a reader."""
        return InProcess(self.card)

    def damage(self, fault: Fault, at: int) -> None:
        """From now on the card's store has a fault at its `at`-th write."""
        self.store = FaultyStore(self.card.state, fault, at)
        self.card = Card(self.card.state, self.store, generate_key=self.key_pool)

    def revive(self) -> None:
        """The card as it comes back after its power went: only what its store kept."""
        self.store = FaultyStore(self.store.kept)
        self.card = Card(self.store.kept, self.store, generate_key=self.key_pool)

    def session(self) -> CardSession:
        session = CardSession(self.reader())
        session.select_jpki()
        return session


@dataclass
class Town:
    """みほん市 (99101) and its neighbour ためし市 (99102)."""

    clock: FixedClock
    key_pool: KeyPool
    _numbers: count = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        """All are made once in a process: with the keys of all tests, before one sets another folder.

        The keys that stand on cards too: bringing a card up to date needs them, whichever test is first.
        """
        authority()
        open_card_keys(equipment().keys)

    def clerk(
        self, user_name: str = "hanako", *, municipality: str = "99101", person_code: str = ""
    ) -> Clerk:
        """A clerk at a counter; the same one when asked for again."""
        post = Post(user_name, "窓口 花子", municipality, "市民課 窓口1")
        return appoint(post, person_code=person_code, actor="test", at=self.clock.now())

    def neighbour(self) -> Clerk:
        return self.clerk("taro", municipality="99102")

    def operator(self) -> Operator:
        """Who answers the telephone."""
        return employ_operator("denwa", "電話 一郎", actor="test", at=self.clock.now())

    def move_in(self, **entry: object) -> Resident:
        """A new resident, 36 years old unless said otherwise."""
        usual = {
            "person_code": f"99{next(self._numbers):09d}",
            "municipality_id": "99101",
            "name": "見本　花子",
            "kana": "ミホン　ハナコ",
            "birth_date": date(1990, 3, 15),
            "sex": Sex.FEMALE,
            "address": "みほん県みほん市見本町１－２－３",
        }
        resident = Resident(**(usual | entry))
        move_in(resident, actor="test", at=self.clock.now())
        return resident

    def give_card(self, resident: Resident) -> Holder:
        """A new card for a resident."""
        state = produce_card(
            resident.person_code,
            resident.municipality_id,
            resident.birth_date,
            at=self.clock.now(),
            actor="production",
        )
        return self.pocket(resident, state)

    def give_complete_card(self, resident: Resident) -> Holder:
        """A new card that says in text and pictures whose it is."""
        blank = self.give_card(resident).card.state
        return self.pocket(resident, personalised(blank, resident.basic_four(), resident.municipality_id))

    def pocket(self, resident: Resident, state: CardState) -> Holder:
        """A card in this state, and whose it is."""
        store = FaultyStore(state)
        return Holder(resident, Card(state, store, generate_key=self.key_pool), store, self.key_pool)

    def holder(self, **entry: object) -> Holder:
        """A new resident with a blank card."""
        return self.give_card(self.move_in(**entry))

    def receive(
        self,
        resident: Resident,
        purposes: frozenset[Purpose] = BOTH,
        *,
        clerk: Clerk | None = None,
        **wish: object,
    ) -> Application:
        """An application with a driving licence shown and the terms accepted, unless said otherwise."""
        usual = {"shown": (LICENCE,), "terms_accepted": True}
        return services.receive_application(
            resident,
            services.Wish(purposes=purposes, **(usual | wish)),
            clerk=clerk or self.clerk(),
            at=self.clock.now(),
        )

    def approved(
        self, resident: Resident, purposes: frozenset[Purpose] = BOTH, **wish: object
    ) -> Application:
        application = self.receive(resident, purposes, **wish)
        services.approve(application, clerk=self.clerk(), at=self.clock.now())
        return application

    def issue(
        self, application: Application, reader: Transport, pins: dict[Purpose, str] | None = None
    ) -> tuple[IssuedCertificate, ...]:
        return services.issue(
            Application.objects.get(pk=application.pk),
            services.Delivery(reader, PINS if pins is None else pins),
            clerk=self.clerk(),
            clock=self.clock,
        )

    def release_message(self, holder: Holder, purpose: Purpose) -> ReportRelease:
        """What the counter sends when the holder shows the card that was found."""
        record, session = self.records(holder)[purpose], holder.session()
        session.verify_pin(SLOT[purpose], PINS[purpose])
        statement = release_statement(record.serial_number, record.status_changed_at)
        return ReportRelease(holder.code, purpose, session.sign_sha256(SLOT[purpose], statement))

    def with_certificates(self, purposes: frozenset[Purpose] = BOTH, **entry: object) -> Holder:
        """A new resident whose card carries certificates."""
        holder = self.holder(**entry)
        application = self.approved(holder.resident, purposes)
        self.issue(application, holder.reader(), {purpose: PINS[purpose] for purpose in purposes})
        return holder

    def records(self, holder: Holder) -> dict[Purpose, IssuanceRecord]:
        """The newest record of each purpose."""
        newest: dict[Purpose, IssuanceRecord] = {}
        for record in records_of(holder.code):
            newest.setdefault(Purpose(record.purpose), record)
        return newest


def footprint() -> tuple[object, ...]:
    """Everything that issuing leaves behind at the agency."""
    return (
        list(IssuanceRecord.objects.values_list("purpose", "serial_number")),
        JournalEntry.objects.filter(act__in=("issue", "deliver", *RECORDED)).count(),
        sorted(SerialSequence.objects.values_list("purpose", "next_serial_number")),
    )
