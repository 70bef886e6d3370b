"""Secure messaging of the text application, with a terminal that knows no line of the card's end."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from honnin.card.chip.card import Card
from honnin.card.chip.private_keys import load_key
from honnin.card.chip.state import CardState
from honnin.card.kinds.declaration import NUMBER_CARD, kind
from tests.card.issuer.content.issuers import issuers, text_content
from tests.card.known.cards import declared_card
from tests.card.known.number_card import A, B
from tests.support.card.desk import exchange
from tests.support.card.faults import FaultyStore
from tests.support.card.terminal import SEED, Terminal, command, cryptogram, delivery, key_told

SELECT_TEXT = "00A4040C0AD3921000310001010408"
PIN = "0020009104" + b"1234".hex()
CODE_A = "002000940C" + A.encode().hex()
CODE_B = "002000950E" + B.encode().hex()
KEY_FILE = text_content()[6]
KEY = key_told(KEY_FILE)


@pytest.fixture
def card() -> Card:
    """With the text application selected and nothing shown to it."""
    card = declared_card(kind(NUMBER_CARD))
    assert exchange(card, SELECT_TEXT) == "9000"
    return card


@pytest.fixture
def opened(card: Card) -> Card:
    """With a session whose key is SEED."""
    assert exchange(card, PIN) == "9000"
    assert card.transmit(delivery(KEY)) == b"\x90\x00"
    return card


def word(card: Card, apdu: bytes | str) -> str:
    return card.transmit(bytes.fromhex(apdu) if isinstance(apdu, str) else apdu)[-2:].hex().upper()


def test_the_key_that_the_file_tells_is_that_of_the_card(card: Card) -> None:
    exchange(card, PIN)
    assert exchange(card, "00B0860000") == KEY_FILE.hex().upper()[:512] + "9000"


# — Delivery ——————————————————————————————————————————————————————————————————————————————————————————


@pytest.mark.parametrize(
    ("shown", "expected"), [("", "6982"), (CODE_A, "6982"), (CODE_B, "6982"), (PIN, "9000")]
)
def test_only_the_pin_lets_a_key_be_delivered(card: Card, shown: str, expected: str) -> None:
    if shown:
        assert word(card, shown) == "9000"
    assert word(card, delivery(KEY)) == expected


@pytest.mark.parametrize(
    "message",
    [
        "A022 8120" + "11" * 32,  # a key for checksums
        "A044 8020" + "11" * 32 + "8120" + "22" * 32,  # both
        "A021 801F" + "11" * 31,
        "A023 8021" + "11" * 33,
        "A022 8020" + "11" * 31,
        "8020" + "11" * 32,
        "",
    ],
)
def test_another_message_is_refused(card: Card, message: str) -> None:
    exchange(card, PIN)
    assert word(card, delivery(KEY, bytes.fromhex(message))) == "6A80"
    assert word(card, Terminal().select(1)) == "6882"


def test_what_was_encrypted_for_another_key_or_is_too_large_or_short(card: Card) -> None:
    exchange(card, PIN)
    modulus, head = KEY_FILE[13:269], bytes.fromhex("80AE0000000100")
    number = int.from_bytes(modulus, "big")
    assert word(card, head + modulus) == word(card, head + b"\xff" * 256) == "6F00"
    assert word(card, head + (number - 1).to_bytes(256, "big")) == "6A80"
    assert word(card, head + bytes(256)) == "6A80"
    assert word(card, "80AE0000 10" + "11" * 16) == word(card, "80AE0000") == "6700"
    assert word(card, "80AE0001 0000FF" + "11" * 255) == "6A86"


def test_a_card_from_before_has_no_key_to_open_it_with(card: Card) -> None:
    state: CardState = card.state
    content = state.applications["text"]
    keys = {file: key for file, key in content.keys.items() if file != 6}
    old = state.with_application("text", type(content)(content.files, content.pins, keys))
    card = Card(old, FaultyStore(old))
    assert (word(card, SELECT_TEXT), word(card, PIN), word(card, delivery(KEY))) == ("9000", "9000", "6985")


def test_the_key_of_the_session_signs_nothing(opened: Card) -> None:
    for p2 in (0x86, 0x80):
        assert word(opened, "00A4020C020006") == "9000"
        assert word(opened, f"802A02{p2:02X}20{'11' * 32}00") == "6981"
        assert word(opened, f"008800{p2:02X}08{'11' * 8}00") == "6981"
    key = load_key(opened.state.applications["text"].keys[6])
    assert isinstance(key, RSAPrivateKey)
    assert key.public_key().public_numbers() == issuers().card.text_session.public_key().public_numbers()


# — A session —————————————————————————————————————————————————————————————————————————————————————————


def test_what_a_terminal_does_with_it(opened: Card) -> None:
    """Code A is shown and both files are read, with plain commands in between, which do not count."""
    terminal, files = Terminal(), text_content()
    assert word(opened, terminal.verify(0x14, A)) == "9000"
    for file in (1, 2, 3, 5, 6):
        assert opened.transmit(terminal.select(file)) == b"\x90\x00"
        sealed = opened.transmit(terminal.read())
        assert terminal.opened(sealed) == files[file]
        assert files[file][:16] not in sealed
        assert exchange(opened, "00B0000010") == files[file][:16].hex().upper() + "9000"
    assert terminal.counter == 11


def test_pieces_and_the_end_of_a_file(opened: Card) -> None:
    terminal, content = Terminal(), text_content()[3]
    opened.transmit(terminal.select(3))
    for offset, length in ((0, 1), (0, 15), (0, 16), (100, 17), (330, 100), (0, 200), (0, 256), (7, 0)):
        read = terminal.opened(opened.transmit(terminal.read(offset, length)))
        assert read == content[offset : offset + length if length else None]
    assert word(opened, terminal.read(len(content))) == "6B00"
    assert terminal.opened(opened.transmit(terminal.read(0, 4))) == content[:4]  # and the session goes on


def test_what_the_application_refuses_counts(opened: Card) -> None:
    terminal = Terminal()
    assert word(opened, terminal.verify(0x12, "0000")) == "6984"
    assert word(opened, terminal.verify(0x14, A[::-1])) == "63C9"
    assert word(opened, terminal.verify(0x14, "")) == "63C9"  # asks, and costs nothing
    assert word(opened, terminal.select(0x1D)) == "6A82"
    assert word(opened, terminal.read()) == "6986"
    assert word(opened, terminal.verify(0x14, A)) == "9000"
    assert word(opened, terminal.select(1)) == "9000"
    assert terminal.opened(opened.transmit(terminal.read())) == text_content()[1]


def test_a_try_is_spent_as_in_the_clear(opened: Card) -> None:
    terminal = Terminal()
    for left in range(9, -1, -1):
        assert word(opened, terminal.verify(0x14, A[::-1])) == f"63C{left:X}"
    assert word(opened, terminal.verify(0x14, A)) == "6984"


def test_access_is_what_it_is_in_the_clear(card: Card) -> None:
    """A PIN that is no longer verified opens nothing; the session itself stays."""
    exchange(card, PIN)
    assert word(card, delivery(KEY)) == "9000"
    terminal = Terminal()
    assert word(card, terminal.verify(0x11, "0000")) == "63C2"
    assert word(card, terminal.select(1)) == "9000"
    assert word(card, terminal.read()) == "6982"
    assert word(card, terminal.verify(0x14, A)) == "9000"
    assert terminal.opened(card.transmit(terminal.read())) == text_content()[1]
    assert word(card, terminal.select(2)) == "9000"
    assert word(card, terminal.read()) == "6982"


def test_a_new_key_begins_a_new_session(opened: Card) -> None:
    terminal = Terminal()
    opened.transmit(terminal.select(1))
    other = bytes(reversed(SEED))
    assert word(opened, delivery(KEY, seed=other)) == "9000"
    assert word(opened, terminal.select(1)) == "6988"
    assert word(opened, delivery(KEY, seed=other)) == "9000"
    terminal = Terminal(other)
    assert word(opened, terminal.select(1)) == "9000"
    assert terminal.opened(opened.transmit(terminal.read())) == text_content()[1]


def test_a_wrong_delivery_leaves_the_session_as_it_was(opened: Card) -> None:
    assert word(opened, delivery(KEY, b"wrong")) == "6A80"
    assert word(opened, Terminal().select(1)) == "9000"


@pytest.mark.parametrize("ending", [SELECT_TEXT, "00A4040C0AD3921000310001010402", "reset"])
def test_selecting_an_application_and_the_power_end_it(opened: Card, ending: str) -> None:
    assert word(opened, Terminal().select(1)) == "9000"
    if ending == "reset":
        opened.reset()
    else:
        assert word(opened, ending) == "9000"
    assert word(opened, Terminal().select(1)) == "6882"
    assert word(opened, SELECT_TEXT) == "9000"
    terminal = Terminal()
    assert [word(opened, terminal.select(1)), word(opened, terminal.read())] == ["6882", "69FC"]


# — What is wrong with the protection —————————————————————————————————————————————————————————————————

WRONG: dict[str, tuple[Callable[[Terminal], bytes], str]] = {
    "a checksum is promised": (lambda t: b"\x0c" + t.select(1)[1:], "6987"),
    "another count": (lambda t: (t.select(1), t.select(1))[1], "6988"),
    "no object": (lambda t: bytes.fromhex("08A4020C"), "6988"),
    "in the clear": (lambda t: bytes.fromhex("08A4020C020001"), "6988"),
    "96 where 86 belongs": (lambda t: bytes.fromhex("08A4020C059603000010"), "6988"),
    "86 where 96 belongs": (lambda t: b"\x08\xb0\x00\x00" + t.select(1)[4:] + b"\x00", "6988"),
    "READ BINARY as in the clear": (lambda t: bytes.fromhex("08B0000000"), "6988"),
    "Le of one byte": (lambda t: bytes.fromhex("08B0000003960110 00"), "6988"),
    "Le of three bytes": (lambda t: bytes.fromhex("08B0000005960301000000"), "6988"),
    "two objects": (lambda t: bytes.fromhex("08B000000A 9603000010 9603000010 00"), "6988"),
    "a second object": (lambda t: command(0xA4, 2, 0x0C, t.select(1)[5:] * 2), "6988"),
    "another padding": (
        lambda t: command(0xA4, 2, 0x0C, t.select(1)[5:7] + b"\x02" + t.select(1)[8:]),
        "6988",
    ),
    "another tag": (lambda t: command(0xA4, 2, 0x0C, b"\x87" + t.select(1)[6:]), "6988"),
    "a byte short": (lambda t: command(0xA4, 2, 0x0C, t.select(1)[5:-1]), "6988"),
    "no whole block": (lambda t: command(0xA4, 2, 0x0C, cryptogram(t.select(1)[8:-1])), "6988"),
    "nothing encrypted": (lambda t: command(0xA4, 2, 0x0C, cryptogram(b"")), "6988"),
    "a length without end": (lambda t: command(0xA4, 2, 0x0C, b"\x86\x80"), "6988"),
    "a long length that lies": (lambda t: command(0xA4, 2, 0x0C, b"\x86\x81\x12" + t.select(1)[7:]), "6988"),
    "another command": (lambda t: t.with_data(0x24, 1, 0x91, b"4321"), "6882"),
    "a random number": (lambda t: bytes.fromhex("0884000008"), "6882"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_with_the_protection_ends_the_session(opened: Card, what: str) -> None:
    state = opened.state
    make, expected = WRONG[what]
    assert word(opened, make(Terminal())) == expected
    terminal = Terminal()
    assert [word(opened, each) for each in (terminal.select(1), terminal.read())] == ["69FC", "69FC"]
    assert opened.state is state
    assert word(opened, "00B0810004") == "9000"  # the PIN is still verified
    assert word(opened, delivery(KEY)) == "9000"
    assert word(opened, Terminal().select(1)) == "9000"


def test_every_tag_but_one_is_refused(opened: Card) -> None:
    for tag in range(256):
        sealed = Terminal().select(1)
        expected = "9000" if tag == 0x86 else "6988"
        assert word(opened, sealed[:5] + bytes((tag,)) + sealed[6:]) == expected
        assert word(opened, delivery(KEY)) == "9000"


def test_a_length_in_any_form(opened: Card) -> None:
    terminal = Terminal()
    for form in ("8111", "820011", "83000011"):
        sealed = terminal.select(1)
        assert word(opened, command(0xA4, 2, 0x0C, b"\x86" + bytes.fromhex(form) + sealed[7:])) == "9000"


def test_an_answer_that_does_not_fit_le(opened: Card) -> None:
    """6700, and it counts."""
    terminal = Terminal()
    opened.transmit(terminal.select(3))
    sealed = terminal.read()
    assert word(opened, sealed[:4] + sealed[6:-2] + b"\x00") == "6700"  # 256 bytes, and the file has more
    assert word(opened, terminal.read(0, 16)[:-2]) == "6700"  # no Le at all
    assert terminal.opened(opened.transmit(terminal.read(0, 16))) == text_content()[3][:16]


def test_other_applications_speak_none_of_it(card: Card) -> None:
    for name, declared in kind(NUMBER_CARD).applications.items():
        if name == "text":
            continue
        assert word(card, f"00A4040C0A{declared.aid.hex()}") == "9000"
        assert word(card, Terminal().select(1)) == "6882"
        assert word(card, Terminal().read()) == "69FC"
