"""A PDF opened for judging: its revisions, and every field that may hold a signature.

Read strictly where that is possible. Where it is not, a second reading is lenient, as viewers read; such a
file may be judged as far as its octets are signed, but not what was added to it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import EncryptedObjAccess
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader

from honnin.errors import Malformed
from honnin.pdf import END_OF_REVISION, from_header, last_end, reader_of, unreadable

Id = tuple[int, int]
"""Number and generation of an object."""

_NOTHING_MORE = re.compile(rb"(?:[\0\s]|%%EOF)*")
_LONGEST_TAIL = 256
"""Octets of blank space after the end, our choice: with about 1,000 the first viewers do not find the end,
and look for objects in all of the file."""


@dataclass(frozen=True)
class OpenDocument:
    """The octets of a file and a reader of them; `tidy` says that it was read strictly.

    `strict` is the reader that refuses what readers may take for different things, as far as it can be used.
    """

    octets: bytes
    reader: PdfFileReader
    strict: PdfFileReader
    tidy: bool

    @property
    def revisions(self) -> int:
        count: int = self.reader.xrefs.total_revisions
        return count

    def end_of(self, revisions: int) -> int:
        """Where the first of the revisions end, as the mark after each table says it."""
        xrefs: Any = self.reader.xrefs
        starts = [xrefs.get_xref_container_info(each).end_location for each in range(revisions)]
        ends = [END_OF_REVISION.search(self.octets, start) for start in starts]
        return max((end.end() for end in ends if end), default=0)

    def ends_clearly(self) -> bool:
        """Whether little but blank space follows the last revision, so that every reader finds its end."""
        tail = self.octets[self.end_of(self.revisions) :]
        return len(tail) <= _LONGEST_TAIL and _NOTHING_MORE.fullmatch(tail) is not None

    def view(self, revision: int) -> HistoricalResolver:
        """The document as of a revision, counted from 0."""
        return self.reader.get_historical_resolver(revision)


def open_document(octets: bytes, password: str | None = None) -> OpenDocument:
    """Raises `Malformed`: for what no reader can open as `unreadable`, and as `reader_of` and `from_header`
    of `honnin.pdf`.
    """
    try:
        try:
            return _opened(octets, password, strict=True)
        except PdfError:
            return _opened(octets, password, strict=False)
    except (Malformed, MemoryError):
        raise
    except Exception as error:  # a stranger's file makes a PDF reader raise nearly anything
        raise unreadable(octets) from error


def _opened(octets: bytes, password: str | None, *, strict: bool) -> OpenDocument:
    source, end = from_header(octets), last_end(octets)
    # Without a transfer's zeros and a second mark of the end, of which `ends_clearly` is asked.
    source = source[:end] if end and _NOTHING_MORE.fullmatch(octets, end) else source
    reader = reader_of(source, strict=strict, password=password)
    if strict and reader.xrefs.hybrid_xrefs_present:
        # Two tables of contents in one file, as Word writes it. Only the lenient reader looks into both.
        lenient = reader_of(source, strict=False, password=password)
        return OpenDocument(octets, lenient, reader, tidy=True)
    document = OpenDocument(octets, reader, reader, tidy=strict)
    document.view(document.revisions - 1).root["/Pages"]
    return document


def id_of(raw: Any) -> Id | None:
    """Number and generation, if a value is a reference."""
    return (raw.idnum, raw.generation) if isinstance(raw, generic.IndirectObject) else None


def exists(view: HistoricalResolver, own: Id) -> bool:
    """Whether a revision has an object of this number and generation."""
    try:
        reference = generic.Reference(*own, view.reader)
        return view.reader.xrefs.get_historical_ref(reference, view.revision) is not None
    except KeyError:
        return False


class Unreadable(generic.NullObject):
    """What stands where an object should be, and cannot be read; `marker` says where it stands."""

    def __init__(self, marker: object) -> None:
        super().__init__()
        self.marker = marker


def resolved(raw: Any) -> Any:
    """The object behind a reference; null for one that leads nowhere, as ISO 32000-2, 7.3.10 has it."""
    value = raw
    for _ in range(32):
        if isinstance(value, generic.DecryptedObjectProxy):
            # Some writers leave an empty string empty, where the cipher would have a block.
            value = value.decrypted if _has_octets(value.raw_object) else value.raw_object
        elif isinstance(value, generic.IndirectObject):
            try:
                value = value.get_object()
            except Exception:  # whatever a stranger's file makes of it: it may still be shown elsewhere
                return _nothing_at(value)
        else:
            return value
    return generic.NullObject()


def _has_octets(raw: Any) -> bool:
    empty = isinstance(raw, generic.TextStringObject | generic.ByteStringObject) and not raw.original_bytes
    return not empty


def _nothing_at(reference: generic.IndirectObject) -> generic.NullObject:
    view: Any = reference.get_pdf_handler()
    if not isinstance(view, HistoricalResolver):
        return Unreadable(id_of(reference))
    marker = view.reader.xrefs.get_historical_ref(reference.reference, view.revision)
    return generic.NullObject() if marker is None else Unreadable((id_of(reference), str(marker)))


def entry(container: Any, key: str) -> Any:
    """A resolved entry of a dictionary; null where there is none."""
    return resolved(raw_entry(container, key))


def raw_entry(container: Any, key: str) -> Any:
    """An entry of a dictionary, which may be a reference; null where there is none."""
    if isinstance(container, generic.DictionaryObject) and key in container:
        return container.raw_get(key, EncryptedObjAccess.PROXY)
    return generic.NullObject()


def items_of(array: Any) -> list[Any]:
    """The unresolved items of an array; none where it is no array."""
    found = resolved(array)
    if not isinstance(found, generic.ArrayObject):
        return []
    return [found.raw_get(index, EncryptedObjAccess.PROXY) for index in range(len(found))]


def is_null(value: Any) -> bool:
    return value is None or isinstance(value, generic.NullObject)


def text_of(value: Any) -> str:
    """A string or name as a person reads it."""
    found = resolved(value)
    if is_null(found):
        return ""
    if isinstance(found, generic.ByteStringObject):
        return found.decode("latin-1")
    return str(found).removeprefix("/") if isinstance(found, generic.NameObject) else str(found)


def signed_fields(fields: dict[str, Any]) -> Iterator[Any]:
    """Those of the form's fields that are signature fields with a value."""
    for field in fields.values():
        if field.field_type == "/Sig" and not is_null(resolved(field.value)):
            yield field
