"""Terms art. 1(3)(3) and 7(1), Act 10, 14, 29, 33: leakage, loss and damage of a key, told apart."""

import pytest

from honnin.law.certificates.compromise import (
    ground_of_notice,
    known_after,
    may_issue_with,
    may_sign_lists_with,
)
from honnin.law.certificates.lapse import HOLDERS_GROUNDS, crl_reason, lapses
from honnin.law.terms import Compromise, LapseGround, Purpose

LEAKAGE, LOSS, DAMAGE = Compromise


@pytest.mark.clause("S4-1.3.3", "S4-7.1", "act/10", "act/29")
def test_the_notices_of_three_kinds_are_three_grounds_that_end_both_certificates() -> None:
    grounds = [ground_of_notice(kind) for kind in Compromise]
    assert grounds == [LapseGround.KEY_LEAKED, LapseGround.KEY_LOST, LapseGround.KEY_DAMAGED]
    for ground in grounds:
        assert ground in HOLDERS_GROUNDS
        assert all(lapses(ground, purpose) for purpose in Purpose)
        assert crl_reason(ground) == "keyCompromise"


@pytest.mark.clause("S4-1.3.3", "act/14", "act/33", "act/16", "act/35")
@pytest.mark.parametrize(
    ("known", "issues", "signs_lists"),
    [(None, True, True), (LEAKAGE, False, True), (LOSS, False, False), (DAMAGE, False, False)],
)
def test_what_an_issuers_key_is_still_used_for(
    known: Compromise | None, issues: bool, signs_lists: bool
) -> None:
    assert (may_issue_with(known), may_sign_lists_with(known)) == (issues, signs_lists)


@pytest.mark.parametrize(
    ("before", "now", "known"),
    [
        (None, LEAKAGE, LEAKAGE),
        (LEAKAGE, LOSS, LOSS),
        (LEAKAGE, DAMAGE, DAMAGE),
        (LOSS, LEAKAGE, LOSS),
        (DAMAGE, LEAKAGE, DAMAGE),
        (LOSS, DAMAGE, LOSS),
    ],
)
def test_what_ends_more_stays(before: Compromise | None, now: Compromise, known: Compromise) -> None:
    assert known_after(before, now) is known
