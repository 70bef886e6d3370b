"""What is published, against what the records say should be: lists and certificates of every generation."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from django.conf import settings

from honnin.agency.authority.models import IssuingKey
from honnin.agency.authority.queries import certificate_of, last_list_at, signs_lists
from honnin.agency.publication.services import PUBLISHED, published_certificates, published_keys
from honnin.agency.records.life import detail_of
from honnin.agency.records.models import JournalEntry
from honnin.clock import Clock
from honnin.errors import Unavailable
from honnin.law.certificates.status import RECORDED
from honnin.pkix.certificate import UNREADABLE
from honnin.pkix.path import authority_key_identifier
from honnin.translation import Sentence

_PAUSES = (0.3, 1.2)
"""Seconds until it is looked at again: a rollover renames what is there, and publishes afterwards."""
_Listed = tuple[bool, str]
"""Whether a list has a certificate, and for which reason."""


@dataclass
class PublishedList:
    """A list that is published: what it has, and the journal's entry about its making."""

    made_by: int
    entries: dict[int, str]
    _since: set[str] = field(default_factory=set)
    _read_up_to: int = 0

    def says(self, serial_number: int) -> _Listed:
        return serial_number in self.entries, self.entries.get(serial_number, "")

    def is_waited_for(self, subject: str) -> bool:
        """Whether the status of a certificate changed after the list was made."""
        if subject not in self._since:
            later = JournalEntry.objects.filter(
                sequence__gt=max(self.made_by, self._read_up_to), act__in=RECORDED
            )
            for self._read_up_to, changed in later.order_by("sequence").values_list("sequence", "subject"):
                self._since.add(changed)
        return subject in self._since


@dataclass
class Publication:
    """The lists by the identifier of the key that they speak for, and what is not as it should be."""

    keys: list[IssuingKey] = field(default_factory=list)
    lists: dict[str, PublishedList] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    never: bool = False


def read_publication(clock: Clock) -> Publication:
    """What is published now. Raises Unavailable E_LIST_MISSING when no list of a generation ever was."""
    for pause in (*_PAUSES, None):
        publication = _read(clock)
        if not (publication.faults or publication.never) or pause is None:
            break
        time.sleep(pause)
    if publication.never:
        raise Unavailable("E_LIST_MISSING")
    return publication


def _read(clock: Clock) -> Publication:
    found = Publication()
    for name, key in published_keys(clock.now()).items():
        found.keys.append(key)
        file = f"{name}.crl"
        found.faults += _certificate_faults(name, key)
        if not signs_lists(key):
            found.faults += _left_faults(file)
            continue
        try:
            found.lists[key.key_id] = _list(settings.HONNIN_PUBLICATION / file, key)
        except _Fault as fault:
            found.never |= last_list_at(key) is None
            found.faults.append(Sentence("{name}: {fault}", name=f"publication/{file}", fault=fault.args[0]))
    return found


def _left_faults(file: str) -> Iterator[str]:
    """A list of a key that is lost or damaged has no place any more: nobody can bring it up to date."""
    if (settings.HONNIN_PUBLICATION / file).exists():
        fault = Sentence("still there, although its key is lost or damaged")
        yield Sentence("{name}: {fault}", name=f"publication/{file}", fault=fault)


class _Fault(Exception):
    """What a file is instead of what it should be."""


def _list(path: Path, key: IssuingKey) -> PublishedList:
    """The list of a generation. Raises _Fault; another generation's in its place is a fault."""
    content = _content(path)
    try:
        published = x509.load_der_x509_crl(content)
        signed_with = authority_key_identifier(published)
        number = published.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        entries = {entry.serial_number: _reason(entry) for entry in published}
    except (x509.ExtensionNotFound, *UNREADABLE) as error:
        raise _Fault(Sentence("no revocation list")) from error
    if signed_with != bytes.fromhex(key.key_id):
        raise _Fault(Sentence("another generation's list"))
    try:
        is_signed = published.is_signature_valid(certificate_of(key).public_key())  # type: ignore[arg-type]
    except (InvalidSignature, *UNREADABLE):
        is_signed = False
    if not is_signed:
        raise _Fault(Sentence("not signed by its authority"))
    return PublishedList(_made_by(key, number), entries)


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise _Fault(Sentence("missing")) from error
    except OSError as error:
        raise _Fault(Sentence("cannot be read")) from error
    if not content:
        raise _Fault(Sentence("empty"))
    return content


def _reason(entry: x509.RevokedCertificate) -> str:
    try:
        return str(entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value)
    except x509.ExtensionNotFound:
        return "unspecified"


def _made_by(key: IssuingKey, number: int) -> int:
    """The journal's entry about a list. Raises _Fault."""
    entries = JournalEntry.objects.filter(act=PUBLISHED, subject=str(key)).order_by("-sequence")
    for entry in entries.iterator(50):
        if detail_of(entry).get("number") == number:
            return entry.sequence
    raise _Fault(Sentence("the journal knows of no list {number}", number=number))


def _certificate_faults(name: str, key: IssuingKey) -> Iterator[str]:
    for file, expected in published_certificates(name, key):
        try:
            if _content(settings.HONNIN_PUBLICATION / file) != expected:
                raise _Fault(Sentence("not the certificate that was issued"))
        except _Fault as fault:
            yield Sentence("{name}: {fault}", name=f"publication/{file}", fault=fault.args[0])
