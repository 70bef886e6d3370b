"""The report of a loss and the release of a hold, passed on to the agency."""

from contextlib import suppress
from datetime import datetime

from cryptography import x509

from honnin.card.client.session import CardSession
from honnin.card.transport import Transport
from honnin.clock import day_in_japan
from honnin.errors import CardError, Unavailable
from honnin.law.certificates.status import Status
from honnin.law.counter.acts import CounterAct
from honnin.law.terms import Purpose
from honnin.municipality.counter import guards
from honnin.municipality.counter.cards import reader
from honnin.municipality.counter.cards.agency import ask_agency, person_state
from honnin.municipality.counter.cards.standing import standing, status_of
from honnin.municipality.counter.guards.acts import about_resident, record_alone
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.residents import services as register
from honnin.municipality.residents.models import Resident
from honnin.pin import Pin
from honnin.wire.messages.card_updates import SLOT
from honnin.wire.messages.certificates import CertificateState, PersonState, ReportRelease, release_statement


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
        reader.require_card_of(state, transport)
        signature = sign_release(transport, held, pin, use_last_try=use_last_try)
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


def sign_release(
    transport: Transport, held: CertificateState, pin: Pin, *, use_last_try: bool = False
) -> bytes:
    """The card's signature for the release of its hold; nothing from a card without that certificate.

    Raises CardError for a wrong PIN, and E_PIN_LAST_TRY before the last one is spent unless `use_last_try`.
    Another card's tries are not spent.
    """
    session = CardSession(transport)
    session.select_jpki()
    if not _carries(session, held):
        return b""
    session.verify_pin(SLOT[held.purpose], pin, use_last_try=use_last_try)
    statement = release_statement(held.serial_number, held.status_changed_at)
    return session.sign_sha256(SLOT[held.purpose], statement)


def _carries(session: CardSession, held: CertificateState) -> bool:
    try:
        certificate = x509.load_der_x509_certificate(session.read_certificate(SLOT[held.purpose]))
    except (CardError, ValueError):
        return False
    return certificate.serial_number == held.serial_number
