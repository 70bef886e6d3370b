"""What a clerk does, carried out: receive, add evidence, examine, issue, hand over.

Each function is one transaction in the municipality's records; speaking to the agency and to the card
happens outside of it. A second click changes nothing: it finds the work done, or raises Conflict or Refused.
"""

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from honnin.card.client.session import CardSession
from honnin.card.transport import Transport
from honnin.clock import Clock, day_in_japan
from honnin.errors import Conflict, Refusal, Refused, Unavailable
from honnin.identifiers import CardNumber, PersonCode
from honnin.journal.binding import Written, changed
from honnin.law.cards.pins import PinKind, normalise_pin, pin_format_refusals
from honnin.law.certificates.lapse import EntryChange
from honnin.law.certificates.status import Status, hand_over_refusals
from honnin.law.citation import cites
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.eligibility import refusals_to_issue
from honnin.law.counter.pin_reset import refusals_to_reset_pins
from honnin.law.counter.registration import registration_refusals
from honnin.law.names.addresses import (
    amended_address_refusals,
    change_of_address,
    day_of_move_refusals,
    moving_out_refusals,
)
from honnin.law.names.characters import SubstituteCharacters, record_with_substitutes
from honnin.law.terms import Generation, LapseGround, Purpose
from honnin.law.terms_of_use import VERSION
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications.evidence.copies import NOTED, ShownDocument, keep_copies
from honnin.municipality.counter.applications.facts import (
    PIN_KIND,
    application_facts,
    brought_by,
    pin_reset_facts,
    purposes_of,
    recorded_form,
    standing,
    status_of,
    substitute_refusals,
)
from honnin.municipality.counter.applications.models import (
    UNFINISHED,
    Application,
    ApplicationState,
    Clerk,
)
from honnin.municipality.counter.applications.states import after
from honnin.municipality.counter.cards import reader as card_reader
from honnin.municipality.counter.guards.acts import (
    about_application,
    about_resident,
    record,
    record_alone,
)
from honnin.municipality.residents import services as register
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.queries import registration_of
from honnin.municipality.residents.services import (
    NewReport,
    deliver_reports,
    place_names,
    record_change_of_address,
    record_move_out,
    report_ground,
)
from honnin.pin import Pin
from honnin.wire.line import Message, R, line_to
from honnin.wire.messages.certificates import (
    AskPersonState,
    PersonState,
    ReportLapse,
    ReportRelease,
)
from honnin.wire.messages.issuance import (
    AbandonIssuance,
    ApplicationForm,
    IssuanceStep,
    IssuedCertificate,
    RelayAnswers,
    RequestIssuance,
)

DATABASE = "municipality"
State = ApplicationState


@dataclass(frozen=True)
class Wish:
    """What the applicant asks for and brought, as the clerk entered it: certificates, or PINs."""

    purposes: frozenset[Purpose] = frozenset()
    pins: frozenset[PinKind] = frozenset()
    shown: tuple[ShownDocument, ...] = ()
    terms_accepted: bool = False
    recorded_name: str = ""
    recorded_address: str = ""
    substitutes_accepted: bool = False
    ward_override: bool = False
    proxy_kind: str = ""
    proxy_name: str = ""

    def __post_init__(self) -> None:
        if self.purposes and self.pins:
            raise ValueError("certificates and PINs are applied for apart")


def agreed_version(wish: Wish) -> str:
    """The version of the terms of use that is agreed to with a wish of today; empty where none is."""
    return VERSION if wish.terms_accepted else ""


def ask_agency(clerk: Clerk, message: Message[R]) -> R:
    """Send a message to the agency in the clerk's name."""
    return line_to("agency", clerk.municipality_id).ask(message, clerk.user_name)


def person_state(clerk: Clerk, person_code: PersonCode) -> PersonState:
    """The person's cards and certificates as the agency has them."""
    return ask_agency(clerk, AskPersonState(person_code))


@cites("S4-3.1", "S4-4.1")
def receive_application(resident: Resident, wish: Wish, *, clerk: Clerk, at: datetime) -> Application:
    """Take an application: whatever is missing is seen at the examination, so that nothing is lost.

    Raises NotAllowed as `guards.require`, Conflict E_APPLICATION_OPEN when this person has one under way.
    """
    guards.require(clerk, CounterAct.RECEIVE, resident)
    guards.require_proxy(clerk, CounterAct.RECEIVE, wish.proxy_name)
    with transaction.atomic(using=DATABASE):
        Resident.objects.select_for_update().get(pk=resident.pk)
        unfinished = UNFINISHED
        if resident.applications.filter(state__in=unfinished, municipality=clerk.municipality).exists():
            raise Conflict("E_APPLICATION_OPEN")
        application = Application.objects.create(
            number=_new_number(clerk, day_in_japan(at)),
            municipality=clerk.municipality,
            resident=resident,
            signature=Purpose.SIGNATURE in wish.purposes,
            user_authentication=Purpose.USER_AUTHENTICATION in wish.purposes,
            pins=sorted(wish.pins),
            received_at=at,
            received_by=clerk,
            terms_accepted=wish.terms_accepted,
            terms_version=agreed_version(wish),
            recorded_name=wish.recorded_name,
            recorded_address=wish.recorded_address,
            substitutes_accepted=wish.substitutes_accepted,
            ward_override=wish.ward_override,
            proxy_kind=wish.proxy_kind,
            proxy_name=wish.proxy_name,
        )
        copies = keep_copies(application, wish.shown, clerk=clerk, at=at)
        _record(clerk, "receive", application, at, application, *copies)
    return application


def _new_number(clerk: Clerk, day: date) -> str:
    """Readable on paper, unique without asking anyone: municipality, day, and six random characters."""
    return f"{clerk.municipality_id}-{day:%Y%m%d}-{secrets.token_hex(3).upper()}"


@cites("S4-3.2b", "S4-3.6c")
def add_evidence(
    application: Application, shown: tuple[ShownDocument, ...], *, clerk: Clerk, at: datetime
) -> None:
    """Keep copies of documents that were shown after the application was received; nothing of what is kept
    already.
    """
    with transaction.atomic(using=DATABASE):
        locked = _locked(application, CounterAct.ADD_EVIDENCE, clerk)
        fields = (*NOTED.values(), "papers_set_aside")
        before = [list(getattr(locked, name)) for name in fields]
        copies = keep_copies(locked, shown, clerk=clerk, at=at)
        if copies or before != [getattr(locked, name) for name in fields]:
            _record(clerk, "add evidence", locked, at, changed(locked, *fields), *copies)


def examine(application: Application, *, clerk: Clerk, at: datetime) -> tuple[Refusal, ...]:
    """Everything that stands against issuing, by the law's own function."""
    return examine_in(application, person_state(clerk, application.resident_id), clerk, at)


def examine_in(
    application: Application, state: PersonState, clerk: Clerk, at: datetime
) -> tuple[Refusal, ...]:
    """The same, where the agency was asked already."""
    today = day_in_japan(at)
    if gone := registration_refusals(registration_of(application.resident)):
        return gone
    if application.resets_pins:
        return refusals_to_reset_pins(pin_reset_facts(application, clerk, state), today)
    if not purposes_of(application):
        return (Refusal("E_FORM_INCOMPLETE", ("S4-3.1",)),)
    facts = application_facts(application, clerk, state, today)
    return (*refusals_to_issue(facts, today), *substitute_refusals(application))


@cites("S4-4.2")
def reject(application: Application, reason: str, *, clerk: Clerk, at: datetime) -> None:
    """Do not accept the application; neither certificate is issued, and the reason is kept.

    One that was approved can still be rejected until its issuing is complete, for example because the
    register changed in between: the agency issues nothing more for it, and revokes what a cut left behind.
    Raises Conflict E_APPLICATION_STATE afterwards.
    """
    guards.require(clerk, CounterAct.REJECT, application)
    if application.state == State.APPROVED and not application.resets_pins:
        ask_agency(clerk, AbandonIssuance(application.number, application.resident_id))
    with transaction.atomic(using=DATABASE):
        locked = _locked(application, CounterAct.REJECT, clerk)
        if locked.state != application.state:
            raise Conflict("E_APPLICATION_STATE", state=locked.state)
        locked.state = after(locked.state, CounterAct.REJECT)
        locked.rejection_reason = reason
        _examined(locked, "reject", clerk, at, "rejection_reason")


def approve(application: Application, *, clerk: Clerk, at: datetime) -> None:
    """Accept the application. Raises Refused with every refusal, NotAllowed for one's own application."""
    guards.require(clerk, CounterAct.APPROVE, application)
    refusals = examine(application, clerk=clerk, at=at)
    if refusals:
        raise Refused(*refusals)
    with transaction.atomic(using=DATABASE):
        locked = _locked(application, CounterAct.APPROVE, clerk)
        if locked.amendable() != application.amendable():  # it was corrected after it was examined
            raise Conflict("E_APPLICATION_STATE", state=locked.state)
        locked.state = after(locked.state, CounterAct.APPROVE)
        _examined(locked, "approve", clerk, at)


def _examined(application: Application, act: str, clerk: Clerk, at: datetime, *more: str) -> None:
    """Write the outcome of an examination: the state, and `more` fields that were set with it."""
    application.examined_by = clerk
    application.examined_at = at
    application.save()
    fields = ("state", "examined_by", "examined_at", *more)
    _record(clerk, act, application, at, changed(application, *fields))


def _record(clerk: Clerk, act: str, application: Application, at: datetime, *written: Written) -> None:
    """The act's entry in the journal, with what it wrote."""
    person = about_resident(application.resident)
    record(clerk, act, about_application(application), at, *written, person=person)


def _locked(application: Application, act: CounterAct, clerk: Clerk) -> Application:
    """The application's row, held until the transaction ends, if this clerk may do this with it now."""
    locked = Application.objects.select_for_update().get(pk=application.pk)
    guards.require(clerk, act, locked)
    return locked


@dataclass(frozen=True)
class Delivery:
    """The card on the reader and the PINs that the applicant typed."""

    transport: Transport
    pins: Mapping[Purpose, Pin]


def issue(
    application: Application, delivery: Delivery, *, clerk: Clerk, clock: Clock
) -> tuple[IssuedCertificate, ...]:
    """Issue onto the card and set the PINs: resumable at any point by calling it again.

    Raises Refused for a badly formed PIN before anything happens, and for whatever stands against issuing
    now (the world may have moved since the approval); CardError when the card goes away. What was issued by
    then stays issued, and the next call writes it onto the same card. Once all is done, issuing is over: a
    PIN that is forgotten afterwards is another application.

    Speaking with a card takes its time: what begins it and what it ends with are two acts, each of one
    instant, and the clock is read once for either.
    """
    began = clock.now()
    purposes = wanted(application)
    check_pins({PIN_KIND[purpose]: delivery.pins.get(purpose, Pin("")) for purpose in purposes})
    card_number = CardSession(delivery.transport).card_number()
    request = _request(application, card_number, clerk, began)
    record_alone(clerk, "begin issue", about_application(application), began, card=card_number)

    def answer(step: IssuanceStep, answers: tuple[bytes, ...]) -> IssuanceStep:
        return ask_agency(clerk, RelayAnswers(step.procedure, answers))

    step = card_reader.converse(ask_agency(clerk, request), delivery.transport, answer)
    card_reader.set_pins(
        delivery.transport, {PIN_KIND[purpose]: delivery.pins[purpose] for purpose in purposes}
    )
    _note_issued(application, step, card_number, clerk=clerk, at=clock.now())
    return step.certificates


def _request(
    application: Application, card_number: CardNumber, clerk: Clerk, at: datetime
) -> RequestIssuance:
    """What the agency is asked, after everything was examined once more as it stands now.

    The order matters. First the agency hears of every change of the register; then it is asked what it knows;
    then the register is read. A change after that is a report that it has not counted yet, and it refuses
    (E_OVERTAKEN). Raises Refused with everything that stands against issuing.
    """
    deliver_reports(at, application.resident_id)
    state = person_state(clerk, application.resident_id)
    now = Application.objects.select_related("resident", "municipality").get(pk=application.pk)
    guards.require(clerk, CounterAct.ISSUE, now)
    if refusals := examine_in(now, state, clerk, at):
        raise Refused(*refusals)
    return RequestIssuance(application_form(now), card_number, wanted(now), state.notices)


def check_pins(pins: Mapping[PinKind, Pin]) -> None:
    """Raises Refused with what is wrong with the form of PINs for a number card."""
    refusals = [
        refusal
        for kind, pin in pins.items()
        for refusal in pin_format_refusals(normalise_pin(pin, kind), kind, Generation.NUMBER_CARD)
    ]
    if refusals:
        raise Refused(*refusals)


def _note_issued(
    application: Application, step: IssuanceStep, card_number: CardNumber, *, clerk: Clerk, at: datetime
) -> None:
    with transaction.atomic(using=DATABASE):
        locked = Application.objects.select_for_update().get(pk=application.pk)
        locked.card_number = card_number
        if locked.state == State.APPROVED:
            locked.state = after(locked.state, CounterAct.ISSUE)
            locked.issued_at = at
        locked.outcome = [
            {
                "purpose": certificate.purpose,
                "serial_number": str(certificate.serial_number),
                "expiry_date": certificate.expiry_date.isoformat(),
            }
            for certificate in step.certificates
        ]
        locked.save()
        written = changed(locked, "card_number", "state", "issued_at", "outcome")
        _record(clerk, "note issued", locked, at, written)


def wanted(application: Application) -> tuple[Purpose, ...]:
    """The purposes applied for; authentication first, since it caps the signature certificate."""
    return tuple(sorted(purposes_of(application), reverse=True))


def application_form(application: Application) -> ApplicationForm:
    """The form as it travels to the agency. Only a signature certificate records name and address."""
    resident, place = application.resident, application.municipality
    name = address = SubstituteCharacters("", "")
    if application.signature:
        name = record_with_substitutes(resident.name, recorded_form(resident.name, application.recorded_name))
        address = record_with_substitutes(
            resident.address, recorded_form(resident.address, application.recorded_address)
        )
    four = resident.basic_four()
    return ApplicationForm(
        application_number=application.number,
        received_on=day_in_japan(application.received_at),
        person_code=resident.person_code,
        name=four.name,
        birth_date=four.birth_date,
        sex=four.sex,
        address=four.address,
        recorded_name=name.text,
        name_flags=name.flags,
        recorded_address=address.text,
        address_flags=address.flags,
        prefecture_romaji=place.prefecture_romaji,
        municipality_romaji=place.romaji,
        kana=resident.kana,
    )


@cites("S4-4.3")
def hand_over(application: Application, *, clerk: Clerk, at: datetime) -> None:
    """Hand the card with its certificates to the applicant, who is a holder from here on.

    Raises Conflict E_CERT_REVOKED, E_CERT_EXPIRED or E_CERT_HELD when they have no effect any more.
    """
    present = Application.objects.select_related("resident").get(pk=application.pk)
    guards.require(clerk, CounterAct.HAND_OVER, present)
    for refusal in against_hand_over(present, clerk=clerk, at=at):
        raise Conflict(refusal.code)
    with transaction.atomic(using=DATABASE):
        locked = _locked(application, CounterAct.HAND_OVER, clerk)
        locked.state = after(locked.state, CounterAct.HAND_OVER)
        locked.handed_over_at = at
        locked.save()
        _record(clerk, "hand over", locked, at, changed(locked, "state", "handed_over_at"))


def against_hand_over(application: Application, *, clerk: Clerk, at: datetime) -> tuple[Refusal, ...]:
    """Why what an application brought cannot be handed over, by the law's own function."""
    return lapsed_in(application, person_state(clerk, application.resident_id), at)


def lapsed_in(application: Application, state: PersonState, at: datetime) -> tuple[Refusal, ...]:
    """The same, where the agency was asked already."""
    brought = brought_by(application, state).values()
    return hand_over_refusals(status_of(each, day_in_japan(at)) for each in brought)


def end(application: Application, *, clerk: Clerk, at: datetime) -> None:
    """End an application that cannot be completed any more; what still has effect keeps it.

    One whose certificates lapsed before the hand-over, or whose PINs can no longer be set, for the card is
    gone: each of them is the old or the new one then. Raises Conflict E_APPLICATION_STATE otherwise.
    """
    present = Application.objects.select_related("resident").get(pk=application.pk)
    guards.require(clerk, CounterAct.END, present)
    if not may_end(present, clerk=clerk, at=at):
        raise Conflict("E_APPLICATION_STATE", state=present.state)
    with transaction.atomic(using=DATABASE):
        locked = _locked(application, CounterAct.END, clerk)
        locked.state = after(locked.state, CounterAct.END)
        locked.save(update_fields=["state"])
        _record(clerk, "end application", locked, at, changed(locked, "state"))


def may_end(application: Application, *, clerk: Clerk, at: datetime) -> bool:
    """Whether this clerk may end it now. What is merely on hold may yet be released and handed over, while
    the person is in the register.
    """
    if not guards.may(clerk, CounterAct.END, application):
        return False
    if application.resets_pins:
        return True
    against = against_hand_over(application, clerk=clerk, at=at)
    final = registration_refusals(registration_of(application.resident))
    return any(final or refusal.code != "E_CERT_HELD" for refusal in against)


def change_address(
    resident: Resident,
    address: str,
    said: EntryChange = EntryChange.ADDRESS,
    *,
    moved_on: date | None = None,
    clerk: Clerk,
    at: datetime,
) -> PersonState | None:
    """Record another address of one of the municipality's own residents, within it; the agency is told at
    once. None where that ends no certificate.

    Raises NotAllowed as `guards.require`, as each of the following does; Refused as
    `against_change_of_address`.
    """
    guards.require(clerk, CounterAct.CHANGE_ADDRESS, resident)
    if refusals := against_change_of_address(resident, address, said, moved_on, on=day_in_japan(at)):
        raise Refused(*refusals)
    by = clerk.user_name
    return record_change_of_address(resident, address, said, moved_on=moved_on, clerk=by, at=at)


def against_change_of_address(
    resident: Resident, address: str, said: EntryChange, moved_on: date | None, *, on: date
) -> tuple[Refusal, ...]:
    """Why an address cannot be recorded for a resident; a move (転居) needs its day, nothing else does."""
    refusals = amended_address_refusals(address, resident.municipality.written(), place_names())
    if change_of_address(resident.address, address, said) is not EntryChange.ADDRESS:
        return refusals
    return (*refusals, *day_of_move_refusals(moved_on, on=on, born=resident.birth_date))


def move_out(
    resident: Resident, destination: str, moved_on: date, *, clerk: Clerk, at: datetime
) -> PersonState | None:
    """Record a resident's notice of moving to another municipality, on the day of the move or after it.

    Our choice: whoever gives it here while the card is reported lost has come to the counter, and reports the
    loss with it; no counter could take that report afterwards. What the time to move in has ended already is
    ended with it. Raises Refused as `moving_out_refusals`.
    """
    guards.require(clerk, CounterAct.MOVE_OUT, resident)
    own, today = resident.municipality.written(), day_in_japan(at)
    refusals = moving_out_refusals(
        destination, own, place_names(), moved_on=moved_on, on=today, born=resident.birth_date
    )
    if refusals:
        raise Refused(*refusals)
    return record_move_out(resident, destination, moved_on, clerk=clerk.user_name, at=at)


@cites("S1-E5", "S2-5", "S4-7.1")
def revoke(
    resident: Resident, ground: LapseGround, purposes: tuple[Purpose, ...], *, clerk: Clerk, at: datetime
) -> PersonState | None:
    """Pass on a holder's application to revoke, or notice of compromise (terms 7).

    None, and nothing written here, where none of these certificates is left: it was asked before, or by a
    colleague in between. The agency, which has the last word on that, hears it all the same.
    """
    guards.require(clerk, CounterAct.REVOKE, resident)
    since = register.newest_report(resident)
    if not set(purposes) & set(standing(person_state(clerk, resident.pk), day_in_japan(at))):
        ask_agency(clerk, ReportLapse(resident.pk, ground, purposes))
        return None
    detail = {"ground": str(ground), "purposes": "+".join(sorted(purposes))}
    new = NewReport("ask to revoke", ground, since, purposes, detail)
    return report_ground(resident, new, clerk=clerk.user_name, at=at)


def release(
    resident: Resident,
    purpose: Purpose,
    transport: Transport,
    pin: Pin,
    *,
    use_last_try: bool = False,
    clerk: Clerk,
    at: datetime,
) -> PersonState:
    """Pass on a holder's notice that the card was found (terms 9): the card itself signs it, with its PIN.

    Raises Refused with everything that stands against it, E_CARD_OTHERS for another's card, E_CARD_MISSING
    for one without that certificate; CardError for a wrong PIN. The loss that was reported ends with it.
    """
    guards.require(clerk, CounterAct.RELEASE, resident)
    today = day_in_japan(at)
    state = person_state(clerk, resident.person_code)
    present = standing(state, today).get(purpose)
    held = present if present and status_of(present, today) is Status.HELD else None
    signature = b""
    if held is not None:
        card_reader.require_card_of(state, transport)
        signature = card_reader.sign_release(transport, held, pin, use_last_try=use_last_try)
    record_alone(clerk, "ask to release", about_resident(resident), at, purpose=purpose)
    return ask_agency(clerk, ReportRelease(resident.person_code, purpose, signature))


def report_loss(resident: Resident, *, clerk: Clerk, at: datetime) -> bool:
    """Pass on that the holder reported the loss here too; returns whether that was still waited for.

    Nothing is written where it was not. While the agency cannot be asked, the report is kept for it.
    """
    guards.require(clerk, CounterAct.REPORT_LOSS, resident)
    since = register.newest_report(resident)
    with suppress(Unavailable):
        if not person_state(clerk, resident.pk).reported_lost:
            return False
    return register.report_loss(resident, clerk=clerk.user_name, at=at, since=since)
