"""The pinned CA certificates."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from honnin.errors import Malformed, Untrusted
from honnin.law.terms import Purpose
from honnin.pkix.certificate import load
from honnin.verifier import TrustStore
from tests.profile import specimen

FIRST = specimen.authority(Purpose.SIGNATURE, 1).certificate
SECOND = specimen.authority(Purpose.SIGNATURE, 2).certificate
AUTHENTICATION = specimen.authority(Purpose.USER_AUTHENTICATION).certificate


def test_generations_from_pem_and_der_files(tmp_path: Path) -> None:
    bundle = tmp_path / "signature.pem"
    bundle.write_bytes(FIRST.public_bytes(Encoding.PEM) + SECOND.public_bytes(Encoding.PEM))
    single = tmp_path / "authentication.cer"
    single.write_bytes(AUTHENTICATION.public_bytes(Encoding.DER))
    trust = TrustStore.load(specimen.DEPLOYMENT, [bundle, single])
    expected = tuple(certificate.fingerprint(SHA256()).hex() for certificate in (FIRST, SECOND))
    assert trust.fingerprints(Purpose.SIGNATURE) == expected
    assert len(trust.fingerprints(Purpose.USER_AUTHENTICATION)) == 1
    assert trust.anchors(Purpose.SIGNATURE).issuer_of(specimen.signature_certificate()) == FIRST


def test_purpose_is_read_from_the_name() -> None:
    trust = TrustStore(specimen.DEPLOYMENT, [])
    assert trust.purpose_of(FIRST.subject) is Purpose.SIGNATURE
    assert trust.purpose_of(AUTHENTICATION.subject) is Purpose.USER_AUTHENTICATION
    assert trust.purpose_of(specimen.signature_certificate().subject) is None


@pytest.mark.parametrize("content", [b"", b"-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n"])
def test_file_without_a_certificate(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "nothing"
    path.write_bytes(content)
    with pytest.raises(Malformed, match="E_CERT_MALFORMED"):
        TrustStore.load(specimen.DEPLOYMENT, [path])


def test_another_deployments_authority_is_not_pinned() -> None:
    with pytest.raises(Untrusted, match="E_ISSUER_UNKNOWN"):
        TrustStore(specimen.PRODUCTION, [FIRST])


def test_authority_whose_own_signature_is_broken_is_not_pinned() -> None:
    authority = specimen.authority(Purpose.SIGNATURE)
    damaged = bytearray(specimen.encoded(authority.certificate))
    damaged[-1] ^= 1
    with pytest.raises(Untrusted, match="E_SIGNATURE_BROKEN"):
        TrustStore(specimen.DEPLOYMENT, [load(bytes(damaged))])
