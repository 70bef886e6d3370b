"""Looking cards up."""

from dataclasses import dataclass

from django.db.models import Count, Q

from honnin import plain_rows
from honnin.agency.card_register.models import Card
from honnin.identifiers import CardNumber, PersonCode


@dataclass(frozen=True)
class CardCount:
    """How many cards there are, and how many of them are valid."""

    total: int = 0
    valid: int = 0


def card(card_number: CardNumber) -> Card | None:
    """The card of this number, or None when the agency never produced it."""
    return plain_rows.row(Card, card_number=card_number)


def cards_of(person_code: PersonCode) -> list[Card]:
    """A person's cards, the newest first."""
    return list(Card.objects.filter(person_code=person_code).order_by("-created_on", "-card_number"))


def cards_by_key_version() -> dict[int, CardCount]:
    """How many cards have proved each version of issuer keys last.

    Cards that are valid no longer are counted too: one that comes back is opened once more, to be ended.
    """
    found = Card.objects.values_list("key_version").annotate(
        total=Count("pk"), in_force=Count("pk", filter=Q(valid=True))
    )
    return {version: CardCount(total, valid) for version, total, valid in found}
