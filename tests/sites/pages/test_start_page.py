"""The start page of `honnin up`: each room with its address; buttons that sign in, on this machine alone."""

import html
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as installation
from django.contrib.auth.models import User
from django.test import Client

from honnin.sites.addresses import Addresses, keep
from honnin.sites.staff.logins import demo_logins
from tests.support.console import Console, signed_in

pytestmark = pytest.mark.django_db(databases="__all__")
NEAR: dict[str, Any] = {"HTTP_HOST": "127.0.0.1:8600", "REMOTE_ADDR": "127.0.0.1"}


@pytest.fixture
def started(console: Console, settings: Any) -> Iterator[int]:
    """As `honnin up` starts the screens; the port of a status service that takes connections."""
    settings.HONNIN_HAS_START_PAGE = settings.HONNIN_ENTRY_BY_BUTTON = True
    logins = installation.HOME.keys / "demo-logins.json"
    demo_logins(console.town.clock)
    with socket.create_server(("127.0.0.1", 0)) as status:
        keep(installation.HOME, Addresses(8600, status.getsockname()[1]))
        yield status.getsockname()[1]
    installation.HOME.addresses.unlink()
    logins.unlink()


def page(client: Client, **environment: str) -> str:
    response = client.get("/", **(NEAR | environment))
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def test_it_lists_every_room_with_its_address(started: int) -> None:
    shown = page(Client(headers={"accept-language": "en"}))
    links = re.findall(r'<a class="code" href="([^"]+)"', shown)
    ours = "http://127.0.0.1:8600"
    assert links == [f"{ours}/counter/", f"{ours}/hotline/", f"http://127.0.0.1:{started}/", f"{ours}/kiosk/"]
    assert shown.count("Running") == 4
    for link in links[:2]:
        assert Client().get(link.removeprefix(ours)).status_code == 302  # to the sign-in page


def test_a_status_service_that_does_not_answer_is_said(started: int) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        keep(installation.HOME, Addresses(8600, unheard.getsockname()[1]))
        shown = page(Client(headers={"accept-language": "en"}))
    assert "Status service: no answer" in shown
    assert shown.count("Running") == 3


def test_of_a_status_service_elsewhere_nothing_is_claimed(started: int) -> None:
    keep(installation.HOME, Addresses(set_ocsp_uri="https://ocsp.example/x/ocsp"))
    shown = page(Client(headers={"accept-language": "en"}))
    assert 'href="https://ocsp.example/"' in shown
    assert "no answer" not in shown


@pytest.mark.parametrize(
    ("role", "leads_to"), [("clerk", "/counter/applications/"), ("operator", "/hotline/")]
)
def test_a_button_signs_in(started: int, role: str, leads_to: str) -> None:
    client = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    shown = page(client)
    assert f'action="/enter/{role}/"' in shown
    assert client.post(f"/enter/{role}/", **NEAR).status_code == 403  # from a page that is none of ours
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', shown)
    assert token is not None
    entered = client.post(f"/enter/{role}/", {"csrfmiddlewaretoken": token[1]}, **NEAR)
    assert (entered.status_code, entered.headers["Location"]) == (302, "/")
    assert client.get("/", **NEAR).headers["Location"] == leads_to


def test_another_role_is_entered_in_the_same_browser(started: int) -> None:
    client = Client()
    client.post("/enter/clerk/", **NEAR)
    client.post("/enter/operator/", **NEAR)
    assert client.get("/", **NEAR).headers["Location"] == "/hotline/"


@pytest.mark.parametrize(
    "environment", [{"REMOTE_ADDR": "192.0.2.1"}, {"HTTP_HOST": "counter.example"}, {"REMOTE_ADDR": ""}]
)
def test_nobody_enters_by_a_button_from_elsewhere(
    started: int, environment: dict[str, str], settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["127.0.0.1", "counter.example"]
    client = Client(headers={"accept-language": "en"})
    assert "/enter/" not in page(client, **environment)
    assert "/sign-in/?next=/counter/" in page(client, **environment)
    refused = client.post("/enter/clerk/", **(NEAR | environment))
    assert refused.status_code == 403
    assert "E_ENTRY_NOT_OFFERED" in refused.content.decode()
    assert client.get("/counter/applications/", **NEAR).status_code == 302


def test_where_passwords_are_asked_for_no_button_signs_in(started: int, settings: Any) -> None:
    settings.HONNIN_ENTRY_BY_BUTTON = False
    client = Client(headers={"accept-language": "en"})
    assert "/enter/" not in page(client)
    assert client.post("/enter/clerk/", **NEAR).status_code == 403


def test_an_account_that_has_got_another_password_is_not_entered(started: int) -> None:
    user = User.objects.get(username="hanako")
    user.set_password("a password of their own")
    user.save()
    client = Client(headers={"accept-language": "en"})
    refused = client.post("/enter/clerk/", **NEAR)
    assert refused.status_code == 409
    assert "E_ENTRY_ACCOUNT_CHANGED" in refused.content.decode()
    assert client.post("/enter/nobody/", **NEAR).status_code == 409
    assert client.get("/enter/clerk/", **NEAR).status_code == 405


def test_who_has_signed_in_is_led_to_their_pages(started: int, console: Console) -> None:
    assert signed_in("hanako").get("/", **NEAR).headers["Location"] == "/counter/applications/"


def test_without_honnin_up_there_is_no_start_page(console: Console) -> None:
    assert Client().get("/").headers["Location"] == "/sign-in/"
