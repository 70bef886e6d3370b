"""Sign a PDF with the card: PAdES baseline B (ETSI EN 319 142-1), RSA PKCS#1 v1.5 with SHA-256.

The signature is added as a new revision; what was there, signatures included, stays as it is. All that can
fail of the document is tried before the card is touched (`document`), so that a bad file costs no PIN.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any

from asn1crypto import algos
from asn1crypto import x509 as asn1_x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from pyhanko.sign import signers
from pyhanko.sign.general import SigningError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot
from honnin.citizen.document import SignableDocument, signable
from honnin.citizen.unlocked import unlocked
from honnin.errors import CardError, HonninError, Malformed
from honnin.law.citation import cites
from honnin.pin import Pin
from honnin.pkix.certificate import load
from honnin.profile.holder import basic_four

_SIGNATURE_LENGTH = 256


def sign_pdf(
    pdf_bytes: bytes,
    session: CardSession,
    pin: Pin,
    *,
    reason: str | None,
    when: datetime,
    use_last_try: bool = False,
) -> bytes:
    """As `sign` of `signable` of the octets, for a document with at most one empty signature field."""
    document = signable(pdf_bytes, when=when, reason=reason)
    return sign(document, session, pin, reason=reason, when=when, use_last_try=use_last_try)


@cites("S1-E1.1", "S2-1.1", "S4-2.4", "S4-11.2")
def sign(
    document: SignableDocument,
    session: CardSession,
    pin: Pin,
    *,
    reason: str | None,
    when: datetime,
    use_last_try: bool = False,
) -> bytes:
    """The document with one signature more, of the card's holder, claiming to be made at `when`.

    Raises `CardError`: the card's own, or E_CARD_KEY_MISMATCH when key and certificate on the card do not
    belong together; `Malformed`: E_CERT_MALFORMED for what the card has as a certificate, and
    E_DOCUMENT_NOT_SIGNABLE where the field demands another certificate.
    """
    with unlocked(session, KeySlot.SIGNATURE, pin, use_last_try=use_last_try):
        signer = _CardSigner(session)
        try:
            return document.signed_by(signer, reason=reason, when=when, shown=signer.holder)
        except SigningError as error:
            raise Malformed("E_DOCUMENT_NOT_SIGNABLE") from error


class _CardSigner(signers.Signer):
    """pyHanko's signer whose private key is in the card."""

    def __init__(self, session: CardSession) -> None:
        self._session = session
        encoded = session.read_certificate(KeySlot.SIGNATURE)
        self._certificate = load(encoded)
        authority = session.read_ca_certificate(KeySlot.SIGNATURE)
        load(authority)
        store = SimpleCertificateStore()
        store.register(asn1_x509.Certificate.load(authority))
        super().__init__(
            signing_cert=asn1_x509.Certificate.load(encoded),
            cert_registry=store,
            signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"}),
        )

    @property
    def holder(self) -> str:
        """The holder's name in the certificate; empty where it does not follow our profile."""
        with suppress(HonninError):
            return basic_four(self._certificate).name
        return ""

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
