"""The linter: does a certificate follow the profile, to the last octet? Asked before anything is signed.

It reads encoded bytes and does not trust the modules that made them. Findings have stable codes; their
details name fields, never contents, for contents are personal data.

| code | what is wrong |
|---|---|
| L_DER | not DER, or not the fields of a version 3 certificate |
| L_VERSION | not version 3 |
| L_SERIAL | not positive, over 20 octets, or not in its shortest form |
| L_ALGORITHM | not sha256WithRSAEncryption with NULL parameters |
| L_ISSUER | not the DN of the CA, in its order and string types |
| L_SUBJECT | not the DN of this kind of certificate, in its order and string types |
| L_VALIDITY | not two UTCTimes to the second, or the end before the start |
| L_VALIDITY_END | not ending at 14:59:59Z |
| L_VALIDITY_SPAN | outside the validity of the issuer |
| L_KEY | not an RSA-2048 key with exponent 65537 |
| L_EXTENSION_MISSING, L_EXTENSION_EXTRA, L_EXTENSION_ORDER | the set of extensions or their order |
| L_EXTENSION_CRITICALITY, L_EXTENSION_VALUE | an extension in its place, but not as it must be |
| L_SIGNATURE | of a whole certificate: no RSA-2048 signature, or by another algorithm |
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha1
from typing import NamedTuple

from honnin.errors import Malformed
from honnin.law.terms import Purpose
from honnin.pkix import der
from honnin.profile import layout as layouts
from honnin.profile.issuance import Issuer
from honnin.profile.layout import Kind, Layout, Reading
from honnin.profile.names import Deployment

_ALGORITHM = bytes.fromhex("300d06092a864886f70d01010b0500")
_VERSION_3 = bytes.fromhex("a003020102")
_KEY_START = bytes.fromhex("30820122300d06092a864886f70d01010105000382010f003082010a0282010100")
_KEY_END = bytes.fromhex("0203010001")
_MODULUS = slice(len(_KEY_START), len(_KEY_START) + 256)
_KEY_BITS_START = 24  # the BIT STRING's octets in a key of this exact form
_SIGNATURE_START = bytes.fromhex("0382010100")
_LONGEST_SERIAL = 20
_UTC_TIME = re.compile(rb"[0-9]{12}Z")


@dataclass(frozen=True, order=True)
class Finding:
    """One departure from the profile: a stable code, and the field where that is not the code's own."""

    code: str
    field: str = ""


class _Fields(NamedTuple):
    """The eight fields of a TBSCertificate of version 3 without unique identifiers."""

    version: der.Element
    serial_number: der.Element
    algorithm: der.Element
    issuer: der.Element
    validity: der.Element
    subject: der.Element
    key: der.Element
    extensions: der.Element


class Linter:
    """Knows one kind of certificate of one issuer; made once, asked for every certificate."""

    def __init__(self, kind: Kind, issuer: Issuer) -> None:
        """For the certificates of a kind that `issuer` signs. Raises ValueError for kinds it does not."""
        self._layout = layouts.layout(kind, issuer.deployment, issuer.purpose, issuer.certificate)

    @classmethod
    def of_root(cls, deployment: Deployment, purpose: Purpose) -> "Linter":
        """For the self-signed certificates of a CA."""
        linter = cls.__new__(cls)
        linter._layout = layouts.layout(Kind.ROOT, deployment, purpose, None)
        return linter

    def findings(self, to_be_signed: bytes) -> tuple[Finding, ...]:
        """All departures of a TBSCertificate from the profile; empty when it follows it."""
        try:
            fields = _Fields(*der.only(to_be_signed).children())
            return tuple(_all_findings(fields, self._layout))
        except (Malformed, TypeError, ValueError):
            return (Finding("L_DER"),)

    def certificate_findings(self, encoded: bytes) -> tuple[Finding, ...]:
        """The same of a whole certificate, with the form of its signature (which is not verified)."""
        try:
            to_be_signed, algorithm, signature = der.only(encoded).children()
        except (Malformed, ValueError):
            return (Finding("L_DER"),)
        found = self.findings(to_be_signed.encoded)
        form = signature.encoded[: len(_SIGNATURE_START)], len(signature.content)
        if algorithm.encoded != _ALGORITHM or form != (_SIGNATURE_START, 257):
            return (*found, Finding("L_SIGNATURE"))
        return found

    def require_clean(self, to_be_signed: bytes) -> None:
        """Raises `Malformed("E_CERT_NOT_IN_PROFILE")` naming the findings, if there are any."""
        found = self.findings(to_be_signed)
        if found:
            codes = " ".join(sorted({finding.code for finding in found}))
            raise Malformed("E_CERT_NOT_IN_PROFILE", findings=codes)


def _all_findings(fields: _Fields, layout: Layout) -> list[Finding]:
    subject = layouts.distinguished_name(fields.subject.expect(der.SEQUENCE).content)
    reading = Reading(subject, sha1(fields.key.encoded[_KEY_BITS_START:], usedforsecurity=False).digest())
    exact = (
        (fields.version.encoded == _VERSION_3, "L_VERSION"),
        (_is_serial_number(fields.serial_number), "L_SERIAL"),
        (fields.algorithm.encoded == _ALGORITHM, "L_ALGORITHM"),
        (fields.issuer.encoded == layout.issuer, "L_ISSUER"),
        (_is_subject(fields.subject.encoded, reading, layout), "L_SUBJECT"),
        (_is_key(fields.key.encoded), "L_KEY"),
    )
    found = [Finding(code) for holds, code in exact if not holds]
    found.extend(_validity_findings(fields.validity, layout))
    found.extend(_extension_findings(fields.extensions, reading, layout))
    return found


def _is_serial_number(element: der.Element) -> bool:
    try:
        return element.number() > 0 and len(element.content) <= _LONGEST_SERIAL
    except Malformed:
        return False


def _is_subject(encoded: bytes, reading: Reading, layout: Layout) -> bool:
    if isinstance(layout.subject, bytes):
        return encoded == layout.subject
    return len(reading.subject) == len(layout.subject) and all(
        (found.type, found.tag) == (oid, tag) and pattern.fullmatch(found.text) is not None
        for found, (oid, tag, pattern) in zip(reading.subject, layout.subject, strict=True)
    )


def _is_key(encoded: bytes) -> bool:
    modulus = encoded[_MODULUS]
    return (
        encoded == _KEY_START + modulus + _KEY_END
        and len(modulus) == 256
        and modulus[0] >= 0x80
        and modulus[-1] % 2 == 1
    )


def _validity_findings(validity: der.Element, layout: Layout) -> list[Finding]:
    try:
        first, last = (_utc_time(element) for element in validity.children())
    except (Malformed, ValueError):
        return [Finding("L_VALIDITY")]
    found = []
    if first > last:
        found.append(Finding("L_VALIDITY"))
    if (last.hour, last.minute, last.second) != (14, 59, 59):
        found.append(Finding("L_VALIDITY_END"))
    if layout.issuer_span and not layout.issuer_span[0] <= first <= last <= layout.issuer_span[1]:
        found.append(Finding("L_VALIDITY_SPAN"))
    return found


def _utc_time(element: der.Element) -> datetime:
    text = element.expect(der.UTC_TIME).content
    if not _UTC_TIME.fullmatch(text):
        raise Malformed("E_DER_MALFORMED")
    year, month, day, hour, minute, second = (int(text[place : place + 2]) for place in range(0, 12, 2))
    year += 1900 if year >= 50 else 2000  # RFC 5280, 4.1.2.5.1
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _extension_findings(extensions: der.Element, reading: Reading, layout: Layout) -> list[Finding]:
    (listed,) = extensions.children(0xA3)
    present = [_extension(element) for element in listed.children()]
    found_oids = [oid for oid, _, _ in present]
    ruled_oids = [rule.oid for rule in layout.extensions]
    found = [_named("L_EXTENSION_MISSING", oid) for oid in ruled_oids if oid not in found_oids]
    extra = [oid for at, oid in enumerate(found_oids) if oid not in ruled_oids or oid in found_oids[:at]]
    found.extend(_named("L_EXTENSION_EXTRA", oid) for oid in extra)
    if not found and found_oids != ruled_oids:
        found.append(Finding("L_EXTENSION_ORDER"))
    rules = {rule.oid: rule for rule in layout.extensions}
    for oid, critical, value in present:
        rule = rules.get(oid)
        if rule is not None and critical is not rule.critical:
            found.append(_named("L_EXTENSION_CRITICALITY", oid))
        if rule is not None and not _holds(rule, value, reading):
            found.append(_named("L_EXTENSION_VALUE", oid))
    return found


def _extension(element: der.Element) -> tuple[bytes, bool, bytes]:
    oid, *flag, value = element.children()
    if flag and [part.encoded for part in flag] != [der.TRUE]:  # FALSE is a default: DER omits it
        raise Malformed("E_DER_MALFORMED")
    return oid.expect(der.OBJECT_IDENTIFIER).encoded, bool(flag), value.expect(der.OCTET_STRING).content


def _holds(rule: layouts.ExtensionRule, value: bytes, reading: Reading) -> bool:
    try:
        return rule.check(value, reading)
    except (Malformed, ValueError):
        return False


def _named(code: str, oid: bytes) -> Finding:
    return Finding(code, layouts.EXTENSION_NAMES.get(oid, oid.hex()))
