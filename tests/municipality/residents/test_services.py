"""The register: an invented population, looking people up, and telling the agency of changes."""

from collections import Counter
from datetime import date, timedelta

import pytest

from honnin.agency.records.models import StatusChange
from honnin.errors import Conflict, NotAllowed, Refused, Unavailable
from honnin.identifiers import MunicipalityCode
from honnin.law.calendar import age_on
from honnin.law.counter.notices import Notice
from honnin.law.names.characters import needs_substitute
from honnin.law.terms import Purpose
from honnin.law.validity import Stay, StayStatus
from honnin.municipality.residents.entries import ResidentEntry
from honnin.municipality.residents.models import ChangeReport, Departure, Resident
from honnin.municipality.residents.queries import MOST_HITS, find_residents, history_of, read_question
from honnin.municipality.residents.services import (
    deliver_reports,
    record_change_of_address,
    record_move_out,
    record_removal,
)
from honnin.simulator.brought import AUTHENTICATION
from honnin.simulator.installation import fill_register
from honnin.simulator.population import MUNICIPALITIES, invent
from honnin.simulator.rarities import EVERY
from honnin.sites.lines.wiring import connect_in_process
from honnin.wire.line import Line, Message, Sender, plug, plugged
from tests.support.agency.speaking import OneLine, R
from tests.support.agency.unplugged import Unplugged
from tests.support.instants import NOW
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")

TODAY = date(2026, 6, 2)
NEW_ADDRESS = "みほん県みほん市架空が丘７－７－７"


# — The population ————————————————————————————————————————————————————————————————————————————————————


def test_the_same_seed_gives_the_same_people() -> None:
    people = list(invent(200, on=TODAY, seed=7))
    assert people == list(invent(200, on=TODAY, seed=7))
    assert people[:50] == list(invent(50, on=TODAY, seed=7))
    assert people != list(invent(200, on=TODAY, seed=8))


def test_nobody_in_it_can_be_taken_for_a_real_person() -> None:
    people = list(invent(500, on=TODAY))
    assert len({person.person_code for person in people}) == 500
    assert all(person.person_code.startswith("99") and len(person.person_code) == 11 for person in people)
    assert all(place.code.startswith("99") for place in MUNICIPALITIES)
    assert all(person.address.startswith("みほん県") for person in people)
    spread = Counter(person.municipality_code for person in people)
    assert set(spread) == {place.code for place in MUNICIPALITIES}
    assert min(spread.values()) > 160


def test_it_has_children_the_old_and_names_that_need_substitutes() -> None:
    people = list(invent(500, on=TODAY))
    ages = [TODAY.year - person.birth_date.year for person in people]
    assert min(ages) < 15
    assert max(ages) > 90
    assert all(person.birth_date < TODAY for person in people)
    assert any("髙" in person.name for person in people)


def at_numbers(last_digits: int, count: int = 300) -> list[ResidentEntry]:
    """Those of the population who stand at these numbers of each fifty."""
    return [person for n, person in enumerate(invent(count, on=TODAY)) if n % EVERY == last_digits]


def in_jis_x_0213(text: str) -> bool:
    return text.encode("euc_jis_2004", "ignore").decode("euc_jis_2004") == text


def test_rare_characters_are_there_to_be_met() -> None:
    """Variation selectors, characters of no JIS standard, and such as a certificate cannot record."""
    selected, beyond_jis, beyond_certificates = (at_numbers(each) for each in (8, 12, 30))
    assert all(any("\U000e0100" <= c <= "\U000e01ef" for c in person.name) for person in selected)
    assert not any(in_jis_x_0213(person.name) for person in beyond_jis)
    assert all(in_jis_x_0213(person.name) for person in beyond_certificates)
    assert all(needs_substitute(each.name) for each in (*selected, *beyond_jis, *beyond_certificates))
    for several in (selected, beyond_jis, beyond_certificates):
        assert len({person.name for person in several}) == 5
    assert any(ord(c) > 0xFFFF for person in beyond_jis for c in person.name)


def test_namesakes_and_twins() -> None:
    for first, same_name, same_person in zip(at_numbers(27), at_numbers(33), at_numbers(36), strict=True):
        assert {each.name for each in (same_name, same_person)} == {first.name}
        assert same_name.birth_date != first.birth_date == same_person.birth_date
        assert len({each.person_code for each in (first, same_name, same_person)}) == 3
        assert len({each.municipality_code for each in (first, same_name, same_person)}) == 1
    for one, other in zip(at_numbers(21), at_numbers(24), strict=True):
        assert (one.birth_date, one.address) == (other.birth_date, other.address)
        assert one.name.split("　")[0] == other.name.split("　")[0]
        assert one.name != other.name
        assert one.municipality_code == other.municipality_code


@pytest.mark.parametrize(
    "on", [TODAY, date(2024, 2, 28), date(2024, 2, 29), date(2025, 2, 28), date(2025, 1, 1)]
)
def test_ages_to_the_day(on: date) -> None:
    people = list(invent(50, on=on))
    assert (people[15].birth_date.month, people[15].birth_date.day) == (2, 29)
    assert people[18].birth_date == on - timedelta(days=1)
    infant, fifteen, fourteen = (people[each].birth_date for each in (19, 42, 43))
    assert (age_on(infant, on), age_on(infant, on + timedelta(days=2))) == (0, 1)
    assert (age_on(fifteen, on), age_on(fourteen, on)) == (15, 14)
    assert age_on(people[39].birth_date, on) == 40
    assert people[39].adult_ward
    assert all(person.birth_date < on for person in people)


def test_foreign_residents_have_a_stay_and_some_an_alias() -> None:
    foreign = at_numbers(46, 700)
    for person in foreign:
        Stay(StayStatus(person.stay_status), person.stay_until)  # goes together
    assert {bool(person.stay_until) for person in foreign} == {True, False}
    assert any(person.alias for person in foreign)
    assert all(person.former_surname for person in at_numbers(45))


def test_settling_fills_the_register_once_with_places_and_people() -> None:
    people = list(invent(30, on=TODAY))
    assert fill_register(people, at=NOW) == 30
    assert Resident.objects.count() == 30
    resident = Resident.objects.get(person_code=people[4].person_code)
    four = resident.basic_four()
    assert (four.name, four.birth_date, four.sex, four.address) == (
        people[4].name,
        people[4].birth_date,
        people[4].sex,
        people[4].address,
    )


# — Looking up ————————————————————————————————————————————————————————————————————————————————————————


def asked(text: str) -> list[Resident]:
    """Whom a clerk of 99101 finds."""
    return find_residents(read_question(text), own=MunicipalityCode("99101"))


@pytest.fixture
def people(town: Town) -> dict[str, Resident]:
    return {
        "hanako": town.move_in(name="見本　花子", kana="ミホン　ハナコ"),
        "taro": town.move_in(name="見本　太郎", kana="ミホン　タロウ"),
        "other": town.move_in(name="例示　花子", kana="レイジ　ハナコ"),
    }


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("見本", {"hanako", "taro"}),
        ("花子", {"hanako", "other"}),
        ("見本 花子", {"hanako"}),
        ("見本　花子", {"hanako"}),
        ("  花子   見本 ", {"hanako"}),
        ("みほん", {"hanako", "taro"}),
        ("ミホン たろう", {"taro"}),
        ("ﾐﾎﾝ ﾊﾅｺ", {"hanako"}),
        ("99000000002", {"taro"}),
        ("９９００００００００２", {"taro"}),
        ("9900000000", set()),
        ("誰も", set()),
        ("", set()),
        ("　", set()),
        ("%", set()),
        ("_", set()),
        ("' OR 1=1 --", set()),
    ],
)
def test_people_are_found_by_name_reading_or_code(
    people: dict[str, Resident], question: str, found: set[str]
) -> None:
    assert set(asked(question)) == {people[name] for name in found}


def test_who_left_is_not_found(town: Town, people: dict[str, Resident]) -> None:
    record_removal(people["taro"], TODAY, clerk="hanako", at=town.clock.now())
    assert asked("見本") == [people["hanako"]]


def test_too_many_hits_are_cut_by_reading(town: Town) -> None:
    for number in range(MOST_HITS + 5):
        town.move_in(name="見本　多数", kana=f"ミホン　{chr(0x30A2 + number)}")
    found = asked("多数")
    assert len(found) == MOST_HITS
    assert [person.kana for person in found] == sorted(person.kana for person in found)


# — Changes ———————————————————————————————————————————————————————————————————————————————————————————


def statuses(town: Town, holder: Holder) -> dict[Purpose, str]:
    return {purpose: record.status for purpose, record in town.records(holder).items()}


@pytest.mark.clause("S4-8.1.1", "S4-8.1.2")
def test_a_change_of_address_ends_the_signature_certificate_only(town: Town) -> None:
    holder = town.with_certificates()
    state = record_change_of_address(holder.resident, NEW_ADDRESS, clerk="hanako", at=town.clock.now())
    assert statuses(town, holder) == {Purpose.SIGNATURE: "revoked", Purpose.USER_AUTHENTICATION: "good"}
    assert Resident.objects.get(pk=holder.code).address == NEW_ADDRESS
    assert state is not None
    assert {each.purpose: each.status for each in state.certificates} == statuses(town, holder)
    assert ChangeReport.objects.get().delivered


@pytest.mark.clause("S4-8.1.1")
def test_a_removal_ends_both(town: Town) -> None:
    holder = town.with_certificates()
    record_removal(holder.resident, TODAY, clerk="hanako", at=town.clock.now())
    assert set(statuses(town, holder).values()) == {"revoked"}
    assert Resident.objects.get(pk=holder.code).removed_on == TODAY


def test_what_stood_before_is_kept_with_its_day_and_its_notice(town: Town) -> None:
    resident = town.move_in(address="みほん県みほん市見本町１")
    record_change_of_address(resident, NEW_ADDRESS, moved_on=TODAY, clerk="hanako", at=town.clock.now())
    record_removal(resident, TODAY, clerk="hanako", at=town.clock.now())
    death, move = history_of(resident)
    assert move.before == {"address": "みほん県みほん市見本町１", "address_since": None}
    assert (move.notice, move.on, move.clerk) == (Notice.MOVE_WITHIN, TODAY, "hanako")
    assert death.before == {"removed_on": None}
    assert (death.notice, death.on) == (Notice.DEATH, TODAY)


def test_a_change_of_somebody_without_any_certificate_is_taken_too(town: Town) -> None:
    for resident in (town.move_in(), town.holder().resident):
        record_change_of_address(resident, NEW_ADDRESS, clerk="hanako", at=town.clock.now())
    assert not ChangeReport.objects.filter(delivered=False).exists()


def test_a_change_is_kept_when_the_agency_is_away_and_delivered_later(town: Town) -> None:
    holder, other = town.with_certificates(), town.with_certificates()
    plug("agency", Unplugged())
    for each in (holder, other):
        with pytest.raises(Unavailable):
            record_change_of_address(each.resident, NEW_ADDRESS, clerk="hanako", at=town.clock.now())
        assert Resident.objects.get(pk=each.code).address == NEW_ADDRESS
        assert statuses(town, each)[Purpose.SIGNATURE] == "good"
    with pytest.raises(Unavailable):
        deliver_reports(town.clock.now())
    assert ChangeReport.objects.filter(delivered=False).count() == 2
    connect_in_process(town.clock)
    assert deliver_reports(town.clock.now()) == 2
    assert {statuses(town, each)[Purpose.SIGNATURE] for each in (holder, other)} == {"revoked"}
    assert deliver_reports(town.clock.now()) == 0


@pytest.mark.alters_records
def test_a_report_heard_but_not_marked_is_told_again_and_changes_nothing(town: Town) -> None:
    holder = town.with_certificates()
    record_change_of_address(holder.resident, NEW_ADDRESS, clerk="hanako", at=town.clock.now())
    ChangeReport.objects.update(delivered=False)
    assert deliver_reports(town.clock.now()) == 1
    assert StatusChange.objects.count() == 1


@pytest.mark.alters_records
def test_a_report_that_the_agency_does_not_take_holds_up_no_other(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    foreign, own = town.with_certificates(), town.with_certificates(AUTHENTICATION)
    # Entered at the wrong place: the agency knows this holder as another municipality's.
    Resident.objects.filter(pk=foreign.code).update(municipality_id="99102")
    foreign.resident.refresh_from_db()
    with pytest.raises(NotAllowed, match="E_OFFICE_WRONG"):
        record_change_of_address(foreign.resident, NEW_ADDRESS, clerk="taro", at=town.clock.now())
    plug("agency", Unplugged())
    with pytest.raises(Unavailable):
        record_removal(own.resident, TODAY, clerk="hanako", at=town.clock.now())
    connect_in_process(town.clock)
    assert deliver_reports(town.clock.now()) == 1
    assert statuses(town, own) == {Purpose.USER_AUTHENTICATION: "revoked"}
    assert ChangeReport.objects.get(delivered=False).resident_id == foreign.code
    assert "E_OFFICE_WRONG" in caplog.text
    assert foreign.code not in caplog.text


def test_a_municipality_without_a_line_holds_up_no_other(town: Town) -> None:
    class OneIsMissing:
        def of(self, municipality_code: MunicipalityCode | None) -> Line:
            if municipality_code == "99102":
                raise Unavailable("E_LINE_MISSING", party="99102")
            return in_process.of(municipality_code)

    in_process = plugged("agency")
    next_door = town.move_in(municipality_id="99102", address="みほん県ためし市１")
    here = [town.move_in() for _ in range(2)]
    plug("agency", Unplugged())
    for resident in (here[0], next_door, here[1]):
        with pytest.raises(Unavailable):
            record_removal(resident, TODAY, clerk="hanako", at=town.clock.now())
    plug("agency", OneIsMissing())
    with pytest.raises(Unavailable, match="E_LINE_MISSING"):
        deliver_reports(town.clock.now())
    assert ChangeReport.objects.get(delivered=False).resident_id == next_door.pk
    connect_in_process(town.clock)
    assert deliver_reports(town.clock.now()) == 1


def test_a_change_that_cannot_be_reported_is_not_lost_with_a_conflict(town: Town) -> None:
    class Busy(OneLine):
        def ask(self, sender: Sender, message: Message[R]) -> R:
            raise Conflict("E_CERT_REVOKED")

    holder = town.with_certificates()
    plug("agency", Busy())
    with pytest.raises(Conflict):
        record_change_of_address(holder.resident, NEW_ADDRESS, clerk="hanako", at=town.clock.now())
    assert deliver_reports(town.clock.now()) == 0
    connect_in_process(town.clock)
    assert deliver_reports(town.clock.now()) == 1


def test_a_second_notice_from_another_window_is_refused_whole(town: Town) -> None:
    resident = town.move_in()
    stale = Resident.objects.get(pk=resident.pk)
    record_move_out(resident, "ほかの県ほかの市１", TODAY, clerk="hanako", at=town.clock.now())
    with pytest.raises(Refused, match="E_MOVED_OUT"):
        record_move_out(stale, "ほかの県ほかの市２", TODAY, clerk="taro", at=town.clock.now())
    with pytest.raises(Refused, match="E_MOVED_OUT"):
        record_change_of_address(stale, "みほん県みほん市１", clerk="taro", at=town.clock.now())
    assert Departure.objects.get(resident=resident).destination == "ほかの県ほかの市１"
