"""Accounts of staff, as an administrator makes them: who may sign in, and as what.

The account itself stands in the database of accounts; what it may do stands in its role's, where the journal
tells who gave it. An account is there as a whole or not at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import transaction

from honnin.clock import Clock
from honnin.console.account_name import account_name, require_account_name
from honnin.console.signing_in import passwords
from honnin.errors import Conflict, Malformed, NotAllowed
from honnin.sites.declaration.role import Employee
from honnin.sites.roles import played
from honnin.sites.staff.logins import forget_login
from honnin.translation import listed

if TYPE_CHECKING:
    from honnin.municipality.counter.guards.staff import Post
    from honnin.municipality.residents.models import Municipality


@dataclass(frozen=True)
class Account:
    """One account, and what it is for; `role` is empty for one that has lost its own."""

    user_name: str
    role: str
    name: str
    place: str
    counter: str
    last_login: datetime | None


def accounts() -> Iterator[Account]:
    """All there are, by name."""
    staff = {name: each for role in played() for name, each in role.staff().items()}
    for user in User.objects.order_by("username"):
        employee = staff.get(user.username, Employee("", ""))
        yield Account(
            user.username, employee.role, employee.name, employee.place, employee.counter, user.last_login
        )


def municipality(named: str) -> "Municipality":
    """By its code or its name. Raises Malformed E_MUNICIPALITY_UNKNOWN."""
    from honnin.municipality.residents.models import Municipality

    found = Municipality.objects.filter(code=named).first() or Municipality.objects.filter(name=named).first()
    if found is None:
        known = listed([f"{each.code} {each.name}" for each in Municipality.objects.order_by("code")])
        raise Malformed("E_MUNICIPALITY_UNKNOWN", known=known or "–")
    return found


def require_new(user_name: str) -> str:
    """The name of an account as it is kept. Raises Malformed E_ACCOUNT_NAME, Conflict E_ACCOUNT_EXISTS."""
    name = require_account_name(user_name)
    if User.objects.filter(username=name).exists() or any(name in role.staff() for role in played()):
        raise Conflict("E_ACCOUNT_EXISTS", account=name)
    return name


def add_clerk(post: "Post", password: str, *, actor: str, clock: Clock) -> None:
    """Raises as `require_new`, and Malformed E_PASSWORD_SHORT, E_SECRET_TOO_LONG."""
    from honnin.municipality.counter.guards.staff import appoint

    with transaction.atomic(using="default"):
        _account(post.user_name, password)
        appoint(post, actor=actor, at=clock.now())


def add_operator(user_name: str, name: str, password: str, *, actor: str, clock: Clock) -> None:
    """Raises as `add_clerk`."""
    from honnin.agency.hotline.services import employ_operator

    with transaction.atomic(using="default"):
        _account(user_name, password)
        employ_operator(user_name, name, actor=actor, at=clock.now())


def require_known(user_name: str) -> None:
    """Raises NotAllowed E_ACCOUNT_UNKNOWN."""
    if not User.objects.filter(username=account_name(user_name)).exists():
        raise NotAllowed("E_ACCOUNT_UNKNOWN")


def set_password(user_name: str, password: str, *, actor: str, clock: Clock) -> None:
    """Another password; who is signed in with the account is signed out by that.

    Raises NotAllowed E_ACCOUNT_UNKNOWN, Malformed E_PASSWORD_SHORT, E_SECRET_TOO_LONG.
    """
    name, at = account_name(user_name), clock.now()
    with transaction.atomic(using="default"):
        user = User.objects.select_for_update().filter(username=name).first()
        if user is None:
            raise NotAllowed("E_ACCOUNT_UNKNOWN")
        _give(user, password)
        forget_login(name)
        for role in played():
            if name in role.staff():
                role.note_new_password(name, actor=actor, at=at)


def _account(user_name: str, password: str) -> None:
    _give(User(username=require_new(user_name)), password)


def _give(user: User, password: str) -> None:
    passwords.require_good(password)
    user.set_password(password)
    user.save()
