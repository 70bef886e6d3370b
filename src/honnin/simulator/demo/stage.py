"""Runs the steps of a story: prints each, checks it, and writes the report."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeVar

import click

from honnin.errors import HonninError, Refused
from honnin.translation import Language, Sentence, gettext, in_language

P = TypeVar("P")


class CheckFailed(Exception):
    """Something in the story is not as it must be."""


def check(condition: object, what: str) -> None:
    """Raises CheckFailed unless the condition holds."""
    if not condition:
        raise CheckFailed(what)


def refused_with(code: str, act: Callable[[], object]) -> HonninError:
    """The error that an act must meet; CheckFailed when it succeeds or fails otherwise."""
    try:
        act()
    except HonninError as error:
        codes = [refusal.code for refusal in error.refusals] if isinstance(error, Refused) else [error.code]
        if code not in codes:
            raise CheckFailed(
                Sentence("expected {code}, got {codes}", code=code, codes=" ".join(codes))
            ) from error
        return error
    raise CheckFailed(Sentence("expected {code}, but it was allowed", code=code))


@dataclass(frozen=True)
class Step:
    """One step: its name in the report, the clauses it shows, its title, what it does.

    `act` returns the detail that the audience is told.
    """

    name: str
    clauses: tuple[str, ...]
    title: str
    act: Callable[[], str]


@dataclass
class Outcome:
    """How one step went, as the report has it."""

    name: str
    clauses: tuple[str, ...]
    ok: bool
    detail: str
    seconds: float = 0.0


@dataclass
class Stage:
    """Tells a story in one language, on stdout or `stderr`, and collects its outcomes."""

    language: Language
    stderr: bool = False
    outcomes: list[Outcome] = field(default_factory=list)

    def say(self, text: str = "", *, bold: bool = False) -> None:
        click.secho(text, bold=bold or None, err=self.stderr)

    def run(self, steps: list[Step]) -> bool:
        """Run the steps in order; the first that fails ends the story. Returns whether all were well."""
        for number, step in enumerate(steps, 1):
            self.say(f"[{number:2}/{len(steps)}] {gettext(step.title, self.language)}", bold=True)
            outcome = self._outcome(step)
            self.outcomes.append(outcome)
            mark = click.style("✓", fg="green") if outcome.ok else click.style("✗", fg="red", bold=True)
            for line in outcome.detail.splitlines():
                self.say(f"        {mark} {line}")
            if not outcome.ok:
                return False
        return True

    def _outcome(self, step: Step) -> Outcome:
        began = time.monotonic()
        try:
            ok, detail = True, step.act()
        except CheckFailed as failure:
            ok, detail = False, self._reason(failure.args[0])
        except HonninError as error:
            ok, detail = False, f"{error.code}: {error.sentence(self.language)}"
        return Outcome(step.name, step.clauses, ok, detail, round(time.monotonic() - began, 3))

    def _reason(self, why: str) -> str:
        return str(
            in_language(why, self.language) if isinstance(why, Sentence) else gettext(why, self.language)
        )

    def summary(self, steps: list[Step]) -> None:
        """The table at the end."""
        titles = {step.name: gettext(step.title, self.language) for step in steps}
        self.say()
        for outcome in self.outcomes:
            mark = click.style("OK  ", fg="green") if outcome.ok else click.style("FAIL", fg="red")
            clauses = " ".join(outcome.clauses)
            self.say(f"  {mark} {outcome.seconds:6.2f} s  {titles[outcome.name]}  [{clauses}]")

    def write_report(self, path: Path, ok: bool) -> None:
        """`{"steps": [{name, clauses, ok, detail, seconds}], "ok": …}` as JSON."""
        report = {"steps": [asdict(outcome) for outcome in self.outcomes], "ok": ok}
        text = json.dumps(report, ensure_ascii=False, indent=2) + "\n"
        path.write_text(text, "utf-8", "backslashreplace")  # the name of a folder may be no text
