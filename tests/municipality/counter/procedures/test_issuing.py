"""Issuing and handing over: what the certificates say, what is kept, what cannot be done any more."""

from datetime import date
from pathlib import Path

import pytest
from cryptography import x509
from django.conf import LazySettings

from honnin.agency.records.models import IssuanceRecord, JournalEntry
from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport.readers import VirtualCards
from honnin.errors import CardError, Conflict, NotAllowed, Refused, Unavailable
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.cards import readers
from honnin.municipality.counter.procedures.change_address.services import change_address
from honnin.municipality.counter.procedures.issuing.services import hand_over
from honnin.municipality.residents.models import Resident
from honnin.pin import Pin
from honnin.profile.holder import basic_four
from honnin.simulator.brought import AUTHENTICATION, BOTH, PINS, SIGNATURE
from tests.support.applications import State, application_in
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")


def test_an_application_overtaken_by_a_move_records_the_new_address(town: Town) -> None:
    """Approved, then the address changed: the certificate says where the applicant lives now."""
    holder = town.holder()
    application = application_in(town, holder, State.APPROVED)
    change_address(
        holder.resident,
        "みほん県みほん市仮名町８－８",
        moved_on=date(2026, 6, 1),
        clerk=town.clerk(),
        at=town.clock.now(),
    )
    application.refresh_from_db()
    town.issue(application, holder.reader())
    encoded = bytes(town.records(holder)[Purpose.SIGNATURE].certificate)
    assert basic_four(x509.load_der_x509_certificate(encoded)).address == "みほん県みほん市仮名町８－８"


@pytest.mark.clause("S4-2.1", "S4-3.1")
@pytest.mark.alters_records
def test_what_happened_since_the_approval_stands_against_issuing(town: Town) -> None:
    """Died or moved away meanwhile: nothing is issued, and it says why."""
    for happening, code in (
        ({"removed_on": date(2026, 6, 1)}, "E_ENTRY_REMOVED"),
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
            application,
            holder.reader(),
            {Purpose.SIGNATURE: Pin("XYZ789"), Purpose.USER_AUTHENTICATION: Pin("9876")},
        )
    assert holder.card.state == before
    assert JournalEntry.objects.filter(act="authorise PINs").count() == 1


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


def test_for_authentication_alone_no_substitute_is_needed(town: Town) -> None:
    holder = town.with_certificates(AUTHENTICATION, name="髙橋　花子")
    assert town.records(holder).keys() == AUTHENTICATION


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
    hand_over(application, clerk=town.clerk(), at=town.clock.now())
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
    with pytest.raises(CardError, match="E_CARD_FILE_MISSING"), VirtualCards(tmp_path).inserted("../x"):
        pass
    assert VirtualCards(tmp_path).choices() == []


def test_a_page_offers_what_lies_on_every_reader_and_takes_the_one_that_was_chosen(
    tmp_path: Path, settings: LazySettings
) -> None:
    settings.HONNIN_CARDS = tmp_path
    (tmp_path / "TEST1.json").touch()
    assert readers.choices() == ["TEST1"]
    settings.HONNIN_COUNTER_PCSC = True
    assert readers.choices()[0] == "TEST1"  # whatever readers this machine has
    with pytest.raises(Unavailable, match="E_PCSC"), readers.inserted("PC/SC: none of this name"):
        pass


def test_a_change_of_address_is_the_own_municipalitys(town: Town) -> None:
    holder = town.with_certificates()
    with pytest.raises(NotAllowed, match="E_OFFICE_WRONG"):
        change_address(
            holder.resident,
            "みほん県ためし市手本通１－１",
            moved_on=date(2026, 6, 1),
            clerk=town.neighbour(),
            at=town.clock.now(),
        )
    assert {record.status for record in town.records(holder).values()} == {"good"}
    change_address(
        holder.resident,
        "みほん県みほん市手本通１－１",
        moved_on=date(2026, 6, 1),
        clerk=town.clerk(),
        at=town.clock.now(),
    )
    assert town.records(holder)[Purpose.SIGNATURE].status == "revoked"
    assert town.records(holder).keys() == BOTH
