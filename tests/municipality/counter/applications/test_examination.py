"""Receiving and examining: all that stands against an application, and who decided."""

from datetime import date

import pytest

from honnin.agency.records.models import IssuanceRecord
from honnin.errors import CardError, Conflict, NotAllowed, Refused
from honnin.identifiers import MunicipalityCode
from honnin.journal.binding import changed
from honnin.municipality.counter.applications import services
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.states import ApplicationState
from honnin.municipality.residents.models import Resident
from honnin.simulator.brought import AUTHENTICATION
from honnin.simulator.holder import PulledAfter
from honnin.wire.line import Sender
from honnin.wire.messages.issuance import AbandonIssuance
from tests.support.agency import speaking
from tests.support.applications import State, application_in
from tests.support.telling import tell
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")

KIOSK = Sender("kiosk", MunicipalityCode("99101"), "k1")


@pytest.mark.clause("S4-3.1", "S4-4.1")
def test_an_application_is_received_with_number_time_and_clerk(town: Town) -> None:
    application = town.receive(town.move_in())
    assert application.number.startswith("99101-20260602-")
    assert (application.received_at, application.received_by) == (town.clock.now(), town.clerk())
    assert application.state == State.UNDER_EXAMINATION
    assert application.identity_documents == ["driving_licence"]


@pytest.mark.clause("S4-3.1")
@pytest.mark.parametrize("state", [State.UNDER_EXAMINATION, State.APPROVED])
def test_one_application_at_a_time(town: Town, state: ApplicationState) -> None:
    holder = town.holder()
    application_in(town, holder, state)
    with pytest.raises(Conflict, match="E_APPLICATION_OPEN"):
        town.receive(holder.resident)
    assert town.receive(town.move_in()).state == State.UNDER_EXAMINATION


def test_after_a_rejection_one_may_apply_again(town: Town) -> None:
    holder = town.holder()
    first = application_in(town, holder, State.REJECTED)
    assert town.receive(holder.resident).number != first.number


def test_an_application_for_nothing_is_incomplete(town: Town) -> None:
    holder = town.holder()
    application = town.receive(holder.resident, frozenset())
    refusals = services.examine(application, clerk=town.clerk(), at=town.clock.now())
    assert [refusal.code for refusal in refusals] == ["E_FORM_INCOMPLETE"]
    with pytest.raises(Refused, match="E_FORM_INCOMPLETE"):
        services.approve(application, clerk=town.clerk(), at=town.clock.now())


def move_away(application: Application) -> None:
    """The applicant lives in another municipality by now."""
    resident = Resident.objects.get(pk=application.resident_id)
    resident.municipality_id = "99102"
    resident.save()
    tell(changed(resident, "municipality"))
    application.refresh_from_db()


def test_all_refusals_come_at_once(town: Town) -> None:
    child = town.move_in(birth_date=date(2015, 5, 5), name="髙橋　花子")
    application = town.receive(child, shown=(), terms_accepted=False)
    move_away(application)
    with pytest.raises(Refused) as refused:
        services.approve(application, clerk=town.clerk(), at=town.clock.now())
    assert {refusal.code for refusal in refused.value.refusals} == {
        "E_AGENT_REQUIRED",
        "E_CARD_NONE",
        "E_ID_DOC_MISSING",
        "E_OFFICE_WRONG",
        "E_SUBSTITUTE_CONSENT",
        "E_SUBSTITUTE_MISSING",
        "E_TERMS_NOT_ACCEPTED",
        "E_UNDER_AGE",
    }
    application.refresh_from_db()
    assert (application.state, application.examined_by) == (State.UNDER_EXAMINATION, None)


def test_the_screen_and_the_act_refuse_the_same(town: Town) -> None:
    holder = town.with_certificates(AUTHENTICATION)
    application = town.receive(holder.resident)
    seen = services.examine(application, clerk=town.clerk(), at=town.clock.now())
    with pytest.raises(Refused) as refused:
        services.approve(application, clerk=town.clerk(), at=town.clock.now())
    assert refused.value.refusals == seen
    assert [refusal.code for refusal in seen] == ["E_DUPLICATE_CERT"]


def test_an_approval_names_who_examined_and_when(town: Town) -> None:
    holder = town.holder()
    application = application_in(town, holder, State.APPROVED)
    assert (application.examined_by, application.examined_at) == (town.clerk(), town.clock.now())


@pytest.mark.clause("S4-4.2")
def test_a_rejection_keeps_its_reason_and_issues_neither(town: Town) -> None:
    holder = town.holder()
    application = application_in(town, holder, State.REJECTED)
    assert application.rejection_reason == "a reason"
    assert (application.examined_by, application.examined_at) == (town.clerk(), town.clock.now())
    assert not IssuanceRecord.objects.filter(person_code=holder.code).exists()


@pytest.mark.clause("S4-4.2")
def test_rejecting_what_was_cut_off_revokes_what_it_had_brought(town: Town) -> None:
    """Neither certificate stands, nothing more is issued for it, and another application is free to go."""
    holder = town.holder()
    application = application_in(town, holder, State.APPROVED)
    with pytest.raises(CardError):
        town.issue(application, PulledAfter(holder.card, 12))
    assert IssuanceRecord.objects.filter(person_code=holder.code).count() == 2
    services.reject(application, "not today", clerk=town.clerk(), at=town.clock.now())
    statuses = IssuanceRecord.objects.filter(person_code=holder.code).values_list("status", "crl_reason")
    assert set(statuses) == {("revoked", "unspecified")}
    with pytest.raises(Conflict, match="E_APPLICATION_STATE"):
        town.issue(application, holder.reader())
    town.issue(town.approved(holder.resident), holder.reader())
    assert {record.status for record in town.records(holder).values()} == {"good"}


@pytest.mark.clause("S4-4.2")
def test_what_was_issued_completely_is_not_rejected(town: Town) -> None:
    """Not even from a page that was opened before."""
    holder = town.holder()
    stale = application_in(town, holder, State.APPROVED)
    town.issue(stale, holder.reader())
    with pytest.raises(Conflict, match="E_APPLICATION_STATE"):
        services.reject(stale, "too late", clerk=town.clerk(), at=town.clock.now())
    assert {record.status for record in town.records(holder).values()} == {"good"}


def test_a_neighbour_neither_rejects_nor_abandons(town: Town) -> None:
    holder = town.holder()
    application = application_in(town, holder, State.APPROVED)
    with pytest.raises(CardError):
        town.issue(application, PulledAfter(holder.card, 12))
    with pytest.raises(NotAllowed, match="E_OFFICE_WRONG"):
        services.reject(application, "x", clerk=town.neighbour(), at=town.clock.now())
    message = AbandonIssuance(application.number, holder.code)
    for sender, code in (
        (speaking.sender(town.neighbour()), "E_OFFICE_WRONG"),
        (KIOSK, "E_ROLE_NOT_ALLOWED"),
    ):
        with pytest.raises(NotAllowed, match=code):
            speaking.ask(sender, message)
    town.issue(application, holder.reader())


def test_another_counter_takes_no_application_and_blocks_nobody_here(town: Town) -> None:
    holder = town.holder()
    with pytest.raises(NotAllowed, match="E_OFFICE_WRONG"):
        town.receive(holder.resident, clerk=town.neighbour())
    town.issue(town.approved(holder.resident), holder.reader())


def test_an_applicant_who_has_moved_away_since_is_refused(town: Town) -> None:
    holder = town.holder()
    application = town.receive(holder.resident)
    move_away(application)
    codes = {each.code for each in services.examine(application, clerk=town.clerk(), at=town.clock.now())}
    assert "E_OFFICE_WRONG" in codes


def test_a_rejection_decided_on_an_old_page_is_a_conflict(town: Town) -> None:
    holder = town.holder()
    stale = town.receive(holder.resident)
    services.approve(Application.objects.get(pk=stale.pk), clerk=town.clerk(), at=town.clock.now())
    with pytest.raises(Conflict, match="E_APPLICATION_STATE"):
        services.reject(stale, "a reason", clerk=town.clerk(), at=town.clock.now())


@pytest.mark.clause("S4-1.3.2", "S4-3.3")
@pytest.mark.parametrize(
    ("recorded", "accepted", "codes"),
    [
        ("", False, {"E_SUBSTITUTE_CONSENT", "E_SUBSTITUTE_MISSING"}),
        ("", True, {"E_SUBSTITUTE_MISSING"}),
        ("高橋　花子", False, {"E_SUBSTITUTE_CONSENT"}),
        ("高橋　華子", True, {"E_SUBSTITUTE_NOT_NEEDED"}),
        ("高橋花子", True, {"E_SUBSTITUTE_MISSING"}),
    ],
)
def test_substitutes_need_consent_and_touch_nothing_else(
    town: Town, recorded: str, accepted: bool, codes: set[str]
) -> None:
    holder = town.holder(name="髙橋　花子")
    with pytest.raises(Refused) as refused:
        town.approved(holder.resident, recorded_name=recorded, substitutes_accepted=accepted)
    assert {refusal.code for refusal in refused.value.refusals} == codes
