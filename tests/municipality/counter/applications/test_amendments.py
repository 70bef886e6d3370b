"""Applications that are corrected after reception, and withdrawn: what stood before is kept and told."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from honnin.agency.hotline.services import record_notice_of_loss
from honnin.errors import Conflict, NotAllowed, Refused
from honnin.law.cards.pins import PinKind
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications import services
from honnin.municipality.counter.applications.amendments import services as amendment
from honnin.municipality.counter.applications.evidence.copies import ShownDocument
from honnin.municipality.counter.applications.models import Amendment, Application, EvidenceCopy, WhyWithdrawn
from honnin.municipality.counter.applications.request import ApplicationRequest
from honnin.municipality.counter.applications.states import ApplicationState
from honnin.municipality.records.models import JournalEntry
from honnin.municipality.residents.models import Resident
from honnin.simulator.brought import AUTHENTICATION, BOTH
from tests.support.console import Console, codes, page, scan
from tests.support.town import LICENCE, PHOTO, Town

pytestmark = pytest.mark.django_db(databases="__all__")

Whose = EvidenceCopy.Whose
MANDATE = ShownDocument(Whose.MANDATE, "mandate", PHOTO + b" mandate")
PASSPORT = ShownDocument(Whose.PROXY, "passport", PHOTO + b" passport")
PROXY: dict[str, Any] = {"proxy_kind": "mandated", "proxy_name": "代理　一郎"}


def amend(town: Town, application: Application, **changes: Any) -> tuple[str, ...]:
    """Let it ask for both and accept the terms, unless said otherwise."""
    names = ("set_aside", "same_proxy")
    options: dict[str, Any] = {str(name): changes.pop(name) for name in names if name in changes}
    usual: dict[str, Any] = {"purposes": BOTH, "terms_accepted": True}
    asked = ApplicationRequest(**(usual | changes))
    changed = amendment.amend(application, asked, **options, clerk=town.clerk(), at=town.clock.now())
    application.refresh_from_db()
    return changed


def against(town: Town, application: Application) -> list[str]:
    found = Application.objects.select_related("resident").get(pk=application.pk)
    return [each.code for each in services.examine(found, clerk=town.clerk(), at=town.clock.now())]


def newest_entry() -> dict[str, Any]:
    detail: dict[str, Any] = json.loads(JournalEntry.objects.order_by("-sequence")[0].detail)
    return detail


@pytest.mark.parametrize(
    ("received", "corrected", "columns"),
    [
        ({"terms_accepted": False}, {}, {"terms_accepted": False, "terms_version": ""}),
        ({}, {"purposes": AUTHENTICATION}, {"signature": True}),
        ({}, PROXY, {"proxy_kind": "", "proxy_name": ""}),
        ({}, {"ward_override": True}, {"ward_override": False}),
    ],
)
def test_what_stood_before_is_kept_and_in_the_journal(
    town: Town, received: dict[str, Any], corrected: dict[str, Any], columns: dict[str, object]
) -> None:
    application = town.receive(town.holder().resident, **received)
    assert amend(town, application, **corrected) == tuple(columns)
    kept = Amendment.objects.get()
    assert (kept.before, kept.amended_by, kept.amended_at) == (columns, town.clerk(), town.clock.now())
    assert kept.after == {name: getattr(application, name) for name in columns}
    entry = JournalEntry.objects.order_by("-sequence")[0]
    assert (entry.act, entry.subject) == ("amend", f"application {application.number}")
    assert {f"before_{name}" for name in columns} <= set(newest_entry())
    assert amend(town, application, **corrected) == ()
    assert Amendment.objects.count() == 1


def test_the_journal_tells_no_name(town: Town) -> None:
    application = town.receive(town.holder(name="髙橋　花子").resident, recorded_name="高橋　花子", **PROXY)
    amend(town, application, recorded_name="橋橋　花子", proxy_kind="mandated", proxy_name="代理　二郎")
    told = JournalEntry.objects.order_by("-sequence")[0].detail
    assert {"before_recorded_name", "before_proxy_name"} <= set(json.loads(told))
    assert "高橋" not in told
    assert "代理" not in told
    assert Amendment.objects.get().before["proxy_name"] == "代理　一郎"


def test_a_forgotten_box_is_corrected_and_the_application_goes_on(town: Town) -> None:
    holder = town.holder()
    application = town.receive(holder.resident, terms_accepted=False)
    assert against(town, application) == ["E_TERMS_NOT_ACCEPTED"]
    with pytest.raises(Refused):
        services.approve(application, clerk=town.clerk(), at=town.clock.now())
    amend(town, application)
    assert against(town, application) == []
    services.approve(application, clerk=town.clerk(), at=town.clock.now())
    town.issue(application, holder.reader())


def test_what_was_corrected_after_it_was_examined_is_examined_again(town: Town) -> None:
    application = town.receive(town.holder().resident)
    seen = Application.objects.get(pk=application.pk)
    amend(town, application, terms_accepted=False)
    with pytest.raises(Conflict, match="E_APPLICATION_STATE"):
        services.approve(seen, clerk=town.clerk(), at=town.clock.now())


@pytest.mark.clause("S4-3.6a", "S4-3.6b")
def test_another_proxys_papers_do_not_count_and_a_misspelt_ones_do(town: Town) -> None:
    inquiry = ShownDocument(Whose.APPLICANT, "inquiry_answer", PHOTO + b" answer")
    shown = (LICENCE, inquiry, MANDATE, PASSPORT)
    application = town.receive(town.holder().resident, shown=shown, **PROXY)
    assert against(town, application) == []
    amend(town, application, proxy_kind="mandated", proxy_name="代理　市郎", same_proxy=True)
    assert against(town, application) == []
    amend(town, application, proxy_kind="mandated", proxy_name="別人　三郎")
    assert against(town, application) == ["E_PROXY_MANDATE_MISSING", "E_PROXY_ID_MISSING"]
    again = (MANDATE, ShownDocument(Whose.PROXY, "passport", PHOTO + b" of another"))
    services.add_evidence(application, again, clerk=town.clerk(), at=town.clock.now())
    application.refresh_from_db()
    assert application.papers_set_aside == []
    assert against(town, application) == []


def test_a_document_that_was_named_by_mistake_stands_in_the_way_no_more(town: Town) -> None:
    shown = (LICENCE, ShownDocument(Whose.APPLICANT, "pension_book"))
    application = town.receive(town.holder().resident, shown=shown)
    assert against(town, application) == ["E_ID_DOC_NOT_RETAINED"]
    amend(town, application, set_aside=["applicant/pension_book"])
    assert against(town, application) == []
    amend(town, application, set_aside=["applicant/driving_licence", "applicant/pension_book"])
    assert against(town, application) == ["E_ID_DOC_MISSING"]
    assert application.evidence.count() == 1


def test_pins_to_set_again_are_corrected_and_stay_pins(town: Town) -> None:
    application = town.receive(town.move_in(), frozenset(), pins=frozenset({PinKind.SIGNATURE}))
    both = frozenset({PinKind.SIGNATURE, PinKind.USER_AUTHENTICATION})
    assert amend(town, application, purposes=frozenset(), pins=both) == ("pins",)
    assert newest_entry()["before_pins"] == "signature"
    with pytest.raises(ValueError, match="another kind"):
        amend(town, application)


def test_nobody_becomes_the_proxy_of_their_own_correction(town: Town) -> None:
    application = town.receive(town.move_in())
    with pytest.raises(NotAllowed, match="E_OWN_PROXY"):
        amend(town, application, proxy_kind="mandated", proxy_name=town.clerk().name)
    assert not Amendment.objects.exists()


@pytest.mark.parametrize("state", ["under_examination", "approved"])
def test_a_withdrawn_application_leaves_the_way_open(town: Town, state: str) -> None:
    holder = town.holder()
    application = town.receive(holder.resident)
    if state == "approved":
        services.approve(application, clerk=town.clerk(), at=town.clock.now())
        application.refresh_from_db()
    amendment.withdraw(application, WhyWithdrawn.MISTAKE, clerk=town.clerk(), at=town.clock.now())
    application.refresh_from_db()
    assert (application.state, application.rejection_reason) == (ApplicationState.WITHDRAWN, "")
    assert newest_entry()["before_state"] == state
    assert Amendment.objects.get().after == {"state": "withdrawn", "withdrawn_because": "mistake"}
    with pytest.raises(Conflict):
        town.issue(application, holder.reader())
    town.issue(town.approved(holder.resident), holder.reader())
    assert set(town.records(holder)) == set(Purpose)


# — The pages ————————————————————————————————————————————————————————————————————————————————————————


def test_a_forgotten_box_is_corrected_on_the_pages(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident(name="髙橋　花子")
    console.apply(client, resident, terms_accepted=None, recorded_name="髙橋　花子", **PROXY)
    number = resident.applications.get().number
    assert reverse("counter:amend", args=[number]) in page(client, "application", number)
    form = client.get(reverse("counter:amend", args=[number])).context["form"]
    stands = {name: form[name].value() for name in ("purposes", "proxy_name", "papers", "recorded_name")}
    assert stands == {
        "purposes": ["signature", "user_authentication"],
        "proxy_name": PROXY["proxy_name"],
        "papers": ["applicant/driving_licence"],
        "recorded_name": "髙橋　花子",
    }
    sent = {
        "purposes": ["signature", "user_authentication"],
        "papers": ["applicant/driving_licence"],
        "recorded_name": "高橋　花子",
        "substitutes_accepted": "on",
        "terms_accepted": "on",
    }
    done = client.post(reverse("counter:amend", args=[number]), sent, follow=True).content.decode()
    assert "The correction was recorded." in done
    assert codes(done) == []
    assert "What was corrected after reception" in done
    assert "代理　一郎" in done
    again = client.post(reverse("counter:amend", args=[number]), sent, follow=True).content.decode()
    assert "Nothing was changed: the application says this already." in again


def test_a_correction_with_a_fault_says_so_and_changes_nothing(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    console.apply(client, resident)
    address = reverse("counter:amend", args=[resident.applications.get().number])
    for sent, field in (
        ({}, "purposes"),
        ({"purposes": ["signature"], "proxy_kind": "mandated"}, "proxy_name"),
        ({"purposes": ["signature"], "proxy_name": "代理"}, "proxy_kind"),
    ):
        assert field in client.post(address, sent).context["form"].errors
    assert not Amendment.objects.exists()


@pytest.mark.alters_records
def test_who_has_moved_away_shows_no_new_address(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident(address="みほん県みほん市髙見町１")
    console.apply(client, resident, recorded_address="みほん県みほん市高見町１", substitutes_accepted="on")
    application = resident.applications.get()
    Resident.objects.update(municipality_id="99102", address="みほん県ためし市髙台９")
    address = reverse("counter:amend", args=[application.number])
    assert "ためし市髙台" not in client.get(address).content.decode()
    client.post(address, {"purposes": ["signature"], "papers": ["applicant/driving_licence"]})
    application.refresh_from_db()
    assert (application.signature, application.user_authentication) == (True, False)
    assert application.recorded_address == "みほん県みほん市高見町１"


def test_what_is_accepted_is_what_the_page_showed(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    console.apply(client, resident)
    application = resident.applications.get()
    approve = reverse("counter:approve", args=[application.number])
    amend(console.town, application, purposes=AUTHENTICATION)
    old = client.post(approve, {"corrections": "0"})
    assert (old.status_code, codes(old.content.decode())) == (409, ["E_APPLICATION_STATE"])
    assert client.post(approve, {"corrections": "1"}).status_code == 302


def test_an_application_is_withdrawn_on_its_page_with_its_reason(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    console.apply(client, resident)
    address = reverse("counter:withdraw", args=[resident.applications.get().number])
    assert "Choose why it is withdrawn." in client.post(address, {}).content.decode()
    done = client.post(address, {"because": "applicant"}, follow=True).content.decode()
    assert "The applicant no longer wants it" in done
    assert "Withdrawn" in page(client, "applications")
    assert "New application" in page(client, "resident", resident.public_id)
    console.apply(client, resident, copy_1=scan())
    assert resident.applications.count() == 2


def test_what_the_applicant_has_is_not_ticked_beforehand(console: Console) -> None:
    client, resident, application = console.issued()
    address = reverse("counter:new_application", args=[resident.public_id])
    client.post(reverse("counter:hand_over", args=[application.number]))
    shown = client.get(address)
    assert shown.context["form"]["purposes"].value() == []
    assert "User-authentication certificate: there is one that is valid until" in shown.content.decode()
    console.revoke(client, resident, "signature")
    assert client.get(address).context["form"]["purposes"].value() == ["signature"]


def seen(console: Console, application: Application) -> tuple[Client, str, dict[str, object]]:
    """A clerk's browser, the address of the form, and the form as it would be sent, with a proxy typed."""
    address, client = reverse("counter:amend", args=[application.number]), console.clerk()
    shown = client.get(address).context
    typed = {name: shown["form"][name].value() for name in shown["form"].fields}
    typed |= {"corrections": shown["corrections"], **PROXY, "terms_accepted": ""}
    return client, address, {name: value for name, value in typed.items() if value is not None}


@pytest.mark.parametrize("how", ["before it is read", "while it is written"])
@pytest.mark.parametrize(
    ("act", "word"), [("approve", "Accepted"), ("reject", "Rejected"), ("withdraw", "Withdrawn")]
)
def test_a_correction_that_a_decision_overtook_shows_what_was_typed_and_what_happened(
    console: Console, monkeypatch: pytest.MonkeyPatch, act: str, word: str, how: str
) -> None:
    application = console.town.receive(console.town.holder().resident)
    client, address, typed = seen(console, application)
    colleague = console.clerk(console.town.clerk("mei"))
    decide = reverse(f"counter:{act}", args=[application.number])
    really = amendment.amend

    def meanwhile(*said: Any, **more: Any) -> object:
        colleague.post(decide, {"reason": "x", "because": "mistake"})
        return really(*said, **more)

    if how == "before it is read":
        colleague.post(decide, {"reason": "x", "because": "mistake"})
    else:
        monkeypatch.setattr(amendment, "amend", meanwhile)
    response = client.post(address, typed)
    text = re.sub(r"<[^>]*>", "", response.content.decode())
    assert (response.status_code, codes(response.content.decode())[0]) == (409, "E_APPLICATION_STATE")
    assert re.search(rf"{word}[^.]* 2026-06-02 10:00 窓口 花子\. Nothing of this was recorded\.", text)
    rows = {str(row["label"]): row["value"] for row in response.context["unsent"]}
    assert rows["Name of the proxy"] == PROXY["proxy_name"]
    assert "No" in rows.values()  # the terms, which had been accepted
    assert len(rows) == 3
    again = client.post(
        address, {**typed, "said_before": response.context["said_before"], "switch_language": "ja"}
    )
    assert PROXY["proxy_name"] in again.content.decode()
    assert "入力されていた内容" in again.content.decode()
    assert f'name="proxy_name" value="{PROXY["proxy_name"]}"' in again.content.decode()
    application.refresh_from_db()
    assert not application.proxy_name


def test_two_corrections_at_once_do_not_overwrite_each_other_unseen(console: Console) -> None:
    application = console.town.receive(console.town.holder().resident)
    client, address, typed = seen(console, application)
    other = typed | {"proxy_kind": "", "proxy_name": "", "purposes": ["signature"]}
    assert console.clerk(console.town.clerk("mei")).post(address, other).status_code == 302
    response = client.post(address, typed)
    shown = response.content.decode()
    assert (response.status_code, codes(shown)) == (409, ["E_APPLICATION_STATE"])
    assert "Compare the corrections with what is entered here" in shown
    assert response.context["form"]["proxy_name"].value() == PROXY["proxy_name"]
    assert "Not applied for" in shown
    assert client.post(address, typed | {"corrections": response.context["corrections"]}).status_code == 302
    application.refresh_from_db()
    assert (application.proxy_name, application.user_authentication) == (PROXY["proxy_name"], True)


@pytest.mark.parametrize("act", ["approve", "hand_over", "end"])
def test_an_act_that_came_too_late_shows_how_things_stand(console: Console, act: str) -> None:
    application = console.town.receive(console.town.holder().resident)
    console.clerk(console.town.clerk("mei")).post(
        reverse("counter:reject", args=[application.number]), {"reason": "x"}
    )
    late = console.clerk().post(reverse(f"counter:{act}", args=[application.number]))
    text = re.sub(r"<[^>]*>", "", late.content.decode())
    assert late.status_code == 409
    assert "Rejected 2026-06-02 10:00 窓口 花子. Nothing of this was recorded." in text


def test_who_receives_right_after_a_colleague_sees_both(console: Console) -> None:
    resident = console.town.holder().resident
    console.town.receive(resident, clerk=console.town.clerk("mei"))
    response = console.apply(console.clerk(), resident, **PROXY, purposes=["signature"])
    shown = response.content.decode()
    assert (response.status_code, codes(shown)[0]) == (409, "E_APPLICATION_OPEN")
    rows = {str(row["label"]): row["value"] for row in response.context["unsent"]}
    assert rows["Name of the proxy"] == PROXY["proxy_name"]
    assert resident.applications.count() == 1


@pytest.mark.parametrize("page", ["issue", "receipt"])
def test_work_on_a_card_that_a_colleague_stopped_leads_to_its_page(console: Console, page: str) -> None:
    application = console.town.approved(console.town.holder().resident)
    console.clerk(console.town.clerk("mei")).post(
        reverse("counter:reject", args=[application.number]), {"reason": "x"}
    )
    address = reverse(f"counter:{page}", args=[application.number])
    for response in (console.clerk().post(address, {"card": "x"}), console.clerk().get(address)):
        text = re.sub(r"<[^>]*>", "", response.content.decode())
        assert response.status_code == 409
        assert "Rejected 2026-06-02 10:00 窓口 花子." in text


def test_a_hold_that_ended_otherwise_and_an_entry_that_is_gone_say_so(console: Console) -> None:
    client, resident, application = console.issued()
    mei, person = console.clerk(console.town.clerk("mei")), [resident.public_id]
    record_notice_of_loss(resident.pk, operator=console.town.operator(), at=console.town.clock.now())
    console.revoke(mei, resident)
    found = {"card": application.card_number, "pin": "1234"}
    late = client.post(reverse("counter:release", args=person), found)
    assert (late.status_code, codes(late.content.decode())) == (422, ["E_HOLD_NOT_RELEASABLE"])
    assert "counter/resident.html" in [each.name for each in late.templates]
    moving = {"destination": "みほん県ためし市１", "moved_on": "2026-06-01", "confirmed": "1"}
    assert mei.post(reverse("counter:move_out", args=person), moving).status_code == 302
    gone = client.post(reverse("counter:change_address", args=person), {"address": "みほん県みほん市１"})
    text = re.sub(r"<[^>]*>", "", gone.content.decode())
    assert (gone.status_code, codes(gone.content.decode())) == (422, ["E_MOVED_OUT"])
    assert "Nothing was changed. Recorded: 2026-06-02 10:00 窓口 花子" in text
    elsewhere = console.clerk(console.town.neighbour()).get(reverse("counter:resident", args=person))
    assert "Recorded:" not in elsewhere.content.decode()
