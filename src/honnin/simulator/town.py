"""A town in which stories are played: people and their cards, a counter with its clerks, a telephone line.

Every act is the product's own, by its services and messages; nothing is decided here. The demo, the samples
and the tests rest on it, each with its own people.
"""

from collections.abc import Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import date
from itertools import count
from typing import Any, Generic, TypeVar, cast

from honnin.agency.hotline.models import Operator
from honnin.agency.hotline.services import employ_operator, record_notice_of_loss
from honnin.agency.notices import printing
from honnin.agency.notices.services import hand_to_post
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.records.queries import records_of
from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.card.transport import Transport
from honnin.clock import Clock, day_in_japan
from honnin.identifiers import MunicipalityCode, PersonCode
from honnin.law.cards.pins import PinKind
from honnin.law.counter.renewal_pins import unasked
from honnin.law.counter.revocation import WhyRevoked
from honnin.law.terms import Purpose
from honnin.law.validity import Stay
from honnin.municipality.counter.applications import services
from honnin.municipality.counter.applications.evidence.copies import ShownDocument
from honnin.municipality.counter.applications.facts import purposes_of
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.request import ApplicationRequest
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.guards.staff import Post, appoint
from honnin.municipality.counter.procedures.card_work import services as card_work
from honnin.municipality.counter.procedures.change_address.services import change_address
from honnin.municipality.counter.procedures.issuing.services import Delivery
from honnin.municipality.counter.procedures.issuing.services import hand_over as issuing_hand_over
from honnin.municipality.counter.procedures.issuing.services import issue as issuing_issue
from honnin.municipality.counter.procedures.loss.services import release as loss_release
from honnin.municipality.counter.procedures.pin_reset import services as pin_reset
from honnin.municipality.counter.procedures.renewal import services as renewal
from honnin.municipality.counter.procedures.renewal.facts import by_form, proofs_of
from honnin.municipality.counter.procedures.renewal.proving import CardAndTyped, prove_pins
from honnin.municipality.counter.procedures.revocation import services as revocation
from honnin.municipality.residents.filling import move_in
from honnin.municipality.residents.models import Resident
from honnin.pin import Pin
from honnin.simulator.brought import BOTH, KNOWN_PINS, LICENCE, NEW_PINS, PINS
from honnin.simulator.card_production import blank_card_of, produced_card
from honnin.simulator.holder import Holder
from honnin.simulator.population import MUNICIPALITIES, SPECIMEN
from honnin.wire.messages.issuance import IssuedCertificate

HERE, NEXT_DOOR = (each.code for each in MUNICIPALITIES[:2])
_POST = Post("hanako", "窓口 花子", HERE, "市民課 窓口1")
H = TypeVar("H", bound=Holder)


@dataclass
class Town(Generic[H]):
    """みほん市 (99101) and its neighbour ためし市 (99102), at the time of `clock`.

    `post` and `answering` (account, name) are the clerk and the operator who act; `actor` is who appoints
    them and writes into the register; `numbers` counts the people who move in.
    """

    clock: Clock
    _: KW_ONLY
    post: Post = _POST
    answering: tuple[str, str] = ("denwa", "電話 一郎")
    actor: str = "installation"
    licence: ShownDocument = LICENCE
    pins: Mapping[Purpose, Pin] = field(default_factory=lambda: PINS)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    # — Who works here —————————————————————————————————————————————————————————————————————————————————————

    def clerk(
        self,
        user_name: str = "",
        *,
        municipality: MunicipalityCode | None = None,
        person_code: PersonCode | None = None,
    ) -> Clerk:
        """A clerk at a counter; the same one when asked for again."""
        post = replace(
            self.post,
            user_name=user_name or self.post.user_name,
            municipality_code=municipality or self.post.municipality_code,
        )
        return appoint(post, person_code=person_code, actor=self.actor, at=self.clock.now())

    def neighbour(self) -> Clerk:
        """A clerk of the next municipality."""
        return self.clerk("taro", municipality=NEXT_DOOR)

    def operator(self) -> Operator:
        """Who answers the telephone."""
        user_name, name = self.answering
        return employ_operator(user_name, name, actor=self.actor, at=self.clock.now())

    # — Who lives here —————————————————————————————————————————————————————————————————————————————————————

    def resident(self, **entry: object) -> Resident:
        """Somebody as the register writes them, not in it yet: the specimen unless said otherwise."""
        usual = {"municipality_id": SPECIMEN.municipality_code} | {
            name: getattr(SPECIMEN, name) for name in ("name", "kana", "birth_date", "sex", "address")
        }
        if "person_code" not in entry:
            usual["person_code"] = f"99{next(self.numbers):09d}"
        return Resident(**(usual | entry))

    def move_in(self, **entry: object) -> Resident:
        """A new resident, see `resident`."""
        resident = self.resident(**entry)
        move_in(resident, actor=self.actor, at=self.clock.now())
        return resident

    def move(self, resident: Resident, address: str) -> None:
        """They move within the municipality, today."""
        at = self.clock.now()
        change_address(resident, address, moved_on=day_in_japan(at), clerk=self.clerk(), at=at)

    def pocket(self, resident: Resident, state: CardState) -> H:
        """A card in this state, and whose it is. Its store is its own where a story has other holders."""
        return cast(H, Holder(resident, Card(state, lambda state: None)))

    def give_card(self, resident: Resident) -> H:
        """A new card for a resident, with nothing on it."""
        return self.pocket(resident, blank_card_of(resident, at=self.clock.now()))

    def give_complete_card(
        self, resident: Resident, *, received_on: date | None = None, stay: Stay | None = None
    ) -> H:
        """A new card that says in text and pictures whose it is."""
        at = self.clock.now()
        return self.pocket(resident, produced_card(resident, at=at, received_on=received_on, stay=stay))

    def holder(self, **entry: object) -> H:
        """A new resident with a blank card."""
        return self.give_card(self.move_in(**entry))

    def with_certificates(self, purposes: frozenset[Purpose] = BOTH, **entry: object) -> H:
        """A new resident whose card carries certificates."""
        holder = self.holder(**entry)
        application = self.approved(holder.resident, purposes)
        self.issue(application, holder.reader(), {purpose: self.pins[purpose] for purpose in purposes})
        return holder

    # — At the counter —————————————————————————————————————————————————————————————————————————————————————

    def receive(
        self,
        resident: Resident,
        purposes: frozenset[Purpose] = BOTH,
        *,
        clerk: Clerk | None = None,
        **request: Any,
    ) -> Application:
        """An application with a driving licence shown and the terms accepted, unless said otherwise."""
        usual: dict[str, Any] = {"shown": (self.licence,), "terms_accepted": True}
        asked = ApplicationRequest(purposes=purposes, **(usual | request))
        return services.receive_application(resident, asked, clerk=clerk or self.clerk(), at=self.clock.now())

    def refusals(self, application: Application) -> list[str]:
        """The codes of what stands against an application, as the clerk sees them."""
        refusals = services.examine(application, clerk=self.clerk(), at=self.clock.now())
        return [refusal.code for refusal in refusals]

    def approve(self, application: Application) -> None:
        """Accepted; of a renewal the PINs that nobody was asked for by then are noted as not known."""
        left, at = unasked(purposes_of(application), proofs_of(application)), self.clock.now()
        if application.procedure == "renewal" and left and not by_form(application):
            prove_pins(application, None, left, clerk=self.clerk(), at=at)
            application.refresh_from_db()
        services.approve(application, clerk=self.clerk(), at=at)

    def approved(
        self, resident: Resident, purposes: frozenset[Purpose] = BOTH, **request: Any
    ) -> Application:
        """An application that was received and accepted."""
        application = self.receive(resident, purposes, **request)
        self.approve(application)
        return application

    def reject(self, application: Application, reason: str) -> None:
        services.reject(_now(application), reason, clerk=self.clerk(), at=self.clock.now())

    def issue(
        self, application: Application, reader: Transport, pins: Mapping[Purpose, Pin] | None = None
    ) -> tuple[IssuedCertificate, ...]:
        """The certificates that were applied for, onto the card in the reader."""
        delivery = Delivery(reader, self.pins if pins is None else pins)
        return issuing_issue(_now(application), delivery, clerk=self.clerk(), clock=self.clock)

    def hand_over(self, application: Application) -> None:
        issuing_hand_over(_now(application), clerk=self.clerk(), at=self.clock.now())

    def set_pins(self, application: Application, reader: Transport) -> None:
        """The PINs that were applied for, set again on the card in the reader."""
        pin_reset.set_pins(_now(application), reader, NEW_PINS, clerk=self.clerk(), clock=self.clock)

    def received_renewal(
        self, resident: Resident, purposes: frozenset[Purpose] = BOTH, **request: Any
    ) -> Application:
        """An application to renew certificates, whose holder has come with the card."""
        details = {"card_presented": True} | request.pop("details", {})
        return self.receive(resident, purposes, procedure="renewal", details=details, **request)

    def prove_pins(
        self, application: Application, reader: Transport, known: Mapping[PinKind, Pin] | None = None
    ) -> None:
        """The PINs of a renewal that is examined, entered on the card in the reader."""
        typed = CardAndTyped(reader, KNOWN_PINS if known is None else known)
        prove_pins(_now(application), typed, clerk=self.clerk(), at=self.clock.now())

    def update_card(self, holder: Holder) -> None:
        """The card says what the register says now."""
        resident = Resident.objects.get(pk=holder.code)
        card_work.update(resident, holder.reader(), clerk=self.clerk(), clock=self.clock)

    def renew(
        self, application: Application, reader: Transport, known: Mapping[PinKind, Pin] | None = None
    ) -> tuple[IssuedCertificate, ...]:
        """The certificates that were applied for, renewed on the card in the reader."""
        typed = CardAndTyped(reader, KNOWN_PINS if known is None else known)
        return renewal.renew(_now(application), typed, clerk=self.clerk(), clock=self.clock)

    def post_letters(self) -> None:
        """Every letter that was ordered is printed and handed to the post."""
        at = self.clock.now()
        batch = printing.make_batch(actor=self.actor, at=at)
        assert batch is not None
        printing.print_batch(batch, actor=self.actor, at=at)
        hand_to_post(batch, actor=self.actor, at=at)

    # — What becomes of certificates ———————————————————————————————————————————————————————————————————————

    def report_loss(self, person_code: PersonCode) -> list[IssuanceRecord]:
        """A call: the card is lost. The certificates that this concerned."""
        return record_notice_of_loss(person_code, operator=self.operator(), at=self.clock.now())

    def release(self, holder: Holder, purpose: Purpose = Purpose.USER_AUTHENTICATION) -> None:
        """The card was found, and is shown at the counter."""
        clerk, at, pin = self.clerk(), self.clock.now(), self.pins[purpose]
        loss_release(holder.resident, purpose, holder.reader(), pin, clerk=clerk, at=at)

    def received_revocation(
        self, resident: Resident, *purposes: Purpose, why: WhyRevoked = WhyRevoked.STOPS_USING, **request: Any
    ) -> Application:
        """An application, signed, to revoke these certificates or all of them."""
        details = {"why": why.value, "form_received": True} | request.pop("details", {})
        request = {"terms_accepted": False} | request
        named = frozenset(purposes) or BOTH
        return self.receive(resident, named, procedure="revocation", details=details, **request)

    def revoke(self, resident: Resident, *purposes: Purpose, **request: Any) -> Application:
        """They apply for it, and these certificates, or all of them, are revoked."""
        application = self.received_revocation(resident, *purposes, **request)
        self.approve(application)
        revocation.revoke(_now(application), clerk=self.clerk(), at=self.clock.now())
        return _now(application)

    def records(self, holder: Holder) -> dict[Purpose, IssuanceRecord]:
        """The newest record of each purpose, as the agency has it."""
        newest: dict[Purpose, IssuanceRecord] = {}
        for record in records_of(holder.code):
            newest.setdefault(Purpose(record.purpose), record)
        return newest


def _now(application: Application) -> Application:
    """The application as it stands by now."""
    return Application.objects.get(pk=application.pk)
