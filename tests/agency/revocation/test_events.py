"""Events of registers whose clocks do not agree."""

from datetime import timedelta

import pytest

from honnin.agency.card_register.queries import cards_of
from honnin.agency.revocation.events import hear_event
from honnin.identifiers import MunicipalityCode
from honnin.law.certificates.lapse import Event
from honnin.wire.line import Sender
from honnin.wire.messages.register import ReportEvent
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")

FIRST, SECOND, THIRD = (Sender("municipality", MunicipalityCode(f"9910{n}")) for n in (1, 2, 3))


@pytest.mark.parametrize("fast", [timedelta(0), timedelta(days=1), timedelta(days=400)])
def test_a_municipality_whose_clock_is_fast_makes_no_event_of_another_one_past(
    town: Town, fast: timedelta
) -> None:
    holder, now = town.with_certificates(), town.clock.now()

    def hear(sender: Sender, number: int, event: Event, hours: int, ahead: timedelta = timedelta(0)) -> None:
        at = now + timedelta(hours=hours)
        hear_event(sender, ReportEvent(holder.code, number, event, (), now.date(), at + ahead), at)

    hear(FIRST, 1, Event.MOVED_OUT_BY_NOTICE, 0)
    hear(SECOND, 1, Event.MOVED_IN, 1, fast)
    hear(SECOND, 2, Event.MOVED_OUT_BY_NOTICE, 2)
    hear(THIRD, 1, Event.MOVED_IN, 3)
    assert [card.municipality_code for card in cards_of(holder.code)] == ["99103"]
    hear(THIRD, 2, Event.REMOVED_OTHERWISE, 4)
    assert {record.status for record in town.records(holder).values()} == {"revoked"}
