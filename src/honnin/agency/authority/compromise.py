"""The leakage, loss or damage of an issuer's key (Act 14, 33): everything that it signed is revoked.

One person asks for it upon a forecast, another confirms the same forecast; from then on the key issues
nothing. The revocation goes on in batches, each a transaction of its own: whoever is killed in between goes
on where it stood, and every certificate is revoked once.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from honnin.agency.authority.models import IssuingKey, KeyCompromise, SerialSequence
from honnin.agency.authority.queries import compromise_of
from honnin.agency.records.journal import DATABASE, Act, append
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.records.persons import locked_person, note_report
from honnin.agency.records.queries import standing_on
from honnin.agency.records.services import Change, record_change
from honnin.clock import Clock, day_in_japan
from honnin.console.account_name import account_name, require_account_name
from honnin.errors import Conflict, Malformed, NotAllowed
from honnin.identifiers import PersonCode
from honnin.journal.binding import Written, changed
from honnin.law.certificates.compromise import known_after
from honnin.law.certificates.lapse import crl_reason, lapses
from honnin.law.certificates.status import Status
from honnin.law.citation import cites
from honnin.law.terms import Compromise, LapseGround, Purpose
from honnin.translation import Sentence

BATCH: Final = 500
"""Certificates that are revoked in one transaction: about a second's work, for which others wait (ours)."""
GROUND: Final = LapseGround.ISSUER_KEY_COMPROMISE
ASKED, CONFIRMED = "ask for compromise of issuer key", "confirm compromise of issuer key"
REVOKED, FINISHED = "revoke for compromise of issuer key", "all revoked for compromise of issuer key"
WITHDRAWN = "withdraw compromise of issuer key"
"""What the journal calls the steps of the act."""

_CHANGE: Final = Change(Status.REVOKED, GROUND, crl_reason(GROUND))
_READ_AT_ONCE: Final = 2000


@dataclass(frozen=True)
class Forecast:
    """Which certificates would be revoked: how many have effect, how many are on hold, and a digest (SHA-256)
    of the key, of what happened to it, and of every one of them as it stands.
    """

    good: int
    held: int
    digest: str

    @property
    def total(self) -> int:
        return self.good + self.held


def generation_of(purpose: Purpose, generation: int) -> IssuingKey:
    """One generation of a CA. Raises Malformed E_GENERATION_UNKNOWN."""
    found = IssuingKey.objects.filter(purpose=purpose, generation=generation).first()
    if found is None:
        raise Malformed("E_GENERATION_UNKNOWN", purpose=Sentence(purpose), generation=generation)
    return found


def forecast(key: IssuingKey, kind: Compromise, on: date) -> Forecast:
    """What a recorded compromise of a key would revoke on a day; changes nothing, and holds no certificate in
    memory.
    """
    counts = {Status.GOOD.value: 0, Status.HELD.value: 0}
    digest = hashlib.sha256(json.dumps([key.key_id, kind, GROUND]).encode())
    standing = _standing(key, on).values_list("serial_number", "status")
    for serial_number, status in standing.order_by("pk").iterator(_READ_AT_ONCE):
        counts[status] = counts.get(status, 0) + 1
        digest.update(f"{serial_number} {status}\n".encode())
    return Forecast(counts[Status.GOOD], counts[Status.HELD], digest.hexdigest())


def _standing(key: IssuingKey, on: date) -> QuerySet[IssuanceRecord]:
    """Without the purpose, which the key has anyhow: by its index an engine would sort all for each batch."""
    return IssuanceRecord.objects.filter(standing_on(on), issuer_key_id=key.key_id)


@cites("S4-1.3.3")
def ask(key: IssuingKey, kind: Compromise, *, by: str, actor: str, at: datetime) -> KeyCompromise:
    """Ask for the recording of a compromise, upon the forecast of now; revokes nothing.

    What was asked for before and not confirmed is withdrawn by it. Raises Malformed E_ACCOUNT_NAME, Conflict
    E_KEY_COMPROMISE_RECORDED where just this is recorded of the key.
    """
    name = require_account_name(by)
    with transaction.atomic(using=DATABASE):
        IssuingKey.objects.select_for_update().get(pk=key.pk)
        former = KeyCompromise.objects.select_for_update().filter(issuing_key=key, withdrawn_at=None)
        for each in former:
            if each.confirmed_at is None:
                _withdraw(each, name, actor, at)
            elif each.kind == kind:
                raise _recorded(key, kind)
        foreseen = forecast(key, kind, day_in_japan(at))
        asked = KeyCompromise.objects.create(
            issuing_key=key,
            kind=kind,
            good=foreseen.good,
            held=foreseen.held,
            digest=foreseen.digest,
            asked_by=name,
            asked_at=at,
        )
        detail: dict[str, str | int] = {"certificates": foreseen.total, "digest": foreseen.digest}
        append(Act(actor, ASKED, str(key), {"kind": kind, "by": name} | detail), at, asked)
    return asked


def _recorded(key: IssuingKey, kind: str) -> Conflict:
    return Conflict(
        "E_KEY_COMPROMISE_RECORDED",
        purpose=Sentence(key.purpose),
        generation=key.generation,
        kind=Sentence(kind),
    )


def to_confirm(key: IssuingKey) -> KeyCompromise:
    """What somebody has asked for and nobody has confirmed. Raises Conflict E_KEY_COMPROMISE_NOT_ASKED."""
    found = _open(key).first()
    if found is None:
        purpose = Sentence(key.purpose)
        raise Conflict("E_KEY_COMPROMISE_NOT_ASKED", purpose=purpose, generation=key.generation)
    return found


def _open(key: IssuingKey) -> QuerySet[KeyCompromise]:
    return KeyCompromise.objects.filter(issuing_key=key, withdrawn_at=None, confirmed_at=None)


def withdraw(key: IssuingKey, *, by: str, actor: str, at: datetime) -> KeyCompromise:
    """Take back what was asked for; whoever it is, for nothing happened yet. Raises as `to_confirm`."""
    name = require_account_name(by)
    with transaction.atomic(using=DATABASE):
        IssuingKey.objects.select_for_update().get(pk=key.pk)
        found = to_confirm(key)
        _withdraw(found, name, actor, at)
    return found


def _withdraw(asked: KeyCompromise, name: str, actor: str, at: datetime) -> None:
    asked.withdrawn_by, asked.withdrawn_at = name, at
    asked.save(update_fields=["withdrawn_by", "withdrawn_at"])
    act = Act(actor, WITHDRAWN, str(asked.issuing_key), {"kind": asked.kind, "by": name})
    append(act, at, changed(asked, "withdrawn_by", "withdrawn_at"))


@cites("S4-8.1.3", "act/14", "act/33")
def confirm(key: IssuingKey, digest: str, *, by: str, actor: str, at: datetime) -> KeyCompromise:
    """Record the compromise that somebody else has asked for: from now on the key issues nothing.

    `digest`: of the forecast that whoever confirms has seen. Raises NotAllowed E_SAME_PERSON for whoever
    has asked, Conflict E_FORECAST_DIGEST for another digest than that of the request, E_FORECAST_OVERTAKEN
    where the certificates are no longer those of the forecast, and as `to_confirm`.
    """
    name = require_account_name(by)
    with transaction.atomic(using=DATABASE):
        # Under the lock under which numbers are taken: who issues comes before, and is counted, or after.
        SerialSequence.objects.select_for_update().get(purpose=key.purpose)
        present = IssuingKey.objects.select_for_update().get(pk=key.pk)
        asked = KeyCompromise.objects.select_for_update().get(pk=to_confirm(present).pk)
        _require_same(present, asked, digest, name, day_in_japan(at))
        asked.confirmed_by, asked.confirmed_at = name, at
        asked.save(update_fields=["confirmed_by", "confirmed_at"])
        present.compromise = known_after(compromise_of(present), Compromise(asked.kind))
        present.save(update_fields=["compromise"])
        detail = {"kind": asked.kind, "asked_by": asked.asked_by, "by": name, "digest": asked.digest}
        written = changed(asked, "confirmed_by", "confirmed_at"), changed(present, "compromise")
        append(Act(actor, CONFIRMED, str(key), detail), at, *written)
    return asked


def _require_same(key: IssuingKey, asked: KeyCompromise, digest: str, name: str, on: date) -> None:
    """Raises as `confirm` unless another person confirms just what was asked for, and it is still so."""
    if account_name(asked.asked_by) == name:
        raise NotAllowed("E_SAME_PERSON", name=asked.asked_by)
    if digest.strip().lower() != asked.digest:
        raise Conflict("E_FORECAST_DIGEST")
    if forecast(key, Compromise(asked.kind), on).digest != asked.digest:
        raise Conflict("E_FORECAST_OVERTAKEN")


def unfinished() -> QuerySet[KeyCompromise]:
    """Recorded compromises by which not everything is revoked yet, the oldest first."""
    open_ones = KeyCompromise.objects.filter(finished_at=None).exclude(confirmed_at=None)
    return open_ones.select_related("issuing_key").order_by("confirmed_at", "pk")


def go_on(
    compromise: KeyCompromise,
    clock: Clock,
    *,
    actor: str,
    progress: Callable[[KeyCompromise], object] = lambda present: None,
    batch: int = BATCH,
    batches: int | None = None,
) -> KeyCompromise:
    """Revoke what a recorded compromise ends, until nothing is left; how far it is after each batch, is told
    to `progress`. `batches`: how many at most. Runs again without harm, and beside another one.
    """
    after = 0
    while compromise.finished_at is None and batches != 0:
        compromise, after = _revoke_some(compromise, after, batch, actor, clock.now())
        batches = None if batches is None else batches - 1
        progress(compromise)
    return compromise


def _revoke_some(
    compromise: KeyCompromise, after: int, batch: int, actor: str, at: datetime
) -> tuple[KeyCompromise, int]:
    """Revoke the next ones by their primary keys, or find that none is left; and the last key."""
    with transaction.atomic(using=DATABASE):
        present = KeyCompromise.objects.select_for_update().get(pk=compromise.pk)
        if present.finished_at is not None:
            return present, after
        standing = _standing(present.issuing_key, day_in_japan(at))
        found = _next(standing, after, batch) or (_next(standing, 0, batch) if after else [])
        written = [note_report(locked_person(code)) for code in sorted({code for _, code in found})]
        locked = standing.select_for_update().filter(pk__in=[pk for pk, _ in found]).order_by("pk")
        records = [each for each in locked if lapses(GROUND, Purpose(each.purpose))]
        for record in records:
            record_change(record, _CHANGE, actor=actor, at=at)
        _note(present, len(records), written, actor=actor, at=at, last=not found)
    return present, found[-1][0] if found else after


def _next(standing: QuerySet[IssuanceRecord], after: int, batch: int) -> list[tuple[int, PersonCode]]:
    rows = standing.filter(pk__gt=after).order_by("pk").values_list("pk", "person_code")
    return [(pk, code) for pk, code in rows[:batch]]


def _note(
    present: KeyCompromise, revoked: int, written: list[Written], *, actor: str, at: datetime, last: bool
) -> None:
    """How far the act has come, with the persons about whom it was a report."""
    present.revoked += revoked
    fields = ["revoked"]
    if last:
        present.finished_at = at
        fields.append("finished_at")
    present.save(update_fields=fields)
    act = Act(actor, FINISHED if last else REVOKED, str(present.issuing_key), {"revoked": present.revoked})
    append(act, at, changed(present, *fields), *written)
