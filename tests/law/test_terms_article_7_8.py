"""Terms arts. 7 and 8, Act arts. 9-15 and 28-34, Rules 17, 20 and 53: when certificates lapse."""

from datetime import date, timedelta

import pytest
from cryptography.x509 import ReasonFlags

from honnin.law.certificates.compromise import (
    ground_of_notice,
    known_after,
    may_issue_with,
    may_sign_lists_with,
)
from honnin.law.certificates.lapse import (
    GROUNDS_OF_EVENT,
    HOLDERS_GROUNDS,
    MINOR_CHANGES,
    REASONS,
    Duty,
    EntryChange,
    Event,
    crl_reason,
    duty_after_lapse,
    event_of_change,
    events_of_moving_out,
    ground_for_lapse,
    lapses,
    last_day_to_move_in,
    latest_overdue_move,
)
from honnin.law.certificates.record_error import purposes_in_error
from honnin.law.terms import Compromise, LapseGround, Purpose, RecordedItem

SIGNATURE, AUTHENTICATION = Purpose.SIGNATURE, Purpose.USER_AUTHENTICATION
ISSUED = date(2024, 4, 1)
LEAKAGE, LOSS, DAMAGE = Compromise


@pytest.mark.clause("S4-8.1.1", "S4-8.1.2", "S4-8.1.3", "act/13", "act/14", "act/32", "act/33")
@pytest.mark.parametrize(
    ("ground", "signature", "authentication"),
    [
        (LapseGround.CHANGE_OF_ENTRY, True, False),
        (LapseGround.REMOVAL_OF_ENTRY, True, True),
        (LapseGround.RECORD_ERROR, True, True),
        (LapseGround.ISSUER_KEY_COMPROMISE, True, True),
        (LapseGround.REQUEST_OR_NOTICE, True, True),
        (LapseGround.KEY_LEAKED, True, True),
        (LapseGround.KEY_LOST, True, True),
        (LapseGround.KEY_DAMAGED, True, True),
        (LapseGround.KEY_COMPROMISE_NOTICE, True, True),
        (LapseGround.LOSS_NOTICE, True, False),
        (LapseGround.CARD_INVALID, True, True),
        (LapseGround.RENEWAL, True, True),
        (LapseGround.NOT_DELIVERED, True, True),
    ],
)
def test_which_certificates_a_ground_ends(ground: LapseGround, signature: bool, authentication: bool) -> None:
    assert (lapses(ground, SIGNATURE), lapses(ground, AUTHENTICATION)) == (signature, authentication)


@pytest.mark.clause("S1-E3a", "S2-3a", "S1-E3c", "S2-3c")
@pytest.mark.parametrize("change", sorted(set(EntryChange) - MINOR_CHANGES - {EntryChange.FURIGANA}))
def test_a_change_of_the_attributes_ends_the_signature_certificate_and_never_the_other(
    change: EntryChange,
) -> None:
    event = event_of_change(change, ISSUED)
    assert ground_for_lapse(event, SIGNATURE) is LapseGround.CHANGE_OF_ENTRY
    assert ground_for_lapse(event, AUTHENTICATION) is None
    assert not lapses(LapseGround.CHANGE_OF_ENTRY, AUTHENTICATION)


@pytest.mark.clause("order/33", "order/34")
@pytest.mark.parametrize("change", [EntryChange.FORMER_SURNAME, EntryChange.ALIAS])
def test_a_former_surname_and_an_alias_count_like_the_name(change: EntryChange) -> None:
    assert event_of_change(change, ISSUED) is event_of_change(EntryChange.NAME, ISSUED)


@pytest.mark.clause("rules/20", "rules/80", "rules/81")
@pytest.mark.parametrize(
    "change",
    [
        EntryChange.STANDARD_CHARACTER,
        EntryChange.CHARACTER_IDENTIFIED,
        EntryChange.AREA_RENAMED,
        EntryChange.LOT_RENUMBERED,
        EntryChange.RESIDENCE_INDICATION,
        EntryChange.BUILDING_NAME,
        EntryChange.ACCEPTED_BY_MINISTER,
    ],
)
def test_a_minor_correction_ends_nothing(change: EntryChange) -> None:
    event = event_of_change(change, ISSUED)
    assert [ground_for_lapse(event, purpose) for purpose in Purpose] == [None, None]


@pytest.mark.clause("rules/20")
@pytest.mark.parametrize(
    ("change", "issued_on", "event"),
    [
        (EntryChange.FURIGANA, date(2026, 5, 25), Event.MINOR_CORRECTION),
        (EntryChange.FURIGANA, date(2026, 5, 26), Event.ENTRY_CORRECTED),
        (EntryChange.FURIGANA_FIRST_ENTRY, date(2026, 5, 26), Event.MINOR_CORRECTION),
        (EntryChange.NAME, date(2026, 5, 25), Event.ENTRY_CORRECTED),
    ],
)
def test_furigana_counts_for_certificates_that_record_it(
    change: EntryChange, issued_on: date, event: Event
) -> None:
    assert event_of_change(change, issued_on) is event


@pytest.mark.clause("S4-8.1.1", "act/12", "act/31", "rules/17", "rules/53")
@pytest.mark.parametrize(
    ("event", "signature", "authentication"),
    [
        (Event.MOVED_OUT_BY_NOTICE, LapseGround.CHANGE_OF_ENTRY, None),
        (Event.MOVED_ABROAD_SINCE_ISSUE, None, None),
        (Event.MOVE_NOT_COMPLETED, LapseGround.REMOVAL_OF_ENTRY, LapseGround.REMOVAL_OF_ENTRY),
        (Event.REMOVED_OTHERWISE, LapseGround.REMOVAL_OF_ENTRY, LapseGround.REMOVAL_OF_ENTRY),
        (Event.SUPPLEMENT_REMOVED, LapseGround.REMOVAL_OF_ENTRY, LapseGround.REMOVAL_OF_ENTRY),
        (Event.CARD_LOST_VALIDITY, LapseGround.CARD_INVALID, LapseGround.CARD_INVALID),
    ],
)
def test_what_register_and_card_tell(
    event: Event, signature: LapseGround | None, authentication: LapseGround | None
) -> None:
    assert ground_for_lapse(event, SIGNATURE) is signature
    assert ground_for_lapse(event, AUTHENTICATION) is authentication


@pytest.mark.clause("act/31", "card-order/14")
@pytest.mark.parametrize(
    ("on", "moved_on"),
    [
        (date(2026, 7, 3), date(2026, 6, 2)),
        (date(2026, 3, 31), date(2026, 2, 28)),
        (date(2028, 3, 31), date(2028, 2, 29)),
    ],
)
def test_thirty_days_are_there_to_move_in(on: date, moved_on: date) -> None:
    assert latest_overdue_move(on) == moved_on
    assert (on - moved_on).days == 31
    assert last_day_to_move_in(moved_on) == on - timedelta(days=1)
    overdue = (Event.MOVED_OUT_BY_NOTICE, Event.MOVE_NOT_COMPLETED)
    assert events_of_moving_out(moved_on, on) == overdue
    assert events_of_moving_out(moved_on + timedelta(days=1), on) == overdue[:1]


def test_the_time_to_move_in_is_one_limit_in_both_directions() -> None:
    for day in range(4 * 366):
        moved_on = date(2027, 1, 1) + timedelta(days=day)
        end = last_day_to_move_in(moved_on)
        assert latest_overdue_move(end) < moved_on == latest_overdue_move(end + timedelta(days=1))


def test_a_ground_given_by_an_event_ends_the_certificate_it_is_given_for() -> None:
    given = [(ground, purpose) for row in GROUNDS_OF_EVENT.values() for purpose, ground in row.items()]
    assert given
    assert all(lapses(ground, purpose) for ground, purpose in given)


@pytest.mark.parametrize(
    ("ground", "reason"),
    [
        (LapseGround.CHANGE_OF_ENTRY, "affiliationChanged"),
        (LapseGround.REMOVAL_OF_ENTRY, "cessationOfOperation"),
        (LapseGround.REQUEST_OR_NOTICE, "cessationOfOperation"),
        (LapseGround.RENEWAL, "superseded"),
        (LapseGround.NOT_DELIVERED, "unspecified"),
        (LapseGround.KEY_LEAKED, "keyCompromise"),
        (LapseGround.KEY_LOST, "keyCompromise"),
        (LapseGround.KEY_DAMAGED, "keyCompromise"),
        (LapseGround.KEY_COMPROMISE_NOTICE, "keyCompromise"),
        (LapseGround.LOSS_NOTICE, "keyCompromise"),
        (LapseGround.ISSUER_KEY_COMPROMISE, "cACompromise"),
    ],
)
def test_what_the_revocation_list_says(ground: LapseGround, reason: str) -> None:
    assert crl_reason(ground) == reason


def test_every_ground_has_a_reason_that_rfc_5280_knows_and_that_is_final() -> None:
    assert set(REASONS) == set(LapseGround)
    known = {flag.value for flag in ReasonFlags} - {"certificateHold", "removeFromCRL"}
    assert set(REASONS.values()) <= known


@pytest.mark.clause("S4-8.3", "act/15", "act/34")
@pytest.mark.parametrize("ground", list(LapseGround))
def test_an_error_is_told_the_holder_and_a_leaked_issuer_key_the_public(ground: LapseGround) -> None:
    told = {
        LapseGround.RECORD_ERROR: Duty.NOTIFY_HOLDER,
        LapseGround.ISSUER_KEY_COMPROMISE: Duty.PUBLISH,
    }
    assert duty_after_lapse(ground) is told.get(ground, Duty.NONE)


@pytest.mark.clause("S4-8.1.2", "S4-3.4", "act/13", "act/32")
@pytest.mark.parametrize("item", RecordedItem)
def test_an_error_ends_the_certificates_that_record_the_item(item: RecordedItem) -> None:
    attributes = {RecordedItem.NAME, RecordedItem.BIRTH_DATE, RecordedItem.SEX, RecordedItem.ADDRESS}
    expected = {SIGNATURE} if item in attributes else {SIGNATURE, AUTHENTICATION}
    assert purposes_in_error(item) == expected
    assert all(lapses(LapseGround.RECORD_ERROR, purpose) for purpose in expected)


# — A compromised key (terms 1(3)(3)) —————————————————————————————————————————————————————————————————


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
