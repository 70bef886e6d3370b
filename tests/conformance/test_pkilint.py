"""pkilint finds no error in anything that we sign.

It may remark on what the published profile wants; each remark is listed here with its reason. What is
merely information about the certificate is below the threshold.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from honnin.law.terms import Purpose
from honnin.pkix.ocsp import CertStatus, RevokedInfo
from honnin.profile import crl as lists
from tests.support.pki import specimen
from tests.support.pki.files import HOUR, pem, response, revocation_list, run, script

pytestmark = pytest.mark.conformance

REMARKS = {
    # RFC 5280, 4.2.1.4 recommends a policy without qualifiers; the published certificates have the address
    # of the practice statement.
    "pkix.certificate_policies_policy_has_qualifier",
}

CERTIFICATES: dict[str, Callable[[], x509.Certificate]] = {
    "signature": specimen.signature_certificate,
    "user authentication": specimen.user_authentication_certificate,
    "root": lambda: specimen.authority(Purpose.SIGNATURE).certificate,
    "link": lambda: specimen.link_certificate(Purpose.SIGNATURE),
    "responder": lambda: specimen.responder_certificate(Purpose.SIGNATURE),
}


def remarks(command: str, *arguments: str | Path) -> set[str]:
    """The codes of all findings from notices up."""
    _, output = run(script(command), "lint", "-s", "NOTICE", "-f", "CSV", *arguments)
    lines = output.strip().splitlines()
    assert lines[0].startswith("node_path,validator,severity,code"), output
    return {line.split(",")[3] for line in lines[1:]}


@pytest.mark.parametrize("kind", CERTIFICATES)
def test_certificates(tmp_path: Path, kind: str) -> None:
    path = pem(tmp_path / "certificate.pem", CERTIFICATES[kind]())
    assert remarks("lint_pkix_cert", path) <= REMARKS


def test_linter_would_find_an_error(tmp_path: Path) -> None:
    """That the tool is working at all: a certificate without a key identifier of its issuer."""
    model = specimen.signature_certificate()
    key = specimen.key("any")
    builder = x509.CertificateBuilder(
        model.issuer,
        model.subject,
        key.public_key(),
        1,
        model.not_valid_before_utc,
        model.not_valid_after_utc,
    )
    path = pem(tmp_path / "bad.pem", builder.sign(key, hashes.SHA256()))
    assert "pkix.authority_key_identifier_extension_absent" in remarks("lint_pkix_cert", path)


@pytest.mark.parametrize("kind", ["signature", "user authentication"])
def test_chain(tmp_path: Path, kind: str) -> None:
    purpose = Purpose.SIGNATURE if kind == "signature" else Purpose.USER_AUTHENTICATION
    issuer = pem(tmp_path / "issuer.pem", specimen.authority(purpose).certificate)
    subject = pem(tmp_path / "subject.pem", CERTIFICATES[kind]())
    assert remarks("lint_pkix_signer_signee_cert_chain", issuer, subject) <= REMARKS


@pytest.mark.parametrize("kind", ["partition", "authority list"])
def test_lists(tmp_path: Path, kind: str) -> None:
    parts = None
    if kind == "authority list":
        issuer = specimen.authority(Purpose.SIGNATURE).issuer
        parts = lists.authority_list(issuer, lists.Edition(3, specimen.NOW - HOUR))
    path = tmp_path / "list.crl"
    path.write_bytes(revocation_list(Purpose.SIGNATURE, 5, 6, parts=parts))
    list_type = "ARL" if kind == "authority list" else "CRL"
    assert remarks("lint_crl", "-t", list_type, "-p", "PKIX", path) == set()


@pytest.mark.parametrize("status", [CertStatus.GOOD, RevokedInfo(specimen.NOW - HOUR)])
def test_responses(tmp_path: Path, status: RevokedInfo | CertStatus) -> None:
    path = tmp_path / "response.der"
    path.write_bytes(response(Purpose.USER_AUTHENTICATION, status, nonce=b"n" * 32))
    assert remarks("lint_ocsp_response", path) == set()
