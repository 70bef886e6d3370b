"""`audit_status`: records, responder and lists are compared, and every difference is found."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from honnin.agency.records.models import IssuanceRecord
from honnin.agency.revocation.services import hold, record_lapse
from honnin.agency.status.services import publish
from honnin.errors import Unavailable
from honnin.law.terms import LapseGround, Purpose
from honnin.sites.audit import Audit, audit_status
from tests.town import Town

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "HONNIN_PUBLICATION", tmp_path / "publication")
    return tmp_path / "publication"


def a_minute_later(town: Town) -> None:
    town.clock.move_to(town.clock.now() + timedelta(minutes=1))


def test_before_any_list_was_published_there_is_nothing_to_compare_with(town: Town) -> None:
    with pytest.raises(Unavailable, match="E_LIST_MISSING"):
        audit_status(town.clock)


def test_records_responder_and_lists_agree(town: Town) -> None:
    town.with_certificates()
    lost, moved = town.with_certificates(), town.with_certificates()
    hold(lost.code, actor="test", clock=town.clock)
    record_lapse(moved.code, LapseGround.CHANGE_OF_ENTRY, (), actor="test", clock=town.clock)
    a_minute_later(town)
    publish(town.clock)
    assert audit_status(town.clock) == Audit(certificates=6, waiting=0, faults=[])


def test_a_change_that_no_list_shows_yet_waits_and_is_no_fault(town: Town) -> None:
    holder = town.with_certificates()
    publish(town.clock)
    a_minute_later(town)
    hold(holder.code, actor="test", clock=town.clock)
    assert audit_status(town.clock) == Audit(certificates=2, waiting=2, faults=[])


@pytest.mark.parametrize(
    ("before", "tampered"),
    [
        ("good", {"status": "revoked", "crl_reason": "keyCompromise", "effective": False}),
        ("good", {"status": "held", "crl_reason": "certificateHold"}),
        ("held", {"status": "good", "crl_reason": ""}),
        ("held", {"crl_reason": "keyCompromise"}),
    ],
)
def test_a_tampered_record_is_found(town: Town, before: str, tampered: dict[str, object]) -> None:
    holder = town.with_certificates()
    if before == "held":
        hold(holder.code, actor="test", clock=town.clock)
    a_minute_later(town)
    publish(town.clock)
    record = town.records(holder)[Purpose.USER_AUTHENTICATION]
    IssuanceRecord.objects.filter(pk=record.pk).update(**tampered)
    faults = audit_status(town.clock).faults
    assert faults
    assert all(str(record) in fault for fault in faults)


@pytest.mark.parametrize("tampered", ["good", "held"])
def test_a_tampered_record_with_a_tampered_time_is_found_too(town: Town, tampered: str) -> None:
    """Its history says otherwise, although no list was published since."""
    holder = town.with_certificates()
    hold(holder.code, actor="test", clock=town.clock)
    a_minute_later(town)
    publish(town.clock)
    a_minute_later(town)
    record = town.records(holder)[Purpose.SIGNATURE]
    IssuanceRecord.objects.filter(pk=record.pk).update(
        status=tampered, crl_reason="", status_changed_at=town.clock.now()
    )
    assert any(str(record) in fault for fault in audit_status(town.clock).faults)


def test_a_list_that_lacks_an_entry_is_a_fault(town: Town, folder: Path) -> None:
    holder = town.with_certificates()
    publish(town.clock)
    old = (folder / "signature.crl").read_bytes()
    hold(holder.code, actor="test", clock=town.clock)
    a_minute_later(town)
    publish(town.clock)
    assert audit_status(town.clock).faults == []
    # The list of another day in its place: older than the change, so nothing is wrong but its age.
    (folder / "signature.crl").write_bytes(old)
    assert audit_status(town.clock).waiting == 1


def test_a_list_that_is_no_list_is_missing(town: Town, folder: Path) -> None:
    publish(town.clock)
    (folder / "signature.crl").write_bytes(b"no list")
    with pytest.raises(Unavailable, match="E_LIST_MISSING"):
        audit_status(town.clock)
