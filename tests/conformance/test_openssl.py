"""OpenSSL accepts what we sign under the right authority, and nothing under the other."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from honnin.custody.key_files import KeyFiles
from honnin.law.terms import Purpose
from honnin.pkix.ocsp import CertStatus, RevokedInfo, cert_id_of, request
from honnin.profile import crl as lists
from tests.support.pki import specimen
from tests.support.pki.files import AT, HOUR, LEAF, pem, response, revocation_list, run

pytestmark = pytest.mark.conformance
OTHER = {
    Purpose.SIGNATURE: Purpose.USER_AUTHENTICATION,
    Purpose.USER_AUTHENTICATION: Purpose.SIGNATURE,
}


@pytest.fixture(params=Purpose)
def purpose(request: pytest.FixtureRequest) -> Purpose:
    return Purpose(request.param)


@pytest.fixture
def anchor(tmp_path: Path, purpose: Purpose) -> Path:
    return pem(tmp_path / "anchor.pem", specimen.authority(purpose).certificate)


@pytest.fixture
def other_anchor(tmp_path: Path, purpose: Purpose) -> Path:
    return pem(tmp_path / "other.pem", specimen.authority(OTHER[purpose]).certificate)


@pytest.fixture
def leaf(tmp_path: Path, purpose: Purpose) -> Path:
    return pem(tmp_path / "leaf.pem", LEAF[purpose]())


def verify(anchor: Path, leaf: Path, *options: str | Path) -> tuple[int, str]:
    return run("openssl", "verify", "-x509_strict", "-attime", AT, "-CAfile", anchor, *options, leaf)


def test_certificate_under_its_authority(anchor: Path, leaf: Path, purpose: Purpose) -> None:
    policy = ("-policy_check", "-explicit_policy", "-policy", specimen.DEPLOYMENT.policy(purpose))
    code, output = verify(anchor, leaf, *policy)
    assert (code, output.strip()) == (0, f"{leaf}: OK")


def test_certificate_under_the_other_authority(other_anchor: Path, leaf: Path) -> None:
    code, output = verify(other_anchor, leaf)
    assert code != 0
    assert "unable to get local issuer certificate" in output


def test_policy_of_the_other_purpose_is_not_there(anchor: Path, leaf: Path, purpose: Purpose) -> None:
    policy = ("-policy_check", "-explicit_policy", "-policy", specimen.DEPLOYMENT.policy(OTHER[purpose]))
    code, output = verify(anchor, leaf, *policy)
    assert code != 0
    assert "no explicit policy" in output


def test_authentication_is_for_tls_clients_and_signing_for_documents(tmp_path: Path) -> None:
    anchor = pem(tmp_path / "ca.pem", specimen.authority(Purpose.USER_AUTHENTICATION).certificate)
    leaf = pem(tmp_path / "leaf.pem", specimen.user_authentication_certificate())
    assert verify(anchor, leaf, "-purpose", "sslclient")[0] == 0
    assert verify(anchor, leaf, "-purpose", "sslserver")[0] != 0


def test_generation_is_found_among_two_of_the_same_name(tmp_path: Path, purpose: Purpose, leaf: Path) -> None:
    both = tmp_path / "both.pem"
    certificates = [specimen.authority(purpose, generation).certificate for generation in (2, 1)]
    both.write_bytes(b"".join(pem(tmp_path / "one", each).read_bytes() for each in certificates))
    assert verify(both, leaf)[0] == 0
    second = pem(tmp_path / "second.pem", certificates[0])
    assert verify(second, leaf)[0] != 0


def test_list_under_its_authority(tmp_path: Path, purpose: Purpose, anchor: Path, other_anchor: Path) -> None:
    path = tmp_path / "list.crl"
    path.write_bytes(revocation_list(purpose, 5, 6))
    code, output = run("openssl", "crl", "-inform", "DER", "-in", path, "-CAfile", anchor, "-noout", "-text")
    assert code == 0
    assert "verify OK" in output
    assert "Issuing Distribution Point: critical" in output
    assert "Only User Certificates" in output
    assert output.count("Serial Number:") == 2
    assert output.count("Certificate Hold") == 1
    code, output = run("openssl", "crl", "-inform", "DER", "-in", path, "-CAfile", other_anchor, "-noout")
    assert "verify OK" not in output
    assert code != 0


@pytest.mark.parametrize("scope", ["partition", "full list"])
@pytest.mark.parametrize("revoked", [True, False])
def test_list_decides_over_the_certificate(
    tmp_path: Path, purpose: Purpose, anchor: Path, leaf: Path, scope: str, revoked: bool
) -> None:
    issuer = specimen.authority(purpose).issuer
    full = lists.full_list(issuer, lists.Edition(3, specimen.NOW - HOUR))
    parts = full if scope == "full list" else None
    serial_number = LEAF[purpose]().serial_number
    path = tmp_path / "list.pem"
    encoded = revocation_list(purpose, *([serial_number] if revoked else [5]), parts=parts)
    path.write_bytes(x509.load_der_x509_crl(encoded).public_bytes(Encoding.PEM))
    code, output = verify(anchor, leaf, "-crl_check", "-extended_crl", "-CRLfile", path)
    assert (code == 0) is not revoked
    assert ("certificate revoked" in output) is revoked


def test_partition_of_another_municipality_decides_nothing(
    tmp_path: Path, purpose: Purpose, anchor: Path, leaf: Path
) -> None:
    issuer = specimen.authority(purpose).issuer
    elsewhere = lists.partition(issuer, specimen.OTHER_PLACE, lists.Edition(3, specimen.NOW - HOUR))
    path = tmp_path / "list.pem"
    encoded = revocation_list(purpose, parts=elsewhere)
    path.write_bytes(x509.load_der_x509_crl(encoded).public_bytes(Encoding.PEM))
    code, output = verify(anchor, leaf, "-crl_check", "-extended_crl", "-CRLfile", path)
    assert code != 0
    assert "different CRL scope" in output


def ask(answer: Path, anchor: Path, leaf: Path, trusted: Path, *options: str | Path) -> tuple[int, str]:
    command = ("openssl", "ocsp", "-respin", answer, "-issuer", anchor, *options, "-cert", leaf)
    return run(*command, "-CAfile", trusted, "-attime", AT, "-validity_period", "1000000000")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("good", "good"),
        ("unknown", "unknown"),
        (RevokedInfo(specimen.NOW - HOUR), "revoked"),
        (RevokedInfo(specimen.NOW - HOUR, x509.ReasonFlags.certificate_hold), "certificateHold"),
    ],
)
@pytest.mark.parametrize("hash_name", ["sha1", "sha256"])
def test_response_under_its_authority(
    tmp_path: Path,
    purpose: Purpose,
    anchor: Path,
    leaf: Path,
    other_anchor: Path,
    status: RevokedInfo | CertStatus,
    said: str,
    hash_name: str,
) -> None:
    answer = tmp_path / "answer.der"
    answer.write_bytes(response(purpose, status, hash_name))
    code, output = ask(answer, anchor, leaf, anchor, f"-{hash_name}")
    assert code == 0
    assert "Response verify OK" in output
    assert said in output
    code, output = ask(answer, anchor, leaf, other_anchor, f"-{hash_name}")
    assert "Response verify OK" not in output
    assert code != 0


def test_request_of_openssl_is_the_same_as_ours(
    tmp_path: Path, purpose: Purpose, anchor: Path, leaf: Path
) -> None:
    asked = tmp_path / "asked.der"
    command = ("openssl", "ocsp", "-issuer", anchor, "-cert", leaf, "-reqout", asked, "-no_nonce")
    assert run(*command)[0] == 0
    cert_id = cert_id_of(specimen.authority(purpose).certificate, LEAF[purpose]().serial_number)
    assert asked.read_bytes() == request(cert_id)


def test_link_certificate_carries_trust_to_the_next_generation(tmp_path: Path) -> None:
    """Who pins the old generation learns from the link that the new key is genuine, and pins the new root.

    The link cannot stand in a path itself: the authorityKeyIdentifier of the profile names the serial
    number of the root, and OpenSSL insists on it.
    """
    anchor = pem(tmp_path / "first.pem", specimen.authority(Purpose.SIGNATURE).certificate)
    certificate = specimen.link_certificate(Purpose.SIGNATURE)
    link = pem(tmp_path / "link.pem", certificate)
    assert verify(anchor, link)[0] == 0
    second = specimen.authority(Purpose.SIGNATURE, 2).certificate
    assert verify(pem(tmp_path / "second.pem", second), link)[0] != 0
    assert certificate.public_key() == second.public_key()
    leaf = pem(tmp_path / "leaf.pem", specimen.signature_certificate(generation=2))
    assert verify(anchor, leaf, "-untrusted", link)[0] != 0


def test_a_key_file_is_opened_by_its_passphrase_alone(tmp_path: Path) -> None:
    KeyFiles(tmp_path, "a passphrase").create("ca")
    opened = [
        run("openssl", "pkey", "-in", tmp_path / "ca.pem", "-passin", f"pass:{said}", "-noout")[0]
        for said in ("a passphrase", "another")
    ]
    assert opened == [0, 1]
    assert ":scrypt" in run("openssl", "asn1parse", "-in", tmp_path / "ca.pem")[1]
