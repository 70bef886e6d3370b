"""`audit_status`: records, responder and lists are compared, and every difference is found."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from django.conf import settings
from django.db import transaction

from honnin.agency.authority.models import IssuingKey
from honnin.agency.authority.rollover import roll_over
from honnin.agency.publication.services import publish
from honnin.agency.records.models import IssuanceRecord, StatusChange
from honnin.agency.records.services import Change, record_change
from honnin.agency.revocation.services import hold, record_lapse
from honnin.clock import end_of_day_in_japan
from honnin.errors import Unavailable
from honnin.law.certificates.lapse import crl_reason
from honnin.law.certificates.status import Status
from honnin.law.terms import LapseGround, Purpose
from honnin.sites.audit.comparison import Audit, audit_status
from tests.sites.audit.auditing import beside_rows
from tests.support.town import Town

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.alters_records]


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
    hold(lost.code, actor="test", at=town.clock.now())
    record_lapse(moved.code, LapseGround.CHANGE_OF_ENTRY, (), actor="test", at=town.clock.now())
    a_minute_later(town)
    publish(town.clock)
    assert audit_status(town.clock) == Audit(certificates=6, waiting=0, faults=[])


def test_a_change_that_no_list_shows_yet_waits_and_is_no_fault(town: Town) -> None:
    holder = town.with_certificates()
    publish(town.clock)
    a_minute_later(town)
    hold(holder.code, actor="test", at=town.clock.now())
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
        hold(holder.code, actor="test", at=town.clock.now())
    a_minute_later(town)
    publish(town.clock)
    record = town.records(holder)[Purpose.USER_AUTHENTICATION]
    IssuanceRecord.objects.filter(pk=record.pk).update(**tampered)
    faults = audit_status(town.clock).faults
    assert faults
    assert any(str(record) in fault for fault in faults)


@pytest.mark.parametrize("tampered", ["good", "held"])
def test_a_tampered_record_with_a_tampered_time_is_found_too(town: Town, tampered: str) -> None:
    """Its history says otherwise, although no list was published since."""
    holder = town.with_certificates()
    hold(holder.code, actor="test", at=town.clock.now())
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
    hold(holder.code, actor="test", at=town.clock.now())
    a_minute_later(town)
    publish(town.clock)
    assert audit_status(town.clock).faults == []
    # The list of another day in its place: older than the change, so nothing is wrong but its age.
    (folder / "signature.crl").write_bytes(old)
    assert audit_status(town.clock).waiting == 1


SIGNATURE_CA = "publication/signature-ca.cer"
PUBLISHED: dict[str, tuple[str, bytes | None, str]] = {
    "no list": ("signature.crl", b"no list", "publication/signature.crl: no revocation list"),
    "an empty list": ("signature.crl", b"", "publication/signature.crl: empty"),
    "a deleted list": ("signature.crl", None, "publication/signature.crl: missing"),
    "a deleted certificate": ("signature-ca.cer", None, f"{SIGNATURE_CA}: missing"),
    "an empty certificate": ("signature-ca.cer", b"", f"{SIGNATURE_CA}: empty"),
    "another certificate": ("signature-ca.cer", b"-", f"{SIGNATURE_CA}: not the certificate that was issued"),
}


@pytest.mark.parametrize("what", PUBLISHED)
def test_what_was_published_and_is_not_there_any_more_is_named(town: Town, folder: Path, what: str) -> None:
    publish(town.clock)
    name, content, fault = PUBLISHED[what]
    (folder / name).unlink() if content is None else (folder / name).write_bytes(content)
    assert audit_status(town.clock).faults == [fault]


def test_a_list_that_the_authority_did_not_sign_is_found(town: Town, folder: Path) -> None:
    publish(town.clock)
    content = bytearray((folder / "signature.crl").read_bytes())
    content[-1] ^= 1
    (folder / "signature.crl").write_bytes(content)
    assert audit_status(town.clock).faults == ["publication/signature.crl: not signed by its authority"]


def test_a_list_of_which_the_journal_knows_nothing_is_found(town: Town, folder: Path) -> None:
    """As after the records were restored from a copy that is older than the list."""
    with transaction.atomic(using="agency"):
        publish(town.clock)
        publish(town.clock)
        newer = (folder / "signature.crl").read_bytes()
        transaction.set_rollback(True, using="agency")
    publish(town.clock)
    assert audit_status(town.clock).faults == []
    (folder / "signature.crl").write_bytes(newer)
    assert audit_status(town.clock).faults == ["publication/signature.crl: the journal knows of no list 2"]


# — Somebody who may write the database —————————————————————————————————————————————————————————————————


def test_a_revocation_that_was_undone_with_its_history_is_found(town: Town) -> None:
    """Record and changes agree with one another again, and a list is made of them; the journal disagrees."""
    holder = town.with_certificates()
    hold(holder.code, actor="test", at=town.clock.now())
    record = town.records(holder)[Purpose.USER_AUTHENTICATION]
    StatusChange.objects.filter(record=record).delete()
    IssuanceRecord.objects.filter(pk=record.pk).update(
        status="good", crl_reason="", status_changed_at=record.issued_at, effective=True
    )
    a_minute_later(town)
    publish(town.clock)
    assert beside_rows(town.clock) == [
        f"{record}: change 1 is not what the journal tells",
        f"{record}: the record says good, the journal held",
    ]


def test_a_deleted_record_is_found(town: Town) -> None:
    holder = town.with_certificates()
    publish(town.clock)
    record = town.records(holder)[Purpose.SIGNATURE]
    IssuanceRecord.objects.filter(pk=record.pk).delete()
    assert beside_rows(town.clock) == [f"{record}: issued, and its record is gone"]


def test_another_certificate_in_the_place_of_the_issued_one_is_found(town: Town) -> None:
    holder = town.with_certificates()
    publish(town.clock)
    record = town.records(holder)[Purpose.SIGNATURE]
    other = bytes(record.certificate[:-1]) + bytes([record.certificate[-1] ^ 1])
    IssuanceRecord.objects.filter(pk=record.pk).update(certificate=other)
    assert beside_rows(town.clock) == [f"{record}: the certificate is not the one that was issued"]


def test_a_certificate_that_nobody_issued_is_found(town: Town) -> None:
    holder = town.with_certificates()
    publish(town.clock)
    record = town.records(holder)[Purpose.SIGNATURE]
    record.pk, record.serial_number, record.effective = None, record.serial_number + 1000, False
    record.save(force_insert=True)
    assert f"{record}: the journal knows of no issue" in audit_status(town.clock).faults


def test_what_was_tampered_with_is_found_after_its_expiry_too(town: Town) -> None:
    holder = town.with_certificates()
    record = town.records(holder)[Purpose.SIGNATURE]
    town.clock.move_to(end_of_day_in_japan(record.expiry_date) + timedelta(days=1))
    publish(town.clock)
    assert audit_status(town.clock).faults == []
    IssuanceRecord.objects.filter(pk=record.pk).update(certificate=b"another")
    assert beside_rows(town.clock) == [f"{record}: the certificate is not the one that was issued"]


def test_an_entry_without_a_reason_is_unspecified(town: Town, folder: Path) -> None:
    """RFC 5280, 5.3.1: the reason that says nothing is left out of the list, and missed by nobody."""
    holder = town.with_certificates()
    record = town.records(holder)[Purpose.SIGNATURE]
    change = Change(Status.REVOKED, LapseGround.NOT_DELIVERED, crl_reason(LapseGround.NOT_DELIVERED))
    with transaction.atomic(using="agency"):
        record_change(record, change, actor="test", at=town.clock.now())
    a_minute_later(town)
    publish(town.clock)
    assert audit_status(town.clock).faults == []
    entry = x509.load_der_x509_crl((folder / "signature.crl").read_bytes())[0]
    assert (record.crl_reason, list(entry.extensions)) == ("unspecified", [])


# — Several generations —————————————————————————————————————————————————————————————————————————————————


def test_every_generation_is_audited(town: Town) -> None:
    lost = town.with_certificates()
    roll_over(list(Purpose), town.clock)
    town.with_certificates()
    hold(lost.code, actor="test", at=town.clock.now())
    a_minute_later(town)
    publish(town.clock)
    assert audit_status(town.clock) == Audit(certificates=4, waiting=0, faults=[])


def test_a_generation_without_its_list_is_missed(town: Town, folder: Path) -> None:
    publish(town.clock)
    roll_over(list(Purpose), town.clock)
    with pytest.raises(Unavailable, match="E_LIST_MISSING"):
        audit_status(town.clock)
    publish(town.clock)
    assert audit_status(town.clock).faults == []
    (folder / "signature.crl").write_bytes((folder / "signature-1.crl").read_bytes())
    assert audit_status(town.clock).faults == ["publication/signature.crl: another generation's list"]


def test_a_revoked_certificate_that_was_moved_to_another_generations_list_is_found(town: Town) -> None:
    """Nobody would look for it there: the list of its own generation would no longer name it."""
    holder = town.with_certificates()
    hold(holder.code, actor="test", at=town.clock.now())
    roll_over(list(Purpose), town.clock)
    record = town.records(holder)[Purpose.SIGNATURE]
    newest = IssuingKey.objects.get(purpose=Purpose.SIGNATURE, generation=2)
    IssuanceRecord.objects.filter(pk=record.pk).update(issuer_key_id=newest.key_id)
    a_minute_later(town)
    publish(town.clock)
    assert beside_rows(town.clock) == [f"{record}: issued by another generation than the record says"]


def test_what_an_ended_generation_issued_is_still_compared_with_the_journal(town: Town) -> None:
    holder = town.with_certificates()
    town.clock.move_to(town.clock.now() + timedelta(days=4 * 365))
    roll_over(list(Purpose), town.clock)
    town.clock.move_to(town.clock.now() + timedelta(days=7 * 365))
    publish(town.clock)
    assert audit_status(town.clock) == Audit(certificates=0, waiting=0, faults=[])
    record = town.records(holder)[Purpose.SIGNATURE]
    IssuanceRecord.objects.filter(pk=record.pk).update(certificate=b"another")
    assert beside_rows(town.clock) == [f"{record}: the certificate is not the one that was issued"]
