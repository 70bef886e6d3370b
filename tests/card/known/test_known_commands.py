"""Commands across applications, what clients send, and that a key on the card is the one in its files."""

from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from tools.card_table import SOURCES

from honnin.card.chip.card import Card
from honnin.card.kinds.declaration import kind
from tests.card.issuer.content.judges import SHA256_INFO, opened, padded
from tests.card.known.cards import ask, declared_card, select
from tests.card.known.clients import CLIENTS
from tests.card.known.number_card import A, B
from tests.card.known.rows import OURS, ascii_hex, matches
from tests.card.known.scripts import COMMANDS

CHALLENGE = b"sixteen bytes !!"
DIGEST = sha256(CHALLENGE).digest()
SCRIPTS = {**COMMANDS, **CLIENTS}
RSA = "9003010001 91820100"


def lines(script: str) -> list[tuple[str, str]]:
    """Commands and the patterns of their answers."""
    declaration = [line.partition("=") for line in script.splitlines() if line.strip()]
    return [(command.strip(), answer.strip()) for command, _, answer in declaration]


@pytest.fixture
def card() -> Card:
    return declared_card(kind("number-card"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_conversation(card: Card, name: str) -> None:
    for command, answer in lines(SCRIPTS[name]):
        found = ask(card, command)
        assert matches(answer, found), f"{command}: {found.hex()} instead of {answer}"


def test_each_conversation_says_who_published_it() -> None:
    for name in SCRIPTS:
        keys, colon, _ = name.partition(":")
        assert colon
        assert set(keys.split()) <= {*SOURCES, OURS}


@pytest.mark.parametrize(
    ("pattern", "right", "wrong"),
    [
        ("9000", ["9000"], ["", "90", "9001", "009000", "900000"]),
        ("?2 9000", ["12349000", "90009000"], ["9000", "129000", "1234569000"]),
        ("30 * 9000", ["309000", "30FF00009000"], ["9000", "319000", "30FF006B00"]),
        ("FF*3 00", ["FFFFFF00"], ["FFFF00", "FFFFFFFF00", "FF00"]),
        ("0A ?1", ["0A0A"], ["0A", "0B0A"]),
    ],
)
def test_a_pattern_is_of_these_bytes_only(pattern: str, right: list[str], wrong: list[str]) -> None:
    assert all(matches(pattern, bytes.fromhex(each)) for each in right)
    assert not any(matches(pattern, bytes.fromhex(each)) for each in wrong)


def of_file(octets: bytes, tag: str) -> RSAPublicKey:
    """The key behind a tag, in the form 90 exponent 91 modulus."""
    head = bytes.fromhex(f"{tag}820109 {RSA}")
    modulus = octets[octets.index(head) + len(head) :][:256]
    return RSAPublicNumbers(65537, int.from_bytes(modulus, "big")).public_key()


@pytest.mark.parametrize(
    ("aid", "pin", "value", "files"),
    [
        pytest.param("D3921000310001010408", 0x15, B, {0x07: "DF51"}, id="MC-text"),
        pytest.param("D3921000310001010402", 0x13, A, {0x02: "DF24", 0x05: "DF42"}, id="MC-visual"),
        pytest.param("D3921000310001010402", 0x11, "550217", {0x01: "DF12"}, id="MC-visual-birth"),
    ],
)
def test_the_default_key_is_the_one_that_the_files_vouch_for(
    card: Card, aid: str, pin: int, value: str, files: dict[int, str]
) -> None:
    """MC: a challenge signed with P2 00 proves that the card is there, whose files were read."""
    select(card, aid)
    assert ask(card, f"002000{0x80 | pin:02X} {ascii_hex(value)}") == b"\x90\x00"
    info = SHA256_INFO + DIGEST
    signature = ask(card, f"802A0000 33 {info.hex()} 00")[:-2]
    for file, tag in files.items():
        content = ask(card, f"00B0{0x80 | file:02X}00 000000")
        assert opened(of_file(content, tag), signature) == padded(info)


def test_the_key_for_session_keys_is_another_one(card: Card) -> None:
    select(card, "D3921000310001010408")
    assert ask(card, f"00200091 {ascii_hex('1234')}") == b"\x90\x00"
    signing, session = (ask(card, f"00B08{file}00 000000") for file in (7, 6))
    assert of_file(session, "A1").public_numbers() != of_file(signing, "DF51").public_numbers()
