"""The stages of a card's update: in the journal, gone on with once and within an hour, and then forgotten."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from honnin.agency.card_channel.conversation import TIMEOUT
from honnin.agency.card_updates.models import CardUpdate
from honnin.agency.card_updates.services import Updating
from honnin.agency.records.models import JournalEntry
from honnin.card.client.session import relay
from honnin.errors import CardError, Conflict
from honnin.simulator.holder import PulledAfter
from honnin.wire.messages.card_updates import CardUpdateKind, CardUpdateStep, RelayCardAnswers
from tests.agency.card_updates.works import written_for
from tests.support.agency import speaking
from tests.support.card.conversations import (
    ELSEWHERE,
    ask,
    prepare_clear,
    prepare_update,
    request,
    update,
)
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")


def test_the_order_and_its_end_are_in_the_journal(town: Town) -> None:
    holder = prepare_update(town)
    update(town, holder, holder.reader())
    acts = list(
        JournalEntry.objects.filter(subject=holder.card.state.card_number).values_list("act", flat=True)
    )
    assert acts[-2:] == ["update card: sent", "update card: done"]
    told = json.loads(JournalEntry.objects.get(act="update card: sent").detail)
    assert (told["files"], len(told["sha256"])) == (3, 64)
    assert ELSEWHERE not in str(told)


def test_an_update_that_another_replaced_cannot_go_on(town: Town) -> None:
    holder = prepare_clear(town)
    reader, clerk = holder.reader(), speaking.sender(town.clerk())
    first = ask(town, request(holder, CardUpdateKind.CLEAR))
    answers = relay(reader, first.commands)
    ask(town, request(holder, CardUpdateKind.CLEAR))
    with pytest.raises(Conflict, match="E_CARD_UPDATE_OVER"):
        speaking.ask(clerk, RelayCardAnswers(first.card_update, answers))


def row_and_journal() -> tuple[object, ...]:
    return (list(CardUpdate.objects.values()), JournalEntry.objects.count())


def test_of_two_who_read_the_same_stage_one_goes_on(town: Town) -> None:
    holder = prepare_clear(town)
    reader, step = holder.reader(), ask(town, request(holder, CardUpdateKind.CLEAR))
    while not step.done:
        first, second = (CardUpdate.objects.get(number=step.card_update) for _ in range(2))
        answers = relay(reader, step.commands)
        step = Updating(first, "test", town.clock.now(), answers).go_on()
        before = row_and_journal()
        with pytest.raises(Conflict, match="E_CARD_UPDATE_OVER"):
            Updating(second, "test", town.clock.now(), answers).go_on()
        assert row_and_journal() == before
    acts = JournalEntry.objects.filter(act__startswith="clear card").order_by("sequence")
    words = ("begun", "asked", "sent", "done")
    assert list(acts.values_list("act", flat=True)) == [f"clear card: {word}" for word in words]


@pytest.mark.parametrize("batches", [0, 1, 2])
def test_after_an_hour_nobody_goes_on_and_the_work_is_begun_anew(town: Town, batches: int) -> None:
    holder = prepare_update(town)
    reader = holder.reader()
    update_it = request(holder, CardUpdateKind.UPDATE, bearer=holder.resident.basic_four())

    def go(step: CardUpdateStep) -> CardUpdateStep:
        return ask(town, RelayCardAnswers(step.card_update, relay(reader, step.commands)))

    step = ask(town, update_it)
    for _ in range(batches):
        step = go(step)
    town.clock.move_to(town.clock.now() + TIMEOUT + timedelta(seconds=1))
    before = row_and_journal()
    with pytest.raises(Conflict, match="E_CARD_UPDATE_OVER"):
        go(step)
    assert row_and_journal() == before
    step = ask(town, update_it)
    town.clock.move_to(town.clock.now() + TIMEOUT)
    while not step.done:
        step = go(step)
    assert written_for(holder.card.state)[0] == ELSEWHERE


def test_the_table_of_an_earlier_version_is_that_of_card_updates(tmp_path: Path) -> None:
    program = [sys.executable, "-W", "error", "-m", "tests.agency.card_updates.upgrade_program"]
    environment = os.environ | {"HONNIN_HOME": str(tmp_path / "home"), "PYTHONPATH": "src:."}
    ended = subprocess.run(program, env=environment, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()
    found = {"number": "1", "stage": "opening", "channel": {"challenge": "00"}, "kind": "clear", "faults": []}
    assert json.loads(ended.stdout) == found


@pytest.mark.alters_records
def test_what_an_earlier_version_began_is_gone_on_with(town: Town) -> None:
    """It kept the request in its own words: the kind was called `work`."""
    holder = prepare_update(town)
    step = ask(town, request(holder, CardUpdateKind.UPDATE, bearer=holder.resident.basic_four()))
    begun = CardUpdate.objects.get(number=step.card_update)
    begun.request = bytes(begun.request).replace(b'"kind":"update"', b'"work":"update"')
    assert b'"work"' in begun.request
    begun.save()
    reader = holder.reader()
    while not step.done:
        step = ask(town, RelayCardAnswers(step.card_update, relay(reader, step.commands)))
    assert written_for(holder.card.state)[0] == ELSEWHERE


def test_an_update_that_nobody_went_on_with_keeps_nothing_of_its_holder(town: Town) -> None:
    holder = prepare_update(town)
    with pytest.raises(CardError):
        update(town, holder, PulledAfter(holder.card, 8))
    number = holder.card.state.card_number
    assert holder.resident.address.encode() in bytes(CardUpdate.objects.get(card_id=number).request)
    assert Updating.give_up_abandoned(town.clock.now() + TIMEOUT) == 0
    assert Updating.give_up_abandoned(town.clock.now() + TIMEOUT + timedelta(seconds=1)) == 1
    left = CardUpdate.objects.get(card_id=number)
    assert (bytes(left.request), left.channel) == (b"", {})
    with pytest.raises(Conflict, match="E_CARD_UPDATE_OVER"):
        speaking.ask(speaking.sender(town.clerk()), RelayCardAnswers(left.number, ()))
    assert update(town, holder, holder.reader()) > 0
