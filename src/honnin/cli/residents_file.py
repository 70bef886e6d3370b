"""`honnin register import` and `export`: residents from a file, and into one."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from honnin.cli.terminal import json_output
from honnin.cli.terminal.installation import present_user, start_django
from honnin.cli.terminal.options import (
    json_fields,
    naming,
    present_language,
    print_json,
    require_writable,
)
from honnin.cli.terminal.streams import done, say
from honnin.cli.terminal.words import _, named
from honnin.clock import SystemClock
from honnin.errors import Malformed, explain
from honnin.identifiers import MunicipalityCode
from honnin.translation import message

if TYPE_CHECKING:
    from honnin.municipality.residents.files.faults import Fault
    from honnin.municipality.residents.files.importing import Found, Table

MOST_IN_JSON = 10_000
"""Faults that the JSON document names; the others it counts. Without --json every one is printed."""
WORDS = {
    "line": message("line {line}"),
    "column": message("line {line}, {column}"),
    "read_as": message("read as {encoding}; columns: {columns}"),
    "unread": message("these columns are not read: {columns}"),
    "found": message("{lines} lines: {new} new, {unchanged} in the register already, {faulty} faulty"),
    "dry": message("nothing was imported: this was a look through the file. To import it, add --write."),
    "imported": message("{imported} imported"),
    "left_out": message("{imported} imported; {faulty} faulty lines were left out"),
    "exported": message("{exported} written"),
    "refused": message(
        "{exported} written; of these an import refuses {faulty}, named above: correct each entry at the "
        "counter, then export again"
    ),
}
place_option = click.option(
    "--municipality",
    "place",
    metavar="MUNICIPALITY",
    help="The municipality (code or name) of residents whose line names none.",
)


@click.command("import")
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@place_option
@click.option("--write", is_flag=True, help="Import what was found; without it the file is looked through.")
@click.option(
    "--skip-faulty", is_flag=True, help="With --write: leave faulty lines out and import the others."
)
@json_fields(
    *("file", "encoding", "columns", "unread_columns", "lines", "new", "unchanged", "faulty"),
    *("faults", "faults_left_out", "imported"),
)
def import_file(path: str, place: str | None, *, write: bool, skip_faulty: bool, as_json: bool) -> None:
    """Import residents from a CSV file, after a look through the whole of it.

    Every faulty line is named with column, cause and next step, and nothing is imported while there is one.
    People are added and nobody is changed: who is in the register already as the line says is left alone.
    """
    if skip_faulty and not write:
        raise click.UsageError(_("--skip-faulty says what --write leaves out; give both"))
    start_django("municipality")
    from honnin.municipality.residents.files.importing import import_residents, look_through, recognised

    at, faults = SystemClock().now(), _Faults(printed=not as_json)
    with _opened(path) as file, naming(Path(path)):
        table = recognised(file)
        code = _place(place, table)
        if not as_json:
            _say_how(table)
        found = look_through(file, table, code, faults.report, at=at)
        document = _document(path, table, found) | faults.in_json()
        json_output.keep(**document)
        if found.faulty and not skip_faulty:
            raise Malformed("E_TABLE_FAULTY", faulty=found.faulty, lines=found.lines)
        imported = import_residents(file, table, code, actor=present_user(), at=at) if write else 0
    if write:
        done(path)
    if as_json:
        print_json(document | {"imported": imported})
        return
    say(_(WORDS["found"]).format(**_figures(found)))
    ending = "dry" if not write else "left_out" if found.faulty else "imported"
    say(_(WORDS[ending]).format(imported=imported, faulty=found.faulty))


class _Faults:
    """The faults of a file: printed as they are found, or kept for the JSON document."""

    def __init__(self, *, printed: bool) -> None:
        self._printed = printed
        self.lines = set[int]()
        self._kept: list[dict[str, object]] = []
        self._left_out = 0

    def report(self, fault: "Fault") -> None:
        self.lines.add(fault.line)
        if self._printed:
            say(_line_of(fault))
        elif len(self._kept) < MOST_IN_JSON:
            context = dict(fault.context)
            where = {"line": fault.line, "column": fault.column or None}
            self._kept.append(where | {"code": fault.code, "context": context})
        else:
            self._left_out += 1

    def in_json(self) -> dict[str, object]:
        return {"faults": self._kept, "faults_left_out": self._left_out}


@click.command("export")
@click.argument("path", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--municipality", "place", metavar="MUNICIPALITY", help="Of this one alone (code or name).")
@json_fields("file", "exported", "faulty", "faults", "faults_left_out")
def export_file(path: Path, place: str | None, *, as_json: bool) -> None:
    """Write all who are in the resident register into a CSV file that can be imported again.

    The file is UTF-8 and its user's alone; the journal tells of it. Entries with characters that an import
    refuses were recorded before they were refused here: each is written, and named with its line.
    """
    require_writable(path)
    start_django("municipality")
    from honnin.municipality.residents.files.exporting import export_residents
    from honnin.sites.staff.employing import municipality

    code, faults = municipality(place).code if place is not None else None, _Faults(printed=not as_json)
    with open(path, "w", encoding="utf-8", newline="", opener=_for_its_user_alone) as file:
        exported = export_residents(file, code, faults.report, actor=present_user(), at=SystemClock().now())
    done(str(path))
    if as_json:
        print_json({"file": str(path), "exported": exported, "faulty": len(faults.lines)} | faults.in_json())
    else:
        ending = "refused" if faults.lines else "exported"
        say(_(WORDS[ending]).format(exported=exported, faulty=len(faults.lines)))


def _for_its_user_alone(path: str, flags: int) -> int:
    """A file that is there already keeps no rights of others."""
    descriptor = os.open(path, flags, 0o600)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.fchmod(descriptor, 0o600)
    return descriptor


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    """The file, or a copy of what comes from a pipe: it is read several times."""
    with click.open_file(path, "rb") as file:
        if file.seekable():
            yield file  # type: ignore[misc]
            return
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(file, copy)
            yield copy


def _place(place: str | None, table: "Table") -> MunicipalityCode | None:
    """Where those live whose line names no municipality. Raises Malformed E_MUNICIPALITY_UNKNOWN, and
    E_TABLE_COLUMNS where neither file nor command says it of several.
    """
    from honnin.municipality.residents.models import Municipality
    from honnin.sites.staff.employing import municipality

    if place is not None:
        return municipality(place).code
    codes = [each.code for each in Municipality.objects.all()]
    if len(codes) == 1:
        return codes[0]
    if "municipality_code" not in table.names:
        raise Malformed("E_TABLE_COLUMNS", missing="municipality_code (--municipality)")
    return None


def _say_how(table: "Table") -> None:
    columns = ", ".join(filter(None, table.names))
    say(_(WORDS["read_as"]).format(encoding=table.encoding, columns=columns), err=True)
    if table.unread:
        say(_(WORDS["unread"]).format(columns=", ".join(table.unread)), err=True)


def _line_of(fault: "Fault") -> str:
    """A fault for a person: where it is, cause and next step, and the code."""
    language = present_language()
    where = _(WORDS["column" if fault.column else "line"]).format(line=fault.line, column=fault.column)
    sentence = explain(fault.code, language, dict(fault.context)).paragraph(language)
    return named(where, f"{sentence} [{fault.code}]")


def _figures(found: "Found") -> dict[str, int]:
    return {
        "lines": found.lines,
        "new": found.new,
        "unchanged": found.unchanged,
        "faulty": found.faulty,
    }


def _document(path: str, table: "Table", found: "Found") -> dict[str, object]:
    return {
        "file": path,
        "encoding": table.encoding,
        "columns": [name for name in table.names if name],
        "unread_columns": list(table.unread),
        **_figures(found),
    }
