"""`honnin chores`: do the periodic work that is due, once or in a loop, or show what is due."""

import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from honnin.cli.terminal.installation import start_django
from honnin.cli.terminal.options import json_fields, present_language, print_json
from honnin.cli.terminal.stopping import on_stop_signal
from honnin.cli.terminal.streams import say
from honnin.cli.terminal.words import _, in_present_language, several
from honnin.clock import Clock, SystemClock
from honnin.translation import Sentence, message

if TYPE_CHECKING:
    from honnin.sites.chores.standing import Standing
    from honnin.sites.declaration.chore import ClockJump, Outcome

TIMEOUT = 60.0
"""Seconds for another process to finish its round."""
FAILED = 8
OUTDATED = "E_DATABASE_OUTDATED"
PAUSE = 10.0

WORDS = {
    "failed": message("failed, will be tried again: {detail}"),
    "clock": message("the clock was set from {expected} to {now}: check that it is right"),
    "nothing": message("nothing was due"),
}
STANDING = {
    "last": message("last round of chores: {at}"),
    "never": message("none so far"),
    "failed": message("what failed in it: {codes}"),
    "due": message("due: {what} ({count})"),
    "overdue": message("NOBODY DOES THE CHORES: run honnin up or honnin chores"),
    "ahead": message("the clock was set back, or was fast before: {what} is of {at}, and now is {now}"),
}


@click.command()
@click.option("--loop", is_flag=True, help="Go on for ever, with a pause after each round.")
@click.option(
    "--pause", type=click.FloatRange(0.1, 3600), show_default=str(PAUSE), help="Seconds, with --loop."
)
@click.option("--due", is_flag=True, help="Do nothing; say when the last round was and what is due.")
@json_fields(one_line=True)
def command(loop: bool, pause: float | None, due: bool, as_json: bool) -> None:
    """Do what an installation does by itself, if `honnin up` does not: publish lists, renew responders, tell
    the agency of changes, sign the journals, forget what is over.

    Prints a line for each thing done. It may run beside another, or beside honnin up: one does it, the other
    waits. What fails is tried again the next time; then once exits with 8, as --due does where nobody has
    done what is due.
    """
    if pause is not None and not loop:
        raise click.UsageError(_("--pause is between the rounds of --loop"))
    if due and loop:
        raise click.UsageError(_("--due does nothing, and that once"))
    start_django()
    print_event = _as_json if as_json else _as_text
    if due:
        _print_standing(SystemClock(), as_json=as_json)
    elif loop:
        _loop(SystemClock(), pause or PAUSE, print_event)
    elif failed := _once(SystemClock(), print_event):
        sys.exit(failed)


PrintEvent = Callable[[str, dict[str, str]], object]


def _once(clock: Clock, print_event: PrintEvent) -> int:
    from honnin.sites.chores.round import do_chores

    outcome = do_chores(clock, timeout=TIMEOUT)
    events = list(_events(outcome))
    for kind, details in events:
        print_event(kind, details)
    _require_present_records(outcome)
    if not events:
        say(_(WORDS["nothing"]), err=True)
    return FAILED if outcome.failures else 0


def _loop(clock: Clock, pause: float, print_event: PrintEvent) -> None:
    """Do rounds until a stop signal. A failure is printed once, until it changes or succeeds."""
    from django.db import close_old_connections

    from honnin.sites.chores.round import do_chores

    stopped: list[int] = []
    known_failures: set[str] = set()
    with on_stop_signal(stopped.append):
        while not stopped:
            failed = set()
            outcome = do_chores(clock)
            for kind, details in _events(outcome):
                if kind == "failed":
                    failed.add(details["detail"])
                if kind != "failed" or details["detail"] not in known_failures:
                    print_event(kind, details)
            known_failures = failed
            _require_present_records(outcome)
            close_old_connections()
            until = time.monotonic() + pause
            while not stopped and time.monotonic() < until:
                time.sleep(0.1)


def _events(outcome: "Outcome") -> Iterator[tuple[str, dict[str, str]]]:
    if outcome.leap is not None:
        yield "clock", _clock_details(outcome.leap)
    for done in outcome.done:
        yield done.kind, {"detail": done.detail, "named": str(in_present_language(done.named))}
    from honnin.sites.declaration.chore import fault_of

    language = present_language()
    faults = [each for each in map(fault_of, outcome.failures) if each.code != OUTDATED]
    details = {f"{fault.sentence(language)} [{fault.code}]": fault.code for fault in faults}
    for detail, code in details.items():  # a fault of several chores is printed once
        yield "failed", {"detail": detail, "code": code}


def _require_present_records(outcome: "Outcome") -> None:
    """Raises Unavailable E_DATABASE_OUTDATED: no round mends that, and so it is no failure of one chore."""
    from honnin.sites.declaration.chore import fault_of

    for fault in map(fault_of, outcome.failures):
        if fault.code == OUTDATED:
            raise fault


def _clock_details(leap: "ClockJump") -> dict[str, str]:
    return {"expected": _written(leap.expected), "now": _written(leap.now)}


def _written(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _as_text(kind: str, details: dict[str, str]) -> None:
    from honnin.sites.chores.round import chore_of

    if "named" in details:
        details = {"detail": details["named"]}
    words = WORDS[kind] if kind in WORDS else chore_of(kind).done
    text = " ".join(_(words).format(**details).split())
    say(f"{_written(SystemClock().now())} {text}")
    sys.stdout.flush()


def _as_json(kind: str, details: dict[str, str]) -> None:
    fields = {name: details.get(name) for name in ("detail", "code", "expected", "now")}
    if kind == "failed":
        fields["detail"] = None  # a sentence for people
    print_json({"at": _written(SystemClock().now()), "event": kind, **fields})


def _print_standing(clock: Clock, *, as_json: bool) -> None:
    from honnin.sites.chores.standing import standing

    found = standing(clock)
    if as_json:
        print_json(standing_as_json(found))
    else:
        for line in lines_of(found):
            say(line)
    sys.exit(FAILED if found.is_overdue else 0)


def standing_as_json(found: "Standing") -> dict[str, Any]:
    """`{last_round, failed, due: {kind: count}, overdue, ahead: [{what, at}], now}`."""
    return {
        "now": _written(found.now),
        "last_round": _written(found.last.at) if found.last.at else None,
        "failed": list(found.last.failed),
        "due": found.due,
        "overdue": found.is_overdue,
        "ahead": [{"what": each.what, "at": _written(each.at)} for each in found.ahead],
    }


def lines_of(found: "Standing", *, only_warnings: bool = False) -> Iterator[str]:
    """How an installation stands, in sentences; with `only_warnings` what somebody should see to."""
    from honnin.sites.chores.round import chore_of

    if not only_warnings or found.is_overdue:
        at = _written(found.last.at) if found.last.at else _(STANDING["never"])
        yield _(STANDING["last"]).format(at=at)
        if found.last.failed:
            yield _(STANDING["failed"]).format(codes=several(found.last.failed))
        for kind, count in found.due.items():
            yield _(STANDING["due"]).format(what=_(chore_of(kind).title), count=count)
    if found.is_overdue:
        yield _(STANDING["overdue"])
    for each in found.ahead:
        details = {"what": each.what, "at": _written(each.at), "now": _written(found.now)}
        yield in_present_language(Sentence(STANDING["ahead"], **details))


def warn_of_standing(clock: Clock) -> None:
    """On stderr, what somebody should see to, for the commands that show an installation."""
    from honnin.sites.chores.standing import standing

    for line in lines_of(standing(clock), only_warnings=True):
        say(line, err=True)
