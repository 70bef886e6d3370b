"""The counter's pages for receiving and examining, with real registers and nobody who exists."""

import html
import re
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from honnin.clock import FixedClock
from honnin.errors import explain
from honnin.municipality.counter.applications.models import Application, EvidenceCopy
from honnin.municipality.counter.applications.states import ApplicationState, every_transition
from tests.support.console import PIN_FIELDS, Console, codes, page, scan, signed_in
from tests.support.town import PHOTO

pytestmark = pytest.mark.django_db(databases="__all__")

ADDRESS_OF = {
    "amend": "counter:amend",
    "withdraw": "counter:withdraw",
    "add_evidence": "counter:evidence",
    "reject": "counter:reject",
    "approve": "counter:approve",
    "issue": "counter:issue",
    "set_pins": "counter:set_pins",
    "prove_pins": "counter:prove_pins",
    "renew": "counter:renew",
    "revoke": "counter:revoke",
    "hand_over": "counter:hand_over",
    "end": "counter:end",
}


@pytest.mark.clause("S4-3.2a", "S4-3.6a", "S4-3.6b")
@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"document_1": "", "copy_1": None}, ["E_ID_DOC_MISSING"]),
        ({"copy_1": None}, ["E_ID_DOC_NOT_RETAINED"]),
        ({"terms_accepted": None}, ["E_TERMS_NOT_ACCEPTED"]),
        (
            {"proxy_kind": "mandated", "proxy_name": "代理　一郎"},
            ["E_ID_DOC_MISSING", "E_PROXY_MANDATE_MISSING", "E_PROXY_ID_MISSING"],
        ),
        ({}, []),
    ],
)
def test_whatever_is_missing_is_received_and_then_refused_with_cause_and_next_step(
    console: Console, changes: dict[str, object], refused: list[str]
) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    console.apply(client, resident, **changes)
    shown = page(client, "application", resident.applications.get().number)
    assert codes(shown) == refused
    assert ("Accept the application" in shown) is (not refused)
    for code in refused:
        assert explain(code, "en").cause in shown
        assert explain(code, "en").remedy in shown


def test_evidence_added_later_lifts_the_refusal_and_the_copy_can_be_seen(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    console.apply(client, resident, document_1="", copy_1=None)
    number = resident.applications.get().number
    missing = page(client, "application", number)
    assert '<a class="button" href="#add">Add the missing document</a>' in missing
    assert f'<a class="button button-secondary" href="{reverse("counter:amend", args=[number])}">' in missing
    sent = {
        "whose": "applicant",
        "document": "passport",
        "copy": scan("passport.png", b"\x89PNG\r\n\x1a\n scan IEND\xaeB`\x82"),
    }
    assert client.post(reverse("counter:evidence", args=[number]), sent).status_code == 302
    shown = page(client, "application", number)
    assert codes(shown) == []
    assert re.search(r'<td role="cell" data-label="Copied"><span>[-0-9: ]+ <span lang="ja">窓口 花子<', shown)
    copy = EvidenceCopy.objects.get(application=number)
    response = client.get(reverse("counter:evidence_copy", args=[number, copy.public_id]))
    assert response.content == b"\x89PNG\r\n\x1a\n scan IEND\xaeB`\x82"
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["Content-Disposition"].startswith("inline")
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "changed",
    [
        {"content": PHOTO},
        {"content": b""},
        {"content": b"sealed:1:"},
        {"content": b"sealed:1:" + bytes(60)},
        {"whose": "proxy"},
        {"document": "passport"},
        {"media_type": "application/pdf"},
        {"public_id": "0" * 32},
    ],
)
@pytest.mark.alters_records
def test_a_copy_that_was_changed_after_it_was_kept_is_not_shown(
    console: Console, changed: dict[str, object]
) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    console.apply(client, resident)
    copy = EvidenceCopy.objects.get()
    address = reverse("counter:evidence_copy", args=[copy.application_id, copy.public_id])
    assert client.get(address).content == PHOTO
    EvidenceCopy.objects.update(**changed)
    copy.refresh_from_db()
    address = reverse("counter:evidence_copy", args=[copy.application_id, copy.public_id])
    response = client.get(address)
    assert response.status_code == 403
    assert codes(response.content.decode()) == ["E_EVIDENCE_ALTERED"]
    assert PHOTO not in response.content


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"\xff\xd8\xff" + bytes(5 * 1024 * 1024)], ids=["empty", "gif", "too large"]
)
def test_a_copy_that_cannot_be_read_is_an_error_of_its_field(console: Console, content: bytes) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    response = console.apply(client, resident, copy_1=scan("x.jpg", content))
    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["copy_1"]
    assert html.escape(explain("E_EVIDENCE_UNREADABLE", "en").cause) in response.content.decode()
    assert not resident.applications.exists()


def test_four_copies_of_the_largest_size_arrive_together(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    largest = PHOTO + bytes(5 * 1024 * 1024 - len(PHOTO))
    console.apply(
        client,
        resident,
        copy_1=scan(content=largest),
        document_2="inquiry_answer",
        copy_2=scan(content=largest),
        proxy_kind="mandated",
        proxy_name="代理　一郎",
        mandate_copy=scan(content=largest),
        proxy_document="passport",
        proxy_copy=scan(content=largest),
    )
    assert codes(page(client, "application", resident.applications.get().number)) == []
    assert EvidenceCopy.objects.count() == 4


def test_more_than_a_form_may_bring_is_said_and_not_taken_for_missing(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    response = console.apply(client, resident, copy_1=scan(content=PHOTO + bytes(25 * 1024 * 1024)))
    assert response.status_code == 400
    assert codes(response.content.decode()) == ["E_EVIDENCE_UNREADABLE"]


def test_a_second_certificate_of_a_kind_is_refused(console: Console) -> None:
    client, resident, application = console.issued()
    client.post(reverse("counter:hand_over", args=[application.number]))
    console.apply(client, resident)
    newest = resident.applications.exclude(pk=application.pk).get()
    assert codes(page(client, "application", newest.number)) == ["E_DUPLICATE_CERT"]


def test_a_second_click_finds_the_application_under_way(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    first = console.apply(client, resident)
    second = console.apply(client, resident, document_1="passport")
    assert second.headers["Location"] == first.headers["Location"]
    assert resident.applications.count() == 1
    shown = page(client, "application", resident.applications.get().number)
    said = explain("E_APPLICATION_OPEN", "en")
    assert said.cause in shown
    assert said.remedy not in shown  # it is the list's
    assert "Continue it here; or withdraw it" in shown


def test_a_rejection_keeps_its_reason_and_needs_one(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    console.apply(client, resident)
    number = resident.applications.get().number
    empty = client.post(reverse("counter:reject", args=[number]), {"reason": " "})
    assert "Enter the reason." in empty.content.decode()
    client.post(reverse("counter:reject", args=[number]), {"reason": "写真と一致しない"})
    assert "写真と一致しない" in page(client, "application", number)
    assert "Accept the application" not in page(client, "application", number)


STEPS = {
    act: {state for state, ways in every_transition().items() if act in ways}
    for ways in every_transition().values()
    for act in ways
}
"""From which states an act may start."""

# Sending either a second time leads to what the first brought; nothing of an application for certificates
# may be set as PINs alone.
SENT_TWICE = {
    (ApplicationState.ISSUED, "issue"),
    (ApplicationState.PINS_SET, "set_pins"),
}
OF_ANOTHER_KIND = ("set_pins", "prove_pins", "renew", "revoke")
ACTS_BY_STATE = [
    (state, act)
    for state in ApplicationState
    for act, states in STEPS.items()
    if (state not in states or act in OF_ANOTHER_KIND) and (state, act) not in SENT_TWICE
]


@pytest.mark.parametrize(("state", "act"), ACTS_BY_STATE)
@pytest.mark.alters_records
def test_an_act_that_may_not_start_from_a_state_is_a_conflict(
    console: Console, state: ApplicationState, act: str
) -> None:
    client = console.clerk()
    resident, card = console.resident()
    console.apply(client, resident)
    Application.objects.update(state=state)
    number = resident.applications.get().number
    sent = PIN_FIELDS | {
        "card": card,
        "reason": "x",
        "because": "mistake",
        "whose": "applicant",
        "document": "passport",
        "copy": scan(),
    }
    response = client.post(reverse(ADDRESS_OF[act], args=[number]), sent)
    assert response.status_code == 409
    assert codes(response.content.decode()) == ["E_APPLICATION_STATE"]
    assert Application.objects.get().state == state
    assert EvidenceCopy.objects.count() == 1


def test_there_is_a_conflict_for_every_state(console: Console) -> None:
    may = sum(len(states) for act, states in STEPS.items() if act not in OF_ANOTHER_KIND)
    assert len(ACTS_BY_STATE) == len(ApplicationState) * len(STEPS) - may - len(SENT_TWICE)
    assert {state for state, _act in ACTS_BY_STATE} == set(ApplicationState)


def test_a_clerk_decides_on_no_application_of_their_own(console: Console) -> None:
    resident, _card = console.resident()
    clerk = console.town.clerk("self", person_code=resident.pk)
    client = console.clerk(clerk)
    assert codes(console.apply(client, resident).content.decode()) == ["E_OWN_APPLICATION"]
    console.apply(console.clerk(), resident)
    number = resident.applications.get().number
    response = client.post(reverse("counter:approve", args=[number]))
    assert response.status_code == 403
    assert codes(response.content.decode()) == ["E_OWN_APPLICATION"]


@pytest.mark.parametrize(
    "name", ["application", "issue", "receipt", "approve", "reject", "hand_over", "evidence"]
)
def test_a_neighbours_application_is_not_shown(console: Console, name: str) -> None:
    resident, _card = console.resident()
    console.apply(console.clerk(), resident)
    number = resident.applications.get().number
    neighbour = console.clerk(console.town.neighbour())
    response = neighbour.post(reverse(f"counter:{name}", args=[number]))
    assert response.status_code == 403
    assert resident.name not in response.content.decode()
    copy = EvidenceCopy.objects.get()
    assert neighbour.get(reverse("counter:evidence_copy", args=[number, copy.public_id])).status_code == 403
    assert number not in neighbour.get(reverse("counter:applications")).content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "/counter/applications/",
        "/counter/residents/",
        f"/counter/residents/{'0' * 32}/",
        "/counter/applications/99101-20260602-000000/",
    ],
)
def test_only_clerks_see_the_counter(console: Console, address: str) -> None:
    assert console.operator().get(address).status_code == 403
    assert codes(signed_in("nobody").get(address).content.decode()) == ["E_NOT_A_CLERK"]
    assert Client().get(address).headers["Location"].startswith("/sign-in/?next=")


def test_who_comes_back_to_the_address_of_an_act_sees_the_application(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    console.apply(client, resident)
    number = resident.applications.get().number
    for act in ("evidence", "approve", "reject", "hand_over"):
        response = client.get(reverse(f"counter:{act}", args=[number]))
        assert response.headers["Location"] == reverse("counter:application", args=[number])


@pytest.mark.alters_records
def test_names_and_reasons_are_text_and_never_markup(console: Console) -> None:
    """Also those that were recorded before the register refused them."""
    client = console.clerk()
    attack = "<script>alert(1)</script>"
    resident, _card = console.resident()
    console.apply(client, resident, proxy_kind="mandated", proxy_name="見本　一郎")
    resident.name = resident.address = attack
    resident.save()
    resident.applications.update(proxy_name=attack)
    number = resident.applications.get().number
    client.post(reverse("counter:reject", args=[number]), {"reason": attack})
    sought = client.post(reverse("counter:residents"), {"text": attack}, follow=True)
    for response in (
        sought,
        client.get(reverse("counter:applications")),
        client.get(reverse("counter:application", args=[number])),
        client.get(reverse("counter:resident", args=[resident.public_id])),
        client.get(reverse("counter:new_application", args=[resident.public_id])),
    ):
        assert attack not in response.content.decode()
        assert "&lt;script&gt;" in response.content.decode()


def test_a_young_applicant_is_not_offered_the_signature_first(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident(birth_date=date(2015, 1, 1))
    form = client.get(reverse("counter:new_application", args=[resident.public_id])).context["form"]
    assert form["purposes"].value() == ["user_authentication"]
    console.apply(client, resident)
    shown = page(client, "application", resident.applications.get().number)
    assert codes(shown) == ["E_UNDER_AGE", "E_AGENT_REQUIRED"]


def test_an_adult_ward_needs_the_clerks_own_examination(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident(adult_ward=True)
    assert (
        "ward_override"
        in client.get(reverse("counter:new_application", args=[resident.public_id])).context["form"].fields
    )
    console.apply(client, resident, ward_override="on")
    assert codes(page(client, "application", resident.applications.get().number)) == []
    other, _card = console.resident()
    assert (
        "ward_override"
        not in client.get(reverse("counter:new_application", args=[other.public_id])).context["form"].fields
    )


def test_a_character_that_cannot_be_recorded_needs_a_substitute_and_consent(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident(name="髙橋　花子")
    form = client.get(reverse("counter:new_application", args=[resident.public_id])).context["form"]
    assert "character 1 “髙”" in form.fields["recorded_name"].help_text
    assert "recorded_address" not in form.fields
    altered = console.apply(client, resident, recorded_name="高橋　華子", substitutes_accepted="on")
    assert list(altered.context["form"].errors) == ["recorded_name"]
    console.apply(client, resident, recorded_name="高橋　花子", substitutes_accepted="on")
    application = resident.applications.get()
    assert application.recorded_name == "高橋　花子"
    assert codes(page(client, "application", application.number)) == []


def test_without_a_substitute_the_application_is_received_and_refused(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident(name="髙橋　花子")
    console.apply(client, resident, recorded_name="髙橋　花子")
    shown = codes(page(client, "application", resident.applications.get().number))
    assert shown == ["E_SUBSTITUTE_CONSENT", "E_SUBSTITUTE_MISSING"]


def test_the_list_shows_twenty_a_page_the_newest_first(console: Console, clock: FixedClock) -> None:
    client = console.clerk()
    residents = [console.town.move_in() for _ in range(21)]
    for resident in residents:
        console.town.receive(resident)
    first = page(client, "applications")
    assert first.count("/counter/applications/99101-") == 20
    second = html.unescape(client.get(reverse("counter:applications"), {"page": 2}).content.decode())
    assert second.count("/counter/applications/99101-") == 1
