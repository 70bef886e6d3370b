"""What was typed and chosen is not lost: after a fault in a field, and in another language."""

import re
from collections.abc import Mapping
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from honnin.console import kept_files
from honnin.console.models import KeptFile
from honnin.municipality.counter.models import Application, EvidenceCopy
from honnin.municipality.records.models import JournalEntry
from honnin.sites.chores import do_chores
from tests.console import REQUEST, Console, scan, signed_in
from tests.town import PHOTO

pytestmark = pytest.mark.django_db(databases="__all__")

HANDLE = re.compile(r'name="(\w+_kept)" value="([0-9a-f]{32})"')
LOST = "The file that was chosen is no longer kept. Choose it again."
OF_PROXY = {"proxy_kind": "mandated", "proxy_name": "代理　一郎", "proxy_document": "passport"}


def handles(response: HttpResponse) -> dict[str, str]:
    """The handles of kept files that a page carries, by field."""
    return dict(HANDLE.findall(response.content.decode()))


def faulty(console: Console, client: Client, **more: object) -> tuple[str, dict[str, str]]:
    """A form with scans that came back because no certificate was chosen: its address and its handles."""
    resident, _card = console.resident()
    sent = {"purposes": [], "copy_1": scan("免許証.jpg")} | more
    response = console.apply(client, resident, **sent)
    assert response.status_code == 200
    return reverse("counter:new_application", args=[resident.public_id]), handles(response)


def test_a_scan_survives_a_fault_in_another_field(console: Console) -> None:
    client = console.clerk()
    mandate = scan("委任状.pdf", b"%PDF-1.7 mandate")
    address, kept = faulty(console, client, mandate_copy=mandate, proxy_copy=scan(), **OF_PROXY)
    assert set(kept) == {"copy_1_kept", "mandate_copy_kept", "proxy_copy_kept"}
    again = client.post(address, REQUEST | OF_PROXY | kept | {"purposes": []})
    assert handles(again) == kept  # the same, however often
    assert "免許証.jpg" in again.content.decode()
    assert client.post(address, REQUEST | OF_PROXY | kept).status_code == 302
    copies = {copy.whose: copy.media_type for copy in EvidenceCopy.objects.all()}
    assert copies == {"applicant": "image/jpeg", "mandate": "application/pdf", "proxy": "image/jpeg"}
    assert not KeptFile.objects.exists()


def test_a_kept_scan_is_replaced_or_left_out(console: Console) -> None:
    client = console.clerk()
    address, kept = faulty(console, client)
    other = client.post(address, REQUEST | kept | {"purposes": [], "copy_1": scan("other.jpg", PHOTO + b"2")})
    assert "other.jpg" in other.content.decode()
    left = client.post(address, REQUEST | kept | {"copy_1_dropped": "on"})
    assert left.status_code == 302
    assert not EvidenceCopy.objects.exists()


def test_a_scan_that_is_kept_no_more_must_be_chosen_again(console: Console) -> None:
    client = console.clerk()
    address, kept = faulty(console, client)
    console.town.clock.move_to(console.town.clock.now() + timedelta(minutes=14))
    assert "免許証.jpg" in client.post(address, REQUEST | kept | {"purposes": []}).content.decode()
    KeptFile.objects.all().delete()
    late = client.post(address, REQUEST | kept)
    assert late.context["form"].errors["copy_1"] == [LOST]
    assert not Application.objects.exists()


def test_a_scan_is_of_use_to_its_session_and_its_form_alone(console: Console) -> None:
    client = console.clerk()
    address, kept = faulty(console, client)
    resident, _card = console.resident()
    other = reverse("counter:new_application", args=[resident.public_id])
    for who, where in ((client, other), (signed_in("hanako"), address)):
        response = who.post(where, REQUEST | kept)
        assert response.context["form"].errors["copy_1"] == [LOST]


@pytest.mark.alters_records
def test_a_kept_scan_is_sealed_and_forgotten(console: Console) -> None:
    client = console.clerk()
    faulty(console, client)
    row = KeptFile.objects.get()
    assert PHOTO not in bytes(row.content)
    assert "免許証".encode() not in bytes(row.content)
    assert client.session.session_key not in (row.session, row.handle)
    console.town.clock.move_to(console.town.clock.now() + kept_files.KEPT_FOR - timedelta(seconds=1))
    assert not kept_files.over(console.town.clock.now()).exists()
    console.town.clock.move_to(console.town.clock.now() + timedelta(seconds=1))
    assert kept_files.over(console.town.clock.now()).exists()
    do_chores(console.town.clock)
    assert not KeptFile.objects.exists()


def test_signing_out_forgets_and_a_session_keeps_ten(console: Console) -> None:
    client = console.clerk()
    for _each in range(3):
        faulty(
            console, client, proxy_copy=scan(), mandate_copy=scan(), document_2="pension_book", copy_2=scan()
        )
    assert KeptFile.objects.count() == kept_files.MOST_KEPT
    client.post("/sign-out/")
    assert not KeptFile.objects.exists()


def test_a_copy_that_is_added_later_survives_a_fault_too(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    console.apply(client, resident, document_1="", copy_1=None)
    number = resident.applications.get().number
    address = reverse("counter:evidence", args=[number])
    unsaid = {"whose": "applicant", "document": "", "copy": scan("旅券.jpg"), "reason": "まだ決めていない"}
    response = client.post(address, unsaid)
    assert "まだ決めていない" in response.content.decode()
    kept = handles(response)
    assert client.post(address, {"whose": "applicant", "document": "passport"} | kept).status_code == 302
    assert EvidenceCopy.objects.get().document == "passport"


def test_a_pin_reset_keeps_its_scan(console: Console) -> None:
    client, resident, _application = console.issued()
    address = reverse("counter:new_pin_reset", args=[resident.public_id])
    sent = {"document_1": "passport", "proxy_kind": "", "copy_1": scan()}
    kept = handles(client.post(address, sent))
    sent = {"document_1": "passport", "proxy_kind": "", "pins": ["signature"]} | kept
    assert client.post(address, sent).status_code == 302
    assert EvidenceCopy.objects.filter(document="passport").exists()


# — Another language ——————————————————————————————————————————————————————————————————————————————————


def switched(client: Client, address: str, typed: Mapping[str, object]) -> HttpResponse:
    """The page in Japanese, with what was typed."""
    before = JournalEntry.objects.exclude(act__startswith="look").count()
    response = client.post(address, {**typed, "switch_language": "ja"})
    assert response.status_code == 200
    assert '<html lang="ja">' in response.content.decode()
    assert response.cookies["django_language"].value == "ja"
    assert JournalEntry.objects.exclude(act__startswith="look").count() == before
    return response


def test_every_form_of_the_counter_keeps_what_was_typed_in_another_language(console: Console) -> None:
    client, holder, issued = console.issued()
    resident, _card = console.resident(name="髙橋　花子")
    application = console.town.receive(console.town.move_in())
    approved = console.town.approved(console.town.holder().resident)
    for name, argument, typed in (
        ("residents", None, {"text": "けんさく"}),
        ("revoke", holder.public_id, {"purposes": ["signature"], "ground": "key_compromise_notice"}),
        ("change_address", holder.public_id, {"address": "みほん県みほん市９"}),
        ("new_pin_reset", holder.public_id, {"pins": ["signature"], "proxy_name": "代理"}),
        ("new_application", resident.public_id, {"purposes": ["signature"], "recorded_name": "高橋　花子"}),
        ("application", application.number, {"reason": "写真", "because": "mistake", "document": "passport"}),
        ("amend", application.number, {"purposes": ["signature"], "proxy_name": "代理"}),
        ("issue", approved.number, {"card": issued.card_number}),
    ):
        address = reverse(f"counter:{name}", args=[argument] if argument else [])
        shown = client.get(address).content.decode()
        assert 'form="entry"' in shown, name
        assert f'formaction="{address}"' in shown, name
        context = switched(client, address, typed).context
        forms = [context.get(each) for each in ("form", "evidence_form", "rejection_form", "withdrawal_form")]
        stands = {field.name: field.value() for form in forms if form for field in form}
        assert {key: stands[key] for key in typed} == typed, name
        client.post("/language/setlang/", {"language": "en"})
    assert Application.objects.get(pk=application.pk).state == "under_examination"


def test_scans_survive_another_language_and_what_is_no_scan_must_be_chosen_again(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    address = reverse("counter:new_application", args=[resident.public_id])
    typed = REQUEST | {"copy_1": scan("免許証.jpg"), "copy_2": scan("x.gif", b"GIF89a")}
    response = switched(client, address, typed)
    shown = response.content.decode()
    assert set(handles(response)) == {"copy_1_kept"}
    assert "免許証.jpg" in shown
    assert "選んだファイルを保管できません。もう一度選んでください。" in shown
    assert not Application.objects.exists()
    assert client.post(address, REQUEST | handles(response)).status_code == 302
    assert EvidenceCopy.objects.count() == 1


def test_unticked_boxes_stay_unticked(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    address = reverse("counter:new_application", args=[resident.public_id])
    form = switched(client, address, {"document_1": "passport"}).context["form"]
    assert (form["purposes"].value(), form["terms_accepted"].value()) == ([], False)


def test_pins_are_not_put_back_and_the_page_says_so(console: Console) -> None:
    client = console.clerk()
    resident, card = console.resident()
    application = console.approved(client, resident)
    typed = {"card": card, "signature_pin": "ABC123"}
    shown = switched(client, reverse("counter:issue", args=[application.number]), typed).content.decode()
    assert "ABC123" not in shown
    assert "暗証番号とパスワードは保管しません。もう一度入力してください。" in shown


def test_a_caller_and_a_user_name_are_kept_in_another_language(console: Console) -> None:
    caller = {"name": "見本　花子", "birth_date": "平成2年", "address": "みほん市"}
    form = switched(console.operator(), reverse("hotline:search"), caller).context["form"]
    assert {name: form[name].value() for name in caller} == caller
    stranger = Client(headers={"accept-language": "en"})
    form = switched(stranger, "/sign-in/?next=/counter/", {"username": "hanako", "password": "x"}).context[
        "form"
    ]
    assert form["username"].value() == "hanako"


@pytest.mark.parametrize("act", ["approve", "withdraw", "reject", "evidence"])
def test_a_language_is_no_act(console: Console, act: str) -> None:
    client = console.clerk()
    application = console.town.receive(console.town.move_in())
    address = reverse(f"counter:{act}", args=[application.number])
    client.post(address, {"switch_language": "ja", "reason": "x", "because": "mistake"})
    application.refresh_from_db()
    assert application.state == "under_examination"


def test_another_site_switches_no_language(console: Console) -> None:
    console.clerk()
    strict = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    answer = strict.post("/sign-in/", {"switch_language": "ja"})
    assert answer.status_code == 403
    unknown = console.clerk().post(reverse("counter:residents"), {"switch_language": "xx"})
    assert '<html lang="en">' in unknown.content.decode()
