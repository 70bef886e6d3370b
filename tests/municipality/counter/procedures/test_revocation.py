"""A revocation at the counter: applied for, examined, carried out, whatever is cut or happens in between."""

import json
from datetime import date

import pytest
from django.urls import reverse

from honnin.agency.hotline.models import Call
from honnin.agency.hotline.services import record_notice_of_loss
from honnin.agency.notices.models import Letter
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.records.models import JournalEntry as AgencyEntry
from honnin.errors import Refused, Unavailable
from honnin.law.certificates.notices import DeliveryState, LetterKind
from honnin.law.counter.revocation import WhyRevoked
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications import services
from honnin.municipality.counter.applications.models import Application, EvidenceCopy
from honnin.municipality.counter.applications.states import ApplicationState as State
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.procedures.moving_out.services import move_out
from honnin.municipality.counter.procedures.revocation.services import revoke
from honnin.municipality.records.models import JournalEntry
from honnin.municipality.residents.models import ChangeReport
from honnin.sites.chores.round import do_chores
from honnin.wire.line import plug, plugged
from tests.municipality.counter.procedures.losses import lost
from tests.support.agency.unplugged import OnlyAnswers
from tests.support.console import Console, codes, page, scan
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")
SIGNATURE, AUTHENTICATION = Purpose.SIGNATURE, Purpose.USER_AUTHENTICATION


def statuses(person_code: str) -> dict[str, str]:
    records = IssuanceRecord.objects.filter(person_code=person_code).order_by("issued_at")
    return {record.purpose: record.status for record in records}


def accepted(town: Town, holder: Holder, *purposes: Purpose) -> Application:
    application = town.received_revocation(holder.resident, *purposes)
    town.approve(application)
    return Application.objects.get(pk=application.pk)


@pytest.mark.clause("S1-E5", "S2-5", "S4-7.1", "S4-7.2b", "S4-18.1", "S0-27")
def test_it_is_applied_for_examined_confirmed_and_carried_out(console: Console) -> None:
    client, resident, _issued = console.issued()
    address = reverse("counter:new_revocation", args=[resident.public_id])
    assert f'href="{address}">Revoke certificates</a>' in page(client, "resident", resident.public_id)
    application = console.received_revocation(
        client, resident, "signature", why="key_known", form_received=None, copy_1=None
    )
    shown = page(client, "application", application.number)
    assert codes(shown) == ["E_FORM_INCOMPLETE", "E_ID_DOC_NOT_RETAINED"]
    assert "Leakage: others know the key or the PIN" in shown
    assert client.post(reverse("counter:approve", args=[application.number])).status_code == 422
    added = {"whose": "applicant", "document": "driving_licence", "copy": scan()}
    client.post(reverse("counter:evidence", args=[application.number]), added)
    corrected = {"purposes": ["signature"], "why": "key_known", "form_received": "on"}
    papers = {"papers": ["applicant/driving_licence"]}
    client.post(reverse("counter:amend", args=[application.number]), corrected | papers)
    assert EvidenceCopy.objects.filter(application=application).count() == 1
    assert "The certificates can be revoked" in page(client, "application", application.number)
    confirm = client.post(reverse("counter:approve", args=[application.number])).headers["Location"]
    assert confirm == reverse("counter:revoke", args=[application.number])
    assert "never comes back" in client.get(confirm).content.decode()
    assert statuses(resident.pk) == {"signature": "good", "user_authentication": "good"}
    done = client.post(confirm)
    receipt = reverse("counter:revocation_receipt", args=[application.number])
    assert done.headers["Location"] == receipt
    revoked = IssuanceRecord.objects.get(person_code=resident.pk, status="revoked")
    assert (revoked.purpose, revoked.crl_reason) == ("signature", "keyCompromise")
    paper = page(client, "revocation_receipt", application.number)
    assert f"{revoked.serial_number:08X}" in paper
    assert "Choose other PINs for a new certificate" in paper
    letter = Letter.objects.get(person_code=resident.pk)
    assert (letter.kind, letter.state) == (LetterKind.REVOCATION, DeliveryState.ORDERED)
    assert f'href="{receipt}"' in page(client, "application", application.number)
    told = json.loads(JournalEntry.objects.get(act="ask to revoke").detail)
    assert told == {"application": application.number, "ground": "key_leaked", "purposes": "signature"}
    for other in ("renew", "renewal_receipt"):  # no receipt of another procedure says that they were issued
        refused = client.get(reverse(f"counter:{other}", args=[application.number]))
        assert (refused.status_code, codes(refused.content.decode())) == (409, ["E_APPLICATION_STATE"])
    entries = AgencyEntry.objects.count()
    assert client.post(confirm).headers["Location"] == receipt  # a second click
    assert AgencyEntry.objects.count() == entries


@pytest.mark.clause("S4-1.3.3", "S4-7.1")
@pytest.mark.parametrize(
    ("why", "said", "ground"),
    [
        ("key_known", "Leakage", "key_leaked"),
        ("key_gone", "Loss", "key_lost"),
        ("key_damaged", "Damage", "key_damaged"),
    ],
)
def test_three_kinds_of_a_compromised_key_are_told_apart(
    console: Console, why: str, said: str, ground: str
) -> None:
    client, resident, _application = console.issued()
    asked = page(client, "new_revocation", resident.public_id)
    assert all(f"{each}: " in asked for each in ("Leakage", "Loss", "Damage"))
    application = console.accepted_revocation(client, resident, why=why)
    assert f"{said}: " in page(client, "revoke", application.number)
    client.post(reverse("counter:revoke", args=[application.number]))
    records = IssuanceRecord.objects.filter(person_code=resident.pk)
    assert {record.crl_reason for record in records} == {"keyCompromise"}
    assert {change.ground for record in records for change in record.changes.all()} == {ground}
    told = AgencyEntry.objects.filter(act="revoked").values_list("detail", flat=True)
    assert [f'"ground": "{ground}"' in detail for detail in told] == [True, True]


@pytest.mark.parametrize("why", ["", "key_compromise_notice", "removal_of_entry", "loss_notice", "nonsense"])
def test_no_other_reason_can_be_sent(console: Console, why: str) -> None:
    client, resident, _application = console.issued()
    address = reverse("counter:new_revocation", args=[resident.public_id])
    sent = {"purposes": ["signature"], "why": why, "proxy_kind": ""}
    assert "why" in client.post(address, sent).context["form"].errors
    assert not resident.applications.filter(procedure="revocation").exists()


@pytest.mark.clause("S1-C5.1b", "S0-30")
def test_a_loss_that_was_telephoned_is_reported_by_the_revocation_for_it(console: Console) -> None:
    """Its certificates are held; nobody presses the button of the report, and no call waits for it."""
    client, resident, issued = console.issued()
    client.post(reverse("counter:hand_over", args=[issued.number]))
    lost(console, resident)
    assert person_state(console.town.clerk(), resident.pk).reported_lost
    done = console.revoke(client, resident, why="card_lost").content.decode()
    assert "The report of loss was recorded, and the hotline was told." in done
    assert not person_state(console.town.clerk(), resident.pk).reported_lost
    assert Call.objects.get(person_code=resident.pk).reported_at_counter
    assert set(statuses(resident.pk).values()) == {"revoked"}
    console.apply(client, resident)
    again = resident.applications.get(state=State.UNDER_EXAMINATION)
    assert codes(page(client, "application", again.number)) == []
    lost(console, resident)  # another loss is another report
    assert person_state(console.town.clerk(), resident.pk).reported_lost


def test_a_report_of_loss_that_could_not_be_told_waits_with_the_revocation(town: Town) -> None:
    holder = town.with_certificates()
    application = town.received_revocation(holder.resident, why=WhyRevoked.CARD_LOST)
    town.approve(application)
    record_notice_of_loss(holder.code, operator=town.operator(), at=town.clock.now())
    line = plugged("agency")
    plug("agency", OnlyAnswers())
    with pytest.raises(Unavailable):
        revoke(application, clerk=town.clerk(), at=town.clock.now())
    plug("agency", line)
    assert ChangeReport.objects.filter(resident=holder.resident, delivered=False).count() == 2
    revoke(application, clerk=town.clerk(), at=town.clock.now())
    assert not person_state(town.clerk(), holder.code).reported_lost
    assert not ChangeReport.objects.filter(resident=holder.resident, delivered=False).exists()


@pytest.mark.clause("S0-29", "S0-30", "S4-7.1")
def test_after_a_loss_and_the_revocation_new_certificates_are_applied_for(console: Console) -> None:
    client, resident, issued = console.issued()
    client.post(reverse("counter:hand_over", args=[issued.number]))
    done = console.revoke(client, resident, why="card_lost").content.decode()
    assert "If the card is found, bring it to this counter." in done
    assert set(statuses(resident.pk).values()) == {"revoked"}
    console.apply(client, resident)
    again = resident.applications.get(state=State.UNDER_EXAMINATION)
    assert codes(page(client, "application", again.number)) == []
    client.post(reverse("counter:approve", args=[again.number]))
    assert console.issue(client, again, issued.card_number).headers["Location"].endswith("/receipt/")
    good = IssuanceRecord.objects.filter(person_code=resident.pk, status="good")
    assert {(each.purpose, each.application_number) for each in good} == {
        ("signature", again.number),
        ("user_authentication", again.number),
    }


def test_it_waits_for_no_other_application_and_what_comes_after_it_waits(console: Console) -> None:
    client, resident, _application = console.issued()
    pins = {"document_1": "driving_licence", "proxy_kind": "", "pins": ["signature"], "copy_1": scan()}
    client.post(reverse("counter:new_pin_reset", args=[resident.public_id]), pins)
    application = console.received_revocation(client, resident, why="card_lost")
    second = client.post(
        reverse("counter:new_revocation", args=[resident.public_id]),
        {"purposes": ["signature"], "why": "key_gone", "proxy_kind": ""},
        follow=True,
    )
    assert codes(second.content.decode())[0] == "E_APPLICATION_OPEN"
    assert second.request["PATH_INFO"] == reverse("counter:application", args=[application.number])
    assert resident.applications.filter(procedure="revocation").count() == 1
    assert "E_APPLICATION_OPEN" in codes(console.apply(client, resident).content.decode()) or (
        resident.applications.filter(procedure="issuing").count() == 1
    )
    client.post(reverse("counter:approve", args=[application.number]))
    client.post(reverse("counter:revoke", args=[application.number]))
    assert set(statuses(resident.pk).values()) == {"revoked"}


def test_for_a_child_the_statutory_agent_comes_and_what_an_agent_shows_is_kept(console: Console) -> None:
    client, resident, _card = console.clerk(), *console.resident(birth_date=date(2015, 4, 1))

    def agent() -> dict[str, object]:
        named = {"proxy_kind": "statutory_agent", "proxy_name": "親権　者"}
        return named | {
            "proxy_document": "driving_licence",
            "proxy_copy": scan(),
            "mandate_copy": scan(),
        }

    issued = console.approved(client, resident, purposes=["user_authentication"], **agent())
    console.issue(client, issued, _card, signature_pin="", signature_pin_again="")
    application = console.received_revocation(client, resident)
    assert codes(page(client, "application", application.number)) == ["E_AGENT_REQUIRED"]
    client.post(reverse("counter:withdraw", args=[application.number]), {"because": "mistake"})
    done = console.revoke(client, resident, **agent())
    assert "親権　者" in done.content.decode()
    assert statuses(resident.pk) == {"user_authentication": "revoked"}
    kept = EvidenceCopy.objects.filter(application__procedure="revocation", whose="proxy")
    assert kept.count() == 1


def test_what_ended_before_it_was_carried_out_is_refused_and_what_is_left_ends(town: Town) -> None:
    holder = town.with_certificates()
    both, alone = accepted(town, holder), None
    town.report_loss(holder.code)
    revoke(both, clerk=town.clerk(), at=town.clock.now())
    assert statuses(holder.code) == {"signature": "revoked", "user_authentication": "revoked"}
    other = town.with_certificates()
    alone = accepted(town, other, SIGNATURE)
    town.report_loss(other.code)
    with pytest.raises(Refused, match="E_NOTHING_TO_REVOKE"):
        revoke(alone, clerk=town.clerk(), at=town.clock.now())
    assert Application.objects.get(pk=alone.pk).state == State.APPROVED
    assert statuses(other.code) == {"signature": "revoked", "user_authentication": "held"}


def test_while_the_line_is_down_it_is_owed_and_finished_by_asking_again(console: Console) -> None:
    client, resident, _application = console.issued()
    application = console.accepted_revocation(client, resident, "signature")
    address, lines = reverse("counter:revoke", args=[application.number]), plugged("agency")
    plug("agency", OnlyAnswers())
    for _time in range(2):
        refused = client.post(address)
        assert (refused.status_code, codes(refused.content.decode())) == (503, ["E_RECORDS_UNAVAILABLE"])
    application.refresh_from_db()
    assert application.state == State.CARRYING_OUT
    assert "The revocation was begun, and not finished" in page(client, "revoke", application.number)
    assert "Revocation begun, to be finished" in page(client, "application", application.number)
    late = client.post(reverse("counter:reject", args=[application.number]), {"reason": "x"})
    assert (late.status_code, codes(late.content.decode())) == (409, ["E_APPLICATION_STATE"])
    assert ChangeReport.objects.filter(delivered=False).count() == 1
    plug("agency", lines)
    do_chores(console.town.clock)
    assert statuses(resident.pk) == {"signature": "revoked", "user_authentication": "good"}
    client.post(address)
    application.refresh_from_db()
    assert application.state == State.CARRIED_OUT
    assert [each["purpose"] for each in application.outcome] == ["signature"]
    assert JournalEntry.objects.filter(act="ask to revoke").count() == 1
    assert AgencyEntry.objects.filter(act="report of lapse").count() == 1


def test_one_that_was_begun_for_somebody_who_moved_away_is_ended(town: Town) -> None:
    holder, lines, clerk = town.with_certificates(), plugged("agency"), town.clerk()
    application = accepted(town, holder)
    plug("agency", OnlyAnswers())
    with pytest.raises(Unavailable):
        revoke(application, clerk=clerk, at=town.clock.now())
    plug("agency", lines)
    assert not services.may_end(application, clerk=clerk, at=town.clock.now())
    day = town.clock.now().date()
    move_out(holder.resident, "みほん県ためし市１", day, clerk=clerk, at=town.clock.now())
    began = Application.objects.get(pk=application.pk)
    services.end(began, clerk=clerk, at=town.clock.now())
    assert Application.objects.get(pk=application.pk).state == State.ENDED


@pytest.mark.clause("S1-E5", "S2-5")
def test_another_counter_receives_none_and_carries_none_out(console: Console) -> None:
    client, resident, _application = console.issued()
    application = console.accepted_revocation(client, resident)
    neighbour = console.clerk(console.town.neighbour())
    for response in (
        neighbour.get(reverse("counter:new_revocation", args=[resident.public_id])),
        neighbour.post(reverse("counter:revoke", args=[application.number])),
        neighbour.get(reverse("counter:revocation_receipt", args=[application.number])),
    ):
        assert (response.status_code, codes(response.content.decode())) == (403, ["E_OFFICE_WRONG"])
    assert set(statuses(resident.pk).values()) == {"good"}


def test_whose_card_is_handed_in_is_led_to_taking_it_back(console: Console) -> None:
    client, resident, _application = console.issued()
    console.revoke(client, resident, why=WhyRevoked.CARD_HANDED_IN.value)
    application = resident.applications.get(procedure="revocation")
    assert "Then take the card back" in page(client, "application", application.number)
    assert reverse("counter:card_work", args=[resident.public_id, "end"]) in page(
        client, "resident", resident.public_id
    )
