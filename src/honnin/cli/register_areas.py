"""`honnin register change-area`: areas that have another name, other numbers, or another municipality."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from honnin.cli.terminal.installation import present_user, start_django
from honnin.cli.terminal.options import json_fields, naming, print_json
from honnin.cli.terminal.streams import done, say
from honnin.cli.terminal.words import _
from honnin.clock import SystemClock, day_in_japan
from honnin.errors import Conflict, Malformed
from honnin.identifiers import MunicipalityCode
from honnin.law.names.areas import AREA_CHANGES
from honnin.translation import message

if TYPE_CHECKING:
    from honnin.municipality.residents.areas import AreaNotice, Forecast
    from honnin.municipality.residents.models import AreaChange, Municipality

WORDS = {
    "forecast": message(
        "{entries} entries in the municipality: {changed} in the areas, {unclear} unclear, which stay as "
        "they are"
    ),
    "unclear": message("unclear: {address}"),
    "dry": message("nothing was changed: this was a look ahead. To record the change, add --write."),
    "planned": message("recorded; honnin up and honnin chores carry it out on {on}"),
    "changed": message("{written} entries changed"),
    "before": message(
        "this was carried out already, on {carried_out_on} ({before} entries changed): nothing was to be done"
    ),
    "progress": message("looked at {seen} of {entries} entries"),
}


@click.command("change-area")
@click.argument("place", metavar="MUNICIPALITY")
@click.argument("before", required=False)
@click.argument("after", required=False)
@click.option(
    "--table",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV file of such pairs, its columns named before and after.",
)
@click.option(
    "--on", required=True, type=click.DateTime(["%Y-%m-%d"]), help="From which day it is so: 2026-04-01."
)
@click.option(
    "--kind",
    type=click.Choice([each.value for each in AREA_CHANGES]),
    default=AREA_CHANGES[0].value,
    help="What it is: another name, other lot numbers, or indication of residences.",
)
@click.option("--into", metavar="MUNICIPALITY", help="The municipality in which the areas lie from then on.")
@click.option("--name", help="The name of the municipality --into, where its code is new.")
@click.option("--romaji", help="The same in letters, such as Mihon-shi.")
@click.option("--write", is_flag=True, help="Record it; without it the register is looked through.")
@click.option("--leave-unclear", is_flag=True, help="With --write: leave unclear addresses as they are.")
@json_fields(
    *("municipality_code", "into", "kind", "on", "areas", "entries", "changed", "unclear"),
    *("unclear_addresses", "written", "finished", "carried_out_on"),
)
def change_area(
    place: str, before: str | None, after: str | None, table: Path | None, *, as_json: bool, **options: Any
) -> None:
    """Write all addresses of an area otherwise from a day: BEFORE and AFTER are how they begin, from the
    prefecture. No certificate ends by it.

    Where BEFORE is the whole of MUNICIPALITY, --into says by which code it goes on. Unclear is an address
    that begins so and may lie in another town. What was cut off is asked for again, and goes on.
    """
    if (table is None) == (before is None or after is None):
        raise click.UsageError(_("give BEFORE and AFTER, or --table"))
    start_django("municipality")
    from honnin.municipality.residents import areas

    clock = SystemClock()
    pairs = _table(table) if table is not None else ((str(before), str(after)),)
    notice = _notice(place, pairs, options)
    foreseen = areas.forecast(notice)
    document = _document(notice, foreseen)
    if not as_json:
        _say_forecast(foreseen)
    if foreseen.unclear and options["write"] and not options["leave_unclear"]:
        raise Conflict("E_AREA_UNCLEAR", unclear=foreseen.unclear)
    if not options["write"]:
        if as_json:
            print_json(document | {"written": 0, "finished": False, "carried_out_on": None})
        else:
            say(_(WORDS["dry"]))
        return
    _tell(notice, _carry_out(notice, foreseen, clock, as_json=as_json), document, as_json=as_json)


def _tell(notice: "AreaNotice", done: "Done", document: dict[str, Any], *, as_json: bool) -> None:
    """What this command did, and what an earlier one had done."""
    change = done.change
    day = day_in_japan(change.finished_at).isoformat() if change.finished_at else None
    written = change.changed - done.before
    if as_json:
        print_json(document | {"written": written, "finished": day is not None, "carried_out_on": day})
        return
    ending = "before" if done.already else "changed" if day else "planned"
    say(_(WORDS[ending]).format(on=notice.on, written=written, carried_out_on=day, before=done.before))


def _notice(place: str, pairs: tuple[tuple[str, str], ...], options: dict[str, Any]) -> "AreaNotice":
    from honnin.law.certificates.lapse import EntryChange
    from honnin.municipality.residents.areas import AreaNotice
    from honnin.sites.staff.employing import municipality

    own = municipality(place)
    into = _into(own, options) if options["into"] else None
    return AreaNotice(own, pairs, EntryChange(options["kind"]), options["on"].date(), into)


def _into(own: "Municipality", options: dict[str, Any]) -> "Municipality":
    """The municipality of the areas from then on; a new one is founded when the change is recorded.

    Raises Malformed E_MUNICIPALITY_UNKNOWN for a code that is new, where no name is given with it.
    """
    from honnin.municipality.residents.models import Municipality
    from honnin.sites.staff.employing import municipality

    code = MunicipalityCode.parse(options["into"])
    named = options["name"] and options["romaji"]
    if code is None or not named or Municipality.objects.filter(pk=code).exists():
        return municipality(options["into"])
    return Municipality(
        code=code,
        name=options["name"],
        romaji=options["romaji"],
        prefecture=own.prefecture,
        prefecture_romaji=own.prefecture_romaji,
    )


def _table(path: Path) -> tuple[tuple[str, str], ...]:
    """The pairs of a file. Raises Malformed E_TABLE_ENCODING, E_TABLE_COLUMNS, E_TABLE_FAULTY."""
    from honnin.municipality.residents.files.area_table import read_pairs

    with path.open("rb") as file, naming(path):
        pairs, faults = read_pairs(file)
    if faults:
        for fault in faults:
            say(f"{path}: {fault.line}: {fault.code}", err=True)
        raise Malformed("E_TABLE_FAULTY", faulty=len(faults), lines=len(pairs) + len(faults))
    return pairs


@dataclass(frozen=True)
class Done:
    """A change after the command, how many entries had been changed `before` it, and whether all had been."""

    change: "AreaChange"
    before: int
    already: bool


def _carry_out(notice: "AreaNotice", foreseen: "Forecast", clock: SystemClock, *, as_json: bool) -> Done:
    """Record it and, if its day has come, write the entries; the chores tell the agency."""
    from honnin.municipality.counter.applications.passing_on import pass_on_counters
    from honnin.municipality.residents import areas

    actor = present_user()
    change = areas.ask(notice, actor=actor, at=clock.now())
    before, already = change.changed, change.finished_at is not None
    done(str(change))
    if change.on > day_in_japan(clock.now()):
        return Done(change, before, already)

    def progress(_present: "AreaChange", seen: int) -> None:
        if not as_json:
            say(_(WORDS["progress"]).format(seen=seen, entries=foreseen.entries), err=True)

    change = areas.carry_out(change, clock, actor=actor, progress=progress)
    pass_on_counters(actor, clock.now())
    return Done(change, before, already)


def _say_forecast(foreseen: "Forecast") -> None:
    for address in foreseen.addresses:
        say(_(WORDS["unclear"]).format(address=address))
    figures = {"entries": foreseen.entries, "changed": foreseen.changed, "unclear": foreseen.unclear}
    say(_(WORDS["forecast"]).format(**figures))


def _document(notice: "AreaNotice", foreseen: "Forecast") -> dict[str, Any]:
    return {
        "municipality_code": str(notice.municipality.code),
        "into": str(notice.into.code) if notice.into else None,
        "kind": notice.kind.value,
        "on": notice.on.isoformat(),
        "areas": len(notice.pairs),
        "entries": foreseen.entries,
        "changed": foreseen.changed,
        "unclear": foreseen.unclear,
        "unclear_addresses": list(foreseen.addresses),
    }
