"""What was typed and chosen is not lost: after a fault in a field, when something is refused, and in another
language; nor is what the page said of it.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from honnin.agency.revocation.services import hold
from honnin.clock import Running
from honnin.console.entered import kept_files
from honnin.console.models import KeptFile, SignInCount
from honnin.errors import explain
from honnin.municipality.counter.applications.models import Application, EvidenceCopy
from honnin.municipality.records.models import JournalEntry
from honnin.sites.chores.round import do_chores
from honnin.wire.line import plug, plugged
from tests.support.agency.unplugged import Unplugged
from tests.support.console import REQUEST, Console, codes, scan, signed_in
from tests.support.responses import Response
from tests.support.town import PHOTO

pytestmark = pytest.mark.django_db(databases="__all__")

HANDLE = re.compile(r'name="(\w+_kept)" value="([0-9a-f]{32})"')
LOST = "The file that was chosen is no longer kept. Choose it again."
OF_PROXY = {"proxy_kind": "mandated", "proxy_name": "代理　一郎", "proxy_document": "passport"}


def handles(response: Response) -> dict[str, str]:
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
    mandate = scan("委任状.pdf", b"%PDF-1.7 mandate %%EOF")
    address, kept = faulty(console, client, mandate_copy=mandate, proxy_copy=scan(), **OF_PROXY)
    assert set(kept) == {"copy_1_kept", "mandate_copy_kept", "proxy_copy_kept"}
    again = client.post(address, REQUEST | OF_PROXY | kept | {"purposes": []})
    assert handles(again) == kept  # the same, however often
    assert "免許証" in again.content.decode()
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
    assert "免許証" in client.post(address, REQUEST | kept | {"purposes": []}).content.decode()
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
    do_chores(console.town.clock, running=Running("a boot of its own", 0.0))  # whatever ran before this test
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
    sent = {"document_1": "passport", "proxy_kind": "", "pins": ["signature"], **kept}
    assert client.post(address, sent).status_code == 302
    assert EvidenceCopy.objects.filter(document="passport").exists()


# — Another language ——————————————————————————————————————————————————————————————————————————————————


def switched(client: Client, address: str, typed: Mapping[str, object]) -> Response:
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
    assert "免許証" in shown
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


# — Refused outright —————————————————————————————————————————————————————————————————————————————————————


def values(response: Response) -> dict[str, object]:
    """What stands in the fields of a page, files and secrets aside."""
    shown = response.context
    forms = [shown.get(each) for each in ("form", "evidence_form", "rejection_form", "withdrawal_form")]
    return {field.name: field.value() for form in forms if form for field in form}


OF_THE_CLERK = {"proxy_kind": "mandated", "proxy_name": "窓口　花子", "proxy_document": "passport"}


def test_a_reception_that_is_refused_comes_back_as_it_was_typed(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    address = reverse("counter:new_application", args=[resident.public_id])
    typed = REQUEST | OF_THE_CLERK | {"purposes": ["signature"]}
    response = client.post(address, typed | {"copy_1": scan("免許証.jpg")})
    shown = response.content.decode()
    assert (response.status_code, codes(shown)) == (403, ["E_OWN_PROXY"])
    assert "免許証" in shown
    stands = values(response)
    assert {name: stands[name] for name in OF_THE_CLERK} == OF_THE_CLERK
    assert (stands["purposes"], stands["terms_accepted"]) == (["signature"], True)
    assert not Application.objects.exists()
    kept = handles(response)
    japanese = switched(client, address, {**typed, **kept, **carried(response)})
    assert codes(japanese.content.decode()) == ["E_OWN_PROXY"]
    assert explain("E_OWN_PROXY", "ja").cause in japanese.content.decode()
    assert values(japanese)["proxy_name"] == OF_THE_CLERK["proxy_name"]
    fixed = typed | kept | {"proxy_name": "代理　一郎", "proxy_copy": scan(), "mandate_copy": scan()}
    assert client.post(address, fixed).status_code == 302
    assert EvidenceCopy.objects.count() == 3


CARRIED = re.compile(r'name="(said_before|faults_shown|faults_of_secrets|error_page)" value="([^"]+)"')


def carried(response: Response) -> dict[str, str]:
    """What the page's buttons of languages send along."""
    return {name: unescape(value) for name, value in CARRIED.findall(response.content.decode())}


@pytest.mark.parametrize(
    ("name", "typed", "code"),
    [
        ("evidence", {"whose": "applicant", "document": "passport"}, "E_EVIDENCE_UNREADABLE"),
        ("amend", {"purposes": ["signature"], **OF_THE_CLERK, "proxy_document": ""}, "E_OWN_PROXY"),
    ],
)
def test_what_cannot_be_done_with_an_application_comes_back(
    console: Console, settings: Settings, name: str, typed: dict[str, object], code: str
) -> None:
    client, application = console.clerk(), console.town.receive(console.town.move_in())
    address = reverse(f"counter:{name}", args=[application.number])
    sent = dict(typed)
    if name == "evidence":
        settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1000
        sent["copy"] = scan("旅券.jpg", PHOTO * 100)
    response = client.post(address, sent)
    assert code in codes(response.content.decode())
    assert response.status_code in (400, 403)
    stands = values(response)
    assert {key: stands[key] for key in typed if key in stands} == {k: typed[k] for k in typed if k in stands}
    japanese = client.post(
        address if name == "amend" else page_of(application),
        {**sent, **carried(response), "switch_language": "ja", "copy": ""},
    )
    assert explain(code, "ja").cause in japanese.content.decode()


def page_of(application: Application) -> str:
    return reverse("counter:application", args=[application.number])


def test_a_card_that_cannot_be_worked_on_comes_back_with_the_choice(console: Console) -> None:
    client, resident, _application = console.issued()
    _other, card = console.resident()
    for address in (
        reverse("counter:card_work", args=[resident.public_id, "end"]),
        reverse("counter:card_work", args=[resident.public_id, "update"]),
    ):
        response = client.post(address, {"card": card})
        assert response.status_code == 422
        assert values(response)["card"] != card  # another card is to be put there
        assert codes(response.content.decode())[0] == "E_CARD_OTHERS"
    hold(resident.pk, actor="test", at=console.town.clock.now())
    address = reverse("counter:release", args=[resident.public_id])
    response = client.post(address, {"card": card, "pin": "1234"})
    shown = response.content.decode()
    assert (response.status_code, values(response)["card"] == card) == (422, False)
    assert (codes(shown), "1234" in shown) == (["E_CARD_OTHERS"], False)
    again = switched(client, address, {"card": card, **carried(response)})
    assert codes(again.content.decode()) == ["E_CARD_OTHERS"]


def test_while_the_agency_is_away_nothing_typed_is_lost(console: Console) -> None:
    """The page itself cannot be shown then: the error's page carries what was typed, and leads back."""
    client = console.clerk()
    resident, _card = console.resident()
    address = reverse("counter:new_application", args=[resident.public_id])
    back_again = plugged("agency")
    plug("agency", Unplugged())
    typed = REQUEST | OF_THE_CLERK | {"purposes": ["signature"]}
    away = client.post(address, typed, headers={"referer": f"http://testserver{address}"})
    assert away.status_code == 503
    hidden = HIDDEN.findall(away.content.decode())
    japanese = client.post(address, {**dict(hidden), **carried(away), "switch_language": "ja"})
    assert explain("E_RECORDS_UNAVAILABLE", "ja").cause in japanese.content.decode()
    assert HIDDEN.findall(japanese.content.decode())[: len(hidden)]
    plug("agency", back_again)
    stands = values(client.post(address, {**dict(hidden), "switch_language": "en"}))
    assert {name: stands[name] for name in OF_THE_CLERK} == OF_THE_CLERK
    assert stands["purposes"] == ["signature"]


HIDDEN = re.compile(r'<input type="hidden" name="(?!csrf|said|error_page)(\w+)" value="([^"]*)">')


def test_a_search_that_cannot_be_answered_stays(console: Console) -> None:
    client, text = console.clerk(), "TEST00000000001"
    found = client.post(reverse("counter:residents"), {"text": text}).headers["Location"]
    plug("agency", Unplugged())
    response = client.get(found)
    assert (response.status_code, values(response)["text"]) == (503, text)
    assert codes(response.content.decode()) == ["E_RECORDS_UNAVAILABLE"]


def test_an_old_form_comes_back_and_another_sites_does_not(console: Console) -> None:
    resident, _card = console.resident()
    console.clerk()
    strict = signed_in("hanako")
    strict.handler.enforce_csrf_checks = True
    address = reverse("counter:change_address", args=[resident.public_id])
    typed = {"address": "みほん県みほん市見本町９"}
    own = strict.post(address, typed, headers={"origin": "http://testserver"})
    assert (own.status_code, values(own)["address"]) == (403, typed["address"])
    assert codes(own.content.decode()) == ["E_FORM_OUTDATED"]
    foreign = strict.post(address, typed, headers={"origin": "http://elsewhere.example"})
    assert (foreign.status_code, "form" in (foreign.context or {})) == (403, False)
    resident.refresh_from_db()
    assert resident.address != typed["address"]


# — What the page said, in another language ————————————————————————————————————————————————————————————


def faults_of(response: Response) -> dict[str, list[str]]:
    return {name: [str(each) for each in said] for name, said in response.context["form"].errors.items()}


def test_faults_of_fields_are_told_in_the_other_language_too(console: Console) -> None:
    client, resident, _application = console.issued()
    other, _card = console.resident()
    examined = console.town.receive(console.town.move_in())
    person, number = [resident.public_id], [examined.number]
    for name, arguments, typed in (
        ("new_application", [other.public_id], {"purposes": [], "proxy_kind": "mandated", "copy_1": scan()}),
        ("new_pin_reset", person, {"pins": []}),
        ("change_address", person, {"address": "みほん県ためし市１"}),
        ("move_out", person, {"destination": "みほん県みほん市１", "moved_on": "きのう"}),
        ("revoke", person, {"purposes": ["signature"], "ground": "x"}),
        ("card_work", [*person, "end"], {"card": ""}),
        ("reject", number, {"reason": ""}),
        ("withdraw", number, {"because": ""}),
        ("amend", number, {"purposes": []}),
    ):
        address = reverse(f"counter:{name}", args=arguments)
        english = client.post(address, typed)
        shown = faults_of(english)
        assert shown, name
        page = page_of(examined) if name in ("reject", "withdraw") else address
        again = switched(client, page, {**typed, **handles(english), **carried(english), "copy_1": ""})
        assert set(faults_of(again)) == set(shown), name
        assert faults_of(again) != shown, name
        client.post("/language/setlang/", {"language": "en"})


def test_faults_of_pins_are_told_again_though_pins_are_not_kept(console: Console) -> None:
    client = console.clerk()
    resident, card = console.resident()
    address = reverse("counter:issue", args=[console.approved(client, resident).number])
    pins = {"signature_pin": "ABC123", "signature_pin_again": "ABC124", "user_authentication_pin": "12"}
    english = client.post(address, {"card": card, **pins, "user_authentication_pin_again": "12"})
    assert set(faults_of(english)) == {"signature_pin_again", "user_authentication_pin"}
    said = carried(english)
    for language in ("ja", "en"):
        again = client.post(address, {"card": card, **said, "switch_language": language})
        assert (faults_of(again) == faults_of(english)) is (language == "en")
        assert set(faults_of(again)) == set(faults_of(english))
        said = carried(again)
    typed = client.post(address, {"card": card, **pins, "user_authentication_pin": "1", **said} | JAPANESE)
    assert "ABC123" not in typed.content.decode()
    assert "signature_pin_again" in faults_of(typed)


JAPANESE = {"switch_language": "ja"}


def test_faults_of_a_search_and_of_a_reason_are_told_too(console: Console) -> None:
    clerk, operator = console.clerk(), console.operator()
    far, _card = console.resident(municipality_id="99102")
    clerk.get(reverse("counter:resident", args=[far.public_id]))
    sought = {"name": "見本", "birth_date": "きのう"}
    for client, sent_to, typed, page in (
        (clerk, reverse("counter:residents"), {"text": "2026-02-30"}, ""),
        (operator, reverse("hotline:search"), sought, ""),
        (
            clerk,
            reverse("counter:give_reason", args=[far.public_id]),
            {"why": "", "explanation": "照会"},
            reverse("counter:resident", args=[far.public_id]),
        ),
    ):
        english = client.post(sent_to, typed, follow=True)
        shown = faults_of(english)
        assert shown
        page = page or english.redirect_chain[-1][0]
        again = client.post(page, {**typed, **carried(english), "switch_language": "ja"})
        assert set(faults_of(again)) == set(shown)
        assert faults_of(again) != shown
        assert {name: again.context["form"][name].value() for name in typed} == typed
        client.post("/language/setlang/", {"language": "en"})


@pytest.mark.parametrize(
    ("password", "said"), [("wrong", "が違います"), ("", "パスワードを入力してください")]
)
def test_why_signing_in_failed_is_told_too_and_no_password_is_tried(
    console: Console, password: str, said: str
) -> None:
    console.clerk()
    stranger = Client(headers={"accept-language": "en"})
    typed = {"username": "hanako", "password": password}
    failed = stranger.post("/sign-in/", typed)
    tried = SignInCount.objects.count() if password else 0
    again = stranger.post("/sign-in/", {"username": "hanako", **carried(failed), "switch_language": "ja"})
    assert said in again.content.decode()
    assert again.context["form"]["username"].value() == "hanako"
    assert (SignInCount.objects.count() if password else 0) == tried


def test_an_errors_own_page_says_it_in_the_other_language(console: Console) -> None:
    client = console.clerk()
    application = console.town.receive(console.town.move_in(), terms_accepted=False)
    address = reverse("counter:approve", args=[application.number])
    refused = client.post(address)
    assert refused.status_code == 422
    japanese = client.post(address, {**carried(refused), "switch_language": "ja"})
    assert codes(japanese.content.decode()) == codes(refused.content.decode())
    assert '<html lang="ja">' in japanese.content.decode()
    forged = client.post(address, {"said_before": "x", "error_page": "1", "switch_language": "en"})
    assert forged.status_code == 302
    application.refresh_from_db()
    assert application.state == "under_examination"


@pytest.mark.parametrize("state", ["under_examination", "approved"])
def test_that_another_application_is_open_is_told_too(console: Console, state: str) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    open_one = console.town.receive(resident) if state != "approved" else console.town.approved(resident)
    told = console.apply(client, resident)
    led = client.get(told.headers["Location"])
    assert codes(led.content.decode())[0] == "E_APPLICATION_OPEN"
    again = switched(client, page_of(open_one), carried(led))
    assert codes(again.content.decode())[0] == "E_APPLICATION_OPEN"
    assert "E_APPLICATION_OPEN" not in client.get(page_of(open_one)).content.decode()


def test_why_the_work_with_a_card_was_cut_off_is_told_too(console: Console) -> None:
    client = console.clerk()
    resident, card = console.resident()
    application = console.approved(client, resident)
    (console.cards / f"{card}.json").rename(console.cards / "elsewhere.txt")
    (console.cards / f"{card}.json").write_text("{}")
    cut = client.get(console.issue(client, application, card).headers["Location"])
    found = codes(cut.content.decode())
    assert found
    assert cut.context["form"]["card"].value() == card
    address = reverse("counter:issue", args=[application.number])
    assert codes(switched(client, address, {"card": card, **carried(cut)}).content.decode()) == found
