"""Samples of cards: each is the card that it says, and the registers know it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from cryptography import x509

from honnin.agency.authority.models import IssuingKey
from honnin.agency.authority.services import authority
from honnin.agency.card_register.models import Card as RegisteredCard
from honnin.agency.card_register.services import produce_card
from honnin.agency.hotline.models import Call
from honnin.agency.records.models import IssuanceRecord, JournalEntry
from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.card.client.known_files import APPLICATIONS
from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport.in_process import InProcess
from honnin.clock import FixedClock, day_in_japan
from honnin.errors import CardError, Refused
from honnin.identifiers import MunicipalityCode, PersonCode
from honnin.law.terms import Purpose, Sex
from honnin.law.validity import WITHOUT_END, Stay, StayStatus
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.residents.models import Resident
from honnin.pin import Pin
from honnin.simulator.installation import POPULATION
from honnin.simulator.samples import Holder, sample, samples
from honnin.simulator.samples.making import make_card
from tests.cli.card.sample_pins import AUTHENTICATION_PIN, SIGNATURE_PIN

ADULT = Holder("試験　次郎", "シケン　ジロウ", date(1990, 2, 3), Sex.MALE, "みほん県みほん市試作台９－８－７")
CHILD = replace(ADULT, birth_date=date(2017, 2, 3))
WITH_BOTH = ("adult", "android", "iphone", "blocked", "foreign-resident", "old-authority")
databases = pytest.mark.django_db(databases=["default", "agency", "municipality"])
Make = Callable[..., CardState]


@pytest.fixture
def make(clock: FixedClock, db: None) -> Make:
    def made(name: str, holder: Holder = ADULT) -> CardState:
        return make_card(sample(name), holder, clock, lambda state: None)

    return made


def session(state: CardState) -> CardSession:
    found = CardSession(InProcess(Card(state, lambda new: None)))
    found.select_jpki()
    return found


def certificates(state: CardState) -> dict[KeySlot, x509.Certificate]:
    found = {slot: content.certificate for slot, content in state.slots.items()}
    return {slot: x509.load_der_x509_certificate(der) for slot, der in found.items() if der is not None}


# — what each sample is ———————————————————————————————————————————————————————————————————————————————


def test_there_is_a_sample_for_each_kind_of_card_that_people_have() -> None:
    others = {"child", "without-pin", "expired", "juki-card", "damaged-chip", "held", "revoked"}
    assert set(samples()) == {*WITH_BOTH, *others}
    with pytest.raises(KeyError):
        sample("gold")


@databases
@pytest.mark.parametrize("name", WITH_BOTH)
def test_certificates_are_those_of_the_records(make: Make, name: str) -> None:
    state = make(name)
    found = certificates(state)
    assert set(found) == set(KeySlot)
    for slot, purpose in (
        (KeySlot.SIGNATURE, Purpose.SIGNATURE),
        (KeySlot.AUTHENTICATION, Purpose.USER_AUTHENTICATION),
    ):
        record = IssuanceRecord.objects.get(card_number=state.card_number, purpose=purpose)
        assert bytes(record.certificate) == state.slots[slot].certificate
        assert record.status == "good"
    assert Application.objects.get(card_number=state.card_number).state == "handed_over"
    assert Resident.objects.get(name=ADULT.name).birth_date == ADULT.birth_date
    assert RegisteredCard.objects.get(pk=state.card_number).valid


@databases
def test_the_adults_card_is_whole_and_signs(make: Make) -> None:
    state = make("adult")
    assert set(state.applications) == set(state.kind.applications)
    using = session(state)
    using.verify_pin(KeySlot.SIGNATURE, Pin(SIGNATURE_PIN))
    assert len(using.sign_sha256(KeySlot.SIGNATURE, b"letter")) == 256
    using.verify_pin(KeySlot.AUTHENTICATION, Pin(AUTHENTICATION_PIN))


@databases
def test_a_damaged_chip_was_whole_when_its_holder_got_it(make: Make) -> None:
    state = make("damaged-chip")
    assert set(certificates(state)) == set(KeySlot)
    assert IssuanceRecord.objects.filter(card_number=state.card_number, status="good").count() == 2
    with pytest.raises(CardError, match="E_CARD_DAMAGED"):
        session(state)
    assert CardState.from_json(state.to_json()).damaged


@databases
@pytest.mark.parametrize(
    ("name", "signature", "authentication", "reported_lost"),
    [("held", "revoked", "held", True), ("revoked", "revoked", "revoked", False)],
)
def test_cards_that_were_reported_lost_or_revoked(
    make: Make, name: str, signature: str, authentication: str, reported_lost: bool
) -> None:
    state = make(name)
    assert set(certificates(state)) == set(KeySlot)
    found = IssuanceRecord.objects.filter(card_number=state.card_number)
    assert {record.purpose: record.status for record in found} == {
        "signature": signature,
        "user_authentication": authentication,
    }
    person = Resident.objects.get(name=ADULT.name).pk
    assert Call.objects.filter(person_code=person).exists() is reported_lost
    session(state).verify_pin(
        KeySlot.AUTHENTICATION, Pin(AUTHENTICATION_PIN)
    )  # the card itself knows of nothing


@databases
@pytest.mark.parametrize(("name", "holder"), [("child", CHILD), ("without-pin", ADULT)])
def test_cards_without_a_signature_certificate(make: Make, name: str, holder: Holder) -> None:
    state = make(name, holder)
    assert set(certificates(state)) == {KeySlot.AUTHENTICATION}
    assert state.slots[KeySlot.SIGNATURE].private_key is None


@databases
def test_no_pin_of_a_card_without_pins_is_set_and_its_codes_are(make: Make) -> None:
    state = make("without-pin")
    for name, content in state.applications.items():
        for file, pin in content.pins.items():
            fixed = state.kind.applications[name].pins[file].fixed
            assert (pin.value is not None, pin.tries_left > 0) == (fixed, fixed), (name, file)
    with pytest.raises(CardError, match="E_PIN_LOCKED"):
        session(state).verify_pin(KeySlot.AUTHENTICATION, Pin(AUTHENTICATION_PIN))


@databases
def test_blocked_pins_are_set_and_have_no_tries(make: Make) -> None:
    state = make("blocked")
    for slot, pin in ((KeySlot.SIGNATURE, SIGNATURE_PIN), (KeySlot.AUTHENTICATION, AUTHENTICATION_PIN)):
        assert (state.slots[slot].pin.value, state.slots[slot].pin.tries_left) == (pin, 0)


@pytest.mark.clause("S1-C4a", "S1-C4b")
@databases
@pytest.mark.parametrize(
    ("received_on", "last_day"),
    [(date(2022, 3, 31), date(2031, 2, 3)), (date(2022, 4, 1), date(2036, 2, 3)), (None, date(2036, 2, 3))],
)
def test_the_day_on_which_a_card_was_applied_for_decides_the_age(
    make: Make, received_on: date | None, last_day: date
) -> None:
    nineteen = replace(ADULT, birth_date=date(2007, 2, 3), received_on=received_on)
    assert make("adult", nineteen).expiry_date == last_day


@pytest.mark.clause("S1-C4d")
@databases
@pytest.mark.parametrize("status", sorted(WITHOUT_END))
def test_a_stay_without_end_ends_no_card(make: Make, status: StayStatus) -> None:
    assert make("adult", replace(ADULT, stay=Stay(status))).expiry_date == date(2036, 2, 3)


@databases
def test_no_card_is_registered_that_ended_yesterday(clock: FixedClock, db: None) -> None:
    at = clock.now()
    yesterday = day_in_japan(at) - timedelta(days=1)
    stay = Stay(StayStatus.MEDIUM_OR_LONG_TERM, yesterday)
    with pytest.raises(Refused, match="E_CARD_EXPIRED"):
        produce_card(
            PersonCode("99000000001"),
            MunicipalityCode("99101"),
            date(1990, 2, 3),
            at=at,
            actor="test",
            stay=stay,
        )
    assert not RegisteredCard.objects.exists()


@pytest.mark.clause("S1-C4d")
@databases
def test_a_stay_ends_card_and_certificates(make: Make) -> None:
    ends = date(2026, 9, 30)
    state = make(
        "foreign-resident",
        replace(ADULT, name="SAMPLE JANE", stay=Stay(StayStatus.MEDIUM_OR_LONG_TERM, ends)),
    )
    assert state.expiry_date == RegisteredCard.objects.get(pk=state.card_number).expiry_date == ends
    assert {each.expiry_date for each in IssuanceRecord.objects.filter(card_number=state.card_number)} == {
        ends
    }
    assert b"SAMPLE JANE" in state.applications["text"].files[0x0002]


@databases
@pytest.mark.parametrize(("name", "label"), [("android", "JPKIAPGPSETOKEN"), ("iphone", "JPKIAPIOSTOKEN")])
def test_a_phones_token_is_jpki_alone_under_its_label(make: Make, name: str, label: str) -> None:
    state = make(name)
    assert (set(state.applications), state.data) == ({"jpki"}, {})
    assert session(state).token_label() == label


@databases
def test_an_old_authoritys_card_has_the_ca_certificates_of_the_generation_before(make: Make) -> None:
    state = make("old-authority")
    reader = CardSession(InProcess(Card(state, lambda new: None)))
    for number, purpose in ((0x000B, Purpose.USER_AUTHENTICATION), (0x0002, Purpose.SIGNATURE)):
        old, new = IssuingKey.objects.filter(purpose=purpose).order_by("generation")
        [jpki] = [each for each in APPLICATIONS if each.name == "jpki"]
        reader.select(jpki)
        file = jpki.file(number)
        assert file is not None
        assert reader.read(file).data.rstrip(b"\0\xff").startswith(bytes(old.certificate))
        record = IssuanceRecord.objects.get(card_number=state.card_number, purpose=purpose)
        assert record.issuer_key_id == old.key_id
        assert authority().issuing(purpose)[0] == new
    assert JournalEntry.objects.filter(act="link CA", actor="card-create").count() == 4


@databases
@pytest.mark.parametrize(
    ("name", "expiry", "kind"),
    [("expired", date(2025, 2, 3), "number-card"), ("juki-card", date(2025, 11, 30), "juki-card")],
)
def test_a_card_of_the_past_is_in_no_register(make: Make, name: str, expiry: date, kind: str) -> None:
    """The tenth birthday after February 2016; ten years from 2015-12-01."""
    make("adult")
    before = (JournalEntry.objects.count(), Resident.objects.count(), RegisteredCard.objects.count())
    state = make(name, replace(ADULT, birth_date=date(1975, 2, 3)))
    assert (state.expiry_date, state.kind_name, certificates(state)) == (expiry, kind, {})
    assert state.card_number.startswith("TESTX")
    after = (JournalEntry.objects.count(), Resident.objects.count(), RegisteredCard.objects.count())
    assert after == before


# — what stays when it is refused —————————————————————————————————————————————————————————————————————


@databases
@pytest.mark.parametrize(
    ("holder", "codes"),
    [
        (CHILD, {"E_UNDER_AGE", "E_AGENT_REQUIRED"}),
        (replace(ADULT, name="髙橋　次郎"), {"E_SUBSTITUTE_CONSENT"}),
        (replace(ADULT, stay=Stay(StayStatus.MEDIUM_OR_LONG_TERM, date(2026, 6, 1))), {"E_CARD_EXPIRED"}),
    ],
)
def test_the_law_decides_and_a_refusal_leaves_nothing(make: Make, holder: Holder, codes: set[str]) -> None:
    make("expired")  # the population is there, and the keys of cards
    entries = JournalEntry.objects.count()
    with pytest.raises(Refused) as refused:
        make("adult", holder)
    assert codes <= {refusal.code for refusal in refused.value.refusals}
    assert JournalEntry.objects.count() == entries
    assert (Resident.objects.count(), Application.objects.count()) == (POPULATION, 0)
    assert not RegisteredCard.objects.exists()


@databases
def test_a_card_whose_file_cannot_be_written_is_in_no_register(make: Make, clock: FixedClock) -> None:
    make("adult")  # what every first card brings with it
    models = (RegisteredCard, IssuanceRecord, JournalEntry, Resident, Application)
    before = [model.objects.count() for model in models]

    def full(state: CardState) -> None:
        assert RegisteredCard.objects.filter(card_number=state.card_number).exists()
        raise CardError("E_CARD_FILE_UNWRITTEN")

    with pytest.raises(CardError, match="E_CARD_FILE_UNWRITTEN"):
        make_card(sample("adult"), ADULT, clock, full)
    assert [model.objects.count() for model in models] == before


@databases
def test_where_issuing_is_refused_nothing_is_rolled_over(make: Make) -> None:
    make("expired")
    with pytest.raises(Refused):
        make("old-authority", CHILD)
    assert set(IssuingKey.objects.values_list("generation", flat=True)) == {1}
