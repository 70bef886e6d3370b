"""When the expiry notice is sent and to whom, what is told by letter, and how a letter goes its way."""

from datetime import date, timedelta

import pytest

from honnin.law.certificates.notices import (
    TRANSITIONS,
    AddresseeFacts,
    DeliveryState,
    Enclosure,
    LetterKind,
    enclosures,
    expiry_notice_days,
    expiry_notice_is_due,
    expiry_notice_refusals,
    inquiry_answer_by,
    inquiry_answer_refusals,
    last_expiry_due,
    letter_about,
)
from honnin.law.terms import LapseGround
from honnin.law.validity import StayStatus, renewal_refusals

LONG_AGO = date(2015, 1, 1)


@pytest.mark.parametrize(
    ("expiry", "first", "last"),
    [
        (date(2020, 9, 24), date(2020, 6, 25), date(2020, 7, 24)),
        (date(2026, 8, 20), date(2026, 5, 21), date(2026, 6, 20)),
        (date(2026, 11, 30), date(2026, 8, 31), date(2026, 9, 30)),
        (date(2026, 5, 31), date(2026, 3, 1), date(2026, 3, 31)),
        (date(2028, 5, 31), date(2028, 3, 1), date(2028, 3, 31)),
        (date(2028, 2, 29), date(2027, 11, 30), date(2027, 12, 29)),
        (date(2027, 2, 28), date(2026, 11, 29), date(2026, 12, 28)),
        (date(2027, 4, 30), date(2027, 1, 31), date(2027, 2, 28)),
        (date(2028, 4, 30), date(2028, 1, 31), date(2028, 2, 29)),
        (date(2027, 3, 31), date(2027, 1, 1), date(2027, 1, 31)),
        (date(2027, 1, 1), date(2026, 10, 2), date(2026, 11, 1)),
    ],
)
def test_the_notice_goes_two_to_three_months_before_expiry(expiry: date, first: date, last: date) -> None:
    """Who has it can renew on the same day: not a day earlier."""
    assert expiry_notice_days(expiry) == (first, last)
    day = timedelta(days=1)
    assert not expiry_notice_is_due(expiry, LONG_AGO, first - day)
    assert renewal_refusals(expiry, first - day)
    for on in (first, last):
        assert expiry_notice_is_due(expiry, LONG_AGO, on)
        assert renewal_refusals(expiry, on) == ()


def test_a_missed_notice_is_late_as_long_as_the_certificate_lasts() -> None:
    expiry = date(2026, 8, 20)
    assert expiry_notice_is_due(expiry, LONG_AGO, expiry)
    assert not expiry_notice_is_due(expiry, LONG_AGO, expiry + timedelta(days=1))


def test_who_was_issued_a_certificate_after_its_days_gets_no_notice_of_it() -> None:
    expiry = date(2026, 8, 20)
    _first, last = expiry_notice_days(expiry)
    assert expiry_notice_is_due(expiry, last, last)
    assert not expiry_notice_is_due(expiry, last + timedelta(days=1), expiry)


def test_the_latest_expiry_of_a_day_is_the_last_whose_window_is_open() -> None:
    """On each day of leap years and others: none is left out, and none is looked through in vain."""
    for passed in range(0, 366 * 3, 5):
        on = date(2026, 1, 1) + timedelta(days=passed)
        latest = last_expiry_due(on)
        assert expiry_notice_days(latest)[0] <= on
        assert expiry_notice_days(latest + timedelta(days=1))[0] > on


@pytest.mark.parametrize("stay", [None, *StayStatus])
def test_of_foreign_residents_only_those_whose_stay_has_no_end_get_it(stay: StayStatus | None) -> None:
    without_end = {StayStatus.PERMANENT, StayStatus.SPECIAL_PERMANENT, StayStatus.HIGHLY_SKILLED_2, None}
    codes = [each.code for each in expiry_notice_refusals(AddresseeFacts(stay=stay))]
    assert codes == ([] if stay in without_end else ["E_LETTER_STAY_ENDS"])


def test_nobody_gets_it_who_is_not_where_the_register_says() -> None:
    def codes(*, registered: bool = True, elsewhere: bool = False) -> list[str]:
        facts = AddresseeFacts(registered=registered, elsewhere=elsewhere)
        return [each.code for each in expiry_notice_refusals(facts)]

    assert codes(elsewhere=True) == ["E_LETTER_STAYS_ELSEWHERE"]
    assert codes(registered=False) == ["E_LETTER_NOT_REGISTERED"]
    assert codes(registered=False, elsewhere=True) == ["E_LETTER_NOT_REGISTERED"]


@pytest.mark.clause("S3-5")
def test_the_mailing_has_four_enclosures() -> None:
    assert enclosures() == (
        Enclosure.EXPIRY_NOTICE,
        Enclosure.LEAFLET,
        Enclosure.INQUIRY_FORM,
        Enclosure.INQUIRY_ENVELOPE,
    )


@pytest.mark.clause("S4-8.2", "S4-18.1")
def test_what_holders_are_told_by_letter() -> None:
    told = {ground: letter_about(ground) for ground in LapseGround if letter_about(ground)}
    assert told == {
        LapseGround.RECORD_ERROR: LetterKind.ERROR_NOTICE,
        LapseGround.LOSS_NOTICE: LetterKind.HOLD,
        LapseGround.REQUEST_OR_NOTICE: LetterKind.REVOCATION,
        LapseGround.KEY_LEAKED: LetterKind.REVOCATION,
        LapseGround.KEY_LOST: LetterKind.REVOCATION,
        LapseGround.KEY_DAMAGED: LetterKind.REVOCATION,
        LapseGround.KEY_COMPROMISE_NOTICE: LetterKind.REVOCATION,
    }


def test_an_answer_counts_to_the_end_of_its_last_day() -> None:
    answer_by = inquiry_answer_by(date(2026, 6, 2))
    assert answer_by == date(2026, 7, 2)
    assert inquiry_answer_by(date(2026, 6, 2), date(2026, 6, 20)) == date(2026, 6, 20)
    assert inquiry_answer_refusals(answer_by, answer_by) == ()
    late = inquiry_answer_refusals(answer_by, answer_by + timedelta(days=1))
    assert [each.code for each in late] == ["E_INQUIRY_OVER"]


def test_nothing_leads_back_to_where_it_would_be_printed_again() -> None:
    leads_back = [state for state, ways in TRANSITIONS.items() if DeliveryState.ORDERED in ways.values()]
    assert leads_back == [DeliveryState.WITHHELD]  # which was never printed
    assert DeliveryState.WITHHELD not in TRANSITIONS[DeliveryState.PRINTED].values()
    assert set(TRANSITIONS) == set(DeliveryState)
    assert [state for state, ways in TRANSITIONS.items() if DeliveryState.PRINTED in ways.values()] == [
        DeliveryState.ORDERED
    ]
