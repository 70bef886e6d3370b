"""How many cards have the keys of a master key: all that may come to be opened once more."""

import pytest

from honnin.agency.card_register.models import Card
from honnin.agency.card_register.queries import CardCount, cards_by_key_version
from tests.support.town import Town


@pytest.mark.django_db(databases="__all__")
@pytest.mark.alters_records
def test_cards_that_are_valid_no_longer_are_counted_too(town: Town) -> None:
    numbers = [town.with_certificates().card.state.card_number for _ in range(3)]
    Card.objects.filter(pk=numbers[0]).update(key_version=0x31)
    Card.objects.filter(pk__in=numbers[1:2]).update(valid=False)
    others = Card.objects.exclude(pk__in=numbers).count()
    assert cards_by_key_version() == {0x30: CardCount(2 + others, 1 + others), 0x31: CardCount(1, 1)}
    Card.objects.filter(pk=numbers[0]).update(valid=False)
    assert cards_by_key_version()[0x31] == CardCount(1, 0)
