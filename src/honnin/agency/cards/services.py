"""Producing cards, and the agency's end of the sealed way to each."""

from datetime import date

from django.db import IntegrityError, transaction

from honnin.agency.cards.master_keys import master_keys
from honnin.agency.cards.models import Card
from honnin.agency.records.journal import DATABASE, Act, append, lock_tail
from honnin.card.production import blank_card
from honnin.card.scp03 import FIRST_KEY_VERSION, StaticKeys
from honnin.card.state import CardState
from honnin.clock import Clock, day_in_japan
from honnin.errors import Conflict
from honnin.law.citation import cites
from honnin.law.terms import Generation
from honnin.law.validity import Stay, card_expiry

NUMBER_PREFIX = "TEST"


@cites("S1-C4a", "S1-C4b", "S1-C4d")
def produce_card(
    person_code: str,
    municipality_code: str,
    birth_date: date,
    *,
    clock: Clock,
    actor: str,
    stay: Stay | None = None,
) -> CardState:
    """Produce a blank card for a person: registered, with its own keys and its day of expiry.

    The end of a foreign resident's `stay` caps that day.

    Returns the card's first state, for whoever has the plastic. Raises Conflict E_CARD_EXISTS when the
    person has a valid card.
    """
    today = day_in_japan(clock.now())
    expiry_date = card_expiry(birth_date, today, application_received_on=today, stay=stay)
    try:
        with transaction.atomic(using=DATABASE):
            card_number = _next_card_number()
            Card.objects.filter(person_code=person_code, valid=True, expiry_date__lt=today).update(
                valid=False
            )
            Card.objects.create(
                card_number=card_number,
                person_code=person_code,
                municipality_code=municipality_code,
                generation=Generation.NUMBER_CARD,
                created_on=today,
                expiry_date=expiry_date,
            )
            append(Act(actor, "produce card", card_number, {"expiry": str(expiry_date)}), clock.now())
    except IntegrityError as error:
        raise Conflict("E_CARD_EXISTS") from error
    return blank_card(card_number, keys_of(card_number), expiry_date)


def invalidate_card(person_code: str, *, actor: str, clock: Clock) -> bool:
    """The person's card loses its validity (returned, replaced, recalled); whether there was a valid one.

    Must run inside the transaction that ends its certificates.
    """
    numbers = list(Card.objects.filter(person_code=person_code, valid=True).values_list("pk", flat=True))
    Card.objects.filter(pk__in=numbers).update(valid=False)
    for number in numbers:
        append(Act(actor, "invalidate card", number, {}), clock.now())
    return bool(numbers)


def _next_card_number() -> str:
    """Fifteen characters that nobody takes for a real card's: TEST and eleven digits.

    One production at a time: who is second reads after the first has written.
    """
    lock_tail()
    newest = Card.objects.order_by("-card_number").first()
    last = int(newest.card_number.removeprefix(NUMBER_PREFIX)) if newest else 0
    return f"{NUMBER_PREFIX}{last + 1:011d}"


def keys_of(card_number: str) -> StaticKeys:
    """The keys of one card, derived from the master key in custody."""
    return master_keys().card_keys(card_number, FIRST_KEY_VERSION)
