"""Signing in, the pause after failures, and the pages for what goes wrong."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.http import Http404
from django.test import Client, RequestFactory
from django.utils import translation

from honnin.clock import FixedClock
from honnin.console import error_pages
from honnin.console.sign_in import MOST_FAILURES, PAUSE
from honnin.errors import KINDS, HonninError, Refusal, Refused
from tests.console import Console, signed_in

pytestmark = pytest.mark.django_db(databases="__all__")

PASSWORD = "a long enough password"


@pytest.fixture
def account(console: Console) -> str:
    """A clerk who signs in with a password."""
    clerk = console.town.clerk()
    User.objects.create_user(clerk.user_name, password=PASSWORD)
    return clerk.user_name


def attempt(user_name: str, password: str, address: str = "127.0.0.1") -> object:
    browser = Client(REMOTE_ADDR=address, headers={"accept-language": "en"})
    return browser.post("/sign-in/", {"username": user_name, "password": password})


def test_after_signing_in_everyone_comes_to_their_own_pages(console: Console, account: str) -> None:
    assert attempt(account, PASSWORD).url == "/"
    assert console.clerk().get("/").url == "/counter/applications/"
    assert console.operator().get("/").url == "/hotline/"
    nobody = signed_in("nobody").get("/")
    assert nobody.status_code == 403
    assert "E_NOT_STAFF" in nobody.content.decode()


def test_a_wrong_password_is_said_without_saying_which_part_was_wrong(account: str) -> None:
    for user_name, password in ((account, "wrong"), ("nobody", "wrong")):
        answer = attempt(user_name, password)
        assert "The user name or the password is wrong." in answer.content.decode()
        assert "wrong&quot;" not in answer.content.decode()


def test_five_failures_pause_the_account_from_that_address(account: str, clock: FixedClock) -> None:
    for _failure in range(MOST_FAILURES):
        assert attempt(account, "wrong").status_code == 200
    paused = attempt(account, PASSWORD)
    assert paused.status_code == 503
    assert "E_SIGN_IN_PAUSED" in paused.content.decode()
    assert attempt(account, PASSWORD, "127.0.0.2").status_code == 302
    clock.move_to(clock.instant + PAUSE)
    assert attempt(account, PASSWORD).status_code == 302


def test_trying_during_the_pause_does_not_prolong_it(account: str, clock: FixedClock) -> None:
    for _failure in range(MOST_FAILURES):
        attempt(account, "wrong")
    clock.move_to(clock.instant + PAUSE - timedelta(seconds=1))
    assert attempt(account, PASSWORD).status_code == 503
    clock.move_to(clock.instant + timedelta(seconds=1))
    assert attempt(account, PASSWORD).status_code == 302


def test_success_forgets_the_failures_before_it(account: str) -> None:
    for _round in range(3):
        for _failure in range(MOST_FAILURES - 1):
            attempt(account, "wrong")
        assert attempt(account, PASSWORD).status_code == 302


def test_signing_out_takes_a_post(console: Console) -> None:
    client = console.clerk()
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").url == "/sign-in/"
    assert client.get("/counter/applications/").status_code == 302


def test_nobody_is_sent_to_another_site_after_signing_in(account: str) -> None:
    browser = Client()
    sent = {"username": account, "password": PASSWORD, "next": "https://elsewhere.example/"}
    assert browser.post("/sign-in/", sent).url == "/"


def test_the_language_is_chosen_with_a_button_and_stays(console: Console) -> None:
    client = console.clerk()
    client.post("/language/setlang/", {"language": "ja", "next": "/counter/applications/"})
    assert "受付一覧" in client.get("/counter/applications/").content.decode()
    client.post("/language/setlang/", {"language": "en", "next": "/counter/applications/"})
    assert "Receptions" in client.get("/counter/applications/").content.decode()


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


def test_a_form_without_its_token_changes_nothing(console: Console) -> None:
    console.clerk()
    strict = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    strict.force_login(User.objects.get(username="hanako"))
    answer = strict.post("/sign-out/")
    assert answer.status_code == 403
    assert "The form is no longer valid" in answer.content.decode()
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
