"""The list of what is checked before a renewal is accepted."""

import pytest

from honnin.law.counter.renewal_checks import CHECK_OF, CODES, Check, checks_of_renewal

PLACED = [
    ("E_WINDOW_CLOSED", Check.WINDOW),
    ("E_CERT_EXPIRED", Check.WINDOW),
    ("E_CARD_REPORTED_LOST", Check.EFFECT),
    ("E_CERT_HELD", Check.EFFECT),
    ("E_CERT_REVOKED", Check.EFFECT),
    ("E_CARD_INVALID", Check.EFFECT),
    ("E_ID_DOC_MISSING", Check.IDENTITY),
    ("E_PROXY_MANDATE_MISSING", Check.IDENTITY),
    ("E_CARD_OUTDATED", Check.REGISTER),
    ("E_CARD_OTHERS", Check.REGISTER),
    ("E_MOVED_OUT", Check.REGISTER),
    ("E_MOVED_ABROAD", Check.REGISTER),
    ("E_TERMS_NOT_ACCEPTED", Check.FORM),
    ("E_SUBSTITUTE_CONSENT", Check.FORM),
    ("E_UNDER_AGE", Check.FORM),
    ("E_PIN_UNPROVED", Check.PINS),
]


@pytest.mark.clause("S4-6", "S3-9", "S3-15")
@pytest.mark.parametrize(("code", "check"), PLACED)
def test_what_a_refusal_is_of(code: str, check: Check) -> None:
    checks = checks_of_renewal([code], by_form=False, free=True)
    assert [each for each, done in checks.items() if not done] == [check]
    assert len(checks) == 7


@pytest.mark.clause("S3-P1")
def test_of_a_proxy_the_seal_is_checked_and_no_pin() -> None:
    assert all(checks_of_renewal([], by_form=True, free=True).values())
    checks = checks_of_renewal(["E_SEAL_BROKEN"], by_form=True, free=True)
    assert [each for each, done in checks.items() if not done] == [Check.ENVELOPE]
    assert Check.PINS not in checks


def test_an_agents_envelope_is_checked_where_one_came_open() -> None:
    checks = checks_of_renewal(["E_SEAL_BROKEN"], by_form=False, free=True)
    assert [each for each, done in checks.items() if not done] == [Check.ENVELOPE]
    assert Check.PINS in checks


def test_a_fee_that_is_due_is_open() -> None:
    checks = checks_of_renewal([], by_form=False, free=False)
    assert [each for each, done in checks.items() if not done] == [Check.FEE]


def test_each_refusal_is_of_one_check_and_leaves_it_open() -> None:
    assert len(CHECK_OF) == sum(map(len, CODES.values()))
    for code, check in CHECK_OF.items():
        for by_form in (False, True):
            assert not checks_of_renewal([code], by_form=by_form, free=True)[check], code
