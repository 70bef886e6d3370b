"""`audit_status` after somebody wrote into the database: what is no certificate's life is found."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import transaction

from honnin.agency.publication.services import prove_journal, publish, sign_journal
from honnin.agency.records.journal import JOURNAL, Act, append
from honnin.agency.records.models import IssuanceRecord, JournalEntry, JournalTail, StatusChange
from honnin.agency.revocation.services import hold, record_lapse, release
from honnin.journal.binding import changed
from honnin.journal.journal import Journal
from honnin.law.terms import LapseGround, Purpose
from honnin.sites.audit.comparison import audit_status
from tests.sites.audit.auditing import beside_rows, of_rows
from tests.support.town import Town

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.alters_records]
LOSS = {"ground": "loss_notice", "crl_reason": ""}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "HONNIN_PUBLICATION", tmp_path / "publication")
    return tmp_path / "publication"


@pytest.fixture
def lost(town: Town) -> dict[Purpose, IssuanceRecord]:
    """The records of a lost card, one held and one revoked, a minute ago."""
    holder = town.with_certificates()
    hold(holder.code, actor="test", at=town.clock.now())
    town.clock.move_to(town.clock.now() + timedelta(minutes=1))
    return town.records(holder)


def forge_entry(town: Town, record: IssuanceRecord, act: str, detail: dict[str, str]) -> None:
    """A further entry whose chain is right: what whoever may write the database can make."""
    with transaction.atomic(using="agency"):
        append(Act("municipality/99101/hanako", act, str(record), detail), town.clock.now())


def make_good(town: Town, record: IssuanceRecord) -> None:
    IssuanceRecord.objects.filter(pk=record.pk).update(
        status="good", crl_reason="", status_changed_at=town.clock.now(), effective=True
    )


def forge_change(town: Town, record: IssuanceRecord, status: str) -> StatusChange:
    return StatusChange.objects.create(
        record=record,
        status=status,
        ground="loss_notice",
        recorded_at=town.clock.now(),
        actor="municipality/99101/hanako",
    )


def faults_once_signed(town: Town) -> list[str]:
    """The service goes on: it publishes lists of what the records say and signs the journal as it is."""
    publish(town.clock)
    sign_journal(town.clock)
    assert prove_journal().faults == ()
    return beside_rows(town.clock)


def test_a_revocation_undone_by_a_forged_release_is_found(
    town: Town, lost: dict[Purpose, IssuanceRecord]
) -> None:
    record = lost[Purpose.SIGNATURE]
    forge_entry(town, record, "good", LOSS)
    forge_change(town, record, "good")
    make_good(town, record)
    entry = JournalEntry.objects.filter(act="good").get().sequence
    assert faults_once_signed(town) == [f"{record}: good by entry {entry}, and was revoked"]


def test_a_revocation_undone_by_a_second_issue_is_found(
    town: Town, lost: dict[Purpose, IssuanceRecord]
) -> None:
    record = lost[Purpose.SIGNATURE]
    issue = JournalEntry.objects.get(act="issue", subject=str(record))
    forge_entry(town, record, "issue", json.loads(issue.detail))
    StatusChange.objects.filter(record=record).delete()
    make_good(town, record)
    IssuanceRecord.objects.filter(pk=record.pk).update(status_changed_at=record.issued_at)
    entry = JournalEntry.objects.filter(act="issue").latest("sequence").sequence
    assert f"{record}: issued again by entry {entry}" in faults_once_signed(town)


@pytest.mark.parametrize("act", ["good", "held", "revoked"])
@pytest.mark.parametrize("purpose", Purpose)
def test_only_what_may_follow_is_believed(
    town: Town, lost: dict[Purpose, IssuanceRecord], purpose: Purpose, act: str
) -> None:
    """The certificate that is held may be released or revoked; to the revoked one nothing happens."""
    record = lost[purpose]
    forge_entry(town, record, act, LOSS)
    faults = faults_once_signed(town)
    may = purpose is Purpose.USER_AUTHENTICATION and act != "held"
    assert any(f"{act} by entry" in fault for fault in faults) is not may
    assert f"{record}: change 2 is not what the journal tells" in faults


def test_a_change_of_what_was_never_issued_is_found(town: Town, lost: dict[Purpose, IssuanceRecord]) -> None:
    record = lost[Purpose.SIGNATURE]
    record.serial_number += 1000
    forge_entry(town, record, "revoked", LOSS)
    [fault] = faults_once_signed(town)
    assert fault.startswith(f"{record}: revoked by entry ")


@pytest.mark.parametrize("detail", ["", "[]", "no json", '{"sha256": 7}'])
def test_an_issue_without_its_particulars_is_found(town: Town, folder: Path, detail: str) -> None:
    """As an entry written into the database by somebody who did not know them."""
    record = town.records(town.with_certificates())[Purpose.SIGNATURE]
    last = JournalEntry.objects.latest("sequence")
    other = IssuanceRecord.objects.get(pk=record.pk)
    other.pk, other.serial_number, other.effective = None, record.serial_number + 1000, False
    other.save(force_insert=True)
    publish(town.clock)
    JournalEntry(
        sequence=last.sequence + 1000,
        recorded_at=last.recorded_at,
        actor="",
        act="issue",
        subject=str(other),
        detail=detail,
        previous_hash="",
        entry_hash="",
    ).save(force_insert=True)
    assert f"{other}: the certificate is not the one that was issued" in audit_status(town.clock).faults


@pytest.mark.parametrize(
    "altered",
    [
        {"status": "revoked"},
        {"ground": LapseGround.RECORD_ERROR},
        {"crl_reason": "keyCompromise"},
        {"actor": "nobody"},
        {"recorded_at": None},
    ],
    ids=lambda altered: next(iter(altered)),
)
def test_an_altered_change_is_found(
    town: Town, lost: dict[Purpose, IssuanceRecord], altered: dict[str, object]
) -> None:
    record = lost[Purpose.USER_AUTHENTICATION]
    if "recorded_at" in altered:
        altered = {"recorded_at": town.clock.now()}
    StatusChange.objects.filter(record=record).update(**altered)
    assert faults_once_signed(town) == [f"{record}: change 1 is not what the journal tells"]


def swap(changes: list[StatusChange]) -> None:
    one, two = changes[0], changes[1]
    one.pk, two.pk = two.pk, one.pk
    one.save()
    two.save()


def remove_one(changes: list[StatusChange]) -> None:
    changes[1].delete()


@pytest.mark.parametrize("attack", [swap, remove_one])
def test_changes_in_another_order_or_number_are_found(
    town: Town, lost: dict[Purpose, IssuanceRecord], attack: Callable[[list[StatusChange]], None]
) -> None:
    record = lost[Purpose.USER_AUTHENTICATION]
    release(
        record.person_code,
        Purpose.USER_AUTHENTICATION,
        own_municipality=True,
        card_presented=True,
        actor="test",
        at=town.clock.now(),
    )
    town.clock.move_to(town.clock.now() + timedelta(minutes=1))
    record_lapse(record.person_code, LapseGround.REMOVAL_OF_ENTRY, (), actor="test", at=town.clock.now())
    assert faults_once_signed(town) == []
    attack(list(StatusChange.objects.filter(record=record).order_by("pk")))
    assert f"{record}: change 2 is not what the journal tells" in audit_status(town.clock).faults


@pytest.mark.parametrize("days", [-8000, 1])
def test_an_altered_expiry_is_found(town: Town, lost: dict[Purpose, IssuanceRecord], days: int) -> None:
    """It would take a revoked certificate off the lists, and out of the audit's sight."""
    record = lost[Purpose.SIGNATURE]
    publish(town.clock)
    later = record.expiry_date + timedelta(days=days)
    IssuanceRecord.objects.filter(pk=record.pk).update(expiry_date=later)
    assert faults_once_signed(town) == [f"{record}: card, expiry or time are not those of the issue"]


def test_a_good_certificate_that_no_report_of_loss_would_find_is_found(town: Town) -> None:
    record = town.records(town.with_certificates())[Purpose.SIGNATURE]
    IssuanceRecord.objects.filter(pk=record.pk).update(effective=False)
    assert faults_once_signed(town) == [f"{record}: good, and has no effect"]


def test_a_forged_act_that_could_have_been_one_takes_the_key(
    town: Town, lost: dict[Purpose, IssuanceRecord]
) -> None:
    """A lawful new act, forged on every side, by all that the software does and with another key."""
    record = lost[Purpose.USER_AUTHENTICATION]
    make_good(town, record)
    record.refresh_from_db()
    written = changed(record, "status", "crl_reason", "status_changed_at", "effective")
    change = forge_change(town, record, "good")
    act = Act("municipality/99101/hanako", "good", str(record), LOSS)
    with transaction.atomic(using="agency"):
        forged = without_the_key().append(act, town.clock.now(), written, change)
    assert faults_once_signed(town) == []
    assert f"entry {forged}: not as it was written with the journal's key" in of_rows(town.clock)


def without_the_key() -> Journal:
    """The agency's journal in the hands of somebody who has everything else of it."""
    return Journal(
        JournalEntry,
        JournalTail,
        database="agency",
        key=Ed25519PrivateKey.generate,
        heads=lambda: JOURNAL.heads,
        shapes=JOURNAL._shapes,
    )
