"""Publishing: revocation lists and CA certificates as files that anyone may be handed.

A file is replaced whole or not at all, so that a reader never meets half a list.
"""

import os
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.db import transaction

from honnin.agency.authority.models import IssuingKey
from honnin.agency.authority.services import authority, last_list_at, next_crl_number, note_list
from honnin.agency.records.heads import begin_heads, newest_head, sign_head
from honnin.agency.records.journal import DATABASE, Act, append
from honnin.agency.records.models import IssuanceRecord, StatusChange
from honnin.agency.records.proof import Proof, verify
from honnin.agency.records.queries import not_good
from honnin.clock import Clock, whole_second
from honnin.errors import Unavailable
from honnin.law.citation import cites
from honnin.law.terms import Purpose
from honnin.pkix.crl import revoked_entry
from honnin.profile import crl

FILE_NAME = {Purpose.SIGNATURE: "signature", Purpose.USER_AUTHENTICATION: "authentication"}


@cites("act/16", "act/35")
def publish(clock: Clock, *, actor: str = "publication") -> list[Path]:
    """Write the CA certificates and a new list of each CA to the publication folder; returns the files.

    Raises Unavailable E_PUBLICATION_FAILED when the folder cannot be written; the lists published before stay
    in place.
    """
    folder: Path = settings.HONNIN_PUBLICATION
    written = []
    for key in newest_keys():
        at, name = clock.now(), FILE_NAME[Purpose(key.purpose)]
        pem = x509.load_der_x509_certificate(bytes(key.certificate)).public_bytes(Encoding.PEM)
        for file_name, content in (
            (f"{name}-ca.cer", bytes(key.certificate)),
            (f"{name}-ca.pem", pem),
            (f"{name}.crl", revocation_list(key, at, actor)),
        ):
            written.append(_replace(folder / file_name, content))
        note_list(key, whole_second(at))
    return written


def sign_journal(clock: Clock, *, not_before: timedelta = timedelta(0)) -> None:
    """Sign the head of the journal, if the newest is `not_before` old. Raises as `sign_head`."""
    key, path = authority().keys.journal_key(), settings.HONNIN_JOURNAL_HEADS
    newest = newest_head(path, key.public_key())
    if newest is None or clock.now() - newest.instant >= not_before:
        sign_head(key, path, clock.now())


def begin_journal_heads(clock: Clock, *, actor: str) -> Path | None:
    """Begin the file of heads anew, over the journal as it is (`begin_heads`)."""
    return begin_heads(
        authority().keys.journal_key(), settings.HONNIN_JOURNAL_HEADS, clock.now(), actor=actor
    )


def prove_journal(kept: Path | None = None) -> Proof:
    """Read the whole journal against its signed heads, and against a copy of them that was kept elsewhere."""
    return verify(authority().keys.journal_key().public_key(), settings.HONNIN_JOURNAL_HEADS, kept)


def newest_keys() -> list[IssuingKey]:
    """The generations that issue now, one for each CA that was opened."""
    opened = (p for p in Purpose if IssuingKey.objects.filter(purpose=p).exists())
    return [authority().issuing(purpose)[0] for purpose in opened]


def revocation_list(key: IssuingKey, at: datetime, actor: str) -> bytes:
    """A new list (DER) of everything held or revoked; numbered and in the journal."""
    issuer = authority().issuer_of(key)
    with transaction.atomic(using=DATABASE):
        edition = crl.Edition(next_crl_number(key), whole_second(at))
        records = not_good(issuer.purpose, key.key_id, last_list_at(key))
        entries = [_entry(record) for record in records.iterator(2000)]
        detail = {"number": edition.crl_number, "entries": len(entries)}
        append(Act(actor, "publish list", str(key), detail), at)
    return authority().sign_list(key, crl.full_list(issuer, edition), b"".join(entries))


def _entry(record: IssuanceRecord) -> bytes:
    return revoked_entry(
        record.serial_number, whole_second(record.status_changed_at), crl.reason_flag(record.crl_reason)
    )


def publication_is_due(clock: Clock) -> bool:
    """Whether a list is missing or damaged, a day old, or older than the newest change of status."""
    changed = StatusChange.objects.order_by("-id").values_list("recorded_at", flat=True).first()
    for key in newest_keys():
        try:
            content = (settings.HONNIN_PUBLICATION / f"{FILE_NAME[Purpose(key.purpose)]}.crl").read_bytes()
            this_update = x509.load_der_x509_crl(content).last_update_utc
        except (OSError, ValueError):
            return True
        if clock.now() - this_update >= crl.INTERVAL or (changed and whole_second(changed) >= this_update):
            return True
    return False


def _replace(path: Path, content: bytes) -> Path:
    new = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        raise Unavailable("E_PUBLICATION_FAILED") from error
    return path
