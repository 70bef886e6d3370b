"""One guard for every act: over HTTP, in the services and in what a page draws, the same answer."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from honnin.agency.hotline.services import record_notice_of_loss
from honnin.agency.records.models import JournalEntry as AgencyEntry
from honnin.errors import NotAllowed
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.notices import Item, Notice
from honnin.law.terms import Purpose, RecordedItem, Sex
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications import services
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.states import ApplicationState
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.guards.staff import note_residence
from honnin.municipality.counter.procedures.birth.services import record_birth
from honnin.municipality.counter.procedures.card_work import services as card_work
from honnin.municipality.counter.procedures.change_address.services import change_address
from honnin.municipality.counter.procedures.change_entry.services import change_entry
from honnin.municipality.counter.procedures.loss.services import release, report_loss
from honnin.municipality.counter.procedures.moving_abroad.services import move_abroad
from honnin.municipality.counter.procedures.moving_out.services import move_out
from honnin.municipality.counter.procedures.record_error.services import record_error
from honnin.municipality.counter.procedures.removal.services import remove_entry
from honnin.municipality.residents.changes import EntryChanged, Newborn
from honnin.municipality.residents.models import Resident
from honnin.pin import Pin
from tests.support.applications import ACTS, application_in
from tests.support.console import PIN_FIELDS, Console, codes, page, scan
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")

Act = CounterAct
OF_A_PERSON: dict[CounterAct, tuple[str, list[str], dict[str, object]]] = {
    Act.RECEIVE: ("new_application", [], {"purposes": ["signature"]}),
    Act.CHANGE_ADDRESS: (
        "change_address",
        [],
        {"address": "みほん県みほん市見本町９", "moved_on": "2026-06-01", "confirmed": "1"},
    ),
    Act.MOVE_OUT: (
        "move_out",
        [],
        {"destination": "みほん県ためし市１", "moved_on": "2026-05-01", "confirmed": "1"},
    ),
    Act.RECORD_BIRTH: (
        "record_birth",
        [],
        {
            "name": "見本　次郎",
            "kana": "ミホン　ジロウ",
            "birth_date": "2026-06-01",
            "sex": "1",
            "confirmed": "1",
        },
    ),
    Act.MOVE_ABROAD: (
        "move_abroad",
        [],
        {"destination": "ドイツ", "moved_on": "2026-12-01", "confirmed": "1"},
    ),
    Act.CHANGE_ENTRY: ("change_entry", [], {"notice": "request", "household": "42", "confirmed": "1"}),
    Act.REMOVE_ENTRY: ("remove_entry", [], {"why": "death", "removed_on": "2026-05-01", "confirmed": "1"}),
    Act.REPORT_LOSS: ("report_loss", [], {}),
    Act.RELEASE: ("release", [], {"pin": "1234"}),
    Act.RECORD_ERROR: ("confirm_record_error", ["validity"], {}),
    Act.UPDATE_CARD: ("card_work", ["update"], {}),
    Act.CLEAR_CARD: ("card_work", ["clear"], {}),
    Act.TAKE_CARD_BACK: ("card_work", ["end"], {"unreadable": "on"}),
}
NOBODY_YET = {Act.MOVE_IN}
"""Of whom there is no entry here before it: the tests of moving in ask."""
OF_AN_APPLICATION: dict[CounterAct, tuple[str, str]] = {
    Act.AMEND: ("amend", "under_examination"),
    Act.WITHDRAW: ("withdraw", "under_examination"),
    Act.ADD_EVIDENCE: ("evidence", "under_examination"),
    Act.APPROVE: ("approve", "under_examination"),
    Act.REJECT: ("reject", "under_examination"),
    Act.ISSUE: ("issue", "approved"),
    Act.SET_PINS: ("set_pins", "approved"),
    Act.PROVE_PINS: ("prove_pins", "under_examination"),
    Act.RENEW: ("renew", "carrying_out"),
    Act.HAND_OVER: ("hand_over", "issued"),
    Act.REVOKE: ("revoke", "approved"),
    Act.END: ("end", "setting_pins"),
}
SERVICES: dict[CounterAct, Callable[[Town, Holder, Clerk], object]] = {
    Act.RECEIVE: lambda town, holder, clerk: town.receive(holder.resident, clerk=clerk),
    Act.CHANGE_ADDRESS: lambda town, holder, clerk: change_address(
        holder.resident, "みほん県みほん市１", moved_on=date(2026, 6, 1), clerk=clerk, at=town.clock.now()
    ),
    Act.MOVE_OUT: lambda town, holder, clerk: move_out(
        holder.resident, "みほん県ためし市１", date(2026, 5, 1), clerk=clerk, at=town.clock.now()
    ),
    Act.RECORD_BIRTH: lambda town, holder, clerk: record_birth(
        holder.resident,
        Newborn("見本　次郎", "ミホン　ジロウ", date(2026, 6, 1), Sex.MALE),
        clerk=clerk,
        at=town.clock.now(),
    ),
    Act.MOVE_ABROAD: lambda town, holder, clerk: move_abroad(
        holder.resident, "ドイツ", date(2026, 12, 1), clerk=clerk, at=town.clock.now()
    ),
    Act.CHANGE_ENTRY: lambda town, holder, clerk: change_entry(
        holder.resident,
        EntryChanged({Item.HOUSEHOLD: "42"}, Notice.REQUEST, date(2026, 6, 1)),
        clerk=clerk,
        at=town.clock.now(),
    ),
    Act.REMOVE_ENTRY: lambda town, holder, clerk: remove_entry(
        holder.resident, date(2026, 5, 1), clerk=clerk, at=town.clock.now()
    ),
    Act.REPORT_LOSS: lambda town, holder, clerk: report_loss(
        holder.resident, clerk=clerk, at=town.clock.now()
    ),
    Act.RELEASE: lambda town, holder, clerk: release(
        holder.resident,
        Purpose.USER_AUTHENTICATION,
        holder.reader(),
        Pin("1234"),
        clerk=clerk,
        at=town.clock.now(),
    ),
    Act.RECORD_ERROR: lambda town, holder, clerk: record_error(
        holder.resident, RecordedItem.VALIDITY, clerk=clerk, at=town.clock.now()
    ),
    Act.UPDATE_CARD: lambda town, holder, clerk: card_work.update(
        holder.resident, holder.reader(), clerk=clerk, clock=town.clock
    ),
    Act.CLEAR_CARD: lambda town, holder, clerk: card_work.clear(
        holder.resident, holder.reader(), clerk=clerk, clock=town.clock
    ),
    Act.TAKE_CARD_BACK: lambda town, holder, clerk: card_work.take_back(
        holder.resident, holder.reader(), clerk=clerk, clock=town.clock
    ),
}
LOOKS = {Act.LOOK_AT_PERSON, Act.LOOK_AT_APPLICATION, Act.LOOK_AT_COPY}


def test_every_act_is_tried_here() -> None:
    assert set(OF_A_PERSON) | set(OF_AN_APPLICATION) | LOOKS | NOBODY_YET == set(CounterAct)
    assert set(SERVICES) == set(OF_A_PERSON)
    assert {act.value for act in OF_AN_APPLICATION} == set(ACTS)


def oneself(console: Console, resident: Resident) -> Client:
    return console.clerk(console.town.clerk("self", person_code=resident.pk))


@pytest.mark.parametrize("act", OF_A_PERSON)
@pytest.mark.parametrize(("who", "code"), [("self", "E_OWN_APPLICATION"), ("neighbour", "E_OFFICE_WRONG")])
def test_a_direct_request_about_a_person_is_refused_by_name(
    console: Console, act: CounterAct, who: str, code: str
) -> None:
    _client, resident, application = console.issued()
    record_notice_of_loss(resident.pk, operator=console.town.operator(), at=console.town.clock.now())
    client = oneself(console, resident) if who == "self" else console.clerk(console.town.neighbour())
    name, arguments, sent = OF_A_PERSON[act]
    address = reverse(f"counter:{name}", args=[resident.public_id, *arguments])
    before = AgencyEntry.objects.count(), Resident.objects.get(pk=resident.pk).address
    for response in (client.post(address, {"card": application.card_number} | sent), client.get(address)):
        assert response.status_code == 403
        assert codes(response.content.decode()) == [code]
        assert "1990" not in response.content.decode().replace(resident.public_id, "")
    assert (AgencyEntry.objects.count(), Resident.objects.get(pk=resident.pk).address) == before
    assert resident.applications.count() == 1


@pytest.mark.parametrize("act", SERVICES)
@pytest.mark.parametrize(("who", "code"), [("self", "E_OWN_APPLICATION"), ("neighbour", "E_OFFICE_WRONG")])
def test_the_services_refuse_the_same(town: Town, act: CounterAct, who: str, code: str) -> None:
    holder = town.with_certificates()
    clerk = town.clerk("self", person_code=holder.code) if who == "self" else town.neighbour()
    before = AgencyEntry.objects.count()
    with pytest.raises(NotAllowed, match=code):
        SERVICES[act](town, holder, clerk)
    assert AgencyEntry.objects.count() == before
    assert not guards.may(clerk, act, holder.resident)


@pytest.mark.parametrize("act", OF_AN_APPLICATION)
@pytest.mark.parametrize(
    ("who", "code"),
    [("self", "E_OWN_APPLICATION"), ("proxy", "E_OWN_PROXY"), ("neighbour", "E_OFFICE_WRONG")],
)
@pytest.mark.alters_records
def test_a_direct_request_about_an_application_is_refused_by_name(
    console: Console, act: CounterAct, who: str, code: str
) -> None:
    resident, card = console.resident()
    proxy = {"proxy_kind": "mandated", "proxy_name": "受付\u3000四郎"} if who == "proxy" else {}
    console.apply(console.clerk(), resident, **proxy)
    name, state = OF_AN_APPLICATION[act]
    pins = ["signature"] if act is Act.SET_PINS else []
    Application.objects.update(state=state, pins=pins)
    colleague = Clerk.objects.create(
        user_name="shiro", name="受付 四郎", municipality_id="99101", counter_name="窓口2"
    )
    clients = {
        "self": lambda: oneself(console, resident),
        "proxy": lambda: console.clerk(colleague),
        "neighbour": lambda: console.clerk(console.town.neighbour()),
    }
    number = resident.applications.get().number
    sent = PIN_FIELDS | {
        "card": card,
        "reason": "x",
        "because": "mistake",
        "whose": "applicant",
        "document": "passport",
    }
    response = clients[who]().post(reverse(f"counter:{name}", args=[number]), sent | {"copy": scan()})
    assert response.status_code == 403
    assert codes(response.content.decode()) == [code]
    assert Application.objects.get().state == state
    assert Application.objects.get().evidence.count() == 1


def test_a_clerk_does_not_receive_for_whom_they_come_as_proxy(console: Console) -> None:
    resident, _card = console.resident()
    clerk = console.town.clerk()
    sent = {"proxy_kind": "mandated", "proxy_name": clerk.name.replace(" ", "")}
    response = console.apply(console.clerk(), resident, **sent)
    assert (response.status_code, codes(response.content.decode())) == (403, ["E_OWN_PROXY"])
    assert not resident.applications.exists()


@pytest.mark.parametrize("name", ["役所 花子", "戸籍　花子", "戸籍花子"])
@pytest.mark.alters_records
def test_a_proxy_is_compared_with_both_names_of_a_clerk(town: Town, name: str) -> None:
    oneself, clerk = town.move_in(name="戸籍　花子"), town.clerk()
    clerk.name = "役所 花子"
    clerk.save()
    clerk = note_residence("hanako", oneself.pk, actor="test", at=town.clock.now())
    with pytest.raises(NotAllowed, match="E_OWN_PROXY"):
        town.receive(town.move_in(), clerk=clerk, proxy_kind="mandated", proxy_name=name)
    town.receive(town.move_in(), clerk=clerk, proxy_kind="mandated", proxy_name="別の　花子")


ACT_ADDRESSES = re.compile(
    r'(?:href|action)="[^"]*/(new-application|new-pin-reset|release|loss|new-revocation|revoke|card/\w+|address|evidence|approve|amend|withdraw'
    r'|reject|issue|pins|hand-over)/"'
)


def test_no_button_is_drawn_for_what_would_be_refused(console: Console) -> None:
    client, resident, application = console.issued()
    record_notice_of_loss(resident.pk, operator=console.town.operator(), at=console.town.clock.now())
    drawn = set(ACT_ADDRESSES.findall(page(client, "resident", resident.public_id)))
    assert drawn >= {"release", "loss", "new-revocation", "address", "card/update", "new-application"}
    own = oneself(console, resident)
    for shown in (
        page(own, "resident", resident.public_id),
        page(own, "application", application.number),
        page(own, "receipt", application.number),
    ):
        assert ACT_ADDRESSES.findall(shown) == []
    neighbour = console.clerk(console.town.neighbour())
    assert ACT_ADDRESSES.findall(page(neighbour, "resident", resident.public_id)) == []


@pytest.mark.parametrize(
    "state", [ApplicationState.UNDER_EXAMINATION, ApplicationState.APPROVED, ApplicationState.ISSUED]
)
def test_buttons_of_an_application_are_those_of_the_guard(console: Console, state: ApplicationState) -> None:
    holder = console.town.holder()
    application = application_in(console.town, holder, state)
    for clerk in (console.town.clerk(), console.town.clerk("self", person_code=holder.code)):
        client = console.clerk(clerk)
        names = ACT_ADDRESSES.findall(page(client, "application", application.number))
        if state == "issued":
            names += ACT_ADDRESSES.findall(page(client, "receipt", application.number))
        drawn = {act for act, (name, _state) in OF_AN_APPLICATION.items() if name.replace("_", "-") in names}
        may = {act for act in OF_AN_APPLICATION if guards.may(clerk, act, application)}
        if not services.may_end(application, clerk=clerk, at=console.town.clock.now()):
            may -= {Act.END}  # what it brought has effect, and is handed over
        assert drawn == may


def test_one_sees_ones_own_entry_and_is_told_that_a_colleague_acts(console: Console) -> None:
    resident, _card = console.resident()
    shown = page(oneself(console, resident), "resident", resident.public_id)
    assert "This is your own entry" in shown
    assert "1990" in shown


def test_which_resident_a_clerk_is_can_be_written_down(town: Town) -> None:
    holder, clerk = town.holder(), town.clerk()
    assert guards.may(clerk, Act.REVOKE, holder.resident)
    clerk = note_residence("hanako", holder.code, actor="command/test", at=town.clock.now())
    assert not guards.may(clerk, Act.REVOKE, holder.resident)
    with pytest.raises(NotAllowed, match="E_ACCOUNT_NOT_A_CLERK"):
        note_residence("nobody", holder.code, actor="command/test", at=town.clock.now())
