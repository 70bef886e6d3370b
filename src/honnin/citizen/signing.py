"""Sign a PDF with the card: PAdES baseline B (ETSI EN 319 142-1), RSA PKCS#1 v1.5 with SHA-256.

The signature is added as a new revision; what was there, signatures included, stays as it is. The
document is read before the card is touched, so that a bad file costs no PIN.
"""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from asn1crypto import algos
from asn1crypto import x509 as asn1_x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko.sign.validation.pdf_embedded import read_certification_data
from pyhanko_certvalidator.registry import SimpleCertificateStore

from honnin.card.session import CardSession
from honnin.card.slot import KeySlot
from honnin.citizen.unlocked import unlocked
from honnin.clock import whole_second
from honnin.errors import CardError, HonninError, Malformed
from honnin.law.citation import cites
from honnin.pkix.certificate import load

_SIGNATURE_LENGTH = 256


@cites("S1-E1.1", "S2-1.1", "S4-2.4", "S4-11.2")
def sign_pdf(
    pdf_bytes: bytes,
    session: CardSession,
    pin: str,
    *,
    reason: str | None,
    when: datetime,
    use_last_try: bool = False,
) -> bytes:
    """The document with one signature more, of the card's holder, claiming to be made at `when`.

    Raises `Malformed("E_DOCUMENT_UNREADABLE")` for a broken or encrypted document,
    `Malformed("E_DOCUMENT_LOCKED")` for one whose earlier signature forbids another, and `CardError`:
    the card's own, or E_CARD_KEY_MISMATCH when key and certificate on the card do not belong together.
    """
    writer, field_name = _opened(pdf_bytes)
    with unlocked(session, KeySlot.SIGNATURE, pin, use_last_try=use_last_try):
        metadata = signers.PdfSignatureMetadata(
            field_name=field_name,
            md_algorithm="sha256",
            reason=reason,
            subfilter=fields.SigSeedSubFilter.PADES,
        )
        signer = _PdfSignerAt(metadata, _CardSigner(session), whole_second(when))
        try:
            signed = _sign_apart(signer, writer)
        except HonninError:
            raise
        except SigningError as error:
            raise Malformed("E_DOCUMENT_LOCKED") from error
        except Exception as error:  # a file that can be opened may still be broken deep inside
            raise Malformed("E_DOCUMENT_UNREADABLE") from error
    return signed.getvalue()


def _sign_apart(signer: signers.PdfSigner, writer: IncrementalPdfFileWriter) -> io.BytesIO:
    """Sign in a thread of its own: pyHanko starts an event loop, which a caller's own would forbid."""
    with ThreadPoolExecutor(1) as apart:
        signed: io.BytesIO = apart.submit(signer.sign_pdf, writer).result()
    return signed


def _opened(pdf_bytes: bytes) -> tuple[IncrementalPdfFileWriter, str]:
    """The document opened for another revision, and a name for a signature field that no field has yet.

    Whether an earlier signature allows another is asked here, before the card is.
    """
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf_bytes))
        if writer.prev.encrypted:
            raise Malformed("E_DOCUMENT_UNREADABLE")
        certified = read_certification_data(writer.prev)
        taken = _top_names(writer.prev.root)
    except Malformed:
        raise
    except Exception as error:  # a broken file makes a PDF reader raise nearly anything
        raise Malformed("E_DOCUMENT_UNREADABLE") from error
    if certified is not None and certified.permission is fields.MDPPerm.NO_CHANGES:
        raise Malformed("E_DOCUMENT_LOCKED")
    number = next(number for number in range(1, len(taken) + 2) if f"Signature{number}" not in taken)
    return writer, f"Signature{number}"


def _top_names(root: Any) -> set[str]:
    """The names of the form's fields of every kind, as far as a new one could be given the same."""
    listed = root["/AcroForm"].get("/Fields", ()) if "/AcroForm" in root else ()
    return {str(field.get_object().get("/T", "")) for field in listed}


class _PdfSignerAt(signers.PdfSigner):
    """Signs at an instant that it is told, instead of asking the machine."""

    def __init__(
        self, metadata: signers.PdfSignatureMetadata, signer: signers.Signer, when: datetime
    ) -> None:
        super().__init__(metadata, signer)
        self._when = when

    def init_signing_session(
        self, pdf_out: BasePdfFileWriter, existing_fields_only: bool = False
    ) -> PdfSigningSession:
        session = super().init_signing_session(pdf_out, existing_fields_only=existing_fields_only)
        session.system_time = self._when
        return session


class _CardSigner(signers.Signer):
    """pyHanko's signer whose private key is in the card."""

    def __init__(self, session: CardSession) -> None:
        self._session = session
        encoded = session.read_certificate(KeySlot.SIGNATURE)
        self._certificate = load(encoded)
        authority = asn1_x509.Certificate.load(session.read_ca_certificate(KeySlot.SIGNATURE))
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        store.register(authority)
        super().__init__(
            signing_cert=asn1_x509.Certificate.load(encoded),
            cert_registry=store,
            signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"}),
        )

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        """The card's signature over the signed attributes; a dry run only asks how long it will be."""
        if dry_run:
            return bytes(_SIGNATURE_LENGTH)
        signature = self._session.sign_sha256(KeySlot.SIGNATURE, data)
        self._require_own(signature, data)
        return signature

    def _require_own(self, signature: bytes, data: bytes) -> None:
        key: Any = self._certificate.public_key()
        try:
            if not isinstance(key, rsa.RSAPublicKey):
                raise CardError("E_CARD_KEY_MISMATCH")
            key.verify(signature, data, padding.PKCS1v15(), SHA256())
        except InvalidSignature as error:
            raise CardError("E_CARD_KEY_MISMATCH") from error
