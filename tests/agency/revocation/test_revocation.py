"""Lapse, hold and release at the agency: which ground does what to which certificate, and who may say so."""

from datetime import UTC, date, datetime, time, timedelta
from functools import partial

import pytest

from honnin.agency.audit.records import record_faults
from honnin.agency.hotline.models import Call
from honnin.agency.hotline.services import record_notice_of_loss
from honnin.agency.records.journal import JOURNAL
from honnin.agency.records.models import IssuanceRecord, JournalEntry, StatusChange
from honnin.agency.records.services import Change, record_change
from honnin.agency.revocation.record_error import record_error
from honnin.agency.revocation.services import hold, record_lapse, release
from honnin.clock import JAPAN, day_in_japan, end_of_day_in_japan
from honnin.errors import Conflict, HonninError, NotAllowed, Refused
from honnin.identifiers import MunicipalityCode, PersonCode, SerialNumber
from honnin.journal.rows import row_faults
from honnin.law.certificates.lapse import HOLDERS_GROUNDS, REGISTERS_GROUNDS
from honnin.law.certificates.status import Status
from honnin.law.terms import LapseGround, Purpose, RecordedItem
from honnin.simulator.brought import AUTHENTICATION, SIGNATURE
from honnin.wire.line import Message, Sender
from honnin.wire.messages.certificates import AskPersonState, PersonState, ReportLapse, ReportRelease
from tests.support.agency import speaking
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")

HERE = Sender("municipality", MunicipalityCode("99101"), "hanako")
NEXT_DOOR = Sender("municipality", MunicipalityCode("99102"), "taro")


def ask(message: Message[PersonState], sender: Sender = HERE) -> PersonState:
    return speaking.ask(sender, message)


def statuses(town: Town, holder: Holder) -> dict[Purpose, tuple[str, str]]:
    return {purpose: (record.status, record.crl_reason) for purpose, record in town.records(holder).items()}


GOOD = ("good", "")
# Terms 7, 8; Act 11-14, 30-33: what becomes of (signature, authentication), by ground.
OUTCOMES = {
    LapseGround.CHANGE_OF_ENTRY: (("revoked", "affiliationChanged"), GOOD),
    LapseGround.REMOVAL_OF_ENTRY: (("revoked", "cessationOfOperation"),) * 2,
    LapseGround.RECORD_ERROR: (("revoked", "affiliationChanged"),) * 2,
    LapseGround.ISSUER_KEY_COMPROMISE: (("revoked", "cACompromise"),) * 2,
    LapseGround.REQUEST_OR_NOTICE: (("revoked", "cessationOfOperation"),) * 2,
    LapseGround.KEY_LEAKED: (("revoked", "keyCompromise"),) * 2,
    LapseGround.KEY_LOST: (("revoked", "keyCompromise"),) * 2,
    LapseGround.KEY_DAMAGED: (("revoked", "keyCompromise"),) * 2,
    LapseGround.KEY_COMPROMISE_NOTICE: (("revoked", "keyCompromise"),) * 2,
    LapseGround.LOSS_NOTICE: (("revoked", "keyCompromise"), GOOD),
    LapseGround.CARD_INVALID: (("revoked", "cessationOfOperation"),) * 2,
    LapseGround.RENEWAL: (("revoked", "superseded"),) * 2,
    LapseGround.NOT_DELIVERED: (("revoked", "unspecified"),) * 2,
}


@pytest.mark.clause("S4-8.1.1", "S4-8.1.2", "act/11", "act/30")
@pytest.mark.parametrize("ground", LapseGround)
def test_each_ground_ends_what_the_law_names(town: Town, ground: LapseGround) -> None:
    holder = town.with_certificates()
    record_lapse(holder.code, ground, (), actor="test", at=town.clock.now())
    signature, authentication = OUTCOMES[ground]
    assert statuses(town, holder) == {
        Purpose.SIGNATURE: signature,
        Purpose.USER_AUTHENTICATION: authentication,
    }


@pytest.mark.clause("act/11", "act/30")
@pytest.mark.parametrize("purpose", Purpose)
def test_a_holder_may_end_one_of_the_two(town: Town, purpose: Purpose) -> None:
    holder = town.with_certificates()
    changed = record_lapse(
        holder.code, LapseGround.REQUEST_OR_NOTICE, (purpose,), actor="test", at=town.clock.now()
    )
    assert [record.purpose for record in changed] == [purpose]
    assert statuses(town, holder) == {
        each: ("revoked", "cessationOfOperation") if each is purpose else GOOD for each in Purpose
    }


def test_a_lapse_is_recorded_once_with_time_ground_and_actor(town: Town) -> None:
    holder = town.with_certificates()
    at = town.clock.now()
    record_lapse(holder.code, LapseGround.RECORD_ERROR, (), actor="first", at=town.clock.now())
    town.clock.move_to(at + timedelta(hours=1))
    entries = JournalEntry.objects.count()
    again = record_lapse(
        holder.code, LapseGround.KEY_COMPROMISE_NOTICE, (), actor="second", at=town.clock.now()
    )
    assert again == []
    said = JournalEntry.objects.filter(sequence__gt=entries).values_list("act", "actor")
    assert list(said) == [("report of lapse", "second")]
    for record in town.records(holder).values():
        assert (record.crl_reason, record.status_changed_at) == ("affiliationChanged", at)
        change = record.changes.get()
        assert (change.ground, change.actor, change.recorded_at) == ("record_error", "first", at)


def test_an_expired_certificate_has_lapsed_already(town: Town) -> None:
    holder = town.with_certificates()
    town.clock.move_to(datetime(2031, 3, 16, 0, 0, tzinfo=UTC))
    assert record_lapse(holder.code, LapseGround.RECORD_ERROR, (), actor="test", at=town.clock.now()) == []
    assert hold(holder.code, actor="test", at=town.clock.now()) == []


# — Hold ——————————————————————————————————————————————————————————————————————————————————————————————


@pytest.mark.clause("S4-9a", "S1-C5.1a", "S3-C3")
def test_a_notice_of_loss_holds_authentication_and_ends_the_signature_certificate(town: Town) -> None:
    holder = town.with_certificates()
    record_notice_of_loss(holder.code, operator=town.operator(), at=town.clock.now())
    assert statuses(town, holder) == {
        Purpose.SIGNATURE: ("revoked", "keyCompromise"),
        Purpose.USER_AUTHENTICATION: ("held", "certificateHold"),
    }


@pytest.mark.clause("S1-C5.1b")
def test_the_report_at_the_counter_stays_open_after_the_call(town: Town) -> None:
    holder = town.with_certificates()
    record_notice_of_loss(holder.code, operator=town.operator(), at=town.clock.now())
    call = Call.objects.get()
    assert (call.person_code, call.received_at, call.reported_at_counter) == (
        holder.code,
        town.clock.now(),
        False,
    )
    assert JournalEntry.objects.latest("sequence").act == "notice of loss"


@pytest.mark.clause("S1-C5.1a", "S3-C3", "S4-9a")
@pytest.mark.parametrize("hour", range(24))
def test_a_loss_is_recorded_at_any_hour_of_any_day(town: Town, hour: int) -> None:
    holder = town.with_certificates(AUTHENTICATION)
    day = (datetime(2026, 12, 29, tzinfo=JAPAN) + timedelta(days=hour % 7)).date()  # the year's end
    at = datetime.combine(day, time(hour, 59, 59), JAPAN)
    town.clock.move_to(at)
    record_notice_of_loss(holder.code, operator=town.operator(), at=town.clock.now())
    record = town.records(holder)[Purpose.USER_AUTHENTICATION]
    assert (record.status, record.status_changed_at) == (Status.HELD, at)


@pytest.mark.clause("S4-9a")
def test_a_second_call_changes_nothing_and_is_written_down(town: Town) -> None:
    holder = town.with_certificates()
    first = town.clock.now()
    assert len(record_notice_of_loss(holder.code, operator=town.operator(), at=town.clock.now())) == 2
    before = statuses(town, holder), StatusChange.objects.count()
    town.clock.move_to(first + timedelta(hours=5))
    assert record_notice_of_loss(holder.code, operator=town.operator(), at=town.clock.now()) == []
    assert (statuses(town, holder), StatusChange.objects.count()) == before
    assert {record.status_changed_at for record in town.records(holder).values()} == {first}
    assert Call.objects.filter(person_code=holder.code).count() == 2


def test_a_call_about_somebody_without_certificates_is_written_down_too(town: Town) -> None:
    assert (
        record_notice_of_loss(PersonCode("99999999999"), operator=town.operator(), at=town.clock.now()) == []
    )
    assert Call.objects.count() == 1


@pytest.mark.clause("S1-E5", "S2-5")
def test_a_held_certificate_can_be_revoked(town: Town) -> None:
    holder = town.with_certificates(AUTHENTICATION)
    hold(holder.code, actor="test", at=town.clock.now())
    record_lapse(holder.code, LapseGround.REQUEST_OR_NOTICE, (), actor="test", at=town.clock.now())
    assert statuses(town, holder) == {Purpose.USER_AUTHENTICATION: ("revoked", "cessationOfOperation")}


def test_a_held_certificate_stands_in_the_way_of_a_new_one(town: Town) -> None:
    holder = town.with_certificates(AUTHENTICATION)
    hold(holder.code, actor="test", at=town.clock.now())
    with pytest.raises(Refused, match="E_CERT_HELD"):
        town.approved(holder.resident, AUTHENTICATION)


# — Release ———————————————————————————————————————————————————————————————————————————————————————————


@pytest.mark.clause("S4-9b", "S1-C5.1d")
def test_a_held_authentication_certificate_comes_back_and_nothing_else(town: Town) -> None:
    holder = town.with_certificates()
    hold(holder.code, actor="hotline", at=town.clock.now())
    town.clock.move_to(town.clock.now() + timedelta(days=40))
    ask(town.release_message(holder, Purpose.USER_AUTHENTICATION))
    assert statuses(town, holder) == {
        Purpose.SIGNATURE: ("revoked", "keyCompromise"),
        Purpose.USER_AUTHENTICATION: GOOD,
    }
    changes = town.records(holder)[Purpose.USER_AUTHENTICATION].changes.order_by("id")
    assert [change.status for change in changes] == ["held", "good"]


@pytest.mark.clause("S4-9b", "S1-C5.1d")
@pytest.mark.parametrize(
    ("situation", "purpose", "sender", "codes"),
    [
        ("held", Purpose.SIGNATURE, HERE, {"E_HOLD_NOT_RELEASABLE"}),
        ("held", Purpose.USER_AUTHENTICATION, NEXT_DOOR, {"E_OFFICE_WRONG"}),
        ("held", Purpose.SIGNATURE, NEXT_DOOR, {"E_HOLD_NOT_RELEASABLE", "E_OFFICE_WRONG"}),
        ("good", Purpose.USER_AUTHENTICATION, HERE, {"E_HOLD_NOT_RELEASABLE"}),
        ("revoked", Purpose.USER_AUTHENTICATION, HERE, {"E_HOLD_NOT_RELEASABLE"}),
        ("expired", Purpose.USER_AUTHENTICATION, HERE, {"E_HOLD_NOT_RELEASABLE"}),
    ],
)
def test_what_cannot_be_released(
    town: Town, situation: str, purpose: Purpose, sender: Sender, codes: set[str]
) -> None:
    holder = town.with_certificates()
    if situation != "good":
        hold(holder.code, actor="hotline", at=town.clock.now())
    if situation == "revoked":
        record_lapse(holder.code, LapseGround.REQUEST_OR_NOTICE, (), actor="test", at=town.clock.now())
    if situation == "expired":
        expiry_date = town.records(holder)[Purpose.USER_AUTHENTICATION].expiry_date
        town.clock.move_to(end_of_day_in_japan(expiry_date) + timedelta(seconds=1))
    before = statuses(town, holder)
    with pytest.raises(Refused) as refused:
        ask(town.release_message(holder, purpose), sender)
    assert {refusal.code for refusal in refused.value.refusals} == codes
    assert statuses(town, holder) == before


@pytest.mark.clause("S4-9b")
def test_releasing_twice_is_refused_the_second_time(town: Town) -> None:
    holder = town.with_certificates(AUTHENTICATION)
    hold(holder.code, actor="hotline", at=town.clock.now())
    ask(town.release_message(holder, Purpose.USER_AUTHENTICATION))
    with pytest.raises(Refused, match="E_HOLD_NOT_RELEASABLE"):
        ask(town.release_message(holder, Purpose.USER_AUTHENTICATION))


def test_nobody_who_never_had_a_certificate_gets_one_released(town: Town) -> None:
    with pytest.raises(Refused) as refused:
        ask(ReportRelease(PersonCode("99999999999"), Purpose.USER_AUTHENTICATION, b""))
    assert "E_HOLD_NOT_RELEASABLE" in {refusal.code for refusal in refused.value.refusals}


def test_the_record_itself_refuses_to_bring_back_what_is_revoked(town: Town) -> None:
    holder = town.with_certificates(SIGNATURE)
    record_lapse(holder.code, LapseGround.RECORD_ERROR, (), actor="test", at=town.clock.now())
    record = town.records(holder)[Purpose.SIGNATURE]
    for status in Status:
        with pytest.raises(Conflict, match="E_CERT_REVOKED"):
            record_change(
                record, Change(status, LapseGround.LOSS_NOTICE, ""), actor="test", at=town.clock.now()
            )


@pytest.mark.parametrize("status", [Status.GOOD, Status.HELD])
def test_the_record_itself_refuses_a_status_that_it_has(town: Town, status: Status) -> None:
    holder = town.with_certificates(AUTHENTICATION)
    if status is Status.HELD:
        hold(holder.code, actor="test", at=town.clock.now())
    record, before = town.records(holder)[Purpose.USER_AUTHENTICATION], JournalEntry.objects.count()
    with pytest.raises(Conflict, match="E_STATUS_CHANGE"):
        record_change(record, Change(status, LapseGround.LOSS_NOTICE, ""), actor="test", at=town.clock.now())
    assert JournalEntry.objects.count() == before


# — Who may say so ————————————————————————————————————————————————————————————————————————————————————


@pytest.mark.parametrize("ground", LapseGround)
def test_which_grounds_a_municipality_may_report(town: Town, ground: LapseGround) -> None:
    holder = town.with_certificates()
    message = ReportLapse(holder.code, ground, ())
    if ground in HOLDERS_GROUNDS | REGISTERS_GROUNDS:
        assert any(each.status == "revoked" for each in ask(message).certificates)
        return
    with pytest.raises(NotAllowed, match="E_ROLE_NOT_ALLOWED"):
        ask(message)
    assert set(statuses(town, holder).values()) == {GOOD}


def test_the_grounds_that_are_not_a_municipalitys() -> None:
    assert set(LapseGround) - HOLDERS_GROUNDS - REGISTERS_GROUNDS == {
        LapseGround.ISSUER_KEY_COMPROMISE,
        LapseGround.LOSS_NOTICE,
        LapseGround.RENEWAL,
        LapseGround.NOT_DELIVERED,
    }


def test_another_municipality_ends_nothing(town: Town) -> None:
    holder, without = town.with_certificates(), town.holder()
    for code in (holder.code, without.code):
        with pytest.raises(NotAllowed, match="E_OFFICE_WRONG"):
            ask(ReportLapse(code, LapseGround.CHANGE_OF_ENTRY, ()), NEXT_DOOR)
    assert set(statuses(town, holder).values()) == {GOOD}


def test_a_report_about_somebody_the_agency_never_heard_of_changes_nothing(town: Town) -> None:
    before = JournalEntry.objects.count()
    assert ask(ReportLapse(PersonCode("99999999999"), LapseGround.CHANGE_OF_ENTRY, ())) == PersonState(
        (), (), notices=1
    )
    entry = JournalEntry.objects.get(sequence__gt=before)
    assert (entry.act, entry.detail) == ("report of lapse", '{"changed": 0, "ground": "change_of_entry"}')
    assert "99999999999" not in f"{entry.subject} {entry.rows}"


@pytest.mark.parametrize("role", ["kiosk", "services", "hotline", "agency", ""])
def test_no_other_role_asks_or_reports(town: Town, role: str) -> None:
    holder = town.with_certificates()
    for message in (
        AskPersonState(holder.code),
        ReportLapse(holder.code, LapseGround.REQUEST_OR_NOTICE, ()),
        town.release_message(holder, Purpose.USER_AUTHENTICATION),
    ):
        with pytest.raises(NotAllowed, match="E_ROLE_NOT_ALLOWED"):
            ask(message, Sender(role, MunicipalityCode("99101"), "x"))
    assert set(statuses(town, holder).values()) == {GOOD}


def test_the_state_of_a_person_names_cards_and_certificates_the_newest_first(town: Town) -> None:
    holder = town.with_certificates()
    record_lapse(
        holder.code, LapseGround.REQUEST_OR_NOTICE, (Purpose.SIGNATURE,), actor="test", at=town.clock.now()
    )
    town.clock.move_to(town.clock.now() + timedelta(days=1))
    town.issue(town.approved(holder.resident, SIGNATURE), holder.reader())
    state = ask(AskPersonState(holder.code))
    newest = state.certificates[0]
    assert (newest.purpose, newest.status) == (Purpose.SIGNATURE, "good")
    assert [each.status for each in state.certificates].count(Status.REVOKED) == 1
    assert all(each.delivered for each in state.certificates)
    assert [card.card_number for card in state.cards] == [holder.card.state.card_number]


def test_release_by_the_service_itself_needs_the_own_municipality(town: Town) -> None:
    holder = town.with_certificates(AUTHENTICATION)
    hold(holder.code, actor="hotline", at=town.clock.now())
    with pytest.raises(Refused, match="E_OFFICE_WRONG"):
        release(
            holder.code,
            Purpose.USER_AUTHENTICATION,
            own_municipality=False,
            card_presented=True,
            actor="test",
            at=town.clock.now(),
        )


# — An error in a record ——————————————————————————————————————————————————————————————————————————————


@pytest.mark.clause("S4-8.1.2", "act/13", "act/32")
@pytest.mark.alters_records
@pytest.mark.parametrize(
    ("column", "value"),
    [("card_number", "TEST00000000999"), ("expiry_date", date(2039, 1, 1)), ("issuer_key_id", "00" * 20)],
)
def test_what_the_audit_finds_is_corrected_by_the_journal_and_revoked(
    town: Town, column: str, value: object
) -> None:
    holder = town.with_certificates()
    record = town.records(holder)[Purpose.USER_AUTHENTICATION]
    right = getattr(record, column)
    IssuanceRecord.objects.filter(pk=record.pk).update(**{column: value})
    assert list(record_faults(day_in_japan(town.clock.now())))
    number = SerialNumber(record.serial_number)
    act = partial(record_error, Purpose.USER_AUTHENTICATION, number, by="kansa", actor="test")
    done = act(RecordedItem.VALIDITY, at=town.clock.now())
    assert (done.columns, done.revoked) == ((column,), True)
    record.refresh_from_db()
    assert (getattr(record, column), record.status) == (right, "revoked")
    assert record.changes.get().ground == "record_error"
    assert list(record_faults(day_in_japan(town.clock.now()))) == []
    assert [*row_faults(JOURNAL)] == []
    assert town.records(holder)[Purpose.SIGNATURE].status == "good"
    again = act(RecordedItem.VALIDITY, at=town.clock.now())
    assert (again.columns, again.revoked) == ((), False)


@pytest.mark.parametrize(
    ("purpose", "serial_number", "item", "code"),
    [
        (Purpose.SIGNATURE, 999, RecordedItem.NAME, "E_SERIAL_NUMBER_UNKNOWN"),
        (Purpose.USER_AUTHENTICATION, 3, RecordedItem.ADDRESS, "E_ITEM_NOT_RECORDED"),
    ],
)
def test_an_error_that_no_certificate_has_is_refused_by_name(
    town: Town, purpose: Purpose, serial_number: int, item: RecordedItem, code: str
) -> None:
    holder = town.with_certificates()
    with pytest.raises(HonninError, match=code):
        record_error(
            purpose, SerialNumber(serial_number), item, by="kansa", actor="test", at=town.clock.now()
        )
    assert statuses(town, holder) == dict.fromkeys(Purpose, GOOD)
