"""`honnin staff …`: what an administrator writes down about clerks."""

import sys

import click

from honnin.clock import SystemClock
from honnin.sites.commands.options import present_user, start_django
from honnin.widths import half_width


@click.group()
def command() -> None:
    """Clerks of the counters."""


@command.command("resident")
@click.argument("account")
@click.option("--none", "nobody", is_flag=True, help="The clerk is in no register of this installation.")
def resident(account: str, nobody: bool) -> None:
    """Write down which resident a clerk is, so that they act on none of their own papers.

    The resident record code is read, as a line, from stdin: arguments can be seen by every user of the
    machine.
    """
    code = "" if nobody else half_width(sys.stdin.readline().strip())
    if not code and not nobody:
        raise click.UsageError("The resident record code is read from stdin, and nothing came.")
    start_django()
    from honnin.municipality.counter.staff import note_residence

    note_residence(account, code, actor=present_user(), at=SystemClock().now())
