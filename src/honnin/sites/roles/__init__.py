"""The roles: every module here declares one, as `ROLE`, and a process plays those that HONNIN_ROLES names.

HONNIN_ROLES is names with commas between them; without it a process plays every role.
"""

import importlib
import os
import pkgutil
from collections.abc import Iterable
from functools import cache

from honnin.errors import Malformed
from honnin.sites.declaration.role import Role
from honnin.translation import Sentence, listed

VARIABLE = "HONNIN_ROLES"
ACCOUNTS = "accounts"
"""The database of who may sign in, beside those of the roles."""


@cache
def every_role() -> tuple[Role, ...]:
    """All that there are, in their places."""
    modules = (
        importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    )
    roles: list[Role] = [module.ROLE for module in modules]
    return tuple(sorted(roles, key=lambda role: role.place))


def played() -> tuple[Role, ...]:
    """The roles that this process plays, in their places. Raises Malformed E_ROLES."""
    return _named(os.environ.get(VARIABLE))


def plays(name: str) -> bool:
    """Whether this process plays the role of that name. Raises Malformed E_ROLES."""
    return any(role.name == name for role in played())


def require_played(*names: str) -> None:
    """Raises Malformed E_ROLE_NOT_PLAYED for the first of these roles that this process does not play."""
    for role in every_role():
        if role.name in names and not plays(role.name):
            raise Malformed("E_ROLE_NOT_PLAYED", role=Sentence(role.title))


def role_named(name: str) -> Role:
    """The role of that name, whether it is played or not. Raises KeyError."""
    return {role.name: role for role in every_role()}[name]


def with_journals() -> tuple[str, ...]:
    """The names of all roles that keep a journal, in the order in which journals are told of."""
    return tuple(sorted(role.name for role in every_role() if _remembers(role)))


def databases() -> tuple[str, ...]:
    """What databases this process has: that of the accounts, and one of each role with memory."""
    return (ACCOUNTS, *sorted(role.name for role in with_memory())) if with_screens() else ()


def with_screens() -> tuple[Role, ...]:
    """Those of them that have pages."""
    return tuple(role for role in played() if role.apps)


def with_memory(roles: Iterable[Role] | None = None) -> tuple[Role, ...]:
    """Those of them that keep records, and have accounts that sign in; or of other roles."""
    return tuple(role for role in (played() if roles is None else roles) if _remembers(role))


def require_screens() -> None:
    """Raises Malformed E_ROLES_WITHOUT_SCREENS where this process plays no role that has pages."""
    if not with_screens():
        raise Malformed("E_ROLES_WITHOUT_SCREENS", names=listed([role.name for role in played()]))


def _remembers(role: Role) -> bool:
    return bool(role.apps) and role.has_memory


@cache
def _named(text: str | None) -> tuple[Role, ...]:
    if text is None:
        return every_role()
    names = [name.strip() for name in text.split(",")]
    known = {role.name for role in every_role()}
    if not known.issuperset(names):
        raise Malformed("E_ROLES", text=text, known=listed(sorted(known)))
    return tuple(role for role in every_role() if role.name in names)
