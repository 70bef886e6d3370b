"""The certificate of a delegated OCSP responder (our choice; the real one is not published).

Issued by the CA for whose certificates it answers, for signing OCSP responses and nothing else, short in
its life because nobody can revoke it (id-pkix-ocsp-nocheck, RFC 6960, 4.2.2.2.1).
"""

from datetime import timedelta

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from honnin.pkix.certificate import Extension, ToBeSigned
from honnin.profile.issuance import Issuer, Particulars, key_usage, subject_key_identifier
from honnin.profile.issuance import to_be_signed as assembled

LONGEST_VALIDITY = timedelta(days=92)
"""About three months (our choice): a stolen responder key is a danger for that long at most."""


def to_be_signed(issuer: Issuer, particulars: Particulars) -> ToBeSigned:
    """The TBSCertificate. Raises ValueError for a validity over `LONGEST_VALIDITY`."""
    validity = particulars.validity
    if validity.last_second - validity.first_second > LONGEST_VALIDITY:
        raise ValueError("a certificate that cannot be revoked must be short-lived")
    return assembled(
        issuer.name,
        issuer.deployment.responder_name(issuer.purpose),
        particulars,
        (
            key_usage("digital_signature"),
            Extension.of(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])),
            Extension.of(x509.OCSPNoCheck()),
            issuer.authority_key_identifier_extension,
            subject_key_identifier(particulars.public_key),
        ),
    )
