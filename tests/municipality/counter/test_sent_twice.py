"""Every change sent twice, by a second click or by two clerks at once: done once, and the page says so."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import takewhile
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db.models import Q
from django.urls import reverse

from honnin.agency.hotline.queries import open_calls
from honnin.agency.hotline.services import record_notice_of_loss
from honnin.agency.records.models import JournalEntry, JournalTail
from honnin.agency.records.persons import reports_about
from honnin.agency.revocation.services import REPORTED_LAPSE
from honnin.errors import Conflict, Unavailable
from honnin.identifiers import PersonCode
from honnin.law.counter.revocation import WhyRevoked
from honnin.law.terms import Purpose
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.card_work import services as card_work
from honnin.municipality.counter.procedures.change_address.services import change_address
from honnin.municipality.counter.procedures.loss import services as loss
from honnin.municipality.counter.procedures.loss.services import report_loss
from honnin.municipality.counter.procedures.moving_out import services as moving_out
from honnin.municipality.counter.procedures.moving_out.services import move_out
from honnin.municipality.counter.procedures.revocation import services as revocation
from honnin.municipality.counter.procedures.revocation.services import revoke
from honnin.municipality.records.models import JournalEntry as MunicipalityEntry
from honnin.municipality.records.models import JournalTail as MunicipalityTail
from honnin.municipality.residents.models import Departure, Resident
from honnin.municipality.residents.services import deliver_reports
from honnin.simulator.brought import PINS
from honnin.wire.line import plug, plugged
from honnin.wire.messages.certificates import PersonState
from tests.municipality.counter.procedures.renewal.renewals import (
    BY_PROXY,
    COLLEAGUE,
    KNOWN,
    SENT,
    near_expiry,
    received,
)
from tests.support.agency.unplugged import OnlyAnswers, Unplugged
from tests.support.console import REVOCATION, Console, codes, hotline_address, scan
from tests.support.responses import Response
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")

Send = Callable[[], Response]


MOVED = {"moved_on": "2026-06-01", "confirmed": "1"}
ROOMS = ("agency_records", "agency_hotline", "municipality_records", "municipality_residents")
JOURNALS, TAILS = (JournalEntry, MunicipalityEntry), (JournalTail, MunicipalityTail)
ASKED = Q(act__regex="^look|^card work|: (begun|asked|nothing to do)$")
"""What is written at each question, whatever comes of it: looks, and what a card is asked."""


def everything_kept() -> Iterator[object]:
    """All rows of the agency and the municipality, but for the count of reports, and what their journals tell
    but for looks and reports that changed nothing.
    """
    for room in (*ROOMS, "municipality_counter"):
        for model in apps.get_app_config(room).get_models():
            if model in JOURNALS:
                acts = model.objects.exclude(ASKED).exclude(act=REPORTED_LAPSE).order_by("sequence")
                yield list(acts.values_list("act", "actor", "subject"))
            elif model not in TAILS:
                rows = model._default_manager.order_by("pk").values()
                yield model.__name__, [{**row, "notices": None} for row in rows]


def new_application(console: Console) -> Send:
    client, (resident, _card) = console.clerk(), console.resident()
    return lambda: console.apply(client, resident)


def of_application(act: str, state: str) -> Callable[[Console], Send]:
    """An act on an application that is received, approved or issued."""

    def prepared(console: Console) -> Send:
        if state == "issued":
            client, _resident, application = console.issued()
        else:
            client, (resident, card) = console.clerk(), console.resident()
            console.apply(client, resident)
            application = resident.applications.get()
        if state == "approved":
            client.post(reverse("counter:approve", args=[application.number]))
        if act == "issue":
            return lambda: console.issue(client, application, card)
        sent: dict[str, Any] = {
            "reason": "x",
            "whose": "applicant",
            "document": "passport",
            "because": "mistake",
        }
        sent |= {"purposes": ["signature"], "corrections": "0"}
        address = reverse(f"counter:{act}", args=[application.number])
        return lambda: client.post(address, sent | ({"copy": scan()} if act == "evidence" else {}))

    return prepared


def of_resident(act: str, *ground: str, held: bool = False) -> Callable[[Console], Send]:
    """An act on a holder, whose certificate the hotline has put on hold where `held`."""

    def prepared(console: Console) -> Send:
        client, resident, application = console.issued()
        address = reverse("counter:change_address", args=[resident.public_id])
        if act == "card_work":
            client.post(address, {"address": "みほん県みほん市例示町８"} | MOVED)
        if held:
            console.operator().post(hotline_address("confirm", resident.pk))
        sent = {"card": application.card_number, "pin": PINS[Purpose.USER_AUTHENTICATION].text}
        sent |= {"address": "みほん県みほん市例示町９－９", "destination": "みほん県ためし市１"}
        sent |= {"moved_on": "2026-06-01", "confirmed": "1"}
        return lambda: client.post(reverse(f"counter:{act}", args=[resident.public_id, *ground]), sent)

    return prepared


def pins_of(act: str) -> Callable[[Console], Send]:
    """An act on an application to set PINs again: received, or accepted."""

    def prepared(console: Console) -> Send:
        client, resident, issued = console.issued()
        address = reverse("counter:new_pin_reset", args=[resident.public_id])
        sent = {"document_1": "driving_licence", "proxy_kind": "", "pins": ["signature"], "copy_1": scan()}
        if act == "receive":
            return lambda: client.post(address, sent | {"copy_1": scan()})
        client.post(address, sent)
        number = resident.applications.get(pins=["signature"]).number
        client.post(reverse("counter:approve", args=[number]))
        pins = {"card": issued.card_number, "signature_pin": "NEU456", "signature_pin_again": "NEU456"}
        return lambda: client.post(reverse("counter:set_pins", args=[number]), pins)

    return prepared


def of_renewal(act: str) -> Callable[[Console], Send]:
    """An act on a renewal by proxy, whose form does not open the card where an inquiry is needed."""

    def prepared(console: Console) -> Send:
        client, resident, issued = near_expiry(console)
        if act == "receive":
            address = reverse("counter:new_renewal", args=[resident.public_id])
            return lambda: client.post(address, SENT | {"copy_1": scan()})
        number = received(console, client, resident, **BY_PROXY, proxy_copy=scan()).number
        client.post(reverse("counter:approve", args=[number]))
        User.objects.create_user("jiro", password=COLLEAGUE["colleague-password"])
        console.town.clerk("jiro")
        pins = KNOWN | {"card": issued.card_number}
        steps: dict[str, dict[str, str]] = {"open_envelope": COLLEAGUE}
        if act in ("order_inquiry", "note_answer"):
            steps |= {"renew": pins | {"signature_known": "WRONG1"}, "order_inquiry": {}, "note_answer": {}}
        else:
            steps |= {"renew": pins}
        for step in takewhile(lambda each: each != act, steps):
            client.post(reverse(f"counter:{step}", args=[number]), steps[step])
        if act == "note_answer":
            console.town.post_letters()
        return lambda: client.post(reverse(f"counter:{act}", args=[number]), steps[act])

    return prepared


def revocation_of(act: str) -> Callable[[Console], Send]:
    """An application to revoke a certificate: received, or accepted."""

    def prepared(console: Console) -> Send:
        client, resident, _application = console.issued()
        if act == "receive":
            address = reverse("counter:new_revocation", args=[resident.public_id])
            sent = REVOCATION | {"purposes": ["signature"]}
            return lambda: client.post(address, sent | {"copy_1": scan()})
        number = console.accepted_revocation(client, resident, "signature").number
        return lambda: client.post(reverse("counter:revoke", args=[number]))

    return prepared


def reason_to_look(console: Console) -> Send:
    client, (resident, _card) = console.clerk(), console.resident(municipality_id="99102")
    address = reverse("counter:give_reason", args=[resident.public_id])
    return lambda: client.post(address, {"why": "moving_in", "explanation": "転入届"})


def ended(console: Console) -> Send:
    """An application whose certificates were revoked before they were handed over."""
    client, resident, application = console.issued()
    console.revoke(client, resident, "signature", why="key_known")
    return lambda: client.post(reverse("counter:end", args=[application.number]))


def notice_of_loss(console: Console) -> Send:
    _client, resident, _application = console.issued()
    operator, address = console.operator(), hotline_address("confirm", resident.pk)
    drawn = operator.get(address).context["asked_at"]
    return lambda: operator.post(address, {"asked_at": drawn})


TWICE: dict[str, tuple[Callable[[Console], Send], int, list[str]]] = {
    "receive": (new_application, 302, []),
    "add a copy": (of_application("evidence", "received"), 302, []),
    "approve": (of_application("approve", "received"), 409, ["E_APPLICATION_STATE"]),
    "reject": (of_application("reject", "received"), 409, ["E_APPLICATION_STATE"]),
    "reject what was accepted": (of_application("reject", "approved"), 409, ["E_APPLICATION_STATE"]),
    "amend": (of_application("amend", "received"), 409, ["E_APPLICATION_STATE"]),
    "withdraw": (of_application("withdraw", "received"), 409, ["E_APPLICATION_STATE"]),
    "withdraw what was accepted": (of_application("withdraw", "approved"), 409, ["E_APPLICATION_STATE"]),
    "end": (ended, 409, ["E_APPLICATION_STATE"]),
    "receive for PINs": (pins_of("receive"), 302, []),
    "set PINs": (pins_of("set"), 302, []),
    "receive for a renewal": (of_renewal("receive"), 302, []),
    "open the envelope": (of_renewal("open_envelope"), 302, []),
    "order the inquiry": (of_renewal("order_inquiry"), 409, ["E_APPLICATION_STATE"]),
    "note the answer": (of_renewal("note_answer"), 409, ["E_APPLICATION_STATE"]),
    "renew": (of_renewal("renew"), 302, []),
    "say why one looks": (reason_to_look, 302, []),
    "move out": (of_resident("move_out"), 302, []),
    "update the card": (of_resident("card_work", "update"), 302, []),
    "take the card back": (of_resident("card_work", "end"), 302, []),
    "telephone": (notice_of_loss, 302, []),
    "issue": (of_application("issue", "approved"), 302, []),
    "hand over": (of_application("hand_over", "issued"), 409, ["E_APPLICATION_STATE"]),
    "release": (of_resident("release", held=True), 302, []),
    "report the loss": (of_resident("report_loss", held=True), 302, []),
    "receive for a revocation": (revocation_of("receive"), 302, []),
    "revoke": (revocation_of("revoke"), 302, []),
    "record an error": (of_resident("confirm_record_error", "name"), 302, []),
    "change the address": (of_resident("change_address"), 302, []),
}


@pytest.mark.parametrize(("prepare", "status", "refused"), TWICE.values(), ids=TWICE)
def test_what_is_sent_twice_is_done_once(
    console: Console, prepare: Callable[[Console], Send], status: int, refused: list[str]
) -> None:
    send = prepare(console)
    before = list(everything_kept())
    assert send().status_code == 302
    once = list(everything_kept())
    assert once != before
    second = send()
    assert (second.status_code, codes(second.content.decode())) == (status, refused)
    assert list(everything_kept()) == once


def twice_at_once(
    town: Town, monkeypatch: pytest.MonkeyPatch, act: Callable[[Clerk], object]
) -> list[object]:
    """Two clerks press the button at the same moment: the second does it right after the first has asked the
    agency how the person stands, or, where the act does not ask, has looked the entry up.
    """
    mei, ask = town.clerk("mei"), person_state
    done: list[object] = []

    def asked(clerk: Clerk, person_code: str) -> PersonState:
        state = ask(clerk, PersonCode(person_code))
        if clerk.user_name == "hanako" and not done:
            done.append(act(mei))
        return state

    for module in (revocation, loss, card_work):
        monkeypatch.setattr(module, "person_state", asked)
    done.append(act(town.clerk()))
    assert len(done) == 2
    return done


def text(response: Response) -> str:
    return re.sub(r"<[^>]*>", "", response.content.decode())


def told(act: str) -> int:
    return MunicipalityEntry.objects.filter(act=act).count()


def test_what_two_clerks_report_at_once_is_written_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    at = town.clock.now()
    holder = town.with_certificates()
    record_notice_of_loss(holder.code, operator=town.operator(), at=at)
    lost = holder.resident
    assert twice_at_once(town, monkeypatch, lambda clerk: report_loss(lost, clerk=clerk, at=at)) == [
        True,
        False,
    ]
    assert told("report loss") == 1
    person = town.with_certificates().resident
    asked = town.received_revocation(person, Purpose.SIGNATURE, why=WhyRevoked.KEY_KNOWN)
    town.approve(asked)
    with pytest.raises(Conflict, match="E_APPLICATION_STATE"):
        twice_at_once(town, monkeypatch, lambda clerk: revoke(asked, clerk=clerk, at=at))
    assert twice_at_once(
        town, monkeypatch, lambda clerk: card_work.take_back_unreadable(person, clerk=clerk, at=at)
    ) == [1, 0]
    assert (told("ask to revoke"), told("report card invalid")) == (1, 1)


def test_a_revocation_that_waits_for_the_agency_is_not_written_again(town: Town) -> None:
    at, holder, clerk, lines = town.clock.now(), town.with_certificates(), town.clerk(), plugged("agency")
    asked = town.received_revocation(holder.resident, Purpose.SIGNATURE, why=WhyRevoked.KEY_KNOWN)
    town.approve(asked)
    plug("agency", OnlyAnswers())
    for _time in range(2):
        with pytest.raises(Unavailable):
            revoke(asked, clerk=clerk, at=at)
    plug("agency", lines)
    revoke(asked, clerk=clerk, at=at)
    with pytest.raises(Conflict, match="E_APPLICATION_STATE"):
        revoke(asked, clerk=clerk, at=at)
    assert (told("ask to revoke"), told("report delivered")) == (1, 1)


@pytest.mark.clause("S1-C5.1b")
def test_a_report_of_loss_that_comes_late_leaves_a_newer_call_open(town: Town) -> None:
    holder, lines, day = town.with_certificates(), plugged("agency"), town.clock.now()
    record_notice_of_loss(holder.code, operator=town.operator(), at=day)
    plug("agency", Unplugged())
    town.clock.move_to(day + timedelta(hours=4))
    with pytest.raises(Unavailable):
        report_loss(holder.resident, clerk=town.clerk(), at=day + timedelta(hours=1))
    record_notice_of_loss(holder.code, operator=town.operator(), at=day + timedelta(hours=2))
    plug("agency", lines)
    assert deliver_reports(day + timedelta(hours=3)) == 1
    assert [call.received_at for call in open_calls()] == [day + timedelta(hours=2)]
    assert reports_about(holder.code).reported_lost
    assert report_loss(holder.resident, clerk=town.clerk(), at=day + timedelta(hours=4))
    assert not open_calls().exists()
    assert not reports_about(holder.code).reported_lost


def test_two_notices_of_moving_out_at_once_are_one(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    client, resident, _application = console.issued()
    mei = console.clerk(console.town.clerk("mei"))
    sent = {"destination": "みほん県ためし市１", "moved_on": "2026-06-01", "confirmed": "1"}
    address, really = reverse("counter:move_out", args=[resident.public_id]), move_out

    def meanwhile(*person: Any, **told: Any) -> object:
        monkeypatch.setattr(moving_out, "move_out", really)
        assert mei.post(address, sent).status_code == 302
        return really(*person, **told)

    monkeypatch.setattr(moving_out, "move_out", meanwhile)
    for posted in (sent, {**sent, "confirmed": ""}):
        shown = text(client.post(address, posted, follow=True))
        assert "Nothing was changed.Recorded: 2026-06-02 10:00 窓口 花子" in shown
    assert Departure.objects.count() == 1


def test_an_address_that_a_colleague_changed_meanwhile_is_not_overwritten_unseen(console: Console) -> None:
    client, resident, _application = console.issued()
    address, was = reverse("counter:change_address", args=[resident.public_id]), resident.address
    stale = Resident.objects.get(pk=resident.pk)
    client.post(address, {"address": "みほん県みほん市例示町８", "stood": was} | MOVED)
    typed = {"address": "みほん県みほん市例示町９", "stood": was} | MOVED
    response = client.post(address, typed)
    shown = response.content.decode()
    assert "In the meantime the address was changed to みほん県みほん市例示町８." in text(response)
    assert 'value="みほん県みほん市例示町９"' in shown
    assert 'name="stood" value="みほん県みほん市例示町８"' in shown
    clerk, now = console.town.clerk(), console.town.clock.now()
    with pytest.raises(Conflict, match="E_ENTRY_CHANGED"):
        change_address(stale, typed["address"], moved_on=now.date(), clerk=clerk, at=now)
