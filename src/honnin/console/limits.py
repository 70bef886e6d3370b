"""How often somebody may try to sign in: by account, by address, by both, by device, and in all.

An attempt is counted before the password is looked at and taken back when it was right: so attempts made at
the same moment cannot slip past a limit together, in however many processes. A browser in which the account
has signed in before counts for itself: whatever strangers try elsewhere does not lock its people out.
Nothing here depends on whether the account exists.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.crypto import salted_hmac

from honnin.clock import Clock
from honnin.console.models import SignInCount
from honnin.errors import Unavailable


@dataclass(frozen=True)
class Limit:
    """`free` failures are let pass; then come pauses, each twice as long, from `first` to `longest`.

    One failure is forgotten in each `fades`.
    """

    free: int
    first: timedelta
    longest: timedelta
    fades: timedelta

    def faded(self, failures: float, elapsed: timedelta) -> float:
        """What is left of the failures after a while; a clock that was set back makes none."""
        return max(0.0, failures - max(timedelta(), elapsed) / self.fades)

    def pause(self, failures: float) -> timedelta:
        """How long nobody may try after the last of so many failures."""
        too_many = round(failures) - self.free
        if too_many < 0:
            return timedelta()
        return min(self.longest, self.first * float(2 ** min(too_many, 20)))


# Our choices. The pair of account and address is strict, and so is a device that is known. The account by
# itself is lenient, for its pause is what a stranger can do to its owner at a new device. An address may be
# an office of many. All together: as many as two cores can look at, with little left for a machine that
# guesses.
LIMITS = {
    "pair": Limit(5, timedelta(seconds=30), timedelta(minutes=15), timedelta(minutes=15)),
    "device": Limit(5, timedelta(seconds=30), timedelta(minutes=15), timedelta(minutes=15)),
    "account": Limit(20, timedelta(seconds=30), timedelta(minutes=5), timedelta(minutes=5)),
    "address": Limit(20, timedelta(seconds=30), timedelta(minutes=15), timedelta(minutes=5)),
    "all": Limit(200, timedelta(seconds=2), timedelta(seconds=30), timedelta(seconds=0.5)),
}


@dataclass(frozen=True)
class Attempt:
    """Who tries: a normalised account name, an address as `proxies.counted_address` gives it, a known
    device.
    """

    account: str
    address: str
    device: str = ""

    def keys(self) -> dict[str, Limit]:
        """What it counts under."""
        if self.device:
            return {_key("device", self.account, self.device): LIMITS["device"]}
        return {
            _key("pair", self.account, self.address): LIMITS["pair"],
            _key("account", self.account): LIMITS["account"],
            _key("address", self.address): LIMITS["address"],
            _key("all"): LIMITS["all"],
        }


def require_no_pause(attempt: Attempt, clock: Clock) -> None:
    """Ask without counting. Raises Unavailable E_SIGN_IN_PAUSED, with the seconds that are left."""
    keys = attempt.keys()
    _require_no_pause(SignInCount.objects.filter(pk__in=keys), keys, clock.now())


def count(attempt: Attempt, clock: Clock) -> None:
    """Count an attempt as a failure. Raises Unavailable E_SIGN_IN_PAUSED; then it is not counted."""
    now, keys = clock.now(), attempt.keys()
    with transaction.atomic():
        SignInCount.objects.filter(faded_at__lte=now).delete()
        SignInCount.objects.bulk_create([_none(key, now) for key in sorted(keys)], ignore_conflicts=True)
        rows = list(SignInCount.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
        _require_no_pause(rows, keys, now)
        for row in rows:
            _note(row, keys[row.pk], 1, now)


def succeeded(attempt: Attempt, clock: Clock) -> None:
    """The password was right: the attempt was no failure, and earlier slips of this account from here are
    forgotten. What others tried is not.
    """
    now, keys = clock.now(), attempt.keys()
    own = next(iter(keys))
    with transaction.atomic():
        SignInCount.objects.filter(pk=own).delete()
        for row in SignInCount.objects.select_for_update().filter(pk__in=keys).order_by("pk"):
            _note(row, keys[row.pk], -1, now)


def _key(*parts: str) -> str:
    return salted_hmac("honnin.console.limits", "\0".join(parts), algorithm="sha256").hexdigest()


def _none(key: str, now: datetime) -> SignInCount:
    return SignInCount(pk=key, failures=0, noted_at=now, paused_until=now, faded_at=now)


def _require_no_pause(rows: Iterable[SignInCount], keys: dict[str, Limit], now: datetime) -> None:
    waits = [_wait(row, keys[row.pk], now) for row in rows]
    longest = max(waits, default=timedelta())
    if longest > timedelta():
        raise Unavailable("E_SIGN_IN_PAUSED", retry_after=math.ceil(longest.total_seconds()))


def _wait(row: SignInCount, limit: Limit, now: datetime) -> timedelta:
    """Never longer than the limit's longest pause, wherever the clock was when it was noted.

    A row may have been noted after `now`, by somebody for whose lock this attempt waited: that is no pause.
    """
    if row.paused_until <= row.noted_at:
        return timedelta()
    return min(row.paused_until - now, limit.longest)


def _note(row: SignInCount, limit: Limit, more: int, now: datetime) -> None:
    row.failures = max(0.0, limit.faded(row.failures, now - row.noted_at) + more)
    row.noted_at = now
    if more > 0:
        row.paused_until = now + limit.pause(row.failures)
    elif row.failures < limit.free:
        row.paused_until = now
    row.faded_at = max(now + row.failures * limit.fades, row.paused_until)
    row.save(force_update=True)
