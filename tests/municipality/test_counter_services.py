"""What a clerk may do, in which state of an application, with whose application; what is kept of it."""

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from cryptography import x509

from honnin.agency.records.models import IssuanceRecord, JournalEntry
from honnin.card.slot import KeySlot
from honnin.errors import CardError, Conflict, Malformed, NotAllowed, Refused
from honnin.law.terms import Purpose
from honnin.municipality.counter import card_reader, services
from honnin.municipality.counter.evidence import LARGEST_COPY, ShownDocument
from honnin.municipality.counter.models import Application, ApplicationState, Clerk, EvidenceCopy
from honnin.municipality.counter.queries import application as find_application
from honnin.municipality.counter.queries import applications_at, clerk_of
from honnin.municipality.residents.models import Resident
from honnin.profile.holder import basic_four
from tests.card.faults import PulledAfter
from tests.town import AUTHENTICATION, BOTH, LICENCE, PHOTO, PINS, SIGNATURE, Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")

State = ApplicationState
Whose = EvidenceCopy.Whose
Act = Callable[[Town, Application, Clerk, Holder], object]

ACTS: dict[str, Act] = {
    "add_evidence": lambda town, application, clerk, _: services.add_evidence(
        application, (LICENCE,), clerk=clerk, clock=town.clock
    ),
    "reject": lambda town, application, clerk, _: services.reject(
        application, "a reason", clerk=clerk, clock=town.clock
    ),
    "approve": lambda town, application, clerk, _: services.approve(
        application, clerk=clerk, clock=town.clock
    ),
    "issue": lambda town, application, clerk, holder: services.issue(
        application, services.Delivery(holder.reader(), PINS), clerk=clerk, clock=town.clock
    ),
    "hand_over": lambda town, application, clerk, _: services.hand_over(
        application, clerk=clerk, clock=town.clock
    ),
}
# The life of an application: from which state an act may start, and where it leads.
TABLE = {
    ("add_evidence", State.UNDER_EXAMINATION): State.UNDER_EXAMINATION,
    ("reject", State.UNDER_EXAMINATION): State.REJECTED,
    ("reject", State.APPROVED): State.REJECTED,
    ("approve", State.UNDER_EXAMINATION): State.APPROVED,
    ("issue", State.APPROVED): State.ISSUED,
    ("hand_over", State.ISSUED): State.HANDED_OVER,
}


def application_in(town: Town, holder: Holder, state: ApplicationState) -> Application:
    """An application of this holder that came honestly into a state."""
    clerk = town.clerk()
    application = town.receive(holder.resident)
    path = {
        State.UNDER_EXAMINATION: [],
        State.REJECTED: ["reject"],
        State.APPROVED: ["approve"],
        State.ISSUED: ["approve", "issue"],
        State.HANDED_OVER: ["approve", "issue", "hand_over"],
    }[state]
    for act in path:
        ACTS[act](town, application, clerk, holder)
        application = Application.objects.get(pk=application.pk)
    assert application.state == state
    return application


@pytest.mark.clause("S4-4.2", "S4-4.3")
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("act", ACTS)
def test_the_table_of_states_and_acts(town: Town, act: str, state: ApplicationState) -> None:
    holder = town.holder()
    application = application_in(town, holder, state)
    card_before = holder.card.state
    target = TABLE.get((act, state))
    if target is not None:
        ACTS[act](town, application, town.clerk(), holder)
        application.refresh_from_db()
        assert application.state == target
        return
    with pytest.raises(Conflict, match="E_APPLICATION_STATE"):
        ACTS[act](town, application, town.clerk(), holder)
    assert Application.objects.get(pk=application.pk).state == state
    assert holder.card.state == card_before


@pytest.mark.parametrize(("act", "state"), TABLE)
def test_nobody_decides_on_their_own_application(town: Town, act: str, state: ApplicationState) -> None:
    holder = town.holder()
    application = application_in(town, holder, state)
    oneself = town.clerk("self", person_code=holder.code)
    with pytest.raises(NotAllowed, match="E_OWN_APPLICATION"):
        ACTS[act](town, application, oneself, holder)
    assert Application.objects.get(pk=application.pk).state == state


@pytest.mark.parametrize(("act", "state"), TABLE)
def test_another_municipalitys_clerk_does_nothing(town: Town, act: str, state: ApplicationState) -> None:
    holder = town.holder()
    application = application_in(town, holder, state)
    with pytest.raises(NotAllowed, match="E_OFFICE_WRONG"):
        ACTS[act](town, application, town.neighbour(), holder)
    assert Application.objects.get(pk=application.pk).state == state


def test_another_municipality_does_not_even_see_it(town: Town) -> None:
    application = town.receive(town.move_in())
    assert find_application(town.clerk(), application.number) == application
    for clerk, number in ((town.neighbour(), application.number), (town.clerk(), "99101-20260602-000000")):
        with pytest.raises(NotAllowed, match="E_OFFICE_WRONG"):
            find_application(clerk, number)
    assert list(applications_at(town.clerk())) == [application]
    assert list(applications_at(town.neighbour())) == []


def test_an_account_that_is_no_clerks_is_refused(town: Town) -> None:
    assert clerk_of(town.clerk().user_name) == town.clerk()
    with pytest.raises(NotAllowed, match="E_NOT_A_CLERK"):
        clerk_of("nobody")


# — Receiving —————————————————————————————————————————————————————————————————————————————————————————


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
    refusals = services.examine(application, clerk=town.clerk(), clock=town.clock)
    assert [refusal.code for refusal in refusals] == ["E_FORM_INCOMPLETE"]
    with pytest.raises(Refused, match="E_FORM_INCOMPLETE"):
        services.approve(application, clerk=town.clerk(), clock=town.clock)


# — Evidence ——————————————————————————————————————————————————————————————————————————————————————————


@pytest.mark.clause("S4-3.2b", "S4-3.6c")
def test_copies_are_kept_with_their_digest_time_and_clerk(town: Town) -> None:
    mandate = ShownDocument(Whose.MANDATE, "power_of_attorney", b"%PDF-1.7 mandate")
    proxys = ShownDocument(Whose.PROXY, "passport", b"\x89PNG\r\n\x1a\n passport")
    application = town.receive(
        town.move_in(), proxy_kind="mandated", proxy_name="代理　太郎", shown=(LICENCE,)
    )
    services.add_evidence(application, (mandate, proxys), clerk=town.clerk(), clock=town.clock)
    kept = {copy.whose: copy for copy in application.evidence.all()}
    assert {whose: copy.media_type for whose, copy in kept.items()} == {
        "applicant": "image/jpeg",
        "mandate": "application/pdf",
        "proxy": "image/png",
    }
    for copy in kept.values():
        assert hashlib.sha256(bytes(copy.content)).hexdigest() == copy.sha256
        assert (copy.copied_by, copy.copied_at) == ("hanako", town.clock.now())
    application.refresh_from_db()
    assert application.identity_documents == ["driving_licence"]
    assert application.proxy_documents == ["passport"]


@pytest.mark.clause("S4-3.2b")
def test_a_document_that_was_not_copied_does_not_suffice(town: Town) -> None:
    holder = town.holder()
    application = town.receive(holder.resident, shown=(ShownDocument(Whose.APPLICANT, "passport"),))
    with pytest.raises(Refused, match="E_ID_DOC_NOT_RETAINED"):
        services.approve(application, clerk=town.clerk(), clock=town.clock)
    later = ShownDocument(Whose.APPLICANT, "passport", PHOTO)
    services.add_evidence(application, (later,), clerk=town.clerk(), clock=town.clock)
    application.refresh_from_db()
    assert application.identity_documents == ["passport"]
    services.approve(application, clerk=town.clerk(), clock=town.clock)


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a", b"<svg/>", b" \xff\xd8\xff", PHOTO + bytes(LARGEST_COPY)],
    ids=["empty", "GIF", "SVG", "shifted", "too large"],
)
def test_what_is_no_copy_is_refused_and_nothing_of_the_application_kept(town: Town, content: bytes) -> None:
    shown = (LICENCE, ShownDocument(Whose.APPLICANT, "passport", content))
    with pytest.raises(Malformed, match="E_EVIDENCE_UNREADABLE"):
        town.receive(town.move_in(), shown=shown)
    assert not Application.objects.exists()
    assert not EvidenceCopy.objects.exists()


# — Examining —————————————————————————————————————————————————————————————————————————————————————————


def test_all_refusals_come_at_once(town: Town) -> None:
    child = town.move_in(birth_date=date(2015, 5, 5), municipality_id="99102", name="髙橋　花子")
    application = town.receive(child, shown=(), terms_accepted=False)
    with pytest.raises(Refused) as refused:
        services.approve(application, clerk=town.clerk(), clock=town.clock)
    assert {refusal.code for refusal in refused.value.refusals} == {
        "E_AGENT_REQUIRED",
        "E_CARD_MISSING",
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
    seen = services.examine(application, clerk=town.clerk(), clock=town.clock)
    with pytest.raises(Refused) as refused:
        services.approve(application, clerk=town.clerk(), clock=town.clock)
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
def test_an_approved_application_is_not_rejected_once_a_certificate_was_issued(town: Town) -> None:
    holder = town.holder()
    application = application_in(town, holder, State.APPROVED)
    with pytest.raises(CardError):
        town.issue(application, PulledAfter(holder.card, 12))
    assert IssuanceRecord.objects.filter(person_code=holder.code).count() == 2
    with pytest.raises(Conflict, match="E_APPLICATION_STATE"):
        services.reject(application, "too late", clerk=town.clerk(), clock=town.clock)
    town.issue(application, holder.reader())


def test_a_rejection_decided_on_an_old_page_is_a_conflict(town: Town) -> None:
    holder = town.holder()
    stale = town.receive(holder.resident)
    services.approve(Application.objects.get(pk=stale.pk), clerk=town.clerk(), clock=town.clock)
    with pytest.raises(Conflict, match="E_APPLICATION_STATE"):
        services.reject(stale, "a reason", clerk=town.clerk(), clock=town.clock)


def test_an_application_overtaken_by_a_move_records_the_new_address(town: Town) -> None:
    """Approved, then the address changed: the certificate says where the applicant lives now."""
    holder = town.holder()
    application = application_in(town, holder, State.APPROVED)
    services.change_address(holder.resident, "みほん県みほん市仮名町８－８", clerk=town.clerk())
    application.refresh_from_db()
    town.issue(application, holder.reader())
    encoded = bytes(town.records(holder)[Purpose.SIGNATURE].certificate)
    assert basic_four(x509.load_der_x509_certificate(encoded)).address == "みほん県みほん市仮名町８－８"


@pytest.mark.clause("S4-2.1", "S4-3.1")
def test_what_happened_since_the_approval_stands_against_issuing(town: Town) -> None:
    """Died, moved away, or brought another certificate meanwhile: nothing is issued, and it says why."""
    for happening, code in (
        ({"removed_on": date(2026, 6, 1)}, "E_NOT_RESIDENT"),
        ({"municipality_id": "99102"}, "E_OFFICE_WRONG"),
    ):
        holder = town.holder()
        application = application_in(town, holder, State.APPROVED)
        Resident.objects.filter(pk=holder.code).update(**happening)
        application.refresh_from_db()
        before = holder.card.state
        with pytest.raises(Refused, match=code):
            town.issue(Application.objects.get(pk=application.pk), holder.reader())
        assert not IssuanceRecord.objects.filter(person_code=holder.code).exists()
        assert holder.card.state == before


def test_once_issued_nobody_sets_a_pin_by_issuing_again(town: Town) -> None:
    holder = town.holder()
    application = application_in(town, holder, State.APPROVED)
    town.issue(application, holder.reader())
    before = holder.card.state
    with pytest.raises(Conflict, match="E_APPLICATION_STATE"):
        town.issue(
            application, holder.reader(), {Purpose.SIGNATURE: "XYZ789", Purpose.USER_AUTHENTICATION: "9876"}
        )
    assert holder.card.state == before
    assert JournalEntry.objects.filter(act="authorise PINs").count() == 1


# — Substitute characters —————————————————————————————————————————————————————————————————————————————


def test_substitutes_go_into_the_certificate_with_their_flags(town: Town) -> None:
    holder = town.holder(name="髙橋　花子", kana="タカハシ　ハナコ")
    application = town.approved(holder.resident, recorded_name="高橋　花子", substitutes_accepted=True)
    town.issue(application, holder.reader())
    record = town.records(holder)[Purpose.SIGNATURE]
    names = x509.load_der_x509_certificate(bytes(record.certificate)).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    values = [name.value for name in names.value if isinstance(name, x509.OtherName)]
    assert any("高橋　花子".encode() in value for value in values)
    assert any(b"10000" in value for value in values)
    assert not any("髙".encode() in value for value in values)


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


def test_for_authentication_alone_no_substitute_is_needed(town: Town) -> None:
    holder = town.with_certificates(AUTHENTICATION, name="髙橋　花子")
    assert town.records(holder).keys() == AUTHENTICATION


# — Issuing and handing over ——————————————————————————————————————————————————————————————————————————


@pytest.mark.clause("S4-4.3")
def test_the_outcome_is_kept_with_the_application(town: Town) -> None:
    holder = town.holder()
    application = application_in(town, holder, State.ISSUED)
    assert (application.card_number, application.issued_at) == (
        holder.card.state.card_number,
        town.clock.now(),
    )
    records = town.records(holder)
    assert application.outcome == [
        {
            "purpose": str(purpose),
            "serial_number": f"{records[purpose].serial_number:08X}",
            "expiry_date": records[purpose].expiry_date.isoformat(),
        }
        for purpose in (Purpose.USER_AUTHENTICATION, Purpose.SIGNATURE)
    ]
    services.hand_over(application, clerk=town.clerk(), clock=town.clock)
    application.refresh_from_db()
    assert application.handed_over_at == town.clock.now()


def test_a_signature_certificate_added_later_by_another_application(town: Town) -> None:
    holder = town.with_certificates(AUTHENTICATION)
    authentication = town.records(holder)[Purpose.USER_AUTHENTICATION]
    town.issue(town.approved(holder.resident, SIGNATURE), holder.reader())
    assert town.records(holder)[Purpose.USER_AUTHENTICATION].pk == authentication.pk
    assert holder.session().certificates_present() == set(KeySlot)
    holder.session().verify_pin(KeySlot.AUTHENTICATION, PINS[Purpose.USER_AUTHENTICATION])


def test_the_reader_offers_the_cards_of_its_folder_and_no_others(tmp_path: Path) -> None:
    with pytest.raises(CardError, match="E_CARD_FILE_MISSING"), card_reader.inserted(tmp_path, "../x"):
        pass
    assert card_reader.cards_in(tmp_path) == []


def test_a_change_of_address_is_the_own_municipalitys(town: Town) -> None:
    holder = town.with_certificates()
    with pytest.raises(NotAllowed, match="E_OFFICE_WRONG"):
        services.change_address(holder.resident, "みほん県ためし市手本通１－１", clerk=town.neighbour())
    assert {record.status for record in town.records(holder).values()} == {"good"}
    services.change_address(holder.resident, "みほん県みほん市手本通１－１", clerk=town.clerk())
    assert town.records(holder)[Purpose.SIGNATURE].status == "revoked"
    assert town.records(holder).keys() == BOTH
