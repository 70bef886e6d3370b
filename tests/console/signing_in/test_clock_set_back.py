"""A clock that was set back or forward makes no pause longer."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count

import pytest

from honnin.clock import FixedClock
from honnin.console.models import SignInCount
from honnin.console.signing_in import limits
from honnin.console.signing_in.limits import LIMITS, Attempt
from honnin.errors import Unavailable
from tests.console.signing_in.attempts import (
    FREE,
    PASSWORD,
    RIGHT,
    attempt,
    fail,
    in_transaction,
    require_paused,
)


def attempts_at(what: str) -> Iterator[Attempt]:
    """Attempts of which no two have more in common than what this limit counts."""
    for number in count():
        address = f"10.{number // 250}.{number % 250}.1"
        yield {
            "pair": Attempt("hanako", "192.0.2.1"),
            "device": Attempt("hanako", address, "a browser"),
            "account": Attempt("hanako", address),
            "address": Attempt(f"name{number}", "192.0.2.1"),
            "all": Attempt(f"name{number}", address),
        }[what]


def told_to_wait(act: Callable[[Attempt, FixedClock], None], tried: Attempt, clock: FixedClock) -> int:
    with pytest.raises(Unavailable, match="E_SIGN_IN_PAUSED") as paused:
        act(tried, clock)
    return int(paused.value.context["retry_after"])


@pytest.mark.parametrize("back", [timedelta(seconds=29), timedelta(days=1), timedelta(days=400)], ids=str)
@pytest.mark.parametrize("what", LIMITS)
@in_transaction
def test_a_clock_that_was_set_back_makes_no_pause_longer(
    clock: FixedClock, what: str, back: timedelta
) -> None:
    """Neither the first pause of a limit nor one that has grown: it begins anew, once, and then it ends."""
    tried, limit = attempts_at(what), LIMITS[what]
    for _failure in range(limit.free):
        limits.count(next(tried), clock)
    for _growing in range(1 if what == "all" else 5):  # all together fade faster than they pause
        wait = told_to_wait(limits.count, next(tried), clock)
        assert wait <= limit.longest.total_seconds()
        clock.move_to(clock.instant - back)
        assert told_to_wait(limits.count, next(tried), clock) == wait
        clock.move_to(clock.instant + timedelta(seconds=wait - 1))
        assert told_to_wait(limits.require_no_pause, next(tried), clock) == 1
        clock.move_to(clock.instant + timedelta(seconds=1))
        limits.require_no_pause(next(tried), clock)
        limits.count(next(tried), clock)


@in_transaction
def test_asking_puts_right_what_was_noted_in_the_future(account: str, clock: FixedClock) -> None:
    fail(account, FREE)
    clock.move_to(clock.instant - timedelta(days=1))
    assert require_paused(attempt(account, PASSWORD)) == 30
    clock.move_to(clock.instant + timedelta(seconds=10))
    assert require_paused(attempt(account, PASSWORD)) == 20
    clock.move_to(clock.instant + timedelta(seconds=20))
    assert attempt(account, PASSWORD).status_code == RIGHT


@in_transaction
def test_counts_of_the_future_fade_and_go_with_the_others(clock: FixedClock) -> None:
    right = clock.instant
    clock.move_to(right + timedelta(days=400))
    limits.count(Attempt("hanako", "192.0.2.1"), clock)
    clock.move_to(right)
    limits.count(Attempt("mei", "192.0.2.2"), clock)
    assert SignInCount.objects.count() == 4  # only "all" is common to them
    assert SignInCount.objects.filter(noted_at__gt=right).count() == 0
    clock.move_to(right + LIMITS["pair"].fades)
    limits.count(Attempt("taro", "192.0.2.3"), clock)
    assert SignInCount.objects.count() == 4
