"""The register of cards: one valid card for a person, until it loses its validity."""

from datetime import timedelta

import pytest

from honnin.agency.card_register.models import Card
from honnin.agency.records.models import JournalEntry
from honnin.agency.revocation.services import record_lapse
from honnin.errors import Conflict
from honnin.law.terms import LapseGround
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")


def states(holder: Holder) -> list[bool]:
    return list(Card.objects.filter(person_code=holder.code).order_by("pk").values_list("valid", flat=True))


def test_a_second_card_is_refused_while_one_is_valid(town: Town) -> None:
    holder = town.holder()
    with pytest.raises(Conflict, match="E_CARD_EXISTS"):
        town.give_card(holder.resident)
    assert states(holder) == [True]


def test_a_card_that_lost_its_validity_takes_its_certificates_along(town: Town) -> None:
    holder = town.with_certificates()
    record_lapse(holder.code, LapseGround.CARD_INVALID, (), actor="test", at=town.clock.now())
    assert states(holder) == [False]
    assert {record.status for record in town.records(holder).values()} == {"revoked"}
    assert JournalEntry.objects.filter(act="invalidate card").count() == 1
    town.give_card(holder.resident)
    assert states(holder) == [False, True]


def test_other_grounds_leave_the_card_valid(town: Town) -> None:
    holder = town.with_certificates()
    record_lapse(holder.code, LapseGround.REQUEST_OR_NOTICE, (), actor="test", at=town.clock.now())
    assert states(holder) == [True]


def test_after_the_last_day_a_new_card_can_be_made(town: Town) -> None:
    holder = town.holder()
    last_day = Card.objects.get(person_code=holder.code).expiry_date
    town.clock.move_to(town.clock.now() + (last_day - town.clock.now().date()))
    with pytest.raises(Conflict, match="E_CARD_EXISTS"):
        town.give_card(holder.resident)
    town.clock.move_to(town.clock.now() + timedelta(days=1))
    town.give_card(holder.resident)
    assert states(holder) == [False, True]
