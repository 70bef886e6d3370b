"""The card written down: what it says first, what it keeps, and what damage does."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import fields, replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from honnin.card.chip.card import Card
from honnin.card.chip.state import FILE_MAX, CardState, PinRecord
from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport.in_process import InProcess
from honnin.errors import Malformed
from tests.support.card.cards import encoded
from tests.support.card.desk import PINS, SELECT_JPKI, Desk, exchange
from tests.support.card.faults import FaultyStore
from tests.support.card.keys import KeyPool

TOO_LONG = b64encode(bytes(FILE_MAX + 1)).decode()


def test_a_card_is_read_back_as_it_was_written(blank_state: CardState, issued_state: CardState) -> None:
    for state in (blank_state, issued_state, replace(issued_state, sequence_counter=77)):
        assert CardState.from_json(state.to_json()) == state


def test_the_text_says_first_that_it_is_a_test_card(issued_state: CardState) -> None:
    written = json.loads(issued_state.to_json())
    first = next(iter(written))
    assert first == "about"
    assert written["about"].startswith("TEST CARD")
    assert "not a real card" in written["about"]
    assert written["format"] == 3


def test_a_state_does_not_show_its_secrets(issued_state: CardState) -> None:
    shown = repr(issued_state) + "".join(repr(issued_state.slots[slot]) for slot in KeySlot)
    for pin in PINS.values():
        assert pin not in shown
    assert "private_key" not in shown
    assert all(field.repr is (field.name == "version") for field in fields(issued_state.issuer_keys))


@given(data=st.data())
def test_any_changed_character_is_noticed(issued_state: CardState, data: st.DataObject) -> None:
    """White space and letters of an escape may differ; what the text means may not, but for tries."""
    text = issued_state.to_json()
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(codec="ascii"))
    damaged = text[:place] + other + text[place + 1 :]
    with suppress(Malformed):
        read = CardState.from_json(damaged)
        assert read == issued_state or (
            place > text.index('"tries_left"') and digest(read) == digest(issued_state)
        )


def digest(state: CardState) -> object:
    return json.loads(state.to_json())["sha256"]


@given(data=st.data())
def test_a_cut_text_is_noticed(issued_state: CardState, data: st.DataObject) -> None:
    text = issued_state.to_json()
    with pytest.raises(Malformed, match="E_CARD_FILE_DAMAGED"):
        CardState.from_json(text[: data.draw(st.integers(0, len(text) - 3))])


@pytest.mark.parametrize("text", ["[]", "null", '"card"', "[" * 100_000, b"\xff\xfe", b'{"format": "1"}'])
def test_text_of_another_kind_is_damage(text: str | bytes) -> None:
    with pytest.raises(Malformed, match="E_CARD_FILE_DAMAGED"):
        CardState.from_json(text)


def rewritten(state: CardState, change: str, value: object) -> str:
    """The text of a card with one value changed and the digest made right again."""
    from honnin.card.chip.state import _digest

    body = json.loads(state.to_json())
    del body["sha256"]
    place = body
    *way, last = change.split("/")
    for step in way:
        place = place[step]
    place[last] = value
    return json.dumps({**body, "sha256": _digest(body)})


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("tries_left/jpki/001B", 6),
        ("tries_left/jpki/0018", -1),
        ("tries_left/jpki/0019", 3),
        ("tries_left/jpki", {}),
        ("tries_left/other", {}),
        ("tries_left", {}),
        ("tries_left", None),
        ("applications/jpki/pins/0018", None),  # never set, and yet it has tries
        ("applications/jpki/pins", {"0019": "1234"}),
        ("applications/jpki/files/0001", "?"),
        ("applications/jpki/files/0001", 5),
        ("applications/jpki/keys", {"key": "AAAA"}),
        ("applications/jpki/pending", []),
        ("applications/other", {"files": {}, "pins": {}, "keys": {}, "pending": {}}),
        ("kind", "credit-card"),
        ("data", {"no tag": ""}),
        ("issuer_keys/enc", "AAAA"),
        ("issuer_keys/mac", None),
        ("issuer_keys/version", 0),
        ("issuer_keys/version", None),
        ("issuer_keys/version", 128),
        ("expiry_date", "2035-02-30"),
        ("applications", {}),
        ("format", True),
        ("format", 2.0),
        ("card_number", ""),
        ("card_number", "é"),
        ("card_number", "\ud800"),
        ("card_number", "A" * 65),
        ("card_number", 7),
        ("sequence_counter", -1),
        ("sequence_counter", 0x1000000),
        ("sequence_counter", 1.0),
        ("sequence_counter", True),
        ("sequence_counter", "1"),
        ("sequence_counter", float("inf")),
        ("sequence_counter", float("nan")),
        ("issuer_keys/version", True),
        ("expiry_date", "20350331"),
        ("expiry_date", "2035-W13-6"),
        ("expiry_date", "0035-03-31"),
        ("expiry_date", 20350331),
        ("terminated", 0),
        ("terminated", "false"),
        ("damaged", 1),
        ("data", {"45": ""}),
        ("data", {"FFFFF": ""}),
        ("data", {"ffff": ""}),
        ("data", {"+0F2": ""}),
        ("applications/jpki/files/0001", ["AAAA"]),
        ("applications/jpki/files/10001", "AAAA"),
        ("applications/jpki/keys/0017", "AAAA"),
        ("applications/jpki/pending/0017", "AAAA"),
        ("applications/jpki/pins/0018", 1234),
        ("applications/jpki/pins/0018", "12345"),
        ("applications/jpki/pins/0018", "\ud800" * 4),
        ("applications/jpki/pins/0018", "１２３４"),
        ("applications/jpki/pins/0018", {}),
        ("tries_left/jpki/0018", True),
        ("tries_left/jpki/0018", 1.0),
        ("tries_left/jpki/0018", float("inf")),
        ("applications/jpki/files/0005", TOO_LONG),
        ("data/0066", TOO_LONG),
    ],
)
def test_values_that_cannot_be_are_damage(issued_state: CardState, change: str, value: object) -> None:
    with pytest.raises(Malformed, match="E_CARD_FILE_DAMAGED"):
        CardState.from_json(rewritten(issued_state, change, value))


@pytest.mark.parametrize("place", ["keys/0016", "keys/0018", "pending/0016"])
def test_a_key_where_there_can_be_none_is_damage(issued_state: CardState, place: str) -> None:
    key = b64encode(issued_state.applications["jpki"].keys[0x17]).decode()
    with pytest.raises(Malformed, match="E_CARD_FILE_DAMAGED"):
        CardState.from_json(rewritten(issued_state, f"applications/jpki/{place}", key))


def test_a_file_of_the_greatest_length_is_read_to_its_end(issued_state: CardState) -> None:
    longest = b64encode(bytes(FILE_MAX)).decode()
    state = CardState.from_json(rewritten(issued_state, "applications/jpki/files/0005", longest))
    card = Card(state, FaultyStore(state))
    assert exchange(card, SELECT_JPKI) == exchange(card, "00A4020C020005") == "9000"
    assert exchange(card, "00B00000 000000") == "00" * FILE_MAX + "9000"


def keys_that_are_none() -> Iterator[bytes]:
    """Private keys of other kinds and sizes, and RSA keys whose numbers do not fit."""
    elliptic = ec.generate_private_key(ec.SECP256R1())
    for key in (elliptic, rsa.generate_private_key(65537, 3072), rsa.generate_private_key(3, 2048)):
        yield key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    key = rsa.generate_private_key(65537, 2048)
    sealed = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"sealed"))
    yield sealed
    right, numbers = encoded(key), key.private_numbers()
    for name in ("p", "q", "dmp1", "dmq1", "iqmp"):
        held = getattr(numbers, name)
        octets = held.to_bytes(-(-held.bit_length() // 8), "big")
        yield right.replace(octets, octets[:-1] + bytes((octets[-1] ^ 0x02,)))


def test_a_key_that_cannot_sign_is_damage(issued_state: CardState) -> None:
    for key in keys_that_are_none():
        for place in ("keys/0017", "pending/001A"):
            with pytest.raises(Malformed, match="E_CARD_FILE_DAMAGED"):
                CardState.from_json(
                    rewritten(issued_state, f"applications/jpki/{place}", b64encode(key).decode())
                )
        slot = issued_state.slots[KeySlot.AUTHENTICATION]
        old = issued_state.with_slot(KeySlot.AUTHENTICATION, replace(slot, private_key=key))
        with pytest.raises(Malformed, match="E_CARD_FILE_DAMAGED"):
            CardState.from_json(in_format_1(old))


def places_of(said: object, way: tuple[str, ...] = ()) -> Iterator[str]:
    """The way to everything in the text of a card."""
    if isinstance(said, dict):
        for name, value in said.items():
            yield "/".join((*way, name))
            yield from places_of(value, (*way, name))


ODD: st.SearchStrategy[Any] = st.sampled_from(
    (
        *(None, True, False, 0, 1, -1, 3, 2**24, 10**30, 1.0, float("inf"), float("nan"), [], {}, [[]]),
        *("", "A", "AAAA", "1234", "１２３４", "\ud800", "../kinds", "juki-card"),
        *("2035-03-31", "9999-12-31", "0001-01-01"),
    )
)
COMMANDS = (
    *("00CA004500", "00CA00F200", "8050000008000000000000000000", "00A4040C0AD392F000260100000001"),
    *("00A4020C020018", "00200080", "002000800431323334", "00A4020C020017", "802A008003AABBCC00"),
    *("00A4020C02001B", "0020008006414243313233", "00A4020C02001A", "802A008003AABBCC00", "00B08A0000"),
)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_what_is_read_at_all_is_a_card_that_works(issued_state: CardState, data: st.DataObject) -> None:
    """Whatever somebody writes into the file and signs with its digest: damage, or a card, and no third."""
    said = json.loads(issued_state.to_json())
    place = data.draw(st.sampled_from([each for each in places_of(said) if each != "sha256"]))
    try:
        state = CardState.from_json(rewritten(issued_state, place, data.draw(ODD)))
    except Malformed:
        return
    card = Card(state, FaultyStore(state))
    for command in COMMANDS:
        assert len(card.transmit(bytes.fromhex(command))) >= 2
    assert CardState.from_json(card.state.to_json()) == card.state
    card.reset()
    if state.kind_name == issued_state.kind_name and state.issuer_keys == issued_state.issuer_keys:
        assert Desk(InProcess(card), state.issuer_keys).report().card_number == state.card_number


def in_format_1(state: CardState) -> str:
    """The same card as it was written before there were other applications."""
    from honnin.card.chip.state import _digest

    names = ("private_key", "certificate", "ca_certificate", "pending_key")
    said = json.loads(state.to_json())
    body = {name: said[name] for name in ("about", "card_number", "expiry_date", "sequence_counter")}
    body |= {"format": 1, "token_label": "JPKIAPICCTOKEN2", "slots": {}}
    body["issuer_keys"] = {name: said["issuer_keys"][name] for name in ("enc", "mac", "dek")}
    for slot, content in state.slots.items():
        octets = {name: getattr(content, name) for name in names}
        body["slots"][slot.value] = {
            "pin": content.pin.value,
            "tries_left": content.pin.tries_left,
            **{name: value and b64encode(value).decode() for name, value in octets.items()},
        }
    return json.dumps({**body, "sha256": _digest(body)})


def in_format_2(state: CardState) -> str:
    """The same card as it was written when the tries stood with the PINs."""
    from honnin.card.chip.state import _digest

    body = json.loads(state.to_json())
    for name, tries in body.pop("tries_left").items():
        said = body["applications"][name]
        said["pins"] = {
            file: {"value": value, "tries_left": tries[file]} for file, value in said["pins"].items()
        }
    del body["sha256"]
    body["format"] = 2
    return json.dumps({**body, "sha256": _digest(body)})


@pytest.fixture
def states_before(blank_state: CardState, issued_state: CardState, key_pool: KeyPool) -> list[CardState]:
    pending = issued_state.with_slot(
        KeySlot.SIGNATURE, replace(issued_state.slots[KeySlot.SIGNATURE], pending_key=encoded(key_pool()))
    )
    spent = issued_state.with_slot(
        KeySlot.AUTHENTICATION,
        replace(issued_state.slots[KeySlot.AUTHENTICATION], pin=PinRecord("1234", 1)),
    )
    return [blank_state, issued_state, pending, spent]


def test_a_card_of_the_first_format_is_the_same_card(states_before: list[CardState]) -> None:
    for state in states_before:
        read = CardState.from_json(in_format_1(state))
        assert (read.slots, read.card_number) == (state.slots, state.card_number)
        assert CardState.from_json(read.to_json()) == read


def test_a_card_of_the_second_format_is_the_same_card(states_before: list[CardState]) -> None:
    for state in states_before:
        assert CardState.from_json(in_format_2(state)) == state


def test_a_try_that_was_edited_in_the_second_format_is_damage(issued_state: CardState) -> None:
    text = in_format_2(issued_state)
    assert text.count('"tries_left": 3') == 1
    with pytest.raises(Malformed, match="E_CARD_FILE_DAMAGED"):
        CardState.from_json(text.replace('"tries_left": 3', '"tries_left": 2'))


@pytest.mark.parametrize("written", [in_format_1, in_format_2])
def test_tries_that_cannot_be_are_damage_in_formats_before_too(
    issued_state: CardState, written: Callable[[CardState], str]
) -> None:
    impossible = replace(issued_state.slots[KeySlot.AUTHENTICATION], pin=PinRecord("1234", 4))
    with pytest.raises(Malformed, match="E_CARD_FILE_DAMAGED"):
        CardState.from_json(written(issued_state.with_slot(KeySlot.AUTHENTICATION, impossible)))


def test_cards_from_before_key_versions_have_the_first_one(issued_state: CardState) -> None:
    keys = json.loads(issued_state.to_json())["issuer_keys"]
    assert keys.pop("version") == 0x30
    assert CardState.from_json(rewritten(issued_state, "issuer_keys", keys)) == issued_state


def test_a_newer_format_is_named(issued_state: CardState) -> None:
    with pytest.raises(Malformed) as error:
        CardState.from_json(rewritten(issued_state, "format", 4))
    assert (error.value.code, error.value.context) == ("E_CARD_FILE_FORMAT", {"format": 4})
