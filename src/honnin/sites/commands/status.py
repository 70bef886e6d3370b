"""`honnin status …`: what relying parties are told."""

import sys

import click

from honnin.clock import SystemClock
from honnin.sites.commands.chores import warn_of_standing
from honnin.sites.commands.options import json_option, present_language, print_json, start_django

WORDS = {
    "sum": {
        "ja": "電子証明書 {certificates} 件、失効リストにまだ載っていない変更 {waiting} 件: {verdict}",
        "en": "{certificates} certificates, {waiting} changes not yet listed: {verdict}",
    },
    "differ": {"ja": "一致しません", "en": "DISAGREE"},
    "agree": {
        "ja": "発行記録・運用記録・失効情報の回答・失効リストは一致しています",
        "en": "records, journal, responder and lists agree",
    },
}


@click.group()
def command() -> None:
    """Revocation lists, OCSP answers and records."""


@command.command("audit")
@json_option
def audit(as_json: bool) -> None:
    """Compare records, journal, the responder's answers and the published lists; exits 6 where they differ.

    A list may be up to a day old: what changed after it was made is counted as waiting, not as a fault.
    Whether the journal itself is whole: honnin journal verify.
    """
    start_django()
    from honnin.sites.audit import audit_status

    result = audit_status(SystemClock())
    warn_of_standing(SystemClock())
    if as_json:
        print_json({"certificates": result.certificates, "waiting": result.waiting, "faults": result.faults})
    else:
        for fault in result.faults:
            click.echo(fault)
        language = present_language()
        told = {"certificates": result.certificates, "waiting": result.waiting}
        verdict = WORDS["differ" if result.faults else "agree"][language]
        click.echo(WORDS["sum"][language].format(**told, verdict=verdict))
    sys.exit(6 if result.faults else 0)
