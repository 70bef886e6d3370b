"""Those who sign: Hanako, a company whose authority nobody pinned, and a time-stamp authority."""

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from asn1crypto import keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers, timestamps
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.support.pki import specimen
from tests.support.pki.signer import simple_signer

PADES = fields.SigSeedSubFilter.PADES


@cache
def hanako() -> signers.SimpleSigner:
    return simple_signer()


@cache
def company() -> signers.SimpleSigner:
    certificate, key = _self_made("An invented company", None)
    return signers.SimpleSigner(certificate, key, SimpleCertificateStore())


@cache
def time_stamper() -> timestamps.DummyTimeStamper:
    certificate, key = _self_made("An invented time-stamp authority", ExtendedKeyUsageOID.TIME_STAMPING)
    return timestamps.DummyTimeStamper(certificate, key, fixed_dt=specimen.NOW)


def _self_made(name: str, usage: x509.ObjectIdentifier | None) -> tuple[Any, Any]:
    private = specimen.key(name)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(specimen.NOW + timedelta(days=3650))
    )
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
    certificate = builder.sign(private, hashes.SHA256())
    encoded = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return (
        asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER)),
        keys.PrivateKeyInfo.load(encoded),
    )


def signed(
    pdf: bytes,
    field: str,
    *,
    signer: signers.Signer | None = None,
    box: tuple[int, int, int, int] | None = None,
    strict: bool = True,
    **choice: Any,
) -> bytes:
    """The document with a signature more, Hanako's unless said otherwise; `choice` as pyHanko's metadata."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=strict)
    metadata = signers.PdfSignatureMetadata(
        field_name=field, md_algorithm="sha256", subfilter=PADES, **choice
    )
    spec = None if box is None else fields.SigFieldSpec(field, box=box)
    pdf_signer = signers.PdfSigner(metadata, signer or hanako(), new_field_spec=spec)
    out: io.BytesIO = apart(lambda: pdf_signer.sign_pdf(writer))
    return out.getvalue()


def time_stamped(pdf: bytes) -> bytes:
    """The document with a time stamp over it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    stamper = signers.PdfTimeStamper(time_stamper())
    out: io.BytesIO = apart(lambda: stamper.timestamp_pdf(writer, "sha256"))
    return out.getvalue()


def hand_signature(digest: bytes) -> bytes:
    """Hanako's signature over a SHA-256 digest, in DER, for whoever places it in a file by hand."""
    container = apart(lambda: asyncio.run(hanako().async_sign(digest, "sha256", use_pades=True)))
    encoded: bytes = container.dump()
    return encoded


def apart(work: Any) -> Any:
    """In a thread of its own: pyHanko starts an event loop, and a test may have left one running here."""
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(work).result()


__all__ = ["PADES", "apart", "company", "hanako", "hand_signature", "signed", "time_stamped"]
