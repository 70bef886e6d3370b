"""A reserved PIN is set at a kiosk: once, by this reservation, on this card, in its hours; cut anywhere."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from honnin.agency.records.models import JournalEntry
from honnin.agency.reservations import resetting
from honnin.agency.reservations.models import PinReset, Reservation
from honnin.agency.revocation.services import hold
from honnin.card.client.session import CardSession, relay
from honnin.card.transport import Transport
from honnin.clock import JAPAN
from honnin.errors import CardError, Conflict, NotAllowed, Refused, Untrusted
from honnin.identifiers import MunicipalityCode
from honnin.law.cards.kiosk import StoreChain
from honnin.law.cards.pins import PinKind
from honnin.law.terms import Purpose
from honnin.pin import Pin
from honnin.simulator.holder import PulledAfter
from honnin.wire.line import Handler, InProcessLines, Message, Sender, plug, plugged
from honnin.wire.messages.card_updates import PIN_PLACES, SLOT
from honnin.wire.messages.kiosk import ConfirmPinReset, ProvePinReset, RelayPinReset
from honnin.wire.messages.reservations import AskReservation, CancelReservation, ReservationState
from tests.support.agency import speaking
from tests.support.agency.kiosks import KIOSK, KNOWN, open_at, prove, reserve, reset, until_permitted
from tests.support.card.conversations import complete
from tests.support.card.faults import Fault, PowerCutError, is_gone, is_refused_write
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")
OWN = {PinKind.SIGNATURE: Purpose.SIGNATURE, PinKind.USER_AUTHENTICATION: Purpose.USER_AUTHENTICATION}
NEW = {PinKind.SIGNATURE: Pin("KIOSK1234"), PinKind.USER_AUTHENTICATION: Pin("9182")}
PIN = PinKind.SIGNATURE
MOST = 40


@pytest.fixture
def holder(town: Town) -> Holder:
    """At noon, when kiosks are open."""
    holder = complete(town, certificates=True)
    town.clock.move_to(town.clock.now().astimezone(JAPAN).replace(hour=12, minute=0))
    return holder


def works(holder: Holder, pin: PinKind, value: Pin) -> bool:
    """Whether a PIN opens its key. The card is as before: a wrong one costs no try."""
    content = holder.card.state.slots[SLOT[OWN[pin]]].pin
    return content.value == value and content.tries_left > 0


def state(number: str) -> ReservationState:
    return speaking.ask(KIOSK, AskReservation(number)).state


def codes(act: Callable[[], object]) -> list[str]:
    with pytest.raises(Refused) as refused:
        act()
    return [refusal.code for refusal in refused.value.refusals]


@pytest.mark.clause("S2-K1", "S2-K4", "S2-K5", "S2-K6", "S2-K8a")
@pytest.mark.parametrize("pin", KNOWN)
def test_a_blocked_pin_is_set_again_at_no_cost(town: Town, holder: Holder, pin: PinKind) -> None:
    made, reader, slot = reserve(town, holder, pin), holder.reader(), SLOT[OWN[pin]]
    session = CardSession(reader)
    session.select_jpki()
    for _ in range(5):
        with pytest.raises(CardError):
            session.verify_pin(slot, Pin("WRONG999" if pin is PIN else "0000"), use_last_try=True)
    assert holder.card.state.slots[slot].pin.tries_left == 0
    done = reset(town, reader, NEW[pin], pin)
    assert (done.done, done.fee) == (True, 0)
    assert works(holder, pin, NEW[pin])
    session.select_jpki()
    session.verify_pin(slot, NEW[pin])
    assert state(made.number) is ReservationState.USED
    acts = [
        entry.act for entry in JournalEntry.objects.filter(act__startswith="PIN reset").order_by("sequence")
    ]
    assert (acts[0], acts[-1], acts.count("PIN reset: permission sent")) == (
        "PIN reset: opened",
        "PIN reset: done",
        1,
    )
    told = json.dumps(list(JournalEntry.objects.values_list("detail", "subject")))
    assert NEW[pin] not in told
    assert made.number not in told


@pytest.mark.clause("S2-K5")
def test_a_reservation_is_used_once_and_by_this_card_alone(town: Town, holder: Holder) -> None:
    other = complete(town, certificates=True)
    assert codes(lambda: prove(town, holder.reader(), PIN)) == ["E_KIOSK_NO_RESERVATION"]
    made = reserve(town, holder)
    assert codes(lambda: prove(town, other.reader(), PIN)) == ["E_KIOSK_NO_RESERVATION"]
    opened = speaking.ask(KIOSK, open_at(holder.reader(), PIN))
    with pytest.raises(Untrusted, match="E_RESERVATION_UNPROVED"):
        speaking.ask(KIOSK, ProvePinReset(opened.pin_reset, bytes(256)))
    step = prove(town, holder.reader(), PIN)
    with pytest.raises(Untrusted, match="E_CARD_NOT_GENUINE"):  # another card put into the reader
        until_permitted(step, other.reader())
    reader = holder.reader()
    done = reset(town, reader, NEW[PIN])
    assert speaking.ask(KIOSK, ConfirmPinReset(done.pin_reset)) == done  # its answer was lost
    for _ in range(2):
        with pytest.raises(Conflict, match="E_RESERVATION_USED"):
            reset(town, reader, Pin("SECOND22"))
    assert works(holder, PIN, NEW[PIN])
    assert speaking.ask(KIOSK, CancelReservation(made.number)).state is ReservationState.USED
    reserve(town, holder)
    reset(town, reader, Pin("SECOND22"))
    assert works(holder, PIN, Pin("SECOND22"))
    assert state(made.number) is ReservationState.USED


@pytest.mark.alters_records
def test_the_database_refuses_a_second_use(town: Town, holder: Holder) -> None:
    made = reserve(town, holder)
    reset(town, holder.reader(), NEW[PIN])
    row = PinReset.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic(using="agency"):
        PinReset(
            reservation=Reservation.objects.get(number=made.number), number="0" * 32, began_at=row.began_at
        ).save(force_insert=True)


@pytest.mark.clause("S2-K6", "S2-K8b")
@pytest.mark.parametrize(
    ("begun", "permitting", "refused"),
    [
        ("22:59", "22:59", []),
        ("22:59", "23:00", ["E_KIOSK_CLOSED"]),
        ("06:29", "", ["E_KIOSK_CLOSED"]),
    ],
)
def test_closing_time_in_the_middle_stops_what_was_not_permitted(
    town: Town, holder: Holder, begun: str, permitting: str, refused: list[str]
) -> None:
    day = town.clock.now().astimezone(JAPAN)

    def at(text: str) -> datetime:
        return day.replace(hour=int(text[:2]), minute=int(text[3:]))

    town.clock.move_to(at(begun))
    reserve(town, holder)
    reader, before = holder.reader(), holder.card.state.slots[SLOT[OWN[PIN]]].pin

    def go() -> object:
        step = prove(town, reader, PIN)
        town.clock.move_to(at(permitting))
        return until_permitted(step, reader)

    if refused:
        assert codes(go) == refused
        assert holder.card.state.slots[SLOT[OWN[PIN]]].pin == before
    else:
        go()
        town.clock.move_to(at("23:30"))  # what was permitted before is finished after closing
        CardSession(reader).set_authorised_pin(*PIN_PLACES[PIN], NEW[PIN])
        number = PinReset.objects.get().number
        assert until_permitted(speaking.ask(KIOSK, ConfirmPinReset(number)), reader).done


@pytest.mark.clause("S2-K6")
@pytest.mark.parametrize(
    ("later", "refused"),
    [
        (timedelta(hours=24), []),
        (timedelta(hours=24, seconds=1), ["E_KIOSK_RESERVATION_EXPIRED"]),
        (-timedelta(minutes=5), []),
        (-timedelta(minutes=6), ["E_KIOSK_RESERVATION_EXPIRED"]),
    ],
)
def test_24_hours_to_the_second_and_clocks_that_differ(
    town: Town, holder: Holder, later: timedelta, refused: list[str]
) -> None:
    made = reserve(town, holder)
    town.clock.move_to(made.reserved_at + later)
    if refused:
        assert codes(lambda: prove(town, holder.reader(), PIN)) == refused
    else:
        assert reset(town, holder.reader(), NEW[PIN]).done


@pytest.mark.clause("S2-K1")
def test_a_store_sets_what_its_kiosks_set(town: Town, holder: Holder) -> None:
    pin = PinKind.USER_AUTHENTICATION
    reserve(town, holder, pin)
    opening = open_at(holder.reader(), pin, StoreChain.LAWSON)
    assert codes(lambda: speaking.ask(KIOSK, opening)) == ["E_KIOSK_PIN_ELSEWHERE"]
    for other in (PinKind.RESIDENT_REGISTER, PinKind.CARD_FACE_ENTRY):
        opening = open_at(holder.reader(), other)
        refused = codes(partial(speaking.ask, KIOSK, opening))
        assert refused == ["E_KIOSK_PIN_NOT_SUPPORTED", "E_KIOSK_NO_RESERVATION"]


def test_a_loss_or_a_cancellation_in_the_middle_stops_it(town: Town, holder: Holder) -> None:
    made, reader = reserve(town, holder), holder.reader()
    step = prove(town, reader, PIN)
    assert speaking.ask(KIOSK, CancelReservation(made.number)).state is ReservationState.CANCELLED
    assert codes(lambda: until_permitted(step, reader)) == ["E_KIOSK_NO_RESERVATION"]
    reserve(town, holder)
    step = prove(town, reader, PIN)
    hold(holder.code, actor="test", at=town.clock.now())
    assert "E_CARD_REPORTED_LOST" in codes(lambda: until_permitted(step, reader))


def test_of_two_kiosks_with_one_reservation_the_later_goes_on(town: Town, holder: Holder) -> None:
    made, reader = reserve(town, holder), holder.reader()
    first = prove(town, reader, PIN)
    answers = relay(reader, first.commands)
    second = prove(town, reader, PIN, Sender("kiosk", None, "terminal 2"))
    for message in (
        RelayPinReset(first.pin_reset, answers),
        ConfirmPinReset(first.pin_reset),
    ):
        with pytest.raises(Conflict, match="E_PIN_RESET_OVER"):
            speaking.ask(KIOSK, message)
    permitted = until_permitted(second, reader)
    assert permitted.permitted
    # Whether it was done is not known: it is neither cancelled nor over.
    assert speaking.ask(KIOSK, CancelReservation(made.number)).state is ReservationState.PERMITTED
    assert reset(town, reader, NEW[PIN]).done
    assert works(holder, PIN, NEW[PIN])


def test_what_is_left_for_an_hour_is_forgotten_and_opened_anew(town: Town, holder: Holder) -> None:
    reserve(town, holder)
    reader = holder.reader()
    step = prove(town, reader, PIN)
    town.clock.move_to(town.clock.now() + timedelta(hours=1, seconds=1))
    for message in (RelayPinReset(step.pin_reset, ()), ConfirmPinReset(step.pin_reset)):
        with pytest.raises(Conflict, match="E_PIN_RESET_OVER"):
            speaking.ask(KIOSK, message)
    assert resetting.Resetting.give_up_abandoned(town.clock.now()) == 1
    assert PinReset.objects.get().channel == {}
    assert reset(town, reader, NEW[PIN]).done


# — Cuts ——————————————————————————————————————————————————————————————————————————————————————————————


def is_cut(act: Callable[[], object]) -> bool:
    try:
        act()
    except (PowerCutError, CardError) as error:
        if is_gone(error) or is_refused_write(error):
            return True
        raise
    return False


def require_whole(town: Town, holder: Holder, number: str, reader: Callable[[], Transport]) -> None:
    """The old PIN or the new one works, used is said only of the new one, and asking again finishes."""
    assert works(holder, PIN, NEW[PIN]) or works(holder, PIN, town.pins[OWN[PIN]])
    if state(number) is ReservationState.USED:
        assert works(holder, PIN, NEW[PIN])
        with pytest.raises(Conflict, match="E_RESERVATION_USED"):
            reset(town, reader(), Pin("SECOND22"))
    else:
        changed = works(holder, PIN, NEW[PIN])
        assert reset(town, reader(), Pin("SECOND22")).done
        # Where the card had changed before, the reservation was used by that and sets no other PIN.
        assert works(holder, PIN, NEW[PIN] if changed else Pin("SECOND22"))
    assert state(number) is ReservationState.USED


@pytest.mark.parametrize("answer_lost", [False, True], ids=["before the command", "after it, answer lost"])
def test_the_card_pulled_out_at_every_command(town: Town, holder: Holder, answer_lost: bool) -> None:
    before, cuts = holder.card.state, 0
    for commands in range(MOST):
        holder = town.pocket(holder.resident, before)
        made = reserve(town, holder)
        pulled = PulledAfter(holder.card, commands, answer_lost=answer_lost)
        if not is_cut(partial(reset, town, pulled, NEW[PIN])):
            break
        cuts += 1
        require_whole(town, holder, made.number, holder.reader)
    assert 10 < cuts < MOST


@pytest.mark.parametrize("fault", Fault)
def test_a_fault_of_the_cards_memory_at_every_write(town: Town, holder: Holder, fault: Fault) -> None:
    before, cuts = holder.card.state, 0
    for write in range(1, MOST):
        holder = town.pocket(holder.resident, before)
        made = reserve(town, holder)
        holder.damage(fault, write)
        if not is_cut(partial(reset, town, holder.reader(), NEW[PIN])):
            break
        cuts += 1
        holder.revive()
        require_whole(town, holder, made.number, holder.reader)
    assert cuts >= 4


class LineDeadError(Exception):
    """The line, or the agency's process, ended at a message: before it was carried out, or after it."""


@pytest.mark.parametrize("lost", [False, True], ids=["not done", "done, answer lost"])
def test_the_line_dead_at_every_message(town: Town, holder: Holder, lost: bool) -> None:
    """Each message is one transaction: so this is also what an agency leaves that ends at its commit."""
    before, cuts, whole = holder.card.state, 0, plugged("agency")
    assert isinstance(whole, InProcessLines)
    for number in range(MOST):
        holder = town.pocket(holder.resident, before)
        made, left = reserve(town, holder), [number]

        def dying(handler: Handler, sender: Sender, message: object, left: list[int] = left) -> object:
            left[0] -= 1
            answer = handler(sender, message) if left[0] != -1 or lost else None
            if left[0] == -1:
                raise LineDeadError
            return answer

        dead = {kind: partial(dying, handler) for kind, handler in whole._reception.items()}
        plug("agency", InProcessLines(dead, "municipality"))
        try:
            reset(town, holder.reader(), NEW[PIN])
            break
        except LineDeadError:
            cuts += 1
        finally:
            plug("agency", whole)
        require_whole(town, holder, made.number, holder.reader)
    assert cuts == 8  # opened, proved, relayed three times, confirmed, relayed twice


@pytest.mark.parametrize(
    "sender",
    [Sender("municipality", MunicipalityCode("99101"), "hanako"), Sender("relying_parties", None, "shop")],
    ids=lambda sender: sender.role,
)
def test_nobody_but_a_kiosk_may_speak_of_resets(town: Town, holder: Holder, sender: Sender) -> None:
    reserve(town, holder)
    step = prove(town, holder.reader(), PIN)
    messages: list[Message[Any]] = [
        open_at(holder.reader(), PIN),
        ProvePinReset(step.pin_reset, b""),
        RelayPinReset(step.pin_reset, ()),
        ConfirmPinReset(step.pin_reset),
    ]
    for message in messages:
        with pytest.raises(NotAllowed, match="E_ROLE_NOT_ALLOWED"):
            speaking.ask(sender, message)
