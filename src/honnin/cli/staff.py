"""`honnin staff …`: accounts of clerks and operators, as an administrator makes them."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click

from honnin.cli.terminal.installation import present_user, start_django, started
from honnin.cli.terminal.options import json_fields, json_option, print_json, text_of_at_most
from honnin.cli.terminal.streams import done, say
from honnin.cli.terminal.typed import ask_password, resident_code_from_stdin
from honnin.cli.terminal.words import _
from honnin.cli.terminal.wrong import Wrong
from honnin.clock import SystemClock
from honnin.console.account_name import account_name, require_account_name
from honnin.console.signing_in.passwords import require_good
from honnin.identifiers import MunicipalityCode
from honnin.sites.roles import every_role, with_memory
from honnin.translation import message

password_option = click.option(
    "--password-fd", type=int, metavar="N", help="Read the password from file descriptor N instead of asking."
)

COUNTER = "市民課 窓口"
ROLES = {"": message("no role")} | {role.staff_role: role.staff_title for role in with_memory(every_role())}


@click.group()
def command() -> None:
    """Accounts of clerks and operators."""


@command.command("add")
@click.argument("account")
@click.option("--clerk", "place", metavar="MUNICIPALITY", help="A clerk of this municipality (code or name).")
@click.option("--operator", "is_operator", is_flag=True, help="An operator of the hotline.")
@click.option("--name", required=True, callback=text_of_at_most(100), help="As colleagues know them.")
@click.option(
    "--counter",
    show_default=COUNTER,
    callback=text_of_at_most(40),
    help="The clerk's counter.",
)
@password_option
@json_fields("user_name", "role", "name", "place", "counter")
def add(account: str, place: str | None, name: str, *, is_operator: bool, as_json: bool, **more: Any) -> None:
    """Make an account that may sign in: a clerk's or an operator's.

    The password (12 characters at least) is asked for, or read from a file descriptor.
    """
    wrong = Wrong(_not_fitting(place, more["counter"], is_operator=is_operator))
    user_name = wrong.unless(lambda: require_account_name(account)) or ""
    code = MunicipalityCode("")
    if started(wrong, *["agency"] * is_operator, *["municipality"] * (place is not None)):
        from honnin.sites.staff import employing

        if user_name:
            wrong.unless(lambda: employing.require_new(user_name))
        if place is not None:
            code = wrong.unless(lambda: employing.municipality(place).code) or code
    password = _password_unless(wrong, more["password_fd"])
    clock = SystemClock()
    if is_operator:
        employing.add_operator(user_name, name, password, actor=present_user(), clock=clock)
    else:
        from honnin.municipality.counter.guards.staff import Post

        post = Post(user_name, name, code, more["counter"] or COUNTER)
        employing.add_clerk(post, password, actor=present_user(), clock=clock)
    done(user_name)
    if as_json:
        made = next(each for each in employing.accounts() if each.user_name == user_name)
        fields = asdict(made)
        fields.pop("last_login")
        print_json(fields)
    else:
        say(user_name)


def _not_fitting(place: str | None, counter: str | None, *, is_operator: bool) -> Iterator[click.UsageError]:
    """Options of which an account has one, or that it has no use for."""
    if (place is None) is not is_operator:
        yield click.UsageError(_("say one of the two: --clerk MUNICIPALITY, or --operator"))
    if is_operator and counter is not None:
        yield click.UsageError(_("--counter is a clerk's: an operator of the hotline has none"))


@command.command("list")
@json_option
def list_staff(as_json: bool) -> None:
    """List the accounts: name, role, place, and when each last signed in."""
    start_django()
    from honnin.sites.staff.employing import accounts

    found = list(accounts())
    if as_json:
        print_json(
            [asdict(each) | {"last_login": each.last_login and each.last_login.isoformat()} for each in found]
        )
        return
    for each in found:
        seen = (
            _("last signed in {at} UTC").format(at=f"{each.last_login:%Y-%m-%d %H:%M}")
            if each.last_login
            else _("never signed in")
        )
        parts = (each.user_name, _(ROLES[each.role]), each.name, each.place, each.counter, seen)
        say("  ".join(part for part in parts if part))


@command.command("password")
@click.argument("account")
@password_option
@json_fields("user_name")
def password(account: str, password_fd: int | None, *, as_json: bool) -> None:
    """Give an account another password; whoever is signed in with it is signed out."""
    wrong = Wrong()
    if started(wrong):
        from honnin.sites.staff.employing import require_known, set_password

        wrong.unless(lambda: require_known(account))
    new = _password_unless(wrong, password_fd)
    set_password(account, new, actor=present_user(), clock=SystemClock())
    done(account_name(account))
    if as_json:
        print_json({"user_name": account_name(account)})


def _password_unless(wrong: Wrong, descriptor: int | None) -> str:
    """An account's new password: nobody types one for what is wrong already, and one that came is looked at.

    Raises all that is wrong.
    """
    if descriptor is None:
        wrong.require_none()
    password = wrong.unless(lambda: _new_password(descriptor)) or ""
    if password or descriptor is None:
        wrong.unless(lambda: require_good(password))
    wrong.require_none()
    return password


def _new_password(descriptor: int | None) -> str:
    """Asked for twice, or read once. Raises click.UsageError where the two differ, and as `ask_password`."""
    typed = ask_password(_("New password"), descriptor)
    if descriptor is None and ask_password(_("Again"), None) != typed:
        raise click.UsageError(_("the two passwords differ; nothing was changed"))
    return typed


@command.command("log-id")
@click.argument("account")
@json_fields("log_id")
def log_id(account: str, *, as_json: bool) -> None:
    """Print the id by which the log of this installation names an account."""
    start_django()
    from honnin.console.signing_in import sign_in_log

    found = sign_in_log.log_id(account)
    if as_json:
        print_json({"log_id": found})
    else:
        say(found)


@command.command("resident")
@click.argument("account")
@click.option("--none", "nobody", is_flag=True, help="The clerk is in no register of this installation.")
@json_fields("user_name", "noted")
def resident(account: str, *, nobody: bool, as_json: bool) -> None:
    """Write down which resident a clerk is, so that they never act on their own applications.

    The resident record code is read, as a line, from stdin: arguments can be seen by every user of the
    machine.
    """
    code = None if nobody else resident_code_from_stdin()
    start_django("municipality")
    from honnin.municipality.counter.guards.staff import note_residence

    clerk = note_residence(account_name(account), code, actor=present_user(), at=SystemClock().now())
    done(clerk.user_name)
    if as_json:
        print_json({"user_name": clerk.user_name, "noted": bool(code)})
