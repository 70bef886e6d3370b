"""A PDF that is about to be signed: opened, its field chosen, and all tried that can fail without a card.

A bad file must not cost a PIN. So the whole signature is made once with an empty value before anybody is
asked for one; what fails then is told of the file, and what fails afterwards is not the file's fault.
"""

import asyncio
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko.sign.validation.pdf_embedded import read_certification_data

from honnin.citizen.stamp import Stamp
from honnin.clock import whole_second
from honnin.errors import HonninError, Malformed
from honnin.pdf import from_header, last_end, reader_of
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
        for _, _, field in fields.enumerate_sig_fields(writer, with_name=self.field_name):
            found = field.get_object()
            if found.pop(pdf_name("/V"), None) is not None:  # null, as is known by now
                writer.update_container(found)
        return writer

    def signed_by(self, signer: signers.Signer, *, reason: str | None, when: datetime, shown: str) -> bytes:
        """The document with one signature more; in the field's box, if it has one, `shown` and the time."""
        pdf_signer = _PdfSignerAt(self._metadata(reason), signer, whole_second(when), shown)
        signed: io.BytesIO = _apart(lambda: pdf_signer.sign_pdf(self.writer()))
        return signed.getvalue()

    def rehearse(self, *, reason: str | None, when: datetime) -> None:
        """Try all but the card. Raises `Malformed` as `signable`."""
        nobody = signers.ExternalSigner(None, None, signature_value=_ROOM // 8)
        pdf_signer = _Rehearsal(self._metadata(reason), nobody, whole_second(when), "–")
        placed = pdf_signer.async_digest_doc_for_signing(self.writer(), bytes_reserved=_ROOM)
        _apart(lambda: asyncio.run(placed))

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
    E_DOCUMENT_UNREADABLE; E_DOCUMENT_LOCKED where an earlier signature forbids another; E_FIELD_UNKNOWN,
    E_FIELD_AMBIGUOUS; E_DOCUMENT_NOT_SIGNABLE where the form demands what is not done here.
    """
    try:
        reader = _writer(octets, password).prev
        document = SignableDocument(octets, _field_name(reader, field), password)
        _require_unlocked(reader, document.field_name)
        document.rehearse(reason=reason, when=when)
    except (HonninError, MemoryError):
        raise
    except (SigningError, NotImplementedError) as error:
        raise Malformed("E_DOCUMENT_NOT_SIGNABLE") from error
    except Exception as error:  # a broken file makes a PDF reader raise nearly anything
        raise Malformed("E_DOCUMENT_UNREADABLE") from error
    return document


def _writer(octets: bytes, password: str | None) -> IncrementalPdfFileWriter:
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
    # What follows the end, and what stands before the header, stays in the file.
    writer = IncrementalPdfFileWriter(io.BytesIO(octets), prev=reader)
    _complete_form(writer)
    return writer


def _complete_form(writer: IncrementalPdfFileWriter) -> None:
    """A form may be there, and have no list of fields yet."""
    form = _entry(writer.root, "/AcroForm")
    if form is None:
        writer.root.pop(pdf_name("/AcroForm"), None)
    elif not isinstance(_entry(form, "/Fields"), generic.ArrayObject):
        form[pdf_name("/Fields")] = generic.ArrayObject()
        writer.update_container(form)


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
    kids = _entry(field, "/Kids") or ()
    return any(_entry(kid.get_object(), "/T") is not None for kid in kids)


def _named(names: list[str]) -> str:
    return listed([Sentence("“{name}”", name=name) for name in names]) if names else "–"


def _top_names(root: Any) -> set[str]:
    """The names of the form's fields of every kind, as far as a new one could be given the same."""
    listed = _entry(_entry(root, "/AcroForm"), "/Fields")
    if not isinstance(listed, generic.ArrayObject):
        return set()
    return {_text(_entry(field.get_object(), "/T")) for field in listed}


def _entry(container: Any, key: str) -> Any:
    try:
        return container[key] if isinstance(container, generic.DictionaryObject) else None
    except KeyError:  # null counts as absent
        return None


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


class _PdfSignerAt(signers.PdfSigner):
    """Signs at an instant that it is told, instead of asking the machine."""

    def __init__(
        self,
        metadata: signers.PdfSignatureMetadata,
        signer: signers.Signer,
        when: datetime,
        shown: str,
    ) -> None:
        super().__init__(metadata, signer, stamp_style=Stamp(name=shown, when=when))
        self._when = when

    def init_signing_session(
        self, pdf_out: BasePdfFileWriter, existing_fields_only: bool = False
    ) -> PdfSigningSession:
        session = super().init_signing_session(pdf_out, existing_fields_only=existing_fields_only)
        session.system_time = self._when
        return session


class _Rehearsal(_PdfSignerAt):
    """Has no certificate yet, so nothing that a field demands of one is asked."""

    def _retrieve_seed_value_spec(self, sig_field: Any) -> Any:
        demanded = super()._retrieve_seed_value_spec(sig_field)
        return None if demanded is None else replace(demanded, cert=None)
