"""Issuing through every room: what is issued, for how long, and what must be in order for it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography import x509

from honnin.agency.card_register.models import Card
from honnin.agency.issuance.models import Procedure
from honnin.agency.records.models import IssuanceRecord, JournalEntry
from honnin.agency.records.persons import reports_about
from honnin.agency.revocation.services import record_lapse
from honnin.card.client.session import CardSession, relay
from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport import Transport
from honnin.clock import end_of_day_in_japan
from honnin.errors import Conflict, Malformed, NotAllowed, Refused
from honnin.identifiers import CardNumber, MunicipalityCode
from honnin.law.terms import LapseGround, Purpose
from honnin.municipality.counter.applications.certificates.form import application_form
from honnin.pin import Pin
from honnin.simulator.brought import AUTHENTICATION, BOTH, PINS, SIGNATURE
from honnin.wire.line import Message, Sender
from honnin.wire.messages.issuance import IssuanceStep, RelayAnswers, RequestIssuance
from tests.support.agency import speaking
from tests.support.agency.speaking import R
from tests.support.town import Holder, Town, footprint

pytestmark = pytest.mark.django_db(databases="__all__")


def request_for(town: Town, holder: Holder, purposes: frozenset[Purpose] = BOTH) -> RequestIssuance:
    """The message that the counter sends for an approved application of this holder."""
    form = application_form(town.approved(holder.resident, purposes))
    card_number = CardSession(holder.reader()).card_number()
    notices = reports_about(holder.code).notices
    return RequestIssuance(form, card_number, tuple(sorted(purposes, reverse=True)), notices)


def ask(town: Town, message: Message[R]) -> R:
    return speaking.ask(speaking.sender(town.clerk()), message)


def converse(town: Town, message: RequestIssuance, reader: Transport) -> IssuanceStep:
    """Relay between agency and card until the agency says done."""
    step = ask(town, message)
    while not step.done:
        step = ask(town, RelayAnswers(step.procedure, relay(reader, step.commands)))
    return step


@pytest.mark.clause("S0-9")
def test_both_certificates_stand_on_the_card_and_in_the_records(town: Town) -> None:
    holder = town.with_certificates()
    records, session = town.records(holder), holder.session()
    session.verify_pin(KeySlot.SIGNATURE, PINS[Purpose.SIGNATURE])
    for purpose, slot in (
        (Purpose.SIGNATURE, KeySlot.SIGNATURE),
        (Purpose.USER_AUTHENTICATION, KeySlot.AUTHENTICATION),
    ):
        assert session.read_certificate(slot) == bytes(records[purpose].certificate)
        certificate = x509.load_der_x509_certificate(bytes(records[purpose].certificate))
        issuer = x509.load_der_x509_certificate(session.read_ca_certificate(slot))
        certificate.verify_directly_issued_by(issuer)
        assert certificate.serial_number == records[purpose].serial_number
        assert certificate.not_valid_after_utc == end_of_day_in_japan(records[purpose].expiry_date)
        assert records[purpose].delivered_at == town.clock.now()


def test_the_keys_sign_with_the_pins_that_were_typed(town: Town) -> None:
    holder = town.holder()
    pins = {Purpose.SIGNATURE: Pin("newpin99"), Purpose.USER_AUTHENTICATION: Pin("0042")}
    town.issue(town.approved(holder.resident), holder.reader(), pins)
    session = holder.session()
    session.verify_pin(KeySlot.SIGNATURE, Pin("NEWPIN99"))
    session.verify_pin(KeySlot.AUTHENTICATION, Pin("0042"))
    assert len(session.sign_sha256(KeySlot.AUTHENTICATION, b"a challenge")) == 256


def test_authentication_is_issued_first(town: Town) -> None:
    town.with_certificates()
    acts = list(
        JournalEntry.objects.filter(act="issue").order_by("sequence").values_list("subject", flat=True)
    )
    assert [subject.split()[0] for subject in acts] == ["user_authentication", "signature"]


@pytest.mark.parametrize(("purposes", "slot"), [(SIGNATURE, "signature"), (AUTHENTICATION, "authentication")])
def test_one_purpose_alone(town: Town, purposes: frozenset[Purpose], slot: str) -> None:
    holder = town.with_certificates(purposes)
    assert town.records(holder).keys() == purposes
    assert holder.session().certificates_present() == {KeySlot(slot)}
    assert holder.session().tries_left(KeySlot(slot)) > 0


@pytest.mark.clause("S4-5.1.2", "S4-5.2")
def test_the_authentication_certificate_caps_a_signature_certificate_issued_later(town: Town) -> None:
    holder = town.with_certificates(AUTHENTICATION, birth_date=date(1990, 6, 30))
    # After the birthday the signature certificate alone would last until 2032.
    town.clock.move_to(datetime(2027, 7, 1, 3, 0, tzinfo=UTC))
    town.issue(town.approved(holder.resident, SIGNATURE), holder.reader(), PINS)
    records = town.records(holder)
    assert records[Purpose.USER_AUTHENTICATION].expiry_date == date(2030, 6, 30)
    assert records[Purpose.SIGNATURE].expiry_date == date(2030, 6, 30)


@pytest.mark.clause("S1-E4.1a", "S2-4.1a", "S3-1", "S4-5.1", "S4-5.1.1", "S4-5.1.2")
def test_without_an_authentication_certificate_nothing_but_birthday_and_card_cap(town: Town) -> None:
    holder = town.with_certificates(SIGNATURE, birth_date=date(1990, 6, 30))
    assert town.records(holder)[Purpose.SIGNATURE].expiry_date == date(2030, 6, 30)


@pytest.mark.clause("S1-E4.1b", "S2-4.1b", "S4-5.2.2", "S4-5.1.3")
@pytest.mark.alters_records
def test_the_card_caps_both(town: Town) -> None:
    holder = town.holder()
    Card.objects.filter(person_code=holder.code).update(expiry_date=date(2027, 1, 31))
    town.issue(town.approved(holder.resident), holder.reader())
    assert {record.expiry_date for record in town.records(holder).values()} == {date(2027, 1, 31)}


@pytest.mark.clause("S1-C4a", "S1-C4b")
@pytest.mark.parametrize(
    ("birth_date", "expiry_date"),
    [
        (date(2008, 6, 2), date(2036, 6, 2)),  # 18 today: ten birthdays
        (date(2008, 6, 3), date(2030, 6, 3)),  # 18 tomorrow: five
        (date(1990, 3, 15), date(2036, 3, 15)),
    ],
)
def test_a_card_lasts_ten_birthdays_from_eighteen_and_five_before(
    town: Town, birth_date: date, expiry_date: date
) -> None:
    holder = town.holder(birth_date=birth_date)
    assert holder.card.state.expiry_date == expiry_date
    assert Card.objects.get(person_code=holder.code).expiry_date == expiry_date


def test_a_person_has_one_valid_card(town: Town) -> None:
    holder = town.holder()
    with pytest.raises(Conflict, match="E_CARD_EXISTS"):
        town.give_card(holder.resident)
    assert JournalEntry.objects.filter(act="produce card").count() == 1


def test_card_numbers_grow_and_look_like_no_real_ones(town: Town) -> None:
    numbers = [town.holder().card.state.card_number for _ in range(3)]
    assert numbers == sorted(set(numbers))
    assert all(number.startswith("TEST") and len(number) == 15 for number in numbers)


@pytest.mark.clause("S4-3.5")
def test_no_second_certificate_while_one_has_effect(town: Town) -> None:
    holder = town.with_certificates(AUTHENTICATION)
    refused = town.receive(holder.resident, AUTHENTICATION)
    # The counter would refuse it; the agency must refuse it as well when a counter asks all the same.
    form = application_form(refused)
    message = RequestIssuance(form, holder.card.state.card_number, (Purpose.USER_AUTHENTICATION,), 0)
    before = footprint()
    with pytest.raises(Conflict, match="E_DUPLICATE_CERT"):
        converse(town, message, holder.reader())
    assert footprint() == before
    certificate = holder.session().read_certificate(KeySlot.AUTHENTICATION)
    assert certificate == bytes(town.records(holder)[Purpose.USER_AUTHENTICATION].certificate)


@pytest.mark.clause("S4-3.5")
def test_an_expired_certificate_stands_in_nobodys_way(town: Town) -> None:
    holder = town.with_certificates()
    town.clock.move_to(datetime(2031, 3, 16, 0, 0, tzinfo=UTC))
    town.issue(town.approved(holder.resident), holder.reader())
    records = IssuanceRecord.objects.filter(person_code=holder.code, purpose=Purpose.SIGNATURE).order_by("id")
    assert [record.effective for record in records] == [False, True]


def test_on_its_last_day_a_certificate_still_has_effect(town: Town) -> None:
    holder = town.with_certificates()
    town.clock.move_to(datetime(2031, 3, 15, 14, 59, 59, tzinfo=UTC))
    with pytest.raises(Refused) as refused:
        town.approved(holder.resident)
    assert {refusal.code for refusal in refused.value.refusals} == {"E_DUPLICATE_CERT"}


# — What must be in order at the agency's desk ————————————————————————————————————————————————————————


@pytest.mark.clause("S4-2.2")
def test_another_persons_card_is_refused(town: Town) -> None:
    holder, other = town.holder(), town.holder()
    application = town.approved(holder.resident)
    before = footprint(), other.card.state
    with pytest.raises(Refused, match="E_CARD_OTHERS"):
        town.issue(application, other.reader())
    assert (footprint(), other.card.state) == before
    application.refresh_from_db()
    assert (application.state, application.card_number) == ("approved", "")
    assert len(town.issue(application, holder.reader())) == 2


@pytest.mark.clause("S4-2.2")
def test_a_card_that_the_agency_never_made_is_refused(town: Town) -> None:
    holder = town.holder()
    message = replace(request_for(town, holder), card_number=CardNumber("TEST99999999999"))
    with pytest.raises(Refused, match="E_CARD_OTHERS"):
        ask(town, message)


@pytest.mark.clause("S4-2.2")
@pytest.mark.alters_records
def test_a_card_that_lost_its_validity_is_refused(town: Town) -> None:
    holder = town.holder()
    application = town.approved(holder.resident)
    Card.objects.filter(person_code=holder.code).update(valid=False)
    with pytest.raises(Refused, match="E_CARD_INVALID"):
        town.issue(application, holder.reader())


@pytest.mark.clause("S4-2.2")
def test_a_card_is_usable_on_its_last_day_and_refused_on_the_next(town: Town) -> None:
    holder, late = town.holder(), town.holder()
    applications = [town.approved(each.resident) for each in (holder, late)]
    last_day = holder.card.state.expiry_date
    town.clock.move_to(end_of_day_in_japan(last_day))
    assert {each.expiry_date for each in town.issue(applications[0], holder.reader())} == {last_day}
    town.clock.move_to(end_of_day_in_japan(last_day) + timedelta(seconds=1))
    with pytest.raises(Refused, match="E_CARD_EXPIRED"):
        town.issue(applications[1], late.reader())


@pytest.mark.parametrize(
    ("role", "municipality", "code"),
    [
        ("kiosk", MunicipalityCode("99101"), "E_ROLE_NOT_ALLOWED"),
        ("services", None, "E_ROLE_NOT_ALLOWED"),
        ("municipality", None, "E_ROLE_NOT_ALLOWED"),
        ("municipality", MunicipalityCode("99102"), "E_OFFICE_WRONG"),
    ],
)
def test_only_the_municipality_of_the_card_may_ask(
    town: Town, role: str, municipality: MunicipalityCode | None, code: str
) -> None:
    message = request_for(town, town.holder())
    with pytest.raises(NotAllowed, match=code):
        speaking.ask(Sender(role, municipality, "someone"), message)
    assert not Procedure.objects.exists()


@pytest.mark.parametrize(("role", "municipality"), [("kiosk", "99101"), ("municipality", "99102")])
def test_nobody_else_relays_answers_into_a_procedure(town: Town, role: str, municipality: str) -> None:
    holder = town.holder()
    step = ask(town, request_for(town, holder))
    with pytest.raises(NotAllowed):
        speaking.ask(
            Sender(role, MunicipalityCode(municipality), ""), RelayAnswers(step.procedure, (b"\x90\x00",))
        )


def test_answers_without_a_procedure_are_refused(town: Town) -> None:
    with pytest.raises(Conflict, match="E_PROCEDURE_NOT_OPEN"):
        ask(town, RelayAnswers("99101-20260602-NOBODY", (b"\x90\x00",)))


def test_answers_after_the_end_are_refused(town: Town) -> None:
    holder = town.with_certificates()
    number = Procedure.objects.get(person_code=holder.code).application_number
    with pytest.raises(Conflict, match="E_PROCEDURE_NOT_OPEN"):
        ask(town, RelayAnswers(number, (b"\x90\x00",)))


@pytest.mark.parametrize("purposes", [(), (Purpose.SIGNATURE, Purpose.SIGNATURE)], ids=["none", "twice"])
def test_a_request_names_each_purpose_once(town: Town, purposes: tuple[Purpose, ...]) -> None:
    message = replace(request_for(town, town.holder()), purposes=purposes)
    with pytest.raises(Malformed, match="E_MESSAGE_MALFORMED"):
        ask(town, message)


def test_a_form_that_says_something_else_than_before_is_a_conflict(town: Town) -> None:
    message = request_for(town, town.holder())
    ask(town, message)
    other_form = replace(message, form=replace(message.form, recorded_name="見本　太郎"))
    for changed in (other_form, replace(message, purposes=(Purpose.SIGNATURE,))):
        with pytest.raises(Conflict, match="E_FORM_CHANGED"):
            ask(town, changed)
    assert ask(town, message).commands


def test_an_application_brings_each_certificate_once(town: Town) -> None:
    """Revoked since: the finished application is no way to a new certificate."""
    holder = town.holder()
    application = town.approved(holder.resident)
    town.issue(application, holder.reader())
    records_before = IssuanceRecord.objects.count()
    record_lapse(holder.code, LapseGround.REQUEST_OR_NOTICE, (), actor="test", at=town.clock.now())
    with pytest.raises(Conflict, match="E_APPLICATION_STATE"):
        town.issue(application, holder.reader())
    assert IssuanceRecord.objects.count() == records_before
