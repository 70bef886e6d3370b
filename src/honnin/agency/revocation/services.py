"""Carrying out lapse, hold and release on the issue records."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction

from honnin.agency.card_register.queries import cards_of
from honnin.agency.card_register.services import invalidate, locked_cards
from honnin.agency.notices.services import letter_of_change
from honnin.agency.records.journal import DATABASE, Act, append
from honnin.agency.records.models import IssuanceRecord, Person
from honnin.agency.records.persons import locked_person, name_of, note_report
from honnin.agency.records.queries import standing_on
from honnin.agency.records.services import Change, record_change
from honnin.clock import day_in_japan
from honnin.errors import Refused
from honnin.identifiers import PersonCode
from honnin.journal.binding import Written
from honnin.law.cards.card_state import EVENT_OF_GROUND
from honnin.law.cards.loss import LossEvent
from honnin.law.certificates.hold import (
    CertificateState,
    HoldOutcome,
    hold_crl_reason,
    hold_outcome,
    hold_refusals,
    release_refusals,
)
from honnin.law.certificates.lapse import crl_reason, lapses
from honnin.law.certificates.status import Status
from honnin.law.citation import cites
from honnin.law.terms import Generation, LapseGround, Purpose

# RFC 5280 knows no reason for the way back; the record of a release carries none.
NO_REASON = ""
# What the journal calls a report about a person.
REPORTED_LAPSE, REPORTED_LOSS, REPORTED_FOUND = "report of lapse", "card reported lost", "card reported found"


@cites("S4-8.1.1", "S4-8.1.2", "act/11", "act/30")
def record_lapse(
    person_code: PersonCode, ground: LapseGround, purposes: tuple[Purpose, ...], *, actor: str, at: datetime
) -> list[IssuanceRecord]:
    """Revoke a person's certificates that lapse on a ground, at once; returns those that changed.

    `purposes` limits a holder's own application; empty means all that the law names. A certificate that
    is revoked already stays as it is, so that hearing of a ground twice changes nothing.
    """
    change = Change(Status.REVOKED, ground, crl_reason(ground))
    changed = []
    with transaction.atomic(using=DATABASE):
        report = note_report(locked_person(person_code))
        records = locked_certificates(person_code, day_in_japan(at))
        event = EVENT_OF_GROUND.get(ground)
        cards = locked_cards(person_code) if event else []
        # Everything is locked by now: the journal's lock is the last of every act.
        if event:
            invalidate(cards, event, actor=actor, at=at)
        for record in records:
            purpose = Purpose(record.purpose)
            if lapses(ground, purpose) and (not purposes or purpose in purposes):
                record_change(record, change, actor=actor, at=at)
                changed.append(record)
        detail: dict[str, str | int] = {"ground": ground, "changed": len(changed)}
        written = (report, *letter_of_change(changed, ground, at))
        _note(person_code, REPORTED_LAPSE, detail, *written, actor=actor, at=at)
    return changed


def _note(
    person_code: PersonCode,
    act: str,
    detail: Mapping[str, str | int],
    *written: Written,
    actor: str,
    at: datetime,
) -> None:
    """The journal's entry of a report about a person, whether it changed anything or not."""
    append(Act(actor, act, name_of(person_code), detail), at, *written)


@cites("S4-9a", "S1-C5.1a", "S3-C3")
def hold(
    person_code: PersonCode, *, actor: str, at: datetime, person: Person | None = None
) -> list[IssuanceRecord]:
    """The card is lost: hold the authentication certificate, revoke the signature certificate, at once.

    Taken at any hour of any day. What is held already stays held, and keeps its time. Nothing is issued to
    the person until the holder comes to a counter; somebody whose card has ended waits for nothing. `person`:
    the row, if the caller has locked it in this transaction.
    """
    ground, changed = LapseGround.LOSS_NOTICE, []
    with transaction.atomic(using=DATABASE):
        person = person or locked_person(person_code)
        has_card = any(card.valid for card in cards_of(person_code))
        report = note_report(person, LossEvent.CALL if has_card else LossEvent.CALL_WITHOUT_CARD)
        for record in locked_certificates(person_code, day_in_japan(at)):
            purpose = Purpose(record.purpose)
            state = _state(record, purpose, day_in_japan(at))
            if state.held or hold_refusals(state, day_in_japan(at)):
                continue
            outcome = hold_outcome(purpose)
            status = Status.HELD if outcome is HoldOutcome.HELD else Status.REVOKED
            change = Change(status, ground, hold_crl_reason(outcome))
            record_change(record, change, actor=actor, at=at)
            changed.append(record)
        written = (report, *letter_of_change(changed, ground, at))
        _note(person_code, REPORTED_LOSS, {"changed": len(changed)}, *written, actor=actor, at=at)
    return changed


@cites("S4-9b", "S1-C5.1d")
def release(
    person_code: PersonCode,
    purpose: Purpose,
    *,
    own_municipality: bool,
    card_presented: bool,
    actor: str,
    at: datetime,
) -> IssuanceRecord:
    """The card was found and shown at the counter: the certificate has effect again.

    Raises Refused with every refusal (E_HOLD_NOT_RELEASABLE, E_OFFICE_WRONG, E_CARD_MISSING …).
    """
    today = day_in_japan(at)
    with transaction.atomic(using=DATABASE):
        report = note_report(locked_person(person_code))
        found = [record for record in locked_certificates(person_code, today) if record.purpose == purpose]
        state = _state(found[0] if found else None, purpose, today)
        refusals = release_refusals(
            state, today, own_municipality=own_municipality, card_presented=card_presented
        )
        if refusals:
            raise Refused(*refusals)
        change = Change(Status.GOOD, LapseGround.LOSS_NOTICE, NO_REASON)
        record_change(found[0], change, actor=actor, at=at)
        _note(person_code, REPORTED_FOUND, {"purpose": purpose}, report, actor=actor, at=at)
    return found[0]


def _state(record: IssuanceRecord | None, purpose: Purpose, today: date) -> CertificateState:
    return CertificateState(
        generation=Generation.NUMBER_CARD,
        purpose=purpose,
        expiry=record.expiry_date if record else today,
        held=record is not None and record.status == Status.HELD,
        lapsed=record is None,
    )


def locked_certificates(person_code: PersonCode, today: date) -> list[IssuanceRecord]:
    """A person's certificates that have effect or are held, their rows held until the transaction ends."""
    found = IssuanceRecord.objects.select_for_update().filter(standing_on(today), person_code=person_code)
    return list(found.order_by("purpose"))
