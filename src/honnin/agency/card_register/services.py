"""Producing cards, and the agency's end of the sealed way to each."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache

from django.conf import settings
from django.db import IntegrityError, transaction

from honnin.agency.card_personalisation.fonts import japanese_font
from honnin.agency.card_personalisation.personalisation import Equipment, personalise
from honnin.agency.card_register.models import Card
from honnin.agency.keys.master_keys import master_keys
from honnin.agency.records.journal import DATABASE, Act, append, lock_tail
from honnin.agency.records.persons import hold_person
from honnin.card.chip.state import ApplicationContent, CardState
from honnin.card.issuer.production import blank_card
from honnin.card.scp03 import FIRST_KEY_VERSION, StaticKeys, cmac
from honnin.clock import day_in_japan
from honnin.custody.key_files import KeyFiles
from honnin.errors import Conflict, Refused
from honnin.identifiers import CardNumber, MunicipalityCode, PersonCode
from honnin.journal.binding import Written, changed
from honnin.law.cards.card_state import TRANSITIONS, CardEvent, card_state
from honnin.law.citation import cites
from honnin.law.terms import BasicFour, Generation
from honnin.law.validity import Stay, card_expiry, has_expired, production_refusals

NUMBER_PREFIX = "TEST"
# What the journal calls these acts.
PRODUCED, INVALIDATED = "produce card", "invalidate card"


@cites("S1-C4a", "S1-C4b", "S1-C4d")
def produce_card(
    person_code: PersonCode,
    municipality_code: MunicipalityCode,
    birth_date: date,
    *,
    at: datetime,
    actor: str,
    received_on: date | None = None,
    stay: Stay | None = None,
) -> CardState:
    """Produce a blank card for a person: registered, with its own keys and its day of expiry.

    The age that makes it last ten birthdays is that of `received_on`, the day on which the card was applied
    for (None: on this day). The end of a foreign resident's `stay` caps its last day.

    Returns the card's first state, for whoever has the plastic. Raises Refused E_CARD_EXPIRED for a card that
    would have ended already, Conflict E_CARD_EXISTS when the person has a valid card.
    """
    today = day_in_japan(at)
    version = master_keys().newest_version  # a token that hangs must not hold up the journal
    expiry_date = card_expiry(birth_date, today, application_received_on=received_on or today, stay=stay)
    if refusals := production_refusals(expiry_date, today):
        raise Refused(*refusals)
    try:
        with transaction.atomic(using=DATABASE):
            hold_person(person_code)
            # Before the journal's lock, which the number takes: it is the last of every act.
            expired = [card for card in locked_cards(person_code) if has_expired(card.expiry_date, today)]
            card_number = _next_card_number()
            invalidate(expired, CardEvent.REPLACED, actor=actor, at=at)
            card = Card.objects.create(
                card_number=card_number,
                person_code=person_code,
                municipality_code=municipality_code,
                generation=Generation.NUMBER_CARD,
                key_version=version,
                created_on=today,
                expiry_date=expiry_date,
            )
            detail = {"expiry": str(expiry_date), "key_version": f"{version:02X}"}
            append(Act(actor, PRODUCED, card_number, detail), at, card)
    except IntegrityError as error:
        raise Conflict("E_CARD_EXISTS") from error
    return blank_card(card_number, master_keys().card_keys(card_number, version), expiry_date)


def locked_cards(person_code: PersonCode) -> list[Card]:
    """A person's valid cards, whether expired or not, their rows held until the transaction ends."""
    return list(Card.objects.select_for_update().filter(person_code=person_code, valid=True))


def invalidate(cards: Iterable[Card], event: CardEvent, *, actor: str, at: datetime) -> None:
    """Cards lose their validity (returned, replaced, recalled, expired).

    Must run in a transaction that holds their rows, after everything else was locked that it changes.
    """
    for card in cards:
        if event not in TRANSITIONS[card_state(card.valid, card.expiry_date, day_in_japan(at))]:
            raise RuntimeError(f"a card does not end so: {event}")
        card.valid = False
        card.save(update_fields=["valid"])
        append(Act(actor, INVALIDATED, card.card_number, {}), at, changed(card, "valid"))


def move_cards(person_code: PersonCode, municipality_code: MunicipalityCode) -> list[Written]:
    """A person's cards are another municipality's from now on, where the person has moved in.

    Must run in a transaction whose entry tells of what is returned.
    """
    cards = Card.objects.select_for_update().filter(person_code=person_code)
    moved = list(cards.exclude(municipality_code=municipality_code).order_by("card_number"))
    for card in moved:
        card.municipality_code = municipality_code
        card.save(update_fields=["municipality_code"])
    return [changed(card, "municipality_code") for card in moved]


def _next_card_number() -> CardNumber:
    """Fifteen characters that nobody takes for a real card's: TEST and eleven digits.

    One production at a time: who is second reads after the first has written.
    """
    lock_tail()
    newest = Card.objects.order_by("-card_number").first()
    last = int(newest.card_number.removeprefix(NUMBER_PREFIX)) if newest else 0
    return CardNumber(f"{NUMBER_PREFIX}{last + 1:011d}")


def keys_of(card_number: CardNumber) -> StaticKeys:
    """The keys that a card gets now: derived from the newest master key."""
    return master_keys().card_keys(card_number, master_keys().newest_version)


def security_code(card_number: CardNumber) -> str:
    """The four digits printed on a card. A card that is written again, or gets other keys, says the same."""
    first = master_keys().card_keys(card_number, FIRST_KEY_VERSION)
    return f"{int.from_bytes(cmac(first.dek, b'security code'), 'big') % 10_000:04d}"


@cache
def equipment() -> Equipment:
    """What this process writes cards with. Raises Unavailable E_FONT_MISSING."""
    keys = KeyFiles(settings.HONNIN_KEYS, settings.HONNIN_KEY_PASSPHRASE)
    return Equipment(keys, japanese_font(settings.HONNIN_FONT))


def personalised(state: CardState, bearer: BasicFour, municipality_code: MunicipalityCode) -> CardState:
    """A blank card with everything on it that says whose it is. Raises Unavailable as `personalise`."""
    code = security_code(state.card_number)
    return personalise(state, bearer, municipality_code, security_code=code, equipment=equipment())


def contents_of(card: Card, bearer: BasicFour) -> Mapping[str, ApplicationContent]:
    """What the applications of a card that was handed out should hold, were it written now."""
    blank = blank_card(card.card_number, keys_of(card.card_number), card.expiry_date)
    return personalised(blank, bearer, card.municipality_code).applications
