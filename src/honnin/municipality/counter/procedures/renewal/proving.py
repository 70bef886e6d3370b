"""The PINs of a renewal: proved to the card before the application is accepted, and what became of each.

A PIN goes to the card and is kept nowhere; what became of it is kept with the application.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from honnin.card.client.known_files import BY_NAME
from honnin.card.client.session import CardSession
from honnin.card.transport import Transport
from honnin.clock import day_in_japan
from honnin.errors import CardError, Conflict, Refused
from honnin.identifiers import CardNumber
from honnin.journal.binding import changed
from honnin.law.cards.pins import PinKind, normalise_pin
from honnin.law.citation import cites
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.renewal_pins import IN_ORDER, PinProof, goes_on_with_form, unasked
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications.facts import purposes_of
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.services import examine_in, held, note
from honnin.municipality.counter.cards import reader
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.cards.standing import against_card
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.renewal.facts import by_form, proofs_of
from honnin.municipality.records.journal import DATABASE
from honnin.municipality.residents.services import deliver_reports
from honnin.pin import Pin
from honnin.wire.messages.card_updates import PIN_PLACES
from honnin.wire.messages.certificates import PersonState

OF_ACCEPTANCE = "E_PIN_UNPROVED"
"""What stands against accepting until the PINs were asked for, and not against asking for them."""


@dataclass(frozen=True)
class CardAndTyped:
    """The card on the reader, the PINs that its holder knows, and new ones for those that are not known.

    `last_tries`: the PINs of which the last try may be used.
    """

    transport: Transport
    known: Mapping[PinKind, Pin] = field(default_factory=dict)
    anew: Mapping[PinKind, Pin] = field(default_factory=dict)
    last_tries: frozenset[PinKind] = frozenset()


@dataclass(frozen=True)
class ByClerk:
    """Which clerk does what with the application, and when."""

    act: CounterAct
    clerk: Clerk
    at: datetime


def examined(application: Application, by: ByClerk) -> tuple[Application, PersonState]:
    """Everything examined once more as it stands now; in the order that `issuing` has it, for its reasons."""
    deliver_reports(by.at, application.resident_id)
    state = person_state(by.clerk, application.resident_id)
    now = _read(application)
    guards.require(by.clerk, by.act, now)
    refusals = examine_in(now, state, by.clerk, by.at)
    if against := [each for each in refusals if each.code != OF_ACCEPTANCE]:
        raise Refused(*against)
    return now, state


@cites("S3-9", "S3-11")
def prove_pins(
    application: Application,
    typed: CardAndTyped | None,
    not_known: Collection[PinKind] = (),
    *,
    clerk: Clerk,
    at: datetime,
) -> None:
    """Prove PINs while the application is examined, and note those that their holder does not know.

    One that is found blocked is noted as that, and the others are tried. `typed`: None where none is known.
    Raises Refused for a badly formed PIN and with everything else that stands against the renewal, before a
    try is spent; Conflict for a proxy, whose form is opened once the application is accepted; CardError for a
    PIN that is wrong (what was proved before stays proved), and when the card goes away.
    """
    known = typed.known if typed else {}
    reader.check_pins(known)
    by = ByClerk(CounterAct.PROVE_PINS, clerk, at)
    now, state = examined(application, by)
    if by_form(now):
        raise Conflict("E_APPLICATION_STATE", state=now.state)
    if typed:
        require_card_at_hand(state, typed.transport, at)
    left = unasked(purposes_of(now), proofs_of(now))
    if noted := {kind: PinProof.NOT_KNOWN for kind in left if kind in not_known}:
        now = note_pins(now, noted, by)
    if typed:
        wanted = [kind for kind in IN_ORDER if kind in known and kind in left and kind not in noted]
        _prove_each(now, wanted, typed, by)


def _prove_each(
    application: Application, wanted: Iterable[PinKind], typed: CardAndTyped, by: ByClerk
) -> None:
    """In their order; how many tries are left of each is kept, also where one was wrong."""
    session, now = CardSession(typed.transport), application
    try:
        for kind in wanted:
            now = prove_one(now, session, kind, typed, by=by)
    except CardError as error:
        if is_of_pin(error.code):
            _keep_tries(now, session, "tries_told", by)
        raise
    _keep_tries(now, session, "tries_told", by)


def require_card_at_hand(state: PersonState, transport: Transport, at: datetime) -> CardNumber:
    """The number of the card on the reader. Raises Refused E_CARD_OTHERS, and what stands against a former
    card of the same person: no PIN is tried on one.
    """
    card = reader.require_card_of(state, transport)
    if refusals := against_card(card, state, day_in_japan(at)):
        raise Refused(*refusals)
    return card.card_number


def prove_one(
    application: Application, session: CardSession, kind: PinKind, typed: CardAndTyped, *, by: ByClerk
) -> Application:
    """With one PIN proved. Of a proxy's form one that does not match is kept as that: no other is tried."""
    if not goes_on_with_form(proofs_of(application)):
        return application
    place, file = PIN_PLACES[kind]
    known = BY_NAME[place]
    pin_file = known.file(file)
    assert pin_file is not None
    if by_form(application) and _was_tried(application, session, kind):
        return note_pins(application, {kind: PinProof.MISMATCHED}, by)
    last_try = kind in typed.last_tries
    try:
        session.verify(known, pin_file, normalise_pin(typed.known[kind], kind), use_last_try=last_try)
    except CardError as error:
        if by.act == CounterAct.PROVE_PINS and error.code == "E_PIN_LOCKED":
            return note_pins(application, {kind: PinProof.BLOCKED}, by)
        if by_form(application) and is_of_pin(error.code):
            return note_pins(application, {kind: PinProof.MISMATCHED}, by)
        raise
    return note_pins(application, {kind: PinProof.PROVED}, by)


def note_tries(application: Application, session: CardSession, by: ByClerk) -> Application:
    """Keep how many tries are left of each PIN, before the first of a proxy's form is sent to the card: a try
    whose answer is lost is known by it, and not spent a second time.
    """
    if application.details.get("tries_left"):
        return application
    return _keep_tries(application, session, "tries_left", by)


def _keep_tries(application: Application, session: CardSession, name: str, by: ByClerk) -> Application:
    """Keep, under this name, how many tries the card says are left of each PIN."""
    left = {kind.value: _tries_left(session, kind) for kind in proofs_of(application)}
    with transaction.atomic(using=DATABASE):
        locked = held(application, by.act, by.clerk)
        if locked.details.get(name) != left:
            locked.details = {**locked.details, name: left}
            locked.save(update_fields=["details"])
            note(by.clerk, "note tries", locked, by.at, changed(locked, "details"))
    return _read(locked)


def _was_tried(application: Application, session: CardSession, kind: PinKind) -> bool:
    """Whether the card has fewer tries left than before anything of the form was sent to it."""
    before, left = application.details.get("tries_left", {}).get(kind), _tries_left(session, kind)
    return before is not None and left is not None and left < before


def _tries_left(session: CardSession, kind: PinKind) -> int | None:
    """Costs none. None where the card has no such PIN."""
    place, file = PIN_PLACES[kind]
    known = BY_NAME[place]
    pin_file = known.file(file)
    assert pin_file is not None
    session.select(known)
    return session.tries_left_of(pin_file)


def is_of_pin(code: str) -> bool:
    """Whether a card says this of a PIN that does not open it, or of which no try may be spent."""
    return code in ("E_PIN_WRONG", "E_PIN_LOCKED", "E_PIN_LAST_TRY")


def note_pins(application: Application, pins: Mapping[PinKind, PinProof], by: ByClerk) -> Application:
    """Keep what became of PINs. They are those of the one valid card: with it the certificates would end."""
    with transaction.atomic(using=DATABASE):
        locked = held(application, by.act, by.clerk)
        found = locked.details.get("pins", {}) | {kind.value: proof.value for kind, proof in pins.items()}
        locked.details = {**locked.details, "pins": found}
        locked.save(update_fields=["details"])
        became = {f"pin_{kind}": proof.value for kind, proof in pins.items()}
        note(by.clerk, "prove PINs", locked, by.at, changed(locked, "details"), **became)
    return _read(locked)


def _read(application: Application) -> Application:
    return Application.objects.select_related("resident", "municipality").get(pk=application.pk)
