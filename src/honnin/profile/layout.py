"""The layout of every kind of certificate, written out by hand in DER for the linter.

Nothing here uses the modules that build certificates, nor their constants: where the two would agree only
because they share a mistake, the linter would be worth nothing. The facts of a deployment (its
organisation, policies and addresses) are the one thing taken from outside.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha1

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from honnin.errors import Malformed
from honnin.law.era import era_digit
from honnin.law.terms import Purpose
from honnin.pkix import der
from honnin.profile.names import Deployment

COUNTRY, LOCALITY, ORGANISATION, UNIT, COMMON_NAME = (
    bytes.fromhex(f"06035504{last:02x}") for last in (6, 7, 10, 11, 3)
)
KEY_USAGE, SUBJECT_ALTERNATIVE, ISSUER_ALTERNATIVE, BASIC_CONSTRAINTS = (
    bytes.fromhex(f"0603551d{last:02x}") for last in (15, 17, 18, 19)
)
DISTRIBUTION_POINTS, POLICIES, AUTHORITY_KEY, SUBJECT_KEY, EXTENDED_USAGE = (
    bytes.fromhex(f"0603551d{last:02x}") for last in (31, 32, 35, 14, 37)
)
AUTHORITY_INFORMATION = bytes.fromhex("06082b06010505070101")
NO_CHECK = bytes.fromhex("06092b0601050507300105")
_CPS_QUALIFIER = bytes.fromhex("06082b06010505070201")
_OCSP_METHOD = bytes.fromhex("06082b06010505073001")
_ATTRIBUTE = bytes.fromhex("060a2a83088c9b5508050500")

EXTENSION_NAMES: Mapping[bytes, str] = {
    KEY_USAGE: "keyUsage",
    SUBJECT_ALTERNATIVE: "subjectAltName",
    ISSUER_ALTERNATIVE: "issuerAltName",
    BASIC_CONSTRAINTS: "basicConstraints",
    DISTRIBUTION_POINTS: "cRLDistributionPoints",
    POLICIES: "certificatePolicies",
    AUTHORITY_KEY: "authorityKeyIdentifier",
    SUBJECT_KEY: "subjectKeyIdentifier",
    EXTENDED_USAGE: "extKeyUsage",
    AUTHORITY_INFORMATION: "authorityInfoAccess",
    NO_CHECK: "ocspNoCheck",
}


class Kind(StrEnum):
    """The kinds of certificate that the two authorities sign."""

    ROOT = "root"
    LINK = "link"
    USER_AUTHENTICATION = "user_authentication"
    SIGNATURE = "signature"
    OCSP_RESPONDER = "ocsp_responder"


@dataclass(frozen=True)
class Attribute:
    """One attribute of a DN as it was read: the type's OID in DER, the string's tag and its text."""

    type: bytes
    tag: int
    text: str


@dataclass(frozen=True)
class Reading:
    """What the linter has read of a certificate that an extension must agree with."""

    subject: tuple[Attribute, ...]
    key_hash: bytes


ValueCheck = Callable[[bytes, Reading], bool]


@dataclass(frozen=True)
class ExtensionRule:
    """One extension in its place: its OID in DER, its criticality, and what its value must be."""

    oid: bytes
    critical: bool
    check: ValueCheck


@dataclass(frozen=True)
class Layout:
    """What a kind of certificate must look like under one issuer.

    `subject`: the exact DN, or a pattern for each attribute: type, tag of the string, pattern of the text.
    `issuer_span`: the validity of the issuer, which no certificate may leave.
    """

    issuer: bytes
    subject: bytes | tuple[tuple[bytes, int, re.Pattern[str]], ...]
    extensions: tuple[ExtensionRule, ...]
    issuer_span: tuple[datetime, datetime] | None = field(default=None)


def layout(kind: Kind, deployment: Deployment, purpose: Purpose, issuer: x509.Certificate | None) -> Layout:
    """The layout of a kind of certificate. Every kind but a root needs the certificate of its issuer.

    Raises ValueError for a kind of certificate that the CA of this purpose does not issue.
    """
    names = _Names(deployment, purpose)
    if kind is Kind.ROOT:
        return Layout(names.authority, names.authority, _authority_extensions(names, ()))
    if issuer is None or kind.value in set(Purpose) - {purpose}:
        raise ValueError("this authority does not issue this kind of certificate")
    span = (issuer.not_valid_before_utc, issuer.not_valid_after_utc)
    identifier = ExtensionRule(AUTHORITY_KEY, False, _exactly(_authority_key_value(names, issuer)))
    if kind is Kind.LINK:
        rules = _authority_extensions(names, (identifier,))
        return Layout(names.authority, names.authority, rules, span)
    if kind is Kind.OCSP_RESPONDER:
        return Layout(names.authority, names.responder, _responder_extensions(identifier), span)
    if kind is Kind.SIGNATURE:
        return Layout(names.authority, _SIGNATURE_SUBJECT, _signature_extensions(names, identifier), span)
    return Layout(names.authority, _USER_SUBJECT, _user_authentication_extensions(names, identifier), span)


_LATIN = re.compile(r"[ -~]{1,58}")
_JP = (COUNTRY, der.PRINTABLE_STRING, re.compile("JP"))
_USER_SUBJECT = (_JP, (COMMON_NAME, der.UTF8_STRING, re.compile(r"[0-9A-Z]{14}[0-9]{8}A")))
_ISSUE_INSTANT = r"20[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])([01][0-9]|2[0-3])([0-5][0-9]){2}"
_SIGNATURE_SUBJECT = (
    _JP,
    (LOCALITY, der.UTF8_STRING, _LATIN),
    (LOCALITY, der.UTF8_STRING, _LATIN),
    (COMMON_NAME, der.UTF8_STRING, re.compile(_ISSUE_INSTANT + r"[0-9]{14}")),
)


class _Names:
    """The DNs and addresses of a deployment in DER."""

    def __init__(self, deployment: Deployment, purpose: Purpose) -> None:
        self.deployment = deployment
        self.policy = der.object_identifier(deployment.policy(purpose))
        english = {
            Purpose.SIGNATURE: "JPKI for digital signature",
            Purpose.USER_AUTHENTICATION: "JPKI for user authentication",
        }[purpose]
        japanese = {Purpose.SIGNATURE: "署名用", Purpose.USER_AUTHENTICATION: "利用者証明用"}[purpose]
        start = _country() + _rdn(ORGANISATION, deployment.organisation) + _rdn(UNIT, english)
        own = start + _rdn(UNIT, deployment.agency)
        self.authority = der.sequence(own)
        self.responder = der.sequence(own, _rdn(COMMON_NAME, "OCSP Responder"))
        self.points_start = start + _rdn(UNIT, "CRL Distribution Points")
        self.japanese = der.sequence(
            _country(),
            _rdn(ORGANISATION, deployment.japanese_organisation),
            _rdn(UNIT, deployment.japanese_organisation + japanese),
            _rdn(UNIT, deployment.japanese_agency),
        )


def _country() -> bytes:
    return bytes.fromhex("310b3009060355040613024a50")


def _rdn(attribute_type: bytes, text: str) -> bytes:
    return der.tlv(der.SET, der.sequence(attribute_type, der.utf8_string(text)))


def _authority_extensions(names: _Names, identifier: tuple[ExtensionRule, ...]) -> tuple[ExtensionRule, ...]:
    point = der.sequence(der.sequence(der.explicit(0, der.explicit(0, _directory(names.authority)))))
    return (
        ExtensionRule(KEY_USAGE, True, _exactly(bytes.fromhex("03020106"))),
        ExtensionRule(SUBJECT_ALTERNATIVE, False, _exactly(der.sequence(_directory(names.japanese)))),
        ExtensionRule(BASIC_CONSTRAINTS, True, _exactly(bytes.fromhex("30030101ff"))),
        ExtensionRule(DISTRIBUTION_POINTS, False, _exactly(point)),
        *identifier,
        _SUBJECT_KEY_RULE,
    )


def _responder_extensions(identifier: ExtensionRule) -> tuple[ExtensionRule, ...]:
    return (
        ExtensionRule(KEY_USAGE, True, _exactly(bytes.fromhex("03020780"))),
        ExtensionRule(EXTENDED_USAGE, False, _exactly(bytes.fromhex("300a06082b06010505070309"))),
        ExtensionRule(NO_CHECK, False, _exactly(bytes.fromhex("0500"))),
        identifier,
        _SUBJECT_KEY_RULE,
    )


def _user_authentication_extensions(names: _Names, identifier: ExtensionRule) -> tuple[ExtensionRule, ...]:
    responder = der.tlv(0x86, names.deployment.ocsp_uri.encode("ascii"))
    access = der.sequence(der.sequence(_OCSP_METHOD, responder))
    return (
        ExtensionRule(KEY_USAGE, True, _exactly(bytes.fromhex("03020780"))),
        ExtensionRule(EXTENDED_USAGE, False, _exactly(bytes.fromhex("300a06082b06010505070302"))),
        _policies_rule(names),
        _issuer_alternative_rule(names),
        ExtensionRule(DISTRIBUTION_POINTS, False, _municipal_point(names.points_start)),
        ExtensionRule(AUTHORITY_INFORMATION, False, _exactly(access)),
        identifier,
        _SUBJECT_KEY_RULE,
    )


def _signature_extensions(names: _Names, identifier: ExtensionRule) -> tuple[ExtensionRule, ...]:
    return (
        ExtensionRule(KEY_USAGE, True, _exactly(bytes.fromhex("030206c0"))),
        ExtensionRule(SUBJECT_ALTERNATIVE, False, _is_six_attributes),
        _policies_rule(names),
        _issuer_alternative_rule(names),
        ExtensionRule(DISTRIBUTION_POINTS, False, _municipal_point(names.points_start)),
        identifier,
        _SUBJECT_KEY_RULE,
    )


def _policies_rule(names: _Names) -> ExtensionRule:
    qualifier = der.sequence(_CPS_QUALIFIER, der.ia5_string(names.deployment.cps_uri))
    value = der.sequence(der.sequence(names.policy, der.sequence(qualifier)))
    return ExtensionRule(POLICIES, True, _exactly(value))


def _issuer_alternative_rule(names: _Names) -> ExtensionRule:
    return ExtensionRule(ISSUER_ALTERNATIVE, False, _exactly(der.sequence(_directory(names.japanese))))


def _authority_key_value(names: _Names, issuer: x509.Certificate) -> bytes:
    pkcs1 = issuer.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    return der.sequence(
        der.implicit(0, sha1(pkcs1, usedforsecurity=False).digest()),
        der.explicit(1, _directory(names.authority)),
        der.implicit(2, der.integer(issuer.serial_number)[2:]),
    )


def _directory(name: bytes) -> bytes:
    return der.explicit(4, name)


def _exactly(expected: bytes) -> ValueCheck:
    return lambda value, reading: value == expected


_SUBJECT_KEY_RULE = ExtensionRule(
    SUBJECT_KEY, False, lambda value, reading: value == b"\x04\x14" + reading.key_hash
)


def _municipal_point(start: bytes) -> ValueCheck:
    """One distribution point: the fixed start of the DN, OU = prefecture, CN = municipality + " CRLDP".

    Where the subject has localities, they are the same prefecture and municipality.
    """

    def check(value: bytes, reading: Reading) -> bool:
        (point,) = der.only(value).children()
        (named,) = point.children()
        (full_name,) = named.children(0xA0)
        (directory,) = full_name.children(0xA0)
        (name,) = directory.children(0xA4)
        if not name.content.startswith(start) or name.tag != der.SEQUENCE:
            return False
        prefecture, municipality = distinguished_name(name.content[len(start) :])
        localities = [found.text for found in reading.subject if found.type == LOCALITY]
        place = [prefecture.text, municipality.text.removesuffix(" CRLDP")]
        return (
            (prefecture.type, prefecture.tag) == (UNIT, der.UTF8_STRING)
            and (municipality.type, municipality.tag) == (COMMON_NAME, der.UTF8_STRING)
            and municipality.text.endswith(" CRLDP")
            and all(_LATIN.fullmatch(word) for word in place)
            and localities in ([], place)
        )

    return check


def distinguished_name(rdns: bytes) -> tuple[Attribute, ...]:
    """The attributes of a DN from its RDNs, one in each. Raises `Malformed` for anything else."""
    attributes = []
    for rdn in der.elements(rdns):
        pairs = rdn.children(der.SET)
        if len(pairs) != 1 or len(pair := pairs[0].children()) != 2:
            raise Malformed("E_DER_MALFORMED")
        attributes.append(Attribute(pair[0].encoded, pair[1].tag, pair[1].text()))
    return tuple(attributes)


_BIRTH_DATE = re.compile(r"([0-5])([0-9]{8})")


def _is_six_attributes(value: bytes, reading: Reading) -> bool:
    texts = []
    for number, other_name in zip((1, 4, 3, 5, 2, 6), der.only(value).children(), strict=True):
        oid, wrapped = other_name.children(0xA0)
        (text,) = wrapped.children(0xA0)
        if oid.encoded != _ATTRIBUTE[:-1] + bytes((number,)):
            return False
        texts.append(text.expect(der.UTF8_STRING).text())
    name, birth_date, sex, address, name_flags, address_flags = texts
    return (
        bool(name.strip())
        and _is_birth_date(birth_date)
        and sex in ("1", "2", "3")
        and 1 <= len(address) <= 200
        and re.fullmatch("[01]*", name_flags + address_flags) is not None
        and (len(name_flags), len(address_flags)) == (len(name), len(address))
    )


def _is_birth_date(text: str) -> bool:
    match = _BIRTH_DATE.fullmatch(text)
    if match is None:
        return False
    era, digits = match.groups()
    try:
        return era == era_digit(date.fromisoformat(digits))
    except ValueError:
        return False
