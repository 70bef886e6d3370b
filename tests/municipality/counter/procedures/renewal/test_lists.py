"""The counter's lists of renewals: who is due, which envelopes wait, and which document inquiries."""

import html
import json
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from honnin.agency.card_register.models import Card
from honnin.agency.notices.models import Letter
from honnin.agency.records.models import IssuanceRecord
from honnin.errors import Conflict
from honnin.law.certificates.notices import DeliveryState, LetterKind
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.procedures.renewal import due, envelope
from honnin.municipality.records.models import JournalEntry
from honnin.municipality.residents.addressees import tell_addresses
from honnin.municipality.residents.models import Resident
from honnin.simulator.brought import BY_PROXY
from tests.support.agency.letters import holders_due, to_first_day
from tests.support.applications import mismatched
from tests.support.console import Console, page, signed_in
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")
ON = date(2026, 6, 2)


def listed(client: Client, query: str = "") -> str:
    response = client.get(reverse("counter:renewals_due") + query)
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def of(name: str, resident: Resident) -> str:
    return reverse(f"counter:{name}", args=[resident.public_id])


@pytest.mark.clause("S4-6")
def test_who_is_due_is_listed_with_day_reason_and_next_step(console: Console) -> None:
    (holder,) = holders_due(console.town)
    client, resident = console.clerk(), holder.resident
    shown = listed(client)
    assert resident.name in shown
    assert "Signature, User authentication" in shown
    assert "2030-12-16" in shown  # the window is open from this day on
    assert "5th birthday after the day of issue" in shown
    assert "No letter yet" in shown
    assert of("new_renewal", resident) in shown
    entry = JournalEntry.objects.get(act="look at renewals due")
    assert (entry.actor, json.loads(entry.detail)) == (
        "municipality/99101/hanako",
        {"hits": 1, "phase": "open", "shown": resident.public_id},
    )
    neighbour = listed(console.clerk(console.town.neighbour()))
    assert "Nobody of this municipality is in this list." in neighbour
    assert resident.name not in neighbour
    assert "E_NOT_A_CLERK" in signed_in("nobody").get(reverse("counter:renewals_due")).content.decode()


@pytest.mark.clause("S4-6")
@pytest.mark.parametrize(
    ("days", "phase"), [(-93, ""), (-92, "coming"), (-1, "coming"), (0, "open"), (88, "open"), (90, "lapsed")]
)
def test_the_list_has_three_parts_by_the_window(console: Console, days: int, phase: str) -> None:
    holder = console.town.with_certificates()
    to_first_day(console.town, holder, days=days)
    client = console.clerk()
    parts = [
        each
        for each in ("open", "coming", "lapsed")
        if holder.resident.name in listed(client, f"?phase={each}")
    ]
    assert parts == ([phase] if phase else [])
    if phase:
        shown = listed(client, f"?phase={phase}")
        step = {"open": "new_renewal", "coming": "resident", "lapsed": "new_application"}[phase]
        assert f'href="{of(step, holder.resident)}"' in shown


def test_the_next_step_follows_the_letter_and_what_is_under_way(console: Console) -> None:
    (holder,) = holders_due(console.town)
    client = console.clerk()
    tell_addresses(console.town.clock.now())
    assert "Letter being prepared" in listed(client, "?letter=underway")
    console.town.post_letters()
    assert holder.resident.name in listed(client, "?letter=sent")
    assert holder.resident.name not in listed(client, "?letter=returned")
    application = console.town.received_renewal(holder.resident)
    shown = listed(client)
    assert "Continue the application" in shown
    assert reverse("counter:application", args=[application.number]) in shown


@pytest.mark.alters_records
def test_a_letter_that_came_back_leads_to_the_address(console: Console) -> None:
    (holder,) = holders_due(console.town)
    tell_addresses(console.town.clock.now())
    Letter.objects.update(state=DeliveryState.UNDELIVERABLE)
    shown = listed(console.clerk(), "?letter=returned")
    assert "Check the address" in shown
    assert of("new_renewal", holder.resident) not in shown


@pytest.mark.parametrize(
    "query", ["?phase=x&letter=y", "?after=x", "?after=2030-12-16.x", "?after=.", "?after=9999-99-99."]
)
def test_an_address_that_is_typed_over_shows_the_first_page(console: Console, query: str) -> None:
    (holder,) = holders_due(console.town)
    assert holder.resident.name in listed(console.clerk(), query)


def test_the_list_is_turned_page_by_page(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("honnin.agency.notices.due_list.DUE_ON_ONE_PAGE", 1)
    holders = holders_due(console.town, {"name": "頁　一郎"}, {"name": "頁　二郎"})
    client = console.clerk()
    first = client.get(reverse("counter:renewals_due")).context
    assert holders[0].code not in first["next_url"]
    second = html.unescape(client.get(first["next_url"]).content.decode())
    names = [holder.resident.name for holder in holders]
    assert sum(name in second for name in names) == 1
    assert "First page" in second
    assert "Next page" not in second


@pytest.fixture
def one_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("honnin.agency.notices.due_list.DUE_ON_ONE_PAGE", 1)


@pytest.mark.usefixtures("one_a_page")
def test_the_list_is_turned_back_to_where_one_was(console: Console) -> None:
    holders = holders_due(console.town, *({"name": f"頁　{each}郎"} for each in "一二三"))
    client = console.clerk()
    pages = [client.get(reverse("counter:renewals_due"))]
    while pages[-1].context["next_url"]:
        pages.append(client.get(pages[-1].context["next_url"]))
    assert len(pages) == len(holders)
    assert not pages[0].context["previous_url"]
    back = [pages[-1]]
    while back[-1].context["previous_url"]:
        back.append(client.get(back[-1].context["previous_url"]))
    assert [each.context["rows"] for each in reversed(back)] == [each.context["rows"] for each in pages]
    assert "Previous page" in pages[1].content.decode()
    assert "certificates that end from" in pages[1].content.decode()


@pytest.mark.alters_records
@pytest.mark.usefixtures("one_a_page")
def test_who_has_left_is_passed_over_in_both_directions(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agency has not heard yet that they left."""
    people = holders_due(console.town, *({"name": f"頁　{each}郎"} for each in "一二三四五"))
    client = console.clerk()
    people.sort(key=lambda each: each.code)
    stayed, left = [people[0], people[4]], people[1:4]
    Resident.objects.filter(pk__in=[each.code for each in left]).update(removed_on=ON)
    first = client.get(reverse("counter:renewals_due"))
    last = client.get(first.context["next_url"])
    assert [len(each.context["rows"]) for each in (first, last)] == [1, 1]
    assert stayed[1].resident.name in last.content.decode()
    back = client.get(last.context["previous_url"])
    assert stayed[0].resident.name in back.content.decode()
    monkeypatch.setattr(due, "MOST_QUESTIONS", 2)
    between = client.get(first.context["next_url"])
    shown = between.content.decode()
    assert "All 2 who come next have left this municipality meanwhile. The list goes on." in shown
    assert "Nobody of this municipality is in this list." not in shown
    assert stayed[1].resident.name in client.get(between.context["next_url"]).content.decode()
    in_front = f"{_first_day(stayed[1]).isoformat()}.{stayed[1].resident.public_id}"
    between = client.get(reverse("counter:renewals_due"), {"before": in_front})
    assert "The list goes on." in between.content.decode()
    assert stayed[0].resident.name in client.get(between.context["previous_url"]).content.decode()
    Resident.objects.filter(pk__in=[each.code for each in people]).update(removed_on=ON)
    monkeypatch.setattr(due, "MOST_QUESTIONS", 10)
    assert "Whoever else is in this list has left this municipality meanwhile." in listed(client)


@pytest.mark.alters_records
@pytest.mark.usefixtures("one_a_page")
def test_who_is_in_no_register_does_not_lead_back_to_the_first_page(console: Console) -> None:
    people = holders_due(console.town, *({"name": f"頁　{each}郎"} for each in "一二三"))
    people.sort(key=lambda each: each.code)
    for table in (IssuanceRecord, Card):
        table.objects.filter(person_code=people[1].code).update(person_code="99999999999")
    IssuanceRecord.objects.filter(person_code="99999999999").update(expiry_date=_first_day(people[0]))
    client = console.clerk()
    found, address = list[str](), reverse("counter:renewals_due")
    while address and len(found) < 5:
        shown = client.get(address)
        found += [row[0]["text"] for row in shown.context["rows"]]
        address = shown.context["next_url"]
    assert sorted(found) == sorted(people[each].resident.name for each in (0, 2))


@pytest.mark.alters_records
@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"place_of_stay": "ほかの県ほかの市１"}, "The person is registered at another place of stay."),
        ({"stay_status": "medium_or_long_term"}, "The person's stay has an end"),
    ],
)
def test_to_whom_no_letter_is_written_is_told_with_the_reason(
    console: Console, entry: dict[str, str], said: str
) -> None:
    (holder,) = holders_due(console.town)
    client = console.clerk()
    assert "No letter yet" in listed(client, "?letter=none")
    Resident.objects.filter(pk=holder.code).update(**entry)
    shown = listed(client, "?letter=none")
    assert said in shown
    assert "The expiry notice is not sent" in shown
    assert of("new_renewal", holder.resident) in shown
    tell_addresses(console.town.clock.now())
    assert said in listed(client, "?letter=withheld")


def test_envelopes_wait_until_their_form_is_used(console: Console) -> None:
    town = console.town
    holder = _due(town)
    client = console.clerk()
    assert "No envelope waits." in page(client, "envelopes")
    application = town.received_renewal(holder.resident, **BY_PROXY)
    assert "Sealed, to be examined" in page(client, "envelopes")
    town.approve(application)
    shown = page(client, "envelopes")
    assert "Sealed, to be opened" in shown
    assert reverse("counter:open_envelope", args=[application.number]) in shown
    envelope.open_envelope(application, town.clerk("jiro"), clerk=town.clerk(), at=town.clock.now())
    shown = page(client, "envelopes")
    assert "Opened, not used yet" in shown
    assert reverse("counter:renew", args=[application.number]) in shown
    assert holder.resident.name not in page(console.clerk(town.neighbour()), "envelopes")
    town.renew(application, holder.reader())
    assert "No envelope waits." in page(client, "envelopes")


def test_two_clicks_at_the_same_moment_order_one_inquiry_and_note_one_answer(town: Town) -> None:
    """Each of them has read the application before the other wrote."""
    clerk, application = town.clerk(), mismatched(town, _due(town))
    first, second = _now(application), _now(application)
    envelope.order_inquiry(first, clerk=clerk, at=town.clock.now())
    with pytest.raises(Conflict, match="E_APPLICATION_STATE"):
        envelope.order_inquiry(second, clerk=clerk, at=town.clock.now())
    assert JournalEntry.objects.filter(act="order inquiry").count() == 1
    assert Letter.objects.filter(kind=LetterKind.DOCUMENT_INQUIRY).count() == 1
    town.post_letters()
    first, second = _now(application), _now(application)
    envelope.note_answer(first, clerk=clerk, at=town.clock.now())
    with pytest.raises(Conflict, match="E_APPLICATION_STATE"):
        envelope.note_answer(second, clerk=clerk, at=town.clock.now())
    assert JournalEntry.objects.filter(act="note answer to inquiry").count() == 1


def _first_day(holder: Holder) -> date:
    records = IssuanceRecord.objects.filter(person_code=holder.code, effective=True)
    return min(record.expiry_date for record in records)


def _due(town: Town) -> Holder:
    """Somebody with a complete card whose certificates end in a month."""
    holder = town.give_complete_card(town.move_in())
    brought = town.issue(town.approved(holder.resident), holder.reader())
    last_day = min(each.expiry_date for each in brought)
    town.clock.move_to(datetime.combine(last_day - timedelta(60), time(3), UTC))
    return holder


def _now(application: Application) -> Application:
    return Application.objects.select_related("resident").get(pk=application.pk)
