"""Known browsers: a signed cookie with the accounts that have signed in there; it grants no access.

It only lets its bearer count for itself (`console.signing_in.limits`) and find a place where passwords are
looked at (`console.signing_in.hashing`). Several people share a counter's machine, so it speaks of several
accounts; their names are not in it. A sign-in that lies ahead, for the clock was set back since, is none.
"""

import secrets
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from honnin.clock import Clock, is_recent

COOKIE = "honnin-device"
REMEMBERED_FOR = timedelta(days=180)
MOST_ACCOUNTS = 20
_SALT = "honnin.console.devices"


def known_device(request: HttpRequest, account: str, clock: Clock) -> str:
    """The id of this browser where the account has signed in within REMEMBERED_FOR; else ""."""
    device, accounts = _read(request, clock)
    return device if _token(account) in accounts else ""


def remember_device(request: HttpRequest, response: HttpResponse, account: str, clock: Clock) -> None:
    """From now on the account is known here; the one that was longest away makes room."""
    device, accounts = _read(request, clock)
    accounts[_token(account)] = int(clock.now().timestamp())
    newest = sorted(accounts, key=lambda token: accounts[token], reverse=True)[:MOST_ACCOUNTS]
    value = [device or secrets.token_hex(16), {token: accounts[token] for token in newest}]
    response.set_cookie(
        COOKIE,
        signing.Signer(salt=_SALT).sign_object(value),
        max_age=REMEMBERED_FOR,
        path="/sign-in/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def _read(request: HttpRequest, clock: Clock) -> tuple[str, dict[str, int]]:
    """The content of the cookie: the device, and when each account signed in, where that is recent enough."""
    try:
        device, accounts = signing.Signer(salt=_SALT).unsign_object(request.COOKIES[COOKIE])
    except (KeyError, ValueError, TypeError, signing.BadSignature):
        return "", {}
    return device, {token: at for token, at in accounts.items() if _is_recent(at, clock)}


def _is_recent(signed_in_at: int, clock: Clock) -> bool:
    return is_recent(datetime.fromtimestamp(signed_in_at, UTC), clock.now(), REMEMBERED_FOR)


def _token(account: str) -> str:
    return salted_hmac(_SALT, account, algorithm="sha256").hexdigest()[:24]
