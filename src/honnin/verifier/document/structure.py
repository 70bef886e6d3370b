"""Do all PDF readers see the same in what was written to a file after a signature?

A reader that finds a table of contents broken looks for objects in all octets of the file, and takes what the
table does not name (ISO 32000-2, 7.5.4 to 7.5.8; Annex C). So every octet that came later must belong to an
object that is listed, to the table or to blank space, every entry must lead to its object, and whatever one
reader overlooks and the next does not (a key named twice, a number packed twice) cannot be judged.
"""

import re
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.xref import ObjStreamRef, parse_xref_stream

from honnin.pdf import END_OF_REVISION
from honnin.verifier.document.opening import OpenDocument

_BLANK = re.compile(rb"(?:[\0\t\n\f\r ]|%[^\r\n]*[\r\n])*")
_HEADER = re.compile(rb"(\d{1,10})[\0\t\n\f\r ]+(\d{1,5})[\0\t\n\f\r ]+obj[\0\t\n\f\r ]*")
_END_OF_OBJECT = re.compile(rb"[\0\t\n\f\r ]*endobj(?![^\0\t\n\f\r %])")
_NEW_LINE = rb"(?: \r| \n|\r\n)"
_SUBSECTION = re.compile(rb"(\d+) (\d+)[ ]?(?:\r\n|\n|\r)((?:\d{10} \d{5} [nf]" + _NEW_LINE + rb")*)")
_SIZE_OF_ENTRY = 20
_HIGHEST_NUMBER = 4_000_000  # our choice: below what the least of the common viewers reads
_Place = int | ObjStreamRef


class Doubtful(Exception):
    """Readers may take a revision for different things."""


@dataclass(frozen=True)
class Listed:
    """What one revision's table says: places by (number, generation), freed numbers with their next
    generation, and `before`: what stood under these numbers until then."""

    places: dict[int, tuple[int, _Place]]
    freed: dict[int, int]
    before: dict[int, tuple[int, _Place]]
    highest: int

    def holders(self) -> set[int]:
        """The streams in which objects are packed."""
        return {place.obj_stream_id for _, place in self.places.values() if isinstance(place, ObjStreamRef)}


class Structure:
    """The revisions of a document as they are written, octet by octet."""

    def __init__(self, document: OpenDocument) -> None:
        self._document, self._octets = document, document.octets
        self._source = BytesIO(document.octets)
        self._listed = _all_listed(document)
        self._packed: dict[tuple[int, _Place], list[int]] = {}

    def overwritten(self, revision: int) -> list[tuple[int, int]]:
        """Number and generation of objects of before that a revision wrote anew, or freed."""
        listed = self._listed[revision]
        return [(number, generation) for number, (generation, _) in listed.before.items()]

    def require_clear(self, revision: int) -> None:
        """Raises `Doubtful`, or whatever a stranger's file makes a reader raise."""
        xrefs: Any = self._document.reader.xrefs
        if not self._document.tidy or xrefs.get_xref_data(revision).hybrid is not None:
            raise Doubtful
        listed = self._listed[revision]
        section = self._section(revision, listed)
        parts = [
            (place, self._object(place, number, generation)[1])
            for number, (generation, place) in listed.places.items()
            if isinstance(place, int) and place != section[0]
        ]
        self._require_tiled(sorted([*parts, section]), self._document.end_of(revision))
        for holder in listed.holders():
            self._require_packed(holder, listed, revision)
        self._require_same_generations(listed)
        for number, (generation, place) in listed.before.items():
            self._require_readable(number, generation, place, revision - 1)

    # Octets.

    def _object(self, at: int, number: int, generation: int) -> tuple[Any, int]:
        """An object as it stands in the file, and where it ends."""
        header = _HEADER.match(self._octets, at)
        if header is None or (int(header.group(1)), int(header.group(2))) != (number, generation):
            raise Doubtful
        value = self._read(self._source, header.end(), number, generation)
        end = _END_OF_OBJECT.match(self._octets, self._source.tell())
        if end is None:
            raise Doubtful
        return value, end.end()

    def _read(self, source: BytesIO, at: int, number: int, generation: int) -> Any:
        # The strict reader refuses a key that stands twice.
        source.seek(at)
        return generic.read_object(source, generic.Reference(number, generation, self._document.strict))

    def _section(self, revision: int, listed: Listed) -> tuple[int, int]:
        """Where a revision's table begins and its end is marked; its trailer must name what is there."""
        xrefs: Any = self._document.reader.xrefs
        start = xrefs.get_xref_container_info(revision).declared_startxref
        if self._octets[start : start + 4] == b"xref":
            trailer, end = self._table(start, listed)
        else:
            trailer, end = self._table_stream(start, listed)
        size = trailer.raw_get("/Size")
        if type(size) is not generic.NumberObject or not listed.highest < size <= _HIGHEST_NUMBER:
            raise Doubtful
        marked = END_OF_REVISION.match(self._octets, self._after_blank(end))
        if marked is None or int(marked.group(1)) != start:
            raise Doubtful
        return start, marked.end()

    def _table(self, start: int, listed: Listed) -> tuple[Any, int]:
        numbers: list[int] = []
        at = self._after_blank(start + 4)
        while subsection := _SUBSECTION.match(self._octets, at):
            first, count = int(subsection.group(1)), int(subsection.group(2))
            if len(subsection.group(3)) != count * _SIZE_OF_ENTRY:
                raise Doubtful
            numbers += range(first, first + count)
            at = subsection.end()
        at = self._after_blank(at)
        if self._octets[at : at + 7] != b"trailer":
            raise Doubtful
        self._require_listed_once(numbers, listed)
        trailer = self._read(self._source, self._after_blank(at + 7), 0, 0)
        return trailer, self._source.tell()

    def _table_stream(self, start: int, listed: Listed) -> tuple[Any, int]:
        header = _HEADER.match(self._octets, start)
        if header is None:
            raise Doubtful
        number = int(header.group(1))
        stream, end = self._object(start, number, int(header.group(2)))
        # Some writers do not list the table itself; its number must then be nobody's.
        if listed.places.get(number, (0, start))[1] != start or number in listed.before:
            raise Doubtful
        self._require_listed_once([each.idnum for each in parse_xref_stream(stream, strict=True)], listed)
        return stream, end

    def _require_listed_once(self, numbers: list[int], listed: Listed) -> None:
        named = [number for number in numbers if number]
        if len(set(named)) != len(named) or set(named) != {*listed.places, *listed.freed}:
            raise Doubtful

    def _require_tiled(self, parts: list[tuple[int, int]], begin: int) -> None:
        """That the parts follow each other with nothing but blank space between."""
        for (_, end), (start, _) in pairwise([(begin, begin), *parts]):
            if self._after_blank(end) != start:
                raise Doubtful

    def _after_blank(self, at: int) -> int:
        blank = _BLANK.match(self._octets, at)
        if blank is None or b"obj" in blank.group():
            raise Doubtful
        return blank.end()

    # Packed objects, and those of before.

    def _require_packed(self, holder: int, listed: Listed, revision: int) -> None:
        """That a stream has each object once, as it is listed, and no other."""
        if holder not in listed.places:
            raise Doubtful
        numbers = self._numbers_packed(holder, listed.places[holder][1], revision)
        for index, number in enumerate(numbers):
            if listed.places.get(number) != (0, ObjStreamRef(holder, index)):
                raise Doubtful

    def _numbers_packed(self, holder: int, place: _Place, revision: int) -> list[int]:
        key = (holder, place)
        if key not in self._packed:
            self._packed[key] = self._unpacked(holder, revision)
        return self._packed[key]

    def _unpacked(self, holder: int, revision: int) -> list[int]:
        reader: Any = self._document.reader
        stream = reader.get_object(generic.Reference(holder, 0, reader), revision)
        data, first = stream.data, int(stream["/First"])
        head = [int(each) for each in data[:first].split()]
        numbers, offsets = head[::2], [first + offset for offset in head[1::2]]
        if len(numbers) != len(set(numbers)) or not len(numbers) == len(offsets) == int(stream["/N"]):
            raise Doubtful
        source = BytesIO(data)
        for number, (start, end) in zip(numbers, pairwise([*offsets, len(data)]), strict=True):
            self._read(source, start, number, 0)
            if source.tell() > end or data[source.tell() : end].strip(b"\0\t\n\f\r "):
                raise Doubtful
        return numbers

    def _require_same_generations(self, listed: Listed) -> None:
        for number, (generation, _) in listed.before.items():
            now = listed.places[number][0] if number in listed.places else listed.freed[number] - 1
            # A generation that does not follow frees the object for one reader, and not for the next.
            if now != generation:
                raise Doubtful

    def _require_readable(self, number: int, generation: int, place: _Place, revision: int) -> None:
        """That what was overwritten was one thing for all readers, too."""
        if isinstance(place, int):
            value, _ = self._object(place, number, generation)
            if isinstance(value, generic.DictionaryObject) and value.get("/Type") == "/ObjStm":
                raise Doubtful
        elif self._numbers_packed(place.obj_stream_id, place, revision)[place.ix_in_stream] != number:
            raise Doubtful


def _all_listed(document: OpenDocument) -> list[Listed]:
    """What every revision lists, the oldest first, in one pass."""
    xrefs: Any = document.reader.xrefs
    state: dict[int, tuple[int, _Place]] = {}
    found, highest = [], 0
    for revision in range(document.revisions):
        places, freed = _entries(xrefs.get_xref_data(revision))
        highest = max([highest, *places])
        before = {number: state[number] for number in (*places, *freed) if number in state}
        found.append(Listed(places, freed, before, highest))
        state.update(places)
        for number in freed:
            state.pop(number, None)
    return found


def _entries(data: Any) -> tuple[dict[int, tuple[int, _Place]], dict[int, int]]:
    places: dict[int, tuple[int, _Place]] = {}
    freed = dict(data.freed)
    if data.hybrid is not None:
        places, hidden = _entries(data.hybrid.xref_data)
        # For old readers the table frees what its stream lists for the others.
        freed = {number: freed[number] for number in freed if number not in places} | hidden
    places |= {number: (0, place) for number, place in data.xrefs_in_objstm.items()}
    places |= data.standard_xrefs
    return places, freed
