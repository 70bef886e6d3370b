"""The holder as certificates write them: subject common names and the six attributes, both ways.

Writing is for the issuer and reading for whoever relies on the certificate; both stand here so that they
cannot differ. What does not follow the profile raises `Malformed("E_CERT_NOT_IN_PROFILE")`, never with
the content that was read: it is personal data.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from honnin.clock import JAPAN
from honnin.errors import Malformed
from honnin.identifiers import MunicipalityCode
from honnin.law.citation import cites
from honnin.law.era import era_digit
from honnin.law.terms import BasicFour, Sex
from honnin.pkix import der
from honnin.profile import names

USER_AUTHENTICATION_COMMON_NAME = re.compile(r"[0-9A-Z]{14}[0-9]{5}[0-9]{3}A", re.ASCII)
"""14 characters, the municipality code, a sequence of three digits, "A": 23 characters."""

SIGNATURE_COMMON_NAME = re.compile(r"[0-9]{28}", re.ASCII)
"""The instant of issue as YYYYMMDDHHMMSS in Japan time and 14 more digits."""

LONGEST_ADDRESS = 200
LONGEST_NAME = 100
"""Our choice: as long as the register keeps one, so that every certificate has room on every card."""

_NOT_IN_PROFILE = "E_CERT_NOT_IN_PROFILE"


def user_authentication_common_name(random: str, municipality_code: MunicipalityCode, sequence: int) -> str:
    """The subject CN of a user-authentication certificate from 14 characters `[0-9A-Z]` and 0..999.

    It changes with every certificate and is therefore no identifier of a person. Raises ValueError.
    """
    common_name = f"{random}{municipality_code}{sequence:03d}A"
    if not (len(random) == 14 and USER_AUTHENTICATION_COMMON_NAME.fullmatch(common_name)):
        raise ValueError("the parts do not make a common name of user authentication")
    return common_name


def signature_common_name(issued_at: datetime, tail: str) -> str:
    """The subject CN of a signature certificate from the instant of issue and 14 digits.

    What the tail of the real ones means is not known; ours is whatever the issuer numbers with. Raises
    ValueError.
    """
    common_name = f"{issued_at.astimezone(JAPAN):%Y%m%d%H%M%S}{tail}"
    if not (len(tail) == 14 and SIGNATURE_COMMON_NAME.fullmatch(common_name)):
        raise ValueError("the parts do not make a common name of a signature certificate")
    return common_name


def encode_birth_date(birth_date: date) -> str:
    """Nine characters: the digit of the era and the Gregorian date, such as `319800217`."""
    return f"{era_digit(birth_date)}{birth_date.isoformat().replace('-', '')}"


def decode_birth_date(text: str) -> date:
    """The date of nine such characters. Raises `Malformed` when digit and date contradict each other.

    The digit 0, era unknown, is accepted with any date.
    """
    if not re.fullmatch(r"[0-5][0-9]{8}", text, re.ASCII):
        raise Malformed(_NOT_IN_PROFILE, findings="L_EXTENSION_VALUE")
    try:
        birth_date = date(int(text[1:5]), int(text[5:7]), int(text[7:9]))
    except ValueError as error:
        raise Malformed(_NOT_IN_PROFILE, findings="L_EXTENSION_VALUE") from error
    if text[0] not in ("0", era_digit(birth_date)):
        raise Malformed(_NOT_IN_PROFILE, findings="L_EXTENSION_VALUE")
    return birth_date


@dataclass(frozen=True)
class SubstituteFlags:
    """Which characters of the name and of the address stand for others outside the character set.

    One "0" or "1" for each character.
    """

    name: str
    address: str


@cites("S4-1.3.1")
def basic_four(certificate: x509.Certificate) -> BasicFour:
    """The four attributes in the subjectAltName of a signature certificate.

    Raises `Malformed("E_CERT_NOT_IN_PROFILE")` when they are not all there, once each and readable.
    """
    attributes = _attributes(certificate)
    try:
        return BasicFour(
            name=attributes[names.NAME],
            birth_date=decode_birth_date(attributes[names.BIRTH_DATE]),
            sex=Sex(attributes[names.SEX]),
            address=attributes[names.ADDRESS],
        )
    except (KeyError, ValueError) as error:
        raise Malformed(_NOT_IN_PROFILE, findings="L_EXTENSION_VALUE") from error


def substitute_flags(certificate: x509.Certificate) -> SubstituteFlags:
    """The flags of the characters replaced. Their number is not compared with the characters: cards
    are known whose certificates count otherwise.
    """
    attributes = _attributes(certificate)
    try:
        return SubstituteFlags(attributes[names.NAME_FLAGS], attributes[names.ADDRESS_FLAGS])
    except KeyError as error:
        raise Malformed(_NOT_IN_PROFILE, findings="L_EXTENSION_VALUE") from error


def common_name(certificate: x509.Certificate) -> str:
    """The single common name of the subject. Raises `Malformed("E_CERT_NOT_IN_PROFILE")`."""
    values = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if len(values) != 1 or not isinstance(values[0].value, str):
        raise Malformed(_NOT_IN_PROFILE, findings="L_SUBJECT")
    return values[0].value


def _attributes(certificate: x509.Certificate) -> dict[str, str]:
    try:
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError) as error:
        raise Malformed(_NOT_IN_PROFILE, findings="L_EXTENSION_VALUE") from error
    attributes: dict[str, str] = {}
    for other_name in alternatives:
        if not isinstance(other_name, x509.OtherName):
            continue
        oid = other_name.type_id.dotted_string
        if oid in attributes:
            raise Malformed(_NOT_IN_PROFILE, findings="L_EXTENSION_VALUE")
        attributes[oid] = _utf8_text(other_name.value)
    return attributes


def _utf8_text(encoded: bytes) -> str:
    try:
        return der.only(encoded).expect(der.UTF8_STRING).text()
    except Malformed as error:
        raise Malformed(_NOT_IN_PROFILE, findings="L_EXTENSION_VALUE") from error
