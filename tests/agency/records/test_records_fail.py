"""The records fail closed: an act that cannot be recorded is not done, and the card stays as it was.

Everything is really committed here: what a failed transaction leaves behind is what counts.
"""

import pytest
from django.db import connections

from honnin.agency.authority.services import next_serial_number
from honnin.agency.records.journal import Act, append
from honnin.agency.records.models import IssuanceRecord
from honnin.errors import Unavailable
from honnin.law.terms import Purpose
from tests.support.town import Holder, Town, footprint

pytestmark = pytest.mark.usefixtures("committed")


def sql(statement: str) -> None:
    with connections["agency"].cursor() as cursor:
        cursor.execute(statement)


class ThenReadOnly:
    """A reader during whose n-th command the agency's disk turns read-only."""

    def __init__(self, holder: Holder, commands: int) -> None:
        self._reader, self._left = holder.reader(), commands

    def transmit(self, command: bytes) -> bytes:
        self._left -= 1
        if self._left == 0:
            sql("PRAGMA query_only = ON")
        return self._reader.transmit(command)


@pytest.mark.clause("S0-9")
def test_when_the_journal_cannot_be_written_nothing_is_issued(town: Town) -> None:
    holder = town.holder()
    application = town.approved(holder.resident)
    before = footprint()
    sql(
        "CREATE TRIGGER full_journal BEFORE INSERT ON agency_records_journalentry "
        "WHEN NEW.act = 'issue' AND NEW.subject LIKE 'signature%' "
        "BEGIN SELECT RAISE(ABORT, 'no room'); END"
    )
    with pytest.raises(Unavailable, match="E_RECORDS_UNAVAILABLE"):
        town.issue(application, holder.reader())
    assert footprint() == before
    assert holder.session().certificates_present() == frozenset()
    sql("DROP TRIGGER full_journal")
    numbers = [certificate.serial_number for certificate in town.issue(application, holder.reader())]
    assert [(purpose, number) for purpose, number in before[2]] == sorted(
        zip(("user_authentication", "signature"), numbers, strict=True)
    )


def test_when_the_records_are_read_only_the_card_stays_as_it_was(town: Town) -> None:
    holder = town.holder()
    application = town.approved(holder.resident)
    before = footprint(), holder.card.state
    sql("PRAGMA query_only = ON")
    with pytest.raises(Unavailable, match="E_READ_ONLY"):
        town.issue(application, holder.reader())
    sql("PRAGMA query_only = OFF")
    assert (footprint(), holder.card.state) == before
    assert len(town.issue(application, holder.reader())) == 2


def test_records_that_become_read_only_half_way_leave_the_old_state_and_the_retry_finishes(
    town: Town,
) -> None:
    holder = town.holder()
    application = town.approved(holder.resident)
    for commands in (3, 5, 7, 12):
        with pytest.raises(Unavailable, match="E_READ_ONLY"):
            town.issue(application, ThenReadOnly(holder, commands))
        sql("PRAGMA query_only = OFF")
    assert len(town.issue(application, holder.reader())) == 2
    assert IssuanceRecord.objects.filter(person_code=holder.code, effective=True).count() == 2


def test_outside_a_transaction_there_is_neither_a_number_nor_an_entry(town: Town) -> None:
    before = footprint()
    with pytest.raises(RuntimeError, match="belongs to the transaction"):
        next_serial_number(Purpose.SIGNATURE)
    with pytest.raises(RuntimeError, match="belongs to the transaction"):
        append(Act("somebody", "something", "a thing", {}), town.clock.now())
    assert footprint() == before
