"""`honnin journal looks`: who looked at whom."""

from dataclasses import asdict

import click

from honnin.cli.journal import words as journal_words
from honnin.cli.terminal.installation import start_django
from honnin.cli.terminal.options import json_option, print_json
from honnin.cli.terminal.streams import say
from honnin.cli.terminal.typed import resident_code_from_stdin
from honnin.cli.terminal.words import _, in_present_language


@click.command("looks")
@click.option(
    "--person", is_flag=True, help="At one person: their resident record code is read, as a line, from stdin."
)
@click.option("--staff", metavar="ACCOUNT", help="By one account.")
@json_option
def command(person: bool, staff: str | None, as_json: bool) -> None:
    """List who looked at whom: every search, list, entry, application and copy that was shown, by time.

    People stand under opaque ids. Ask for one person by their resident record code: it is read from stdin,
    because arguments can be seen by every user of the machine.
    """
    code = resident_code_from_stdin() if person else None
    start_django("agency", "municipality")
    from honnin.console.account_name import account_name
    from honnin.sites.staff.inspection import looks, require_known

    account = None if staff is None else account_name(staff)
    require_known(person_code=code, staff=account)
    found = list(looks(person_code=code, staff=account or ""))
    if not found:
        say(_("No looks were found."), err=True)
    if as_json:
        print_json([asdict(look) for look in found])
        return
    for look in found:
        act_and_subject = (journal_words.act(look.act), journal_words.subject(look.subject))
        words = (*act_and_subject, *journal_words.details(look.detail))
        say("  ".join((look.at, look.actor, *map(in_present_language, words))))
