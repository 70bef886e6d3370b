"""Documents that no card of ours would make: pyHanko's own signer with Hanako's key, and encryption."""

import io

from asn1crypto import algos, keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign import signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.support.pki import specimen


def simple_signer(
    key_name: str = "holder signature",
    certificate: x509.Certificate | None = None,
    *,
    prefer_pss: bool = False,
    mechanism: str | None = None,
) -> signers.SimpleSigner:
    private = specimen.key(key_name).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    encoded = specimen.encoded(certificate or specimen.signature_certificate())
    return signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(encoded),
        signing_key=keys.PrivateKeyInfo.load(private),
        cert_registry=SimpleCertificateStore(),
        prefer_pss=prefer_pss,
        signature_mechanism=mechanism and algos.SignedDigestAlgorithm({"algorithm": mechanism}),
    )


def encrypted(pdf: bytes) -> bytes:
    """The document behind a password."""
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(pdf)))
    writer.encrypt(owner_pass="secret", user_pass="secret")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
