"""What was typed and chosen is not lost: when something is refused, and in another language."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from honnin.agency.revocation.services import hold
from honnin.errors import explain
from honnin.municipality.counter.applications.models import Application, EvidenceCopy
from honnin.wire.line import plug, plugged
from tests.municipality.counter.kept import OF_THE_CLERK, carried, handles, page_of, switched, values
from tests.support.agency.unplugged import Unplugged
from tests.support.console import REQUEST, Console, codes, scan, signed_in
from tests.support.town import PHOTO

pytestmark = pytest.mark.django_db(databases="__all__")


def test_every_form_of_the_counter_keeps_what_was_typed_in_another_language(console: Console) -> None:
    client, holder, issued = console.issued()
    resident, _card = console.resident(name="髙橋　花子")
    application = console.town.receive(console.town.move_in())
    approved = console.town.approved(console.town.holder().resident)
    for name, argument, typed in (
        ("residents", None, {"text": "けんさく"}),
        ("new_revocation", holder.public_id, {"purposes": ["signature"], "why": "key_gone"}),
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
