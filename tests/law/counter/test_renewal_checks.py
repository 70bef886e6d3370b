"""The list of what is checked before a renewal is accepted."""

import ast
from pathlib import Path

import pytest

import honnin.law
from honnin.law.counter.renewal_checks import Check, checks_of_renewal

CODES = [
    ("E_WINDOW_CLOSED", Check.WINDOW),
    ("E_CERT_HELD", Check.WINDOW),
    ("E_ID_DOC_MISSING", Check.IDENTITY),
    ("E_PROXY_MANDATE_MISSING", Check.IDENTITY),
    ("E_CARD_OUTDATED", Check.CARD),
    ("E_MOVED_OUT", Check.CARD),
    ("E_MOVED_ABROAD", Check.CARD),
    ("E_TERMS_NOT_ACCEPTED", Check.FORM),
    ("E_SUBSTITUTE_CONSENT", Check.FORM),
    ("E_PIN_UNPROVED", Check.PINS),
]


@pytest.mark.clause("S4-6", "S3-9", "S3-15")
@pytest.mark.parametrize(("code", "check"), CODES)
def test_what_a_refusal_is_of(code: str, check: Check) -> None:
    checks = checks_of_renewal([code], by_form=False, free=True)
    assert [each for each, done in checks.items() if not done] == [check]
    assert len(checks) == 6


@pytest.mark.clause("S3-P1")
def test_of_a_proxy_the_seal_is_checked_and_no_pin() -> None:
    assert all(checks_of_renewal([], by_form=True, free=True).values())
    checks = checks_of_renewal(["E_SEAL_BROKEN"], by_form=True, free=True)
    assert [each for each, done in checks.items() if not done] == [Check.ENVELOPE]
    assert Check.PINS not in checks


def test_a_fee_that_is_due_is_open() -> None:
    checks = checks_of_renewal([], by_form=False, free=False)
    assert [each for each, done in checks.items() if not done] == [Check.FEE]


def test_no_refusal_leaves_everything_checked() -> None:
    """Also one that comes later: it counts against the form."""
    for code in (*_codes_of_law(), "E_THAT_COMES_LATER"):
        for by_form in (False, True):
            assert not all(checks_of_renewal([code], by_form=by_form, free=True).values()), code


def _codes_of_law() -> set[str]:
    """Every code that the law refuses with."""
    [root] = honnin.law.__path__
    trees = (ast.parse(path.read_text("utf-8")) for path in Path(root).rglob("*.py"))
    names = (each.value for tree in trees for each in ast.walk(tree) if isinstance(each, ast.Constant))
    return {each for each in names if isinstance(each, str) and each.startswith("E_") and each.isupper()}
