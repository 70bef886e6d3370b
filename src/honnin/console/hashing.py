"""Looking at passwords: as slowly as it must be, of a few at once, and as long for a name that nobody has.

A password costs a quarter of a second and 16 MiB (scrypt). As many as come would take every thread of the
server and every core; so few are looked at together, few wait, and everybody else is told at once that it
is busy.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from honnin.console.account_name import account_name
from honnin.errors import Unavailable

# Our choices, for each process: both together are half of the threads that serve pages (`sites.serving`).
AT_ONCE = 2
WAITING = 2
PATIENCE = 5.0
_RETRY_AFTER = 3


class HashingRoom:
    """Where passwords are looked at: `at_once` of them, while `waiting` more wait (`patience`: seconds)."""

    def __init__(self, *, at_once: int = AT_ONCE, waiting: int = WAITING, patience: float = PATIENCE) -> None:
        self._inside = BoundedSemaphore(at_once)
        self._there = BoundedSemaphore(at_once + waiting)
        self._patience = patience

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Raises Unavailable E_SIGN_IN_BUSY when too many are there, or it takes too long."""
        if not self._there.acquire(blocking=False):
            raise Unavailable("E_SIGN_IN_BUSY", retry_after=_RETRY_AFTER)
        try:
            if not self._inside.acquire(timeout=self._patience):
                raise Unavailable("E_SIGN_IN_BUSY", retry_after=_RETRY_AFTER)
            try:
                yield
            finally:
                self._inside.release()
        finally:
            self._there.release()


ROOM = HashingRoom()


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
            _look_as_at_somebody(name, password)
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None


def _look_as_at_somebody(name: str, password: str) -> None:
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
