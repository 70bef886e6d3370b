"""Writing issue records and their status. The only writer of both; each act goes into the journal."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from honnin import plain_rows
from honnin.agency.records.journal import Act, Acted, append
from honnin.agency.records.life import FOLLOWS, ISSUE, Step
from honnin.agency.records.models import IssuanceRecord, StatusChange
from honnin.clock import day_in_japan, whole_second
from honnin.errors import Conflict
from honnin.identifiers import CardNumber, MunicipalityCode, PersonCode, SerialNumber
from honnin.journal.binding import Written, changed
from honnin.law.certificates.status import Status
from honnin.law.terms import LapseGround, Purpose
from honnin.pkix.crl import revoked_entry
from honnin.profile import crl

_OF_A_CHANGE = ("status", "crl_reason", "status_changed_at", "list_entry", "effective")


@dataclass(frozen=True)
class Issued:
    """A signed certificate on its way into the record."""

    purpose: Purpose
    serial_number: SerialNumber
    issuer_key_id: str
    certificate: bytes
    expiry_date: date


@dataclass(frozen=True)
class Recipient:
    """For whom and for which card a certificate was issued."""

    application_number: str
    person_code: PersonCode
    card_number: CardNumber
    municipality_code: MunicipalityCode


def write_issue(
    issued: Issued, recipient: Recipient, *written: Written, actor: str, at: datetime
) -> tuple[IssuanceRecord, Acted]:
    """Write the issue record; returned with the act, which has what else was `written` for it too.

    Must run inside the issuing transaction, which journals the act.

    Raises Conflict E_DUPLICATE_CERT when an effective certificate of the purpose exists: the database
    decides, so two clerks at once cannot both succeed (terms 3(5)).
    """
    retired: list[Written] = []
    record = _recorded(issued, recipient, at)
    if not plain_rows.insert(record, unless_there=True):
        # The slot is taken, perhaps by a certificate that expired without anyone taking note.
        retired = _retire_expired(recipient.person_code, issued.purpose, day_in_japan(at))
        if not retired:
            raise Conflict("E_DUPLICATE_CERT", purpose=issued.purpose)
        record.save(force_insert=True)
    detail = {
        "card": recipient.card_number,
        "expiry": str(issued.expiry_date),
        "sha256": hashlib.sha256(issued.certificate).hexdigest(),
    }
    return record, (Act(actor, ISSUE, str(record), detail), (record, *written, *retired))


def _recorded(issued: Issued, recipient: Recipient, at: datetime) -> IssuanceRecord:
    return IssuanceRecord(
        purpose=issued.purpose,
        serial_number=issued.serial_number,
        issuer_key_id=issued.issuer_key_id,
        certificate=issued.certificate,
        expiry_date=issued.expiry_date,
        application_number=recipient.application_number,
        person_code=recipient.person_code,
        card_number=recipient.card_number,
        municipality_code=recipient.municipality_code,
        issued_at=at,
        status_changed_at=at,
    )


def _retire_expired(person_code: PersonCode, purpose: Purpose, today: date) -> list[Written]:
    """An expired certificate has lapsed by itself; it no longer stands in the way of a new one."""
    expired = IssuanceRecord.objects.select_for_update().filter(
        person_code=person_code, purpose=purpose, effective=True, expiry_date__lt=today
    )
    return [_without_effect(record) for record in expired]


def _without_effect(record: IssuanceRecord) -> Written:
    record.effective = False
    record.save(update_fields=["effective"])
    return changed(record, "effective")


def write_delivery(record: IssuanceRecord, *, actor: str, at: datetime) -> tuple[Acted, ...]:
    """Note that the certificate stands on the card; the transaction, which holds the person, journals the
    act. Saying it twice changes nothing: then there is none.
    """
    if record.delivered_at is not None:
        return ()
    record.delivered_at = at
    plain_rows.write(record, "delivered_at")
    act = Act(actor, "deliver", str(record), {"card": record.card_number})
    return ((act, (changed(record, "delivered_at"),)),)


@dataclass(frozen=True)
class Change:
    """A change of status with its ground; `crl_reason` in the words of RFC 5280, empty for unspecified."""

    status: Status
    ground: LapseGround
    crl_reason: str


def record_change(record: IssuanceRecord, change: Change, *, actor: str, at: datetime) -> None:
    """Write a change of status. Must run in a transaction that holds the record's row.

    Raises as `write_change`.
    """
    act, rows = write_change(record, change, actor=actor, at=at)
    append(act, at, *rows)


def write_change(record: IssuanceRecord, change: Change, *, actor: str, at: datetime) -> Acted:
    """As `record_change`; the transaction journals the act.

    Raises Conflict for what is no step in the life of a certificate (`life.FOLLOWS`): E_CERT_REVOKED, for a
    revoked one never comes back, or E_STATUS_CHANGE.
    """
    if change.status not in FOLLOWS[Status(record.status)]:
        raise Conflict("E_CERT_REVOKED" if record.status == Status.REVOKED else "E_STATUS_CHANGE")
    record.status = change.status
    record.crl_reason = change.crl_reason
    record.status_changed_at = at
    record.list_entry = list_entry(record)
    record.effective = record.effective and change.status != Status.REVOKED
    plain_rows.write(record, *_OF_A_CHANGE)
    written = StatusChange(
        record=record,
        status=change.status,
        ground=change.ground,
        crl_reason=change.crl_reason,
        recorded_at=at,
        actor=actor,
    )
    plain_rows.insert(written)
    act = Act(actor, change.status, str(record), Step.of_change(written).detail())
    return act, (changed(record, *_OF_A_CHANGE), written)


def list_entry(record: IssuanceRecord, *, latest: datetime | None = None) -> bytes:
    """DER of a record's entry in the revocation list, of `latest` at the latest; empty while it is good."""
    if record.status == Status.GOOD:
        return b""
    since = whole_second(record.status_changed_at)
    if latest is not None:
        since = min(since, latest)
    return revoked_entry(record.serial_number, since, crl.reason_flag(record.crl_reason))
