"""Work on cards that were handed out: what it does, and who may ask."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from honnin.agency.card_register.models import Card as CardEntry
from honnin.agency.card_updates.models import CardUpdate
from honnin.agency.records.models import JournalEntry
from honnin.agency.revocation.services import hold, record_lapse
from honnin.card.apdu import Command
from honnin.card.chip.state import SlotContent
from honnin.card.client.session import relay
from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport import Transport
from honnin.errors import CardError, Malformed, NotAllowed, Refused
from honnin.identifiers import CardNumber
from honnin.law.cards.pins import PinKind
from honnin.law.terms import LapseGround, Purpose
from honnin.municipality.counter.applications import services
from honnin.municipality.counter.procedures.card_work import services as card_work
from honnin.municipality.counter.procedures.loss.services import report_loss
from honnin.municipality.counter.procedures.pin_reset.services import permit_pins
from honnin.municipality.residents.models import Resident
from honnin.simulator.brought import PINS, SIGNATURE
from honnin.simulator.holder import PulledAfter
from honnin.wire.line import Sender
from honnin.wire.messages.card_updates import CardUpdateKind, RelayCardAnswers
from tests.agency.card_updates.works import clear, take_back, written_for
from tests.support.agency import speaking
from tests.support.card.conversations import (
    ELSEWHERE,
    ask,
    complete,
    move,
    request,
    update,
)
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")


# — Each work ————————————————————————————————————————————————————————————————————————————————————————


@pytest.mark.clause("S1-C3")
def test_after_a_move_the_card_says_the_new_address_and_nothing_else_changes(town: Town) -> None:
    holder = complete(town, certificates=True)
    before, (address, picture) = holder.card.state, written_for(holder.card.state)
    move(holder)
    assert Resident.objects.get(pk=holder.code).card_outdated
    assert update(town, holder, holder.reader()) > 0
    assert not Resident.objects.get(pk=holder.code).card_outdated
    now = written_for(holder.card.state)
    assert (address, now[0]) == ("みほん県みほん市見本町１－２－３", ELSEWHERE)
    assert now[1] != picture
    for name, content in holder.card.state.applications.items():
        old = before.applications[name]
        assert (content.pins, content.keys) == (old.pins, old.keys)
        changed = {file for file, octets in content.files.items() if old.files[file] != octets}
        assert changed == {"text": {0x02, 0x03}, "visual": {0x02}}.get(name, set())


def test_what_is_up_to_date_is_not_written_again(town: Town) -> None:
    holder = complete(town)
    assert update(town, holder, holder.reader()) == 0
    move(holder)
    update(town, holder, holder.reader())
    assert update(town, holder, holder.reader()) == 0
    assert CardUpdate.objects.get(card_id=holder.card.state.card_number).request == b""


def test_a_token_of_one_application_has_nothing_to_update(town: Town) -> None:
    holder = town.holder()
    move(holder)
    assert update(town, holder, holder.reader()) == 0


def test_only_certificates_without_effect_leave_the_card(town: Town) -> None:
    holder = complete(town, certificates=True)
    assert clear(town, holder, holder.reader()) == 0
    record_lapse(
        holder.code, LapseGround.REQUEST_OR_NOTICE, tuple(SIGNATURE), actor="test", at=town.clock.now()
    )
    assert clear(town, holder, holder.reader()) == 1
    signature, authentication = (holder.card.state.slots[slot] for slot in KeySlot)
    assert signature == SlotContent(signature.pin)
    assert signature.pin.value == PINS[Purpose.SIGNATURE]
    assert authentication.certificate is not None
    town.clock.move_to(town.clock.now() + timedelta(days=6 * 365))
    assert clear(town, holder, holder.reader()) == 1  # expired by now, as the card is
    assert holder.card.state.slots[KeySlot.AUTHENTICATION].certificate is None


def test_a_certificate_on_hold_stays_on_the_card(town: Town) -> None:
    holder = complete(town, certificates=True)
    hold(holder.code, actor="test", at=town.clock.now())
    assert clear(town, holder, holder.reader()) == 1  # the signature certificate, which the hold revoked
    assert holder.card.state.slots[KeySlot.AUTHENTICATION].certificate is not None


def test_what_issuing_has_begun_is_not_cleared(town: Town) -> None:
    holder = complete(town, certificates=True)
    record_lapse(holder.code, LapseGround.REQUEST_OR_NOTICE, (), actor="test", at=town.clock.now())
    again = town.approved(holder.resident)
    with pytest.raises(CardError):
        town.issue(again, PulledAfter(holder.card, 9))
    assert all(content.pending_key for content in holder.card.state.slots.values())
    assert clear(town, holder, holder.reader()) == 0
    town.issue(again, holder.reader())


def test_what_a_rejected_issuing_left_pending_does_not_keep_a_lapsed_certificate(town: Town) -> None:
    holder = complete(town, certificates=True)
    record_lapse(holder.code, LapseGround.REQUEST_OR_NOTICE, (), actor="test", at=town.clock.now())
    again = town.approved(holder.resident)
    with pytest.raises(CardError):
        town.issue(again, PulledAfter(holder.card, 9))
    again.refresh_from_db()
    services.reject(again, "a reason", clerk=town.clerk(), at=town.clock.now())
    assert clear(town, holder, holder.reader()) == 2
    assert all(content.certificate is None for content in holder.card.state.slots.values())


def test_a_card_given_back_ends_with_its_certificates(town: Town) -> None:
    holder = complete(town, certificates=True)
    assert take_back(town, holder, holder.reader()) == 1
    assert holder.card.state.terminated
    assert not CardEntry.objects.get(person_code=holder.code).valid
    assert {record.status for record in town.records(holder).values()} == {"revoked"}
    with pytest.raises(CardError, match="E_CARD_UNSUPPORTED"):
        holder.session()
    assert take_back(town, holder, holder.reader()) == 0


def test_an_old_card_given_back_leaves_the_present_one_alone(town: Town) -> None:
    old = complete(town)
    record_lapse(old.code, LapseGround.CARD_INVALID, (), actor="test", at=town.clock.now())
    new = town.give_complete_card(old.resident)
    town.issue(town.approved(new.resident), new.reader())
    assert take_back(town, old, old.reader()) == 1
    assert (old.card.state.terminated, new.card.state.terminated) == (True, False)
    assert {record.status for record in town.records(new).values()} == {"good"}


@pytest.mark.parametrize("kind", [PinKind.RESIDENT_REGISTER, PinKind.CARD_FACE_ENTRY])
def test_a_pin_is_set_by_permission_once(town: Town, kind: PinKind) -> None:
    holder = complete(town)
    reader = holder.reader()
    name, file = {PinKind.RESIDENT_REGISTER: ("juki", 0x1C), PinKind.CARD_FACE_ENTRY: ("text", 0x11)}[kind]
    declared = holder.card.state.kind.applications[name]
    permit(town, holder, reader, kind)

    def change(pin: str) -> bytes:
        cla, ins = declared.change
        reader.transmit(Command(0x00, 0xA4, 0x04, 0x0C, declared.aid).to_bytes())
        return reader.transmit(Command(cla, ins, ins == 0x24, 0x80 | file, pin.encode()).to_bytes())

    assert change("8642") == b"\x90\x00"
    assert holder.card.state.applications[name].pins[file].value == "8642"
    assert change("9999") == b"\x69\x82"


def permit(town: Town, holder: Holder, reader: Transport, *kinds: PinKind) -> str:
    application = town.approved(holder.resident, frozenset(), pins=frozenset(kinds))
    return permit_pins(application, reader, clerk=town.clerk(), at=town.clock.now())


# — Who may ask ——————————————————————————————————————————————————————————————————————————————————————


@pytest.mark.parametrize("work", [CardUpdateKind.CLEAR, CardUpdateKind.END])
def test_only_the_municipality_of_the_card_may_ask(town: Town, work: CardUpdateKind) -> None:
    holder = complete(town)
    for sender in (speaking.sender(town.neighbour()), Sender("kiosk"), Sender("municipality")):
        with pytest.raises(NotAllowed):
            ask(town, request(holder, work), sender)
    assert not CardUpdate.objects.exists()


def test_another_municipality_cannot_go_on_with_an_update(town: Town) -> None:
    step = ask(town, request(complete(town), CardUpdateKind.CLEAR))
    with pytest.raises(NotAllowed, match="E_OFFICE_WRONG"):
        speaking.ask(speaking.sender(town.neighbour()), RelayCardAnswers(step.card_update, ()))


def test_everything_that_stands_against_it_is_said(town: Town) -> None:
    holder, other = complete(town), complete(town)
    four = holder.resident.basic_four()
    for message, code in (
        (replace(request(holder, CardUpdateKind.CLEAR), person_code=other.code), "E_CARD_OTHERS"),
        (
            replace(request(holder, CardUpdateKind.CLEAR), card_number=CardNumber("TEST99999999999")),
            "E_CARD_OTHERS",
        ),
        (request(holder, CardUpdateKind.END), "E_CARD_STILL_VALID"),
    ):
        with pytest.raises(Refused, match=code):
            ask(town, message)
    hold(holder.code, actor="test", at=town.clock.now())
    record_lapse(holder.code, LapseGround.CARD_INVALID, (), actor="test", at=town.clock.now())
    town.clock.move_to(town.clock.now() + timedelta(days=11 * 365))
    with pytest.raises(Refused) as refused:
        ask(town, request(holder, CardUpdateKind.UPDATE, bearer=four))
    codes = [refusal.code for refusal in refused.value.refusals]
    assert codes == ["E_CARD_INVALID", "E_CARD_EXPIRED", "E_CARD_REPORTED_LOST"]


def test_a_work_without_its_parts_is_malformed(town: Town) -> None:
    holder = complete(town)
    four, pins = holder.resident.basic_four(), (PinKind.SIGNATURE,)
    for message in (
        request(holder, CardUpdateKind.UPDATE),
        request(holder, CardUpdateKind.CLEAR, bearer=four),
        request(holder, CardUpdateKind.RESET_PINS),
        request(holder, CardUpdateKind.RESET_PINS, pins=pins),
        request(holder, CardUpdateKind.RESET_PINS, application_number="99101-1"),
        request(holder, CardUpdateKind.RESET_PINS, pins=pins * 2, application_number="99101-1"),
        request(holder, CardUpdateKind.RESET_PINS, pins=(PinKind.CARD,), application_number="99101-1"),
        request(holder, CardUpdateKind.END, pins=pins),
    ):
        with pytest.raises(Malformed, match="E_MESSAGE_MALFORMED"):
            ask(town, message)


@pytest.mark.parametrize("batches", [1, 2])
def test_a_loss_reported_meanwhile_stops_the_work(town: Town, batches: int) -> None:
    holder = complete(town, certificates=True)
    reader, clerk = holder.reader(), speaking.sender(town.clerk())
    pins = {"pins": (PinKind.SIGNATURE,), "application_number": "99101-1"}
    step = ask(town, request(holder, CardUpdateKind.RESET_PINS, **pins))
    for batch in range(batches):
        answers = relay(reader, step.commands)
        if batch < batches - 1:
            step = speaking.ask(clerk, RelayCardAnswers(step.card_update, answers))
    hold(holder.code, actor="test", at=town.clock.now())
    entries = JournalEntry.objects.count()
    with pytest.raises(Refused, match="E_CARD_REPORTED_LOST"):
        speaking.ask(clerk, RelayCardAnswers(step.card_update, answers))
    assert JournalEntry.objects.count() == entries


def test_a_card_on_hold_is_not_brought_up_to_date_and_gets_its_pins_once_the_loss_was_reported(
    town: Town,
) -> None:
    """A found card whose PIN is blocked could not sign for its release otherwise."""
    holder = complete(town, certificates=True)
    hold(holder.code, actor="test", at=town.clock.now())
    reset = request(
        holder, CardUpdateKind.RESET_PINS, pins=(PinKind.SIGNATURE,), application_number="99101-1"
    )
    with pytest.raises(Refused, match="E_CARD_REPORTED_LOST"):
        ask(town, reset)
    report_loss(holder.resident, clerk=town.clerk(), at=town.clock.now())
    assert not ask(town, reset).done
    update = request(holder, CardUpdateKind.UPDATE, bearer=holder.resident.basic_four())
    with pytest.raises(Refused, match="E_CERT_HELD"):
        ask(town, update)


@pytest.mark.alters_records
def test_a_hold_that_can_no_longer_be_released_stands_in_nobodys_way(town: Town) -> None:
    holder = complete(town, certificates=True)
    hold(holder.code, actor="test", at=town.clock.now())
    report_loss(holder.resident, clerk=town.clerk(), at=town.clock.now())
    town.clock.move_to(town.clock.now() + timedelta(days=6 * 365))  # past the certificates, not the card
    assert not ask(town, request(holder, CardUpdateKind.UPDATE, bearer=holder.resident.basic_four())).done


def test_nobody_works_on_their_own_card(town: Town) -> None:
    holder = complete(town, certificates=True)
    clerk, before = town.clerk("self", person_code=holder.code), holder.card.state
    for work in (card_work.update, card_work.clear, card_work.take_back):
        with pytest.raises(NotAllowed, match="E_OWN_APPLICATION"):
            work(holder.resident, holder.reader(), clerk=clerk, clock=town.clock)
    with pytest.raises(NotAllowed, match="E_OWN_APPLICATION"):
        card_work.take_back_unreadable(holder.resident, clerk=clerk, at=town.clock.now())
    assert holder.card.state == before


def test_another_municipality_revokes_nothing_by_taking_back(town: Town) -> None:
    holder = complete(town, certificates=True)
    acts: tuple[Callable[[], object], ...] = (
        lambda: card_work.take_back(
            holder.resident, holder.reader(), clerk=town.neighbour(), clock=town.clock
        ),
        lambda: card_work.take_back_unreadable(holder.resident, clerk=town.neighbour(), at=town.clock.now()),
    )
    for act in acts:
        with pytest.raises(NotAllowed, match="E_OFFICE_WRONG"):
            act()
    assert {record.status for record in town.records(holder).values()} == {"good"}


def test_a_card_that_cannot_be_read_ends_in_the_records(town: Town) -> None:
    holder = complete(town, certificates=True)
    damaged = town.pocket(holder.resident, replace(holder.card.state, damaged=True))
    with pytest.raises(CardError, match="E_CARD_DAMAGED"):
        take_back(town, damaged, damaged.reader())
    assert card_work.take_back_unreadable(holder.resident, clerk=town.clerk(), at=town.clock.now()) == 1
    assert {record.status for record in town.records(holder).values()} == {"revoked"}
    assert card_work.take_back_unreadable(holder.resident, clerk=town.clerk(), at=town.clock.now()) == 0
    town.give_card(holder.resident)
