"""PINs set again at the counter: applied for, examined, set on the card, whatever is cut in between."""

import json
from collections.abc import Callable, Mapping

import pytest
from django.test import Client
from django.urls import reverse

from honnin.agency.records.models import IssuanceRecord, JournalEntry
from honnin.agency.revocation.services import hold
from honnin.card.chip.state import CardState, PinRecord
from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport import Transport
from honnin.errors import CardError, Conflict, NotAllowed, Refused
from honnin.law.cards.pins import PinKind
from honnin.municipality.counter.applications import services
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.states import ApplicationState
from honnin.municipality.counter.procedures.pin_reset import services as pin_reset
from honnin.pin import Pin
from honnin.simulator.brought import NEW_PINS
from honnin.simulator.holder import PulledAfter
from tests.support.card.faults import Fault, PowerCutError, is_gone
from tests.support.console import Console, codes, page, scan
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")

ALL_FOUR = NEW_PINS | {PinKind.RESIDENT_REGISTER: Pin("2468"), PinKind.CARD_FACE_ENTRY: Pin("9753")}
PLACES = {
    PinKind.SIGNATURE: ("jpki", 0x1B),
    PinKind.USER_AUTHENTICATION: ("jpki", 0x18),
    PinKind.RESIDENT_REGISTER: ("juki", 0x1C),
    PinKind.CARD_FACE_ENTRY: ("text", 0x11),
}
FORM = {"pins": list(NEW_PINS), "document_1": "driving_licence", "proxy_kind": ""}
TYPED = {f"{kind}_pin{again}": pin.text for kind, pin in NEW_PINS.items() for again in ("", "_again")}


def complete(town: Town) -> Holder:
    holder = town.give_complete_card(town.move_in())
    town.issue(town.approved(holder.resident), holder.reader())
    return holder


def accepted(town: Town, holder: Holder, pins: Mapping[PinKind, Pin] = ALL_FOUR) -> Application:
    return town.approved(holder.resident, frozenset(), pins=frozenset(pins))


def reset(
    town: Town, application: Application, reader: Transport, pins: Mapping[PinKind, Pin] = ALL_FOUR
) -> None:
    found = Application.objects.get(pk=application.pk)
    pin_reset.set_pins(found, reader, pins, clerk=town.clerk(), clock=town.clock)


def pins_of(state: CardState) -> dict[PinKind, PinRecord]:
    return {kind: state.applications[name].pins[file] for kind, (name, file) in PLACES.items()}


def block(holder: Holder) -> None:
    """Spend every try of both certificates' PINs."""
    session = holder.session()
    for slot, wrong in ((KeySlot.SIGNATURE, "WRONG1"), (KeySlot.AUTHENTICATION, "0000")):
        while session.tries_left(slot):
            with pytest.raises(CardError):
                session.verify_pin(slot, Pin(wrong), use_last_try=True)


@pytest.mark.clause("S4-10.1", "S4-10.2", "S1-C2.2b", "S1-E2.2c", "S2-2.2b", "S2-K3", "S0-24")
def test_blocked_pins_are_set_again_and_the_certificates_stay(town: Town) -> None:
    holder = complete(town)
    certificates = [content.certificate for content in holder.card.state.slots.values()]
    block(holder)
    application = accepted(town, holder)
    reset(town, application, holder.reader())
    records = pins_of(holder.card.state)
    assert {kind: record.value for kind, record in records.items()} == ALL_FOUR
    assert [record.tries_left for record in records.values()] == [5, 3, 3, 3]
    session = holder.session()
    session.verify_pin(KeySlot.SIGNATURE, Pin(NEW_PINS[PinKind.SIGNATURE].lower()))
    assert len(session.sign_sha256(KeySlot.SIGNATURE, b"content")) == 256
    assert [content.certificate for content in holder.card.state.slots.values()] == certificates
    assert {record.status for record in IssuanceRecord.objects.filter(person_code=holder.code)} == {"good"}
    application.refresh_from_db()
    assert application.state == ApplicationState.PINS_SET


@pytest.mark.clause("S1-C2.2a")
def test_the_permission_is_in_the_journal_and_no_pin_is_anywhere(town: Town) -> None:
    holder = complete(town)
    reset(town, accepted(town, holder), holder.reader())
    entries = JournalEntry.objects.filter(subject=holder.card.state.card_number)
    assert [entry.act for entry in entries][-2:] == ["reset_pins card: sent", "reset_pins card: done"]
    detail = json.loads(entries.get(act="reset_pins card: sent").detail)
    assert set(detail["pins"].split()) == set(ALL_FOUR)
    assert detail["application"] == Application.objects.get(state=ApplicationState.PINS_SET).number
    for pin in ALL_FOUR.values():
        assert not entries.filter(detail__contains=pin).exists()


def test_a_pin_of_a_wrong_form_is_refused_before_anything_happens(town: Town) -> None:
    holder = complete(town)
    application, before = accepted(town, holder), holder.card.state
    for kind in ALL_FOUR:
        with pytest.raises(Refused, match="E_PIN_FORMAT"):
            reset(town, application, holder.reader(), ALL_FOUR | {kind: Pin("12")})
    with pytest.raises(Refused, match="E_PIN_FORMAT"):
        reset(town, application, holder.reader(), NEW_PINS)  # two of the four are missing
    assert holder.card.state == before


def test_another_clerk_another_state_another_card(town: Town) -> None:
    holder, other = complete(town), complete(town)
    application = accepted(town, holder)
    with pytest.raises(NotAllowed, match="E_OFFICE_WRONG"):
        pin_reset.set_pins(application, holder.reader(), ALL_FOUR, clerk=town.neighbour(), clock=town.clock)
    before = other.card.state
    with pytest.raises(Refused, match="E_CARD_OTHERS"):
        reset(town, application, other.reader())
    assert other.card.state == before
    with pytest.raises(Conflict, match="E_APPLICATION_STATE"):
        town.issue(application, holder.reader())
    reset(town, application, holder.reader())
    with pytest.raises(Conflict, match="E_APPLICATION_STATE"):
        reset(town, application, holder.reader())


def test_a_card_reported_lost_meanwhile_gets_nothing(town: Town) -> None:
    holder = complete(town)
    application, before = accepted(town, holder), pins_of(holder.card.state)
    hold(holder.code, actor="test", at=town.clock.now())
    with pytest.raises(Refused, match="E_CARD_REPORTED_LOST"):
        reset(town, application, holder.reader())
    assert pins_of(holder.card.state) == before


class Interrupting:
    """A reader beside which something happens before the n-th command."""

    def __init__(self, reader: Transport, commands: int, happens: Callable[[], object]) -> None:
        self._reader, self._left, self._happens = reader, commands, happens

    def transmit(self, command: bytes) -> bytes:
        self._left -= 1
        if self._left == -1:
            self._happens()
        return self._reader.transmit(command)


def test_a_rejection_meanwhile_counts_or_is_refused(town: Town) -> None:
    """Never are PINs set for an application that was rejected, nor is one rejected whose PINs may be set."""
    outcomes = set()
    for commands in range(24):
        holder = complete(town)
        application, before = accepted(town, holder), pins_of(holder.card.state)
        said: list[str] = []

        def reject(application: Application = application, said: list[str] = said) -> None:
            try:
                found = Application.objects.get(pk=application.pk)
                services.reject(found, "取下げ", clerk=town.clerk(), at=town.clock.now())
                said.append("rejected")
            except Conflict:
                said.append("refused")

        try:
            reset(town, application, Interrupting(holder.reader(), commands, reject))
        except Conflict:
            assert said == ["rejected"]
            assert pins_of(holder.card.state) == before
        else:
            assert said in ([], ["refused"])
            assert {kind: each.value for kind, each in pins_of(holder.card.state).items()} == ALL_FOUR
        outcomes.update(said)
    assert outcomes == {"rejected", "refused"}


def test_an_application_that_was_loaded_before_it_was_done_does_nothing(town: Town) -> None:
    holder = complete(town)
    application = accepted(town, holder)
    stale = Application.objects.get(pk=application.pk)
    reset(town, application, holder.reader())
    before = holder.card.state
    with pytest.raises(Conflict, match="E_APPLICATION_STATE"):
        pin_reset.set_pins(stale, holder.reader(), ALL_FOUR, clerk=town.clerk(), clock=town.clock)
    assert holder.card.state == before


def test_certificates_and_pins_are_applied_for_apart_but_where_a_procedure_says_so(town: Town) -> None:
    with pytest.raises(ValueError, match="which procedure"):
        town.receive(town.move_in(), pins=frozenset({PinKind.SIGNATURE}))


def require_old_or_new(before: CardState, holder: Holder) -> None:
    old, now = pins_of(before), pins_of(holder.card.state)
    for kind, record in now.items():
        assert record == old[kind] or (record.value == ALL_FOUR[kind] and record.tries_left >= 3)


def is_cut(town: Town, application: Application, reader: Transport) -> bool:
    try:
        reset(town, application, reader)
    except (PowerCutError, CardError) as error:
        if is_gone(error) or (isinstance(error, CardError) and error.code == "E_CARD_STORE_FAILED"):
            return True
        raise
    return False


@pytest.mark.parametrize("answer_lost", [False, True], ids=["before the command", "after it, answer lost"])
@pytest.mark.alters_records
def test_the_card_pulled_out_at_every_command(town: Town, answer_lost: bool) -> None:
    holder = complete(town)
    application, before = accepted(town, holder), holder.card.state
    for commands in range(60):
        holder = town.pocket(holder.resident, before)
        if not is_cut(town, application, PulledAfter(holder.card, commands, answer_lost=answer_lost)):
            break
        require_old_or_new(before, holder)
        reset(town, application, holder.reader())
        assert {kind: each.value for kind, each in pins_of(holder.card.state).items()} == ALL_FOUR
        Application.objects.update(state=ApplicationState.APPROVED)
    assert 15 < commands < 60


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.alters_records
def test_a_fault_of_the_cards_memory_at_every_write(town: Town, fault: Fault) -> None:
    holder = complete(town)
    application, before = accepted(town, holder), holder.card.state
    for write in range(1, 20):
        holder = town.pocket(holder.resident, before)
        holder.damage(fault, write)
        if not is_cut(town, application, holder.reader()):
            break
        holder.revive()
        require_old_or_new(before, holder)
        reset(town, application, holder.reader())
        Application.objects.update(state=ApplicationState.APPROVED)
    assert write == 6  # the channel and four PINs were cut


# — The pages ————————————————————————————————————————————————————————————————————————————————————————


def apply(console: Console, **changes: object) -> tuple[Client, Application, str]:
    client, resident, issued = console.issued()
    sent = FORM | {"copy_1": scan()} | changes
    response = client.post(reverse("counter:new_pin_reset", args=[resident.public_id]), sent)
    assert response.status_code == 302
    return client, resident.applications.exclude(pk=issued.pk).get(), issued.card_number


@pytest.mark.clause("S4-10.3")
def test_pins_are_set_again_through_the_pages(console: Console) -> None:
    client, application, card = apply(console)
    shown = page(client, "application", application.number)
    assert "PINs to reset" in shown
    assert "The PINs can be reset" in shown
    accepted = client.post(reverse("counter:approve", args=[application.number]))
    assert accepted.headers["Location"] == reverse("counter:set_pins", args=[application.number])
    address = accepted.headers["Location"]
    assert "Set the new PINs" in page(client, "set_pins", application.number)
    differ = client.post(address, TYPED | {"card": card, "signature_pin_again": "OTHER1"})
    assert "The two entries differ." in differ.content.decode()
    assert console.pin_opens(card, KeySlot.SIGNATURE, "ABC123")
    # The same PINs, typed once in another case and once in full-width forms.
    alike = {"signature_pin_again": "ｎｅｕ４５６", "user_authentication_pin": "７５３１"}
    done = client.post(address, TYPED | {"card": card} | alike, follow=True).content.decode()
    assert "The new PINs were set." in done
    assert "PINs reset" in done
    for slot, kind in (
        (KeySlot.SIGNATURE, PinKind.SIGNATURE),
        (KeySlot.AUTHENTICATION, PinKind.USER_AUTHENTICATION),
    ):
        assert console.pin_opens(card, slot, NEW_PINS[kind])
    second = client.post(address, TYPED | {"card": card})
    assert second.headers["Location"] == reverse("counter:application", args=[application.number])
    assert "PINs to reset" in page(client, "applications")


def test_what_stands_against_it_is_shown_and_it_can_be_rejected(console: Console) -> None:
    client, application, _card = apply(console, document_1="health_insurance")
    shown = page(client, "application", application.number)
    assert codes(shown) == ["E_ID_DOC_MISSING"]
    assert "The PINs cannot be reset, for 1 reason." in shown
    assert client.post(reverse("counter:approve", args=[application.number])).status_code == 422
    client.post(reverse("counter:reject", args=[application.number]), {"reason": "本人と確認できない"})
    application.refresh_from_db()
    assert application.state == ApplicationState.REJECTED


def test_an_accepted_one_can_be_rejected_without_a_word_to_the_agency(console: Console) -> None:
    client, application, _card = apply(console)
    client.post(reverse("counter:approve", args=[application.number]))
    before = JournalEntry.objects.count()
    client.post(reverse("counter:reject", args=[application.number]), {"reason": "取下げ"})
    application.refresh_from_db()
    assert (application.state, JournalEntry.objects.count()) == (ApplicationState.REJECTED, before)


def test_a_form_without_pins_or_with_a_strange_one_is_shown_again(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    address = reverse("counter:new_pin_reset", args=[resident.public_id])
    assert "Choose at least one PIN." in client.post(address, FORM | {"pins": []}).content.decode()
    client.post(address, FORM | {"pins": ["card"]})
    assert not resident.applications.exists()


def test_a_card_pulled_out_is_said_and_the_page_finishes_it(console: Console) -> None:
    client, application, card = apply(console)
    client.post(reverse("counter:approve", args=[application.number]))
    address = reverse("counter:set_pins", args=[application.number])
    (console.cards / f"{card}.json").rename(console.cards / "away")
    gone = client.post(address, TYPED | {"card": card})
    assert "Select a valid choice" in gone.content.decode()
    _other, strange = console.resident()
    failed = client.post(address, TYPED | {"card": strange}, follow=True).content.decode()
    assert codes(failed) == ["E_CARD_OTHERS"]
    assert "Nothing was begun" in failed
    assert f'value="{strange}" selected' not in failed
    (console.cards / "away").rename(console.cards / f"{card}.json")
    assert (
        "The new PINs were set." in client.post(address, TYPED | {"card": card}, follow=True).content.decode()
    )


@pytest.mark.clause("S4-10.4")
def test_a_proxy_brings_authority_and_own_documents(town: Town) -> None:
    holder = complete(town)
    with pytest.raises(Refused) as refused:
        town.approved(
            holder.resident,
            frozenset(),
            pins=frozenset(ALL_FOUR),
            proxy_kind="mandated",
            proxy_name="代理　一郎",
        )
    codes = {refusal.code for refusal in refused.value.refusals}
    assert codes >= {"E_PROXY_MANDATE_MISSING", "E_PROXY_ID_MISSING"}
