"""Is this PDF signed, by whom, and is it what they signed? (PAdES, ETSI EN 319 142-1; ISO 32000-2, 12.8)

pyHanko reads the file and checks that the signature covers it; path, policy, key usage and status of the
certificate are the business of `CertificateVerifier`, so that a document is judged as a login is. Every
signature in the document must be good. The certificate must be good now, at the instant of verifying.
"""

import io
import logging
from dataclasses import dataclass
from datetime import datetime

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from honnin.errors import Malformed, Untrusted
from honnin.law.citation import cites
from honnin.verifier.certificate import CertificateVerifier, VerifiedHolder

_SUBFILTERS = ("/ETSI.CAdES.detached", "/adbe.pkcs7.detached")
_ALGORITHMS = ("sha256_rsa", "rsassa_pkcs1v15")

# pyHanko writes a traceback for every document that it does not like; ours is in the exception.
for _name in ("pyhanko.sign", "pyhanko_certvalidator"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class VerifiedSignature:
    """One good signature: its holder, and what it covers.

    `claimed_signing_time` is what the signer's machine said; nothing proves it. `modified_after` says that
    the document went on after this signature, in a way that the signature allows (a further signature,
    a form filled in); what was added is not covered by it.
    """

    field_name: str
    holder: VerifiedHolder
    claimed_signing_time: datetime | None
    modified_after: bool


@dataclass(frozen=True)
class VerifiedDocument:
    """A document all of whose signatures are good, in the order in which they were made."""

    signatures: tuple[VerifiedSignature, ...]

    @property
    def modified_after(self) -> bool:
        """Whether something was added after the last signature, which therefore nobody signed."""
        return all(signature.modified_after for signature in self.signatures)


class DocumentVerifier:
    """Verifies signed PDF documents."""

    def __init__(self, certificates: CertificateVerifier) -> None:
        self._certificates = certificates

    @cites("S0-1")
    def verify(self, pdf: bytes) -> VerifiedDocument:
        """Who signed the document.

        Raises `Malformed` (E_DOCUMENT_UNREADABLE and those of the certificate), `Unavailable`, and
        `Untrusted` with E_NOT_SIGNED, E_DOCUMENT_ALTERED, E_ALG_NOT_ALLOWED or those of
        `CertificateVerifier.verify_signature_certificate`.
        """
        embedded = _embedded_signatures(pdf)
        if not embedded:
            raise Untrusted("E_NOT_SIGNED")
        return VerifiedDocument(tuple(self._verified(signature) for signature in embedded))

    def _verified(self, embedded: EmbeddedPdfSignature) -> VerifiedSignature:
        signer_certificate = _require_intact(embedded)
        holder = self._certificates.verify_signature_certificate(signer_certificate)
        return VerifiedSignature(
            field_name=str(embedded.field_name),
            holder=holder,
            claimed_signing_time=embedded.self_reported_timestamp,
            modified_after=embedded.coverage is not SignatureCoverageLevel.ENTIRE_FILE,
        )


def _embedded_signatures(pdf: bytes) -> list[EmbeddedPdfSignature]:
    try:
        reader = PdfFileReader(io.BytesIO(pdf))
        if reader.encrypted:
            raise Malformed("E_DOCUMENT_UNREADABLE")
        return list(reader.embedded_regular_signatures)
    except (Malformed, MemoryError):
        raise
    except Exception as error:  # a stranger's file makes a PDF reader raise nearly anything
        raise Malformed("E_DOCUMENT_UNREADABLE") from error


def _require_intact(embedded: EmbeddedPdfSignature) -> bytes:
    """DER of the signer's certificate, if its key signed this revision and only allowed changes followed."""
    try:
        _require_known_algorithm(embedded)
        embedded.compute_integrity_info()  # type: ignore[no-untyped-call]
        integrity = embedded.summarise_integrity_info()
        signer_certificate = embedded.signer_cert
        intact, valid = validate_sig_integrity(
            embedded.signer_info, signer_certificate, "data", embedded.compute_digest()
        )
        encoded: bytes = signer_certificate.dump()
    except (Untrusted, MemoryError):
        raise
    except Exception as error:  # the same: whatever cannot be checked is not intact
        raise Untrusted("E_DOCUMENT_ALTERED") from error
    covered = embedded.coverage in (
        SignatureCoverageLevel.ENTIRE_FILE,
        SignatureCoverageLevel.ENTIRE_REVISION,
    )
    understood = isinstance(integrity["diff_result"], DiffResult) and integrity["docmdp_ok"]
    if not (intact and valid and covered and understood):
        raise Untrusted("E_DOCUMENT_ALTERED")
    return encoded


def _require_known_algorithm(embedded: EmbeddedPdfSignature) -> None:
    signer = embedded.signer_info
    digest = signer["digest_algorithm"]["algorithm"].native
    signature = signer["signature_algorithm"]["algorithm"].native
    subfilter = str(embedded.sig_object.get("/SubFilter"))
    if digest != "sha256" or signature not in _ALGORITHMS or subfilter not in _SUBFILTERS:
        raise Untrusted("E_ALG_NOT_ALLOWED")
