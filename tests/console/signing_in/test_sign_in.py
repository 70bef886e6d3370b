"""Signing in: limits that strangers cannot turn against an honest clerk."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connections

from honnin.clock import FixedClock, SystemClock
from honnin.console.models import SignInCount
from honnin.console.signing_in import limits
from honnin.console.signing_in.limits import LIMITS, Attempt
from honnin.errors import Unavailable
from tests.console.signing_in.attempts import (
    FREE,
    PASSWORD,
    RIGHT,
    WRONG,
    attempt,
    browser,
    fail,
    in_transaction,
    require_paused,
)
from tests.support.console import Console
from tests.support.instants import NOW


@in_transaction
def test_a_wrong_password_is_said_without_saying_which_part_was_wrong(account: str) -> None:
    for user_name, password in ((account, "wrong"), ("nobody", "wrong")):
        answer = attempt(user_name, password)
        assert "The user name or the password is wrong." in answer.content.decode()
        assert "wrong&quot;" not in answer.content.decode()


@in_transaction
def test_an_account_that_is_out_of_use_is_told_from_no_other(account: str) -> None:
    User.objects.update(is_active=False)
    assert "The user name or the password is wrong." in attempt(account, PASSWORD).content.decode()


@pytest.mark.parametrize("user_name", ["hanako", "nobody"])
@in_transaction
def test_failures_pause_an_account_at_an_address_and_the_rest_is_told(
    account: str, clock: FixedClock, user_name: str
) -> None:
    fail(user_name, FREE)
    left = require_paused(attempt(user_name, PASSWORD))
    clock.move_to(clock.instant + timedelta(seconds=left - 1))
    assert require_paused(attempt(user_name, PASSWORD)) == 1
    clock.move_to(clock.instant + timedelta(seconds=1))
    assert attempt(user_name, PASSWORD).status_code == (RIGHT if user_name == account else WRONG)


@in_transaction
def test_a_pause_grows_and_trying_in_it_does_not_prolong_it(account: str, clock: FixedClock) -> None:
    fail(account, FREE)
    pauses = []
    for _pause in range(12):
        pauses.append(require_paused(attempt(account, "wrong")))
        assert require_paused(attempt(account, "wrong")) == pauses[-1]
        clock.move_to(clock.instant + timedelta(seconds=pauses[-1]))
        fail(account, 1)
    assert pauses[:4] == [30, 60, 120, 240]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LIMITS["pair"].longest.total_seconds()


@in_transaction
def test_failures_are_forgotten_in_time(account: str, clock: FixedClock) -> None:
    fail(account, FREE)
    clock.move_to(clock.instant + LIMITS["pair"].fades * FREE)
    fail(account, FREE)


@in_transaction
def test_success_forgets_the_failures_before_it(account: str) -> None:
    for _round in range(3):
        fail(account, FREE - 1)
        assert attempt(account, PASSWORD).status_code == RIGHT


@in_transaction
def test_a_stranger_elsewhere_does_not_lock_a_clerk_out(account: str) -> None:
    fail(account, FREE, "192.0.2.1")
    require_paused(attempt(account, PASSWORD, "192.0.2.1"))
    assert attempt(account, PASSWORD, "127.0.0.1").status_code == RIGHT


@in_transaction
def test_a_browser_that_is_known_counts_for_itself(account: str) -> None:
    own = browser()
    assert attempt(account, PASSWORD, client=own).status_code == RIGHT
    own.post("/sign-out/")
    fail(account, FREE)  # a colleague's machine behind the same address
    for number in range(LIMITS["account"].free - FREE):
        fail(account, 1, f"192.0.2.{number}")
    require_paused(attempt(account, PASSWORD))
    require_paused(attempt(account, PASSWORD, "192.0.2.99"))
    assert attempt(account, PASSWORD, client=own).status_code == RIGHT


@in_transaction
def test_a_known_browser_is_paused_for_its_own_failures(account: str) -> None:
    own = browser()
    attempt(account, PASSWORD, client=own)
    own.post("/sign-out/")
    fail(account, FREE, client=own)
    require_paused(attempt(account, PASSWORD, client=own))


@in_transaction
def test_a_browser_is_known_for_its_accounts_only_and_for_a_time(account: str, clock: FixedClock) -> None:
    User.objects.create_user("mei", password=PASSWORD)
    own = browser()
    attempt("mei", PASSWORD, client=own)
    own.post("/sign-out/")
    fail(account, FREE, client=own)
    require_paused(attempt(account, PASSWORD, client=own))
    assert account not in own.cookies["honnin-device"].value
    own.cookies["honnin-device"] = own.cookies["honnin-device"].value[:-2] + "xx"
    fail("mei", FREE)
    require_paused(attempt("mei", PASSWORD, client=own))


@in_transaction
def test_many_names_from_one_address_are_slowed(account: str) -> None:
    for number in range(LIMITS["address"].free):
        fail(f"name{number}", 1, "192.0.2.7")
    require_paused(attempt("name99", "wrong", "192.0.2.7"))
    assert attempt("name99", "wrong", "192.0.2.8").status_code == WRONG


@in_transaction
def test_an_ipv6_customer_is_one_address(account: str) -> None:
    for number in range(FREE):
        fail(account, 1, f"2001:db8:0:1::{number:x}")
    require_paused(attempt(account, PASSWORD, "2001:db8:0:1:ffff::1"))
    assert attempt(account, PASSWORD, "2001:db8:0:2::1").status_code == RIGHT
    fail("mei", FREE, "::ffff:192.0.2.9")
    require_paused(attempt("mei", PASSWORD, "192.0.2.9"))


@in_transaction
def test_everybody_together_is_limited_and_the_table_stays_small(console: Console, clock: FixedClock) -> None:
    tried = 0
    for number in range(2000):
        try:
            limits.count(Attempt(f"name{number}", f"10.0.{number // 250}.{number % 250}"), clock)
            tried += 1
        except Unavailable:
            clock.move_to(clock.instant + timedelta(seconds=1))
    assert LIMITS["all"].free <= tried < 2000
    assert SignInCount.objects.count() <= 3 * tried + 1
    clock.move_to(clock.instant + timedelta(hours=5))
    limits.count(Attempt("name", "10.9.9.9"), clock)
    assert SignInCount.objects.count() == 4
    assert not SignInCount.objects.filter(pk__contains="name").exists()


def test_attempts_at_the_same_moment_do_not_slip_past_a_limit(committed: None) -> None:
    """Sixteen threads, each with its own connection, as processes have."""
    clock = FixedClock(NOW)
    barrier = threading.Barrier(16)

    def one(_number: int) -> bool:
        barrier.wait()
        try:
            limits.count(Attempt("hanako", "192.0.2.1"), clock)
        except Unavailable:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(16) as threads:
        assert sum(threads.map(one, range(16))) == FREE


def test_people_who_sign_in_at_the_same_moment_do_not_pause_one_another(committed: None) -> None:
    clock, barrier = SystemClock(), threading.Barrier(16)

    def one(number: int) -> bool:
        attempt = Attempt(f"clerk{number}", f"192.0.2.{number}")
        barrier.wait()
        try:
            for _again in range(8):
                limits.count(attempt, clock)
                limits.succeeded(attempt, clock)
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(one, range(16)))
