"""Few look at passwords at once, few wait, and strangers take no known browser's place."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from honnin.console.models import SignInCount
from honnin.console.signing_in.hashing import PasswordChecks
from honnin.errors import Unavailable
from tests.console.signing_in.attempts import PASSWORD, RIGHT, attempt, browser, in_transaction


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
