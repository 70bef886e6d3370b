"""Which octets does a signature cover, and are they the ones that were signed? (ISO 32000-2, 12.8.1)

A signature leaves out one place of the file: its own value. That the place left out is this value and nothing
more, that the value belongs to a revision which is covered whole, and that the table of contents of that
revision leads nowhere else is checked here, apart from the cryptography.
"""

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import cms
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from honnin.errors import HonninError, Untrusted
from honnin.identifiers import SerialNumber
from honnin.pkix.certificate import load
from honnin.profile.holder import basic_four
from honnin.verifier.document.opening import OpenDocument, entry, raw_entry, text_of
from honnin.verifier.document.report import Coverage, Signer

_END = re.compile(rb"startxref\s+(\d+)\s+%%EOF[\s\0]*\Z")
_DIGESTS = {"sha256", "sha384", "sha512"}
_SUBFILTERS = {"ETSI.CAdES.detached", "adbe.pkcs7.detached"}
_STAMP = "ETSI.RFC3161"


@dataclass(frozen=True)
class Seal:
    """A signature or time stamp as it stands in a file, before anybody asks whose it is.

    `covered` is the last revision (counted from 0) that it covers whole; `problem` says why its octets are
    not, or not known to be, those that were signed; `padded` that octets other than zero follow its value;
    `trailing` that more than a few blank octets follow the last revision.
    """

    field_name: str
    problem: HonninError | None
    is_time_stamp: bool = False
    embedded: Any = None
    signer: Signer | None = None
    certificate: bytes = b""
    time: datetime | None = None
    covered: int | None = None
    coverage: Coverage | None = None
    padded: bool = False
    trailing: bool = False
    algorithm_allowed: bool = False


def seal_of(document: OpenDocument, field: Any) -> Seal:
    """What a filled signature field holds. Never raises for a file that is wrong: `problem` says it."""
    claimed_stamp = text_of(raw_entry(entry(field.node, "/V"), "/SubFilter")) == _STAMP
    try:
        embedded = EmbeddedPdfSignature(document.reader, field.node, field.name)
        content_type = embedded.signed_data["encap_content_info"]["content_type"].native
    except MemoryError:
        raise
    except Exception:  # a stranger's signature: it may be anything
        return Seal(field.name, Untrusted("E_SIGNATURE_UNREADABLE"), is_time_stamp=claimed_stamp)
    is_stamp = content_type == "tst_info"
    try:
        return _read(document, embedded, is_stamp=is_stamp)
    except MemoryError:
        raise
    except Exception:
        return Seal(field.name, Untrusted("E_SIGNATURE_UNREADABLE"), is_time_stamp=is_stamp)


def _read(document: OpenDocument, embedded: EmbeddedPdfSignature, *, is_stamp: bool) -> Seal:
    signer_certificate = embedded.signer_cert
    place = _place_left_out(document.octets, embedded)
    covered = None if place is None else _covered_revision(document, embedded, place)
    problem = _broken(document.octets, embedded, is_stamp=is_stamp)
    if problem is None and covered is None:
        problem = Untrusted("E_COVERAGE_UNCLEAR")
    coverage, trailing = None, False
    if covered is not None and place is not None:
        last = covered == document.revisions - 1
        trailing = place[2] < len(document.octets) and not document.ends_clearly()
        coverage = Coverage(covered + 1, document.revisions, whole=last and not trailing)
    return Seal(
        field_name=embedded.field_name,
        problem=problem,
        is_time_stamp=is_stamp,
        embedded=embedded,
        signer=_signer(signer_certificate),
        certificate=signer_certificate.dump(),
        time=_stamped_time(embedded) if is_stamp else embedded.self_reported_timestamp,
        covered=covered,
        coverage=coverage,
        padded=_is_padded(embedded.pkcs7_content),
        trailing=trailing,
        algorithm_allowed=_is_allowed(embedded),
    )


def _signer(certificate: Any) -> Signer:
    native = certificate.subject.native
    name = native.get("common_name") or native.get("organization_name") or certificate.subject.human_friendly
    with suppress(HonninError, ValueError):
        name = basic_four(load(certificate.dump())).name
    issuer = certificate.issuer.native
    issuer_name = (
        issuer.get("common_name")
        or issuer.get("organizational_unit_name")
        or certificate.issuer.human_friendly
    )
    return Signer(_one(name), _one(issuer_name), SerialNumber(certificate.serial_number))


def _one(value: Any) -> str:
    return str(value[-1] if isinstance(value, list) else value)


def _stamped_time(embedded: EmbeddedPdfSignature) -> datetime | None:
    time: datetime = embedded.signed_data["encap_content_info"]["content"].parsed["gen_time"].native
    return time


def _digest(octets: bytes, embedded: EmbeddedPdfSignature, algorithm: str) -> bytes:
    """The digest of what a signature says that it covers; pyHanko's reader does not see the last blanks."""
    numbers = [int(number) for number in embedded.byte_range]
    if len(numbers) != 4 or min(numbers) < 0:
        digest: bytes = embedded.compute_digest()
        return digest
    first, length, second, rest = numbers
    return hashlib.new(algorithm, octets[first : first + length] + octets[second : second + rest]).digest()


def _broken(octets: bytes, embedded: EmbeddedPdfSignature, *, is_stamp: bool) -> HonninError | None:
    """E_DOCUMENT_ALTERED where the octets are not those that were signed, or not signed by this key."""
    digest = embedded.signer_info["digest_algorithm"]["algorithm"].native
    if digest not in _DIGESTS:
        return Untrusted("E_ALG_NOT_ALLOWED")
    octets_digest = _digest(octets, embedded, digest)
    expected_type = "data"
    if is_stamp:
        token = embedded.signed_data["encap_content_info"]["content"]
        if token.parsed["message_imprint"]["hashed_message"].native != octets_digest:
            return Untrusted("E_DOCUMENT_ALTERED")
        expected_type, octets_digest = "tst_info", hashlib.new(digest, bytes(token)).digest()
    intact, valid = validate_sig_integrity(
        embedded.signer_info, embedded.signer_cert, expected_type, octets_digest
    )
    return None if intact and valid else Untrusted("E_DOCUMENT_ALTERED")


def _is_allowed(embedded: EmbeddedPdfSignature) -> bool:
    signer = embedded.signer_info
    return (
        signer["digest_algorithm"]["algorithm"].native == "sha256"
        and signer["signature_algorithm"]["algorithm"].native in ("sha256_rsa", "rsassa_pkcs1v15")
        and text_of(raw_entry(embedded.sig_object, "/SubFilter")) in _SUBFILTERS
    )


def _place_left_out(octets: bytes, embedded: EmbeddedPdfSignature) -> tuple[int, int, int] | None:
    """(end of the first part, begin of the second, its end), if nothing but the value is left out."""
    numbers = [int(number) for number in embedded.byte_range]
    if len(numbers) != 4 or numbers[0] != 0 or min(numbers) < 0:
        return None
    _, first_end, second, length = numbers
    left_out = octets[first_end:second]
    if second + length > len(octets) or not re.fullmatch(rb"<[0-9A-Fa-f]*>", left_out):
        return None
    digits = left_out[1:-1]
    value = bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
    return (first_end, second, second + length) if value == embedded.pkcs7_content else None


def _covered_revision(
    document: OpenDocument, embedded: EmbeddedPdfSignature, place: tuple[int, int, int]
) -> int | None:
    """The last revision within the signed octets, if the signature stands in one of these."""
    first_end, _, end = place
    xrefs = document.reader.xrefs
    covered = _revision_that_ends(document, end)
    own = embedded.sig_object.container_ref
    if covered is None or own is None or embedded.signed_revision > covered:
        return None
    at = xrefs.get_historical_ref(own, covered)
    if not isinstance(at, int) or at >= first_end or b"endobj" in document.octets[at:first_end]:
        return None
    return covered if _leads_nowhere_else(document, covered, end) else None


def _revision_that_ends(document: OpenDocument, end: int) -> int | None:
    xrefs, last = document.reader.xrefs, document.revisions - 1
    if end == len(document.octets):
        return last
    found = _END.search(document.octets, max(0, end - 2048), end)
    if found is None:
        return None
    start = int(found.group(1))
    for revision in range(last, -1, -1):
        if xrefs.get_startxref_for_revision(revision) == start:
            return revision
    return None


def _leads_nowhere_else(document: OpenDocument, covered: int, end: int) -> bool:
    """Whether all that the covered revisions name stands within the signed octets."""
    xrefs = document.reader.xrefs
    for revision in range(covered + 1):
        if xrefs.get_xref_container_info(revision).end_location > end:
            return False
        data = xrefs.get_xref_data(revision)
        tables = [data] if data.hybrid is None else [data, data.hybrid.xref_data]
        if any(offset >= end for table in tables for _, offset in table.standard_xrefs.values()):
            return False
    return True


def _is_padded(content: bytes) -> bool:
    """Whether octets other than zero follow the signature's value in the place kept for it."""
    length = len(cms.ContentInfo.load(content).dump())
    return bool(content[length:].strip(b"\0"))
