"""Who comes into a register: births and moving in, by the facts alone."""

from datetime import date

import pytest

from honnin.law.counter.entering import Birth, KnownNewcomer, birth_refusals, moving_in_refusals
from honnin.law.counter.registration import Registration

ON = date(2026, 6, 2)
RECORDED = Registration.RECORDED


@pytest.mark.clause("register-act/8", "family-register-act/49")
@pytest.mark.parametrize(
    ("born", "parent_born", "codes"),
    [
        (date(2026, 6, 2), date(1990, 1, 1), []),
        (date(2026, 5, 1), date(1990, 1, 1), []),  # late, and taken all the same
        (date(2026, 6, 2), date(2016, 6, 2), []),  # ten on this very day
        (date(2026, 6, 2), date(2016, 6, 3), ["E_PARENT_TOO_YOUNG"]),
        (date(2026, 6, 2), date(2024, 1, 1), ["E_PARENT_TOO_YOUNG"]),
        (date(2026, 2, 28), date(2016, 2, 29), []),
        (date(2024, 2, 28), date(2012, 2, 29), []),
        (date(2011, 6, 3), date(1980, 1, 1), []),
        (date(2011, 6, 2), date(1980, 1, 1), ["E_BIRTH_LONG_AGO"]),
        (date(1990, 6, 2), date(1950, 1, 1), ["E_BIRTH_LONG_AGO"]),
        (date(1990, 6, 2), date(1985, 1, 1), ["E_PARENT_TOO_YOUNG", "E_BIRTH_LONG_AGO"]),
        (date(2026, 6, 3), date(1990, 1, 1), ["E_DAY_AHEAD"]),
        (date(2026, 6, 1), date(2026, 6, 2), ["E_DAY_BEFORE_BIRTH"]),
    ],
)
def test_who_may_be_born_to_whom(born: date, parent_born: date, codes: list[str]) -> None:
    found = birth_refusals(Birth(born, parent_born, RECORDED, recorded=False), on=ON)
    assert [each.code for each in found] == codes


def test_a_child_is_entered_once_and_where_a_parent_is_entered() -> None:
    again = Birth(ON, date(1990, 1, 1), RECORDED, recorded=True)
    assert [each.code for each in birth_refusals(again, on=ON)] == ["E_BIRTH_RECORDED"]
    gone = Birth(ON, date(1990, 1, 1), Registration.MOVED_OUT, recorded=True)
    assert [each.code for each in birth_refusals(gone, on=ON)] == ["E_MOVED_OUT"]


@pytest.mark.clause("family-register-act/52")
def test_a_child_of_this_name_elsewhere_is_asked_about() -> None:
    def codes(*, recorded: bool = False, another_child: bool = False) -> list[str]:
        birth = Birth(ON, date(1990, 1, 1), RECORDED, recorded, "ためし市", another_child)
        return [each.code for each in birth_refusals(birth, on=ON)]

    assert codes() == ["E_BIRTH_ELSEWHERE"]
    assert codes(another_child=True) == []
    assert codes(recorded=True, another_child=True) == ["E_BIRTH_RECORDED"]


@pytest.mark.clause("register-act/22")
@pytest.mark.parametrize(
    ("known", "codes"),
    [
        (None, []),
        (KnownNewcomer(same_person=False, entered=True, leaves=True, gone=True), ["E_MOVE_IN_DIFFERS"]),
        (KnownNewcomer(same_person=True, entered=True, leaves=False, gone=False), ["E_STILL_REGISTERED"]),
        (KnownNewcomer(same_person=True, entered=True, leaves=True, gone=False), []),
        (KnownNewcomer(same_person=True, entered=False, leaves=False, gone=True), []),
        (KnownNewcomer(same_person=True, entered=False, leaves=False, gone=False), ["E_ENTRY_REMOVED"]),
    ],
)
def test_who_may_move_in(known: KnownNewcomer | None, codes: list[str]) -> None:
    assert [each.code for each in moving_in_refusals(known)] == codes
