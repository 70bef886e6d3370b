"""The screens over a real server: what strangers send is refused by its length, before it is read."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from honnin.clock import SystemClock
from honnin.console.signing_in.sessions import IDLE
from honnin.sites.front.application import LONGEST_BODY
from tests.sites.front.strangers.screens import (
    ANYWHERE,
    ENGLISH,
    MEBI,
    SIGN_IN,
    UPLOAD,
    Screens,
    csrf_of,
    form,
    found,
    refused,
    seen_at,
)
from tests.support.console import REQUEST, Console, scan
from tests.support.servers.raw_http import Line, head, status_of
from tests.support.town import PHOTO


@pytest.mark.parametrize(
    ("path", "length"),
    [
        (ANYWHERE, UPLOAD),
        (SIGN_IN, LONGEST_BODY + 1),
        ("/nowhere", 10**19 - 1),
        ("/static/honnin/honnin.css", UPLOAD),
    ],
)
def test_a_strangers_large_body_is_refused_unread_with_the_limit(
    screens: Screens, committed: None, path: str, length: int
) -> None:
    answer = refused(screens, head("POST", path, f"Content-Length: {length}", ENGLISH))
    assert answer.startswith("HTTP/1.1 413 ")
    assert "64 KB" in answer
    assert "E_BODY_TOO_LARGE" in answer
    assert "content-security-policy" in answer
    japanese = refused(screens, head("POST", path, f"Content-Length: {length}"))
    assert "64 KB）を超えています" in japanese


@pytest.mark.parametrize("key", ["", "x", "0" * 32, "../../keys/passphrase", "'\";--"])
def test_an_invented_session_opens_nothing(screens: Screens, clerk: tuple[str, str], key: str) -> None:
    cookie = f'Cookie: sessionid="{key}"; sessionid={key}'
    answer = refused(screens, head("POST", clerk[1], cookie, f"Content-Length: {UPLOAD}"))
    assert answer.startswith("HTTP/1.1 413 ")


def test_a_session_that_was_ended_opens_nothing(screens: Screens, clerk: tuple[str, str]) -> None:
    cookies, address = clerk
    client = Client()
    client.cookies["sessionid"] = found(r"sessionid=(\w+)", cookies)
    client.post("/sign-out/")
    answer = refused(screens, head("POST", address, cookies, f"Content-Length: {UPLOAD}"))
    assert answer.startswith("HTTP/1.1 413 ")


def test_a_session_that_is_idle_opens_nothing(screens: Screens, clerk: tuple[str, str]) -> None:
    cookies, address = clerk
    client = Client()
    client.cookies["sessionid"] = found(r"sessionid=(\w+)", cookies)
    seen_at(client, SystemClock().now() - IDLE)
    answer = refused(screens, head("POST", address, cookies, f"Content-Length: {UPLOAD}"))
    assert answer.startswith("HTTP/1.1 413 ")


@pytest.mark.parametrize("path", [SIGN_IN, "/counter/residents/", "/counter/applications/1/approve/", "/x"])
def test_who_has_signed_in_may_send_more_only_where_copies_are_taken(
    screens: Screens, clerk: tuple[str, str], path: str
) -> None:
    answer = refused(screens, head("POST", path, clerk[0], f"Content-Length: {LONGEST_BODY + 1}"))
    assert answer.startswith("HTTP/1.1 413 ")


def test_an_upload_beyond_the_limit_is_refused_also_to_who_has_signed_in(
    screens: Screens, clerk: tuple[str, str]
) -> None:
    answer = refused(screens, head("POST", clerk[1], clerk[0], f"Content-Length: {UPLOAD + 1}", ENGLISH))
    assert answer.startswith("HTTP/1.1 413 ")
    assert "24 MB" in answer


@pytest.mark.parametrize("chunked", [False, True])
def test_four_whole_copies_of_a_clerk_arrive(screens: Screens, clerk: tuple[str, str], chunked: bool) -> None:
    cookies, address = clerk
    token, cookie = csrf_of(screens, cookies)
    copy = PHOTO + bytes(5 * MEBI - len(PHOTO))
    media_type, body = form(token, copy_1=copy, copy_2=copy, mandate_copy=copy, proxy_copy=copy)
    framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
    if chunked:
        body = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    with Line(screens.port) as line:
        sent = head(
            "POST",
            address,
            f"{cookies}; csrftoken={cookie}",
            media_type,
            framing,
            ENGLISH,
            "Connection: close",
        )
        line.say(sent + body)
        said = line.heard().decode()
    # It was read whole: the form's own sentences are shown, which are about what was entered.
    assert status_of(said.encode()) == 200
    assert "Choose which document the copy shows." in said


@pytest.mark.parametrize("extra", ["fields", "files"])
@pytest.mark.django_db(databases="__all__")
def test_a_form_has_so_many_fields_and_files(console: Console, extra: str) -> None:
    client = console.clerk()
    resident, _ = console.resident()
    more = {f"more_{number}": "x" if extra == "fields" else scan() for number in range(250)}
    response = client.post(reverse("counter:new_application", args=[resident.public_id]), REQUEST | more)
    assert response.status_code == 400
    assert not resident.applications.exists()


def pages(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    """Every page of the screens."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from pages(pattern)
        else:
            yield pattern


def test_the_pages_that_take_copies_say_so_and_no_others() -> None:
    marked = {page.name for page in pages() if getattr(page.callback, "takes_copies", False)}
    assert marked == {
        "new_application",
        "application",
        "evidence",
        "new_pin_reset",
        "new_renewal",
        "new_revocation",
    }
    templates = Path("src/honnin/municipality").rglob("*.html")
    with_files = {path.stem for path in templates if "multipart/form-data" in path.read_text("utf-8")}
    # `application_forms` is a part of `application`, and posts to `evidence`
    assert with_files == {
        "application_forms",
        "new_application",
        "new_pin_reset",
        "new_renewal",
        "new_revocation",
    }
