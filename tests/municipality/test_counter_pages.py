"""The counter's pages, with real registers, real cards in files and nobody who exists."""

import html
import logging
import re
from datetime import date
from itertools import chain

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from django.urls import reverse

from honnin.agency.records.models import IssuanceRecord, JournalEntry
from honnin.card.session import relay
from honnin.card.slot import KeySlot
from honnin.card.transport.card_file import CardFile
from honnin.clock import FixedClock
from honnin.errors import CardError, explain
from honnin.law.terms import Purpose
from honnin.municipality.counter import card_reader, services
from honnin.municipality.counter.models import Application, ApplicationState, EvidenceCopy
from honnin.municipality.counter.services import STEPS
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.services import record_removal
from honnin.wire.issuance import RelayAnswers, RequestIssuance
from tests.console import PIN_FIELDS, Console, scan, signed_in
from tests.town import PHOTO

pytestmark = pytest.mark.django_db(databases="__all__")

ADDRESS_OF = {
    "add_evidence": "counter:evidence",
    "reject": "counter:reject",
    "approve": "counter:approve",
    "issue": "counter:issue",
    "hand_over": "counter:hand_over",
}


def page(client: Client, name: str, *args: object) -> str:
    response = client.get(reverse(f"counter:{name}", args=args))
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def codes(text: str) -> list[str]:
    """The refusals that a page shows, in their order."""
    return re.findall(r'<dd class="code">(E_[A-Z_]+)</dd>', text)


def test_an_application_goes_from_the_form_to_the_receipt(console: Console) -> None:
    client, resident, application = console.issued()
    assert application.state == ApplicationState.ISSUED
    receipt = page(client, "receipt", application.number)
    for record in IssuanceRecord.objects.filter(person_code=resident.pk):
        assert record.delivered_at is not None
        assert f"{record.serial_number:08X}" in receipt
        assert f"{record.expiry_date} (Reiwa {record.expiry_date.year - 2018})" in receipt
    for words in ("0120-95-0178", "050-3818-1250", "after 5 wrong entries", "no legal effect"):
        assert words in receipt
    handed = client.post(reverse("counter:hand_over", args=[application.number]), follow=True)
    assert "The work is done." in handed.content.decode()
    application.refresh_from_db()
    assert application.state == ApplicationState.HANDED_OVER


def test_the_card_opens_with_the_pins_that_were_typed_and_letters_become_capitals(console: Console) -> None:
    client = console.clerk()
    resident, card = console.resident()
    application = console.approved(client, resident)
    console.issue(client, application, card, signature_pin="abc123", signature_pin_again="abc123")
    assert console.pin_opens(card, KeySlot.SIGNATURE, "ABC123")
    assert console.pin_opens(card, KeySlot.AUTHENTICATION, "1234")


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
    sent = {
        "whose": "applicant",
        "document": "passport",
        "copy": scan("passport.png", b"\x89PNG\r\n\x1a\n scan"),
    }
    assert client.post(reverse("counter:evidence", args=[number]), sent).status_code == 302
    assert codes(page(client, "application", number)) == []
    copy = EvidenceCopy.objects.get(application=number)
    response = client.get(reverse("counter:evidence_copy", args=[number, copy.pk]))
    assert response.content == b"\x89PNG\r\n\x1a\n scan"
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["Content-Disposition"].startswith("inline")
    assert response.headers["X-Content-Type-Options"] == "nosniff"


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


def test_nobody_in_the_register_is_refused_with_the_next_step(console: Console) -> None:
    client = console.clerk()
    found = client.get(reverse("counter:residents"), {"text": "不在　太郎"}).content.decode()
    assert codes(found) == ["E_NOT_RESIDENT"]
    assert "terms art.2(1)" in found


def test_a_removed_person_is_not_found_and_cannot_apply(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident(name="去年　移動", kana="キョネン　イドウ")
    record_removal(resident, date(2026, 5, 1), clerk="hanako")
    assert codes(client.get(reverse("counter:residents"), {"text": "去年"}).content.decode()) == [
        "E_NOT_RESIDENT"
    ]
    response = console.apply(client, resident)
    assert response.status_code == 422
    assert codes(response.content.decode()) == ["E_NOT_RESIDENT"]


@pytest.mark.parametrize(
    "text", ["検索　花子", "検索花子", "検索 花子", "けんさく", "ｹﾝｻｸ ﾊﾅｺ", "99000000001"]
)
def test_a_resident_is_found_however_the_name_is_typed(console: Console, text: str) -> None:
    client = console.clerk()
    resident = console.town.move_in(name="検索　花子", kana="ケンサク　ハナコ")
    found = client.get(reverse("counter:residents"), {"text": text}).content.decode()
    assert reverse("counter:resident", args=[resident.pk]) in found


def test_another_municipalitys_resident_is_received_and_refused(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident(municipality_id="99102")
    shown = page(client, "resident", resident.pk)
    assert codes(shown) == ["E_OFFICE_WRONG"]
    console.apply(client, resident)
    assert codes(page(client, "application", resident.applications.get().number)) == ["E_OFFICE_WRONG"]
    for act in ("release", "revoke", "change_address"):
        assert client.get(reverse(f"counter:{act}", args=[resident.pk])).status_code == 403
    moved = client.post(reverse("counter:change_address", args=[resident.pk]), {"address": "みほん県"})
    assert moved.status_code == 403
    resident.refresh_from_db()
    assert resident.address != "みほん県"


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
    assert second.url == first.url
    assert resident.applications.count() == 1
    assert explain("E_APPLICATION_OPEN", "en").cause in page(
        client, "application", resident.applications.get().number
    )


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


ACTS_BY_STATE = [
    (state, act) for state in ApplicationState for act, states in STEPS.items() if state not in states
]


@pytest.mark.parametrize(("state", "act"), ACTS_BY_STATE)
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
    assert len(ACTS_BY_STATE) == len(ApplicationState) * len(STEPS) - sum(map(len, STEPS.values()))
    assert {state for state, _act in ACTS_BY_STATE} == set(ApplicationState)


def test_a_clerk_decides_on_no_application_of_their_own(console: Console) -> None:
    resident, _card = console.resident()
    clerk = console.town.clerk("self", person_code=resident.pk)
    client = console.clerk(clerk)
    console.apply(client, resident)
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
    assert neighbour.get(reverse("counter:evidence_copy", args=[number, copy.pk])).status_code == 403
    assert number not in neighbour.get(reverse("counter:applications")).content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "/counter/applications/",
        "/counter/residents/",
        "/counter/residents/99000000001/",
        "/counter/applications/x/",
    ],
)
def test_only_clerks_see_the_counter(console: Console, address: str) -> None:
    assert console.operator().get(address).status_code == 403
    assert codes(signed_in("nobody").get(address).content.decode()) == ["E_NOT_A_CLERK"]
    assert Client().get(address).url.startswith("/sign-in/?next=")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"signature_pin": "ABCDEF", "signature_pin_again": "ABCDEF"}, "signature_pin"),
        (
            {"user_authentication_pin": "12345", "user_authentication_pin_again": "12345"},
            "user_authentication_pin",
        ),
        ({"user_authentication_pin_again": "4321"}, "user_authentication_pin_again"),
        ({"signature_pin": ""}, "signature_pin"),
        ({"card": ""}, "card"),
        ({"card": "../../etc/passwd"}, "card"),
    ],
)
def test_a_badly_formed_pin_or_card_is_said_at_its_field_and_nothing_happens(
    console: Console, changes: dict[str, str], field: str
) -> None:
    client = console.clerk()
    resident, card = console.resident()
    application = console.approved(client, resident)
    response = console.issue(client, application, card, **changes)
    assert response.status_code == 200
    assert field in response.context["form"].errors
    assert not IssuanceRecord.objects.filter(person_code=resident.pk).exists()


def test_no_pin_comes_back_in_a_page_or_stays_in_a_log_or_a_database(
    console: Console, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    pins = {
        "signature_pin": "ZQXJ0417",
        "signature_pin_again": "ZQXJ0417",
        "user_authentication_pin": "8350",
        "user_authentication_pin_again": "8350",
    }
    client = console.clerk()
    resident, card = console.resident()
    application = console.approved(client, resident)
    wrong = console.issue(client, application, card, **pins | {"user_authentication_pin_again": "8351"})
    broken = console.issue(client, application, console.resident()[1], **pins)
    after = client.get(broken.url)
    done = console.issue(client, application, card, **pins)
    receipt = client.get(done.url)
    for response in (wrong, broken, after, done, receipt):
        for pin in ("ZQXJ0417", 'value="8350"', ">8350<"):
            assert pin not in response.content.decode()
    assert console.pin_opens(card, KeySlot.SIGNATURE, "ZQXJ0417")
    assert "ZQXJ0417" not in caplog.text
    assert "ZQXJ0417" not in "".join(chain.from_iterable(map(str, row) for row in _everything()))


def _everything() -> list[tuple[object, ...]]:
    """Every row of every table, sessions decoded."""
    from django.contrib.sessions.models import Session

    rows: list[tuple[object, ...]] = [(session.get_decoded(),) for session in Session.objects.all()]
    for alias in connections:
        with connections[alias].cursor() as cursor:
            for table in connections[alias].introspection.table_names(cursor):
                rows += cursor.execute(f'SELECT * FROM "{table}"').fetchall()
    assert len(rows) > 20
    return rows


def test_a_wrong_card_is_refused_and_the_right_one_goes_on(console: Console) -> None:
    client = console.clerk()
    resident, card = console.resident()
    _other, others_card = console.resident()
    application = console.approved(client, resident)
    failed = console.issue(client, application, others_card)
    assert failed.url == reverse("counter:issue", args=[application.number])
    shown = html.unescape(client.get(failed.url).content.decode())
    assert codes(shown) == ["E_CARD_INVALID"]
    assert "Try again" in shown
    assert console.issue(client, application, card).url.endswith("/receipt/")


def test_a_card_in_use_elsewhere_is_said_once_with_the_way_on(console: Console) -> None:
    client = console.clerk()
    resident, card = console.resident()
    application = console.approved(client, resident)
    with CardFile.open(console.cards / f"{card}.json"):
        failed = console.issue(client, application, card)
    shown = page(client, "issue", application.number)
    assert failed.url == reverse("counter:issue", args=[application.number])
    assert codes(shown) == ["E_CARD_IN_USE"]
    assert "Try again" in shown
    assert codes(page(client, "issue", application.number)) == []


def test_a_damaged_card_is_said_with_the_way_on(console: Console) -> None:
    client = console.clerk()
    resident, card = console.resident()
    application = console.approved(client, resident)
    path = console.cards / f"{card}.json"
    whole = path.read_bytes()
    path.write_bytes(whole[:40])
    console.issue(client, application, card)
    assert codes(page(client, "issue", application.number)) == ["E_CARD_FILE_DAMAGED"]
    path.write_bytes(whole)
    assert console.issue(client, application, card).url.endswith("/receipt/")


def test_who_comes_back_to_the_address_of_an_act_sees_the_application(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    console.apply(client, resident)
    number = resident.applications.get().number
    for act in ("evidence", "approve", "reject", "hand_over"):
        response = client.get(reverse(f"counter:{act}", args=[number]))
        assert response.url == reverse("counter:application", args=[number])


def test_work_that_was_cut_off_says_what_stands_and_goes_on(console: Console) -> None:
    """The power goes after the agency issued and before the card was written."""
    client = console.clerk()
    resident, card = console.resident()
    application = console.approved(client, resident)
    _cut_before_writing(console, application, card)
    shown = page(client, "issue", application.number)
    issued = _issued(resident)
    assert [purpose for purpose, _number in issued] == sorted(Purpose)
    assert all(number in shown for _purpose, number in issued)
    assert shown.count(">Not yet<") == len(Purpose)
    assert "Try again" in shown
    for _click in range(2):
        assert console.issue(client, application, card).url.endswith("/receipt/")
    assert _issued(resident) == issued
    assert not IssuanceRecord.objects.filter(person_code=resident.pk, delivered_at=None).exists()


def _issued(resident: Resident) -> list[tuple[str, str]]:
    records = IssuanceRecord.objects.filter(person_code=resident.pk).order_by("purpose")
    return [(record.purpose, f"{record.serial_number:08X}") for record in records]


def _cut_before_writing(console: Console, application: Application, card: str) -> None:
    clerk, form = console.town.clerk(), services.application_form(application)
    with card_reader.inserted(console.cards, card) as transport:
        step = services.ask_agency(clerk, RequestIssuance(form, card, services.wanted(application)))
        for _stage in ("opening", "reading", "keys"):
            step = services.ask_agency(clerk, RelayAnswers(step.procedure, relay(transport, step.commands)))


def test_a_held_certificate_is_released_after_a_confirmation(console: Console) -> None:
    client, resident, _application = console.issued()
    console.operator().post(reverse("hotline:confirm", args=[resident.pk]))
    shown = page(client, "resident", resident.pk)
    assert "On hold" in shown
    assert "Revoked" in shown
    assert "release the hold" in page(client, "release", resident.pk)
    client.post(reverse("counter:release", args=[resident.pk]))
    assert "On hold" not in page(client, "resident", resident.pk)
    again = client.post(reverse("counter:release", args=[resident.pk]))
    assert again.status_code == 422
    assert codes(again.content.decode()) == ["E_HOLD_NOT_RELEASABLE"]


def test_a_revocation_is_confirmed_and_recorded_with_its_ground(console: Console) -> None:
    client, resident, _application = console.issued()
    chosen = {"purposes": ["signature"], "ground": "key_compromise_notice", "chosen": "1"}
    confirmation = client.get(reverse("counter:revoke", args=[resident.pk]), chosen)
    assert "never comes back" in client.get(confirmation.url).content.decode()
    assert not IssuanceRecord.objects.filter(status="revoked").exists()
    client.post(confirmation.url)
    revoked = IssuanceRecord.objects.get(person_code=resident.pk, status="revoked")
    assert (revoked.purpose, revoked.crl_reason) == ("signature", "keyCompromise")
    entries = JournalEntry.objects.count()
    again = client.post(confirmation.url, follow=True)
    assert "Nothing was changed." in again.content.decode()
    assert JournalEntry.objects.count() == entries


@pytest.mark.parametrize("ground", ["issuer_key_compromise", "removal_of_entry", "loss_notice", "nonsense"])
def test_no_other_ground_can_be_put_into_the_address(console: Console, ground: str) -> None:
    client, resident, _application = console.issued()
    address = reverse("counter:confirm_revocation", args=[resident.pk, ground, "signature"])
    assert client.post(address).url == reverse("counter:revoke", args=[resident.pk])
    assert not IssuanceRecord.objects.filter(status="revoked").exists()


def test_a_change_of_address_ends_the_signature_certificate_alone(console: Console) -> None:
    client, resident, _application = console.issued()
    assert "will be revoked" in page(client, "change_address", resident.pk)
    address = reverse("counter:change_address", args=[resident.pk])
    assert "already" in client.post(address, {"address": resident.address}).content.decode()
    client.post(address, {"address": "みほん県みほん市例示町９－９"})
    states = {r.purpose: r.status for r in IssuanceRecord.objects.filter(person_code=resident.pk)}
    assert states == {"signature": "revoked", "user_authentication": "good"}


def test_a_resident_without_card_moves_as_well(console: Console) -> None:
    client = console.clerk()
    resident = console.town.move_in()
    moved = client.post(
        reverse("counter:change_address", args=[resident.pk]), {"address": "みほん県みほん市１"}
    )
    assert moved.status_code == 302


def test_names_and_reasons_are_text_and_never_markup(console: Console) -> None:
    client = console.clerk()
    attack = "<script>alert(1)</script>"
    resident, _card = console.resident(name=attack, kana="コウゲキ", address=attack)
    console.apply(client, resident, proxy_kind="statutory_agent", proxy_name=attack)
    number = resident.applications.get().number
    client.post(reverse("counter:reject", args=[number]), {"reason": attack})
    searched = client.get(reverse("counter:residents"), {"text": attack})
    for response in (
        searched,
        client.get(reverse("counter:applications")),
        client.get(reverse("counter:application", args=[number])),
        client.get(reverse("counter:resident", args=[resident.pk])),
        client.get(reverse("counter:new_application", args=[resident.pk])),
    ):
        assert attack not in response.content.decode()
        assert "&lt;script&gt;" in response.content.decode()


def test_a_young_applicant_is_not_offered_the_signature_first(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident(birth_date=date(2015, 1, 1))
    form = client.get(reverse("counter:new_application", args=[resident.pk])).context["form"]
    assert form["purposes"].value() == ["user_authentication"]
    console.apply(client, resident)
    shown = page(client, "application", resident.applications.get().number)
    assert codes(shown) == ["E_UNDER_AGE", "E_AGENT_REQUIRED"]


def test_an_adult_ward_needs_the_clerks_own_examination(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident(adult_ward=True)
    assert (
        "ward_override"
        in client.get(reverse("counter:new_application", args=[resident.pk])).context["form"].fields
    )
    console.apply(client, resident, ward_override="on")
    assert codes(page(client, "application", resident.applications.get().number)) == []
    other, _card = console.resident()
    assert (
        "ward_override"
        not in client.get(reverse("counter:new_application", args=[other.pk])).context["form"].fields
    )


def test_a_character_that_cannot_be_recorded_needs_a_substitute_and_consent(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident(name="髙橋　花子")
    form = client.get(reverse("counter:new_application", args=[resident.pk])).context["form"]
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


def test_the_pages_speak_japanese_with_both_calendars(console: Console) -> None:
    client, resident, application = console.issued()
    response = client.get(
        reverse("counter:resident", args=[resident.pk]), headers={"accept-language": "ja"}
    ).content.decode()
    assert "平成2年3月15日（1990年3月15日）" in response
    assert settings.LANGUAGE_CODE == "ja"
    receipt = client.get(
        reverse("counter:receipt", args=[application.number]), headers={"accept-language": "ja"}
    ).content.decode()
    assert "令和8年6月2日（2026年6月2日）" in receipt


def test_writing_again_sets_the_pins_anew(console: Console) -> None:
    client, _resident, application = console.issued()
    card = application.card_number
    with pytest.raises(CardError, match="E_PIN_WRONG"):
        console.pin_opens(card, KeySlot.AUTHENTICATION, "4321")
    console.issue(
        client, application, card, user_authentication_pin="4321", user_authentication_pin_again="4321"
    )
    assert console.pin_opens(card, KeySlot.AUTHENTICATION, "4321")
