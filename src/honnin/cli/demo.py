"""`honnin demo`: one citizen's life, narrated and checked; evidence for outside tools."""

import os
import shutil
import sys
from pathlib import Path

import click

from honnin.card.transport.card_lock import CardLock
from honnin.cli import sources
from honnin.cli.terminal.installation import start_django
from honnin.cli.terminal.options import json_fields, naming, present_language, print_json
from honnin.cli.terminal.output import is_stdout
from honnin.cli.terminal.words import _, in_present_language
from honnin.clock import FixedClock, SystemClock
from honnin.sites.privacy import make_private
from honnin.translation import gettext, message, reason_of

WORDS = {
    "title": message("Honnin: the life of one citizen's certificates (an invented person, a test authority)"),
    "good": message("Everything was checked. The evidence is in {out}."),
    "bad": message("Something did not hold."),
    "next": message("Next: {command} (try it in the browser)"),
}


@click.command()
@click.option(
    "--out", default="var/demo", show_default=True, type=click.Path(file_okay=False, path_type=Path)
)
@click.option("--language", type=click.Choice(["ja", "en"]), help="Default: by the locale.")
@json_fields("folder", "report", "all_held")
def command(out: Path, language: str | None, *, as_json: bool) -> None:
    """Tell one citizen's life on a fresh installation, check every step, keep evidence in --out.

    The folder is made anew each time. Exits 1 when any check fails.
    """
    if is_stdout(out):
        raise click.BadParameter(_("the evidence is a folder, and stdout is none"), param_hint="--out")
    out = out.absolute()
    _make_anew(out)
    os.environ["HONNIN_HOME"] = str(out / "system")
    start_django("agency", "municipality", opening=True)
    from honnin.simulator.demo.stage import Stage
    from honnin.simulator.demo.story import steps as steps_of
    from honnin.simulator.demo.world import World
    from honnin.sites.lines.wiring import connect_in_process

    spoken = present_language() if language is None else ("ja" if language == "ja" else "en")
    clock = FixedClock(SystemClock().now())
    connect_in_process(clock)
    stage = Stage(spoken, stderr=as_json)
    steps = steps_of(World(out, clock), spoken)
    stage.say(gettext(WORDS["title"], spoken), bold=True)
    ok = stage.run(steps)
    stage.summary(steps)
    stage.write_report(out / "report.json", ok)
    stage.say()
    stage.say(gettext(WORDS["good" if ok else "bad"], spoken).format(out=_shown(out)), bold=True)
    if ok:
        stage.say(gettext(WORDS["next"], spoken).format(command=sources.up_command()))
    if as_json:
        print_json({"folder": str(out), "report": str(out / "report.json"), "all_held": ok})
    sys.exit(0 if ok else 1)


def _make_anew(out: Path) -> None:
    """Empty the folder of an earlier demo; refuse to empty anything else."""
    try:
        if out.exists() and any(out.iterdir()):
            if not (out / "report.json").exists() and not (out / "system").exists():
                problem = _("{out} is not empty and not of an earlier demo; name another with --out")
                raise click.UsageError(problem.format(out=out))
            _require_free(out / "card.json")
            shutil.rmtree(out)
        make_private(out)
    except OSError as error:
        problem = _("{path} cannot be used: {reason}").format(
            path=out, reason=in_present_language(reason_of(error))
        )
        raise click.BadParameter(problem, param_hint="--out") from error


def _require_free(card: Path) -> None:
    """Raises CardError E_CARD_IN_USE while the card of an earlier demo is in a reader."""
    if card.exists():
        with naming(card):
            CardLock.acquire(card).release()


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
