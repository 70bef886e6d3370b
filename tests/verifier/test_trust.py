"""The pinned CA certificates."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from honnin.errors import Malformed, Untrusted
from honnin.law.terms import Purpose
from honnin.pkix.certificate import load
from honnin.verifier import TrustStore
from tests.support.pki import specimen

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


def test_a_holders_certificate_is_not_pinned() -> None:
    for other in (specimen.signature_certificate(), specimen.user_authentication_certificate()):
        with pytest.raises(Untrusted, match="E_CA_CERTIFICATE_EXPECTED"):
            TrustStore(specimen.DEPLOYMENT, [other])


def test_another_deployments_authority_is_not_pinned() -> None:
    with pytest.raises(Untrusted, match="E_CA_OF_ANOTHER"):
        TrustStore(specimen.PRODUCTION, [FIRST])


def test_authority_whose_own_signature_is_broken_is_not_pinned() -> None:
    authority = specimen.authority(Purpose.SIGNATURE)
    damaged = bytearray(specimen.encoded(authority.certificate))
    damaged[-1] ^= 1
    with pytest.raises(Untrusted, match="E_SIGNATURE_BROKEN"):
        TrustStore(specimen.DEPLOYMENT, [load(bytes(damaged))])


# — The next generation ———————————————————————————————————————————————————————————————————————————————

LINK = specimen.link_certificate(Purpose.SIGNATURE)


def test_who_pins_one_generation_comes_to_the_next_by_its_link() -> None:
    before = TrustStore(specimen.DEPLOYMENT, [FIRST, AUTHENTICATION])
    after = before.with_generation(SECOND, LINK, at=specimen.NOW)
    assert len(after.fingerprints(Purpose.SIGNATURE)) == 2
    assert after.fingerprints(Purpose.USER_AUTHENTICATION) == before.fingerprints(Purpose.USER_AUTHENTICATION)
    for generation, root in ((1, FIRST), (2, SECOND)):
        leaf = specimen.signature_certificate(generation=generation)
        assert after.anchors(Purpose.SIGNATURE).issuer_of(leaf) == root
    with pytest.raises(Untrusted, match="E_ISSUER_UNKNOWN"):
        before.anchors(Purpose.SIGNATURE).issuer_of(specimen.signature_certificate(generation=2))


@pytest.mark.parametrize(
    ("pinned", "root", "link", "at", "code"),
    [
        ([AUTHENTICATION], SECOND, LINK, specimen.NOW, "E_ISSUER_UNKNOWN"),
        ([SECOND], FIRST, LINK, specimen.NOW, "E_ISSUER_UNKNOWN"),
        (
            [FIRST],
            specimen.authority(Purpose.SIGNATURE, 3).certificate,
            LINK,
            specimen.NOW,
            "E_ISSUER_UNKNOWN",
        ),
        ([FIRST], LINK, LINK, specimen.NOW, "E_SIGNATURE_BROKEN"),
        ([FIRST], SECOND, SECOND, specimen.NOW, "E_SIGNATURE_BROKEN"),
        ([FIRST], SECOND, LINK, datetime(2025, 7, 15, tzinfo=UTC), "E_CERT_NOT_YET_VALID"),
        ([FIRST], SECOND, LINK, datetime(2034, 7, 15, 15, tzinfo=UTC), "E_ISSUER_EXPIRED"),
        ([FIRST], SECOND, specimen.responder_certificate(Purpose.SIGNATURE), specimen.NOW, "E_KEY_USAGE"),
        ([FIRST], SECOND, specimen.user_authentication_certificate(), specimen.NOW, "E_ISSUER_UNKNOWN"),
    ],
    ids=[
        "no generation pinned",
        "link the other way",
        "another key",
        "link instead of root",
        "root instead of link",
        "early",
        "late",
        "no CA",
        "another CA's",
    ],
)
def test_nobody_else_comes_in_by_a_link(
    pinned: list[x509.Certificate],
    root: x509.Certificate,
    link: x509.Certificate,
    at: datetime,
    code: str,
) -> None:
    with pytest.raises(Untrusted, match=code):
        TrustStore(specimen.DEPLOYMENT, pinned).with_generation(root, link, at=at)


def test_a_link_whose_signature_is_broken_is_none() -> None:
    damaged = bytearray(specimen.encoded(LINK))
    damaged[-1] ^= 1
    with pytest.raises(Untrusted, match="E_SIGNATURE_BROKEN"):
        TrustStore(specimen.DEPLOYMENT, [FIRST]).with_generation(
            SECOND, load(bytes(damaged)), at=specimen.NOW
        )
