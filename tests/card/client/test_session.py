"""The client's side: PINs that never cost a try by mistake, and errors that say what to do."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.card.client.session import CardSession, relay
from honnin.card.issuer import commands as card_commands
from honnin.card.kinds.declaration import KeySlot
from honnin.card.kinds.slot import LAYOUT
from honnin.card.scp03 import StaticKeys
from honnin.card.transport.in_process import InProcess
from honnin.errors import CardError, Malformed
from honnin.pin import Pin
from honnin.simulator.holder import PulledAfter
from tests.support.card.desk import PINS, Desk
from tests.support.card.faults import Altering, Fault, FaultyStore
from tests.support.card.numbers import CARD_NUMBER

both_slots = pytest.mark.parametrize("slot", list(KeySlot))
WRONG = {KeySlot.SIGNATURE: "XYZ789", KeySlot.AUTHENTICATION: "9999"}


@pytest.fixture
def session(card: Card) -> CardSession:
    session = CardSession(InProcess(card))
    session.select_jpki()
    return session


def code(error: pytest.ExceptionInfo[CardError]) -> str:
    return error.value.code


def test_what_a_card_says_of_itself(session: CardSession) -> None:
    assert session.token_label() == "JPKIAPICCTOKEN2"
    assert session.certificates_present() == set(KeySlot)
    assert session.card_number() == CARD_NUMBER
    assert session.expiry_date() == date(2035, 3, 31)


@pytest.mark.parametrize("said", [b"", b"\xff" * 15, b"TEST\x00", "カード".encode(), b"1" * 65])
def test_a_number_or_a_day_that_is_none_is_told_as_what_cannot_be_read(card: Card, said: bytes) -> None:
    def altered(answer: bytes) -> bytes:
        return said + answer[-2:] if answer[:-2] in (CARD_NUMBER.encode(), b"20350331") else answer

    session = CardSession(Altering(card, answer=altered))
    for reading in (session.card_number, session.expiry_date):
        with pytest.raises(Malformed, match="E_CARD_RECORD_MALFORMED"):
            reading()


@both_slots
def test_certificates_are_read_whole(session: CardSession, issued_state: CardState, slot: KeySlot) -> None:
    session.verify_pin(slot, Pin(PINS[slot]))
    assert session.read_certificate(slot) == issued_state.slots[slot].certificate
    assert session.read_ca_certificate(slot) == issued_state.slots[slot].ca_certificate


@both_slots
def test_signatures_verify(session: CardSession, issued_state: CardState, slot: KeySlot) -> None:
    certificate = issued_state.slots[slot].certificate
    assert certificate is not None
    session.verify_pin(slot, Pin(PINS[slot]))
    message = b"m" * 100_000
    public_key = x509.load_der_x509_certificate(certificate).public_key()
    assert isinstance(public_key, RSAPublicKey)
    public_key.verify(session.sign_sha256(slot, message), message, PKCS1v15(), SHA256())


def test_the_signature_pin_may_be_typed_in_lower_case(session: CardSession) -> None:
    session.verify_pin(KeySlot.SIGNATURE, Pin("abc123"))
    session.change_pin(KeySlot.SIGNATURE, Pin("abc123"), Pin("def456"))
    session.verify_pin(KeySlot.SIGNATURE, Pin("DEF456"))


def test_a_pin_may_be_typed_in_full_width_forms(session: CardSession) -> None:
    session.verify_pin(KeySlot.SIGNATURE, Pin("ＡＢｃ１２３"))
    session.change_pin(KeySlot.SIGNATURE, Pin("ａｂｃ１２３"), Pin("ｄｅｆ４５６"))
    session.verify_pin(KeySlot.SIGNATURE, Pin("DEF456"))
    session.verify_pin(KeySlot.AUTHENTICATION, Pin("１２３４"))


@pytest.mark.parametrize(
    ("slot", "pin"),
    [
        (KeySlot.AUTHENTICATION, ""),
        (KeySlot.AUTHENTICATION, "123"),
        (KeySlot.AUTHENTICATION, "12345"),
        (KeySlot.AUTHENTICATION, "１２３"),
        (KeySlot.AUTHENTICATION, "١٢٣٤"),
        (KeySlot.AUTHENTICATION, "12 4"),
        (KeySlot.AUTHENTICATION, "1234\n"),
        (KeySlot.SIGNATURE, "ABC12"),
        (KeySlot.SIGNATURE, "A" * 16 + "1"),
        (KeySlot.SIGNATURE, "ABCDEF"),
        (KeySlot.SIGNATURE, "123456"),
        (KeySlot.SIGNATURE, "ＡＢＣ１２"),
        (KeySlot.SIGNATURE, "ßßß123"),
        (KeySlot.SIGNATURE, "ABC-123"),
    ],
)
def test_a_malformed_pin_is_never_sent(
    session: CardSession, store: FaultyStore, slot: KeySlot, pin: str
) -> None:
    attempts: list[Callable[[], object]] = [
        lambda: session.verify_pin(slot, Pin(pin), use_last_try=True),
        lambda: session.change_pin(slot, Pin(PINS[slot]), Pin(pin)),
        lambda: session.change_pin(slot, Pin(pin), Pin(PINS[slot])),
        lambda: session.set_authorised_pin("jpki", LAYOUT[slot].pin_file, Pin(pin)),
    ]
    for attempt in attempts:
        with pytest.raises(CardError) as error:
            attempt()
        assert code(error) == "E_PIN_FORMAT"
        form = {
            KeySlot.AUTHENTICATION: "Enter 4 digits for this PIN.",
            KeySlot.SIGNATURE: "Enter 6 to 16 letters and digits, with at least one",
        }
        assert form[slot] in error.value.sentence("en")
        assert pin == "" or pin not in str(error.value)
    assert store.writes == 0


@both_slots
def test_wrong_pins_say_how_many_tries_are_left_and_the_last_is_kept(
    session: CardSession, slot: KeySlot
) -> None:
    for left in range(LAYOUT[slot].pin.tries - 1, 0, -1):
        with pytest.raises(CardError) as error:
            session.verify_pin(slot, Pin(WRONG[slot]))
        assert (code(error), error.value.context) == ("E_PIN_WRONG", {"tries_left": left})
    for pin in (WRONG[slot], PINS[slot]):
        with pytest.raises(CardError) as error:
            session.verify_pin(slot, Pin(pin))
        assert (code(error), error.value.context) == ("E_PIN_LAST_TRY", {"tries_left": 1})
    assert session.tries_left(slot) == 1
    session.verify_pin(slot, Pin(PINS[slot]), use_last_try=True)
    assert session.tries_left(slot) == LAYOUT[slot].pin.tries


@both_slots
def test_the_last_try_may_be_lost(session: CardSession, slot: KeySlot) -> None:
    for _ in range(LAYOUT[slot].pin.tries - 1):
        with pytest.raises(CardError):
            session.verify_pin(slot, Pin(WRONG[slot]))
    for _ in range(2):
        with pytest.raises(CardError) as error:
            session.verify_pin(slot, Pin(WRONG[slot]), use_last_try=True)
        assert code(error) == "E_PIN_LOCKED"
    with pytest.raises(CardError) as error:
        session.change_pin(slot, Pin(PINS[slot]), Pin(PINS[slot]))
    assert code(error) == "E_PIN_LOCKED"
    with pytest.raises(CardError) as error:
        session.set_authorised_pin("jpki", LAYOUT[slot].pin_file, Pin(PINS[slot]))
    assert code(error) == "E_PIN_LOCKED"


@both_slots
def test_a_pin_is_needed(session: CardSession, slot: KeySlot) -> None:
    attempts: list[Callable[[], object]] = [
        lambda: session.sign_sha256(slot, b""),
        lambda: session.set_authorised_pin("jpki", LAYOUT[slot].pin_file, Pin(PINS[slot])),
    ]
    if slot is KeySlot.SIGNATURE:
        attempts.append(lambda: session.read_certificate(slot))
    for attempt in attempts:
        with pytest.raises(CardError) as error:
            attempt()
        assert code(error) == "E_PIN_REQUIRED"


def test_selecting_again_logs_out(session: CardSession) -> None:
    session.verify_pin(KeySlot.AUTHENTICATION, Pin("1234"))
    session.select_jpki()
    with pytest.raises(CardError, match="E_PIN_REQUIRED"):
        session.sign_sha256(KeySlot.AUTHENTICATION, b"")


def test_absent_certificates(blank: Card) -> None:
    session = CardSession(InProcess(blank))
    session.select_jpki()
    assert session.certificates_present() == frozenset()
    assert session.tries_left(KeySlot.AUTHENTICATION) == 0
    for read in (session.read_certificate, session.read_ca_certificate):
        with pytest.raises(CardError) as error:
            read(KeySlot.AUTHENTICATION)
        assert code(error) == "E_CERTIFICATE_ABSENT"
    with pytest.raises(CardError) as error:
        session.verify_pin(KeySlot.AUTHENTICATION, Pin("1234"))
    assert code(error) == "E_CERTIFICATE_ABSENT"


def test_a_file_that_is_no_certificate_counts_as_absent(issued_state: CardState) -> None:
    slot = KeySlot.AUTHENTICATION
    state = issued_state.with_slot(slot, replace(issued_state.slots[slot], certificate=b"\xff" * 256))
    session = CardSession(InProcess(Card(state, FaultyStore(state))))
    session.select_jpki()
    with pytest.raises(CardError, match="E_CERTIFICATE_ABSENT"):
        session.read_certificate(slot)


def log_in_and_sign(session: CardSession) -> None:
    session.select_jpki()
    session.verify_pin(KeySlot.AUTHENTICATION, Pin("1234"))
    session.read_certificate(KeySlot.AUTHENTICATION)
    session.sign_sha256(KeySlot.AUTHENTICATION, b"")


def test_a_removed_card_says_so_at_every_point(issued_state: CardState) -> None:
    for commands in range(8):
        session = CardSession(PulledAfter(Card(issued_state, FaultyStore(issued_state)), commands))
        with pytest.raises(CardError, match="E_CARD_REMOVED"):
            log_in_and_sign(session)


def test_a_card_put_back_has_forgotten_the_pin(card: Card) -> None:
    reader = InProcess(card)
    session = CardSession(reader)
    session.select_jpki()
    session.verify_pin(KeySlot.AUTHENTICATION, Pin("1234"))
    reader.remove()
    reader.remove()
    with pytest.raises(CardError, match="E_CARD_REMOVED"):
        session.select_jpki()
    reader.insert(card)
    session.select_jpki()
    with pytest.raises(CardError, match="E_PIN_REQUIRED"):
        session.sign_sha256(KeySlot.AUTHENTICATION, b"")


def test_a_card_that_cannot_keep_the_change(issued_state: CardState) -> None:
    store = FaultyStore(issued_state, Fault.REFUSED, 1)
    session = CardSession(InProcess(Card(issued_state, store)))
    session.select_jpki()
    with pytest.raises(CardError, match="E_CARD_STORE_FAILED"):
        session.verify_pin(KeySlot.AUTHENTICATION, Pin("1234"))


def answering(card: Card, answer: str) -> CardSession:
    return CardSession(Altering(card, answer=lambda _: bytes.fromhex(answer)))


@pytest.mark.parametrize(
    ("answer", "expected"), [("6A82", "E_CARD_UNSUPPORTED"), ("6D00", "E_CARD_COMMAND_UNFIT")]
)
def test_a_card_of_another_kind(card: Card, answer: str, expected: str) -> None:
    with pytest.raises(CardError) as error:
        answering(card, answer).select_jpki()
    assert code(error) == expected


def test_answers_that_make_no_sense(card: Card) -> None:
    with pytest.raises(Malformed, match="E_APDU_MALFORMED"):
        answering(card, "90").select_jpki()
    with pytest.raises(CardError) as error:
        answering(card, "9000").tries_left(KeySlot.SIGNATURE)  # OpenSC gives such a card up, too
    assert error.value.context == {"status_word": "9000"}
    with pytest.raises(CardError) as error:
        answering(card, "6F00").certificates_present()
    assert error.value.context == {"status_word": "6F00"}


def test_a_certificate_that_never_comes_is_not_waited_for() -> None:
    class Empty:
        """Says that a certificate begins, and then nothing."""

        def transmit(self, command: bytes) -> bytes:
            begins = command[1:4] == bytes.fromhex("B00000") and command[4:] == b"\x04"
            return bytes.fromhex("30820400" if begins else "") + b"\x90\x00"

    with pytest.raises(CardError) as error:
        CardSession(Empty()).read_certificate(KeySlot.AUTHENTICATION)
    assert (code(error), error.value.context) == ("E_CARD_ANSWER", {"status_word": "9000"})


def test_after_bytes_of_others_nobody_knows_what_is_selected(session: CardSession) -> None:
    session.transmit(bytes.fromhex("00A4040C00"))
    assert session.token_label() == "JPKIAPICCTOKEN2"


def test_a_pin_blocked_from_elsewhere_between_question_and_try(card: Card) -> None:
    answers = iter([*["9000"] * 4, "63C3", "6984"])  # three of them: which kind of card it is
    session = CardSession(Altering(card, answer=lambda _: bytes.fromhex(next(answers))))
    with pytest.raises(CardError, match="E_PIN_LOCKED"):
        session.verify_pin(KeySlot.AUTHENTICATION, Pin("1234"))


def test_a_relay_stops_at_the_first_refusal(issued_state: CardState, static_keys: StaticKeys) -> None:
    card = Card(issued_state, FaultyStore(issued_state))
    channel = Desk(InProcess(card), static_keys).channel
    commands = [
        channel.wrap(card_commands.read_state()),
        channel.wrap(card_commands.activate(KeySlot.SIGNATURE)),
        channel.wrap(card_commands.remove(KeySlot.SIGNATURE)),
    ]

    class Plain:
        def transmit(self, command: bytes) -> bytes:
            return card.transmit(command)

    answers = relay(Plain(), commands)
    assert len(answers) == 2
    assert answers[1] == b"\x6a\x88"
    assert card.state.slots[KeySlot.SIGNATURE].certificate is not None
