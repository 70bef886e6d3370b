"""The lists of the profile: scopes, rhythm, reasons."""

from datetime import timedelta

import pytest
from cryptography import x509

from honnin.law.certificates.lapse import crl_reason
from honnin.law.terms import LapseGround, Purpose
from honnin.pkix.crl import CRLParts, build_crl
from honnin.profile import crl
from tests.support.pki import specimen

AUTHORITY = specimen.authority(Purpose.SIGNATURE)
EDITION = crl.Edition(9, specimen.NOW.replace(microsecond=5))


def test_every_ground_has_a_reason_that_rfc_5280_knows() -> None:
    reasons = {ground: crl.reason_flag(crl_reason(ground)) for ground in LapseGround}
    assert reasons[LapseGround.CHANGE_OF_ENTRY] is x509.ReasonFlags.affiliation_changed
    assert reasons[LapseGround.RENEWAL] is x509.ReasonFlags.superseded
    assert reasons[LapseGround.NOT_DELIVERED] is x509.ReasonFlags.unspecified
    assert crl.reason_flag("") is x509.ReasonFlags.unspecified
    assert crl.reason_flag("certificateHold") is x509.ReasonFlags.certificate_hold


@pytest.mark.parametrize(
    ("parts", "name", "users", "authorities"),
    [
        (
            crl.partition(AUTHORITY.issuer, specimen.PLACE, EDITION),
            specimen.DEPLOYMENT.distribution_point(Purpose.SIGNATURE, specimen.PLACE),
            True,
            False,
        ),
        (crl.authority_list(AUTHORITY.issuer, EDITION), AUTHORITY.issuer.name, False, True),
    ],
)
def test_scope(parts: CRLParts, name: x509.Name, users: bool, authorities: bool) -> None:
    read = x509.load_der_x509_crl(build_crl(parts, b"", AUTHORITY.sign))
    extension = read.extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    point = extension.value
    assert extension.critical
    assert point.full_name == [x509.DirectoryName(name)]
    assert (point.only_contains_user_certs, point.only_contains_ca_certs) == (users, authorities)


def test_full_list_has_no_scope_and_lasts_two_days() -> None:
    read = x509.load_der_x509_crl(build_crl(crl.full_list(AUTHORITY.issuer, EDITION), b"", AUTHORITY.sign))
    assert [type(extension.value) for extension in read.extensions] == [
        x509.AuthorityKeyIdentifier,
        x509.CRLNumber,
    ]
    assert read.issuer == AUTHORITY.certificate.subject
    assert read.last_update_utc == specimen.NOW
    assert read.next_update_utc == specimen.NOW + timedelta(hours=48)
    identifier = read.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert identifier == AUTHORITY.issuer.authority_key_identifier


def test_delta_names_its_base() -> None:
    edition = crl.Edition(9, specimen.NOW, base_crl_number=8)
    read = x509.load_der_x509_crl(build_crl(crl.full_list(AUTHORITY.issuer, edition), b"", AUTHORITY.sign))
    assert read.extensions.get_extension_for_class(x509.DeltaCRLIndicator).value.crl_number == 8
