"""Using a reservation: the reset of its PIN at a kiosk, as one kind of `card_channel.conversation`.

    ASKED      the other PIN is proved                             → OPENING
    READING    the PIN has this reservation's mark                 → DONE
               else the law is asked, and the permission is sent   → WRITING → PERMITTED
    PERMITTED  the kiosk has the PIN set, and confirms             → OPENING

The card keeps the mark in the same durable change as the new PIN. So the reservation counts as used exactly
when the card says so, and whatever is cut is asked again: of the card, and not of whoever relays.
"""

import secrets
from datetime import datetime
from typing import ClassVar

from django.db import transaction

from honnin.agency.card_channel import channel
from honnin.agency.card_channel.channel import OpenedCard
from honnin.agency.card_channel.conversation import TIMEOUT, Conversation, locked
from honnin.agency.card_register.models import Card
from honnin.agency.records.journal import DATABASE, Act, append
from honnin.agency.records.persons import hold_person
from honnin.agency.reservations.models import PinReset, Reservation, Stage
from honnin.agency.reservations.queries import kiosk_facts
from honnin.agency.reservations.services import CHALLENGE_LASTS, require_signed
from honnin.card.issuer import commands as card_commands
from honnin.card.kinds.declaration import NUMBER_CARD, kind
from honnin.clock import is_recent
from honnin.errors import Conflict, Refusal, Refused
from honnin.journal.binding import changed
from honnin.law.cards.kiosk import StoreChain
from honnin.law.cards.pins import PinKind
from honnin.law.citation import cites
from honnin.law.fees import FeeOccasion, certificate_fee
from honnin.law.kiosk_reset import kiosk_refusals
from honnin.law.terms import Generation
from honnin.wire.messages.card_updates import PIN_PLACES
from honnin.wire.messages.kiosk import OpenPinReset, PinResetStep, ProvePinReset, pin_reset_statement

_OVER = "E_PIN_RESET_OVER"


class Resetting(Conversation[PinResetStep]):
    """One request's view of a reset."""

    model = PinReset
    over = _OVER
    ask = "PIN reset: asked the card"
    left_behind: ClassVar = {"stage": Stage.ASKED, "channel": {}, "challenge": b"", "proved_at": None}
    give_up = "give up PIN resets", "PIN resets"

    row: PinReset

    @property
    def card(self) -> Card:
        return self.row.reservation.card

    def step(self, commands: tuple[bytes, ...]) -> PinResetStep:
        return PinResetStep(self.row.number, commands)

    def entry(self, act: str, **detail: str | int) -> Act:
        what = act if act == self.ask else f"PIN reset: {act}"
        return Act(self.actor, what, self.card.card_number, {"pin": self.row.reservation.pin, **detail})

    def require_allowed(self) -> None:
        """What was permitted is found out about at any time; what was not is permitted by the law of now."""
        if self.row.permitted_at is None:
            require_at_kiosk(self.row.reservation, StoreChain(self.row.chain), self.at)

    def questions(self) -> tuple[bytes, ...]:
        return (card_commands.read_pin_mark(*_place(self.row)),)

    def read(self, opened: OpenedCard) -> PinResetStep:
        mark = bytes.fromhex(self.row.reservation.number)
        if opened.answers[0] == mark:
            done = {"stage": Stage.DONE, "channel": {}, "challenge": b"", "used_at": self.at}
            self._keep(self.entry("done"), done)
            return used(self.row)
        with transaction.atomic(using=DATABASE):
            # Held, so that it is cancelled before this or not at all, and a loss reported likewise.
            hold_person(self.card.person_code)
            held = Reservation.objects.select_related("card").get(pk=self.row.pk)
            require_at_kiosk(held, StoreChain(self.row.chain), self.at)
            permission = card_commands.authorise_application_pin(*_place(self.row), mark)
            batch = channel.seal(opened.channel, [permission])
            sent = {"stage": Stage.WRITING, "channel": batch.kept, "permitted_at": self.at}
            self._keep(self.entry("permission sent"), sent)
        return self.step(batch.commands)

    def permitted(self) -> PinResetStep:
        self.unsealed()
        self._keep(self.entry("permitted"), {"stage": Stage.PERMITTED, "channel": {}})
        return PinResetStep(self.row.number, permitted=True)

    stages: ClassVar = {Stage.WRITING: permitted}


def open_reset(card: Card, message: OpenPinReset, *, actor: str, at: datetime) -> PinReset:
    """Begin the use of a reservation, or begin it again after a cut, which gives up every other try.

    Raises Refused with everything that stands against it, Conflict E_RESERVATION_USED.
    """
    tried = {"number": secrets.token_hex(16), "challenge": secrets.token_bytes(32), "chain": message.chain}
    fresh: dict[str, object] = tried | {
        "stage": Stage.ASKED,
        "channel": {},
        "began_at": at,
        "proved_at": None,
    }
    with transaction.atomic(using=DATABASE):
        hold_person(card.person_code)
        reservation = _standing(card, message.pin, message.chain, at)
        row: PinReset
        row, new = locked(PinReset, {"reservation": reservation}, fresh)
        if row.stage == Stage.DONE:
            raise Conflict("E_RESERVATION_USED")
        if row.permitted_at is None:
            require_at_kiosk(reservation, message.chain, at)
        for name, value in fresh.items():
            setattr(row, name, value)
        row.save(update_fields=list(fresh))
        act = Act(actor, "PIN reset: opened", card.card_number, {"pin": message.pin, "chain": message.chain})
        append(act, at, row if new else changed(row, *fresh))
    return row


def prove(message: ProvePinReset, *, actor: str, at: datetime) -> PinResetStep:
    """The card signed with its other key: it is asked to open the channel.

    Raises Conflict E_PIN_RESET_OVER for no such try or one of more than ten minutes ago, Untrusted
    E_RESERVATION_UNPROVED.
    """
    with transaction.atomic(using=DATABASE):
        row = found(message.pin_reset)
        if row.stage != Stage.ASKED or not row.challenge or not is_recent(row.began_at, at, CHALLENGE_LASTS):
            raise Conflict(_OVER)
        pin = PinKind(row.reservation.pin)
        statement = pin_reset_statement(row.number, bytes(row.challenge), pin)
        require_signed(row.reservation, statement, message.signature)
        resetting = Resetting(row, actor, at)
        return resetting.begin(resetting.entry("other PIN proved"), new=False, proved_at=at)


def confirm(number: str, *, actor: str, at: datetime) -> PinResetStep:
    """Ask the card whether it has the new PIN. Raises Conflict E_PIN_RESET_OVER for no such try, or one whose
    proof is more than an hour old.
    """
    with transaction.atomic(using=DATABASE):
        row = found(number)
        if row.stage == Stage.DONE:
            return used(row)
        if row.proved_at is None or not is_recent(row.proved_at, at, TIMEOUT):
            raise Conflict(_OVER)
        resetting = Resetting(row, actor, at)
        return resetting.begin(resetting.entry("confirmed"), new=False)


def found(number: str) -> PinReset:
    """The try of a number; inside a transaction it is held, after its person, as every act locks them.

    Raises Conflict E_PIN_RESET_OVER.
    """
    rows = PinReset.objects.select_related("reservation__card").filter(number=number)
    row = rows.first()
    if row is not None and transaction.get_connection(DATABASE).in_atomic_block:
        hold_person(row.reservation.card.person_code)
        row = rows.select_for_update(of=("self",)).first()
    if row is None:
        raise Conflict(_OVER)
    return row


@cites("S2-K4", "S2-K6")
def used(row: PinReset) -> PinResetStep:
    """It is done, and what it costs: nothing."""
    fee = certificate_fee(Generation.NUMBER_CARD, FeeOccasion.KIOSK_RESET)
    return PinResetStep(row.number, done=True, fee=fee)


@cites("S2-K1", "S2-K5", "S2-K6", "S2-K8a", "S2-K8b")
def require_at_kiosk(reservation: Reservation, chain: StoreChain, at: datetime) -> None:
    """Raises Refused with everything that stands against the reset; what was cancelled is no reservation."""
    reserved_at = reservation.reserved_at if reservation.cancelled_at is None else None
    if refusals := _refusals(reservation.card, PinKind(reservation.pin), chain, reserved_at, at):
        raise Refused(*refusals)


def _refusals(
    card: Card, pin: PinKind, chain: StoreChain, reserved_at: datetime | None, at: datetime
) -> tuple[Refusal, ...]:
    facts = kiosk_facts(card, pin, at)
    return kiosk_refusals(facts, chain=chain, reserved_at=reserved_at, at=at)


def _standing(card: Card, pin: PinKind, chain: StoreChain, at: datetime) -> Reservation:
    rows = Reservation.objects.select_related("card").filter(card=card, pin=pin, cancelled_at=None)
    if (found := rows.exclude(reserved_at=None).first()) is not None:
        return found
    raise Refused(*_refusals(card, pin, chain, None, at))


def _place(row: PinReset) -> tuple[int, int]:
    """Number of the application, and file, of the PIN."""
    application, file = PIN_PLACES[PinKind(row.reservation.pin)]
    return kind(NUMBER_CARD).applications[application].number, file
