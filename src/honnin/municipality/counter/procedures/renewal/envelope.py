"""A proxy's sealed form: opened once by two clerks, and what follows where its PINs do not open the card.

No PIN is here: those of the form go through the clerk's entry to the card, as a holder's do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from honnin.clock import day_in_japan
from honnin.errors import Conflict, Refused
from honnin.journal.binding import changed
from honnin.law.citation import cites
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.renewal_pins import (
    Inquiry,
    PinProof,
    awaits_answer,
    inquiry_refusals,
    opening_refusals,
)
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.services import examine, held, note
from honnin.municipality.counter.cards.agency import ask_agency
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.renewal.facts import by_form, proofs_of, proxy_of_application
from honnin.municipality.records.journal import DATABASE
from honnin.municipality.residents.addressees import addressee_of
from honnin.wire.messages.notices import InquirySubject, OrderDocumentInquiry, ReportInquiryAnswered


def is_opened(application: Application) -> bool:
    return bool(application.details.get("opened_by"))


@cites("S3-P1", "S3-P5")
def open_envelope(application: Application, second: Clerk, *, clerk: Clerk, at: datetime) -> None:
    """Note that two clerks opened the proxy's envelope: once, and not one that came without its seal.

    Raises Refused with whatever stands against the renewal by now, so that no form is used up in vain, and
    E_FORM_INCOMPLETE, E_SEAL_BROKEN, E_FORM_USED, E_SECOND_PERSON; NotAllowed and Conflict as
    `guards.require`, of either clerk.
    """
    if against := examine(application, clerk=clerk, at=at):
        raise Refused(*against)
    with transaction.atomic(using=DATABASE):
        locked = held(application, CounterAct.RENEW, clerk)
        guards.require(second, CounterAct.RENEW, locked)
        proxy = proxy_of_application(locked)
        refusals = opening_refusals(
            seal_intact=proxy.seal_intact if proxy else None,
            opened_before=is_opened(locked),
            people=frozenset({clerk.user_name, second.user_name}),
        )
        if refusals:
            raise Refused(*refusals)
        opened = {"opened_by": [clerk.user_name, second.user_name], "opened_at": at.isoformat()}
        _keep(locked, opened, "open envelope", clerk, at, second=second.user_name)


@dataclass(frozen=True)
class Ordered:
    """A document inquiry that was ordered: its number, the letter's, and what came of it."""

    request_number: str
    letter_number: str
    inquiry: Inquiry


def ordered_inquiry(application: Application) -> Ordered | None:
    """The last document inquiry that was ordered for an application, if there is one."""
    kept = application.details.get("inquiry")
    if not kept:
        return None
    ordered_on, answer_by = (date.fromisoformat(kept[name]) for name in ("ordered_on", "answer_by"))
    answered_on = date.fromisoformat(kept["answered_on"]) if kept.get("answered_on") else None
    inquiry = Inquiry(ordered_on=ordered_on, answered_on=answered_on, days=(answer_by - ordered_on).days)
    return Ordered(kept["request"], kept["letter"], inquiry)


def inquiry_of(application: Application) -> Inquiry | None:
    found = ordered_inquiry(application)
    return found.inquiry if found else None


def is_mismatched(application: Application) -> bool:
    """Whether a PIN of the proxy's form did not open the card."""
    return by_form(application) and PinProof.MISMATCHED in proofs_of(application).values()


def may_set_anew(application: Application, on: date) -> bool:
    """Whether PINs may be set anew: for the holder or agent at any time, for a proxy with the answer."""
    return not by_form(application) or not inquiry_refusals(inquiry_of(application), on)


@cites("S3-P3")
def order_inquiry(application: Application, *, clerk: Clerk, at: datetime) -> None:
    """Have the holder asked by post. Ordered once; another one where no answer came in time.

    Raises Conflict E_APPLICATION_STATE where no PIN failed, or an inquiry waits for its answer.
    """
    guards.require(clerk, CounterAct.RENEW, application)
    before, today = ordered_inquiry(application), day_in_japan(at)
    if not is_mismatched(application) or may_set_anew(application, today) or _waits(application, today):
        raise Conflict("E_APPLICATION_STATE", state=application.state)
    number = int(before.request_number.rpartition("-")[2]) + 1 if before else 1
    request = OrderDocumentInquiry(
        f"{application.number}-inquiry-{number}",
        addressee_of(application.resident, application.resident_id),
        InquirySubject.RENEWAL_BY_PROXY,
        application.number,
    )
    state = ask_agency(clerk, request)
    inquiry = {
        "request": request.request_number,
        "letter": state.letter_number,
        "ordered_on": today.isoformat(),
        "answer_by": state.answer_by.isoformat(),
    }
    with transaction.atomic(using=DATABASE):
        locked = _as_seen(application, clerk)
        _keep(locked, {"inquiry": inquiry}, "order inquiry", clerk, at, letter=state.letter_number)


@cites("S3-P3")
def note_answer(application: Application, *, clerk: Clerk, at: datetime) -> None:
    """The holder's answer is here. Raises Conflict E_APPLICATION_STATE where none is waited for, Refused
    E_INQUIRY_OVER after its deadline.
    """
    guards.require(clerk, CounterAct.RENEW, application)
    found, today = ordered_inquiry(application), day_in_japan(at)
    if found is None or found.inquiry.answered_on is not None:
        raise Conflict("E_APPLICATION_STATE", state=application.state)
    answered = Inquiry(ordered_on=found.inquiry.ordered_on, answered_on=today, days=found.inquiry.days)
    if refusals := inquiry_refusals(answered, today):
        raise Refused(*refusals)
    ask_agency(clerk, ReportInquiryAnswered(found.request_number, today))
    with transaction.atomic(using=DATABASE):
        locked = _as_seen(application, clerk)
        inquiry = {**locked.details["inquiry"], "answered_on": today.isoformat()}
        _keep(locked, {"inquiry": inquiry}, "note answer to inquiry", clerk, at, letter=found.letter_number)


def _as_seen(application: Application, clerk: Clerk) -> Application:
    """The application, held. Raises Conflict E_APPLICATION_STATE where a colleague was faster."""
    locked = held(application, CounterAct.RENEW, clerk)
    if locked.details.get("inquiry") != application.details.get("inquiry"):
        raise Conflict("E_APPLICATION_STATE", state=locked.state)
    return locked


def _waits(application: Application, on: date) -> bool:
    return awaits_answer(inquiry_of(application), on)


def _keep(
    locked: Application, details: Mapping[str, object], act: str, clerk: Clerk, at: datetime, **more: str
) -> None:
    locked.details = {**locked.details, **details}
    locked.save(update_fields=["details"])
    note(clerk, act, locked, at, changed(locked, "details"), **more)
