"""An error in what a certificate says, found at the counter; and a false application, before and after."""

import pytest
from django.urls import reverse

from honnin.agency.notices.models import Letter
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.records.models import JournalEntry as AgencyEntry
from honnin.law.certificates.notices import DeliveryState, LetterKind
from honnin.law.terms import RecordedItem
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.records.models import JournalEntry
from tests.support.console import Console, codes, page

pytestmark = pytest.mark.django_db(databases="__all__")
BOTH = {"signature": "revoked", "user_authentication": "revoked"}
SIGNATURE = BOTH | {"user_authentication": "good"}


@pytest.mark.clause("S4-8.1.2", "S4-8.2", "act/13", "act/32", "act/15", "act/34")
@pytest.mark.parametrize(
    ("item", "became"),
    [
        (RecordedItem.NAME, SIGNATURE),
        (RecordedItem.BIRTH_DATE, SIGNATURE),
        (RecordedItem.SEX, SIGNATURE),
        (RecordedItem.ADDRESS, SIGNATURE),
        (RecordedItem.VALIDITY, BOTH),
        (RecordedItem.HOLDER, BOTH),
        (RecordedItem.FALSE_APPLICATION, BOTH),
    ],
)
def test_an_error_ends_the_certificates_that_say_it_and_no_other(
    console: Console, item: RecordedItem, became: dict[str, str]
) -> None:
    client, resident, _application = console.issued()
    assert reverse("counter:record_error", args=[resident.public_id]) in page(
        client, "resident", resident.public_id
    )
    asked = reverse("counter:record_error", args=[resident.public_id])
    assert "Choose what is wrong." in client.post(asked, {}).content.decode()
    confirmation = client.post(asked, {"item": item}).headers["Location"]
    shown = client.get(confirmation).content.decode()
    assert shown.count("Will be revoked") == len([each for each in became.values() if each == "revoked"])
    assert not IssuanceRecord.objects.filter(status="revoked").exists()
    client.post(confirmation)
    records = IssuanceRecord.objects.filter(person_code=resident.pk)
    assert {record.purpose: record.status for record in records} == became
    grounds = {change.ground for record in records for change in record.changes.all()}
    assert grounds == {"record_error"}
    letter = Letter.objects.get(person_code=resident.pk)
    ended = {name for name, status in became.items() if status == "revoked"}
    assert (letter.kind, letter.state) == (LetterKind.ERROR_NOTICE, DeliveryState.ORDERED)
    assert {each["purpose"] for each in letter.tells["certificates"]} == ended
    told = JournalEntry.objects.get(act="record error found")
    assert f'"item": "{item}"' in told.detail
    assert ("E_FALSE_APPLICATION" in told.detail) == (item is RecordedItem.FALSE_APPLICATION)
    again = client.post(confirmation, follow=True).content.decode()
    assert "No certificate is left that says this. Nothing was changed." in again
    assert AgencyEntry.objects.filter(act="report of lapse").count() == 1
    assert Letter.objects.count() == 1


@pytest.mark.parametrize("item", ["nonsense", "record_error"])
def test_no_other_item_can_be_put_into_the_address(console: Console, item: str) -> None:
    client, resident, _application = console.issued()
    address = reverse("counter:confirm_record_error", args=[resident.public_id, item])
    assert client.post(address).headers["Location"] == reverse(
        "counter:record_error", args=[resident.public_id]
    )
    assert not IssuanceRecord.objects.filter(status="revoked").exists()


def test_who_has_no_certificate_has_no_error_in_one(console: Console) -> None:
    client, (resident, _card) = console.clerk(), console.resident()
    asked = page(client, "record_error", resident.public_id)
    assert "no certificate that could be revoked" in asked
    address = reverse("counter:confirm_record_error", args=[resident.public_id, "name"])
    assert "Record the error and revoke" not in client.get(address).content.decode()
    assert "Nothing was changed" in client.post(address, follow=True).content.decode()


@pytest.mark.clause("S4-3.4")
def test_a_false_application_is_rejected_under_its_own_code(console: Console) -> None:
    client, (resident, _card) = console.clerk(), console.resident()
    console.apply(client, resident)
    number = Application.objects.get(resident=resident).number
    address = reverse("counter:reject", args=[number])
    missing = client.post(address, {"reason": "", "found_false": "on"}).content.decode()
    assert "Enter the reason." in missing
    assert "checked" in missing.partition('name="found_false"')[2].partition(">")[0]
    client.post(address, {"reason": "氏名を偽っている", "found_false": "on"})
    found = Application.objects.get(pk=number)
    assert (found.state, found.found_false) == ("rejected", True)
    shown = page(client, "application", number)
    assert "False application (E_FALSE_APPLICATION)" in shown
    entry = JournalEntry.objects.get(act="reject false application")
    assert number in entry.subject
    assert "氏名" not in entry.detail
    again = client.post(address, {"reason": "again"})
    assert codes(again.content.decode()) == ["E_APPLICATION_STATE"]
    assert Application.objects.get(pk=number).found_false


def test_another_rejection_is_none_of_a_false_application(console: Console) -> None:
    client, (resident, _card) = console.clerk(), console.resident()
    console.apply(client, resident)
    number = Application.objects.get(resident=resident).number
    client.post(reverse("counter:reject", args=[number]), {"reason": "書類不足"})
    assert not Application.objects.get(pk=number).found_false
    assert "E_FALSE_APPLICATION" not in page(client, "application", number)
