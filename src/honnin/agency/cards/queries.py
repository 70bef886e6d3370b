"""Looking cards up."""

from django.db.models import Count

from honnin.agency.cards.models import Card


def card(card_number: str) -> Card | None:
    """The card of this number, or None when the agency never produced it."""
    return Card.objects.filter(card_number=card_number).first()


def cards_of(person_code: str) -> list[Card]:
    """A person's cards, the newest first."""
    return list(Card.objects.filter(person_code=person_code).order_by("-created_on", "-card_number"))


def cards_by_key_version() -> dict[int, int]:
    """How many valid cards have proved each version of issuer keys last."""
    found = Card.objects.filter(valid=True).values_list("key_version").annotate(Count("pk"))
    return dict(found)
