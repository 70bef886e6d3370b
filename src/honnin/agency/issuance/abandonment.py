"""Ending an application that is rejected, at whatever point its issuing stands."""

from datetime import datetime

from django.db import transaction

from honnin.agency.card_channel.conversation import locked
from honnin.agency.issuance.models import Procedure, Stage
from honnin.agency.issuance.services import DATABASE, NOT_DELIVERED
from honnin.agency.records.journal import Act, append
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.records.persons import locked_person, put_in
from honnin.agency.records.queries import records_for_application, status_of
from honnin.agency.records.services import record_change
from honnin.clock import day_in_japan
from honnin.errors import Conflict, NotAllowed
from honnin.identifiers import MunicipalityCode
from honnin.journal.binding import changed
from honnin.law.certificates.status import Status
from honnin.wire.messages.issuance import AbandonIssuance


def abandon(
    message: AbandonIssuance, municipality_code: MunicipalityCode, *, actor: str, at: datetime
) -> int:
    """Issue nothing more for an application, and revoke what it brought; returns how many were revoked.

    What was issued was never handed over, so its ground is that it is not delivered. Doing it again changes
    nothing. Raises NotAllowed E_OFFICE_WRONG for another municipality's application, Conflict
    E_APPLICATION_STATE when everything was issued already and some of it has not lapsed since,
    E_RENEWAL_RECORDED when it took the place of earlier certificates: without it the holder would have none.
    """
    with transaction.atomic(using=DATABASE):
        person = locked_person(message.person_code)
        procedure, new = _locked(message, municipality_code, at)
        if (procedure.municipality_code, procedure.person_code) != (municipality_code, message.person_code):
            raise NotAllowed("E_OFFICE_WRONG")
        standing = [each for each in _brought(procedure) if each.status != Status.REVOKED]
        if procedure.renews and _stands(standing, at):
            raise Conflict("E_RENEWAL_RECORDED")
        if procedure.stage == Stage.DONE and _stands(standing, at):
            raise Conflict("E_APPLICATION_STATE", state=procedure.stage)
        procedure.stage, procedure.channel = Stage.ABANDONED, {}
        procedure.save(update_fields=["stage", "channel"])
        for record in standing:
            record_change(record, NOT_DELIVERED, actor=actor, at=at)
        written = procedure if new else changed(procedure, "stage", "channel")
        act = Act(actor, "abandon issuing", procedure.application_number, {"revoked": len(standing)})
        append(act, at, written, *put_in(person))
    return len(standing)


def _locked(
    message: AbandonIssuance, municipality_code: MunicipalityCode, at: datetime
) -> tuple[Procedure, bool]:
    """The procedure's row, and whether it was put in now: one that was never opened is opened as ended, so
    that nobody opens it later.
    """
    ended = {
        "municipality_code": municipality_code,
        "person_code": message.person_code,
        "card_number": "",
        "form": b"",
        "purposes": "",
        "stage": Stage.ABANDONED,
        "began_at": at,
    }
    return locked(Procedure, {"application_number": message.application_number}, ended)


def _stands(records: list[IssuanceRecord], at: datetime) -> bool:
    today = day_in_japan(at)
    return any(status_of(record, today).stands for record in records)


def _brought(procedure: Procedure) -> list[IssuanceRecord]:
    return list(records_for_application(procedure.application_number, procedure.person_code).values())
