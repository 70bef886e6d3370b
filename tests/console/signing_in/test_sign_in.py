"""Signing in: one name however it is typed, limits that strangers cannot turn against an honest clerk."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.conf import settings as installation
from django.contrib.auth import hashers
from django.contrib.auth.hashers import identify_hasher, make_password
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client, RequestFactory
from django.utils import crypto
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from honnin.clock import FixedClock, SystemClock
from honnin.console.account_name import LONGEST, account_name
from honnin.console.models import SignInCount
from honnin.console.signing_in import limits
from honnin.console.signing_in.devices import REMEMBERED_FOR, known_device
from honnin.console.signing_in.hashing import PasswordChecks
from honnin.console.signing_in.limits import LIMITS, Attempt
from honnin.errors import Unavailable
from honnin.journal.binding import changed
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.guards.staff import clerk_of
from tests.support.console import Console
from tests.support.instants import NOW
from tests.support.responses import Response
from tests.support.telling import tell

PASSWORD = "a long enough password"
RIGHT, WRONG = 302, 200
FREE = LIMITS["pair"].free
in_transaction = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def account(console: Console) -> str:
    """A clerk who signs in with a password."""
    clerk = console.town.clerk()
    User.objects.create_user(clerk.user_name, password=PASSWORD)
    return clerk.user_name


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


# — Names —————————————————————————————————————————————————————————————————————————————————————————————

TYPED = {
    "as it is": "hanako",
    "capitals": "Hanako",
    "a space": " hanako ",
    "a space within": "hana ko",
    "a full-width space": "\u3000hanako",
    "a tab": "hanako\t",
    "a line's end": "hanako\r\n",
    "full-width letters": "ｈａｎａｋｏ",
    "full-width capitals": "ＨＡＮＡＫＯ",
    "a zero-width space": "hana\u200bko",
    "a joiner": "hanako\u200d",
    "a byte order mark": "\ufeffhanako",
    "a soft hyphen": "hana\u00adko",
    "a mark of direction": "\u202ehanako",
    "a no-break space": "hanako\u00a0",
    "a filler": "hanako\u3164",
    "a variation selector": "hanako\ufe0f",
    "a language tag": "hanako\U000e0041",
    "a control character": "hana\x07ko",
}


@pytest.mark.parametrize("typed", TYPED.values(), ids=TYPED)
@in_transaction
def test_a_name_is_one_however_it_is_typed(account: str, typed: str) -> None:
    assert account_name(typed) == account
    assert attempt(typed, PASSWORD).status_code == RIGHT


@in_transaction
def test_no_spelling_begins_a_new_count(account: str) -> None:
    spellings = list(TYPED.values())
    for typed in spellings[:FREE]:
        assert attempt(typed, "wrong").status_code == WRONG
    for typed in spellings:
        require_paused(attempt(typed, PASSWORD))


@given(st.text(max_size=40))
def test_a_normalised_name_stays_as_it_is(typed: str) -> None:
    assert account_name(account_name(typed)) == account_name(typed)


@given(
    st.text(max_size=20), st.sampled_from(" \t\u3000\u200b\u00ad\ufeff\u3164\ufe0f\x00"), st.integers(0, 20)
)
def test_what_is_not_seen_makes_no_other_name(typed: str, unseen: str, place: int) -> None:
    assert account_name(typed[:place] + unseen + typed[place:]) == account_name(typed)


@in_transaction
def test_names_are_kept_as_they_are_compared(console: Console) -> None:
    clerk = console.town.clerk()
    Clerk.objects.filter(pk=clerk.pk).update(user_name=" Ｔａｒｏ")
    clerk.refresh_from_db()
    tell(changed(clerk, "user_name"))
    assert clerk.user_name == "taro"
    assert clerk_of("ＴＡＲＯ") == clerk_of("taro") == clerk
    assert User.objects.create_user("Ｔａｒｏ　", password=PASSWORD).username == "taro"
    assert attempt("TARO", PASSWORD).status_code == RIGHT


@pytest.mark.parametrize("typed", ["n" * (LONGEST + 1), "\ufdfa" * 20, "\u200b", "\u3000 \t"], ids=range(4))
@in_transaction
def test_what_can_be_no_name_is_refused_without_looking_at_the_password(
    account: str, typed: str, settings: Settings, hashed: Callable[[], list[str]]
) -> None:
    settings.PASSWORD_HASHERS = REAL_HASHERS
    answer = attempt(typed, PASSWORD)
    assert answer.status_code == WRONG
    assert "<title>Error: " in answer.content.decode()
    assert hashed() == []
    assert not SignInCount.objects.exists()


# — Limits ————————————————————————————————————————————————————————————————————————————————————————————


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


@in_transaction
def test_a_browser_is_known_for_half_a_year_and_not_from_the_future(account: str, clock: FixedClock) -> None:
    own, began = browser(), clock.instant
    attempt(account, PASSWORD, client=own)
    for moved, known in (
        (timedelta(), True),
        (REMEMBERED_FOR - timedelta(seconds=1), True),
        (REMEMBERED_FOR, False),
        (timedelta(seconds=-1), False),
        (timedelta(days=-400), False),
    ):
        clock.move_to(began + moved)
        assert is_known(own, account, clock) is known, moved


@in_transaction
def test_an_account_of_the_future_makes_room_in_the_cookie(account: str, clock: FixedClock) -> None:
    User.objects.create_user("mei", password=PASSWORD)
    own, right = browser(), clock.instant
    clock.move_to(right + timedelta(days=400))
    attempt(account, PASSWORD, client=own)
    own.post("/sign-out/")
    clock.move_to(right)
    attempt("mei", PASSWORD, client=own)
    clock.move_to(right + timedelta(days=400))
    assert not is_known(own, account, clock)


def is_known(client: Client, account: str, clock: FixedClock) -> bool:
    """Whether an attempt at the account in this browser counts under the browser, and so under it alone."""
    request = RequestFactory().post("/sign-in/")
    request.COOKIES = {name: morsel.value for name, morsel in client.cookies.items()}
    device = known_device(request, account, clock)
    everywhere = Attempt(account, "192.0.2.1").keys()
    own = Attempt(account, "192.0.2.1", device).keys()
    assert own == everywhere if not device else list(own.values()) == [LIMITS["device"]]
    assert bool(device) is not bool(own.keys() & everywhere.keys())
    return bool(device)


@in_transaction
def test_a_browser_of_one_account_is_a_new_one_to_every_other(account: str, clock: FixedClock) -> None:
    User.objects.create_user("mei", password=PASSWORD)
    own = browser("192.0.2.50")
    attempt("mei", PASSWORD, "192.0.2.50", client=own)
    own.post("/sign-out/")
    assert is_known(own, "mei", clock)
    assert not is_known(own, account, clock)
    fail(account, 1, "192.0.2.50", client=own)
    assert set(SignInCount.objects.filter(failures__gt=0).values_list("pk", flat=True)) == set(
        Attempt(account, "192.0.2.50").keys()
    )


@in_transaction
def test_who_signs_in_forgets_their_own_slips_alone(account: str, clock: FixedClock) -> None:
    """What strangers tried at the account, from the address and in all is counted as before."""
    fail(account, 2)
    fail(account, 3, "192.0.2.1")
    fail("mei", 4)
    before = failures_of(Attempt(account, "127.0.0.1"))
    assert before == {"pair": 2, "account": 5, "address": 6, "all": 9}
    assert attempt(account, PASSWORD).status_code == RIGHT
    assert failures_of(Attempt(account, "127.0.0.1")) == before | {"pair": 0}
    assert failures_of(Attempt(account, "192.0.2.1"))["pair"] == 3


def failures_of(tried: Attempt) -> dict[str, float]:
    """What is counted at a browser that is not known, in the order of the table."""
    kept = {row.pk: row.failures for row in SignInCount.objects.all()}
    names = ("pair", "account", "address", "all")
    return {name: kept.get(key, 0) for name, key in zip(names, tried.keys(), strict=True)}


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


# — Hashing ———————————————————————————————————————————————————————————————————————————————————————————


def test_strangers_leave_a_place_to_browsers_that_are_known_and_these_come_first() -> None:
    room = PasswordChecks(at_once=1, waiting=1, kept=2, timeout=20)
    order: list[str] = []
    gate = threading.Event()

    def one(who: str, known: bool) -> str:
        try:
            with room.entered(known=known):
                order.append(who)
                gate.wait(20)
        except Unavailable as error:
            return error.code
        return ""

    def there(count: int) -> None:
        until = time.monotonic() + 20
        while room.there < count and time.monotonic() < until:
            time.sleep(0.005)
        assert room.there == count

    with ThreadPoolExecutor(8) as threads:
        said = []
        for number, (who, known) in enumerate(
            [("stranger", False), ("stranger", False), ("clerk", True), ("clerk", True)]
        ):
            said.append(threads.submit(one, who, known))
            there(number + 1)
        for known in (False, True):
            assert threads.submit(one, "late", known).result() == "E_SIGN_IN_BUSY"
        gate.set()
        assert [future.result() for future in said] == [""] * 4
    assert order == ["stranger", "clerk", "clerk", "stranger"]
    assert room.there == 0


@in_transaction
def test_a_clerk_signs_in_at_a_known_browser_while_strangers_fill_the_room(
    account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = browser()
    assert attempt(account, PASSWORD, client=own).status_code == RIGHT
    own.post("/sign-out/")
    room = PasswordChecks(at_once=2, waiting=0, kept=1, timeout=20)
    monkeypatch.setattr("honnin.console.signing_in.sign_in.PASSWORD_CHECKS", room)
    with ExitStack() as strangers:
        for _stranger in range(2):
            strangers.enter_context(room.entered())
        assert "E_SIGN_IN_BUSY" in attempt(account, PASSWORD).content.decode()
        threading.Timer(0.2, strangers.pop_all().close).start()
        assert attempt(account, PASSWORD, client=own).status_code == RIGHT


def test_few_look_at_passwords_at_once_few_wait_and_others_are_told() -> None:
    room = PasswordChecks(at_once=2, waiting=2, timeout=5)
    inside, most, gate = 0, 0, threading.Event()
    lock = threading.Lock()

    def one(_number: int) -> str:
        nonlocal inside, most
        try:
            with room.entered():
                with lock:
                    inside += 1
                    most = max(most, inside)
                gate.wait(5)
                with lock:
                    inside -= 1
        except Unavailable as error:
            return error.code
        return ""

    with ThreadPoolExecutor(30) as threads:
        futures = [threads.submit(one, number) for number in range(30)]
        until = time.monotonic() + 5
        while sum(future.done() for future in futures) < 26 and time.monotonic() < until:
            time.sleep(0.01)
        assert sum(future.done() for future in futures) == 26
        gate.set()
        said = [future.result() for future in futures]
    assert said.count("E_SIGN_IN_BUSY") == 26
    assert most == 2
    with room.entered():
        pass


def test_who_waits_too_long_is_told() -> None:
    room = PasswordChecks(at_once=1, waiting=1, timeout=0.05)
    with room.entered(), ThreadPoolExecutor(1) as other:

        def enter() -> None:
            with room.entered():
                pass

        with pytest.raises(Unavailable, match="E_SIGN_IN_BUSY"):
            other.submit(enter).result()


@in_transaction
def test_a_busy_console_says_so_and_counts_nothing(account: str, monkeypatch: pytest.MonkeyPatch) -> None:
    room = PasswordChecks(at_once=1, waiting=0, timeout=0)
    monkeypatch.setattr("honnin.console.signing_in.sign_in.PASSWORD_CHECKS", room)
    with room.entered():
        answer = attempt(account, PASSWORD)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "E_SIGN_IN_BUSY" in answer.content.decode()
    assert not SignInCount.objects.exists()
    assert attempt(account, PASSWORD).status_code == RIGHT


REAL_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]


@in_transaction
def test_an_older_hash_still_opens_and_is_replaced(account: str, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = REAL_HASHERS
    User.objects.update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    assert attempt(account, PASSWORD).status_code == RIGHT
    assert identify_hasher(User.objects.get().password).algorithm == "scrypt"
    assert attempt(account, PASSWORD).status_code == RIGHT


@pytest.mark.parametrize("algorithm", ["scrypt", "pbkdf2_sha256"])
@in_transaction
def test_a_name_without_account_is_looked_at_as_an_account_is(
    account: str, settings: Settings, algorithm: str, hashed: Callable[[], list[str]]
) -> None:
    settings.PASSWORD_HASHERS = REAL_HASHERS
    User.objects.update(password=make_password(PASSWORD, hasher=algorithm))
    hashed().clear()
    attempt(account, "wrong")
    of_account = list(hashed())
    hashed().clear()
    attempt("nobody", "wrong")
    assert hashed() == of_account == [algorithm]


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """The algorithms that were used, in their order; the real ones run."""
    used: list[str] = []
    scrypt, pbkdf2 = hashlib.scrypt, crypto.pbkdf2

    def noted_scrypt(*said: Any, **more: Any) -> bytes:
        used.append("scrypt")
        return scrypt(*said, **more)

    def noted_pbkdf2(*said: Any, **more: Any) -> bytes:
        used.append("pbkdf2_sha256")
        return pbkdf2(*said, **more)

    monkeypatch.setattr(hashlib, "scrypt", noted_scrypt)
    monkeypatch.setattr(hashers, "pbkdf2", noted_pbkdf2)
    return lambda: used


def test_people_s_passwords_are_hashed_with_scrypt() -> None:
    from honnin.sites import settings as real

    assert real.PASSWORD_HASHERS == REAL_HASHERS
    assert installation.AUTHENTICATION_BACKENDS == ["honnin.console.signing_in.hashing.StaffAccounts"]
