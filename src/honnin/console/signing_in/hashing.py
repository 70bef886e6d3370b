"""Password checks: a few at a time, and equally slow for a name without account.

A password costs a quarter of a second and 16 MiB (scrypt). As many as come would take every thread of the
server and every core; so few are looked at together, few wait, and everybody else is told at once that it
is busy. Strangers can take those places and come again; two more, at which nobody waits for a stranger, are
kept for browsers in which the account has signed in before (`console.signing_in.devices`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from honnin.console.account_name import account_name
from honnin.errors import Unavailable

# Our choices, for each process: strangers hold half of the threads that serve pages (`sites.asgi`) at most.
AT_ONCE = 2
WAITING = 2
KEPT = 2
TIMEOUT = 5.0
_RETRY_AFTER = 3


class PasswordChecks:
    """Limits password checks: `at_once` run together, `waiting` more wait (`timeout`: seconds).

    Where these places are taken there are `kept` ones for known browsers; of those who wait they come first.
    """

    def __init__(
        self,
        *,
        at_once: int = AT_ONCE,
        waiting: int = WAITING,
        kept: int = KEPT,
        timeout: float = TIMEOUT,
    ) -> None:
        self._at_once, self._places, self._kept = at_once, at_once + waiting, kept
        self._timeout = timeout
        self._changed = Condition()
        self._inside = self._known_waiting = 0
        self.there = 0
        """How many look or wait now."""

    @contextmanager
    def entered(self, *, known: bool = False) -> Iterator[None]:
        """Raises Unavailable E_SIGN_IN_BUSY when too many are there, or it takes too long."""
        with self._changed:
            if self.there >= self._places + (self._kept if known else 0):
                raise Unavailable("E_SIGN_IN_BUSY", retry_after=_RETRY_AFTER)
            self.there += 1
        try:
            self._enter(known)
            try:
                yield
            finally:
                with self._changed:
                    self._inside -= 1
        finally:
            with self._changed:
                self.there -= 1
                self._changed.notify_all()

    def _enter(self, known: bool) -> None:
        with self._changed:
            self._known_waiting += known
            try:
                free = self._changed.wait_for(lambda: self._is_free(known), self._timeout)
            finally:
                self._known_waiting -= known
            if not free:
                raise Unavailable("E_SIGN_IN_BUSY", retry_after=_RETRY_AFTER)
            self._inside += 1

    def _is_free(self, known: bool) -> bool:
        return self._inside < self._at_once and (known or not self._known_waiting)


PASSWORD_CHECKS = PasswordChecks()


class StaffAccounts(ModelBackend):
    """Accounts by their normalised names (`account_name`)."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> User | None:
        """The account, or None. A name without account is looked at as somebody's, and never found right."""
        if username is None or password is None:
            return None
        name = account_name(username)
        user = User.objects.filter(username=name).first()
        if user is None:
            _check_dummy_password(name, password)
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None


def _check_dummy_password(name: str, password: str) -> None:
    """Take the time that an account takes. Which one depends on the name: accounts are hashed in various ways
    until their owners have signed in, and a name without account must not be told by its time.
    """
    count = User.objects.count()
    if not count:
        make_password(password)
        return
    chosen = int(salted_hmac("honnin.console.hashing", name).hexdigest(), 16) % count
    for encoded in User.objects.order_by("pk").values_list("password", flat=True)[chosen : chosen + 1]:
        check_password(password, encoded)
