"""The leaflet of 2012-03: how the Juki card's certificate is obtained, how long it lasts, its secrets."""

from datetime import date, timedelta

import pytest

from honnin.law.cards.pins import PinKind, pin_format_refusals, pin_of_key, pin_use_refusals, tries_left
from honnin.law.certificates.lapse import EntryChange, event_of_change, ground_for_lapse, lapses
from honnin.law.counter.channels import Channel
from honnin.law.fees import FeeOccasion, certificate_fee
from honnin.law.terms import Generation, LapseGround, Purpose
from honnin.law.validity import juki_card_expiry, juki_certificate_expiry, renewal_opens_on, renewal_refusals
from honnin.pin import Pin
from tests.law.specimen import BOTH, NO_EVIDENCE, SIGNATURE, application, codes, juki_application

JUKI = Generation.JUKI_CARD


@pytest.mark.clause("S0-13")
@pytest.mark.parametrize(
    ("created_on", "last_day"),
    [(date(2015, 12, 28), date(2025, 12, 27)), (date(2012, 2, 29), date(2022, 2, 28))],
)
def test_a_juki_card_is_valid_for_ten_years(created_on: date, last_day: date) -> None:
    assert juki_card_expiry(created_on) == last_day


@pytest.mark.clause("S0-16")
@pytest.mark.parametrize(
    ("issued_on", "last_day"),
    [
        (date(2015, 12, 22), date(2018, 12, 21)),
        (date(2012, 3, 1), date(2015, 2, 28)),
        (date(2012, 2, 29), date(2015, 2, 28)),
    ],
)
def test_a_certificate_is_valid_for_three_years_from_its_issue(issued_on: date, last_day: date) -> None:
    assert juki_certificate_expiry(issued_on) == last_day


@pytest.mark.clause("S0-26")
@pytest.mark.parametrize(
    ("expiry", "opens_on"),
    [(date(2013, 3, 31), date(2012, 12, 31)), (date(2014, 2, 28), date(2013, 11, 28))],
)
def test_it_is_renewed_from_the_day_three_months_before_and_starts_anew(expiry: date, opens_on: date) -> None:
    day_before = opens_on - timedelta(days=1)
    assert renewal_opens_on(expiry, generation=JUKI) == opens_on
    (closed,) = renewal_refusals(expiry, day_before, generation=JUKI)
    assert (closed.code, closed.clauses) == ("E_WINDOW_CLOSED", ("S0-26",))
    assert renewal_refusals(expiry, opens_on, generation=JUKI) == ()
    assert [r.code for r in renewal_refusals(expiry, opens_on)] == ["E_WINDOW_CLOSED"]
    assert juki_certificate_expiry(date(2012, 12, 31)) == date(2015, 12, 30)


@pytest.mark.clause("S0-15", "S0-26")
@pytest.mark.parametrize("occasion", [FeeOccasion.FIRST_ISSUE, FeeOccasion.RENEWAL, FeeOccasion.OWN_FAULT])
def test_issue_and_renewal_cost_500_yen(occasion: FeeOccasion) -> None:
    assert certificate_fee(JUKI, occasion) == 500


def test_no_kiosk_resets_a_juki_card() -> None:
    with pytest.raises(ValueError, match="no kiosk"):
        certificate_fee(JUKI, FeeOccasion.KIOSK_RESET)


@pytest.mark.clause("S0-22")
@pytest.mark.parametrize(
    ("kind", "text", "fits"),
    [
        (PinKind.CARD, "0123", True),
        (PinKind.CARD, "012", False),
        (PinKind.CARD, "01234", False),
        (PinKind.CARD, "012a", False),
        (PinKind.SIGNATURE, "abc", False),
        (PinKind.SIGNATURE, "abcd", True),
        (PinKind.SIGNATURE, "1234", True),
        (PinKind.SIGNATURE, "Abcdefgh12345678", True),
        (PinKind.SIGNATURE, "Abcdefgh123456789", False),
        (PinKind.SIGNATURE, "abc-", False),
        (PinKind.SIGNATURE, "abcé", False),
    ],
)
def test_two_secrets_four_digits_and_four_to_sixteen_letters_and_digits(
    kind: PinKind, text: str, fits: bool
) -> None:
    refused = [refusal.code for refusal in pin_format_refusals(Pin(text), kind, JUKI)]
    assert refused == ([] if fits else ["E_PIN_FORMAT"])


@pytest.mark.clause("S0-22")
def test_the_card_has_no_authentication_pin() -> None:
    refused = pin_format_refusals(Pin("1234"), PinKind.USER_AUTHENTICATION, JUKI)
    assert [refusal.code for refusal in refused] == ["E_PIN_SCOPE"]


@pytest.mark.clause("S0-23")
def test_only_the_certificate_password_authorises_a_signature() -> None:
    assert pin_of_key(Purpose.SIGNATURE, JUKI) is PinKind.SIGNATURE
    with pytest.raises(KeyError):
        pin_of_key(Purpose.USER_AUTHENTICATION, JUKI)


@pytest.mark.clause("S0-25")
@pytest.mark.parametrize("kind", [PinKind.SIGNATURE, PinKind.CARD])
def test_a_secret_is_blocked_by_five_wrong_entries_in_a_row(kind: PinKind) -> None:
    assert [tries_left(failures, kind, JUKI) for failures in range(7)] == [5, 4, 3, 2, 1, 0, 0]
    assert pin_use_refusals(4, kind, JUKI) == ()
    assert [refusal.code for refusal in pin_use_refusals(5, kind, JUKI)] == ["E_PIN_LOCKED"]


@pytest.mark.clause("S0-27")
def test_a_revocation_application_ends_a_certificate() -> None:
    assert lapses(LapseGround.REQUEST_OR_NOTICE, Purpose.SIGNATURE)


@pytest.mark.clause("S0-28")
@pytest.mark.parametrize(
    "change", [EntryChange.NAME, EntryChange.BIRTH_DATE, EntryChange.SEX, EntryChange.ADDRESS]
)
def test_a_change_of_any_of_the_four_attributes_ends_a_certificate(change: EntryChange) -> None:
    event = event_of_change(change, date(2012, 3, 1))
    ground = ground_for_lapse(event, Purpose.SIGNATURE)
    assert ground is LapseGround.CHANGE_OF_ENTRY
    assert lapses(ground, Purpose.SIGNATURE)


@pytest.mark.clause("S0-8")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"channel": Channel.CARD_APPLICATION}, ["E_CHANNEL_NOT_ALLOWED"]),
        ({"channel": Channel.ONLINE}, ["E_CHANNEL_NOT_ALLOWED"]),
        ({"purposes": BOTH}, ["E_PURPOSE_NOT_ALLOWED"]),
    ],
)
def test_the_juki_card_has_one_kind_and_one_channel(changes: dict[str, object], expected: list[str]) -> None:
    assert codes(juki_application(**changes), date(2012, 3, 1)) == expected


@pytest.mark.clause("S0-14")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"form_complete": False}, "E_FORM_INCOMPLETE"),
        ({"card": None}, "E_CARD_NONE"),
        ({"identity": NO_EVIDENCE}, "E_ID_DOC_MISSING"),
    ],
)
def test_form_card_and_identity_document(changes: dict[str, object], expected: str) -> None:
    assert codes(juki_application(**changes), date(2012, 3, 1)) == [expected]


@pytest.mark.clause("S0-8")
@pytest.mark.parametrize(
    ("generation", "on", "open_"),
    [
        (Generation.JUKI_CARD, date(2004, 1, 28), False),
        (Generation.JUKI_CARD, date(2004, 1, 29), True),
        (Generation.JUKI_CARD, date(2015, 12, 22), True),
        (Generation.JUKI_CARD, date(2015, 12, 23), False),
        (Generation.NUMBER_CARD, date(2015, 12, 31), False),
        (Generation.NUMBER_CARD, date(2016, 1, 1), True),
    ],
)
def test_each_generation_is_issued_in_its_time(generation: Generation, on: date, open_: bool) -> None:
    facts = application(generation=generation, purposes=frozenset({SIGNATURE}))
    assert codes(facts, on) == ([] if open_ else ["E_GENERATION_CLOSED"])
