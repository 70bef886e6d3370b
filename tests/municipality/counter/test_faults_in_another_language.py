"""What a page said of what was typed, it says in the other language too."""

import pytest
from django.test import Client
from django.urls import reverse

from honnin.console.models import SignInCount
from tests.municipality.counter.kept import carried, handles, page_of, switched
from tests.support.console import Console, codes, scan
from tests.support.responses import Response

pytestmark = pytest.mark.django_db(databases="__all__")


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
        ("new_revocation", person, {"purposes": ["signature"], "why": "x"}),
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
