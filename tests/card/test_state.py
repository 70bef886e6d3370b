"""The card written down: what it says first, what it keeps, and what damage does."""

import json
from contextlib import suppress
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from honnin.card.slot import KeySlot
from honnin.card.state import CardState
from honnin.errors import Malformed
from tests.card.desk import PINS


def test_a_card_is_read_back_as_it_was_written(blank_state: CardState, issued_state: CardState) -> None:
    for state in (blank_state, issued_state, replace(issued_state, sequence_counter=77)):
        assert CardState.from_json(state.to_json()) == state


def test_the_text_says_first_that_it_is_a_test_card(issued_state: CardState) -> None:
    written = json.loads(issued_state.to_json())
    first = next(iter(written))
    assert first == "about"
    assert written["about"].startswith("TEST CARD")
    assert "not a real card" in written["about"]
    assert written["format"] == 1


def test_a_state_does_not_show_its_secrets(issued_state: CardState) -> None:
    shown = repr(issued_state) + "".join(repr(issued_state.slots[slot]) for slot in KeySlot)
    for pin in PINS.values():
        assert pin not in shown
    assert "private_key" not in shown
    assert all(field.repr is (field.name == "version") for field in fields(issued_state.issuer_keys))


@given(data=st.data())
def test_any_changed_character_is_noticed(issued_state: CardState, data: st.DataObject) -> None:
    """White space and letters of an escape may differ; what the text means may not."""
    text = issued_state.to_json()
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(codec="ascii"))
    damaged = text[:place] + other + text[place + 1 :]
    with suppress(Malformed):
        assert CardState.from_json(damaged) == issued_state


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
    from honnin.card.state import _digest

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
        ("slots/signature/tries_left", 6),
        ("slots/authentication/tries_left", -1),
        ("slots/signature/certificate", "?"),
        ("slots/signature/certificate", 5),
        ("issuer_keys/enc", "AAAA"),
        ("issuer_keys/mac", None),
        ("issuer_keys/version", 0),
        ("issuer_keys/version", None),
        ("issuer_keys/version", 128),
        ("expiry_date", "2035-02-30"),
        ("slots", {}),
    ],
)
def test_values_that_cannot_be_are_damage(issued_state: CardState, change: str, value: object) -> None:
    with pytest.raises(Malformed, match="E_CARD_FILE_DAMAGED"):
        CardState.from_json(rewritten(issued_state, change, value))


def test_cards_from_before_key_versions_have_the_first_one(issued_state: CardState) -> None:
    keys = json.loads(issued_state.to_json())["issuer_keys"]
    assert keys.pop("version") == 0x30
    assert CardState.from_json(rewritten(issued_state, "issuer_keys", keys)) == issued_state


def test_a_newer_format_is_named(issued_state: CardState) -> None:
    with pytest.raises(Malformed) as error:
        CardState.from_json(rewritten(issued_state, "format", 2))
    assert (error.value.code, error.value.context) == ("E_CARD_FILE_FORMAT", {"format": 2})
