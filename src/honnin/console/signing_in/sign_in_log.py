"""Log lines for sign-ins, sign-outs and refused tries, by account.

An account is named by an opaque id (`honnin staff log-id` tells which): a hash under the session secret, the
same for a name that no account has, so that a reader of the log learns neither names nor which of them exist.
"""

import logging
from typing import Any

from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from honnin.console.account_name import account_name
from honnin.console.log.lines import route_of

logger = logging.getLogger(__name__)


def log_id(account: str) -> str:
    """The account as the log names it: 16 hex digits."""
    name = account_name(account)
    return salted_hmac("honnin.console.sign_in_log", name, algorithm="sha256").hexdigest()[:16]


def signed_in(*, request: HttpRequest, user: Any, **_signal: Any) -> None:
    """For the framework's signal, however somebody has signed in."""
    _note(logging.INFO, request, "signed in", user.get_username())


def signed_out(*, request: HttpRequest, user: Any, **_signal: Any) -> None:
    """For the framework's signal; `user` is None for somebody who had not signed in."""
    if user is not None:
        _note(logging.INFO, request, "signed out", user.get_username())


def ended(request: HttpRequest, account: str, why: str) -> None:
    """A session came to its end, for one of the reasons of `sessions.why_ended`."""
    _note(logging.INFO, request, f"session ended ({why})", account)


def refused(request: HttpRequest, account: str) -> None:
    """Name and password did not fit, or the account is out of use."""
    _note(logging.WARNING, request, "sign-in refused", account)


def _note(level: int, request: HttpRequest, what: str, account: str) -> None:
    logger.log(level, "%s, account %s", what, log_id(account), extra={"route": route_of(request)})
