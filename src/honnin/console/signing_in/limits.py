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
from django.db.models import Q
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
        """What is left of the failures after a while."""
        return max(0.0, failures - elapsed / self.fades)

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

# More than any row needs to fade: one that would be kept longer is of before the clock was set back.
_LONGEST_KEPT = timedelta(days=1)


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
    rows, now = list(SignInCount.objects.filter(pk__in=keys)), clock.now()
    if any(row.noted_at > now for row in rows):
        with transaction.atomic():
            rows, now = _locked(keys, clock)
    _require_none(_longest_wait(rows, keys, now))


def count(attempt: Attempt, clock: Clock) -> None:
    """Count an attempt as a failure. Raises Unavailable E_SIGN_IN_PAUSED; then it is not counted."""
    keys, began = attempt.keys(), clock.now()
    with transaction.atomic():
        SignInCount.objects.filter(
            Q(faded_at__lte=began) | (Q(faded_at__gt=began + _LONGEST_KEPT) & ~Q(pk__in=keys))
        ).delete()
        SignInCount.objects.bulk_create([_none(key, began) for key in sorted(keys)], ignore_conflicts=True)
        rows, now = _locked(keys, clock)
        wait = _longest_wait(rows, keys, now)
        if not wait:
            for row in rows:
                _note(row, keys[row.pk], 1, now)
    _require_none(wait)  # outside: what was put right stays so


def succeeded(attempt: Attempt, clock: Clock) -> None:
    """The password was right: the attempt was no failure, and earlier slips of this account from here are
    forgotten. What others tried is not.
    """
    keys = attempt.keys()
    own = next(iter(keys))
    with transaction.atomic():
        SignInCount.objects.filter(pk=own).delete()
        rows, now = _locked(keys, clock)
        for row in rows:
            _note(row, keys[row.pk], -1, now)


def _key(*parts: str) -> str:
    return salted_hmac("honnin.console.limits", "\0".join(parts), algorithm="sha256").hexdigest()


def _none(key: str, now: datetime) -> SignInCount:
    return SignInCount(pk=key, failures=0, noted_at=now, paused_until=now, faded_at=now)


def _locked(keys: Iterable[str], clock: Clock) -> tuple[list[SignInCount], datetime]:
    """The rows under these keys, none of them noted after the time that comes with them."""
    rows = list(SignInCount.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
    now = clock.now()
    for row in rows:
        if row.noted_at > now:
            _put_right(row, now)
    return rows, now


def _put_right(row: SignInCount, now: datetime) -> None:
    ahead = row.noted_at - now
    row.noted_at, row.paused_until, row.faded_at = now, row.paused_until - ahead, row.faded_at - ahead
    row.save(force_update=True)


def _longest_wait(rows: Iterable[SignInCount], keys: dict[str, Limit], now: datetime) -> timedelta:
    """Of each row never longer than its limit's longest pause, whoever wrote it."""
    return max([timedelta(), *(min(row.paused_until - now, keys[row.pk].longest) for row in rows)])


def _require_none(wait: timedelta) -> None:
    if wait:
        raise Unavailable("E_SIGN_IN_PAUSED", retry_after=math.ceil(wait.total_seconds()))


def _note(row: SignInCount, limit: Limit, more: int, now: datetime) -> None:
    row.failures = max(0.0, limit.faded(row.failures, now - row.noted_at) + more)
    row.noted_at = now
    if more > 0:
        row.paused_until = now + limit.pause(row.failures)
    elif row.failures < limit.free:
        row.paused_until = now
    row.faded_at = max(now + row.failures * limit.fades, row.paused_until)
    row.save(force_update=True)
