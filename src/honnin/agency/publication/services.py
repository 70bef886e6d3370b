"""Publishing: revocation lists and CA certificates as files that anyone may be handed.

A file is replaced whole or not at all, so that a reader never meets half a list.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from honnin.agency.authority.models import IssuingKey
from honnin.agency.authority.queries import (
    keys_in_service,
    last_list_at,
    last_list_through,
    signs_lists,
)
from honnin.agency.authority.services import authority, next_crl_number, note_list
from honnin.agency.records.journal import DATABASE, JOURNAL, Act, append, lock_tail
from honnin.agency.records.models import IssuanceRecord, StatusChange
from honnin.agency.records.queries import not_good, ready_entries, status_changed_since
from honnin.agency.records.services import list_entry
from honnin.clock import Clock, is_recent, whole_second
from honnin.errors import Unavailable
from honnin.journal.head import Head
from honnin.journal.heads import sign_due
from honnin.journal.proof import Proof, verify
from honnin.law.citation import cites
from honnin.law.terms import Purpose
from honnin.pkix.certificate import UNREADABLE
from honnin.pkix.path import authority_key_identifier
from honnin.profile import crl
from honnin.translation import reason_of

PUBLISHED = "publish list"
"""The act of making a list. The list shows what the journal records before it; later entries wait."""
FILE_NAME = {Purpose.SIGNATURE: "signature", Purpose.USER_AUTHENTICATION: "authentication"}


@cites("act/16", "act/35")
def publish(clock: Clock, *, actor: str = "publication") -> list[Path]:
    """Write the certificates and a new list of each generation in service to the publication folder.

    The list of one whose key is lost or damaged, which nobody can sign any more, is taken down: it would call
    good what is revoked. Returns the files. Raises Unavailable E_PUBLICATION_FAILED when the folder cannot be
    written; the lists published before stay in place.
    """
    written = []
    with _alone(settings.HONNIN_PUBLICATION) as folder:
        for name, key in published_keys(clock.now()).items():
            at = clock.now()
            for file_name, content in published_certificates(name, key):
                written.append(_replace(folder / file_name, content))
            if not signs_lists(key):
                _take_down(folder / f"{name}.crl")
                continue
            encoded, through = revocation_list(key, at, actor)
            written.append(_replace(folder / f"{name}.crl", encoded))
            note_list(key, whole_second(at), through, actor=actor, at=at)
    return written


@contextmanager
def _alone(folder: Path) -> Iterator[Path]:
    """The folder, made if it is missing, with other publishers kept waiting: two would mix their files."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise Unavailable("E_PUBLICATION_FAILED", reason=reason_of(error)) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(descriptor)


def published_keys(at: datetime) -> dict[str, IssuingKey]:
    """The generations in service by the names of their files, the oldest of each CA first.

    The one that issues has the CA's own name (`signature`), those before have their number (`signature-1`).
    So a list that a rollover puts in the place of another has been given its new name by then.
    """
    keys = keys_in_service(at)
    newest = {key.purpose: key for key in keys}
    return {
        _name(key) if key is newest[key.purpose] else f"{_name(key)}-{key.generation}": key for key in keys
    }


def _name(key: IssuingKey) -> str:
    return FILE_NAME[Purpose(key.purpose)]


def published_certificates(name: str, key: IssuingKey) -> Iterator[tuple[str, bytes]]:
    """The CA certificate of a generation and its links to the one before, each as DER and as PEM."""
    ca, new, old = _name(key), key.generation, key.generation - 1
    certificates = {
        f"{name}-ca": key.certificate,
        f"{ca}-{new}-with-{old}": key.new_with_old,
        f"{ca}-{old}-with-{new}": key.old_with_new,
    }
    for file_name, encoded in certificates.items():
        if encoded is not None:
            certificate = x509.load_der_x509_certificate(bytes(encoded))
            yield f"{file_name}.cer", certificate.public_bytes(Encoding.DER)
            yield f"{file_name}.pem", certificate.public_bytes(Encoding.PEM)


def sign_journal(clock: Clock, *, not_before: timedelta = timedelta(0)) -> Head | None:
    """Sign the head of the journal, if the newest is `not_before` old. Raises as `sign_head`."""
    return sign_due(JOURNAL, clock.now(), not_before=not_before)


def prove_journal(kept: Path | None = None) -> Proof:
    """Read the whole journal against its signed heads, and against a copy of them that was kept elsewhere."""
    return verify(JOURNAL, kept)


def revocation_list(key: IssuingKey, at: datetime, actor: str) -> tuple[bytes, int]:
    """A new list (DER) of everything held or revoked, numbered and in the journal; and its journal entry.

    It takes every act before that entry into account: none can come in between.
    """
    issuer = authority().issuer_of(key)
    with transaction.atomic(using=DATABASE):
        number, sequence = next_crl_number(key)
        edition = crl.Edition(number, whole_second(at))
        lock_tail()  # what is in the journal before this entry is in the list, and nothing that comes after
        records = not_good(issuer.purpose, key.key_id, last_list_at(key), at)
        entries = _entries(records, edition.this_update)
        detail = {"number": edition.crl_number, "entries": len(entries)}
        through = append(Act(actor, PUBLISHED, str(key), detail), at, sequence)
    return authority().sign_list(key, crl.full_list(issuer, edition), b"".join(entries)), through


def _entries(records: QuerySet[IssuanceRecord], this_update: datetime) -> list[bytes]:
    """The entries as they were encoded when each status changed.

    What was revoked by a clock that was set back since, was revoked by the time of this list.
    """
    if StatusChange.objects.filter(recorded_at__gte=this_update + timedelta(seconds=1)).exists():
        return [list_entry(record, latest=this_update) for record in records.iterator(2000)]
    return ready_entries(records)


def publication_is_due(clock: Clock) -> bool:
    """Whether a list is missing, damaged or another generation's, a day old, from the future, or older than
    the newest change of status: a long list rests before it is made again for a change (`crl.rest`). Or
    whether one is still there that nobody can sign any more.
    """
    now = clock.now()
    return any(_list_is_due(name, key, now) for name, key in published_keys(now).items())


def _list_is_due(name: str, key: IssuingKey, now: datetime) -> bool:
    if not signs_lists(key):
        return os.path.lexists(settings.HONNIN_PUBLICATION / f"{name}.crl")
    this_update, size = _published(name, key)
    through = last_list_through(key)
    if this_update is None or through is None or not is_recent(this_update, now, crl.INTERVAL):
        return True
    if status_changed_since(through):
        return this_update + crl.rest(size) <= now
    if this_update == last_list_at(key):
        return False
    # The file is a copy of another list than the newest: of that only the time is known.
    return StatusChange.objects.filter(recorded_at__gte=this_update, recorded_at__lte=now).exists()


def published_at(name: str, key: IssuingKey) -> datetime | None:
    """The thisUpdate of the list in a generation's file; None when it is missing, damaged or another's."""
    return _published(name, key)[0]


def _published(name: str, key: IssuingKey) -> tuple[datetime | None, int]:
    """When the list in a file was made, as `published_at`, and its octets."""
    path = settings.HONNIN_PUBLICATION / f"{name}.crl"
    try:
        found = path.stat()
        return _read_published(path, key.key_id, (found.st_ino, found.st_mtime_ns, found.st_size))
    except OSError:
        return None, 0


@lru_cache(maxsize=32)
def _read_published(path: Path, key_id: str, _file: tuple[int, int, int]) -> tuple[datetime | None, int]:
    """The same of one file as it was written: a list of millions is read once in a process, and not in every
    round. Each new one is another file (`_replace`).
    """
    content = path.read_bytes()
    try:
        published = x509.load_der_x509_crl(content)
        if authority_key_identifier(published) != bytes.fromhex(key_id):
            return None, 0
        return published.last_update_utc, len(content)
    except UNREADABLE:
        return None, 0


def _take_down(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise Unavailable("E_PUBLICATION_FAILED", reason=reason_of(error)) from error


def _replace(path: Path, content: bytes) -> Path:
    new = path.with_name(path.name + ".new")
    try:
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        raise Unavailable("E_PUBLICATION_FAILED", reason=reason_of(error)) from error
    return path
