"""The applications beside JPKI: what is readable by which PIN, keys, records and codes, as declared."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState, PinRecord
from honnin.card.kinds.declaration import NUMBER_CARD, kind, kinds
from tests.support.card.cards import VALUES, content_of, encoded
from tests.support.card.desk import exchange
from tests.support.card.faults import FaultyStore
from tests.support.card.keys import KeyPool

DECLARED = kind(NUMBER_CARD).applications
OTHERS = tuple(name for name in DECLARED if name != "jpki")


@pytest.fixture(scope="module")
def key(key_pool: KeyPool) -> RSAPrivateKey:
    return key_pool()


@pytest.fixture(scope="module")
def full_state(issued_state: CardState, key: RSAPrivateKey) -> CardState:
    for name in OTHERS:
        issued_state = issued_state.with_application(name, content_of(DECLARED[name], encoded(key)))
    return issued_state


@pytest.fixture
def full(full_state: CardState) -> Card:
    return Card(full_state, FaultyStore(full_state))


def select(card: Card, name: str) -> None:
    assert exchange(card, f"00A4040C 0A {DECLARED[name].aid.hex()}") == "9000"


def verify(card: Card, file: int, value: str) -> str:
    assert exchange(card, f"00A4020C 02 {file:04X}") == "9000"
    return exchange(card, f"00200080 {len(value):02X} {value.encode().hex()}")


def read(card: Card, file: int, *, record: bool = False) -> str:
    """The status word of reading a file, or its first record, by its identifier and by its short one."""
    by_current, by_short = "00B0000000 0000", f"00B0{0x80 | file:02X}00000000"
    if record:
        by_current, by_short = "00B2010400", f"00B201{file << 3 | 4:02X}00"
    assert exchange(card, f"00A4020C 02 {file:04X}") == "9000"
    by_identifier = exchange(card, by_current)[-4:]
    assert exchange(card, by_short)[-4:] == by_identifier
    return by_identifier


def places(kind_of: str) -> list[tuple[str, int]]:
    return [(name, file) for name in OTHERS for file in getattr(DECLARED[name], kind_of)]


def groups(items: list[int]) -> Iterator[tuple[int, ...]]:
    """Every choice of them, none and all included."""
    return itertools.chain.from_iterable(itertools.combinations(items, n) for n in range(len(items) + 1))


@pytest.mark.parametrize(("name", "file"), places("files"))
def test_a_file_is_read_with_any_of_its_pins_and_with_no_other(full: Card, name: str, file: int) -> None:
    declared, said = DECLARED[name], DECLARED[name].files[file]
    opening = set(said.read)
    for verified in groups([pin for pin in declared.pins if declared.pins[pin].tries]):
        select(full, name)
        for pin in verified:
            assert verify(full, pin, VALUES[declared.pins[pin].length]) == "9000"
        expected = "9000" if not opening or opening & set(verified) else "6982"
        assert read(full, file, record=said.records) == expected
        assert read(full, file, record=not said.records) == "6981"


def test_what_one_application_verified_opens_nothing_in_another(full: Card) -> None:
    select(full, "text")
    assert verify(full, 0x14, VALUES["12"]) == "9000"
    select(full, "visual")
    assert read(full, 0x05) == "6982"
    select(full, "text")
    assert read(full, 0x01) == "6982"


@pytest.mark.parametrize(("name", "file"), [*places("pins"), *places("keys")])
def test_pins_and_keys_are_never_read(full: Card, name: str, file: int) -> None:
    select(full, name)
    assert read(full, file) == "6981"


@pytest.mark.parametrize("name", OTHERS)
def test_nothing_else_exists(full: Card, name: str) -> None:
    select(full, name)
    there = {file for file in range(0x100) if exchange(full, f"00A4020C 02 {file:04X}") == "9000"}
    declared = DECLARED[name]
    assert there == {*declared.files, *declared.pins, *declared.keys, *declared.bare}


@pytest.mark.clause("S1-E2.2a", "S1-E2.2b", "S2-2.2a")
@pytest.mark.parametrize(("name", "file"), places("pins"))
def test_tries_are_counted_and_the_last_blocks(full: Card, name: str, file: int) -> None:
    declared = DECLARED[name].pins[file]
    select(full, name)
    for left in range(declared.tries - 1, -1, -1):
        assert verify(full, file, "0") == f"63C{left:X}"
    assert verify(full, file, VALUES.get(declared.length, "0")) == "6984"
    assert exchange(full, "00200080") == "63C0"


@pytest.mark.parametrize(("name", "file"), [each for each in places("pins") if each != ("text", 0x12)])
def test_a_holder_changes_what_the_holder_chose(full: Card, name: str, file: int) -> None:
    """The command differs by application; codes that are printed on the card are never changed."""
    declared = DECLARED[name].pins[file]
    value = VALUES[declared.length]
    change = {(0x00, 0x24): "00240180", (0x80, 0x32): "80320080"}[DECLARED[name].change]
    select(full, name)
    exchange(full, f"00A4020C 02 {file:04X}")
    new = "1357" + value[4:]
    command = f"{change} {len(new):02X} {new.encode().hex()}"
    assert exchange(full, command) == "6982"
    assert verify(full, file, value) == "9000"
    assert exchange(full, command) == ("6985" if declared.fixed else "9000")
    select(full, name)
    assert verify(full, file, value if declared.fixed else new) == "9000"


@pytest.mark.parametrize(("name", "file"), places("keys"))
def test_an_internal_key_signs_without_a_pin(full: Card, key: RSAPrivateKey, name: str, file: int) -> None:
    select(full, name)
    digest = sha256(b"a challenge").digest()
    answers = [exchange(full, f"802A02{0x80 | file:02X} 20 {digest.hex()} 00")]
    if DECLARED[name].default_key == file:
        answers.append(exchange(full, f"802A0200 20 {digest.hex()} 00"))
    else:
        assert exchange(full, f"802A0200 20 {digest.hex()} 00") == "6A88"
    for answer in answers:
        assert answer[-4:] == "9000"
        key.public_key().verify(bytes.fromhex(answer)[:-2], digest, PKCS1v15(), Prehashed(SHA256()))


def test_internal_authenticate_signs_a_challenge_in_the_common_application_only(
    full: Card, key: RSAPrivateKey
) -> None:
    select(full, "common")
    answer = exchange(full, "00880099 08 0011223344556677 00")
    assert answer[-4:] == "9000"
    challenge = bytes.fromhex("0011223344556677")
    key.public_key().verify(bytes.fromhex(answer)[:-2], challenge, PKCS1v15(), SHA256())
    for command, word in {
        "00880099 00": "6700",  # no challenge
        "00880099 08 0011223344556677 10": "6700",  # no room for the answer
        "00880199 08 0011223344556677 00": "6A86",
        "0088009C 08 0011223344556677 00": "6981",  # a PIN
        "00880080 08 0011223344556677 00": "6986",  # no current file
    }.items():
        assert exchange(full, command) == word, command
    select(full, "text")
    assert exchange(full, "00880093 08 0011223344556677 00") == "6985"
    exchange(full, "00A4040C 0A D392F000260100000001")
    assert exchange(full, "00880097 08 0011223344556677 00") == "6982"


def test_records_are_read_by_number(full: Card) -> None:
    select(full, "common")
    assert exchange(full, "00B2010C00") == "011C" + "39" * 28 + "9000"
    assert exchange(full, "00B2020400") == "0203" + b"two".hex().upper() + "9000"  # of the current file


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("00B2000400", "6A83"),
        ("00B2030400", "6A83"),
        ("00B2010500", "6A86"),
        ("00B2010401", "6700"),
        ("00B20104", "6700"),
        ("00B2011400", "9000"),
        ("00B201E400", "6981"),  # 1C is a PIN
        ("00B2013C00", "6A82"),
        ("00B0000000", "6981"),
    ],
)
def test_records_that_are_not_there_or_asked_for_wrongly(full: Card, command: str, word: str) -> None:
    select(full, "common")
    exchange(full, "00A4020C 02 0001")
    assert exchange(full, command)[-4:] == word
    select(full, "text")
    exchange(full, "00A4020C 02 0004")
    assert exchange(full, "00B2010400") == "6981"  # no records in it


@pytest.mark.parametrize(
    ("name", "command", "word"),
    [
        ("jpki", "80AE0000", "6982"),
        ("jpki", "80A200B6", "6A86"),
        ("jpki", "80FC0000", "6700"),
        ("text", "80AE0000", "6982"),
        ("visual", "80AE0000", "66F1"),
        ("juki", "80AE0000", "6982"),
        ("common", "80AE0000", "66F1"),
        ("common", "80FE0000", "6D00"),
        ("juki", "00240180", "6D00"),
        ("text", "80320080", "6D00"),
    ],
)
def test_commands_that_are_known_and_refused(full: Card, name: str, command: str, word: str) -> None:
    select(full, name)
    assert exchange(full, command) == word


def test_an_application_that_is_not_on_the_card_is_not_found(issued_state: CardState) -> None:
    card = Card(issued_state, FaultyStore(issued_state))
    for name in OTHERS:
        assert exchange(card, f"00A4040C 0A {DECLARED[name].aid.hex()}") == "6A82"


def test_a_juki_card_has_one_slot_and_a_password_that_keeps_its_case(full_state: CardState) -> None:
    declared, jpki = kind("juki-card").applications["jpki"], full_state.applications["jpki"]
    content = replace(
        jpki,
        files={file: octets for file, octets in jpki.files.items() if file in declared.files},
        pins={0x1B: PinRecord("aB3x", 5)},
        keys={0x1A: jpki.keys[0x1A]},
    )
    state = replace(full_state, kind_name="juki-card", applications={"jpki": content})
    assert CardState.from_json(state.to_json()) == state
    card = Card(state, FaultyStore(state))
    assert exchange(card, "00A4040C 0A D392F000260100000001") == "9000"
    assert exchange(card, "00B0880000") == "8F00009000"
    assert exchange(card, "0020009B 04 41423358") == "63C4"  # AB3X
    assert exchange(card, "0020009B 04 61423378") == "9000"
    assert exchange(card, "802A009A 02 0102 00")[-4:] == "9000"
    assert exchange(card, "00A4020C 02 000A") == "6A82"


@pytest.mark.parametrize("name", kinds())
def test_a_declaration_names_only_what_it_declares(name: str) -> None:
    declared = kind(name)
    for application in declared.applications.values():
        held = (application.files, application.pins, application.keys, application.bare)
        assert sum(map(len, held)) == len({file for each in held for file in each}), "one meaning each"
        for said in application.files.values():
            assert set(said.read) <= set(application.pins)
            assert set(said.presence) <= set(application.files)
        for key in application.keys.values():
            assert set(key.pins) <= set(application.pins)
        assert application.default_key is None or application.default_key in application.keys
        if application.messaging is not None:
            assert set(application.messaging.pins) <= set(application.pins)
            assert application.files[application.messaging.key].read, "who may deliver a key may read it"
    for what in ("number", "aid"):
        values = [getattr(application, what) for application in declared.applications.values()]
        assert len(set(values)) == len(values)
