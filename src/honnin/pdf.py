"""PDF files, opened and decrypted as leniently as viewers do it (ISO 32000-2, 7.5, 7.6).

Octets before the header, blank octets after the end, two kinds of tables in one file and a password that only
its owner has keep nobody from reading a file; whatever does is told by its name. What a file says and who
signed it is not asked here.
"""

import io
import logging
import re

from pyhanko.pdf_utils.crypt import AuthStatus, StandardSecurityHandler
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from honnin.errors import Malformed

# pyHanko writes a traceback for every document that it does not like; ours is in the exception.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)

END_OF_REVISION = re.compile(rb"startxref[\0\t\n\f\r ]+(\d{1,15})[\0\t\n\f\r ]+%%EOF(?:\r?\n|\r)?")
_HEADER = re.compile(rb"%PDF-\d\.\d")
_HEADER_WITHIN = 1024
"""Octets in which viewers look for the header."""
_TABLE = re.compile(rb"xref|\d{1,10}[\0\t\n\f\r ]+\d{1,5}[\0\t\n\f\r ]+obj")


def last_end(octets: bytes) -> int:
    """Where the last mark of a revision's end ends; 0 where there is none."""
    found = END_OF_REVISION.match(octets, max(0, octets.rfind(b"startxref")))
    return found.end() if found else 0


def from_header(octets: bytes) -> bytes:
    """The octets with the header at their beginning, and everything else where it was.

    Raises Malformed: E_DOCUMENT_NOT_PDF without a header, E_DOCUMENT_BEGINNING where the table of contents
    counts from a header that is not at the beginning.
    """
    header = _HEADER.search(octets, 0, _HEADER_WITHIN + 8)
    if header is None:
        raise Malformed("E_DOCUMENT_NOT_PDF")
    if not header.start():
        return octets
    end = END_OF_REVISION.match(octets, max(0, octets.rfind(b"startxref")))
    table = int(end.group(1)) if end else 0
    if not _TABLE.match(octets, table) and _TABLE.match(octets, header.start() + table):
        raise Malformed("E_DOCUMENT_BEGINNING", count=header.start())
    return header.group() + b"\n" + octets[len(header.group()) + 1 :]


def unreadable(octets: bytes) -> Malformed:
    """The error for a file with a header that no reader can read: E_DOCUMENT_END where it has no end."""
    return Malformed("E_DOCUMENT_UNREADABLE" if last_end(octets) else "E_DOCUMENT_END")


def reader_of(octets: bytes, *, strict: bool, password: str | None = None) -> PdfFileReader:
    """A reader that may read all of it. Raises as `decrypt`, and whatever a file makes pyHanko raise."""
    reader = PdfFileReader(io.BytesIO(octets), strict=strict)
    decrypt(reader, password)
    return reader


def decrypt(reader: PdfFileReader, password: str | None) -> None:
    """Open what is encrypted: without a password if everybody may, else with it.

    Raises Malformed: E_DOCUMENT_PASSWORD without one, E_DOCUMENT_PASSWORD_WRONG, E_DOCUMENT_ENCRYPTION for a
    cipher that takes none.
    """
    if not reader.encrypted:
        return
    try:
        standard = isinstance(reader.security_handler, StandardSecurityHandler)
    except (PdfError, KeyError, ValueError) as error:  # a handler whose settings are not understood
        raise Malformed("E_DOCUMENT_ENCRYPTION") from error
    if not standard:
        raise Malformed("E_DOCUMENT_ENCRYPTION")
    for tried in ("", password):
        if tried is not None and reader.decrypt(tried).status is not AuthStatus.FAILED:
            return
    raise Malformed("E_DOCUMENT_PASSWORD" if password is None else "E_DOCUMENT_PASSWORD_WRONG")
