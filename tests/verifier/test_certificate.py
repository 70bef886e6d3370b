"""Is this certificate good, now, for this?"""

from datetime import UTC, datetime

import pytest
from cryptography import x509

from honnin.clock import FixedClock
from honnin.errors import Malformed, Unavailable, Untrusted
from honnin.law.terms import Purpose
from honnin.pkix.ocsp import CertStatus, ErrorStatus, RevokedInfo
from honnin.verifier import CertificateVerifier, TrustStore
from tests.support.pki import specimen
from tests.support.pki.sources import SmallResponder

SIGNATURE = specimen.signature_certificate()
AUTHENTICATION = specimen.user_authentication_certificate()


def refused(verifier: CertificateVerifier, certificate: x509.Certificate) -> set[str]:
    """The codes with which both questions are refused."""
    codes = set()
    for verify in (verifier.verify_signature_certificate, verifier.verify_authentication_certificate):
        with pytest.raises(Untrusted) as caught:
            verify(specimen.encoded(certificate))
        codes.add(caught.value.code)
    return codes


@pytest.mark.clause("S4-2.3")
def test_holder_of_a_good_signature_certificate(certificates: CertificateVerifier) -> None:
    holder = certificates.verify_signature_certificate(specimen.encoded(SIGNATURE))
    assert holder.basic_four == specimen.HANAKO
    assert holder.serial_number == SIGNATURE.serial_number
    assert holder.certificate.public_key() == specimen.key("holder signature").public_key()
    assert (holder.substitute_flags.name, holder.substitute_flags.address) == ("10000", "0" * 19)
    assert "花子" not in repr(holder)


def test_login_is_issuer_and_serial_number(certificates: CertificateVerifier) -> None:
    login = certificates.verify_authentication_certificate(specimen.encoded(AUTHENTICATION))
    assert login.serial_number == AUTHENTICATION.serial_number
    assert "OU=JPKI for user authentication" in login.issuer
    assert login.certificate == AUTHENTICATION


def test_certificates_are_not_taken_for_the_other_purpose(certificates: CertificateVerifier) -> None:
    with pytest.raises(Untrusted, match="E_PURPOSE_NOT_ALLOWED"):
        certificates.verify_authentication_certificate(specimen.encoded(SIGNATURE))
    with pytest.raises(Untrusted, match="E_PURPOSE_NOT_ALLOWED"):
        certificates.verify_signature_certificate(specimen.encoded(AUTHENTICATION))


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (CertStatus.UNKNOWN, "E_STATUS_UNKNOWN"),
        (RevokedInfo(specimen.NOW), "E_CERT_REVOKED"),
        (RevokedInfo(specimen.NOW, x509.ReasonFlags.key_compromise), "E_CERT_REVOKED"),
        (RevokedInfo(specimen.NOW, x509.ReasonFlags.certificate_hold), "E_CERT_HELD"),
    ],
)
def test_only_good_is_good(
    certificates: CertificateVerifier, responder: SmallResponder, status: RevokedInfo | CertStatus, code: str
) -> None:
    responder.statuses[Purpose.SIGNATURE, SIGNATURE.serial_number] = status
    with pytest.raises(Untrusted) as caught:
        certificates.verify_signature_certificate(specimen.encoded(SIGNATURE))
    assert caught.value.code == code


def test_responder_that_has_trouble_is_not_an_answer(
    certificates: CertificateVerifier, responder: SmallResponder
) -> None:
    responder.failure = ErrorStatus.TRY_LATER
    with pytest.raises(Unavailable, match="E_STATUS_UNAVAILABLE"):
        certificates.verify_signature_certificate(specimen.encoded(SIGNATURE))


def test_without_a_source_of_status_nothing_is_valid(trust: TrustStore, clock: FixedClock) -> None:
    verifier = CertificateVerifier(trust, None, clock)
    with pytest.raises(Untrusted, match="E_STATUS_UNKNOWN"):
        verifier.verify_signature_certificate(specimen.encoded(SIGNATURE))
    with pytest.raises(Untrusted, match="E_STATUS_UNKNOWN"):
        verifier.verify_authentication_certificate(specimen.encoded(AUTHENTICATION))


@pytest.mark.clause("S3-2")
def test_expired_certificate_is_not_asked_about(
    certificates: CertificateVerifier, clock: FixedClock, responder: SmallResponder
) -> None:
    clock.move_to(datetime(2031, 2, 17, 15, 0, 0, tzinfo=UTC))
    with pytest.raises(Untrusted, match="E_CERT_EXPIRED"):
        certificates.verify_signature_certificate(specimen.encoded(SIGNATURE))
    assert responder.asked == 0


def test_forged_certificate_is_not_asked_about(
    certificates: CertificateVerifier, responder: SmallResponder
) -> None:
    forged = specimen.Authority(specimen.authority(Purpose.SIGNATURE).issuer, "a forger's").certify(
        specimen.signature_tbs()
    )
    assert refused(certificates, forged) == {"E_SIGNATURE_BROKEN", "E_PURPOSE_NOT_ALLOWED"}
    assert responder.asked == 0


def test_production_certificate_is_unknown_to_a_test(certificates: CertificateVerifier) -> None:
    production = specimen.authority(Purpose.SIGNATURE, 1, specimen.PRODUCTION)
    certificate = production.certify(specimen.signature_tbs(production))
    assert refused(certificates, certificate) == {"E_ISSUER_UNKNOWN"}


def test_accepted_policies_are_the_relying_partys_choice(
    trust: TrustStore, clock: FixedClock, responder_url: str
) -> None:
    policies = {purpose: frozenset({"1.2.3.4"}) for purpose in Purpose}
    verifier = CertificateVerifier(trust, None, clock, policies)
    with pytest.raises(Untrusted, match="E_POLICY_NOT_ACCEPTED"):
        verifier.verify_signature_certificate(specimen.encoded(SIGNATURE))


@pytest.mark.parametrize("encoded", [b"", b"\x30\x00", b"hello"])
def test_bytes_that_are_no_certificate(certificates: CertificateVerifier, encoded: bytes) -> None:
    with pytest.raises(Malformed, match="E_CERT_MALFORMED"):
        certificates.verify_signature_certificate(encoded)
