"""Areas that have another name or another municipality: all their entries at once, each once."""

from datetime import date, timedelta
from functools import partial

import pytest

from honnin.agency.card_register.queries import cards_of
from honnin.agency.notices.models import Letter
from honnin.agency.revocation.models import Feed
from honnin.agency.revocation.services import hold
from honnin.errors import Conflict, Refused, Unavailable
from honnin.identifiers import MunicipalityCode
from honnin.law.certificates.lapse import EntryChange
from honnin.law.terms import Sex
from honnin.municipality.counter.applications.passing_on import carry_out_changes
from honnin.municipality.records.models import JournalEntry
from honnin.municipality.residents import areas
from honnin.municipality.residents.addressees import tell_addresses
from honnin.municipality.residents.areas import AreaNotice, ask, carry_out, due_changes, forecast
from honnin.municipality.residents.changes import Newcomer, record_move_in
from honnin.municipality.residents.delivery import message_of
from honnin.municipality.residents.filling import found_municipality
from honnin.municipality.residents.models import AreaChange, ChangeReport, FormerEntry, Municipality, Resident
from honnin.municipality.residents.reconciliation import reconcile
from honnin.municipality.residents.services import deliver_reports, end_overdue_moves, record_move_out
from honnin.sites.lines.wiring import connect_in_process
from honnin.wire.line import line_to, plug
from tests.support.agency.unplugged import Unplugged
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")

HERE, NEW = MunicipalityCode("99101"), MunicipalityCode("99105")
TODAY = date(2026, 6, 2)
PLACE = "みほん県みほん市"


def renaming(before: str = "見本町", after: str = "新町", on: date = TODAY) -> AreaNotice:
    place = Municipality.objects.get(pk=HERE)
    return AreaNotice(place, ((PLACE + before, PLACE + after),), EntryChange.AREA_RENAMED, on)


def merger(town: Town) -> AreaNotice:
    """みほん市 goes on as しん市, by another code."""
    old = Municipality.objects.get(pk=HERE)
    new = Municipality(
        code=NEW, name="しん市", romaji="Shin-shi", prefecture="みほん県", prefecture_romaji="Mihon-ken"
    )
    found_municipality(new, actor="command/me", at=town.clock.now())
    return AreaNotice(old, ((PLACE, "みほん県しん市"),), EntryChange.AREA_RENAMED, TODAY, new)


def done(notice: AreaNotice, town: Town) -> AreaChange:
    change = ask(notice, actor="command/me", at=town.clock.now())
    return carry_out(change, town.clock, actor="command/me")


def told(town: Town) -> None:
    deliver_reports(town.clock.now())
    assert not ChangeReport.objects.filter(delivered=False).exists()


def statuses(town: Town, holder: Holder) -> set[str]:
    return {each.status for each in town.records(holder).values()}


@pytest.mark.clause("S0-28", "S1-E3a", "S2-3a")
def test_a_town_with_another_name_ends_no_certificate(town: Town) -> None:
    holder = town.with_certificates(address=f"{PLACE}見本町１－２", place_of_stay=f"{PLACE}見本町９")
    other = town.move_in(address=f"{PLACE}例示町１")
    stays = town.move_in(address=f"{PLACE}例示町２", place_of_stay=f"{PLACE}見本町９")
    unclear = town.move_in(address=f"{PLACE}見本町田１")
    found = forecast(renaming())
    assert (found.entries, found.changed, found.unclear) == (4, 1, 1)
    assert found.addresses == (f"{PLACE}見本町田１",)
    assert not AreaChange.objects.exists()
    change = done(renaming(), town)
    assert (change.changed, change.finished_at is not None) == (2, True)
    told(town)
    for each in (holder.resident, other, stays, unclear):
        each.refresh_from_db()
    assert (holder.resident.address, holder.resident.place_of_stay) == (
        f"{PLACE}新町１－２",
        f"{PLACE}新町９",
    )
    assert holder.resident.card_outdated
    assert (stays.address, stays.place_of_stay, stays.card_outdated) == (
        f"{PLACE}例示町２",
        f"{PLACE}新町９",
        False,
    )
    assert (other.address, unclear.address) == (f"{PLACE}例示町１", f"{PLACE}見本町田１")
    assert statuses(town, holder) == {"good"}
    former = FormerEntry.objects.get(resident=holder.code)
    assert former.before == {"address": f"{PLACE}見本町１－２", "place_of_stay": f"{PLACE}見本町９"}
    assert (former.notice, former.on) == ("minor_correction", TODAY)
    events = ChangeReport.objects.values_list("resident", "event", "changes")
    assert set(events) == {
        (holder.code, "entry_corrected", "area_renamed"),
        (stays.pk, "entry_corrected", "not_in_certificates"),
    }


def test_the_same_again_is_one_change(town: Town) -> None:
    town.move_in(address=f"{PLACE}見本町１")
    first, again = done(renaming(), town), done(renaming(), town)
    assert (first.pk, again.pk, again.changed) == (first.pk, first.pk, 1)
    assert ChangeReport.objects.count() == 1


def test_it_goes_on_where_it_was_cut(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(areas, "BATCH", 2)
    people = [town.move_in(address=f"{PLACE}見本町{n}") for n in range(1, 6)]
    change, seen = ask(renaming(), actor="command/me", at=town.clock.now()), list[int]()

    def cut(_change: AreaChange, looked_at: int) -> None:
        seen.append(looked_at)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_out(change, town.clock, actor="command/me", progress=cut)
    assert seen == [2]
    assert Resident.objects.filter(address__contains="新町").count() == 2
    carry_out_changes(town.clock, actor="chores")
    assert AreaChange.objects.get().changed == 5
    assert Resident.objects.filter(address__contains="新町").count() == 5
    assert sorted(ChangeReport.objects.values_list("resident", flat=True)) == sorted(p.pk for p in people)
    assert not due_changes(TODAY).exists()


def test_a_change_waits_for_its_day(town: Town) -> None:
    town.move_in(address=f"{PLACE}見本町１")
    notice = renaming(on=date(2026, 6, 4))
    with pytest.raises(Conflict, match="E_AREA_CHANGE_AHEAD"):
        done(notice, town)
    carry_out_changes(town.clock, actor="chores")
    assert not FormerEntry.objects.exists()
    town.clock.move_to(town.clock.now() + timedelta(days=2))
    carry_out_changes(town.clock, actor="chores")
    assert FormerEntry.objects.count() == 1


def test_what_is_no_area_is_refused_whole(town: Town) -> None:
    with pytest.raises(Refused, match="E_AREA_PLACE"):
        forecast(
            AreaNotice(
                Municipality.objects.get(pk=HERE), (("見本町", "新町"),), EntryChange.AREA_RENAMED, TODAY
            )
        )


# — Another municipality ———————————————————————————————————————————————————————————————————————————————————


@pytest.mark.clause("S4-8.1.1")
def test_a_code_that_ends_passes_everything_on(town: Town) -> None:
    holder, clerk = town.with_certificates(address=f"{PLACE}見本町１"), town.clerk()
    application = town.receive(town.move_in(address=f"{PLACE}見本町２"))
    hold(holder.code, actor="hotline/denwa", at=town.clock.now())
    ask(merger(town), actor="command/me", at=town.clock.now())
    carry_out_changes(town.clock, actor="chores")
    told(town)
    holder.resident.refresh_from_db()
    assert (holder.resident.municipality_id, holder.resident.address) == (NEW, "みほん県しん市見本町１")
    assert [card.municipality_code for card in cards_of(holder.code)] == [NEW]
    assert statuses(town, holder) == {"held", "revoked"}  # as the call left them
    clerk.refresh_from_db()
    application.refresh_from_db()
    assert (clerk.municipality_id, application.municipality_id) == (NEW, NEW)
    standing = dict(Feed.objects.filter(person_code=holder.code).values_list("municipality_code", "standing"))
    assert standing == {HERE: "elsewhere", NEW: "here"}
    # Letters and later events are the new code's.
    tell_addresses(town.clock.now())
    assert Letter.objects.get().address == "みほん県しん市見本町１"
    for code in (HERE, NEW):
        found = reconcile(code, actor="chores", at=town.clock.now())
        assert (found.dropped, found.differing) == (0, 0)
    town.clock.move_to(town.clock.now() + timedelta(days=1))
    record_move_out(
        holder.resident, "ほかの県ほかの市１", date(2026, 6, 3), clerk="hanako", at=town.clock.now()
    )
    told(town)
    assert Feed.objects.get(person_code=holder.code, municipality_code=NEW).standing == "left"
    carry_out_changes(town.clock, actor="chores")
    assert JournalEntry.objects.filter(act="pass on counter").count() == 1


def test_who_has_left_is_passed_on_with_the_time_that_runs(town: Town) -> None:
    holder = town.with_certificates(address=f"{PLACE}見本町１")
    record_move_out(holder.resident, "ほかの県ほかの市１", TODAY, clerk="hanako", at=town.clock.now())
    done(merger(town), town)
    told(town)
    assert Feed.objects.get(person_code=holder.code, municipality_code=NEW).standing == "left"
    town.clock.move_to(town.clock.now() + timedelta(days=31))
    assert end_overdue_moves(town.clock.now()) == 1
    told(town)
    assert statuses(town, holder) == {"revoked"}
    assert ChangeReport.objects.get(event="move_not_completed").municipality_id == NEW


def test_the_new_code_is_not_heard_before_the_former_one(town: Town) -> None:
    holder = town.with_certificates(address=f"{PLACE}見本町１")
    done(merger(town), town)
    over = ChangeReport.objects.get(event="taken_over")
    with pytest.raises(Conflict, match="E_MOVE_OUT_UNHEARD"):
        line_to("agency", NEW).ask(message_of(over), "hanako")
    assert [card.municipality_code for card in cards_of(holder.code)] == [HERE]
    told(town)
    assert [card.municipality_code for card in cards_of(holder.code)] == [NEW]


def test_letters_between_two_municipalities_are_released(town: Town) -> None:
    """Withheld while nobody knows an address, ordered when the person moves in, and sent once."""
    holder = town.with_certificates()
    record_move_out(holder.resident, "みほん県ためし市１", TODAY, clerk="hanako", at=town.clock.now())
    hold(holder.code, actor="hotline/denwa", at=town.clock.now())
    tell_addresses(town.clock.now())
    letter = Letter.objects.get()
    assert (letter.state, letter.reason) == ("withheld", "E_LETTER_NOT_REGISTERED")
    entry = holder.resident
    newcomer = Newcomer(
        holder.code,
        entry.name,
        entry.kana,
        entry.birth_date,
        Sex(entry.sex),
        entry.address,
        "みほん県ためし市１",
        left_on=TODAY,
        moved_in_on=TODAY,
    )
    record_move_in(newcomer, MunicipalityCode("99102"), clerk="taro", at=town.clock.now())
    letter.refresh_from_db()
    assert (letter.state, letter.reason, letter.name) == ("ordered", "", "")
    assert tell_addresses(town.clock.now()) == 1
    town.post_letters()
    letter.refresh_from_db()
    assert (letter.state, letter.address) == ("posted", "みほん県ためし市１")
    assert Letter.objects.count() == 1


def test_an_event_that_is_heard_after_the_person_came_back_holds_up_nothing(town: Town) -> None:
    """Moved out and back: what was dropped of the other municipality is heard last, and moves nobody."""
    holder = town.with_certificates()
    place = {HERE: f"{PLACE}見本町５", MunicipalityCode("99102"): "みほん県ためし市１"}
    plug("agency", Unplugged())
    for other in ("99102", "99101"):
        entry = Resident.objects.get(pk=holder.code)
        into = MunicipalityCode(other)
        newcomer = Newcomer(
            holder.code, entry.name, entry.kana, entry.birth_date, Sex(entry.sex), entry.address, place[into],
            left_on=TODAY, moved_in_on=TODAY,
        )  # fmt: skip
        for act in (
            lambda entry=entry, into=into: record_move_out(
                entry, place[into], TODAY, clerk="a", at=town.clock.now()
            ),
            lambda newcomer=newcomer, into=into: record_move_in(
                newcomer, into, clerk="a", at=town.clock.now()
            ),
        ):
            town.clock.move_to(town.clock.now() + timedelta(seconds=1))
            with pytest.raises(Unavailable):
                act()
    connect_in_process(town.clock)
    reconcile(HERE, actor="chores", at=town.clock.now())  # all of this one first
    told(town)
    standing = dict(Feed.objects.filter(person_code=holder.code).values_list("municipality_code", "standing"))
    assert standing == {HERE: "here", "99102": "past"}
    assert [card.municipality_code for card in cards_of(holder.code)] == [HERE]


# — Codes that end ————————————————————————————————————————————————————————————————————————————————————————

TAMESHI = MunicipalityCode("99102")


def whole(own: MunicipalityCode, into: MunicipalityCode, before: str, on: date = TODAY) -> AreaNotice:
    """All of a municipality passes to another one."""
    old, new = Municipality.objects.get(pk=own), Municipality.objects.get(pk=into)
    return AreaNotice(old, ((before, new.written()),), EntryChange.AREA_RENAMED, on, new)


def new_town(name: str = "しん市", romaji: str = "Shin-shi") -> Municipality:
    prefecture = {"prefecture": "みほん県", "prefecture_romaji": "Mihon-ken"}
    return Municipality(code=NEW, name=name, romaji=romaji, **prefecture)


@pytest.mark.parametrize(
    ("new", "before", "after"),
    [
        (new_town(), PLACE, "みほん県みほん市"),
        (new_town(), "みほん県ためし市", "みほん県しん市"),
        (new_town("しん<市"), PLACE, "みほん県しん<市"),
        (new_town(romaji="Shin, O=x"), PLACE, "みほん県しん市"),
        (new_town(), PLACE, "みほん県しん市=SUM(A1)"),
    ],
)
def test_what_is_refused_founds_no_municipality(
    town: Town, new: Municipality, before: str, after: str
) -> None:
    notice = AreaNotice(
        Municipality.objects.get(pk=HERE), ((before, after),), EntryChange.AREA_RENAMED, TODAY, new
    )
    for act in (forecast, partial(ask, actor="command/me", at=town.clock.now())):
        with pytest.raises(Refused):
            act(notice)
    assert not Municipality.objects.filter(pk=NEW).exists()
    assert not AreaChange.objects.exists()


def test_a_new_municipality_is_founded_by_the_act_that_records_the_change(town: Town) -> None:
    town.move_in(address=f"{PLACE}見本町１")
    own = Municipality.objects.get(pk=HERE)
    for _again in range(2):
        pairs = ((PLACE, "みほん県しん市"),)
        done(AreaNotice(own, pairs, EntryChange.AREA_RENAMED, TODAY, new_town()), town)
    assert Resident.objects.get().municipality_id == NEW
    assert JournalEntry.objects.filter(act="found municipality").count() == 1
    assert AreaChange.objects.count() == 1


@pytest.mark.parametrize(
    "written", ["みほん県　みほん市", " みほん県みほん市", "みほん県\u3000みほん市\u3000"]
)
def test_the_whole_of_a_municipality_in_any_spelling_ends_its_code(town: Town, written: str) -> None:
    town.move_in(address=f"{PLACE}見本町１")
    clerk = town.clerk()
    notice = whole(HERE, TAMESHI, written)
    assert notice.ends_code
    done(notice, town)
    carry_out_changes(town.clock, actor="chores")
    clerk.refresh_from_db()
    assert (clerk.municipality_id, Resident.objects.get().municipality_id) == (TAMESHI, TAMESHI)


def test_a_number_in_the_name_of_a_municipality_is_one_in_any_spelling() -> None:
    own = Municipality(code="99109", name="第２市", romaji="x", prefecture="みほん県", prefecture_romaji="x")
    into = Municipality.objects.get(pk=TAMESHI)
    for name in ("第2市", "第二市", "第２市"):
        pairs = ((f"みほん県{name}", into.written()),)
        assert AreaNotice(own, pairs, EntryChange.AREA_RENAMED, TODAY, into).ends_code


def test_a_code_that_has_ended_is_given_to_nobody_again(town: Town) -> None:
    town.move_in(address=f"{PLACE}見本町１")
    done(whole(HERE, TAMESHI, PLACE), town)
    other = Municipality.objects.exclude(pk__in=(HERE, TAMESHI)).get()
    for on in (TODAY, TODAY + timedelta(days=30)):
        for notice in (
            whole(TAMESHI, HERE, "みほん県ためし市", on),
            whole(HERE, other.pk, PLACE, on),
            renaming(on=on),
        ):
            with pytest.raises(Refused, match="E_AREA_CODE_ENDED"):
                ask(notice, actor="command/me", at=town.clock.now())
    assert AreaChange.objects.count() == 1
    assert done(whole(HERE, TAMESHI, PLACE), town).finished_at  # the same again is no circle


def test_a_new_code_may_have_the_name_of_one_that_has_ended(town: Town) -> None:
    done(whole(HERE, TAMESHI, PLACE), town)
    own = Municipality.objects.get(pk=TAMESHI)
    pairs = (("みほん県ためし市見本町", f"{PLACE}見本町"),)
    again = new_town("みほん市", "Mihon-shi")
    done(AreaNotice(own, pairs, EntryChange.AREA_RENAMED, TODAY, again), town)
    assert Municipality.objects.get(pk=NEW).written() == PLACE


def test_two_merges_in_a_circle_are_refused_whichever_comes_first(town: Town) -> None:
    later = TODAY + timedelta(days=30)
    ask(whole(HERE, TAMESHI, PLACE, later), actor="command/me", at=town.clock.now())
    ask(renaming(), actor="command/me", at=town.clock.now())  # before the code ends
    for on in (TODAY, later, later + timedelta(days=1)):
        with pytest.raises(Refused, match="E_AREA_CODE_ENDED"):
            ask(whole(TAMESHI, HERE, "みほん県ためし市", on), actor="command/me", at=town.clock.now())


@pytest.mark.alters_records
def test_a_circle_of_an_earlier_version_passes_clerks_on_once(town: Town) -> None:
    clerk = town.clerk()
    there = done(whole(HERE, TAMESHI, PLACE), town)
    AreaChange.objects.update(into=None)  # as if there had been no rule
    back = done(whole(TAMESHI, HERE, "みほん県ためし市"), town)
    AreaChange.objects.filter(pk=there.pk).update(into=TAMESHI)
    assert back.finished_at
    for _run in range(3):
        carry_out_changes(town.clock, actor="chores")
    clerk.refresh_from_db()
    assert clerk.municipality_id == HERE
    assert JournalEntry.objects.filter(act="pass on counter").count() == 0
