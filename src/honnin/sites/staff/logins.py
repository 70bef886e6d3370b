"""The accounts with which somebody can try a test installation; their passwords stand in a file of it."""

import json
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from django.conf import settings

from honnin.clock import Clock
from honnin.errors import Malformed
from honnin.files import write_private
from honnin.sites.declaration.login import Login
from honnin.sites.roles import every_role, with_memory


def demo_logins(clock: Clock) -> list[Login]:
    """Accounts of this test installation, made on first use with passwords of its own (mode 0600).

    When the file of passwords is missing, the accounts get new ones: nobody could read the old. Raises
    Malformed E_LOGINS_UNREADABLE for one that is damaged.
    """
    path = _file()
    known, at = path.exists(), clock.now()
    logins = _read_logins(path) if known else _invent_logins()
    for login in logins:
        _account(login, at, anew=not known)
    if not known:  # after the accounts, so that what stands in the file always opens them
        _write_logins(path, logins)
    return logins


def kept_logins() -> list[Login]:
    """Those of them that are of the roles of this process, with their passwords; none where there are none.

    Raises Malformed E_LOGINS_UNREADABLE.
    """
    path = _file()
    return _read_logins(path) if path.exists() else []


def forget_login(user_name: str) -> None:
    """The password of an account that the installation brought is another now, and stands in no file."""
    if any(login.user_name == user_name for login in kept_logins()):
        every = _read_all(_file())
        left = [replace(each, password="") if each.user_name == user_name else each for each in every]
        _write_logins(_file(), left)


def _file() -> Path:
    path: Path = settings.HOME.keys / "demo-logins.json"
    return path


def _read_logins(path: Path) -> list[Login]:
    own = {role.staff_role for role in with_memory()}
    logins = [login for login in _read_all(path) if login.role in own]
    meant = {(login.user_name, login.role, login.place) for login in _invent_logins()}
    if {(login.user_name, login.role, login.place) for login in logins} != meant:
        raise Malformed("E_LOGINS_UNREADABLE", path=str(path))
    return logins


def _read_all(path: Path) -> list[Login]:
    try:
        logins = [Login(**entry) for entry in json.loads(path.read_bytes())]
    except (ValueError, TypeError) as error:
        raise Malformed("E_LOGINS_UNREADABLE", path=str(path)) from error
    roles = {role.staff_role for role in every_role()}
    for login in logins:
        if not isinstance(login.password, str) or login.role not in roles:
            raise Malformed("E_LOGINS_UNREADABLE", path=str(path))
    return logins


def _write_logins(path: Path, logins: list[Login]) -> None:
    text = json.dumps([asdict(login) for login in logins], ensure_ascii=False, indent=1)
    write_private(path, text.encode())


def _invent_logins() -> list[Login]:
    return [login for role in with_memory() for login in role.invented_logins()]


def _account(login: Login, at: datetime, *, anew: bool) -> None:
    from django.contrib.auth.models import User

    user, new = User.objects.get_or_create(username=login.user_name)
    if new or anew or not user.password:  # no password: a start was cut off between the two lines
        user.set_password(login.password)
        user.save()
    for role in with_memory():
        if role.staff_role == login.role:
            role.employ(login, at)
