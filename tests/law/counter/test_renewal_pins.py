"""The PINs of a renewal: three proved or set anew; a proxy's sealed form, its one try, the inquiry."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from honnin.law.cards.pins import PinKind
from honnin.law.counter.renewal_pins import (
    Inquiry,
    PinProof,
    acceptance_refusals,
    awaits_answer,
    goes_on_with_form,
    opening_refusals,
    pin_refusals,
    pins_of_renewal,
    unasked,
)
from honnin.law.terms import Purpose
from tests.law.specimen import AGENT, AUTHENTICATION, BOTH, MANDATED, ON, SIGNATURE

PROVED = dict.fromkeys(pins_of_renewal(BOTH), PinProof.PROVED)
ORDERED = Inquiry(ordered_on=date(2024, 5, 4))
REGISTER = PinKind.RESIDENT_REGISTER


@pytest.mark.clause("S3-9")
@pytest.mark.parametrize(
    ("purposes", "pins"),
    [
        (BOTH, {PinKind.SIGNATURE, PinKind.USER_AUTHENTICATION, REGISTER}),
        ({SIGNATURE}, {PinKind.SIGNATURE, REGISTER}),
        ({AUTHENTICATION}, {PinKind.USER_AUTHENTICATION, REGISTER}),
    ],
    ids=["both", "signature", "authentication"],
)
def test_which_pins(purposes: frozenset[Purpose], pins: set[PinKind]) -> None:
    assert pins_of_renewal(frozenset(purposes)) == pins


@pytest.mark.clause("S3-9", "S3-11")
@pytest.mark.parametrize("kind", sorted(PROVED))
def test_in_person_each_is_proved_or_set_anew(kind: PinKind) -> None:
    assert pin_refusals(BOTH, PROVED, ON) == ()
    for proof, refused in (
        (PinProof.SET_ANEW, []),
        (PinProof.WANTED, ["E_PIN_UNPROVED"]),
        (PinProof.MISMATCHED, ["E_PIN_UNPROVED"]),
        (PinProof.NOT_KNOWN, ["E_PIN_UNPROVED"]),
        (PinProof.BLOCKED, ["E_PIN_UNPROVED"]),
    ):
        for proxy in (None, AGENT):
            found = pin_refusals(BOTH, {**PROVED, kind: proof}, ON, proxy=proxy)
            assert [each.code for each in found] == refused
    without = {each: proof for each, proof in PROVED.items() if each is not kind}
    assert [each.code for each in pin_refusals(BOTH, without, ON)] == ["E_PIN_UNPROVED"]


@pytest.mark.clause("S3-9", "S3-11")
@pytest.mark.parametrize("kind", sorted(PROVED))
@pytest.mark.parametrize("proof", PinProof)
def test_an_application_is_accepted_once_every_pin_was_asked_for(kind: PinKind, proof: PinProof) -> None:
    pins = {**PROVED, kind: proof}
    refused = ["E_PIN_UNPROVED"] if proof is PinProof.WANTED else []
    for proxy in (None, AGENT):
        assert [each.code for each in acceptance_refusals(BOTH, pins, proxy=proxy)] == refused
    assert acceptance_refusals(BOTH, {}, proxy=MANDATED) == ()  # the form is opened afterwards
    others = {each: found for each, found in PROVED.items() if each is not kind}
    assert unasked(BOTH, others) == (kind,)


def test_in_what_order_they_are_asked_for() -> None:
    assert unasked(BOTH, {}) == (REGISTER, PinKind.USER_AUTHENTICATION, PinKind.SIGNATURE)


@pytest.mark.clause("S3-P2", "S3-P3")
@pytest.mark.parametrize("proof", [PinProof.MISMATCHED, PinProof.SET_ANEW])
@pytest.mark.parametrize(
    ("inquiry", "on", "refused"),
    [
        (None, ON, ["E_PIN_MISMATCH_INQUIRY"]),
        (ORDERED, date(2024, 5, 4), ["E_PIN_MISMATCH_INQUIRY"]),
        (ORDERED, date(2024, 6, 3), ["E_PIN_MISMATCH_INQUIRY"]),
        (ORDERED, date(2024, 6, 4), ["E_INQUIRY_OVER"]),
        (replace(ORDERED, answered_on=date(2024, 6, 4)), date(2024, 6, 4), ["E_INQUIRY_OVER"]),
        (replace(ORDERED, days=31), date(2024, 6, 4), ["E_PIN_MISMATCH_INQUIRY"]),
    ],
    ids=["none", "same day", "last day", "day after", "answered late", "longer deadline"],
)
def test_a_mismatch_on_the_form_waits_for_the_inquiry(
    proof: PinProof, inquiry: Inquiry | None, on: date, refused: list[str]
) -> None:
    pins = {**PROVED, REGISTER: proof}
    found = pin_refusals(BOTH, pins, on, proxy=MANDATED, inquiry=inquiry)
    assert [each.code for each in found] == refused


@pytest.mark.clause("S3-P3")
def test_with_the_answer_the_pins_are_set_anew_in_the_second_visit() -> None:
    answered = replace(ORDERED, answered_on=date(2024, 6, 3))
    anew = dict.fromkeys(PROVED, PinProof.SET_ANEW)
    assert pin_refusals(BOTH, anew, date(2024, 6, 20), proxy=MANDATED, inquiry=answered) == ()
    mixed = {**anew, REGISTER: PinProof.MISMATCHED}
    found = pin_refusals(BOTH, mixed, ON, proxy=MANDATED, inquiry=answered)
    assert [each.code for each in found] == ["E_PIN_UNPROVED"]


@pytest.mark.clause("S3-P3")
def test_one_mismatch_is_the_last_try_of_a_form() -> None:
    assert goes_on_with_form({})
    assert goes_on_with_form({REGISTER: PinProof.PROVED})
    assert not goes_on_with_form({REGISTER: PinProof.PROVED, PinKind.SIGNATURE: PinProof.MISMATCHED})


@pytest.mark.clause("S3-P1", "S3-P5")
@pytest.mark.parametrize(
    ("seal", "before", "people", "refused"),
    [
        (True, False, {"a", "b"}, []),
        (True, False, {"a"}, ["E_SECOND_PERSON"]),
        (False, False, {"a", "b"}, ["E_SEAL_BROKEN"]),
        (None, False, {"a", "b"}, ["E_FORM_INCOMPLETE"]),
        (True, True, {"a", "b"}, ["E_FORM_USED"]),
    ],
)
def test_the_envelope_is_opened_once_sealed_by_two(
    seal: bool | None, before: bool, people: set[str], refused: list[str]
) -> None:
    found = opening_refusals(seal_intact=seal, opened_before=before, people=frozenset(people))
    assert [each.code for each in found] == refused


@pytest.mark.clause("S3-P3")
def test_an_answer_is_waited_for_to_its_last_day() -> None:
    ordered = date(2026, 6, 1)
    waiting, last_day = Inquiry(ordered_on=ordered), date(2026, 7, 1)
    assert [awaits_answer(waiting, last_day + timedelta(each)) for each in (0, 1)] == [True, False]
    assert not awaits_answer(None, ordered)
    assert not awaits_answer(Inquiry(ordered_on=ordered, answered_on=ordered), ordered)
