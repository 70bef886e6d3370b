"""Compares OCSP answers and revocation lists with the present records.

Nothing here holds a state of the database: an answer costs a signature, and many take long. A record is read
before and after it was asked about; what differs is asked once more, after a while, before it is a fault.
"""

import time
from collections.abc import Callable, Collection, Iterator
from datetime import date
from typing import Final

from cryptography.x509 import ocsp as read
from django.db.models import QuerySet

from honnin.agency.audit.publication import Publication, read_publication
from honnin.agency.authority.models import IssuingKey
from honnin.agency.authority.queries import certificate_of
from honnin.agency.records.life import words_of_purpose, words_of_record, words_of_status
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.status.responder import StatusResponder
from honnin.clock import Clock, day_in_japan
from honnin.journal.reading import batches_of_keys, rows_of
from honnin.journal.snapshot import snapshot
from honnin.law.certificates.status import Status
from honnin.pkix import ocsp
from honnin.translation import Name, Sentence, pmessage

_BATCH = 500
_RECORDS: QuerySet[IssuanceRecord] = IssuanceRecord.objects.defer("certificate")
_PAUSES = (0.3, 1.0)
_TRIES = 20
"""How often a record is read anew that changes while it is asked about."""


class Answers:
    """Answers and lists of an installation. `certificates` and `waiting` are counted by `faults`."""

    def __init__(
        self,
        clock: Clock,
        publication: Publication,
        make_responder: Callable[[], StatusResponder],
        *,
        silent: Collection[str] | None,
    ) -> None:
        """`silent` are the identifiers of keys whose responders cannot answer; None: nobody can."""
        self.certificates = 0
        self._waiting: set[int] = set()
        self._unread = 0
        self._issuers = {key.pk: certificate_of(key) for key in publication.keys}
        self._clock, self._publication, self._silent = clock, publication, silent or ()
        self._responder: StatusResponder | None = None
        if silent is not None and len(silent) < len(publication.keys):
            self._responder = make_responder()

    @property
    def waiting(self) -> int:
        """How many certificates no list shows yet as they are now."""
        return len(self._waiting)

    def faults(self) -> list[str]:
        """Every difference that is still one when it is asked again."""
        differing: list[tuple[int, IssuingKey]] = []
        faults: list[str] = []
        for record, key in self._unexpired():
            self.certificates += 1
            if self._differences(record, key):
                differing.append((record.pk, key))
        for pause in _PAUSES if differing else ():
            time.sleep(pause)
            self._publication, faults = read_publication(self._clock), []
            asked, differing = differing, []
            for pk, key in asked:
                if found := self._settled(pk, key):
                    differing.append((pk, key))
                    faults += found
        if self._unread:
            faults.append(
                Sentence("records: {count} that cannot be read, and were not asked about", count=self._unread)
            )
        return faults

    def _unexpired(self) -> Iterator[tuple[IssuanceRecord, IssuingKey]]:
        """In batches, so that no state of the database is held meanwhile.

        Which have expired is not asked of the database: of a day in a form of its own it finds anything.
        """
        keys = {key.key_id: key for key in self._publication.keys}
        for numbers in list(batches_of_keys("agency", IssuanceRecord, _BATCH)):
            with snapshot("agency"):
                batch = rows_of("agency", _RECORDS.all(), numbers)
            for record in batch:
                key = keys.get(record.issuer_key_id) if record else None
                if record is None or not isinstance(record.expiry_date, date):
                    self._unread += 1
                elif key and self._is_unexpired(record):
                    yield record, key

    def _is_unexpired(self, record: IssuanceRecord) -> bool:
        return record.expiry_date >= day_in_japan(self._clock.now())

    def _settled(self, pk: int, key: IssuingKey) -> list[str]:
        """What differs about a record that stood still while it was asked about."""
        faults: list[str] = []
        for _ in range(_TRIES):
            record = _RECORDS.filter(pk=pk).first()
            if record is None or not self._is_unexpired(record):
                return []
            faults = self._differences(record, key)
            after = _RECORDS.filter(pk=pk).first()
            if after is not None and _status_facts(record) == _status_facts(after):
                break
        return faults

    def _differences(self, record: IssuanceRecord, key: IssuingKey) -> list[str]:
        """Notes also whether the record waits for a list."""
        if not _is_number(record.serial_number):
            return [
                Sentence(
                    "{purpose} certificate: its serial number cannot be read",
                    purpose=words_of_purpose(record.purpose),
                )
            ]
        faults = list(self._responder_faults(record, key))
        published = self._publication.lists.get(key.key_id)  # where it has none, that is a fault by itself
        self._waiting.discard(record.pk)
        if published and _listed(record) != published.says(record.serial_number):
            if published.is_waited_for(str(record)):
                self._waiting.add(record.pk)
            else:
                faults.append(Sentence("the list says otherwise than the record"))
        return [
            Sentence("{name}: {fault}", name=words_of_record(str(record)), fault=fault) for fault in faults
        ]

    def _responder_faults(self, record: IssuanceRecord, key: IssuingKey) -> Iterator[str]:
        if self._responder is None or key.key_id in self._silent:
            return
        request = ocsp.request(ocsp.cert_id_of(self._issuers[key.pk], record.serial_number))
        response = read.load_der_ocsp_response(self._responder.answer(request).body)
        if response.response_status is not read.OCSPResponseStatus.SUCCESSFUL:
            yield Sentence("the responder answers {status}", status=response.response_status.name)
            return
        answer = response.certificate_status
        revoked = answer is read.OCSPCertStatus.REVOKED
        if answer is read.OCSPCertStatus.UNKNOWN or revoked != (record.status != Status.GOOD):
            yield Sentence(
                "the responder says {answer}, the record {record}",
                answer=_ANSWERS[answer],
                record=words_of_status(record.status),
            )


_ANSWERS: Final = {
    read.OCSPCertStatus.GOOD: Name(pmessage("status", "good"), "GOOD", english="GOOD", context="status"),
    read.OCSPCertStatus.REVOKED: Name(
        pmessage("status", "revoked"), "REVOKED", english="REVOKED", context="status"
    ),
    read.OCSPCertStatus.UNKNOWN: Name(
        pmessage("status", "unknown"), "UNKNOWN", english="UNKNOWN", context="status"
    ),
}


def _is_number(value: object) -> bool:
    """Of a column of numbers, in which SQLite keeps anything."""
    return isinstance(value, int)


def _listed(record: IssuanceRecord) -> tuple[bool, str]:
    """What a list should say of it."""
    return record.status != Status.GOOD, record.crl_reason


def _status_facts(record: IssuanceRecord) -> tuple[object, ...]:
    return record.status, record.crl_reason, record.status_changed_at
