"""Makes the card of a sample: the holder moves in, applies at the counter, and gets what the law allows.

Certificates are those of this installation, with records and status like any other; the counter and the
agency decide. A card of the past is not in the registers and has no certificates, for nobody issues
certificates of the past: it has its day of expiry, its PINs and what says whose it is. For the same reason
a card of an old generation of the authorities is made now, and the next generation is opened after it.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from django.db import transaction

from honnin.agency.authority.rollover import roll_over
from honnin.agency.card_personalisation.personalisation import INITIAL_PIN
from honnin.agency.card_register.models import Card as RegisteredCard
from honnin.agency.card_register.services import NUMBER_PREFIX, keys_of, personalised
from honnin.agency.publication.services import publish, sign_journal
from honnin.card.chip.state import JPKI, ApplicationContent, CardState, PinRecord
from honnin.card.client.session import CardSession
from honnin.card.issuer.production import blank_card
from honnin.card.kinds.declaration import kind
from honnin.card.token_information import token_files
from honnin.card.transport.card_file import CardFile
from honnin.clock import Clock, day_in_japan
from honnin.errors import CardError, HonninError, Refused
from honnin.identifiers import CardNumber
from honnin.law.counter.identity import ProxyKind, has_statutory_agent
from honnin.law.names.addresses import amended_address_refusals
from honnin.law.terms import Purpose
from honnin.law.validity import card_expiry, juki_card_expiry
from honnin.municipality.counter.applications.evidence.copies import ShownDocument
from honnin.municipality.counter.applications.models import EvidenceCopy
from honnin.municipality.counter.guards.staff import Post
from honnin.municipality.residents.models import Municipality, Resident
from honnin.municipality.residents.services import place_names
from honnin.pin import Pin
from honnin.simulator.brought import COPY
from honnin.simulator.card_production import ready_card_keys
from honnin.simulator.holder import Holder as Bearer
from honnin.simulator.installation import populate
from honnin.simulator.samples import Holder, Sample
from honnin.simulator.town import Town
from honnin.wire.messages.card_updates import SLOT

# The invented population is numbered from 99000000000.
FIRST_PERSON_CODE = 99900000000
_CLERK, _CLERK_NAME = "card-create", "honnin card create"
_JUKI_PIN_FILE = 0x1C


def make_card(sample: Sample, holder: Holder, clock: Clock, keep: Callable[[CardState], object]) -> CardState:
    """The card in the state that the sample says; `keep` writes its file before the registers keep it.

    Where the law refuses or `keep` raises, nothing stays in the records. Raises Refused with every refusal,
    Unavailable where the installation lacks something, and what `keep` raises.
    """
    populate(clock)
    ready_card_keys()
    place = Municipality.objects.order_by("code")[0]
    if refusals := amended_address_refusals(holder.address, place.written(), place_names()):
        raise Refused(*refusals)  # as at the counter; to a card that knows no address it does not matter
    if sample.made_on is not None:
        state = _card_of_the_past(sample, holder, place, sample.made_on)
        keep(state)
        return state
    with transaction.atomic(using="municipality"), transaction.atomic(using="agency"):
        town = _town(place, clock)
        resident = town.move_in(**_entry(holder, place))
        blank = town.give_complete_card(resident, received_on=holder.received_on, stay=holder.stay)
        bearer = town.pocket(resident, _with_label(blank.card.state, sample.label))
        _issue(sample, bearer, town)
        _follow(sample, resident, town)
        if sample.rollover:
            roll_over(list(Purpose), clock, actor=_CLERK)
        state = _left(bearer, sample)
        keep(state)
    return state


def make_card_file(
    sample: Sample, holder: Holder, clock: Clock, file_of: Callable[[CardState], Path]
) -> CardState:
    """The card, its file written; after a rollover the new lists are published and the journal is signed.

    No card is in the registers without its file; no file stays of one that they did not keep. Raises as
    `make_card`, naming the file where it cannot be written.
    """
    written: dict[str, Path] = {}

    def write(state: CardState) -> None:
        path = file_of(state)
        try:
            CardFile.create(path, state).close()
        except HonninError as error:
            error.add_note(str(path))
            raise
        written[state.card_number] = path

    try:
        state = make_card(sample, holder, clock, write)
    except BaseException:
        for number, path in written.items():
            if not RegisteredCard.objects.filter(card_number=number).exists():
                path.unlink(missing_ok=True)
        raise
    if sample.rollover or sample.afterwards:
        publish(clock)
        sign_journal(clock)
    return state


def _card_of_the_past(sample: Sample, holder: Holder, place: Municipality, made_on: date) -> CardState:
    """Known to no register: X in its number keeps it apart from those that are."""
    number = CardNumber(f"{NUMBER_PREFIX}X{secrets.randbelow(10**10):010d}")
    keys = keys_of(number)
    if sample.kind == "juki-card":
        tries = kind(sample.kind).applications["juki"].pins[_JUKI_PIN_FILE].tries
        pins = {_JUKI_PIN_FILE: PinRecord(INITIAL_PIN, tries)}
        contents = {"juki": ApplicationContent(pins=pins)}
        return blank_card(number, keys, juki_card_expiry(made_on), kind_name=sample.kind, contents=contents)
    expiry = card_expiry(holder.birth_date, made_on, application_received_on=holder.received_on or made_on)
    bearer = Resident(**_entry(holder, place)).basic_four()
    return personalised(blank_card(number, keys, expiry), bearer, place.code)


def _town(place: Municipality, clock: Clock) -> Town[Bearer]:
    """The counter at which samples apply, and the telephone line that they call."""
    return Town(clock, post=Post(_CLERK, _CLERK_NAME, place.code, "CLI"), answering=(_CLERK, _CLERK_NAME))


def _entry(holder: Holder, place: Municipality) -> dict[str, object]:
    """The holder as the register writes them."""
    codes = Resident.objects.filter(person_code__gte=str(FIRST_PERSON_CODE)).order_by("-person_code")
    newest = codes.values_list("person_code", flat=True).first()
    return {
        "person_code": str(FIRST_PERSON_CODE if newest is None else int(newest) + 1),
        "municipality": place,
        **{name: getattr(holder, name) for name in ("name", "kana", "birth_date", "sex", "address")},
    }


def _with_label(state: CardState, label: str | None) -> CardState:
    """A token that is no card: the JPKI application alone, under its own label."""
    if label is None:
        return state
    return replace(state, applications={JPKI: ApplicationContent(files=token_files(label))}, data={})


def _issue(sample: Sample, bearer: Bearer, town: Town[Bearer]) -> None:
    """Apply, be examined, get the certificates and the card."""
    brought = _brought(sample, bearer.resident, day_in_japan(town.clock.now()))
    application = town.approved(bearer.resident, frozenset(sample.pins), **brought)
    town.issue(application, bearer.reader(), sample.pins)
    town.hand_over(application)


def _brought(sample: Sample, resident: Resident, today: date) -> dict[str, Any]:
    """Who comes to the counter, and with which documents."""
    if sample.agent and not has_statutory_agent(resident.birth_date, today, adult_ward=resident.adult_ward):
        # Its person was made older, and shows what the agent would have shown.
        sample = replace(sample, agent=None, document=sample.agent.document)
    agent = sample.agent
    return {
        "shown": _shown(sample),
        "proxy_kind": ProxyKind.STATUTORY_AGENT if agent else "",
        "proxy_name": agent.name if agent else "",
    }


def _follow(sample: Sample, resident: Resident, town: Town[Bearer]) -> None:
    """What happened to the certificates since."""
    if sample.afterwards == "reported_lost":
        town.report_loss(resident.pk)
    elif sample.afterwards == "revoked":
        town.revoke(resident, **_brought(sample, resident, day_in_japan(town.clock.now())))


def _shown(sample: Sample) -> tuple[ShownDocument, ...]:
    whose = EvidenceCopy.Whose
    shown = [ShownDocument(whose.APPLICANT, sample.document, COPY)]
    if sample.agent:
        shown.append(ShownDocument(whose.PROXY, sample.agent.document, COPY))
        shown.append(ShownDocument(whose.MANDATE, "other_document", COPY))
    return tuple(shown)


def _left(bearer: Bearer, sample: Sample) -> CardState:
    """The card as its holder has it by now."""
    if sample.pin_state == "blocked":
        _block(bearer.session(), sample.pins)
    state = bearer.card.state
    return replace(_without_pins(state) if sample.pin_state == "unset" else state, damaged=sample.damaged)


def _block(session: CardSession, pins: Mapping[Purpose, Pin]) -> None:
    """Spend every try of the certificates' PINs by wrong entries, as a forgetful holder does."""
    for purpose, pin in pins.items():
        wrong = Pin(pin[:-1] + ("0" if pin[-1] != "0" else "1"))
        while session.tries_left(SLOT[purpose]):
            try:
                session.verify_pin(SLOT[purpose], wrong, use_last_try=True)
            except CardError:
                continue


def _without_pins(state: CardState) -> CardState:
    """None of the PINs that a holder chooses is set; codes that are printed data stay."""
    for name, content in state.applications.items():
        chosen = (file for file, pin in state.kind.applications[name].pins.items() if not pin.fixed)
        for file in chosen:
            content = content.with_pin(file, PinRecord())
        state = state.with_application(name, content)
    return state
