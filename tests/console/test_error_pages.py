"""Where everyone comes to, and the pages for what goes wrong."""

import pytest
from django.contrib.auth.models import User
from django.http import Http404
from django.test import Client, RequestFactory
from django.utils import translation

from honnin.console import error_pages
from honnin.errors import KINDS, HonninError, Refusal, Refused
from tests.support.console import Console, signed_in

pytestmark = pytest.mark.django_db(databases="__all__")


def test_after_signing_in_everyone_comes_to_their_own_pages(console: Console) -> None:
    assert console.clerk().get("/").headers["Location"] == "/counter/applications/"
    assert console.operator().get("/").headers["Location"] == "/hotline/"
    nobody = signed_in("nobody").get("/")
    assert nobody.status_code == 403
    assert "E_NOT_STAFF" in nobody.content.decode()


def test_signing_out_takes_a_post(console: Console) -> None:
    client = console.clerk()
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert client.get("/counter/applications/").status_code == 302


def test_the_language_is_chosen_with_a_button_and_stays(console: Console) -> None:
    client = console.clerk()
    client.post("/language/setlang/", {"language": "ja", "next": "/counter/applications/"})
    assert "受付一覧" in client.get("/counter/applications/").content.decode()
    client.post("/language/setlang/", {"language": "en", "next": "/counter/applications/"})
    assert "Applications received" in client.get("/counter/applications/").content.decode()


def test_every_kind_of_error_has_its_status_and_its_title() -> None:
    kinds = {kind.kind for kind in KINDS}
    assert set(error_pages.HTTP_STATUS) == kinds
    assert set(error_pages.TITLE) == kinds


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_is_shown_with_cause_next_step_contact_and_code(
    rf: RequestFactory, kind: type[HonninError]
) -> None:
    refusals = (Refusal("E_NOT_RESIDENT", ("S4-2.1",)), Refusal("E_CARD_EXPIRED"))
    error = Refused(*refusals) if kind is Refused else kind("E_CARD_EXPIRED")
    with translation.override("ja"):
        response = error_pages.error_page(rf.get("/"), error)
    shown = response.content.decode()
    assert response.status_code == error_pages.HTTP_STATUS[kind.kind]
    assert "E_CARD_EXPIRED" in shown
    assert ("規約第2条第1項" in shown) is (kind is Refused)
    assert "お問い合わせ先" in shown


def test_pages_for_wrong_addresses_and_old_forms(rf: RequestFactory, console: Console) -> None:
    missing = console.clerk().get("/there-is-no-such-page/")
    assert missing.status_code == 404
    assert "There is no such page" in missing.content.decode()
    assert error_pages.not_found(rf.get("/"), Http404()).status_code == 404
    assert error_pages.not_allowed(rf.get("/"), PermissionError()).status_code == 403
    assert error_pages.bad_request(rf.get("/"), ValueError()).status_code == 400
    broken = error_pages.server_error(rf.get("/"))
    assert broken.status_code == 500
    assert "<h1" in broken.content.decode()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("method", "came_from", "back"),
    [
        ("post", "http://testserver/counter/residents/x/?page=2", "/counter/residents/x/?page=2"),
        ("post", "http://testserver/counter/act/", "/counter/act/"),
        ("post", "", "/counter/act/"),
        ("post", "https://elsewhere.example/counter/", "/counter/act/"),
        ("post", "http://testserver//elsewhere.example/", "/counter/act/"),
        ("get", "http://testserver/counter/applications/", "/counter/applications/"),
        ("get", "http://testserver/counter/act/", ""),
        ("get", "", ""),
    ],
)
def test_every_error_has_a_way_back_to_where_it_can_be_put_right(
    rf: RequestFactory, kind: type[HonninError], method: str, came_from: str, back: str
) -> None:
    error = Refused(Refusal("E_NOT_RESIDENT")) if kind is Refused else kind("E_CARD_EXPIRED")
    request = getattr(rf, method)("/counter/act/", headers={"referer": came_from})
    shown = error_pages.error_page(request, error).content.decode()
    assert (f'class="button" href="{back}"' in shown) is bool(back)
    assert "elsewhere.example" not in shown


def test_a_form_without_its_token_changes_nothing(console: Console) -> None:
    console.clerk()
    strict = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    strict.force_login(User.objects.get(username="hanako"))
    answer = strict.post("/sign-out/")
    assert answer.status_code == 403
    assert "E_FORM_OUTDATED" in answer.content.decode()
    assert strict.get("/counter/applications/").status_code == 200


def test_every_page_forbids_foreign_content_and_caching(console: Console) -> None:
    for address in ("/counter/applications/", "/there-is-no-such-page/"):
        headers = console.clerk().get(address).headers
        assert headers["Content-Security-Policy"].split("; ") == [
            "default-src 'self'",
            "img-src 'self' data:",
            "frame-ancestors 'none'",
            "form-action 'self'",
            "base-uri 'none'",
        ]
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Frame-Options"] == "DENY"
