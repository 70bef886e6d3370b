"""What an event of the register ends: the whole table (法第12条・第31条、規則第17条・第20条・第53条)."""

from datetime import date

import pytest

from honnin.law.certificates.lapse import (
    EVENTS_OF_THE_REGISTER,
    MINOR_CHANGES,
    EntryChange,
    Event,
    ground_by_register,
)
from honnin.law.counter.notices import (
    ITEMS,
    MINOR_WRITINGS,
    Item,
    Notice,
    change_refusals,
    changes_by,
    ends_card_on_moving_in,
    latest_overdue_arrival,
)
from honnin.law.terms import LapseGround, Purpose

BEFORE, SINCE = date(2026, 5, 25), date(2026, 5, 26)
CHANGE, REMOVAL, CARD = (
    LapseGround.CHANGE_OF_ENTRY,
    LapseGround.REMOVAL_OF_ENTRY,
    LapseGround.CARD_INVALID,
)
TABLE: dict[Event, tuple[LapseGround | None, LapseGround | None]] = {
    # what it ends:             signature, user authentication
    Event.ENTRY_CORRECTED: (CHANGE, None),
    Event.MOVED_IN: (CHANGE, None),
    Event.MOVED_OUT_BY_NOTICE: (CHANGE, None),
    Event.MOVE_NOT_COMPLETED: (REMOVAL, REMOVAL),
    Event.MOVED_ABROAD: (REMOVAL, REMOVAL),
    Event.MOVED_ABROAD_WITH_CARD: (CHANGE, None),
    Event.SUPPLEMENT_REMOVED: (REMOVAL, REMOVAL),
    Event.REMOVED_OTHERWISE: (REMOVAL, REMOVAL),
    Event.CARD_LOST_VALIDITY: (CARD, CARD),
    Event.CARD_NOT_PRESENTED: (CARD, CARD),
    Event.ENTERED: (None, None),
    Event.PASSED_ON: (None, None),
    Event.TAKEN_OVER: (None, None),
}


def ended(event: Event, *changes: EntryChange, issued_on: date = SINCE) -> tuple[LapseGround | None, ...]:
    return tuple(
        ground_by_register(event, changes, purpose, issued_on)
        for purpose in (Purpose.SIGNATURE, Purpose.USER_AUTHENTICATION)
    )


@pytest.mark.clause("S4-8.1.1", "S0-28", "S1-E3a", "S1-E3c", "S2-3a", "S2-3c")
def test_each_event_ends_what_the_table_says() -> None:
    assert TABLE.keys() == EVENTS_OF_THE_REGISTER
    for event, expected in TABLE.items():
        changes = (EntryChange.NAME,) if event is Event.ENTRY_CORRECTED else ()
        assert ended(event, *changes) == expected


@pytest.mark.parametrize("change", EntryChange)
def test_a_correction_ends_the_signature_certificate_unless_it_is_minor(change: EntryChange) -> None:
    expected = None if change in MINOR_CHANGES else CHANGE
    assert ended(Event.ENTRY_CORRECTED, change) == (expected, None)
    before = None if change is EntryChange.FURIGANA else expected
    assert ended(Event.ENTRY_CORRECTED, change, issued_on=BEFORE) == (before, None)


def test_one_of_substance_among_minor_ones_is_enough() -> None:
    minor = sorted(MINOR_CHANGES)
    assert ended(Event.ENTRY_CORRECTED, *minor) == (None, None)
    assert ended(Event.ENTRY_CORRECTED, *minor, EntryChange.ALIAS) == (CHANGE, None)


@pytest.mark.parametrize("notice", ITEMS)
@pytest.mark.parametrize("item", Item)
def test_which_notice_changes_what(notice: Notice, item: Item) -> None:
    found = change_refusals(notice, {item}, SINCE, on=SINCE, born=BEFORE)
    expected = [] if item in ITEMS[notice] else ["E_ITEM_OF_ANOTHER_NOTICE"]
    assert [each.code for each in found] == expected


@pytest.mark.clause("S0-28")
@pytest.mark.parametrize("item", Item)
def test_what_no_certificate_carries_ends_none(item: Item) -> None:
    carried = {Item.NAME, Item.KANA, Item.BIRTH_DATE, Item.SEX, Item.FORMER_SURNAME, Item.ALIAS}
    changes = changes_by(Notice.CORRECTION, {item})
    assert (ended(Event.ENTRY_CORRECTED, *changes)[0] is CHANGE) is (item in carried)


def test_a_minor_correction_says_what_it_is() -> None:
    for writing in EntryChange:
        expected = (writing,) if writing in MINOR_WRITINGS else ()
        assert changes_by(Notice.MINOR_CORRECTION, {Item.NAME}, writing) == expected
    assert changes_by(Notice.MINOR_CORRECTION, {Item.NAME}) == ()


@pytest.mark.parametrize(
    ("left_on", "moved_in_on", "notified_on", "ends"),
    [
        ("2026-05-01", "2026-05-20", "2026-05-31", False),
        ("2026-05-01", "2026-05-20", "2026-06-01", True),
        ("2026-05-20", "2026-05-20", "2026-06-03", False),
        ("2026-05-20", "2026-05-20", "2026-06-04", True),
        ("2028-01-30", "2028-02-16", "2028-02-29", False),
        ("2028-01-30", "2028-02-16", "2028-03-01", True),
        ("2026-06-30", "2026-06-01", "2026-06-02", False),
    ],
)
def test_the_time_for_a_notice_of_moving_in(
    left_on: str, moved_in_on: str, notified_on: str, ends: bool
) -> None:
    days = (date.fromisoformat(each) for each in (left_on, moved_in_on, notified_on))
    assert ends_card_on_moving_in(*days) is ends


def test_ninety_days_are_counted_without_the_day_of_the_notice() -> None:
    assert latest_overdue_arrival(date(2026, 9, 1)) == date(2026, 6, 2)
    assert latest_overdue_arrival(date(2026, 8, 31)) == date(2026, 6, 1)
