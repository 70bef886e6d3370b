"""The clock of the machine is set back, or forward: every instant that is remembered, and what becomes of it.

| remembered | compared for | after the clock was set back |
|---|---|---|
| a list's thisUpdate | a new one is due | due at once, with a higher number |
| a change's time | it is in a list | by its place in the journal, not by its time |
| the list before | which entries stay | nothing that has not expired falls out |
| a change's time | date of revocation in lists and answers | never later than the list or answer |
| a signed head's time | a new one is due | due at once |
| a responder's certificate, begins | a new one is due | due at once |
| a conversation's beginning | it may go on | ended where it lies more than an hour ahead |
| a kept OCSP answer | it is served again | not served |
| the last look for other generations | looks again | looks (test_responder.py) |
| a session's end | it is removed | lasts longer |
| a session's beginning, its last request | it goes on | ended, or put right (test_sessions.py) |
| a failed sign-in | it pauses, it fades | as if it were of now (test_clock_set_back.py) |
| a sign-in at a browser | the browser is known | not known (test_known_browsers.py) |
| a reason to look at somebody | it is good for a while | not good until then (`looks.reason_given`) |
| a relying party's kept list | it is fetched again | fetched (verifier/test_status.py) |
| a login challenge | it may be redeemed | has ended (verifier/test_login.py) |
| the last round of chores | the clock was set | said, with both times |
"""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from django.conf import settings as installation
from django.contrib.sessions.models import Session

from honnin.agency.authority.models import IssuingKey
from honnin.agency.authority.services import authority, certificate_of_responder
from honnin.agency.card_channel.conversation import TIMEOUT
from honnin.agency.card_updates.models import CardUpdate, Stage
from honnin.agency.issuance.models import Procedure
from honnin.agency.publication.services import prove_journal, publish
from honnin.agency.records.journal import JOURNAL
from honnin.agency.records.models import IssuanceRecord, JournalEntry, StatusChange
from honnin.agency.revocation.services import hold
from honnin.agency.status.responder import StatusResponder
from honnin.clock import Running, whole_second
from honnin.errors import Untrusted
from honnin.journal.clock_set_back import ClockSetBack, set_back
from honnin.law.terms import Purpose
from honnin.simulator.onlooker import ca_of, request_about
from honnin.sites.chores.last_round import FORGET_AFTER, LastRound
from honnin.sites.chores.round import do_chores
from honnin.sites.chores.standing import standing
from honnin.sites.responder import make_responder
from honnin.verifier.status import CRLSource
from tests.support.agency.world import read_answer, told_by
from tests.support.town import Holder, Town

pytestmark = pytest.mark.usefixtures("committed")
AUTHENTICATION = Purpose.USER_AUTHENTICATION
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def fresh(settings: Any, tmp_path: Path) -> Any:
    """No round was before, and this process remembers no keys of other tests' databases."""
    settings.HONNIN_PUBLICATION = tmp_path / "publication"
    note = installation.HOME.root / "chores.json"
    note.unlink(missing_ok=True)
    authority.cache_clear()
    yield
    note.unlink(missing_ok=True)
    authority.cache_clear()


def published() -> x509.CertificateRevocationList:
    return x509.load_der_x509_crl((installation.HONNIN_PUBLICATION / "authentication.crl").read_bytes())


def number(of: x509.CertificateRevocationList) -> int:
    return of.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def done(town: Town) -> set[str]:
    """Which kinds of chores a round has done."""
    return {each.kind for each in do_chores(town.clock).done}


def the_record(town: Town, holder: Holder) -> IssuanceRecord:
    return town.records(holder)[AUTHENTICATION]


def is_listed(record: IssuanceRecord) -> bool:
    return published().get_revoked_certificate_by_serial_number(record.serial_number) is not None


# — Lists —————————————————————————————————————————————————————————————————————————————————————————————


@pytest.mark.parametrize("back", [400 * DAY, timedelta(hours=2), 30 * SECOND, 2 * SECOND])
def test_a_hold_after_the_clock_was_set_back_is_in_the_next_list(town: Town, back: timedelta) -> None:
    holder, right = town.with_certificates(), town.clock.now()
    town.clock.move_to(right + back)
    do_chores(town.clock)
    fast = published()
    town.clock.move_to(right)
    hold(holder.code, actor="test", at=town.clock.now())
    town.clock.move_to(right + back / 2)
    do_chores(town.clock)
    assert is_listed(the_record(town, holder))
    assert number(published()) > number(fast)
    assert published().last_update_utc <= town.clock.now() < fast.last_update_utc
    CRLSource(installation.HONNIN_PUBLICATION / "authentication.crl").status_of(
        x509.load_der_x509_certificate(bytes(the_record(town, holder).certificate)),
        ca_of(the_record(town, holder)),
        town.clock.now(),
    )


def test_a_hold_is_in_a_list_also_where_no_round_saw_the_time_before(town: Town) -> None:
    """The list is of 10:00:30; set back by 30 seconds, held at 10:00:10, and the next round is at 10:01."""
    holder, right = town.with_certificates(), town.clock.now()
    town.clock.move_to(right + 30 * SECOND)
    do_chores(town.clock)
    town.clock.move_to(right + 10 * SECOND)
    hold(holder.code, actor="test", at=town.clock.now())
    town.clock.move_to(right + 60 * SECOND)
    do_chores(town.clock)
    assert is_listed(the_record(town, holder))


def test_lists_are_made_once_though_changes_lie_in_the_future(town: Town) -> None:
    holder, right = town.with_certificates(), town.clock.now()
    town.clock.move_to(right + DAY)
    hold(holder.code, actor="test", at=town.clock.now())
    town.clock.move_to(right)
    for _ in range(3):
        do_chores(town.clock)
    first = number(published())
    assert is_listed(the_record(town, holder))
    town.clock.move_to(right + SECOND)
    do_chores(town.clock)
    assert number(published()) == first


def test_nothing_that_lasts_falls_out_of_lists_made_after_one_from_the_future(town: Town) -> None:
    holder, right = town.with_certificates(), town.clock.now()
    hold(holder.code, actor="test", at=town.clock.now())
    town.clock.move_to(right + 8 * 365 * DAY)  # every holder's certificate has expired by then
    publish(town.clock)
    publish(town.clock)
    assert not is_listed(the_record(town, holder))
    town.clock.move_to(right)
    do_chores(town.clock)
    assert is_listed(the_record(town, holder))


def test_nobody_is_told_of_a_revocation_in_the_future(town: Town) -> None:
    """Whoever reads it by the letter would take the certificate for good until then."""
    holder, right = town.with_certificates(), town.clock.now()
    town.clock.move_to(right + 3 * DAY)
    hold(holder.code, actor="test", at=town.clock.now())
    town.clock.move_to(right)
    do_chores(town.clock)
    record = the_record(town, holder)
    entry = published().get_revoked_certificate_by_serial_number(record.serial_number)
    assert entry is not None
    assert entry.revocation_date_utc == published().last_update_utc == whole_second(right)
    answer = read_answer(make_responder(installation.HOME, town.clock).answer(request_about(record)).body)
    assert answer.revocation_time_utc == answer.this_update_utc == whole_second(right)


def test_a_relying_party_is_told_that_a_list_is_of_the_future(town: Town) -> None:
    holder, right = town.with_certificates(), town.clock.now()
    town.clock.move_to(right + DAY)
    do_chores(town.clock)
    record = the_record(town, holder)
    certificate = x509.load_der_x509_certificate(bytes(record.certificate))
    source = CRLSource(installation.HONNIN_PUBLICATION / "authentication.crl")
    with pytest.raises(Untrusted, match="E_STATUS_FUTURE") as raised:
        source.status_of(certificate, ca_of(record), right)
    assert "2026-06-03T01:00:00+00:00" in raised.value.sentence("en")
    assert "2026-06-02T01:00:00+00:00" in raised.value.sentence("ja")


# — Answers and responders ————————————————————————————————————————————————————————————————————————————


def test_answers_of_a_fast_clock_are_not_served_by_a_right_one(town: Town) -> None:
    holder, right = town.with_certificates(), town.clock.now()
    record, responder = the_record(town, holder), make_responder(installation.HOME, town.clock)
    town.clock.move_to(right + DAY)
    assert times(responder, record) == (right + DAY, right + DAY)
    for back in (timedelta(0), 2 * DAY, timedelta(hours=1)):
        town.clock.move_to(right + back)
        assert times(responder, record) == (right + back, right + back)


def times(responder: StatusResponder, record: IssuanceRecord) -> tuple[datetime | None, datetime]:
    answer = read_answer(responder.answer(request_about(record)).body)
    assert told_by(answer)[0] == "good"
    return answer.this_update_utc, answer.produced_at_utc


def test_a_responder_that_begins_in_the_future_is_replaced_at_once(town: Town) -> None:
    right = town.clock.now()
    town.clock.move_to(right + 61 * DAY)
    assert "responder" in done(town)
    town.clock.move_to(right)
    assert "responder" in done(town)
    for key in IssuingKey.objects.all():
        assert certificate_of_responder(key).not_valid_before_utc <= right
    assert "responder" not in done(town)


# — The journal ———————————————————————————————————————————————————————————————————————————————————————


def test_what_happens_after_a_head_of_the_future_is_signed(town: Town) -> None:
    right = town.clock.now()
    town.clock.move_to(right + DAY)
    do_chores(town.clock)
    town.clock.move_to(right)
    town.with_certificates()
    assert do_chores(town.clock).failures == []
    proof = prove_journal()
    assert (proof.faults, proof.proved) == ((), JournalEntry.objects.count())


def test_where_the_clock_was_set_back_is_named_and_no_fault(town: Town) -> None:
    right = town.clock.now()
    town.clock.move_to(right + DAY)
    publish(town.clock)
    last = JournalEntry.objects.count()
    town.clock.move_to(right)
    publish(town.clock)
    town.clock.move_to(right - 29 * SECOND)  # as acts that waited for one another are entered
    publish(town.clock)
    assert list(set_back(JOURNAL)) == [ClockSetBack(last + 1, right + DAY, right)]
    do_chores(town.clock)
    assert prove_journal().faults == ()


# — What is forgotten —————————————————————————————————————————————————————————————————————————————————


@pytest.mark.parametrize(
    ("began", "ended"),
    [(TIMEOUT + SECOND, True), (TIMEOUT, False), (-SECOND, False), (-TIMEOUT - SECOND, True)],
)
@pytest.mark.alters_records
def test_conversations_end_an_hour_from_their_beginning_either_way(
    town: Town, began: timedelta, ended: bool
) -> None:
    holder = town.with_certificates()
    at = town.clock.now() - began
    CardUpdate.objects.create(
        card_id=holder.card.state.card_number,
        number="1",
        kind="clear",
        request=b"x",
        stage=Stage.READING,
        channel={"a": 1},
        began_at=at,
    )
    Procedure.objects.update(stage="keys", channel={"a": 1}, began_at=at)
    do_chores(town.clock)
    left = CardUpdate.objects.get().channel, Procedure.objects.get().channel
    assert left == (({}, {}) if ended else ({"a": 1}, {"a": 1}))


def test_nothing_is_forgotten_for_an_hour_after_the_clock_was_set_forward(town: Town) -> None:
    right = town.clock.now()
    Session.objects.create(session_key="a", session_data="", expire_date=right + timedelta(hours=8))
    do_chores(town.clock, running=Running("boot", 100.0))
    town.clock.move_to(right + 40 * DAY)
    outcome = do_chores(town.clock, running=Running("boot", 110.0))
    assert outcome.leap is not None
    assert (outcome.leap.expected, outcome.leap.now) == (right + 10 * SECOND, right + 40 * DAY)
    seconds = FORGET_AFTER.total_seconds()
    for running, forgotten in ((110 + seconds / 2, False), (110 + seconds - 1, False), (110 + seconds, True)):
        town.clock.move_to(right + 40 * DAY + timedelta(seconds=running - 110))
        assert do_chores(town.clock, running=Running("boot", running)).leap is None
        assert Session.objects.exists() is not forgotten


def test_set_right_again_what_would_have_been_forgotten_is_there(town: Town) -> None:
    right = town.clock.now()
    Session.objects.create(session_key="a", session_data="", expire_date=right + timedelta(hours=8))
    for forward, running in ((timedelta(0), 0.0), (40 * DAY, 60.0), (timedelta(minutes=2), 120.0)):
        town.clock.move_to(right + forward)
        do_chores(town.clock, running=Running("boot", running))
    assert Session.objects.exists()
    town.clock.move_to(right + timedelta(hours=9))
    do_chores(town.clock, running=Running("boot", 9 * 3600.0))
    assert not Session.objects.exists()


# — What is said ——————————————————————————————————————————————————————————————————————————————————————


@pytest.mark.parametrize("seconds", [-86400, -31, 31, 86400])
def test_a_clock_that_was_set_is_told_once_with_both_times(
    town: Town, seconds: int, caplog: pytest.LogCaptureFixture
) -> None:
    right = town.clock.now()
    do_chores(town.clock, running=Running("boot", 0.0))
    town.clock.move_to(right + timedelta(seconds=seconds + 1))
    leap = do_chores(town.clock, running=Running("boot", 1.0)).leap
    assert leap is not None
    assert (leap.expected, leap.now) == (right + SECOND, right + timedelta(seconds=seconds + 1))
    assert f"from {leap.expected} to {leap.now}" in caplog.text
    assert do_chores(town.clock, running=Running("boot", 1.0)).leap is None


@pytest.mark.parametrize(
    "running", [Running("boot", 86400.0), Running("boot", 86410.0), Running("other boot", 3.0)]
)
def test_time_that_passed_is_no_clock_that_was_set(town: Town, running: Running) -> None:
    do_chores(town.clock, running=Running("boot", 0.0))
    town.clock.move_to(town.clock.now() + DAY)
    assert do_chores(town.clock, running=running).leap is None


@pytest.mark.parametrize("note", ["", "{", "{}", '{"at": "x"}', "[]", '{"at": 1, "running": 2}'])
def test_a_note_that_is_damaged_is_none(town: Town, note: str) -> None:
    (installation.HOME.root / "chores.json").write_text(note)
    assert LastRound.read(installation.HOME) == LastRound()
    assert do_chores(town.clock).failures == []
    assert json.loads((installation.HOME.root / "chores.json").read_text())["failed"] == []


def test_all_that_lies_in_the_future_is_named(town: Town) -> None:
    right = town.clock.now()
    town.clock.move_to(right + 61 * DAY)
    holder = town.with_certificates()
    hold(holder.code, actor="test", at=town.clock.now())
    do_chores(town.clock)
    assert standing(town.clock).ahead == ()
    town.clock.move_to(right)
    assert {each.what for each in standing(town.clock).ahead} == {
        "signature.crl",
        "authentication.crl",
        "responder of signature CA 1",
        "responder of user_authentication CA 1",
        "newest entry of the agency's journal",
        "newest signed head of the agency's journal",
        "newest entry of the municipality's journal",
        "newest signed head of the municipality's journal",
        "certificates",
        "changes of status",
    }
    do_chores(town.clock)
    assert {each.what for each in standing(town.clock).ahead} >= {"certificates", "changes of status"}
    assert not any(each.what.endswith(".crl") or "CA" in each.what for each in standing(town.clock).ahead)
    assert StatusChange.objects.count() == 2
