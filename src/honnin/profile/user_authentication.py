"""The user-authentication certificate (利用者証明用電子証明書): who comes back, not who it is.

It names no person: the subject is a common name that changes with every certificate. Eight extensions in
the order of the real ones.
"""

from dataclasses import dataclass
from functools import cache

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from honnin.law.terms import Purpose
from honnin.pkix.certificate import Extension, ToBeSigned
from honnin.profile.holder import USER_AUTHENTICATION_COMMON_NAME
from honnin.profile.issuance import (
    Issuer,
    Particulars,
    distribution_point,
    key_usage,
    subject_key_identifier,
)
from honnin.profile.issuance import to_be_signed as assembled
from honnin.profile.names import Place

_PURPOSE = Purpose.USER_AUTHENTICATION
_KEY_USAGE = key_usage("digital_signature")
_CLIENT_AUTHENTICATION = Extension.of(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]))


@dataclass(frozen=True)
class UserAuthenticationSubject:
    """The 23 characters of the common name, and the municipality whose CRL partition will speak for it.

    Raises ValueError for a common name that is not of the form, or of another municipality.
    """

    common_name: str
    place: Place

    def __post_init__(self) -> None:
        if not USER_AUTHENTICATION_COMMON_NAME.fullmatch(self.common_name):
            raise ValueError("not a common name of user authentication")
        if self.common_name[14:19] != self.place.code:
            raise ValueError("the common name has the code of another municipality")


def to_be_signed(issuer: Issuer, subject: UserAuthenticationSubject, particulars: Particulars) -> ToBeSigned:
    """The TBSCertificate. Raises ValueError for an issuer of the other purpose."""
    if issuer.purpose is not _PURPOSE:
        raise ValueError("the signature CA does not issue certificates for user authentication")
    extensions = (
        _KEY_USAGE,
        _CLIENT_AUTHENTICATION,
        issuer.policies,
        issuer.issuer_alternative_name,
        distribution_point(issuer.deployment.distribution_point(_PURPOSE, subject.place)),
        _ocsp_address(issuer.deployment.ocsp_uri),
        issuer.authority_key_identifier_extension,
        subject_key_identifier(particulars.public_key),
    )
    return assembled(issuer.name, _subject(subject), particulars, extensions)


@cache
def _ocsp_address(uri: str) -> Extension:
    access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(uri))
    return Extension.of(x509.AuthorityInformationAccess([access]))


def _subject(subject: UserAuthenticationSubject) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.COMMON_NAME, subject.common_name),
        ]
    )
