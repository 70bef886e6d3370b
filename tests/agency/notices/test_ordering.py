"""Who is written to: the notices that are due, and what holders are told of holds and revocations."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import IntegrityError, transaction

from honnin.agency.card_register.services import move_cards
from honnin.agency.notices.models import Letter
from honnin.agency.notices.queries import due, due_by_municipality
from honnin.agency.notices.services import take_addresses
from honnin.agency.records.models import JournalEntry
from honnin.agency.revocation.services import record_lapse
from honnin.clock import day_in_japan
from honnin.errors import Malformed, NotAllowed
from honnin.identifiers import PersonCode
from honnin.law.certificates.notices import DeliveryState, LetterKind
from honnin.law.terms import LapseGround, Purpose
from honnin.law.validity import StayStatus
from honnin.municipality.records.models import JournalEntry as Told
from honnin.municipality.residents.addressees import addressee_of, tell_addresses, wanted_addresses
from honnin.municipality.residents.services import record_removal
from honnin.simulator.town import HERE, NEXT_DOOR
from honnin.wire.line import line_to
from honnin.wire.messages.notices import Addressee, AskWantedAddresses, TellAddresses
from tests.support.agency.letters import holders_due, ordered, to_first_day
from tests.support.telling import tell
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")


def notices() -> list[Letter]:
    return list(Letter.objects.filter(kind=LetterKind.EXPIRY_NOTICE).order_by("pk"))


@pytest.mark.clause("S3-5", "S4-18.1")
def test_on_the_first_day_everyone_who_is_due_is_written_to_once(town: Town) -> None:
    holder = town.with_certificates()
    to_first_day(town, holder, days=-1)
    assert tell_addresses(town.clock.now()) == 0
    to_first_day(town, holder)
    assert tell_addresses(town.clock.now()) == 1
    assert tell_addresses(town.clock.now()) == 0, "nobody is written to twice"
    (letter,) = notices()
    assert (letter.state, letter.person_code) == (DeliveryState.ORDERED, holder.code)
    assert (letter.name, letter.address) == (holder.resident.name, holder.resident.address)
    assert [each["purpose"] for each in letter.tells["certificates"]] == ["signature", "user_authentication"]


def test_it_goes_to_the_address_of_the_register_and_not_of_the_certificate(town: Town) -> None:
    holder = town.with_certificates()
    town.move(holder.resident, "みほん県みほん市新町二丁目1番")
    to_first_day(town, holder)
    tell_addresses(town.clock.now())
    (letter,) = notices()
    assert letter.address == "みほん県みほん市新町二丁目1番"
    assert [each["purpose"] for each in letter.tells["certificates"]] == ["user_authentication"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"elsewhere": True}, "E_LETTER_STAYS_ELSEWHERE"),
        ({"stay": StayStatus.MEDIUM_OR_LONG_TERM}, "E_LETTER_STAY_ENDS"),
        ({"registered": False, "name": "", "address": ""}, "E_LETTER_NOT_REGISTERED"),
        ({"stay": StayStatus.PERMANENT}, ""),
    ],
)
def test_to_whom_the_register_says_no(town: Town, change: dict[str, object], reason: str) -> None:
    (holder,) = holders_due(town)
    to = replace(addressee_of(holder.resident, holder.code), **change)  # type: ignore[arg-type]
    answer = line_to("agency", HERE).ask(TellAddresses((to,)), "chores")
    (letter,) = notices()
    state = DeliveryState.WITHHELD if reason else DeliveryState.ORDERED
    assert (letter.state, letter.reason) == (state, reason)
    assert (answer.ordered, answer.withheld) == (int(not reason), int(bool(reason)))
    assert wanted_addresses() == 0, "nobody is asked about again and again"


def test_who_is_registered_elsewhere_is_written_to_there_and_gets_no_expiry_notice(town: Town) -> None:
    """A hold is told at the place of stay: at the address may live whom the person fled from."""
    stays = {"place_of_stay": "ためし県ためし市試町1番"}
    (holder,) = holders_due(town, stays)
    town.report_loss(holder.code)
    tell_addresses(town.clock.now())
    hold, notice = Letter.objects.order_by("kind").reverse()
    assert (hold.kind, hold.address, hold.state) == ("hold", stays["place_of_stay"], DeliveryState.ORDERED)
    assert (notice.state, notice.reason) == (DeliveryState.WITHHELD, "E_LETTER_STAYS_ELSEWHERE")


@pytest.mark.parametrize(("stay", "sent"), [("permanent", True), ("medium_or_long_term", False)])
def test_the_register_tells_on_what_a_stay_rests(town: Town, stay: str, sent: bool) -> None:
    ends = None if sent else date(2040, 1, 1)
    holders_due(town, {"stay_status": stay, "stay_until": ends})
    tell_addresses(town.clock.now())
    (letter,) = notices()
    assert (letter.state == DeliveryState.ORDERED, letter.reason) == (
        sent,
        "" if sent else "E_LETTER_STAY_ENDS",
    )


def test_after_a_move_the_new_municipality_tells_the_address(town: Town) -> None:
    (holder,) = holders_due(town)
    with transaction.atomic(using="agency"):
        for row in move_cards(holder.code, NEXT_DOOR):
            tell(row)
    assert line_to("agency", HERE).ask(AskWantedAddresses(), "hanako").persons == ()
    neighbour = line_to("agency", NEXT_DOOR)
    assert neighbour.ask(AskWantedAddresses(), "taro").persons == (holder.code,)
    neighbour.ask(TellAddresses((addressee_of(holder.resident, holder.code),)), "taro")
    assert [each.municipality_code for each in notices()] == [NEXT_DOOR]


def test_somebody_who_was_removed_from_the_register_gets_none(town: Town) -> None:
    (holder,) = holders_due(town)
    record_removal(holder.resident, day_in_japan(town.clock.now()), clerk="hanako", at=town.clock.now())
    tell_addresses(town.clock.now())
    assert notices() == [], "with the entry the certificates have lapsed"


def test_a_municipality_hears_of_its_own_residents_and_addresses_no_others(town: Town) -> None:
    (holder,) = holders_due(town)
    neighbour, own = line_to("agency", NEXT_DOOR), line_to("agency", HERE)
    assert neighbour.ask(AskWantedAddresses(), "taro").persons == ()
    assert own.ask(AskWantedAddresses(), "hanako").persons == (holder.code,)
    neighbour.ask(TellAddresses((addressee_of(holder.resident, holder.code),)), "taro")
    assert notices() == []
    with pytest.raises(NotAllowed, match="E_ROLE_NOT_ALLOWED"):
        line_to("agency").ask(AskWantedAddresses(), "kiosk")


@pytest.mark.parametrize(
    "to",
    [
        Addressee(PersonCode("99000000001"), "", "somewhere"),
        Addressee(PersonCode("99000000001"), "somebody", "\u3000"),
        Addressee(PersonCode("99000000001"), "a" * 101, "somewhere"),
        Addressee(PersonCode("99000000001"), "somebody", "a" * 201),
        Addressee(PersonCode("99000000001"), "somebody", "somewhere", registered=False),
    ],
)
def test_what_is_no_address_is_not_taken(town: Town, to: Addressee) -> None:
    with pytest.raises(Malformed, match="E_MESSAGE_MALFORMED"):
        line_to("agency", HERE).ask(TellAddresses((to,)), "chores")


def test_a_missed_notice_is_told_as_late_and_sent(town: Town) -> None:
    holder = town.with_certificates()
    to_first_day(town, holder, days=60)
    today = day_in_japan(town.clock.now())
    assert [(each.person_code, each.is_late) for each in due(today)] == [(holder.code, True)]
    assert due_by_municipality(today) == {HERE: {"due": 1, "late": 1, "waiting": 0}}
    assert tell_addresses(town.clock.now()) == 1


def test_the_database_itself_refuses_a_second_letter_of_one_cause(town: Town) -> None:
    (letter,) = ordered(town)
    with pytest.raises(IntegrityError), transaction.atomic(using="agency"):
        Letter.objects.create(
            kind=letter.kind,
            cause=letter.cause,
            person_code=letter.person_code,
            municipality_code=letter.municipality_code,
            ordered_at=letter.ordered_at,
            changed_at=letter.changed_at,
        )


@pytest.mark.clause("S4-8.2")
def test_an_error_in_the_record_is_told_to_the_holder(town: Town) -> None:
    holder = town.with_certificates()
    record_lapse(holder.code, LapseGround.RECORD_ERROR, (), actor="test", at=town.clock.now())
    (letter,) = Letter.objects.all()
    assert (letter.kind, letter.name) == (LetterKind.ERROR_NOTICE, "")
    assert {each["status"] for each in letter.tells["certificates"]} == {"revoked"}
    tell_addresses(town.clock.now())
    letter.refresh_from_db()
    assert (letter.name, letter.state) == (holder.resident.name, DeliveryState.ORDERED)


def test_a_hold_by_telephone_is_told_to_the_holder(town: Town) -> None:
    holder = town.with_certificates()
    town.report_loss(holder.code)
    town.report_loss(holder.code)
    (letter,) = Letter.objects.all()
    told = {each["purpose"]: each["status"] for each in letter.tells["certificates"]}
    assert letter.kind == LetterKind.HOLD
    assert told == {Purpose.SIGNATURE: "revoked", Purpose.USER_AUTHENTICATION: "held"}


def test_what_happens_at_the_counter_is_told_there(town: Town) -> None:
    holder = town.with_certificates()
    town.move(holder.resident, "みほん県みほん市新町二丁目1番")
    assert not Letter.objects.exists()


def test_order_and_addresses_are_in_both_journals(town: Town) -> None:
    (letter,) = ordered(town)
    entry = JournalEntry.objects.filter(act="order letters").get()
    assert letter.name not in entry.detail
    assert Told.objects.filter(act="tell addresses").count() == 1


def test_both_certificates_of_one_day_are_one_letter_and_a_new_pair_another(town: Town) -> None:
    (holder,) = holders_due(town)
    tell_addresses(town.clock.now())
    records = town.records(holder)
    assert len({each.expiry_date for each in records.values()}) == 1
    assert [each.expiry_date for each in notices()] == [records[Purpose.SIGNATURE].expiry_date]


def test_whoever_is_told_of_nobody_changes_nothing(town: Town) -> None:
    holders_due(town)
    taken = take_addresses(HERE, (), actor="test", at=town.clock.now())
    assert (taken.ordered, taken.withheld, taken.written) == (0, 0, ())
    late = datetime.combine(day_in_japan(town.clock.now()) + timedelta(days=400), time(1), UTC)
    assert list(due(day_in_japan(late))) == []
