"""Is this PDF signed, by whom, and is it what they signed? (PAdES, ETSI EN 319 142-1; ISO 32000-2, 12.8)

pyHanko reads the file and checks the cryptography; path, policy, key usage and status of the certificate are
the business of `CertificateVerifier`, so that a document is judged as a login is. What came after a signature
is worked out here (`changes`), and told for each signature by itself. The certificate must be good now, at
the instant of verifying.
"""

from pyhanko.pdf_utils.generic import EncryptedObjAccess

from honnin.errors import HonninError, Malformed, Unavailable, Untrusted
from honnin.law.citation import cites
from honnin.verifier.certificate import CertificateVerifier, VerifiedHolder
from honnin.verifier.document.changes import History
from honnin.verifier.document.form import fields_of
from honnin.verifier.document.octets import Seal, seal_of
from honnin.verifier.document.opening import (
    OpenDocument,
    open_document,
    raw_entry,
    resolved,
    signed_fields,
    text_of,
)
from honnin.verifier.document.permissions import Permissions
from honnin.verifier.document.report import (
    Change,
    ChangeKind,
    Coverage,
    DocumentReport,
    SignatureReport,
    Signer,
    TimeStampReport,
    VerifiedDocument,
    VerifiedSignature,
    Weight,
)

__all__ = [
    "Change",
    "ChangeKind",
    "Coverage",
    "DocumentReport",
    "DocumentVerifier",
    "SignatureReport",
    "Signer",
    "TimeStampReport",
    "VerifiedDocument",
    "VerifiedSignature",
    "Weight",
    "changed_after_signing",
]


_MOST_VIEWS = 300


class DocumentVerifier:
    """Verifies signed PDF documents."""

    def __init__(self, certificates: CertificateVerifier) -> None:
        self._certificates = certificates

    @cites("S0-1")
    def verify(self, pdf: bytes, password: str | None = None) -> VerifiedDocument:
        """Who signed the document, if it is as they signed it.

        Raises `Malformed` (as `examine`, and those of the certificate), `Untrusted` with
        E_NOT_SIGNED, E_SIGNATURE_REMOVED, E_DOCUMENT_ALTERED, E_SIGNATURE_UNREADABLE, E_COVERAGE_UNCLEAR,
        E_ALG_NOT_ALLOWED, E_APPEARANCE_CHANGED, E_CHANGE_UNCLEAR, E_CHANGE_NOT_PERMITTED or those of
        `CertificateVerifier.verify_signature_certificate`, `Unavailable`, and
        `Conflict("E_DOCUMENT_CHANGED")` where a person must look at what was added.
        """
        return self.examine(pdf, password).require_as_signed()

    def examine(self, pdf: bytes, password: str | None = None) -> DocumentReport:
        """Each signature and time stamp of the document by itself, whether or not it can be relied on.

        `password` opens a document that not everybody may open. Raises only `Malformed`, as `open_document`.
        """
        document = open_document(pdf, password)
        seals = _seals(document)
        history = History(document)
        signatures = [self._signature(document, seal, history) for seal in seals if not seal.is_time_stamp]
        stamps = [_time_stamp(document, seal, history) for seal in seals if seal.is_time_stamp]
        return DocumentReport(tuple(signatures), tuple(stamps), tuple(_removed(document)))

    def _signature(self, document: OpenDocument, seal: Seal, history: History) -> SignatureReport:
        problem, verified = seal.problem, None
        if problem is None or problem.code == "E_COVERAGE_UNCLEAR":
            verified, of_certificate = self._verified(seal)
            problem = of_certificate or problem
        if problem is None and not seal.algorithm_allowed:
            problem = Untrusted("E_ALG_NOT_ALLOWED")
        return SignatureReport(
            field_name=seal.field_name,
            signer=seal.signer,
            claimed_signing_time=seal.time,
            coverage=seal.coverage,
            problem=problem,
            after=_after(document, seal, history),
            verified=verified if problem is None else None,
        )

    def _verified(self, seal: Seal) -> tuple[VerifiedHolder | None, HonninError | None]:
        try:
            return self._certificates.verify_signature_certificate(seal.certificate), None
        except (Malformed, Untrusted, Unavailable) as error:
            return None, error


def changed_after_signing(pdf: bytes, password: str | None = None) -> Weight:
    """The heaviest of what came after any signature of a document, for whoever is about to sign it too.

    Asks nobody whose the signatures are. Raises `Malformed` as `open_document`.
    """
    document = open_document(pdf, password)
    history = History(document)
    seals = _seals(document)
    if any(seal.problem is not None for seal in seals):
        return Weight.REFUSED
    changes = [change for seal in seals for change in _after(document, seal, history)]
    return max((change.weight for change in changes), default=Weight.NOTHING)


def _seals(document: OpenDocument) -> list[Seal]:
    """All signatures and time stamps, in the order in which they were made."""
    try:
        fields = fields_of(resolved(document.reader.root))
        seals = [seal_of(document, field) for field in signed_fields(fields)]
    except MemoryError:
        raise
    except Exception as error:  # a stranger's file may be nested deeper than anything can be read
        raise Malformed("E_DOCUMENT_UNREADABLE") from error
    if not seals and not document.tidy and b"/ByteRange" in document.octets:
        # There may be a signature in what cannot be read: that it is not signed would be saying too much.
        raise Malformed("E_DOCUMENT_UNREADABLE")
    last = document.revisions
    return sorted(seals, key=lambda seal: last if seal.covered is None else seal.covered)


def _time_stamp(document: OpenDocument, seal: Seal, history: History) -> TimeStampReport:
    return TimeStampReport(
        field_name=seal.field_name,
        time=seal.time,
        authority="" if seal.signer is None else seal.signer.name,
        coverage=seal.coverage,
        problem=seal.problem,
        after=_after(document, seal, history),
    )


def _after(document: OpenDocument, seal: Seal, history: History) -> tuple[Change, ...]:
    if seal.covered is None:
        return ()
    changes = list(history.after(seal.covered))
    if seal.padded:
        changes.append(Change(ChangeKind.PADDING, seal.field_name, "/Contents"))
    if seal.trailing:
        changes.append(Change(ChangeKind.OTHER, "", "end of file"))
    if not changes:
        return ()
    try:
        return Permissions(document.view(seal.covered), seal.field_name).judged(changes)
    except MemoryError:
        raise
    except Exception:  # what the signer allowed cannot be read
        return (*changes, Change(ChangeKind.OTHER, seal.field_name, "/Lock"))


def _removed(document: OpenDocument) -> list[str]:
    """The fields of signatures that an earlier revision had, and the newest has not."""
    last = document.revisions - 1
    there = _signed_values(document, last)
    found: dict[bytes, str] = {}
    for revision in range(min(last, _MOST_VIEWS)):
        found |= _signed_values(document, revision)
    return [name for value, name in found.items() if value not in there]


def _signed_values(document: OpenDocument, revision: int) -> dict[bytes, str]:
    """Names of signed fields by the signature's value, which no other signature has."""
    try:
        fields = fields_of(resolved(document.view(revision).root))
        values = [(resolved(field.value), field.name) for field in signed_fields(fields)]
        return {
            bytes(value.raw_get("/Contents", EncryptedObjAccess.RAW)): name
            for value, name in values
            if "/Contents" in value and text_of(raw_entry(value, "/Type")) != "DocTimeStamp"
        }
    except MemoryError:
        raise
    except Exception:  # a part of a file that is read in two parts, or nothing that anybody could have signed
        return {}
