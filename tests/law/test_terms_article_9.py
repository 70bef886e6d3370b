"""Terms art. 9: the hold after a loss, and its release."""

import inspect
from dataclasses import replace
from datetime import date, datetime, time

import pytest

from honnin.law.certificates import hold
from honnin.law.certificates.hold import (
    CertificateState,
    HoldOutcome,
    hold_crl_reason,
    hold_outcome,
    hold_refusals,
    release_refusals,
)
from honnin.law.terms import Generation, Purpose

ON = date(2024, 6, 3)
AUTHENTICATION = CertificateState(
    generation=Generation.NUMBER_CARD, purpose=Purpose.USER_AUTHENTICATION, expiry=date(2028, 5, 10)
)
SIGNATURE = replace(AUTHENTICATION, purpose=Purpose.SIGNATURE)
HELD = replace(AUTHENTICATION, held=True)


@pytest.mark.clause("S4-9b", "rules/65")
def test_the_authentication_certificate_is_held_and_the_signature_certificate_revoked() -> None:
    assert hold_outcome(Purpose.USER_AUTHENTICATION) is HoldOutcome.HELD
    assert hold_outcome(Purpose.SIGNATURE) is HoldOutcome.REVOKED


def test_an_operator_may_hold_the_signature_certificate_too() -> None:
    assert hold_outcome(Purpose.SIGNATURE, signature_can_be_held=True) is HoldOutcome.HELD


def test_what_the_revocation_list_says() -> None:
    assert hold_crl_reason(HoldOutcome.HELD) == "certificateHold"
    assert hold_crl_reason(HoldOutcome.REVOKED) == "keyCompromise"


@pytest.mark.clause("S1-C5.1a", "S3-C3")
@pytest.mark.parametrize("certificate", [AUTHENTICATION, SIGNATURE, HELD])
def test_a_report_of_loss_is_taken_also_a_second_time(certificate: CertificateState) -> None:
    assert hold_refusals(certificate, ON) == ()


@pytest.mark.clause("S1-C5.1a", "S3-C3")
@pytest.mark.parametrize("on", [date(2024, 12, 31), date(2025, 1, 1), date(2024, 6, 2), date(2028, 5, 10)])
def test_a_report_of_loss_is_taken_on_every_day_of_the_year(on: date) -> None:
    assert hold_refusals(AUTHENTICATION, on) == ()


@pytest.mark.clause("S1-C5.1a", "S3-C3")
def test_no_hour_can_be_refused_for_none_is_asked() -> None:
    """A rule that is never given the time of day cannot come to depend on it."""
    functions = [f for _, f in inspect.getmembers(hold, inspect.isfunction) if f.__module__ == hold.__name__]
    assert hold_refusals in functions
    for function in functions:
        assert not {datetime, time} & set(inspect.get_annotations(function).values())


@pytest.mark.clause("S1-C5.1a")
@pytest.mark.parametrize(
    ("certificate", "on", "codes"),
    [
        (replace(AUTHENTICATION, lapsed=True), ON, ["E_CERT_REVOKED"]),
        (AUTHENTICATION, date(2028, 5, 11), ["E_CERT_EXPIRED"]),
        (replace(SIGNATURE, generation=Generation.JUKI_CARD), ON, ["E_HOLD_NOT_OFFERED"]),
    ],
)
def test_only_what_is_effective_can_be_held_and_no_juki_card(
    certificate: CertificateState, on: date, codes: list[str]
) -> None:
    assert [refusal.code for refusal in hold_refusals(certificate, on)] == codes


@pytest.mark.clause("S4-9b", "S1-C5.1d")
@pytest.mark.parametrize(
    ("certificate", "own_municipality", "card_presented", "codes"),
    [
        (HELD, True, True, []),
        (HELD, False, True, ["E_OFFICE_WRONG"]),
        (HELD, True, False, ["E_CARD_MISSING"]),
        (AUTHENTICATION, True, True, ["E_HOLD_NOT_RELEASABLE"]),
        (replace(HELD, lapsed=True), True, True, ["E_HOLD_NOT_RELEASABLE"]),
        (replace(HELD, purpose=Purpose.SIGNATURE), True, True, ["E_HOLD_NOT_RELEASABLE"]),
        (SIGNATURE, False, False, ["E_HOLD_NOT_RELEASABLE", "E_OFFICE_WRONG", "E_CARD_MISSING"]),
    ],
)
def test_only_a_held_authentication_certificate_is_released_at_home_with_the_card(
    certificate: CertificateState, own_municipality: bool, card_presented: bool, codes: list[str]
) -> None:
    refusals = release_refusals(
        certificate, ON, own_municipality=own_municipality, card_presented=card_presented
    )
    assert [refusal.code for refusal in refusals] == codes


@pytest.mark.clause("S4-9b")
@pytest.mark.parametrize(("on", "codes"), [(HELD.expiry, []), (date(2028, 5, 11), ["E_CERT_EXPIRED"])])
def test_an_expired_certificate_is_not_released(on: date, codes: list[str]) -> None:
    refusals = release_refusals(HELD, on, own_municipality=True, card_presented=True)
    assert [refusal.code for refusal in refusals] == codes
