"""Looking at people: what another town's clerk sees, every look is told, and no page without its entry."""

import json
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from honnin.identifiers import PersonCode
from honnin.municipality.counter.applications.models import EvidenceCopy
from honnin.municipality.counter.guards.looks import GOOD_FOR
from honnin.municipality.counter.guards.models import ReasonedLook
from honnin.municipality.records.models import JournalEntry
from honnin.municipality.residents.models import Resident
from honnin.sites.staff.inspection import looks
from tests.support.console import Console, codes, page, searched

pytestmark = pytest.mark.django_db(databases="__all__")

REASON = {"why": "moving_in", "explanation": "転入届に来庁"}


def told(*acts: str) -> list[JournalEntry]:
    return list(JournalEntry.objects.filter(act__in=acts).order_by("sequence"))


def elsewhere(console: Console) -> tuple[Client, str]:
    """A clerk, and the page of a neighbour's resident."""
    resident = console.town.move_in(
        name="隣　町子", kana="トナリ　マチコ", municipality_id="99102", address="みほん県ためし市手本通４"
    )
    return console.clerk(), reverse("counter:resident", args=[resident.public_id])


PERSONAL = ("トナリ", "1990", "平成2年", "手本通", "99000000001")


def test_of_another_towns_resident_a_clerk_sees_name_and_town(console: Console) -> None:
    client, address = elsewhere(console)
    for shown in (searched(client, "隣町子"), client.get(address).content.decode()):
        assert "隣　町子" in shown
        assert "ためし市" in shown
        assert not [each for each in PERSONAL if each in shown]
    assert told("look at person") == []


@pytest.mark.parametrize(
    "lacking", [{"why": ""}, {"why": "curiosity"}, {"explanation": " "}, {"explanation": "あ" * 201}]
)
def test_more_takes_a_reason_in_full(console: Console, lacking: dict[str, str]) -> None:
    client, address = elsewhere(console)
    response = client.post(f"{address}reason/", REASON | lacking)
    assert response.status_code == 200
    assert not [each for each in PERSONAL if each in response.content.decode()]
    assert not ReasonedLook.objects.exists()
    assert not [each for each in PERSONAL if each in client.get(address).content.decode()]


def test_a_reason_opens_the_entry_for_this_clerk_this_person_and_fifteen_minutes(console: Console) -> None:
    client, address = elsewhere(console)
    colleague = console.clerk(console.town.clerk("jiro"))
    other = console.town.move_in(municipality_id="99102", kana="ベツジン")
    assert client.post(f"{address}reason/", REASON).headers["Location"] == address
    shown = client.get(address).content.decode()
    assert all(each in shown for each in ("トナリ", "1990", "手本通"))
    assert codes(shown) == ["E_OFFICE_WRONG"]
    assert "手本通" not in colleague.get(address).content.decode()
    assert "ベツジン" not in page(client, "resident", other.public_id)
    console.town.clock.move_to(console.town.clock.now() + GOOD_FOR - timedelta(seconds=1))
    assert "手本通" in client.get(address).content.decode()
    console.town.clock.move_to(console.town.clock.now() + timedelta(seconds=1))
    assert "手本通" not in client.get(address).content.decode()


def test_a_reason_given_before_the_clock_was_set_back_opens_nothing(console: Console) -> None:
    client, address = elsewhere(console)
    client.post(f"{address}reason/", REASON)
    console.town.clock.move_to(console.town.clock.now() - timedelta(minutes=5))
    assert "手本通" not in client.get(address).content.decode()


@pytest.mark.alters_records
def test_who_has_moved_away_since_is_another_towns_resident_to_the_office_that_received(
    console: Console,
) -> None:
    client, resident, application = console.issued()
    assert all(each in page(client, "application", application.number) for each in ("1990", resident.address))
    Resident.objects.filter(pk=resident.pk).update(
        municipality_id="99102", address="みほん県ためし市手本通４"
    )
    shown = page(client, "application", application.number)
    assert resident.name in shown
    assert "ためし市" in shown
    assert not [each for each in ("手本通", "1990", resident.person_code) if each in shown]
    client.post(reverse("counter:give_reason", args=[resident.public_id]), REASON)
    assert "手本通" in page(client, "application", application.number)


def test_the_reason_and_each_look_are_told_with_who_and_why(console: Console) -> None:
    client, address = elsewhere(console)
    client.post(f"{address}reason/", REASON)
    client.get(address)
    client.get(address)
    given, *looked = told("reason to look", "look at person")
    assert [each.act for each in looked] == ["look at person"] * 2
    assert {each.actor for each in (given, *looked)} == {"municipality/99101/hanako"}
    assert {each.subject for each in (given, *looked)} == {f"resident {address.split('/')[-2]}"}
    assert json.loads(looked[0].detail) == {"page": "resident", "reason": "moving_in"}
    assert json.loads(given.rows or "[]")[1][0] == "municipality_counter_reasonedlook"
    assert "転入届" not in given.detail


def test_a_reason_is_asked_of_no_own_resident(console: Console) -> None:
    resident = console.town.move_in()
    address = reverse("counter:give_reason", args=[resident.public_id])
    assert console.clerk().post(address, REASON).status_code == 302
    assert not ReasonedLook.objects.exists()


PAGES = {
    "resident": [],
    "new_application": [],
    "new_pin_reset": [],
    "new_revocation": [],
    "change_address": [],
    "card_work": ["update"],
}


@pytest.mark.clause("S4-23")
@pytest.mark.parametrize("name", PAGES)
def test_every_page_about_a_person_is_a_look(console: Console, name: str) -> None:
    _client, resident, _application = console.issued()
    client = console.clerk(console.town.clerk("jiro"))
    before = JournalEntry.objects.count()
    page(client, name, resident.public_id, *PAGES[name])
    [look] = JournalEntry.objects.order_by("sequence")[before:]
    assert (look.act, look.subject) == ("look at person", f"resident {resident.public_id}")
    assert look.actor == "municipality/99101/jiro"


@pytest.mark.parametrize(("name", "state"), [("application", ""), ("receipt", ""), ("issue", "approved")])
@pytest.mark.alters_records
def test_every_page_about_an_application_is_a_look(console: Console, name: str, state: str) -> None:
    client, resident, application = console.issued()
    if state:
        type(application).objects.update(state=state)
    before = JournalEntry.objects.count()
    page(client, name, application.number)
    [look] = JournalEntry.objects.order_by("sequence")[before:]
    assert (look.act, look.subject) == ("look at application", f"application {application.number}")
    assert json.loads(look.detail) == {"page": name, "person": f"resident {resident.public_id}"}


def test_a_search_is_told_without_what_was_searched_for(console: Console) -> None:
    resident = console.town.move_in()
    client = console.clerk()
    searched(client, "見本 花子")
    searched(client, "見本　花子")
    searched(client, "不在")
    first, same, other = (json.loads(each.detail) for each in told("search residents"))
    assert first == same
    assert (first["hits"], first["shown"]) == (1, resident.public_id)
    assert (other["hits"], other["shown"]) == (0, "")
    assert first["terms"] != other["terms"]
    assert "見本" not in "".join(each.detail for each in told("search residents"))


def test_a_list_and_a_copy_are_told(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    console.apply(client, resident)
    page(client, "applications")
    copy = EvidenceCopy.objects.get()
    number = copy.application_id
    assert client.get(reverse("counter:evidence_copy", args=[number, copy.public_id])).status_code == 200
    listed, opened = told("look at receptions", "look at copy")
    assert json.loads(listed.detail)["shown"] == resident.public_id
    assert opened.subject == f"copy {copy.public_id}"
    assert json.loads(opened.detail) == {"application": number, "person": f"resident {resident.public_id}"}


def test_what_was_refused_was_not_looked_at(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    console.apply(client, resident)
    neighbour = console.clerk(console.town.neighbour())
    before = JournalEntry.objects.count()
    copy = EvidenceCopy.objects.get()
    for address in (
        reverse("counter:application", args=[copy.application_id]),
        reverse("counter:evidence_copy", args=[copy.application_id, copy.public_id]),
        reverse("counter:change_address", args=[resident.public_id]),
    ):
        assert neighbour.get(address).status_code == 403
    assert JournalEntry.objects.count() == before


@pytest.fixture
def no_entries() -> None:
    """A journal into which nothing can be written: its table refuses every new entry."""
    trigger = "CREATE TRIGGER full BEFORE INSERT ON municipality_records_journalentry BEGIN {} END"
    with connections["municipality"].cursor() as cursor:
        cursor.execute(trigger.format("SELECT RAISE(ABORT, 'disk full');"))


@pytest.mark.parametrize("name", ["resident", "new_application", "new_revocation", "change_address"])
def test_no_entry_no_page(console: Console, request: pytest.FixtureRequest, name: str) -> None:
    resident, _card = console.resident()
    client = console.clerk()
    request.getfixturevalue("no_entries")
    response = client.get(reverse(f"counter:{name}", args=[resident.public_id]))
    assert response.status_code == 503
    assert codes(response.content.decode()) == ["E_RECORDS_UNAVAILABLE"]
    assert resident.name not in response.content.decode()


def test_no_entry_no_hits_no_list_no_copy_no_act(console: Console, request: pytest.FixtureRequest) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    console.apply(client, resident)
    copy = EvidenceCopy.objects.get()
    number = copy.application_id
    request.getfixturevalue("no_entries")
    for response in (
        client.post(reverse("counter:residents"), {"text": "見本"}, follow=True),
        client.get(reverse("counter:applications")),
        client.get(reverse("counter:application", args=[number])),
        client.get(reverse("counter:evidence_copy", args=[number, copy.public_id])),
        client.post(reverse("counter:approve", args=[number])),
        client.post(reverse("counter:reject", args=[number]), {"reason": "x"}),
        client.post(reverse("counter:change_address", args=[resident.public_id]), {"address": "みほん県１"}),
    ):
        assert response.status_code == 503
        assert resident.name not in response.content.decode()
    assert resident.applications.get().state == "under_examination"
    resident.refresh_from_db()
    assert resident.address != "みほん県１"


def test_who_looked_at_whom_is_listed_by_person_and_by_account(console: Console) -> None:
    client, resident, application = console.issued()
    other = console.town.move_in(name="別人　花子", kana="ベツジン　ハナコ")
    page(client, "resident", other.public_id)
    page(client, "application", application.number)
    searched(client, "花子")
    acts = [look.act for look in looks(person_code=other.pk)]
    assert acts == ["look at person", "search residents"]
    mine = {look.subject for look in looks(person_code=resident.pk)}
    assert {f"resident {resident.public_id}", f"application {application.number}", "register"} <= mine
    assert f"resident {other.public_id}" not in mine
    assert list(looks(person_code=PersonCode("99999999999"))) == []
    assert {look.actor for look in looks(staff="hanako")} == {"municipality/99101/hanako"}
    assert list(looks(staff="anako")) == []
