"""The certificate whose status is asked for, its issuer, and a stranger who would answer."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from honnin.errors import Untrusted
from honnin.law.terms import Purpose
from tests.support.pki import specimen

PURPOSE = Purpose.USER_AUTHENTICATION
AUTHORITY = specimen.authority(PURPOSE)
SECOND = specimen.authority(PURPOSE, 2)
CERTIFICATE = specimen.user_authentication_certificate()
NOW = specimen.NOW
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def untrusted(ask: Callable[[], object]) -> str:
    with pytest.raises(Untrusted) as caught:
        ask()
    return caught.value.code


def stranger(
    *,
    issuer: specimen.Authority = AUTHORITY,
    without: type[x509.ExtensionType] | None = None,
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.OCSP_SIGNING,
    days: int = 10,
) -> x509.Certificate:
    """A certificate for a responder that is wrong in one way."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "responder")])
    builder = x509.CertificateBuilder(
        issuer.issuer.name,
        name,
        specimen.key("stranger").public_key(),
        5,
        NOW - timedelta(days=20),
        NOW + timedelta(days=days),
    )
    for value in (x509.ExtendedKeyUsage([usage]), x509.OCSPNoCheck()):
        if without is None or not isinstance(value, without):
            builder = builder.add_extension(value, critical=False)
    return builder.sign(specimen.key(issuer.key_name), hashes.SHA256())
