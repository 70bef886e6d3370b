"""The signature certificate (署名用電子証明書): the four attributes of the register, certified.

Seven extensions in the order of the published description. It has no extended key usage and no address
of a responder. The six attributes stand as otherNames in the subjectAltName, in their order.
"""

from dataclasses import dataclass, field

from cryptography import x509
from cryptography.x509.oid import NameOID

from honnin.law.terms import BasicFour, Purpose
from honnin.pkix import der
from honnin.pkix.certificate import Extension, ToBeSigned
from honnin.profile import names
from honnin.profile.holder import LONGEST_ADDRESS, LONGEST_NAME, SIGNATURE_COMMON_NAME, encode_birth_date
from honnin.profile.issuance import (
    Issuer,
    Particulars,
    distribution_point,
    key_usage,
    subject_key_identifier,
)
from honnin.profile.issuance import to_be_signed as assembled
from honnin.profile.names import Place

_PURPOSE = Purpose.SIGNATURE
_KEY_USAGE = key_usage("digital_signature", "content_commitment")


@dataclass(frozen=True)
class SignatureSubject:
    """The holder as the certificate will write them.

    `common_name`: 28 digits. `name_flags`, `address_flags`: one "0" or "1" for each character, "1" where a
    character stands for one outside the character set; empty means that no character does. Raises
    ValueError for flags of another length, an empty name, a name over 100 or an address over 200 characters,
    or a common name not of the form; never with the content in the message.
    """

    common_name: str
    basic_four: BasicFour
    place: Place
    name_flags: str = field(default="")
    address_flags: str = field(default="")

    def __post_init__(self) -> None:
        if not SIGNATURE_COMMON_NAME.fullmatch(self.common_name):
            raise ValueError("not a common name of a signature certificate")
        name, address = self.basic_four.name, self.basic_four.address
        if not (0 < len(name) <= LONGEST_NAME and 0 < len(address) <= LONGEST_ADDRESS):
            raise ValueError("the name or the address is empty or too long")
        object.__setattr__(self, "name_flags", _flags(self.name_flags, self.basic_four.name))
        object.__setattr__(self, "address_flags", _flags(self.address_flags, self.basic_four.address))


def _flags(flags: str, text: str) -> str:
    flags = flags or "0" * len(text)
    if len(flags) != len(text) or set(flags) - {"0", "1"}:
        raise ValueError("one flag, 0 or 1, for each character")
    return flags


def to_be_signed(issuer: Issuer, subject: SignatureSubject, particulars: Particulars) -> ToBeSigned:
    """The TBSCertificate. Raises ValueError for an issuer of the other purpose."""
    if issuer.purpose is not _PURPOSE:
        raise ValueError("the user-authentication CA does not issue signature certificates")
    extensions = (
        _KEY_USAGE,
        _attributes(subject),
        issuer.policies,
        issuer.issuer_alternative_name,
        distribution_point(issuer.deployment.distribution_point(_PURPOSE, subject.place)),
        issuer.authority_key_identifier_extension,
        subject_key_identifier(particulars.public_key),
    )
    return assembled(issuer.name, _subject(subject), particulars, extensions)


def _attributes(subject: SignatureSubject) -> Extension:
    person = subject.basic_four
    written = (
        (names.NAME, person.name),
        (names.BIRTH_DATE, encode_birth_date(person.birth_date)),
        (names.SEX, person.sex.value),
        (names.ADDRESS, person.address),
        (names.NAME_FLAGS, subject.name_flags),
        (names.ADDRESS_FLAGS, subject.address_flags),
    )
    other_names = [x509.OtherName(x509.ObjectIdentifier(oid), der.utf8_string(text)) for oid, text in written]
    return Extension.of(x509.SubjectAlternativeName(other_names))


def _subject(subject: SignatureSubject) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.LOCALITY_NAME, subject.place.prefecture),
            x509.NameAttribute(NameOID.LOCALITY_NAME, subject.place.municipality),
            x509.NameAttribute(NameOID.COMMON_NAME, subject.common_name),
        ]
    )
