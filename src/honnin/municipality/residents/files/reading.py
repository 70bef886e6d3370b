"""Reads a table as people save it: any encoding that Japanese programs write, commas, tabs or semicolons.

Line by line, so that the memory does not grow with the file. A field in quotation marks may have line ends in
it; a mark that nobody closes costs its own line and not those behind it.
"""

import codecs
import csv
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from typing import BinaryIO, Final, TextIO

from honnin.errors import Malformed
from honnin.files import MEBI
from honnin.municipality.residents.files.faults import Fault

DELIMITERS: Final = (",", "\t", ";")
LONGEST_RECORD: Final = 8192
"""Characters of one record; more are no record of a person (our choice)."""
MOST_LINES: Final = 10
"""Lines over which the fields of one record may go (our choice)."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_WITHOUT_BOM = ("utf-8", "cp932", "euc_jp")


@dataclass(frozen=True)
class Record:
    """The fields of one record, and the line in which it begins."""

    line: int
    fields: list[str]


def encodings_of(file: BinaryIO) -> list[str]:
    """The encodings in which the whole of a file is text, the likeliest first; the file is read through.

    A byte order mark decides; zero octets speak for UTF-16. Raises Malformed E_TABLE_ENCODING where it is
    none of them, or a spreadsheet's own file.
    """
    beginning = _beginning(file)
    if beginning.startswith(_SPREADSHEETS):
        raise Malformed("E_TABLE_ENCODING", line=1)
    marked = [name for mark, name in _BOMS if beginning.startswith(mark)]
    wide = [_utf_16_without_mark(beginning)] if b"\0" in beginning else []
    names = marked or [*wide, *_WITHOUT_BOM]
    lines = {name: _first_line_that_is_no_text(file, name) for name in names}
    if fitting := [name for name, line in lines.items() if line is None]:
        return fitting
    raise Malformed("E_TABLE_ENCODING", line=lines[names[0]] or 1)


def _beginning(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(4096)


def _utf_16_without_mark(beginning: bytes) -> str:
    return "utf-16-le" if beginning[1::2].count(0) >= beginning[0::2].count(0) else "utf-16-be"


def _first_line_that_is_no_text(file: BinaryIO, encoding: str) -> int | None:
    """None where all of it is text in this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    line = 1
    try:
        while part := file.read(MEBI):
            line += decoder.decode(part).count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        good = error.object[: error.start]
        return line + good.count(b"\n")
    return None


@contextmanager
def opened_as(file: BinaryIO, encoding: str) -> Iterator[TextIO]:
    """The file from its beginning as text; the file stays open."""
    file.seek(0)
    text = TextIOWrapper(file, encoding=encoding, newline="")
    try:
        yield text
    finally:
        text.detach()


class Lines:
    """The lines of a text, some of which may be read again."""

    def __init__(self, text: TextIO) -> None:
        self._text, self._again = text, deque[str]()
        self.number = 0

    def next(self) -> str:
        """The next line with its end; "" after the last. Of a line without end no more than is needed."""
        line = self._again.popleft() if self._again else self._text.readline(LONGEST_RECORD + 1)
        self.number += bool(line)
        return line

    def put_back(self, lines: list[str]) -> None:
        """Lines that were read, to be read again."""
        self._again.extendleft(reversed(lines))
        self.number -= len(lines)

    def skip_rest(self, line: str) -> None:
        """Pass over the rest of a line of which only the beginning was read."""
        while line and not line.endswith(("\n", "\r")):
            line = self._text.readline(LONGEST_RECORD)


def records(text: TextIO, delimiter: str, *, width: int = 0) -> Iterator[Record | Fault]:
    """Each record of a table, or what is wrong with its line; lines without anything in them are left out.

    `width`: how many fields a record has, E_TABLE_FIELDS where it has others; any number where it is 0. Empty
    fields behind the last one do not count, for programs that make tables write them.
    """
    lines = Lines(text)
    while line := lines.next():
        first = lines.number
        if len(line) > LONGEST_RECORD:
            lines.skip_rest(line)
            yield Fault.of(first, "", Malformed("E_TABLE_LINE_LONG"))
            continue
        parts = [line]
        found = _record(parts, lines, delimiter, width)
        if isinstance(found, Fault):
            lines.put_back(parts[1:])  # each is looked at by itself
        if isinstance(found, Fault) or any(field.strip() for field in found.fields):
            yield found


def _record(parts: list[str], lines: Lines, delimiter: str, width: int) -> Record | Fault:
    """What begins with the line in `parts`, to which those are added that an open quotation mark needs."""
    first = lines.number
    while (fields := _fields("".join(parts), delimiter)) is None:
        more = lines.next()
        if not more:
            return Fault.of(first, "", Malformed("E_TABLE_QUOTE"))
        parts.append(more)
        if len(parts) > MOST_LINES or sum(map(len, parts)) > LONGEST_RECORD:
            return Fault.of(first, "", Malformed("E_TABLE_QUOTE"))
    if isinstance(fields, csv.Error):
        return Fault.of(first, "", Malformed("E_TABLE_QUOTE"))
    while width and len(fields) > width and not fields[-1].strip():
        fields.pop()
    if width and len(fields) != width and any(field.strip() for field in fields):
        return Fault.of(first, "", Malformed("E_TABLE_FIELDS", found=len(fields), expected=width))
    return Record(first, fields)


def _fields(whole: str, delimiter: str) -> list[str] | csv.Error | None:
    """The fields of a record; None while a quotation mark is open, the error where one stands elsewhere."""
    try:
        # Ends of lines inside a field are kept; the one after the last field is not part of it.
        return next(csv.reader([whole.rstrip("\r\n")], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        return None if "unexpected end" in str(error) else error
