"""Certificates and lists as files bring them: DER, or PEM (RFC 7468), one or several, with text around them.

Says what else a file holds where it is neither, by the word that PEM has for it. Reads no key.
"""

import base64
import binascii
import codecs
import re
from collections.abc import Callable, Iterable
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key
from cryptography.x509 import ocsp

from honnin.errors import Malformed, Untrusted
from honnin.pkix import der
from honnin.pkix.certificate import UNREADABLE, load
from honnin.translation import Sentence, message

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9][A-Z0-9 #]*)-----(.*?)-----END \1-----", re.DOTALL)
_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9][A-Z0-9 #]*)-----")
_BARE = re.compile(rb"\s*MI[A-Za-z0-9+/\s]+={0,2}\s*")
"""Base64 of a SEQUENCE of at least 128 octets."""
_CERTIFICATE = ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE")
_LIST = ("X509 CRL", "CRL")
_SAME = {"PKCS7": "CMS"}  # RFC 7468, 8
_CMS_OID = bytes.fromhex("06092A864886F70D0107")  # 1.2.840.113549.1.7, whatever kind of content follows
_PFX = bytes.fromhex("020103")  # PFX (RFC 7292, 4): version 3, then content that is CMS
_CUT = message("cut off: the END line is missing")
UNKNOWN = message("damaged, or something that is not known here")
_HEADER_WITHIN = 1024  # octets, as viewers look for it
_NEAR = 24  # octets, in which the first identifier of a CMS stands


def certificates_in(octets: bytes) -> list[x509.Certificate]:
    """All certificates of a file, at least one.

    Raises Malformed: E_NOT_A_CERTIFICATE for a file of another kind, E_CERT_CUT for PEM without its end,
    E_CERT_MALFORMED for an unreadable one.
    """
    octets = _as_usual(octets)
    blocks = _blocks(octets, _CERTIFICATE)
    if blocks is not None:
        if not blocks:
            found = _label(octets)
            raise (
                Malformed("E_CERT_CUT")
                if found in _CERTIFICATE
                else Malformed("E_NOT_A_CERTIFICATE", found=found)
            )
        return [load(each) for each in blocks]
    try:
        return [load(octets)]
    except Malformed:
        found = _kind(octets)
        if found:
            raise Malformed("E_NOT_A_CERTIFICATE", found=found) from None
        raise


def lists_in(octets: bytes, name: str) -> list[bytes]:
    """DER of the lists of a file, at least one; whether DER is one that can be read, its reader finds out.

    Raises Untrusted E_LIST_UNREADABLE, with the file's or address's `name`, for PEM that holds none.
    """
    octets = _as_usual(octets)
    blocks = _blocks(octets, _LIST)
    if blocks is None:
        return [octets]
    if not blocks:
        found = _label(octets)
        raise Untrusted("E_LIST_UNREADABLE", file=name, found=Sentence(_CUT) if found in _LIST else found)
    return blocks


def require_list(encoded: bytes, name: str) -> None:
    """Raises Untrusted E_LIST_UNREADABLE for DER that is no list; `name` as in `lists_in`."""
    try:
        x509.load_der_x509_crl(encoded)
    except UNREADABLE as error:
        raise Untrusted("E_LIST_UNREADABLE", file=name, found=_kind(encoded) or Sentence(UNKNOWN)) from error


def _blocks(octets: bytes, labels: Iterable[str]) -> list[bytes] | None:
    """DER of the PEM blocks with these labels; None for a file that is not PEM."""
    if not _BEGIN.search(octets) or _is_der(octets):
        return None
    found = _BLOCK.finditer(octets)
    return [_decoded(block.group(2)) for block in found if block.group(1).decode("ascii") in labels]


def _is_der(octets: bytes) -> bool:
    """Whether it is one SEQUENCE to its end; a text before PEM may begin with the same octet, "0"."""
    try:
        return octets[:1] == b"\x30" and next(der.elements(octets)).encoded == octets
    except (Malformed, StopIteration):
        return False


def _as_usual(octets: bytes) -> bytes:
    """Text of two octets a letter, as some shells write it, in one; base64 without its armour as DER."""
    if octets[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return octets.decode("utf-16", "replace").encode("ascii", "replace")
    bare = _BARE.fullmatch(octets)
    return _decoded(octets) if bare else octets


def _decoded(text: bytes) -> bytes:
    """The first DER element: a trusted certificate (of OpenSSL) has settings behind it."""
    try:
        encoded = base64.b64decode(b"".join(text.split()), validate=True)
        return next(der.elements(encoded)).encoded
    except (binascii.Error, Malformed, StopIteration):
        return b""  # its reader says that it cannot be read


def _label(octets: bytes) -> str:
    begin = _BEGIN.search(octets)
    label = begin.group(1).decode("ascii") if begin else Sentence(UNKNOWN)
    return _SAME.get(label, label)


def _kind(encoded: bytes) -> str:
    """What a file is, DER as PEM would label it; empty for what nobody knows."""
    if b"%PDF-" in encoded[:_HEADER_WITHIN]:
        return "PDF"
    if _CMS_OID in encoded[:_NEAR]:
        return "PKCS12" if _PFX in encoded[:8] else "CMS"
    readers: tuple[tuple[str, Callable[[bytes], Any]], ...] = (
        ("CERTIFICATE", x509.load_der_x509_certificate),
        ("X509 CRL", x509.load_der_x509_crl),
        ("CERTIFICATE REQUEST", x509.load_der_x509_csr),
        ("OCSP RESPONSE", ocsp.load_der_ocsp_response),
        ("OCSP REQUEST", ocsp.load_der_ocsp_request),
        ("PUBLIC KEY", load_der_public_key),
        ("PRIVATE KEY", lambda key: load_der_private_key(key, None)),
    )
    for label, reader in readers:
        try:
            reader(encoded)
        except TypeError:  # a key behind a password
            return label
        except UNREADABLE:
            continue
        return label
    return ""
