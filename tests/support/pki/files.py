"""What the foreign tools are given: certificates, lists and responses as files."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from honnin.law.terms import Purpose
from honnin.pkix.crl import CRLParts, build_crl, revoked_entry
from honnin.pkix.ocsp import CertStatus, Responder, RevokedInfo, StatusAnswer, cert_id_of
from honnin.profile import crl as lists
from tests.support.pki import specimen

HOUR = timedelta(hours=1)
AT = str(int(specimen.NOW.timestamp()))
"""The instant of the specimens as the tools write it, so that these tests do not grow old."""

LEAF = {
    Purpose.SIGNATURE: specimen.signature_certificate,
    Purpose.USER_AUTHENTICATION: specimen.user_authentication_certificate,
}


def pem(path: Path, certificate: x509.Certificate) -> Path:
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
    return path


def partition(purpose: Purpose) -> CRLParts:
    issuer = specimen.authority(purpose).issuer
    return lists.partition(issuer, specimen.PLACE, lists.Edition(7, specimen.NOW - HOUR))


def revocation_list(purpose: Purpose, *revoked: int, parts: CRLParts | None = None) -> bytes:
    """A list, by default the partition of the specimens' municipality, with some revoked."""
    reasons = (x509.ReasonFlags.certificate_hold, x509.ReasonFlags.unspecified)
    entries = b"".join(
        revoked_entry(serial_number, specimen.NOW - HOUR, reason)
        for serial_number, reason in zip(revoked, reasons * len(revoked), strict=False)
    )
    return build_crl(parts or partition(purpose), entries, specimen.authority(purpose).sign)


def response(
    purpose: Purpose, status: RevokedInfo | CertStatus, hash_name: str = "sha1", *, nonce: bytes | None = None
) -> bytes:
    """A response of the purpose's responder about the specimen."""
    certificate = specimen.responder_certificate(purpose)
    sign = specimen.signer(f"responder {purpose}")
    issuer = specimen.authority(purpose).certificate
    answer = StatusAnswer(
        cert_id_of(issuer, LEAF[purpose]().serial_number, hash_name),
        status,
        specimen.NOW - HOUR,
        specimen.NOW + HOUR,
    )
    responder = Responder(certificate, specimen.encoded(certificate), sign)
    return responder.respond(answer, produced_at=specimen.NOW, nonce=nonce)


def run(*command: str | Path) -> tuple[int, str]:
    """Exit code and all output of a tool."""
    done = subprocess.run(list(map(str, command)), capture_output=True, timeout=60, check=False)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def script(name: str) -> Path:
    """A command of the Python environment in which the tests run."""
    return Path(sys.executable).with_name(name)
