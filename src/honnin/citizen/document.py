"""A PDF to be signed: opened, its signature field chosen, and everything checked that needs no card.

A bad file must not cost a PIN. So the whole signature is made once with an empty value before anybody is
asked for one; what fails then is an error of the file, and what fails afterwards is not.
"""

import asyncio
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.form_tools import get_single_field_annot
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import FormFillingError, PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation.pdf_embedded import read_certification_data

from honnin.citizen.pdf_signer import PdfSignerAt, Rehearsal
from honnin.citizen.stamp import Stamp, entry_of, turned_of
from honnin.clock import whole_second
from honnin.errors import HonninError, Malformed
from honnin.pdf import from_header, last_end, reader_of, unreadable
from honnin.translation import Sentence, listed

_ROOM = 16384
"""Octets kept for a value that nobody has made yet; only whether it can be placed is tried."""
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class SignableDocument:
    """A document that can be signed, in the field of this name, which may not be there yet."""

    octets: bytes
    field_name: str
    password: str | None

    def writer(self) -> IncrementalPdfFileWriter:
        """A new writer of the next revision, in which the field, if it is there, has no value at all."""
        writer = _writer(self.octets, self.password)
        found = self._field(writer)
        if found is not None and found.pop(pdf_name("/V"), None) is not None:  # null, as is known by now
            writer.update_container(found)
        return writer

    def _field(self, writer: IncrementalPdfFileWriter) -> Any:
        found = next(fields.enumerate_sig_fields(writer, with_name=self.field_name), None)
        return None if found is None else found[2].get_object()

    def signed_by(self, signer: signers.Signer, *, reason: str | None, when: datetime, shown: str) -> bytes:
        """The document with one signature more; in the field's box, if it has one, `shown` and the time."""
        writer, when = self.writer(), whole_second(when)
        pdf_signer = PdfSignerAt(self._metadata(reason), signer, when, self._stamp(writer, when, shown))
        signed: io.BytesIO = _apart(lambda: pdf_signer.sign_pdf(writer))
        return signed.getvalue()

    def rehearse(self, *, reason: str | None, when: datetime) -> None:
        """Try all but the card. Raises `Malformed` as `signable`."""
        nobody = signers.ExternalSigner(None, None, signature_value=_ROOM // 8)
        writer, when = self.writer(), whole_second(when)
        pdf_signer = Rehearsal(self._metadata(reason), nobody, when, self._stamp(writer, when, "–"))
        placed = pdf_signer.async_digest_doc_for_signing(writer, bytes_reserved=_ROOM)
        _digest, _prepared, made = _apart(lambda: asyncio.run(placed))
        if not writer.prev.encrypted:  # with an empty value pyHanko does not decrypt it
            made.seek(0)
            self._require_readable(made.read())

    def _require_readable(self, made: bytes) -> None:
        """A document that is read in spite of its faults may still be one to which nothing can be added."""
        reader = _reader(made, self.password)
        if not any(fields.enumerate_sig_fields(reader, filled_status=True, with_name=self.field_name)):
            raise Malformed("E_DOCUMENT_UNREADABLE")

    def _stamp(self, writer: IncrementalPdfFileWriter, when: datetime, shown: str) -> Stamp:
        field = self._field(writer)
        turned = 0 if field is None else turned_of(get_single_field_annot(field))
        return Stamp(name=shown, when=when, turned=turned)

    def _metadata(self, reason: str | None) -> signers.PdfSignatureMetadata:
        return signers.PdfSignatureMetadata(
            field_name=self.field_name,
            md_algorithm="sha256",
            reason=reason,
            subfilter=fields.SigSeedSubFilter.PADES,
        )


def signable(
    octets: bytes,
    *,
    when: datetime,
    field: str | None = None,
    password: str | None = None,
    reason: str | None = None,
) -> SignableDocument:
    """The document, its only empty signature field chosen, or the one named `field`, or a new, unseen one.

    `password` opens one that not everybody may open. Raises `Malformed`: E_DOCUMENT_NOT_PDF,
    E_DOCUMENT_BEGINNING, E_DOCUMENT_PASSWORD, E_DOCUMENT_PASSWORD_WRONG, E_DOCUMENT_ENCRYPTION,
    E_DOCUMENT_END, E_DOCUMENT_UNREADABLE, E_DOCUMENT_WITHOUT_PAGE; E_DOCUMENT_LOCKED where an earlier
    signature forbids another; E_FIELD_UNKNOWN, E_FIELD_AMBIGUOUS; E_DOCUMENT_NOT_SIGNABLE where the form
    demands what is not done here.
    """
    try:
        reader = _writer(octets, password).prev
        if reader.root["/Pages"].get("/Count") == 0:
            raise Malformed("E_DOCUMENT_WITHOUT_PAGE")
        document = SignableDocument(octets, _field_name(reader, field), password)
        _require_unlocked(reader, document.field_name)
        document.rehearse(reason=reason, when=when)
    except (HonninError, MemoryError):
        raise
    except (SigningError, FormFillingError, NotImplementedError, ZeroDivisionError) as error:  # no room
        raise Malformed("E_DOCUMENT_NOT_SIGNABLE") from error
    except Exception as error:  # a broken file makes a PDF reader raise nearly anything
        raise unreadable(octets) from error
    return document


def _writer(octets: bytes, password: str | None) -> IncrementalPdfFileWriter:
    """What follows the document's end, and what stands before its header, stays in the file."""
    reader = _reader(octets, password)
    writer = IncrementalPdfFileWriter(io.BytesIO(octets), prev=reader)
    # Some trailers count fewer objects than there are; a new one must not take the number of another.
    writer._lastobj_id = max(writer._lastobj_id, _highest_number(reader))
    _complete_form(writer)
    return writer


def _highest_number(reader: PdfFileReader) -> int:
    xrefs: Any = reader.xrefs
    revisions = range(xrefs.total_revisions)
    return max(
        (each.idnum for revision in revisions for each in xrefs.explicit_refs_in_revision(revision)),
        default=0,
    )


def _reader(octets: bytes, password: str | None) -> PdfFileReader:
    """Reads strictly, or else as viewers do: two kinds of tables in one file only the latter read."""
    source = from_header(octets)
    source = source[: last_end(source) or None]
    try:
        reader = reader_of(source, strict=True, password=password)
        if reader.xrefs.hybrid_xrefs_present:
            reader = reader_of(source, strict=False, password=password)
        reader.root["/Pages"]
    except (PdfError, KeyError):
        reader = reader_of(source, strict=False, password=password)
    _name_as_text(entry_of(entry_of(reader.root, "/AcroForm"), "/Fields"), set())
    return reader


def _complete_form(writer: IncrementalPdfFileWriter) -> None:
    """A form may be there, and have no list of fields yet; what is no dictionary is none."""
    form = entry_of(writer.root, "/AcroForm")
    if not isinstance(form, generic.DictionaryObject):
        writer.root.pop(pdf_name("/AcroForm"), None)
    elif not isinstance(entry_of(form, "/Fields"), generic.ArrayObject):
        form[pdf_name("/Fields")] = generic.ArrayObject()
        writer.update_container(form)


def _name_as_text(listed: Any, seen: set[int]) -> None:
    """pyHanko compares field names as text: a name that is no text becomes one, in memory alone."""
    for each in listed if isinstance(listed, generic.ArrayObject) else ():
        field = each.get_object()
        if isinstance(field, generic.DictionaryObject) and id(field) not in seen:
            seen.add(id(field))
            name = entry_of(field, "/T")
            if isinstance(name, generic.ByteStringObject):
                field[pdf_name("/T")] = generic.TextStringObject(_text(name))
            _name_as_text(entry_of(field, "/Kids"), seen)


def _field_name(reader: Any, wanted: str | None) -> str:
    empty = _empty_fields(reader)
    if wanted is not None:
        if wanted not in empty:
            raise Malformed("E_FIELD_UNKNOWN", fields=_named(empty))
        return wanted
    if len(empty) > 1:
        raise Malformed("E_FIELD_AMBIGUOUS", fields=_named(empty))
    if empty:
        return empty[0]
    taken = _top_names(reader.root)
    return next(name for number in range(1, len(taken) + 2) if (name := f"Signature{number}") not in taken)


def _empty_fields(handler: Any) -> list[str]:
    """Those that hold a signature themselves, and are no heading of others that do."""
    found = fields.enumerate_sig_fields(handler, filled_status=False)
    return [str(name) for name, _, field in found if not _is_heading(field.get_object())]


def _is_heading(field: Any) -> bool:
    kids = entry_of(field, "/Kids") or ()
    return any(entry_of(kid.get_object(), "/T") is not None for kid in kids)


def _named(names: list[str]) -> str:
    return listed([Sentence("“{name}”", name=name) for name in names]) if names else "–"


def _top_names(root: Any) -> set[str]:
    """The names of the form's fields of every kind, as far as a new one could be given the same."""
    listed = entry_of(entry_of(root, "/AcroForm"), "/Fields")
    if not isinstance(listed, generic.ArrayObject):
        return set()
    return {_text(entry_of(field.get_object(), "/T")) for field in listed}


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _require_unlocked(reader: Any, field_name: str) -> None:
    certified = read_certification_data(reader)
    locked = certified is not None and certified.permission is fields.MDPPerm.NO_CHANGES
    for embedded in () if locked else reader.embedded_signatures:
        rule = embedded.fieldmdp
        locked |= embedded.docmdp_level is fields.MDPPerm.NO_CHANGES
        locked |= rule is not None and rule.is_locked(field_name)
    if locked:
        raise Malformed("E_DOCUMENT_LOCKED")


def _apart(work: Callable[[], _Result]) -> _Result:
    """In a thread of its own: pyHanko starts an event loop, which a caller's own would forbid."""
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(work).result()
