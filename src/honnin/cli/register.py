"""`honnin register …`: the registers of residents, as an administrator looks after them."""

import sys
from typing import Any

import click

from honnin.cli.register_areas import change_area
from honnin.cli.residents_file import export_file, import_file
from honnin.cli.terminal.installation import present_user, start_django
from honnin.cli.terminal.options import json_option, print_json
from honnin.cli.terminal.streams import done, say
from honnin.cli.terminal.words import _
from honnin.clock import SystemClock
from honnin.translation import message

FIELDS = ("persons", "events", "dropped", "unmarked", "repeated", "early", "differing")
FOUND = message(
    "{place}: {events} events of {persons} persons; told again: {dropped}; marked as heard: {unmarked}; "
    "had come twice: {repeated}; had come before their turn: {early}; persons who differ: {differing}"
)


@click.group()
def command() -> None:
    """The registers of residents."""


@command.command("reconcile")
@json_option
def reconcile(as_json: bool) -> None:
    """Compare every event of the registers here with what the agency has heard, and tell again what it has
    not; exits 6 where the agency has heard something else.

    honnin up and honnin chores do the same once a day. What came twice or before its turn has done nothing.
    """
    start_django("municipality")
    from honnin.municipality.residents.models import Municipality
    from honnin.municipality.residents.reconciliation import reconcile as compare

    found: list[dict[str, Any]] = []
    for place in Municipality.objects.order_by("code"):
        kept = compare(place.code, actor=present_user(), at=SystemClock().now())
        figures = {name: getattr(kept, name) for name in FIELDS}
        found.append({"municipality_code": str(place.code)} | figures)
        done(place.code)
        if not as_json:
            say(_(FOUND).format(place=place.name, **figures))
    if as_json:
        print_json(found)
    sys.exit(6 if any(each["differing"] for each in found) else 0)


command.add_command(import_file)
command.add_command(export_file)
command.add_command(change_area)
