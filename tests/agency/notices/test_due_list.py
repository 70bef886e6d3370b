"""Who of a municipality is due for renewal: its own residents, page by page, by few questions."""

from datetime import date, timedelta

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from honnin.agency.notices.due_list import renewals_due
from honnin.agency.notices.models import Letter
from honnin.agency.records.models import IssuanceRecord
from honnin.clock import day_in_japan
from honnin.errors import NotAllowed
from honnin.identifiers import MunicipalityCode, PersonCode
from honnin.law.certificates.notices import (
    DeliveryState,
    LetterStanding,
    RenewalPhase,
    expiries_in,
    letter_standing,
)
from honnin.law.certificates.status import Status
from honnin.law.terms import Purpose
from honnin.law.validity import renewal_refusals
from honnin.municipality.residents.addressees import tell_addresses
from honnin.simulator.town import HERE, NEXT_DOOR
from honnin.wire.line import line_to
from honnin.wire.messages.notices import DUE_ON_ONE_PAGE, AskRenewalsDue, DuePlace
from tests.support.agency.letters import holders_due
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")
ON = date(2026, 6, 2)
OPEN, COMING, LAPSED = RenewalPhase


@pytest.mark.clause("S4-6")
def test_the_phases_are_what_the_window_says() -> None:
    for on in (ON, date(2027, 2, 28), date(2028, 2, 29), date(2026, 11, 30)):
        first, last = expiries_in(OPEN, on)
        assert (first, renewal_refusals(last, on)) == (on, ())
        assert renewal_refusals(last + timedelta(1), on)
        soon, latest = expiries_in(COMING, on)
        assert soon == last + timedelta(1)
        assert renewal_refusals(latest, on + timedelta(92)) == ()
        assert expiries_in(LAPSED, on)[1] == on - timedelta(1)


def test_every_state_of_a_letter_has_its_word() -> None:
    assert {letter_standing(each) for each in (None, *DeliveryState)} == set(LetterStanding)


def record(number: int, expiry: date, purpose: Purpose = Purpose.SIGNATURE, **more: object) -> IssuanceRecord:
    """One of somebody of whom the agency has no card."""
    usual: dict[str, object] = {
        "purpose": purpose,
        "serial_number": 10**9 + number,
        "issuer_key_id": "00",
        "certificate": b"",
        "application_number": f"99101-20260602-{number:06d}",
        "person_code": f"99{number:09d}",
        "card_number": "",
        "municipality_code": HERE,
        "issued_at": "2021-06-02T00:00:00Z",
        "delivered_at": "2021-06-02T00:00:00Z",
        "expiry_date": expiry,
        "status_changed_at": "2021-06-02T00:00:00Z",
    }
    return IssuanceRecord(**(usual | more))


def walked(
    phase: RenewalPhase, letter: LetterStanding | None = None, place: MunicipalityCode = HERE
) -> list[PersonCode]:
    """Everybody of the list, page by page, each of which takes four questions."""
    found, after = list[PersonCode](), None
    while True:
        with CaptureQueriesContext(connections["agency"]) as questions:
            page = renewals_due(place, AskRenewalsDue(phase, letter, after), ON)
        assert len(questions) <= 4
        assert len(page.persons) <= DUE_ON_ONE_PAGE
        found += [each.person_code for each in page.persons]
        if page.next is None:
            return found
        after = page.next


@pytest.mark.alters_records
def test_page_by_page_everybody_comes_once(town: Town) -> None:
    days = [ON + timedelta(each % 7) for each in range(3 * DUE_ON_ONE_PAGE)]
    own = [record(each, day) for each, day in enumerate(days)]
    both = [
        record(
            500 + each,
            days[each] + timedelta(1),
            Purpose.USER_AUTHENTICATION,
            person_code=own[each].person_code,
        )
        for each in range(10)
    ]
    others = [record(1000 + each, day, municipality_code=NEXT_DOOR) for each, day in enumerate(days)]
    IssuanceRecord.objects.bulk_create([*own, *both, *others])
    found = walked(OPEN)
    assert found == [
        each.person_code for each in sorted(own, key=lambda each: (each.expiry_date, each.person_code))
    ]
    assert walked(OPEN, place=NEXT_DOOR) == [
        each.person_code for each in sorted(others, key=lambda each: (each.expiry_date, each.person_code))
    ]
    assert walked(COMING) == walked(LAPSED) == []


@pytest.mark.alters_records
@pytest.mark.parametrize("phase", [OPEN, LAPSED])
def test_the_way_back_comes_by_the_same_pages(town: Town, phase: RenewalPhase) -> None:
    first = ON if phase is OPEN else ON - timedelta(30)
    days = [first + timedelta(each % 7) for each in range(3 * DUE_ON_ONE_PAGE + 5)]
    IssuanceRecord.objects.bulk_create(record(each, day) for each, day in enumerate(days))
    pages = [renewals_due(HERE, AskRenewalsDue(phase), ON)]
    while pages[-1].next is not None:
        pages.append(renewals_due(HERE, AskRenewalsDue(phase, after=pages[-1].next), ON))
    assert [len(page.persons) for page in pages] == [DUE_ON_ONE_PAGE] * 3 + [5]
    assert pages[0].previous is None
    back = [pages[-1]]
    while back[-1].previous is not None:
        back.append(renewals_due(HERE, AskRenewalsDue(phase, before=back[-1].previous), ON))
    assert [page.persons for page in reversed(back)] == [page.persons for page in pages]
    assert [page.next for page in reversed(back)] == [page.next for page in pages]


@pytest.mark.alters_records
def test_who_is_in_which_phase(town: Town) -> None:
    last = expiries_in(OPEN, ON)[1]
    day = timedelta(1)
    IssuanceRecord.objects.bulk_create(
        [
            record(1, ON),
            record(2, last, status=Status.HELD),
            record(3, last + day),
            record(4, ON - day),
            record(5, ON - 30 * day),
            record(6, ON, delivered_at=None),
            record(7, ON, status=Status.REVOKED, effective=False),
            record(8, ON - day, effective=False),  # a later one was issued
            record(9, last, Purpose.SIGNATURE),
            record(10, last + day, Purpose.USER_AUTHENTICATION, person_code=f"99{9:09d}"),
            record(11, expiries_in(COMING, ON)[1] + day),
        ]
    )

    def people(phase: RenewalPhase) -> list[int]:
        return [int(each[2:]) for each in walked(phase)]

    assert people(OPEN) == [1, 2, 9]
    assert people(COMING) == [3]
    assert people(LAPSED) == [4, 5]
    (page,) = [renewals_due(HERE, AskRenewalsDue(OPEN, after=DuePlace(last, PersonCode(f"99{2:09d}"))), ON)]
    assert [each.certificates[0].purpose for each in page.persons] == [Purpose.SIGNATURE]


def test_a_municipality_hears_of_its_own_residents(town: Town) -> None:
    (holder,) = holders_due(town)
    own = line_to("agency", HERE).ask(AskRenewalsDue(OPEN), "hanako")
    (due,) = own.persons
    assert due.person_code == holder.code
    assert {each.purpose for each in due.certificates} == set(Purpose)
    assert holder.code not in repr(own)
    assert line_to("agency", NEXT_DOOR).ask(AskRenewalsDue(OPEN), "taro").persons == ()
    with pytest.raises(NotAllowed, match="E_ROLE_NOT_ALLOWED"):
        line_to("agency").ask(AskRenewalsDue(OPEN), "kiosk")


@pytest.mark.alters_records
def test_the_list_is_asked_by_what_became_of_the_letter(town: Town) -> None:
    (holder,) = holders_due(town)
    today = day_in_japan(town.clock.now())

    def people(letter: LetterStanding) -> list[PersonCode]:
        found = renewals_due(HERE, AskRenewalsDue(OPEN, letter), today).persons
        assert all(each.letter is letter for each in found)
        return [each.person_code for each in found]

    assert people(LetterStanding.NONE) == [holder.code]
    tell_addresses(town.clock.now())
    assert people(LetterStanding.UNDERWAY) == [holder.code]
    for state in DeliveryState:
        Letter.objects.update(state=state, sha256="0" * 64)
        standing = letter_standing(state)
        assert [each for each in LetterStanding if people(each)] == [standing]
