"""Renewal at the agency: what is renewed, for how long, and what stands against it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from honnin.agency.issuance.models import Stage
from honnin.agency.records.models import JournalEntry
from honnin.card.client.session import relay
from honnin.errors import Conflict, HonninError, Malformed, NotAllowed, Refused
from honnin.identifiers import MunicipalityCode
from honnin.law.certificates.status import Status
from honnin.law.terms import LapseGround, Purpose
from honnin.pin import Pin
from honnin.simulator.brought import AUTHENTICATION, BOTH, SIGNATURE
from honnin.wire.line import Sender
from honnin.wire.messages.card_updates import SLOT
from honnin.wire.messages.certificates import AskPersonState, ReportLapse, ReportLoss
from honnin.wire.messages.issuance import RelayAnswers, RequestIssuance
from honnin.wire.messages.renewal import RequestRenewal
from tests.support.agency import speaking
from tests.support.agency.renewals import DUE, Renewal, due
from tests.support.town import Town, footprint

pytestmark = pytest.mark.django_db(databases="__all__")


def refused(renewal: Renewal) -> list[str]:
    """The codes with which a renewal is refused at its beginning, after which nothing has changed."""
    before = footprint(), renewal.holder.card.state.slots
    with pytest.raises(HonninError) as caught:
        renewal.carry_out()
    assert (footprint(), renewal.holder.card.state.slots) == before
    error = caught.value
    return [each.code for each in error.refusals] if isinstance(error, Refused) else [error.code]


def test_both_certificates_are_replaced_on_the_card_and_in_the_records(town: Town) -> None:
    renewal = Renewal(town, due(town))
    step = renewal.carry_out()
    renewal.require_renewed()
    assert [each.purpose for each in step.certificates] == ["user_authentication", "signature"]
    # The sixth birthday, where a new issue would end on the fifth.
    assert {each.expiry_date for each in step.certificates} == {date(2036, 3, 15)}
    ended = [
        (change.ground, change.recorded_at) for each in renewal.old.values() for change in each.changes.all()
    ]
    assert ended == [(LapseGround.RENEWAL, DUE)] * 2


@pytest.mark.parametrize("purposes", [SIGNATURE, AUTHENTICATION], ids=["signature", "authentication"])
@pytest.mark.parametrize("present", [BOTH, None], ids=["of two", "of one"])
def test_one_certificate_alone(
    town: Town, purposes: frozenset[Purpose], present: frozenset[Purpose] | None
) -> None:
    renewal = Renewal(town, due(town, present or purposes), purposes)
    renewal.carry_out()
    renewal.require_renewed()
    capped = purposes == SIGNATURE and present == BOTH
    expiry = (
        date(2031, 3, 15) if capped else date(2036, 3, 15)
    )  # by the authentication certificate that stays
    assert [each.expiry_date for each in renewal.new.values()] == [expiry]


@pytest.mark.parametrize(
    ("at", "codes"),
    [
        (datetime(2030, 12, 15, 14, 59, 59, tzinfo=UTC), ["E_WINDOW_CLOSED"]),
        (datetime(2030, 12, 15, 15, 0, tzinfo=UTC), []),
        (datetime(2031, 3, 15, 14, 59, 59, tzinfo=UTC), []),
        (datetime(2031, 3, 15, 15, 0, tzinfo=UTC), ["E_CERT_EXPIRED"]),
    ],
    ids=["the second before it opens", "the first second", "the last second", "the second after"],
)
def test_the_window(town: Town, at: datetime, codes: list[str]) -> None:
    renewal = Renewal(town, due(town, AUTHENTICATION, at), AUTHENTICATION)
    if codes:
        assert refused(renewal) == codes
    else:
        renewal.carry_out()
        renewal.require_renewed()


def test_who_moved_abroad_renews_a_year_before(town: Town) -> None:
    renewal = Renewal(
        town, due(town, AUTHENTICATION, datetime(2030, 3, 16, 0, 0, tzinfo=UTC)), AUTHENTICATION
    )
    assert refused(renewal) == ["E_WINDOW_CLOSED"]
    assert renewal.ask(replace(renewal.request(), resident_abroad=True)).commands


def test_what_is_not_there_is_not_renewed(town: Town) -> None:
    renewal = Renewal(town, due(town, AUTHENTICATION))
    assert refused(renewal) == ["E_NOTHING_TO_RENEW"]


def test_what_lapsed_or_is_on_hold_is_not_renewed(town: Town) -> None:
    renewal = Renewal(town, due(town))
    town.report_loss(renewal.holder.code)
    assert set(refused(renewal)) == {"E_CARD_REPORTED_LOST", "E_CERT_HELD", "E_CERT_REVOKED"}
    renewal.ask(ReportLoss(renewal.holder.code))
    assert set(refused(renewal)) == {"E_CERT_HELD", "E_CERT_REVOKED"}
    town.release(renewal.holder)
    assert refused(renewal) == ["E_CERT_REVOKED"]
    Renewal(town, renewal.holder, AUTHENTICATION, "99101-20301220-RENEW2").carry_out()


def test_a_card_that_ended_gets_nothing(town: Town) -> None:
    renewal = Renewal(town, due(town))
    renewal.ask(ReportLapse(renewal.holder.code, LapseGround.CARD_INVALID, ()))
    assert set(refused(renewal)) == {"E_CARD_INVALID", "E_CERT_REVOKED"}


@pytest.mark.parametrize("purpose", Purpose)
def test_a_blocked_pin_is_found_out_before_anything_is_made(town: Town, purpose: Purpose) -> None:
    renewal = Renewal(town, due(town))
    session, wrong = renewal.holder.session(), Pin("WRONG1" if purpose is Purpose.SIGNATURE else "0000")
    while session.tries_left(SLOT[purpose]):
        with pytest.raises(HonninError):
            session.verify_pin(SLOT[purpose], wrong, use_last_try=True)
    assert refused(renewal) == ["E_PIN_LOCKED"]
    assert not any(slot.pending_key for slot in renewal.holder.card.state.slots.values())


def test_pins_stay_and_no_permission_to_set_them_is_given(town: Town) -> None:
    renewal = Renewal(town, due(town))
    before = JournalEntry.objects.filter(act="authorise PINs").count()
    renewal.carry_out()
    assert JournalEntry.objects.filter(act="authorise PINs").count() == before
    renewal.require_renewed()


@pytest.mark.parametrize("purposes", [(), (Purpose.SIGNATURE, Purpose.SIGNATURE)], ids=["none", "twice"])
def test_a_request_names_each_purpose_once(town: Town, purposes: tuple[Purpose, ...]) -> None:
    renewal = Renewal(town, due(town))
    with pytest.raises(Malformed, match="E_MESSAGE_MALFORMED"):
        renewal.ask(replace(renewal.request(), purposes=purposes))


def test_only_the_municipality_of_the_card_may_ask_and_relay(town: Town) -> None:
    renewal = Renewal(town, due(town))
    stranger = Sender("municipality", MunicipalityCode("99102"), "taro")
    request = renewal.request()
    elsewhere = replace(request, form=replace(request.form, application_number="99102-20301220-RENEW1"))
    for message in (request, elsewhere):
        with pytest.raises(NotAllowed, match="E_OFFICE_WRONG"):
            speaking.ask(stranger, message)
    with pytest.raises(NotAllowed, match="E_ROLE_NOT_ALLOWED"):
        speaking.ask(Sender("kiosk", None, ""), request)


def test_another_persons_card_gets_nothing(town: Town) -> None:
    renewal, other = Renewal(town, due(town)), town.with_certificates()
    with pytest.raises(Refused, match="E_CARD_OTHERS"):
        renewal.ask(replace(renewal.request(), card_number=other.card.state.card_number))


def test_an_application_is_renewed_or_issued_and_not_both(town: Town) -> None:
    renewal = Renewal(town, due(town))
    request = renewal.request()
    issue = RequestIssuance(request.form, request.card_number, request.purposes, request.notices)
    renewal.ask(request)
    with pytest.raises(Conflict, match="E_FORM_CHANGED"):
        renewal.ask(issue)
    of_issue = replace(request.form, application_number=renewal.old[Purpose.SIGNATURE].application_number)
    with pytest.raises(Conflict, match="E_FORM_CHANGED"):
        renewal.ask(replace(request, form=of_issue))


# — Something happens in the middle —————————————————————————————————————————————————————————————————————


MIDDLE = [Stage.OPENING, Stage.KEYS]


@pytest.mark.parametrize("stage", MIDDLE)
def test_what_is_reported_before_the_recording_comes_first(town: Town, stage: Stage) -> None:
    """A move ends the signature certificate: nothing of the renewal is recorded, and it is examined anew."""
    renewal = Renewal(town, due(town))
    answers = renewal.carry_out_to(stage)
    renewal.ask(ReportLapse(renewal.holder.code, LapseGround.CHANGE_OF_ENTRY, ()))
    before = footprint()
    with pytest.raises((Conflict, Refused), match="E_OVERTAKEN" if stage is Stage.KEYS else "E_CERT_REVOKED"):
        renewal.go_on(answers)
    with pytest.raises(Refused, match="E_CERT_REVOKED"):
        renewal.carry_out()
    assert footprint() == before
    rest = Renewal(town, renewal.holder, AUTHENTICATION)
    rest.carry_out()
    assert rest.new.keys() == AUTHENTICATION


@pytest.mark.parametrize("stage", MIDDLE)
def test_midnight_after_the_last_day_in_the_middle(town: Town, stage: Stage) -> None:
    renewal = Renewal(
        town, due(town, AUTHENTICATION, datetime(2031, 3, 15, 14, 59, 59, tzinfo=UTC)), AUTHENTICATION
    )
    answers = renewal.carry_out_to(stage)
    town.clock.move_to(town.clock.now() + timedelta(seconds=1))
    before = footprint()
    with pytest.raises(Refused, match="E_CERT_EXPIRED"):
        renewal.go_on(answers)
    assert footprint() == before
    assert renewal.old[Purpose.USER_AUTHENTICATION].status == Status.GOOD


def test_midnight_after_the_last_day_of_the_old_ones_while_the_new_ones_are_written(town: Town) -> None:
    renewal = Renewal(town, due(town, BOTH, datetime(2031, 3, 15, 14, 59, 59, tzinfo=UTC)))
    renewal.relay(renewal.carry_out_to(Stage.KEYS))
    town.clock.move_to(town.clock.now() + timedelta(days=1))
    renewal.carry_out()
    renewal.require_renewed()
    assert {each.expiry_date for each in renewal.new.values()} == {date(2036, 3, 15)}


def test_a_move_between_recording_and_writing_leaves_the_other_certificate_to_be_written(town: Town) -> None:
    renewal = Renewal(town, due(town))
    renewal.relay(renewal.carry_out_to(Stage.KEYS))
    renewal.ask(ReportLapse(renewal.holder.code, LapseGround.CHANGE_OF_ENTRY, ()))
    town.move(
        renewal.holder.resident, "みほん県みほん市見本町４－５－６"
    )  # the form says something else by now
    step = renewal.carry_out()
    assert [each.purpose for each in step.certificates] == [Purpose.USER_AUTHENTICATION]
    authentication = renewal.new[Purpose.USER_AUTHENTICATION]
    renewal.require_signature(Purpose.USER_AUTHENTICATION, [authentication])
    assert renewal.new[Purpose.SIGNATURE].status == Status.REVOKED
    assert renewal.new[Purpose.SIGNATURE].delivered_at is None


def test_a_move_while_the_card_writes_does_not_stop_the_rest(town: Town) -> None:
    renewal = Renewal(town, due(town))
    answers = renewal.carry_out_to(Stage.WRITING)
    renewal.ask(ReportLapse(renewal.holder.code, LapseGround.CHANGE_OF_ENTRY, ()))
    step = renewal.relay(answers)
    assert step.done
    assert [each.purpose for each in step.certificates] == [Purpose.USER_AUTHENTICATION]


def test_a_loss_between_recording_and_writing(town: Town) -> None:
    """Nothing is written onto a lost card; once it is found, what is on hold is, and can be released."""
    renewal = Renewal(town, due(town))
    renewal.relay(renewal.carry_out_to(Stage.KEYS))
    town.report_loss(renewal.holder.code)
    assert refused(renewal) == ["E_CARD_REPORTED_LOST"]
    renewal.ask(ReportLoss(renewal.holder.code))
    step = renewal.carry_out()
    assert [each.purpose for each in step.certificates] == [Purpose.USER_AUTHENTICATION]
    assert renewal.new[Purpose.USER_AUTHENTICATION].status == Status.HELD
    town.release(renewal.holder)
    assert renewal.new[Purpose.USER_AUTHENTICATION].status == Status.GOOD
    renewal.require_signature(Purpose.USER_AUTHENTICATION, [renewal.new[Purpose.USER_AUTHENTICATION]])


def test_all_that_was_recorded_lapsed_before_it_was_written(town: Town) -> None:
    renewal = Renewal(town, due(town))
    renewal.relay(renewal.carry_out_to(Stage.KEYS))
    renewal.ask(ReportLapse(renewal.holder.code, LapseGround.REQUEST_OR_NOTICE, ()))
    assert refused(renewal) == ["E_CERT_REVOKED"]
    assert renewal.abandon() == 0
    assert refused(renewal) == ["E_PROCEDURE_ABANDONED"]


def test_another_application_waits_until_what_was_recorded_is_written(town: Town) -> None:
    first = Renewal(town, due(town))
    first.relay(first.carry_out_to(Stage.KEYS))
    second = Renewal(town, first.holder, number="99101-20301221-RENEW2")
    with pytest.raises(Refused) as caught:
        second.carry_out()
    (unfinished,) = [each for each in caught.value.refusals if each.code == "E_RENEWAL_UNFINISHED"]
    assert unfinished.details == (("application", first.number),)
    request = second.request()
    issue = RequestIssuance(request.form, request.card_number, request.purposes, request.notices)
    issue = replace(issue, form=replace(issue.form, application_number="99101-20301221-ISSUE1"))
    step, reader = second.ask(issue), first.holder.reader()
    step = second.ask(RelayAnswers(step.procedure, relay(reader, step.commands)))
    answers = relay(reader, step.commands)
    with pytest.raises(Conflict, match="E_DUPLICATE_CERT"):
        second.ask(RelayAnswers(step.procedure, answers))
    waiting = first.holder.card.state.slots
    assert all(content.pending_key for content in waiting.values())  # nobody made another in its place
    first.carry_out()
    first.require_renewed()
    assert refused(second) == ["E_WINDOW_CLOSED"]


def test_of_two_applications_at_once_the_first_that_is_recorded_wins(town: Town) -> None:
    first = Renewal(town, due(town))
    second = Renewal(town, first.holder, number="99101-20301220-RENEW2")
    answers = first.carry_out_to(Stage.KEYS)
    other = second.carry_out_to(Stage.KEYS)
    first.relay(answers)
    with pytest.raises(Refused, match="E_RENEWAL_UNFINISHED"):
        second.relay(other)
    first.carry_out()  # its pending key was replaced by the second's: given up, and made anew
    first.require_renewed()


# — Asking again, and ending it ——————————————————————————————————————————————————————————————————————————


def test_the_writing_is_finished_on_another_day_by_another_clerk(town: Town) -> None:
    renewal = Renewal(town, due(town))
    renewal.relay(renewal.carry_out_to(Stage.KEYS))
    waiting = renewal.ask(AskPersonState(renewal.holder.code))
    assert {each.application_number for each in waiting.unwritten(DUE.date())} == {renewal.number}
    town.clock.move_to(DUE + timedelta(days=9))
    renewal.clerk = "jiro"
    renewal.carry_out()
    renewal.require_renewed()
    assert renewal.ask(AskPersonState(renewal.holder.code)).unwritten(DUE.date()) == ()


def test_asking_again_after_the_end_answers_the_same_and_changes_nothing(town: Town) -> None:
    renewal = Renewal(town, due(town))
    step = renewal.carry_out()
    before = footprint(), renewal.holder.card.state.slots
    assert renewal.carry_out() == step
    assert (footprint(), renewal.holder.card.state.slots) == before


def test_a_form_may_be_put_right_until_the_recording(town: Town) -> None:
    renewal = Renewal(town, due(town))
    renewal.carry_out_to(Stage.KEYS)
    renewal.purposes = AUTHENTICATION
    renewal.carry_out()
    renewal.require_renewed()


def test_a_renewal_is_rejected_until_the_recording_and_not_afterwards(town: Town) -> None:
    renewal = Renewal(town, due(town))
    answers = renewal.carry_out_to(Stage.KEYS)
    assert renewal.abandon() == 0
    with pytest.raises(Conflict, match="E_PROCEDURE_ABANDONED"):
        renewal.relay(answers)
    renewal.require_old_or_new()
    again = Renewal(town, renewal.holder, number="99101-20301220-RENEW2")
    again.relay(again.carry_out_to(Stage.KEYS))
    with pytest.raises(Conflict, match="E_RENEWAL_RECORDED"):
        again.abandon()
    again.carry_out()
    with pytest.raises(Conflict, match="E_RENEWAL_RECORDED"):
        again.abandon()
    again.require_renewed()


def with_texts(renewal: Renewal, name: str, address: str) -> RequestRenewal:
    """The request with another name and address to be certified."""
    request = renewal.request()
    form = replace(
        request.form,
        recorded_name=name,
        name_flags="0" * len(name),
        recorded_address=address,
        address_flags="0" * len(address),
    )
    return replace(request, form=form)


def test_the_longest_name_and_address_have_room_on_the_card(town: Town) -> None:
    renewal = Renewal(town, due(town, SIGNATURE), SIGNATURE)
    reader = renewal.holder.reader()
    step = renewal.ask(with_texts(renewal, "\U00020bb7" * 100, "\U00020bb7" * 200))
    while not step.done:
        step = renewal.ask(RelayAnswers(step.procedure, relay(reader, step.commands)))
    renewal.require_renewed()


@pytest.mark.parametrize(
    ("name", "address"),
    [("町" * 101, "町"), ("町" * 30_000, "町"), ("町", "町" * 201), ("", "町"), ("町", "")],
    ids=["name too long", "name far too long", "address too long", "no name", "no address"],
)
def test_what_no_certificate_can_say_is_refused_before_the_card_is_asked(
    town: Town, name: str, address: str
) -> None:
    renewal = Renewal(town, due(town))
    request = with_texts(renewal, name, address)
    issue = RequestIssuance(request.form, request.card_number, request.purposes, request.notices)
    for message in (request, replace(request, purposes=(Purpose.SIGNATURE,)), issue):
        with pytest.raises(Malformed, match="E_MESSAGE_MALFORMED"):
            renewal.ask(message)
    renewal.require_old_or_new()


def test_flags_and_places_that_cannot_be_written_are_refused_likewise(town: Town) -> None:
    renewal = Renewal(town, due(town))
    request = renewal.request()
    for form in (
        replace(request.form, name_flags="0"),
        replace(request.form, address_flags="2"),
        replace(request.form, municipality_romaji=""),
    ):
        with pytest.raises(Malformed, match="E_MESSAGE_MALFORMED"):
            renewal.ask(replace(request, form=form))
