"""`honnin status …`: audit of the status service, its lists and the records behind them."""

import sys
from dataclasses import asdict

import click

from honnin.cli.chores import warn_of_standing
from honnin.cli.terminal.installation import start_django
from honnin.cli.terminal.options import json_fields, print_json
from honnin.cli.terminal.streams import say
from honnin.cli.terminal.words import _, in_present_language
from honnin.clock import SystemClock
from honnin.translation import message

WORDS = {
    "sum": message("{certificates} certificates, {waiting} changes not yet listed: {verdict}"),
    "not compared": message("not compared: {parts}"),
    "records": message("records"),
    "answers": message("the responder's answers"),
    "lists": message("lists"),
    "keys": message("keys"),
    "rows": message("the rows that the journals tell of"),
    "and": message(", "),
    "differ": message("DISAGREE"),
    "agree": message("records, journal, responder and lists agree"),
}


@click.group()
def command() -> None:
    """Revocation lists, OCSP answers and records."""


@command.command("audit")
@click.option(
    "--without-keys", is_flag=True, help="Of a copy without the keys: compare what can be compared without."
)
@json_fields("certificates", "waiting", "faults", "not_compared")
def audit(without_keys: bool, as_json: bool) -> None:
    """Compare records, journal, the responder's answers and what is published; exits 6 where they differ.

    Every row of every table is held against the newest entry that tells of it. Where entries of an earlier
    version do not tell what they wrote, honnin journal bind-rows accepts the records as they are. Also
    whether databases and keys are whole. A list may be up to a day old: what changed after it was made is
    counted as waiting, not as a fault. Whether the journal itself is whole: honnin journal verify.

    Writes nothing: a copy on a read-only medium can be audited.
    """
    start_django("agency", "municipality", only_reading=True)
    from honnin.sites.audit.comparison import audit_status

    result = audit_status(SystemClock(), with_keys=not without_keys)
    if as_json:
        print_json(asdict(result))
    else:
        for fault in result.faults:
            say(in_present_language(fault))
        counts = {"certificates": result.certificates, "waiting": result.waiting}
        verdict = _(WORDS["differ" if result.faults else "agree"])
        say(_(WORDS["sum"]).format(**counts, verdict=verdict))
        if result.not_compared:
            parts = _(WORDS["and"]).join(_(WORDS[each]) for each in result.not_compared)
            say(_(WORDS["not compared"]).format(parts=parts), err=True)
    if not result.not_compared:
        warn_of_standing(SystemClock())
    sys.exit(6 if result.faults else 0)
