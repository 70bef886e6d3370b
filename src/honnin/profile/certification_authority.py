"""The certificates of the two certification authorities: self-signed roots, and links between generations.

The root follows the published CA certificates field by field. It has no authorityKeyIdentifier, no
policies and no authorityInfoAccess. The layout of the link certificates is our choice (none is known).
"""

from cryptography import x509

from honnin.law.terms import Purpose
from honnin.pkix.certificate import Extension, ToBeSigned
from honnin.profile.issuance import (
    Issuer,
    Particulars,
    distribution_point,
    key_usage,
    subject_key_identifier,
)
from honnin.profile.issuance import to_be_signed as assembled
from honnin.profile.names import Deployment


def root_to_be_signed(deployment: Deployment, purpose: Purpose, particulars: Particulars) -> ToBeSigned:
    """The TBSCertificate of a CA's own certificate, to be signed with the key that it certifies."""
    return _to_be_signed(deployment, purpose, particulars, ())


def link_to_be_signed(issuer: Issuer, particulars: Particulars) -> ToBeSigned:
    """The TBSCertificate of a link: `issuer` certifies the key of another generation of the same CA.

    Made both ways at a rollover (RFC 4210, 4.4.1): the new key signed with the old, the old with the new.
    """
    identifier = (issuer.authority_key_identifier_extension,)
    return _to_be_signed(issuer.deployment, issuer.purpose, particulars, identifier)


def _to_be_signed(
    deployment: Deployment, purpose: Purpose, particulars: Particulars, identifier: tuple[Extension, ...]
) -> ToBeSigned:
    name = deployment.ca_name(purpose)
    japanese = x509.DirectoryName(deployment.japanese_ca_name(purpose))
    extensions = (
        key_usage("key_cert_sign", "crl_sign"),
        Extension.of(x509.SubjectAlternativeName([japanese])),
        Extension.of(x509.BasicConstraints(ca=True, path_length=None), critical=True),
        distribution_point(name),
        *identifier,
        subject_key_identifier(particulars.public_key),
    )
    return assembled(name, name, particulars, extensions)
