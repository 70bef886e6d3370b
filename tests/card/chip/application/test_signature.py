"""COMPUTE DIGITAL SIGNATURE: six modes of two keys, checked with the certificates' public keys."""

from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.card.client.session import SHA256_DIGEST_INFO
from honnin.card.kinds.declaration import KeySlot
from tests.support.card.desk import SELECT_JPKI, exchange, octets, select, verify
from tests.support.card.faults import FaultyStore

MESSAGE = "本人であること".encode()
DIGEST = sha256(MESSAGE).digest()
KEY_FILE = {KeySlot.SIGNATURE: "001A", KeySlot.AUTHENTICATION: "0017"}


def public_key(state: CardState, slot: KeySlot) -> RSAPublicKey:
    certificate = state.slots[slot].certificate
    assert certificate is not None
    key = x509.load_der_x509_certificate(certificate).public_key()
    assert isinstance(key, RSAPublicKey)
    return key


def sign(card: Card, mode: int, data: bytes, p2: int = 0x80) -> bytes:
    answer = card.transmit(bytes((0x80, 0x2A, mode, p2, len(data))) + data + b"\x00")
    assert answer.endswith(b"\x90\x00")
    assert len(answer) == 258
    return answer[:-2]


def padded(key: RSAPublicKey, signature: bytes) -> bytes:
    """What stands under the signature: RSA with the public exponent."""
    numbers = key.public_numbers()
    return pow(int.from_bytes(signature, "big"), numbers.e, numbers.n).to_bytes(256, "big")


def type_one(data: bytes) -> bytes:
    return b"\x00\x01" + b"\xff" * (253 - len(data)) + b"\x00" + data


@pytest.mark.parametrize("slot", list(KeySlot))
def test_six_modes(card: Card, issued_state: CardState, slot: KeySlot) -> None:
    key = public_key(issued_state, slot)
    assert verify(card, slot) == "9000"
    select(card, KEY_FILE[slot])
    assert padded(key, sign(card, 0, b"as given")) == type_one(b"as given")
    assert padded(key, sign(card, 1, MESSAGE)) == type_one(DIGEST)
    for mode, data in ((0, SHA256_DIGEST_INFO + DIGEST), (2, DIGEST), (3, MESSAGE)):
        key.verify(sign(card, mode, data), MESSAGE, PKCS1v15(), SHA256())
    for mode, data in ((4, DIGEST), (5, MESSAGE)):
        first, second = sign(card, mode, data), sign(card, mode, data)
        assert first != second  # the salt is random
        key.verify(first, MESSAGE, PSS(MGF1(SHA256()), 32), SHA256())


@pytest.mark.parametrize("slot", list(KeySlot))
def test_a_key_is_named_by_short_id_too(card: Card, issued_state: CardState, slot: KeySlot) -> None:
    assert verify(card, slot) == "9000"
    signature = sign(card, 3, MESSAGE, 0x80 | int(KEY_FILE[slot], 16))
    public_key(issued_state, slot).verify(signature, MESSAGE, PKCS1v15(), SHA256())


def test_the_two_keys_are_different(card: Card, issued_state: CardState) -> None:
    assert verify(card, KeySlot.AUTHENTICATION) == "9000"
    with pytest.raises(InvalidSignature):
        public_key(issued_state, KeySlot.SIGNATURE).verify(
            sign(card, 3, MESSAGE, 0x97), MESSAGE, PKCS1v15(), SHA256()
        )


@pytest.mark.parametrize("slot", list(KeySlot))
def test_each_key_needs_its_own_pin(card: Card, slot: KeySlot) -> None:
    other = next(each for each in KeySlot if each is not slot)
    assert verify(card, other) == "9000"
    select(card, KEY_FILE[slot])
    assert exchange(card, "802A0080 01 AA 00") == "6982"


def test_one_verification_is_good_for_several_signatures(card: Card) -> None:
    assert verify(card, KeySlot.SIGNATURE) == "9000"
    select(card, "001A")
    assert sign(card, 0, b"first") != sign(card, 0, b"second")


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("802A0680 01 AA 00", "6A86"),
        ("802A0000 01 AA 00", "6A88"),  # the default key: there is none
        ("802A0080 00", "6700"),
        ("802A0080 F6 " + "AA" * 246 + "00", "6700"),
        ("802A0180 00", "6700"),
        ("802A0280 1F " + "AA" * 31 + "00", "6700"),
        ("802A0380 00", "6700"),
        ("802A0480 21 " + "AA" * 33 + "00", "6700"),
        ("802A0580 00", "6700"),
        ("802A0080 01 AA", "6700"),
        ("802A0080 01 AA FF", "6700"),
        ("802A0099 01 AA 00", "6981"),
        ("802A0098 01 AA 00", "6981"),
        ("802A0083 01 AA 00", "6A82"),
        ("802A001A 01 AA 00", "6A86"),
    ],
)
def test_what_cannot_be_signed(card: Card, command: str, answer: str) -> None:
    assert verify(card, KeySlot.SIGNATURE) == "9000"
    select(card, "001A")
    assert exchange(card, command) == answer


def test_the_longest_data_is_signed(card: Card, issued_state: CardState) -> None:
    assert verify(card, KeySlot.SIGNATURE) == "9000"
    data = bytes(range(245))
    assert padded(public_key(issued_state, KeySlot.SIGNATURE), sign(card, 0, data, 0x9A)) == type_one(data)


def test_long_messages_come_in_extended_commands(card: Card, issued_state: CardState) -> None:
    assert verify(card, KeySlot.AUTHENTICATION) == "9000"
    message = bytes(5000)
    answer = card.transmit(octets("802A0397 00") + len(message).to_bytes(2, "big") + message + b"\x00\x00")
    public_key(issued_state, KeySlot.AUTHENTICATION).verify(answer[:-2], message, PKCS1v15(), SHA256())


def test_without_a_file_or_with_a_wrong_one(card: Card) -> None:
    assert exchange(card, "802A0080 01 AA 00") == "6986"
    select(card, "000A")
    assert exchange(card, "802A0080 01 AA 00") == "6981"


def test_an_empty_slot_signs_nothing(card: Card, issued_state: CardState) -> None:
    bare = issued_state.with_slot(
        KeySlot.SIGNATURE,
        type(issued_state.slots[KeySlot.SIGNATURE])(issued_state.slots[KeySlot.SIGNATURE].pin),
    )
    empty = Card(bare, FaultyStore(bare))
    exchange(empty, SELECT_JPKI)
    assert verify(empty, KeySlot.SIGNATURE) == "9000"
    assert exchange(empty, "802A009A 01 AA 00") == "6985"
