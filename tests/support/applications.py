"""Applications that came honestly into a state, and the table of the acts that lead there."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from honnin.errors import CardError, Refused, Unavailable
from honnin.law.cards.pins import PinKind
from honnin.law.counter.identity import IdentityDocument
from honnin.municipality.counter.applications import services
from honnin.municipality.counter.applications.amendments import services as amendment
from honnin.municipality.counter.applications.models import Application, WhyWithdrawn
from honnin.municipality.counter.applications.request import ApplicationRequest
from honnin.municipality.counter.applications.states import ApplicationState
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.issuing.services import Delivery, hand_over, issue
from honnin.municipality.counter.procedures.pin_reset import services as pin_reset
from honnin.municipality.counter.procedures.renewal import envelope
from honnin.municipality.counter.procedures.renewal import services as renewal
from honnin.municipality.counter.procedures.renewal.proving import CardAndTyped, prove_pins
from honnin.municipality.counter.procedures.revocation.services import revoke
from honnin.pin import Pin
from honnin.simulator.brought import AUTHENTICATION, BY_PROXY, KNOWN_PINS, NEW_PINS, PINS
from honnin.simulator.holder import PulledAfter
from honnin.wire.line import plug, plugged
from tests.support.agency.unplugged import OnlyAnswers
from tests.support.town import LICENCE, Holder, Town

PENSION_BOOK = replace(LICENCE, document=IdentityDocument.PENSION_BOOK)
"""A paper that no application was received with."""

State = ApplicationState
Act = Callable[[Town, Application, Clerk, Holder], object]
CUT_BEFORE_RECORDING = 20
"""After so many commands to the card the PINs are proved, and the card has not made its keys."""
CUT_AFTER_RECORDING = 26
"""After so many on a later visit, where no PIN is asked for, the new certificates are recorded."""

ACTS: dict[str, Act] = {
    "amend": lambda town, application, clerk, _: amendment.amend(
        application, amended(application), clerk=clerk, at=town.clock.now()
    ),
    "withdraw": lambda town, application, clerk, _: amendment.withdraw(
        application, WhyWithdrawn.APPLICANT, clerk=clerk, at=town.clock.now()
    ),
    "add_evidence": lambda town, application, clerk, _: services.add_evidence(
        application, (PENSION_BOOK,), clerk=clerk, at=town.clock.now()
    ),
    "reject": lambda town, application, clerk, _: services.reject(
        application, "a reason", clerk=clerk, at=town.clock.now()
    ),
    "approve": lambda town, application, clerk, _: services.approve(
        application, clerk=clerk, at=town.clock.now()
    ),
    "issue": lambda town, application, clerk, holder: issue(
        application, Delivery(holder.reader(), PINS), clerk=clerk, clock=town.clock
    ),
    "set_pins": lambda town, application, clerk, holder: pin_reset.set_pins(
        application, holder.reader(), NEW_PINS, clerk=clerk, clock=town.clock
    ),
    "prove_pins": lambda town, application, clerk, holder: prove_pins(
        application, CardAndTyped(holder.reader(), KNOWN_PINS), clerk=clerk, at=town.clock.now()
    ),
    "renew": lambda town, application, clerk, holder: renewal.renew(
        application, CardAndTyped(holder.reader(), KNOWN_PINS), clerk=clerk, clock=town.clock
    ),
    "revoke": lambda town, application, clerk, _: revoke(application, clerk=clerk, at=town.clock.now()),
    "hand_over": lambda town, application, clerk, _: hand_over(application, clerk=clerk, at=town.clock.now()),
    "end": lambda town, application, clerk, _: services.end(application, clerk=clerk, at=town.clock.now()),
}
# The life of an application for certificates: from which state an act may start, and where it leads.
TABLE = {
    ("amend", State.UNDER_EXAMINATION): State.UNDER_EXAMINATION,
    ("withdraw", State.UNDER_EXAMINATION): State.WITHDRAWN,
    ("withdraw", State.APPROVED): State.WITHDRAWN,
    ("add_evidence", State.UNDER_EXAMINATION): State.UNDER_EXAMINATION,
    ("reject", State.UNDER_EXAMINATION): State.REJECTED,
    ("reject", State.APPROVED): State.REJECTED,
    ("approve", State.UNDER_EXAMINATION): State.APPROVED,
    ("issue", State.APPROVED): State.ISSUED,
    ("hand_over", State.ISSUED): State.HANDED_OVER,
    ("set_pins", State.SETTING_PINS): State.PINS_SET,
    ("end", State.SETTING_PINS): State.ENDED,
    ("renew", State.CARRYING_OUT): State.CARRIED_OUT,
    ("reject", State.CARRYING_OUT): State.REJECTED,
    ("withdraw", State.CARRYING_OUT): State.WITHDRAWN,
}


def amended(application: Application) -> ApplicationRequest:
    """What an application may be made to say: only the certificate for user authentication, or one PIN."""
    if application.pins:
        return ApplicationRequest(pins=frozenset({PinKind.SIGNATURE}))
    return ApplicationRequest(purposes=AUTHENTICATION, terms_accepted=True)


def application_in(town: Town, holder: Holder, state: ApplicationState) -> Application:
    """An application of this holder that came honestly into a state."""
    clerk = town.clerk()
    if state in (State.CARRYING_OUT, State.CARRIED_OUT):
        return _renewal_in(town, holder, state)
    if state in (State.SETTING_PINS, State.PINS_SET, State.ENDED):
        application = town.receive(holder.resident, frozenset(), pins=frozenset(NEW_PINS))
    else:
        application = town.receive(holder.resident)
    path = {
        State.UNDER_EXAMINATION: [],
        State.REJECTED: ["reject"],
        State.WITHDRAWN: ["withdraw"],
        State.APPROVED: ["approve"],
        State.ISSUED: ["approve", "issue"],
        State.HANDED_OVER: ["approve", "issue", "hand_over"],
        State.SETTING_PINS: ["approve"],
        State.PINS_SET: ["approve", "set_pins"],
        State.ENDED: ["approve"],
    }[state]
    for act in path:
        ACTS[act](town, application, clerk, holder)
        application = Application.objects.get(pk=application.pk)
    if state in (State.SETTING_PINS, State.ENDED):
        with pytest.raises(CardError):  # permitted, and pulled out
            pin_reset.set_pins(
                application, PulledAfter(holder.card, 10), NEW_PINS, clerk=clerk, clock=town.clock
            )
        application = Application.objects.get(pk=application.pk)
    if state == State.ENDED:
        services.end(application, clerk=clerk, at=town.clock.now())
        application = Application.objects.get(pk=application.pk)
    assert application.state == state
    return application


def almost_expired(town: Town, holder: Holder) -> None:
    """The holder becomes one with a complete card and both certificates, and the clock goes on to a month
    before their last day.
    """
    complete = town.give_complete_card(town.move_in())
    holder.resident, holder.card, holder.store = complete.resident, complete.card, complete.store
    brought = town.issue(town.approved(holder.resident), holder.reader())
    last_day = min(each.expiry_date for each in brought)
    town.clock.move_to(datetime.combine(last_day - timedelta(30), time(3), UTC))


def _renewal_in(town: Town, holder: Holder, state: ApplicationState) -> Application:
    """A renewal that was cut before the agency recorded anything, or carried out."""
    almost_expired(town, holder)
    application = town.received_renewal(holder.resident)
    town.approve(application)
    if state == State.CARRYING_OUT:
        with pytest.raises(CardError):  # the PINs are proved, and it is pulled out
            town.renew(application, PulledAfter(holder.card, CUT_BEFORE_RECORDING))
    else:
        town.renew(application, holder.reader())
    application = Application.objects.get(pk=application.pk)
    assert application.state == state
    return application


def begun_revocation(town: Town) -> Application:
    """An application to revoke both certificates that was begun while the agency could not be told."""
    application, lines = town.received_revocation(town.with_certificates().resident), plugged("agency")
    town.approve(application)
    plug("agency", OnlyAnswers())
    try:
        with pytest.raises(Unavailable):
            revoke(application, clerk=town.clerk(), at=town.clock.now())
    finally:
        plug("agency", lines)
    return Application.objects.select_related("resident").get(pk=application.pk)


def mismatched(town: Town, holder: Holder) -> Application:
    """A renewal by proxy whose form does not open the card; no inquiry is ordered yet."""
    clerk, at = town.clerk(), town.clock.now()
    application = town.received_renewal(holder.resident, **BY_PROXY)
    town.approve(application)
    envelope.open_envelope(application, town.clerk("jiro"), clerk=clerk, at=at)
    with pytest.raises(Refused, match="E_PIN_MISMATCH_INQUIRY"):
        town.renew(application, holder.reader(), KNOWN_PINS | {PinKind.RESIDENT_REGISTER: Pin("9999")})
    return Application.objects.select_related("resident").get(pk=application.pk)
