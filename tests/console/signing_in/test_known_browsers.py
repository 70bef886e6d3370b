"""Browsers that are known: for which account, for how long, and whose failures they keep."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.test import Client, RequestFactory

from honnin.clock import FixedClock
from honnin.console.models import SignInCount
from honnin.console.signing_in.devices import REMEMBERED_FOR, known_device
from honnin.console.signing_in.limits import LIMITS, Attempt
from tests.console.signing_in.attempts import PASSWORD, RIGHT, attempt, browser, fail, in_transaction


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
