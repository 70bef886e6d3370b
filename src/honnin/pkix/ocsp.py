"""OCSP messages of a responder: requests read, responses written (RFC 6960, RFC 5019, RFC 9654).

One certificate is asked about at a time. Requests come from strangers: whatever is not exactly a request
for one certificate raises `Malformed("E_OCSP_MALFORMED")` and nothing else. Responses are written by our
own encoder, because only the signature may cost time; they are never signed with a key held here, and
this module does not know what the status of anything is. For the other side see `honnin.pkix.status`.
"""

import base64
import binascii
import hashlib
import re
import urllib.parse
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from honnin.errors import Malformed
from honnin.pkix import der
from honnin.pkix.certificate import (
    SHA256_WITH_RSA,
    UNREADABLE,
    Extension,
    Sign,
    ToBeSigned,
    subject_key_identifier,
)
from honnin.pkix.crl import REASON_NUMBER

_OF_HASH = {
    "sha1": der.object_identifier("1.3.14.3.2.26"),
    "sha256": der.object_identifier("2.16.840.1.101.3.4.2.1"),
}
# With NULL parameters, as most write it, and without (RFC 5754, 2, prefers that; RFC 3279, 2.1, takes both).
_ALGORITHM = {
    (name, with_null): der.sequence(oid, der.NULL if with_null else b"")
    for name, oid in _OF_HASH.items()
    for with_null in (True, False)
}
_NONCE_OID = "1.3.6.1.5.5.7.48.1.2"
_NONCE = der.object_identifier(_NONCE_OID)
_BASIC_RESPONSE_OID = der.object_identifier("1.3.6.1.5.5.7.48.1.1")
_GOOD = der.implicit(0, b"")
_UNKNOWN = der.implicit(2, b"")
LONGEST_REQUEST = 4096
"""Octets of an OCSPRequest that are read at all (our choice)."""
_LONGEST_NONCE = 128  # RFC 9654, 2.1
_SERIAL_END = 1 << 159  # RFC 5280, 4.1.2.2: at most 20 octets, the one for the sign included
_MALFORMED = "E_OCSP_MALFORMED"
_AS_BASE64 = bytes.maketrans(b"-_ ", b"+/+")
_SLASHES_BEHIND = 3


@dataclass(frozen=True)
class CertID:
    """Which certificate a request is about; hashes of the issuer by `hash_name` (sha1 or sha256).

    `with_null`: the hash is named with NULL parameters, or with none; who compares octets wants that back.
    """

    hash_name: str
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial_number: int
    with_null: bool = True

    def encoded(self) -> bytes:
        """DER of `CertID`."""
        return der.sequence(
            _ALGORITHM[self.hash_name, self.with_null],
            der.octet_string(self.issuer_name_hash),
            der.octet_string(self.issuer_key_hash),
            der.integer(self.serial_number),
        )


@dataclass(frozen=True)
class StatusRequest:
    """A request for one certificate; `nonce` is the octets inside the nonce's OCTET STRING."""

    cert_id: CertID
    nonce: bytes | None = None


# What nearly every client sends: one SHA-1 CertID, and a nonce or nothing; every length in one octet.
_COMMON = (
    rb"\x30(.)\x30(.)\x30(.)\x30(.)\x30(.)\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00"
    rb"\x04\x14(.{20})\x04\x14(.{20})\x02(.)"
)
_COMMON_REQUEST = re.compile(_COMMON + rb"(.{1,20})", re.DOTALL)
_REQUEST_WITH_NONCE = re.compile(
    _COMMON + rb"(.{1,20}?)"
    rb"\xa2(.)\x30(.)\x30(.)\x06\x09\x2b\x06\x01\x05\x05\x07\x30\x01\x02\x04(.)\x04(.)(.{1,64})",
    re.DOTALL,
)


def parse_request(encoded: bytes) -> StatusRequest:
    """What a DER OCSPRequest asks. Raises `Malformed("E_OCSP_MALFORMED")` for anything else.

    A serial number has at most 20 octets (RFC 5280, 4.1.2.2) and is positive, a nonce has 1 to 128 (RFC 9654,
    2.1). A signature on the request is ignored, as RFC 6960, 4.1.2 allows; so are unknown extensions that are
    not critical.
    """
    return _parse_common_request(encoded) or _parse_request_with_nonce(encoded) or _parse_any_request(encoded)


def _parse_common_request(encoded: bytes) -> StatusRequest | None:
    match = _COMMON_REQUEST.fullmatch(encoded)
    if match is None:
        return None
    *lengths, name_hash, key_hash, serial_length, serial = match.groups()
    total = len(encoded)
    if total > 0x7F or any(length[0] != total - 2 * depth for depth, length in enumerate(lengths, 1)):
        return None
    if not _is_serial_number(serial_length, serial):
        return None
    return StatusRequest(CertID("sha1", name_hash, key_hash, int.from_bytes(serial, "big")))


def _parse_request_with_nonce(encoded: bytes) -> StatusRequest | None:
    match = _REQUEST_WITH_NONCE.fullmatch(encoded)
    if match is None or len(encoded) > 0x7F:
        return None
    found = match.groups()
    name_hash, key_hash, serial_length, serial = found[5:9]
    nonce = found[14]
    total, length = len(encoded), len(nonce)
    rest = total - length - 21  # without the extension
    expected = (total - 2, total - 4, rest - 6, rest - 8, rest - 10)
    in_nonce = (length + 19, length + 17, length + 15, length + 2, length)
    if b"".join((*found[:5], *found[9:14])) != bytes(expected + in_nonce):
        return None
    if not _is_serial_number(serial_length, serial):
        return None
    return StatusRequest(CertID("sha1", name_hash, key_hash, int.from_bytes(serial, "big")), nonce)


def _is_serial_number(length: bytes, content: bytes) -> bool:
    """Positive, and written in the fewest octets."""
    idle = content[0] == 0 and content[1:2] < b"\x80"
    return length[0] == len(content) and content[0] < 0x80 and not idle


def _parse_any_request(encoded: bytes) -> StatusRequest:
    if len(encoded) > LONGEST_REQUEST:
        raise Malformed(_MALFORMED)
    try:
        request = ocsp.load_der_ocsp_request(encoded)
        algorithm = request.hash_algorithm
        cert_id = CertID(
            algorithm.name, request.issuer_name_hash, request.issuer_key_hash, request.serial_number
        )
        request.extensions  # noqa: B018 - refuses one that stands twice
        nonce = _nonce(encoded)
        asked = _cert_id_asked(encoded)
    except (Malformed, *UNREADABLE) as error:
        raise Malformed(_MALFORMED) from error
    if not isinstance(algorithm, hashes.SHA1 | hashes.SHA256) or not 0 < cert_id.serial_number < _SERIAL_END:
        raise Malformed(_MALFORMED)
    if not len(cert_id.issuer_name_hash) == len(cert_id.issuer_key_hash) == algorithm.digest_size:
        raise Malformed(_MALFORMED)
    for with_null in (True, False):
        repeated = replace(cert_id, with_null=with_null)
        if repeated.encoded() == asked:
            return StatusRequest(repeated, nonce)
    raise Malformed(_MALFORMED)  # what cannot be repeated octet by octet


def _cert_id_asked(encoded: bytes) -> bytes:
    """The octets of the one CertID."""
    return _requests(der.only(encoded).children()[0].children())[0].children()[0].encoded


def _requests(to_be_signed: tuple[der.Element, ...]) -> tuple[der.Element, ...]:
    return next(element for element in to_be_signed if element.tag == der.SEQUENCE).children()


def _nonce(encoded: bytes) -> bytes | None:
    """The nonce, if there is one, read more strictly than the library does.

    Raises Malformed for one that is no OCTET STRING of 1 to 128 octets, and for a critical extension that is
    not understood, be it the request's or of the one certificate asked about.
    """
    to_be_signed = der.only(encoded).children()[0].children()
    single = _requests(to_be_signed)[0].children()
    nonce = None
    for oid, critical, value in (*_extensions(single, 0xA0), *_extensions(to_be_signed, 0xA2)):
        if oid == _NONCE:
            nonce = der.only(value).expect(der.OCTET_STRING).content
        elif critical:
            raise Malformed(_MALFORMED)
    if nonce is not None and not 1 <= len(nonce) <= _LONGEST_NONCE:
        raise Malformed(_MALFORMED)
    return nonce


def _extensions(elements: tuple[der.Element, ...], tag: int) -> Iterator[tuple[bytes, bool, bytes]]:
    """Identifier, criticality and value of the extensions under a context tag."""
    for element in elements:
        if element.tag == tag:
            for extension in der.only(element.content).children():
                oid, *critical, value = extension.children()
                yield oid.encoded, bool(critical), value.expect(der.OCTET_STRING).content


def parse_request_path(path: str) -> StatusRequest:
    """What the last part of a GET path asks: base64 of the request, URL-quoted (RFC 6960, A.1).

    `path` is all that follows the responder's own path; slashes before it are those of addresses that were
    joined, for base64 of a request begins with M. Read as clients write it, too: in the alphabet for
    addresses (RFC 4648, 5), without padding, in lines, with a blank for "+", which forms write for a blank,
    and with slashes behind it.
    """
    if len(path) > 4 * LONGEST_REQUEST:
        raise Malformed(_MALFORMED)
    quoted = path.encode("utf-8", "replace")
    text = urllib.parse.unquote_to_bytes(quoted).translate(_AS_BASE64, b"\r\n").lstrip(b"/")
    for _slash in range(_SLASHES_BEHIND):  # "/" may also be the last of the base64: what is whole decides
        with suppress(binascii.Error, Malformed):
            unpadded = text.rstrip(b"=")
            return parse_request(base64.b64decode(unpadded + b"=" * (-len(unpadded) % 4), validate=True))
        text = text.removesuffix(b"/")
    raise Malformed(_MALFORMED)


class CertStatus(StrEnum):
    """The three answers of RFC 6960, 2.2: a hold is `REVOKED` for the reason `certificateHold`."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class RevokedInfo:
    """When and why a certificate was revoked; the reason unspecified is omitted from the answer."""

    revocation_time: datetime
    reason: x509.ReasonFlags = x509.ReasonFlags.unspecified


@dataclass(frozen=True)
class StatusAnswer:
    """The answer about one certificate.

    `status` is GOOD, UNKNOWN, or a `RevokedInfo`; it was known at `this_update` and newer
    information will be there at or before `next_update`.
    """

    cert_id: CertID
    status: RevokedInfo | CertStatus
    this_update: datetime
    next_update: datetime

    def encoded(self) -> bytes:
        """DER of `SingleResponse`."""
        return der.sequence(
            self.cert_id.encoded(),
            _cert_status(self.status),
            der.generalized_time(self.this_update),
            der.explicit(0, der.generalized_time(self.next_update)),
        )


_WITHOUT_INFO: Final = {CertStatus.GOOD: _GOOD, CertStatus.UNKNOWN: _UNKNOWN}


def _cert_status(status: RevokedInfo | CertStatus) -> bytes:
    if isinstance(status, RevokedInfo):
        reason = b""
        if status.reason is not x509.ReasonFlags.unspecified:
            reason = der.explicit(0, der.enumerated(REASON_NUMBER[status.reason]))
        return der.tlv(0xA1, der.generalized_time(status.revocation_time) + reason)
    return _WITHOUT_INFO[status]


class Responder:
    """Writes responses in the name of one responder certificate, which every response carries."""

    def __init__(self, certificate: x509.Certificate, encoded: bytes, sign: Sign) -> None:
        """`encoded` is the DER of `certificate`; `sign` gets the ResponseData and holds its RSA key."""
        key = certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise TypeError("a responder of this profile signs with RSA")
        self._responder_id = der.explicit(2, der.octet_string(subject_key_identifier(key)))
        self._certificates = der.explicit(0, der.sequence(encoded))
        self._sign = sign

    def response_data(
        self, answer: StatusAnswer, *, produced_at: datetime, nonce: bytes | None = None
    ) -> ToBeSigned:
        """DER of the ResponseData: responder byKey, one answer, the nonce echoed if there was one."""
        return ToBeSigned(
            der.sequence(
                self._responder_id,
                der.generalized_time(produced_at),
                der.sequence(answer.encoded()),
                _nonce_extension(nonce) if nonce is not None else b"",
            )
        )

    def respond(self, answer: StatusAnswer, *, produced_at: datetime, nonce: bytes | None = None) -> bytes:
        """DER of a successful OCSPResponse, signed."""
        to_be_signed = self.response_data(answer, produced_at=produced_at, nonce=nonce)
        signature = der.bit_string(self._sign(to_be_signed))
        basic = der.sequence(to_be_signed, SHA256_WITH_RSA, signature, self._certificates)
        response_bytes = der.sequence(_BASIC_RESPONSE_OID, der.octet_string(basic))
        return der.sequence(der.enumerated(0), der.explicit(0, response_bytes))


def _nonce_extension(nonce: bytes) -> bytes:
    extension = Extension(_NONCE_OID, critical=False, value=der.octet_string(nonce))
    return der.explicit(1, der.sequence(extension.encoded))


class ErrorStatus(IntEnum):
    """Why there is no answer (OCSPResponseStatus, RFC 6960, 4.2.1)."""

    MALFORMED_REQUEST = 1
    INTERNAL_ERROR = 2
    TRY_LATER = 3
    UNAUTHORIZED = 6


def error_response(status: ErrorStatus) -> bytes:
    """DER of an OCSPResponse that says only why there is no answer; it is not signed."""
    return der.sequence(der.enumerated(status))


def cert_id_of(issuer: x509.Certificate, serial_number: int, hash_name: str = "sha1") -> CertID:
    """The CertID of a certificate of this issuer, for asking or for keeping answers ready."""
    key = issuer.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("an issuer of this profile signs with RSA")
    return CertID(
        hash_name,
        _digest(hash_name, issuer.subject.public_bytes()),
        _digest(hash_name, key.public_bytes(Encoding.DER, PublicFormat.PKCS1)),
        serial_number,
    )


def request(cert_id: CertID, nonce: bytes | None = None) -> bytes:
    """DER of an OCSPRequest for one certificate, not signed."""
    extensions = b""
    if nonce is not None:
        extension = Extension(_NONCE_OID, critical=False, value=der.octet_string(nonce))
        extensions = der.explicit(2, der.sequence(extension.encoded))
    return der.sequence(der.sequence(der.sequence(der.sequence(cert_id.encoded())), extensions))


def _digest(hash_name: str, content: bytes) -> bytes:
    return hashlib.new(hash_name, content, usedforsecurity=False).digest()
