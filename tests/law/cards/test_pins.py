"""Certificate guides 1 and 2, card ordinance art. 33: PINs of the Number Card, and what a kiosk costs."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from honnin.law.cards.pins import (
    PIN_RULES,
    PinKind,
    normalise_pin,
    pin_format_refusals,
    pin_of_key,
    pin_use_refusals,
    tries_left,
)
from honnin.law.fees import FeeOccasion, certificate_fee
from honnin.law.terms import Generation, Purpose
from honnin.law.wording import format_clause
from honnin.pin import Pin

NUMBER_CARD = Generation.NUMBER_CARD
FOUR_DIGITS = [PinKind.USER_AUTHENTICATION, PinKind.RESIDENT_REGISTER, PinKind.CARD_FACE_ENTRY]


@pytest.mark.clause("S1-E1.1", "S2-1.1")
@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("ABC12", False),
        ("ABC123", True),
        ("1BCDEF", True),
        ("A1B2C3D4E5F6G7H8", True),
        ("A1B2C3D4E5F6G7H8J", False),
        ("ABCDEF", False),
        ("123456", False),
        ("abc123", False),
        ("ABC 123", False),
        ("ABC-123", False),
        ("ＡＢＣ１２３", False),
        ("ABC12３", False),
        ("ABC12٣", False),
        ("ABC12²", False),
        ("ÄBC123", False),
        ("", False),
        ("ABC123\n", False),
    ],
)
def test_a_signature_password_is_6_to_16_capital_letters_and_digits_with_one_of_each(
    text: str, fits: bool
) -> None:
    refused = [refusal.code for refusal in pin_format_refusals(Pin(text), PinKind.SIGNATURE)]
    assert refused == ([] if fits else ["E_PIN_FORMAT"])


@pytest.mark.clause("S1-E1.2", "S2-1.2", "card-ordinance/33")
@pytest.mark.parametrize("kind", FOUR_DIGITS)
@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("0000", True),
        ("1234", True),
        ("123", False),
        ("12345", False),
        ("12a4", False),
        ("１２３４", False),
        ("١٢٣٤", False),
        ("12²4", False),
        ("12 4", False),
        ("", False),
    ],
)
def test_the_other_pins_are_four_digits(kind: PinKind, text: str, fits: bool) -> None:
    refused = [refusal.code for refusal in pin_format_refusals(Pin(text), kind, NUMBER_CARD)]
    assert refused == ([] if fits else ["E_PIN_FORMAT"])


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("abc123", "ABC123"),
        ("aBC123", "ABC123"),
        ("ａbc１23", "ABC123"),
        ("ＨＯＮＮＩＮ２０２６", "HONNIN2026"),
        ("ſßı12i", "ſßı12I"),
        ("١٢²①", "١٢²①"),
    ],
)
def test_only_a_to_z_and_full_width_forms_are_folded(text: str, stored: str) -> None:
    assert normalise_pin(text, PinKind.SIGNATURE) == stored


@pytest.mark.parametrize(
    ("kind", "generation"),
    [(PinKind.USER_AUTHENTICATION, NUMBER_CARD), (PinKind.SIGNATURE, Generation.JUKI_CARD)],
)
def test_every_other_secret_keeps_its_case(kind: PinKind, generation: Generation) -> None:
    assert normalise_pin("abＣ１", kind, generation) == "abC1"


@pytest.mark.clause("S1-E1.1", "S1-E1.2", "S2-1.1", "S2-1.2")
@pytest.mark.parametrize("purpose", list(Purpose))
def test_each_key_has_its_own_pin(purpose: Purpose) -> None:
    assert pin_of_key(purpose).value == purpose.value


@pytest.mark.parametrize("text", ["ABCDEF", "123456"])
def test_that_letters_and_digits_are_mixed_is_cited_as_practice(text: str) -> None:
    (refusal,) = pin_format_refusals(Pin(text), PinKind.SIGNATURE)
    assert (refusal.code, refusal.clauses) == ("E_PIN_FORMAT", ("practice/1",))
    assert [format_clause("practice/1", each) for each in ("ja", "en")] == [
        "市区町村の実務",
        "practice of the municipalities",
    ]
    (too_short,) = pin_format_refusals(Pin("A1"), PinKind.SIGNATURE)
    assert too_short.clauses == ("S1-E1.1", "S2-1.1")


@pytest.mark.clause("S1-E2.2a", "S1-E2.2b", "S2-2.2a")
@pytest.mark.parametrize(("kind", "limit"), [(PinKind.SIGNATURE, 5), *((kind, 3) for kind in FOUR_DIGITS)])
def test_a_pin_is_blocked_by_its_number_of_wrong_entries_in_a_row(kind: PinKind, limit: int) -> None:
    assert tries_left(0, kind, NUMBER_CARD) == limit
    assert pin_use_refusals(limit - 1, kind, NUMBER_CARD) == ()
    for failures in (limit, limit + 1):
        refused = pin_use_refusals(failures, kind, NUMBER_CARD)
        assert [refusal.code for refusal in refused] == ["E_PIN_LOCKED"]


@pytest.mark.parametrize(
    ("generation", "clause"), [(NUMBER_CARD, "S2-2.2a"), (Generation.JUKI_CARD, "S0-25")]
)
def test_a_refusal_names_the_clause_of_its_generation(generation: Generation, clause: str) -> None:
    (blocked,) = pin_use_refusals(5, PinKind.SIGNATURE, generation)
    assert blocked.clauses == (clause,)


def test_a_number_card_has_no_card_pin() -> None:
    refused = pin_format_refusals(Pin("1234"), PinKind.CARD, NUMBER_CARD)
    assert [refusal.code for refusal in refused] == ["E_PIN_SCOPE"]


@pytest.mark.clause("S3-3", "act/67")
@pytest.mark.parametrize(
    ("occasion", "yen"),
    [
        (FeeOccasion.FIRST_ISSUE, 0),
        (FeeOccasion.RENEWAL, 0),
        (FeeOccasion.AFTER_EXPIRY, 0),
        (FeeOccasion.AFTER_CHANGE_OF_ENTRY, 0),
        (FeeOccasion.OWN_FAULT, 200),
    ],
)
def test_certificates_of_the_number_card_are_free_but_for_own_fault(occasion: FeeOccasion, yen: int) -> None:
    assert certificate_fee(NUMBER_CARD, occasion) == yen


@pytest.mark.clause("S2-K4")
def test_a_reset_at_a_kiosk_is_free() -> None:
    assert certificate_fee(NUMBER_CARD, FeeOccasion.KIOSK_RESET) == 0


@given(st.text(min_size=1, max_size=20), st.sampled_from(sorted(PIN_RULES)))
def test_no_refusal_tells_the_pin(text: str, rule: tuple[Generation, PinKind]) -> None:
    generation, kind = rule
    marked = f"<{text}>"
    refusals = pin_format_refusals(Pin(marked), kind, generation)
    assert refusals
    assert marked not in repr(refusals)


@given(st.text(string.ascii_letters + string.digits, min_size=6, max_size=16))
def test_a_normalised_password_fits_when_it_has_a_letter_and_a_digit(text: str) -> None:
    has_both = any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
    stored = normalise_pin(text, PinKind.SIGNATURE)
    assert (pin_format_refusals(stored, PinKind.SIGNATURE) == ()) is has_both
    assert normalise_pin(stored, PinKind.SIGNATURE) == stored
