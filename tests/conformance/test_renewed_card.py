"""OpenSC and OpenSSL use a card at cuts of its renewal, and after it was asked for again; the status service
says what a relying party is to think of what they read.
"""

from pathlib import Path

import pytest

from honnin.agency.issuance.models import Stage
from honnin.agency.records.models import IssuanceRecord
from honnin.law.terms import Purpose
from honnin.simulator.onlooker import answer_about
from tests.support.agency.visits import PulledIn, Visit, Way, due_at_once
from tests.support.agency.world import read_answer, told_by
from tests.support.card.opensc import Judge
from tests.support.card.reader import VirtualReader
from tests.support.town import Town

pytestmark = [pytest.mark.conformance, pytest.mark.usefixtures("committed")]
Records = dict[Purpose, IssuanceRecord]


def statuses(town: Town, records: Records) -> set[str]:
    return {told_by(read_answer(answer_about(each, town.clock)))[0] for each in records.values()}


def written(records: Records) -> dict[Purpose, bytes]:
    return {purpose: bytes(each.certificate) for purpose, each in records.items()}


@pytest.mark.clause("S3-8", "S3-12")
def test_until_the_recording_the_old_ones_sign_and_after_asking_again_exactly_the_new_ones(
    reader: VirtualReader, town: Town, tmp_path: Path
) -> None:
    judge, visit = Judge(reader, tmp_path), Visit(town, due_at_once(town), Way.BY_PROXY)
    old, holder = dict(visit.renewal.old), visit.holder
    assert visit.is_cut(PulledIn(visit, Stage.KEYS, 2, answer_lost=True))  # new keys beside the old ones
    assert all(slot.pending_key for slot in holder.card.state.slots.values())
    assert (judge.certificates(holder), statuses(town, old)) == (written(old), {"good"})
    visit.renewal.require_old_or_new()
    assert visit.is_cut(PulledIn(visit, Stage.WRITING, 0))
    new = visit.renewal.new
    assert (judge.certificates(holder), statuses(town, old)) == (written(old), {"revoked"})
    assert statuses(town, new) == {"good"}
    visit.ask_again(2)
    assert (judge.certificates(holder), statuses(town, new)) == (written(new), {"good"})
    visit.require_renewed()
