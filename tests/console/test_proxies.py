"""Who asked, by which scheme: what a trusted proxy says counts, and what anybody else says does not."""

from io import BytesIO

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from honnin.console.proxies import client_of, counted_address, trusted_networks
from honnin.console.signing_in.limits import LIMITS
from honnin.errors import Malformed
from honnin.sites.front.gateway import environ_of, headers_of
from tests.support.console import Console
from tests.support.responses import Response

TRUSTED = trusted_networks("127.0.0.1, 10.0.0.0/8, fd00::/8")
in_transaction = pytest.mark.django_db(databases="__all__")


@pytest.mark.parametrize(
    "text",
    [
        "proxy.example",
        "127.0.0.1;10.0.0.1",
        "127.0.0.1,",
        ",",
        "10.0.0.1/8",
        "10.0.0.0/33",
        "0.0.0.0/0",
        "::/0",
        "*",
        "127.0.0.1:80",
    ],
)
def test_a_list_of_proxies_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="E_TRUSTED_PROXIES"):
        trusted_networks(text)


@pytest.mark.parametrize("text", ["", "  ", "127.0.0.1", "::1", " 127.0.0.1 , 10.0.0.0/24 "])
def test_a_list_of_proxies_may_be_empty_or_hold_addresses_and_networks(text: str) -> None:
    assert len(trusted_networks(text)) == len([part for part in text.split(",") if part.strip()])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "198.51.100.1", "192.0.2.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("127.0.0.1", "198.51.100.9, 192.0.2.1", "192.0.2.1"),
        ("127.0.0.1", "198.51.100.9, 192.0.2.1, 10.1.1.1", "192.0.2.1"),
        ("127.0.0.1", "10.2.2.2,10.1.1.1", "10.2.2.2"),
        ("127.0.0.1", "192.0.2.1:4711", "192.0.2.1"),
        ("127.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("127.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("::ffff:127.0.0.1", "::ffff:192.0.2.1", "192.0.2.1"),
        ("127.0.0.1", "nonsense, 192.0.2.1", "192.0.2.1"),
        ("127.0.0.1", "192.0.2.1, nonsense, 10.1.1.1", "10.1.1.1"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.1,", "127.0.0.1"),
        ("", "192.0.2.1", ""),
        ("fd00::1", "192.0.2.1", "192.0.2.1"),
        ("127.0.0.1", "9.9.9.9," + "10.0.0.1," * 5000 + "10.0.0.1", "10.0.0.1"),
    ],
)
def test_the_nearest_address_that_is_no_proxy_s_asked(peer: str, forwarded: str, client: str) -> None:
    assert client_of(peer, forwarded, TRUSTED) == client


def test_addresses_are_counted_as_customers_have_them() -> None:
    assert counted_address("192.0.2.1") == counted_address("::ffff:192.0.2.1") == "192.0.2.1"
    assert counted_address("2001:db8::1") == counted_address("2001:db8::ffff:1") == "2001:db8::/64"
    assert counted_address("fe80::1%eth0") == "fe80::/64"
    assert counted_address("") == counted_address("nonsense") == ""


@pytest.mark.parametrize("forged", ["x_forwarded_for", "X_Forwarded_For", "x-forwarded_for"])
@pytest.mark.parametrize("forged_first", [True, False])
def test_a_header_with_a_low_line_does_not_pass_for_the_proxy_s(forged: str, forged_first: bool) -> None:
    said = [(b"x-forwarded-for", b"192.0.2.1"), (forged.encode(), b"203.0.113.9"), (b"x_real_ip", b"1")]
    scope = {
        "method": "GET",
        "raw_path": b"/",
        "query_string": b"",
        "http_version": "1.1",
        "scheme": "http",
        "client": ("127.0.0.1", 4711),
        "headers": said[1:] + said[:1] if forged_first else said,
    }
    environ = environ_of(scope, headers_of(scope), BytesIO())
    assert {name for name in environ if name.startswith("HTTP_")} == {"HTTP_X_FORWARDED_FOR"}
    assert environ["HTTP_X_FORWARDED_FOR"] == "192.0.2.1"


def ask(settings: Settings, *, trusted: str = "127.0.0.1", method: str = "get", **headers: str) -> Response:
    settings.HONNIN_SECURE = True
    settings.SECURE_HSTS_SECONDS = 3600
    settings.HONNIN_TRUSTED_PROXIES = trusted_networks(trusted)
    settings.ALLOWED_HOSTS = ["counter.example", "testserver"]
    client = Client(
        headers={"accept-language": "en"} | {name.replace("_", "-"): value for name, value in headers.items()}
    )
    answer: Response = getattr(client, method)("/sign-in/")
    return answer


def require_guarded(answer: Response) -> None:
    """What every answer has, whoever gives it."""
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("path", "status"),
    [("/sign-in/", 200), ("/", 302), ("/nowhere/", 404), ("/sign-out/", 405), ("/sign-in", 301)],
)
@in_transaction
def test_every_answer_is_guarded(client: Client, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    require_guarded(answer)


@in_transaction
def test_https_behind_a_trusted_proxy_is_served(settings: Settings) -> None:
    answer = ask(
        settings, x_forwarded_proto="https", x_forwarded_host="counter.example", x_forwarded_for="192.0.2.1"
    )
    assert answer.status_code == 200
    assert "max-age=3600" in answer.headers["Strict-Transport-Security"]
    assert answer.wsgi_request.get_host() == "counter.example"
    assert answer.wsgi_request.META["REMOTE_ADDR"] == "192.0.2.1"


@in_transaction
def test_http_behind_a_trusted_proxy_is_sent_to_https_once(settings: Settings) -> None:
    answer = ask(settings, x_forwarded_proto="http", x_forwarded_host="counter.example")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "https://counter.example/sign-in/"
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize(
    ("trusted", "headers", "code"),
    [
        ("", {"x_forwarded_proto": "https"}, "E_PROXY_NOT_TRUSTED"),
        ("10.0.0.1", {"x_forwarded_for": "192.0.2.1"}, "E_PROXY_NOT_TRUSTED"),
        ("127.0.0.1", {}, "E_PROXY_SCHEME"),
        ("127.0.0.1", {"x_forwarded_proto": "gopher"}, "E_PROXY_SCHEME"),
    ],
    ids=str,
)
@in_transaction
def test_a_proxy_that_does_not_fit_is_named_and_no_circle_begins(
    settings: Settings, trusted: str, headers: dict[str, str], code: str
) -> None:
    answer = ask(settings, trusted=trusted, **headers)
    assert answer.status_code == 503
    assert code in answer.content.decode()
    require_guarded(answer)


@in_transaction
def test_a_proxy_that_says_nothing_is_asked_to_come_by_https_once_only(settings: Settings) -> None:
    first = ask(settings, trusted="")
    assert first.status_code == 302
    client = Client()
    client.cookies = first.cookies
    second = client.get("/sign-in/")
    require_guarded(first)
    require_guarded(second)
    assert second.status_code == 400
    assert "E_HTTPS_ONLY" in second.content.decode()


@in_transaction
def test_nothing_is_sent_again_by_https_that_was_sent_by_http(settings: Settings) -> None:
    answer = ask(settings, trusted="", method="post")
    require_guarded(answer)
    assert answer.status_code == 400
    assert "E_HTTPS_ONLY" in answer.content.decode()


@in_transaction
def test_a_foreign_host_is_refused_whoever_names_it(settings: Settings) -> None:
    for proto in ("https", "http"):
        answer = ask(settings, x_forwarded_proto=proto, x_forwarded_host="evil.example")
        assert answer.status_code == 400
        require_guarded(answer)


@in_transaction
def test_what_a_stranger_says_of_their_address_does_not_count(console: Console) -> None:
    User.objects.create_user("hanako", password="a long enough password")
    sent = {"username": "hanako", "password": "wrong"}
    for number in range(LIMITS["pair"].free):
        assert (
            Client(headers={"x-forwarded-for": f"192.0.2.{number}"}).post("/sign-in/", sent).status_code
            == 200
        )
    assert Client(headers={"x-forwarded-for": "192.0.2.99"}).post("/sign-in/", sent).status_code == 503


@in_transaction
def test_behind_a_trusted_proxy_each_counts_for_themselves(console: Console, settings: Settings) -> None:
    settings.HONNIN_TRUSTED_PROXIES = TRUSTED
    sent = {"username": "hanako", "password": "wrong"}

    def status(forwarded: str) -> int:
        return int(Client(headers={"x-forwarded-for": forwarded}).post("/sign-in/", sent).status_code)

    for number in range(LIMITS["pair"].free):
        assert status(f"198.51.100.{number}, 192.0.2.1") == 200
    assert status("192.0.2.1") == 503
    assert status("192.0.2.2") == 200
