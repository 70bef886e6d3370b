"""The installation that a command works on, and who works on it."""

import os
import pwd
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import click

from honnin.cli.terminal.streams import say
from honnin.cli.terminal.words import _
from honnin.cli.terminal.wrong import Wrong
from honnin.errors import Unavailable
from honnin.sites.addresses import Addresses, choose, chosen_addresses, kept_addresses
from honnin.sites.home import only_read, present_home
from honnin.sites.initialisation import initialise
from honnin.sites.roles import require_played, require_screens
from honnin.translation import message

MOVED = message("certificates name {new} as the status service from now on; those issued before name {old}")


def present_user() -> str:
    """Who the journal names for an act by command: the user of this machine."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user often has no name
        name = str(os.getuid())
    return f"command/{name}"


@contextmanager
def warn_if_moved() -> Iterator[None]:
    """The block opens an installation. Says where its status service has moved by that: certificates that
    were issued before name its former address.
    """
    before = kept_addresses(present_home())
    yield
    after = kept_addresses(present_home())
    if before is not None and after is not None and before.ocsp_uri != after.ocsp_uri:
        words = _(MOVED).format(new=after.ocsp_uri, old=before.ocsp_uri)
        say(f"honnin: {words}", err=True)


def require_opened() -> None:
    """Raises Unavailable E_AUTHORITY_NOT_OPEN where there is no installation."""
    if not present_home().is_opened:
        raise Unavailable("E_AUTHORITY_NOT_OPEN")


def started(wrong: Wrong, *needed: str) -> bool:
    """As `start_django`; where there is no installation that is noted, beside what else is wrong, and nothing
    was loaded.
    """
    wrong.unless(require_opened)
    if not present_home().is_opened:
        return False
    start_django(*needed)
    return True


def start_django(
    *needed: str, opening: bool = False, addresses: Addresses | None = None, only_reading: bool = False
) -> None:
    """Load the rooms with memory for commands that need them; only `opening` makes an installation, with
    these `addresses` or those that it has, and `only_reading` writes nothing in it. When the command ends
    its databases are closed, so that a copy of their files holds what it wrote.

    Raises Unavailable E_AUTHORITY_NOT_OPEN where there is none, E_KEY_UNAVAILABLE when a secret is lost,
    Malformed E_ROLE_NOT_PLAYED where this process does not play a role that is `needed`, and as
    `present_addresses`.
    """
    require_played(*needed)
    require_screens()
    if opening:
        choose(addresses or chosen_addresses(present_home()))
    else:
        require_opened()
    if only_reading:
        only_read()
    initialise()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "honnin.sites.settings")
    import django

    django.setup()
    from honnin.sites.databases.closing import close_databases

    opened = click.get_current_context().find_object(ExitStack)  # none where a command is called by itself
    if opened is not None:
        opened.callback(close_databases)
