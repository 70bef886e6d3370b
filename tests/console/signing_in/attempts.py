"""Attempts to sign in, at any browser and address, and what is answered."""

import pytest
from django.test import Client

from honnin.console.signing_in.limits import LIMITS
from tests.support.responses import Response

PASSWORD = "a long enough password"
RIGHT, WRONG = 302, 200
FREE = LIMITS["pair"].free
REAL_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
in_transaction = pytest.mark.django_db(databases="__all__")


def browser(address: str = "127.0.0.1") -> Client:
    return Client(REMOTE_ADDR=address, headers={"accept-language": "en"})


def attempt(
    user_name: str, password: str, address: str = "127.0.0.1", *, client: Client | None = None
) -> Response:
    sent = {"username": user_name, "password": password}
    return (client or browser(address)).post("/sign-in/", sent)


def fail(user_name: str, times: int, address: str = "127.0.0.1", *, client: Client | None = None) -> None:
    for _failure in range(times):
        assert attempt(user_name, "wrong", address, client=client).status_code == WRONG


def require_paused(answer: Response) -> int:
    """The seconds that the answer says, on the page and in its header."""
    assert answer.status_code == 503
    seconds = int(answer.headers["Retry-After"])
    text = answer.content.decode()
    assert "E_SIGN_IN_PAUSED" in text
    assert f"paused for {seconds} more seconds" in text
    assert 'name="password"' in text
    return seconds
