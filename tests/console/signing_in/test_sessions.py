"""How long somebody stays signed in, and what they are told when it ends."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client, RequestFactory

from honnin.clock import FixedClock
from honnin.console.signing_in import admission
from honnin.console.signing_in.sessions import EARLIER_BACKEND, IDLE, LONGEST
from tests.support.console import Console
from tests.support.responses import Response

pytestmark = pytest.mark.django_db(databases="__all__")

PAGE = "/counter/applications/"
PASSWORD = "a long enough password"


@pytest.fixture
def clerk(console: Console) -> Client:
    """A clerk's browser, signed in with a password."""
    name = console.town.clerk().user_name
    User.objects.create_user(name, password=PASSWORD)
    client = Client(headers={"accept-language": "en"})
    assert sign_in(client, name).url == "/"
    return client


def sign_in(client: Client, name: str = "hanako", **more: str) -> Any:
    return client.post("/sign-in/", {"username": name, "password": PASSWORD} | more)


def require_ended(answer: Response, why: str, where: str | None) -> None:
    assert answer.status_code == 302
    address = urlsplit(answer.headers["Location"])
    assert address.path == "/sign-in/"
    said = parse_qs(address.query)
    assert said.get("ended") == [why]
    assert said.get("next") == (None if where is None else [where])


def test_who_does_nothing_for_a_quarter_of_an_hour_signs_in_again(clerk: Client, clock: FixedClock) -> None:
    clock.move_to(clock.instant + IDLE - timedelta(seconds=1))
    assert clerk.get(PAGE).status_code == 200
    clock.move_to(clock.instant + IDLE)
    answer = clerk.get(PAGE + "?page=1")
    require_ended(answer, "idle", PAGE + "?page=1")
    page = clerk.get(answer.headers["Location"]).content.decode()
    assert "nothing was done for 15 minutes" in page
    assert sign_in(clerk, next=PAGE + "?page=1").url == PAGE + "?page=1"


def test_the_day_ends_eight_hours_after_signing_in_however_busy(clerk: Client, clock: FixedClock) -> None:
    began = clock.instant
    while clock.instant < began + LONGEST - timedelta(minutes=10):
        clock.move_to(clock.instant + timedelta(minutes=10))
        assert clerk.get(PAGE).status_code == 200
    clock.move_to(began + LONGEST)
    answer = clerk.get(PAGE)
    require_ended(answer, "day", PAGE)
    assert "eight hours have passed" in clerk.get(answer.headers["Location"]).content.decode()


def test_what_was_sent_after_the_lock_is_not_done_and_the_page_of_the_form_comes_back(
    clerk: Client, clock: FixedClock
) -> None:
    clock.move_to(clock.instant + IDLE)
    form = "http://testserver/counter/residents/?page=2"
    require_ended(
        clerk.post("/counter/applications/x/approve/", headers={"referer": form}),
        "idle",
        "/counter/residents/",
    )


@pytest.mark.parametrize("referer", ["", "https://elsewhere.example/page", "no address ["])
def test_nobody_is_led_elsewhere_after_the_lock(clerk: Client, clock: FixedClock, referer: str) -> None:
    clock.move_to(clock.instant + IDLE)
    require_ended(clerk.post(PAGE, headers={"referer": referer}), "idle", None)


def test_a_form_sent_after_the_lock_is_not_called_forged(console: Console, clock: FixedClock) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    strict.force_login(User.objects.get_or_create(username=console.town.clerk().user_name)[0])
    clock.move_to(clock.instant + IDLE)
    require_ended(strict.post("/sign-out/"), "idle", None)


@pytest.mark.parametrize(
    ("moved", "why"),
    [(-IDLE, "clock"), (-LONGEST, "clock"), (timedelta(days=-30), "clock"), (timedelta(days=30), "day")],
    ids=str,
)
def test_a_clock_that_jumps_ends_the_session(
    clerk: Client, clock: FixedClock, moved: timedelta, why: str
) -> None:
    clock.move_to(clock.instant + moved)
    answer = clerk.get(PAGE)
    require_ended(answer, why, PAGE)
    said = "clock of the system was set back" if why == "clock" else "eight hours have passed"
    assert said in clerk.get(answer.headers["Location"]).content.decode()


def test_a_clock_that_is_put_right_by_seconds_ends_nothing(clerk: Client, clock: FixedClock) -> None:
    clock.move_to(clock.instant - timedelta(seconds=20))
    assert clerk.get(PAGE).status_code == 200


def test_a_clock_that_was_set_back_by_minutes_makes_neither_limit_longer(
    clerk: Client, clock: FixedClock
) -> None:
    back, began = timedelta(minutes=14), clock.instant
    clock.move_to(began - back)
    assert clerk.get(PAGE).status_code == 200
    clock.move_to(began - back + IDLE - timedelta(seconds=1))
    assert clerk.get(PAGE).status_code == 200
    while clock.instant < began - back + LONGEST - IDLE:
        clock.move_to(clock.instant + IDLE - timedelta(seconds=1))
        assert clerk.get(PAGE).status_code == 200
    clock.move_to(began - back + LONGEST)
    require_ended(clerk.get(PAGE), "day", PAGE)


def test_who_does_nothing_after_the_clock_was_set_back_is_not_given_longer(
    clerk: Client, clock: FixedClock
) -> None:
    clock.move_to(clock.instant - timedelta(minutes=14))
    assert clerk.get(PAGE).status_code == 200
    clock.move_to(clock.instant + IDLE)
    require_ended(clerk.get(PAGE), "idle", PAGE)


@pytest.mark.parametrize("change", ["out of use", "removed", "another password", "not normalised"])
def test_an_account_that_is_over_loses_its_session_at_once(clerk: Client, change: str) -> None:
    accounts = User.objects.filter(username="hanako")
    if change == "out of use":
        accounts.update(is_active=False)
    elif change == "removed":
        accounts.delete()
    elif change == "another password":
        account = accounts.get()
        account.set_password("another long password")
        account.save()
    else:
        accounts.update(username="Hanako")
    answer = clerk.get(PAGE)
    require_ended(answer, "account", None)
    assert "account or its password has changed" in clerk.get(answer.headers["Location"]).content.decode()
    assert "_auth_user_id" not in clerk.session


def test_a_session_of_an_earlier_version_ends(clerk: Client) -> None:
    session = clerk.session
    del session["signed_in_at"]
    session.save()
    require_ended(clerk.get(PAGE), "day", PAGE)


def test_signing_in_gives_the_session_another_key(console: Console) -> None:
    User.objects.create_user(console.town.clerk().user_name, password=PASSWORD)
    client = Client()
    session = client.session  # one that a stranger has put into the browser
    session["planted"] = 1
    session.save()
    client.cookies["sessionid"] = session.session_key or ""
    sign_in(client)
    assert client.session.session_key != session.session_key
    assert not Session.objects.filter(pk=session.session_key).exists()


def test_signing_out_in_one_window_ends_the_other_and_leaves_other_browsers(clerk: Client) -> None:
    window, elsewhere = Client(), Client()
    window.cookies["sessionid"] = clerk.cookies["sessionid"].value
    sign_in(elsewhere)
    assert window.get(PAGE).status_code == 200
    assert clerk.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert window.get(PAGE).status_code == 302
    assert elsewhere.get(PAGE).status_code == 200


def test_signing_out_meanwhile_is_said(
    clerk: Client, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session's row goes while the request is under way: what was sent may have been done."""
    from honnin.municipality.counter.applications.views import application as applications

    def and_signs_out(*said: Any, **more: Any) -> Any:
        Session.objects.all().delete()
        return queue(*said, **more)

    queue: Callable[..., Any] = getattr(applications, "render")  # noqa: B009 (as the view found it)
    monkeypatch.setattr(applications, "render", and_signs_out)
    clock.move_to(clock.instant + timedelta(minutes=1))
    answer = clerk.get(PAGE)
    require_ended(answer, "elsewhere", PAGE)
    assert "signed out in another window" in clerk.get(answer.headers["Location"]).content.decode()


def test_the_sign_in_form_of_a_second_window_leads_in(clerk: Client) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    strict.cookies["sessionid"] = clerk.cookies["sessionid"].value
    assert sign_in(strict).url == "/"


@pytest.mark.parametrize(
    "where",
    ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", "/\\elsewhere.example"],
)
def test_nobody_is_sent_to_another_site_after_signing_in(console: Console, where: str) -> None:
    User.objects.create_user(console.town.clerk().user_name, password=PASSWORD)
    assert sign_in(Client(), next=where).url == "/"


OWN = [
    "/sign-in/",
    "/sign-in/?next=/sign-in/",
    "/%73ign-in/",
    "http://testserver/sign-in/",
    "/sign-out/",
    "/sign-in/#a",
]


@pytest.mark.parametrize("where", OWN)
def test_nobody_is_sent_to_the_page_of_signing_in_after_it(clerk: Client, where: str) -> None:
    assert clerk.get("/sign-in/", {"next": where}).headers["Location"] == "/"
    assert sign_in(Client(), next=where).url == "/"
    assert sign_in(clerk, next=where).url == "/"


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_session_that_ends_at_the_page_of_signing_out_does_not_come_back_there(
    clerk: Client, clock: FixedClock, method: str
) -> None:
    clock.move_to(clock.instant + IDLE)
    answer = getattr(clerk, method)("/sign-out/", headers={"referer": "http://testserver/sign-in/?next=/"})
    require_ended(answer, "idle", None)


def test_a_page_asked_for_without_signing_in_is_shown_after_it(console: Console) -> None:
    User.objects.create_user(console.town.clerk().user_name, password=PASSWORD)
    client = Client()
    assert client.get(PAGE).headers["Location"] == f"/sign-in/?next={PAGE}"
    assert sign_in(client, next=PAGE).url == PAGE


@pytest.mark.parametrize("why", ["", "nothing", "<script>", "idle' or 1=1"])
def test_an_invented_reason_says_nothing(client: Client, why: str) -> None:
    page = client.get("/sign-in/", {"ended": why}).content.decode()
    assert "banner" not in page
    assert "<script>" not in page


def test_sessions_that_are_over_are_cleared(clerk: Client, clock: FixedClock) -> None:
    Session.objects.create(pk="old", session_data="", expire_date=clock.instant - timedelta(days=1))
    sign_in(Client())
    assert not Session.objects.filter(pk="old").exists()


def test_a_session_that_an_earlier_version_began_goes_on(
    clerk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names what looked at the password by the place where that stood then."""
    session = clerk.session
    session[BACKEND_SESSION_KEY] = EARLIER_BACKEND
    session.save()
    monkeypatch.setattr(admission, "close_old_connections", lambda: None)  # the test's transaction is in it
    cookie = f"{settings.SESSION_COOKIE_NAME}={clerk.cookies[settings.SESSION_COOKIE_NAME].value}"
    assert admission.has_signed_in(RequestFactory(headers={"cookie": cookie}).get(PAGE).environ)
    assert clerk.get(PAGE).status_code == 200
    assert clerk.session[BACKEND_SESSION_KEY] in settings.AUTHENTICATION_BACKENDS
