"""The issuer's commands inside the channel: keys made on the card, certificates that fit, PINs set anew."""

from dataclasses import replace
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from honnin.card.apdu import Command
from honnin.card.chip.card import Card, generate_rsa_2048
from honnin.card.chip.state import CardState, PinRecord
from honnin.card.client.session import CardSession
from honnin.card.issuer import commands as card_commands
from honnin.card.kinds.declaration import KeySlot
from honnin.card.kinds.slot import LAYOUT
from honnin.card.scp03 import StaticKeys
from honnin.card.transport.in_process import InProcess
from honnin.errors import CardError, Malformed, Untrusted
from honnin.pin import Pin
from tests.support.card.certificates import Authority
from tests.support.card.desk import PINS, SELECT_JPKI, Desk, exchange, select, verify
from tests.support.card.faults import FaultyStore
from tests.support.card.keys import KeyPool
from tests.support.card.numbers import CARD_NUMBER

both_slots = pytest.mark.parametrize("slot", list(KeySlot))


@pytest.fixture
def desk(blank: Card, static_keys: StaticKeys) -> Desk:
    return Desk(InProcess(blank), static_keys)


def refused(desk: Desk, command: bytes) -> str:
    """The status word with which the card refuses a plain issuer command."""
    with pytest.raises(CardError) as error:
        desk.ask(command)
    return str(error.value.context.get("status_word", error.value.code))


def test_a_blank_card_reports_itself(desk: Desk, blank_state: CardState) -> None:
    report = desk.report()
    assert (report.card_number, report.expiry_date) == (CARD_NUMBER, blank_state.expiry_date)
    for slot in KeySlot:
        assert report.slots[slot] == card_commands.SlotReport(False, False, False, 0, None, None)


@both_slots
def test_a_slot_from_key_to_certificate(desk: Desk, blank: Card, authority: Authority, slot: KeySlot) -> None:
    public_key = desk.generate(slot)
    assert public_key.key_size == 2048
    pending = desk.report().slots[slot]
    modulus = public_key.public_numbers().n.to_bytes(256, "big")
    assert pending.pending_key_fingerprint == sha256(modulus).digest()
    assert not pending.has_certificate

    certificate = authority.issue(public_key, "TEST")
    desk.write(slot, certificate, authority.certificate)
    assert blank.state.slots[slot].certificate is None  # written is not in force
    desk.activate(slot)
    done = desk.report().slots[slot]
    assert done.certificate_fingerprint == sha256(certificate).digest()
    assert not done.has_pending_key
    content = blank.state.slots[slot]
    assert (content.certificate, content.ca_certificate) == (certificate, authority.certificate)
    other = next(each for each in KeySlot if each is not slot)
    assert desk.report().slots[other] == card_commands.SlotReport(False, False, False, 0, None, None)


def test_a_pending_key_can_be_asked_for_again(desk: Desk) -> None:
    assert refused(desk, card_commands.read_pending_key(KeySlot.SIGNATURE)) == "6A88"
    made = desk.generate(KeySlot.SIGNATURE)
    answer = desk.ask(card_commands.read_pending_key(KeySlot.SIGNATURE))
    assert card_commands.public_key(answer) == made
    assert refused(desk, card_commands.read_pending_key(KeySlot.AUTHENTICATION)) == "6A88"


def test_a_pending_key_outlives_the_power(
    blank_state: CardState, static_keys: StaticKeys, key_pool: KeyPool
) -> None:
    store = FaultyStore(blank_state)
    made = Desk(InProcess(Card(blank_state, store, generate_key=key_pool)), static_keys).generate(
        KeySlot.SIGNATURE
    )
    again = Desk(InProcess(Card(store.kept, store)), static_keys)
    assert card_commands.public_key(again.ask(card_commands.read_pending_key(KeySlot.SIGNATURE))) == made


@pytest.mark.parametrize("le", [None, 256, 65536])
def test_an_answer_in_the_channel_is_whole(desk: Desk, le: int | None) -> None:
    """Whether a host sends no Le, as some do, or the largest of either form."""
    made = desk.generate(KeySlot.SIGNATURE)
    assert card_commands.public_key(desk.ask(Command(0x80, 0x46, 0x81, 0x01, b"", le).to_bytes())) == made
    assert (
        card_commands.card_report(desk.ask(Command(0x80, 0xF2, 0x00, 0x00, b"", le).to_bytes()))
        == desk.report()
    )


@pytest.mark.parametrize(
    ("le", "extended"), [(1, False), (255, False), (1, True), (256, True), (65535, True)]
)
def test_a_smaller_le_is_wrong_protection(desk: Desk, le: int, extended: bool) -> None:
    """No MAC covers Le: who carries the command may have put it there. It ends the channel."""
    command = Command(0x80, 0xF2, 0x00, 0x00, b"", le, extended)
    with pytest.raises(Untrusted, match="E_CARD_CHANNEL_BROKEN"):
        desk.ask(command.to_bytes())
    with pytest.raises(Untrusted, match="E_CARD_CHANNEL_BROKEN"):
        desk.report()


def test_generating_again_replaces_the_pending_key(desk: Desk) -> None:
    first, second = desk.generate(KeySlot.SIGNATURE), desk.generate(KeySlot.SIGNATURE)
    assert first != second
    assert card_commands.public_key(desk.ask(card_commands.read_pending_key(KeySlot.SIGNATURE))) == second


def test_the_card_makes_rsa_keys_of_2048_bits_itself() -> None:
    first, second = generate_rsa_2048(), generate_rsa_2048()
    assert first.key_size == 2048
    assert first.public_key().public_numbers().e == 65537
    assert first.public_key() != second.public_key()


@both_slots
def test_renewal_replaces_the_old_key_only_at_activation(
    card: Card, issued_state: CardState, static_keys: StaticKeys, authority: Authority, slot: KeySlot
) -> None:
    desk = Desk(InProcess(card), static_keys)
    public_key = desk.generate(slot)
    assert card.state.slots[slot].private_key == issued_state.slots[slot].private_key
    exchange(card, SELECT_JPKI)
    assert verify(card, slot) == "9000"
    key_file = 0x80 | LAYOUT[slot].key_file
    assert exchange(card, f"802A00 {key_file:02X} 01 AA 00").endswith("9000")  # the old key works meanwhile
    desk = Desk(InProcess(card), static_keys)
    certificate = authority.issue(public_key, "RENEWED")
    desk.write(slot, certificate, authority.certificate)
    desk.activate(slot)
    session = CardSession(InProcess(card))
    session.select_jpki()
    session.verify_pin(slot, Pin(PINS[slot]))  # the PIN stays
    assert session.read_certificate(slot) == certificate
    public_key.verify(session.sign_sha256(slot, b"new"), b"new", PKCS1v15(), SHA256())


def test_a_certificate_for_another_key_is_refused(
    desk: Desk, authority: Authority, key_pool: KeyPool
) -> None:
    desk.generate(KeySlot.SIGNATURE)
    other = key_pool().public_key()
    desk.write(KeySlot.SIGNATURE, authority.issue(other, "TEST"), authority.certificate)
    before = desk.report()
    assert refused(desk, card_commands.activate(KeySlot.SIGNATURE)) == "6A80"
    assert desk.report() == before


def test_a_ca_certificate_that_did_not_issue_it_is_refused(desk: Desk, authority: Authority) -> None:
    certificate = authority.issue(desk.generate(KeySlot.SIGNATURE), "TEST")
    namesake = Authority.create(generate_rsa_2048(), "Throw-away CA")
    desk.write(KeySlot.SIGNATURE, certificate, namesake.certificate)
    assert refused(desk, card_commands.activate(KeySlot.SIGNATURE)) == "6A80"


@pytest.mark.parametrize("cut", [0, 100, -1])
def test_a_certificate_that_is_not_whole_is_refused(desk: Desk, authority: Authority, cut: int) -> None:
    certificate = authority.issue(desk.generate(KeySlot.SIGNATURE), "TEST")
    desk.write(KeySlot.SIGNATURE, certificate[:cut], authority.certificate)
    assert refused(desk, card_commands.activate(KeySlot.SIGNATURE)) == "6A80"


def test_a_certificate_of_another_kind_is_refused(desk: Desk, authority: Authority) -> None:
    desk.generate(KeySlot.SIGNATURE)
    desk.write(KeySlot.SIGNATURE, bytes(300), authority.certificate)
    assert refused(desk, card_commands.activate(KeySlot.SIGNATURE)) == "6A80"


def test_activation_without_a_pending_key_is_refused(
    desk: Desk, authority: Authority, key_pool: KeyPool
) -> None:
    certificate = authority.issue(key_pool().public_key(), "TEST")
    desk.write(KeySlot.SIGNATURE, certificate, authority.certificate)
    assert refused(desk, card_commands.activate(KeySlot.SIGNATURE)) == "6A88"


def test_the_same_activation_again_succeeds(desk: Desk, blank: Card, authority: Authority) -> None:
    """The answer to ACTIVATE was lost: the issuer writes and activates again, and it is well."""
    certificate = desk.issue(KeySlot.SIGNATURE, authority)
    before = blank.state
    desk.write(KeySlot.SIGNATURE, certificate, authority.certificate)
    desk.activate(KeySlot.SIGNATURE)
    assert blank.state is before


def test_both_slots_may_be_written_before_they_are_activated(desk: Desk, authority: Authority) -> None:
    for slot in KeySlot:
        desk.write(slot, authority.issue(desk.generate(slot), "TEST"), authority.certificate)
    for slot in KeySlot:
        desk.activate(slot)
    assert all(slot.has_certificate for slot in desk.report().slots.values())


@pytest.mark.parametrize("slots", [[each] for each in KeySlot] + [list(KeySlot)])
def test_keys_for_several_slots_are_made_in_one_change(
    card: Card, static_keys: StaticKeys, slots: list[KeySlot]
) -> None:
    desk, before = Desk(InProcess(card), static_keys), card.state
    made = card_commands.public_keys(desk.ask(card_commands.new_keys(slots)), slots)
    assert made.keys() == set(slots)
    for slot in KeySlot:
        assert replace(card.state.slots[slot], pending_key=None) == before.slots[slot]
        if slot in slots:
            assert card_commands.public_key(desk.ask(card_commands.read_pending_key(slot))) == made[slot]
        else:
            assert card.state.slots[slot].pending_key is None


@both_slots
@pytest.mark.parametrize("pin", [PinRecord("1234", 0), PinRecord()], ids=["blocked", "never set"])
def test_no_key_is_made_in_place_of_one_whose_pin_cannot_be_used(
    card: Card, static_keys: StaticKeys, slot: KeySlot, pin: PinRecord
) -> None:
    state = card.state.with_slot(slot, replace(card.state.slot(slot), pin=pin))
    locked = Card(state, lambda _state: None)
    desk = Desk(InProcess(locked), static_keys)
    answer = desk.ask(card_commands.new_keys(list(KeySlot)))
    assert answer == b""
    with pytest.raises(Malformed, match="E_CARD_ANSWER_MALFORMED"):
        card_commands.public_keys(answer, list(KeySlot))
    assert not any(content.pending_key for content in locked.state.slots.values())


def test_blocks_come_in_order(desk: Desk) -> None:
    def block(number: int, size: int = 10) -> bytes:
        return Command(0x80, 0xE2, 0x01, number, bytes(size)).to_bytes()

    assert refused(desk, block(1)) == "6A86"
    desk.ask(block(0))
    assert refused(desk, block(2)) == "6A86"
    desk.ask(block(1))
    assert refused(desk, block(1)) == "6A86"
    desk.ask(block(0))  # begins anew
    assert refused(desk, block(2)) == "6A86"
    assert refused(desk, Command(0x80, 0xE2, 0x01, 1).to_bytes()) == "6700"


def test_a_certificate_has_a_largest_size(desk: Desk) -> None:
    writes = card_commands.certificate_writes(KeySlot.SIGNATURE, bytes(8193), b"")
    for command in writes[:-1]:
        desk.ask(command)
    assert refused(desk, writes[-1]) == "6A84"


def test_what_was_written_is_lost_with_the_channel(
    blank: Card, static_keys: StaticKeys, authority: Authority
) -> None:
    desk = Desk(InProcess(blank), static_keys)
    desk.write(
        KeySlot.SIGNATURE, authority.issue(desk.generate(KeySlot.SIGNATURE), "TEST"), authority.certificate
    )
    assert refused(Desk(InProcess(blank), static_keys), card_commands.activate(KeySlot.SIGNATURE)) == "6A80"


@both_slots
def test_remove_takes_everything_but_the_pin(card: Card, static_keys: StaticKeys, slot: KeySlot) -> None:
    desk = Desk(InProcess(card), static_keys)
    desk.generate(slot)
    desk.ask(card_commands.remove(slot))
    content = card.state.slots[slot]
    assert content.pin.value == PINS[slot]
    assert {content.private_key, content.certificate, content.ca_certificate, content.pending_key} == {None}
    desk.ask(card_commands.remove(slot))
    session = CardSession(InProcess(card))
    session.select_jpki()
    assert slot not in session.certificates_present()


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (Command(0x80, 0x46, 0x83, 0x01, b"", 65536), "6A86"),
        (Command(0x80, 0x46, 0x82, 0x00, b"", 65536), "6A86"),
        (Command(0x80, 0x46, 0x82, 0x04, b"", 65536), "6A86"),
        (Command(0x80, 0x46, 0x82, 0x07, b"", 65536), "6A86"),
        (Command(0x80, 0x46, 0x80, 0x03, b"", 65536), "6A86"),
        (Command(0x80, 0xE2, 0x03, 0x00, b"x"), "6A86"),
        (Command(0x80, 0xE2, 0x11, 0x00, b"x"), "6A86"),
        (Command(0x80, 0x44, 0x01, 0x01), "6A86"),
        (Command(0x80, 0xE4, 0x00, 0x00), "6A86"),
        (Command(0x80, 0x54, 0x00, 0x09), "6A86"),
        (Command(0x80, 0x54, 0x01, 0x1B, b"too short"), "6700"),
        (Command(0x80, 0x5A, 0x00, 0x09, b"", 256), "6A86"),
        (Command(0x80, 0xF2, 0x01, 0x00, b"", 256), "6A86"),
        (Command(0x80, 0xF0, 0x00, 0x00), "6D00"),
    ],
)
def test_wrong_parameters_are_refused_and_the_channel_stays_open(
    desk: Desk, command: Command, answer: str
) -> None:
    assert refused(desk, command.to_bytes()) == answer
    assert desk.report().card_number == CARD_NUMBER


@both_slots
def test_the_issuer_permits_a_pin_that_it_never_learns(
    blank: Card, static_keys: StaticKeys, slot: KeySlot
) -> None:
    desk = Desk(InProcess(blank), static_keys)
    desk.ask(card_commands.authorise_pin(slot))
    exchange(blank, SELECT_JPKI)
    pin = PINS[slot].encode()
    select(blank, f"{LAYOUT[slot].pin_file:04X}")
    assert exchange(blank, "00240180 02 3030") == "6A80"  # a wrong form does not use the permission up
    assert exchange(blank, f"00240180 {len(pin):02X} {pin.hex()}") == "9000"
    assert blank.state.slots[slot].pin.tries_left == LAYOUT[slot].pin.tries
    assert exchange(blank, f"00240180 {len(pin):02X} {pin.hex()}") == "6982"  # it was for once
    assert verify(blank, slot) == "9000"


@both_slots
def test_a_blocked_pin_is_set_anew_with_all_its_tries(
    card: Card, static_keys: StaticKeys, slot: KeySlot
) -> None:
    for _ in range(LAYOUT[slot].pin.tries):
        verify(card, slot, "0")
    assert verify(card, slot) == "6984"
    new = {KeySlot.SIGNATURE: "NEW999", KeySlot.AUTHENTICATION: "8642"}[slot]
    Desk(InProcess(card), static_keys)  # the transport resets the card, as a reader does
    reader = InProcess(card)
    Desk(reader, static_keys).set_pin(slot, new)
    session = CardSession(reader)
    session.select_jpki()
    assert session.tries_left(slot) == LAYOUT[slot].pin.tries
    session.verify_pin(slot, Pin(new))


def test_a_permission_is_for_one_slot_and_ends_with_the_power(blank: Card, static_keys: StaticKeys) -> None:
    desk = Desk(InProcess(blank), static_keys)
    desk.ask(card_commands.authorise_pin(KeySlot.AUTHENTICATION))
    exchange(blank, SELECT_JPKI)
    select(blank, "001B")
    assert exchange(blank, "00240180 06 414243313233") == "6984"
    blank.reset()
    exchange(blank, SELECT_JPKI)
    select(blank, "0018")
    assert exchange(blank, "00240180 04 31323334") == "6984"


@pytest.mark.parametrize("answer", [b"", bytes(256), b"\x80" * 255, b"\xff" * 257, b"\x80" + bytes(255)])
def test_an_answer_that_is_no_public_key(answer: bytes) -> None:
    with pytest.raises(Malformed, match="E_CARD_ANSWER_MALFORMED"):
        card_commands.public_key(answer)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x02" + b"20350331" + bytes(132),
        b"\x01" + b"20351331" + bytes(132),
        b"\x0120350331" + bytes(131),
    ],
)
def test_an_answer_that_is_no_report(answer: bytes) -> None:
    with pytest.raises(Malformed, match="E_CARD_ANSWER_MALFORMED"):
        card_commands.card_report(answer)
