"""One state of a database, whoever writes meanwhile; and heads that are signed or begun anew meanwhile."""

import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.db import connections, transaction

from honnin.agency.records.journal import JOURNAL
from honnin.agency.records.models import JournalEntry, JournalTail
from honnin.journal import proof as proving
from honnin.journal.heads import begin_heads, sign_head
from honnin.journal.proof import verify
from honnin.journal.snapshot import snapshot
from tests.support.agency.journalling import heads, write
from tests.support.instants import NOW

pytestmark = pytest.mark.usefixtures("committed")


def elsewhere(act: Callable[[], object]) -> None:
    """In another thread, and so on another connection, until it is done."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    assert not thread.is_alive(), "it waits for the reader"
    assert not failed, failed


def test_who_reads_sees_one_state_and_holds_nobody_up() -> None:
    with snapshot("agency"):
        before = JournalEntry.objects.count()
        elsewhere(lambda: write("meanwhile"))
        assert JournalEntry.objects.count() == before
    assert JournalEntry.objects.count() == before + 1


def test_transactions_begin_as_writers_again_afterwards() -> None:
    with snapshot("agency"):
        pass
    connection: Any = connections["agency"]  # SQLite's own has a mode
    assert connection.transaction_mode == "IMMEDIATE"
    with transaction.atomic(using="agency"):
        JournalTail.objects.update(id=1)


def test_heads_that_are_signed_and_begun_anew_meanwhile_are_no_fault() -> None:
    ended = threading.Event()

    def sign_on() -> None:
        for number in count():
            if ended.is_set():
                return
            write(f"later {number}")
            if number % 5 == 4:
                begin_heads(JOURNAL, NOW + timedelta(seconds=number), actor="test")
            else:
                sign_head(JOURNAL, NOW + timedelta(seconds=number))

    def sign_on_and_close() -> None:
        try:
            sign_on()
        finally:
            connections.close_all()

    thread = threading.Thread(target=sign_on_and_close)
    thread.start()
    try:
        told = [verify(JOURNAL) for _ in range(25)]
    finally:
        ended.set()
        thread.join(30)
    assert [proof.faults for proof in told if proof.faults] == []
    assert told[-1].entries > told[0].entries
    assert verify(JOURNAL).faults == ()


def test_heads_whose_beginning_is_under_way_are_waited_for() -> None:
    """File and database agree only when it is done."""
    going, done = threading.Event(), threading.Event()

    def begin() -> None:
        with transaction.atomic(using="agency"):
            begin_heads(JOURNAL, NOW, actor="test")
            going.set()
            done.wait(0.3)
        connections.close_all()

    thread = threading.Thread(target=begin)
    thread.start()
    assert going.wait(10)
    try:
        assert verify(JOURNAL).faults == ()
    finally:
        done.set()
        thread.join()


def test_a_half_written_line_is_no_fault() -> None:
    write("more")
    sign_head(JOURNAL, NOW)
    with heads().open("a") as file:
        file.write('{"entry_hash": "00')
    assert verify(JOURNAL).faults == ()


@pytest.mark.alters_records
def test_of_very_many_faults_some_are_told_and_the_rest_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "MOST_LISTED", 3)
    for number in range(5):
        write(f"thing {number}")
    with connections["agency"].cursor() as cursor:
        cursor.execute("DROP TRIGGER agency_records_journalentry_no_update")
        cursor.execute("UPDATE agency_records_journalentry SET actor = 'nobody'")
    faults = verify(JOURNAL).faults
    assert faults[3].startswith("and ")
    assert faults[3].endswith(" more of this kind")
