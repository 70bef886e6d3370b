"""A scan that was chosen is not lost after a fault in another field, and is of use to its form alone."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from honnin.clock import Running
from honnin.console.entered import kept_files
from honnin.console.models import KeptFile
from honnin.municipality.counter.applications.models import Application, EvidenceCopy
from honnin.sites.chores.round import do_chores
from tests.municipality.counter.kept import OF_PROXY, handles
from tests.support.console import REQUEST, Console, scan, signed_in
from tests.support.town import PHOTO

pytestmark = pytest.mark.django_db(databases="__all__")
LOST = "The file that was chosen is no longer kept. Choose it again."


def faulty(console: Console, client: Client, **more: object) -> tuple[str, dict[str, str]]:
    """A form with scans that came back because no certificate was chosen: its address and its handles."""
    resident, _card = console.resident()
    sent = {"purposes": [], "copy_1": scan("免許証.jpg")} | more
    response = console.apply(client, resident, **sent)
    assert response.status_code == 200
    return reverse("counter:new_application", args=[resident.public_id]), handles(response)


def test_a_scan_survives_a_fault_in_another_field(console: Console) -> None:
    client = console.clerk()
    mandate = scan("委任状.pdf", b"%PDF-1.7 mandate %%EOF")
    address, kept = faulty(console, client, mandate_copy=mandate, proxy_copy=scan(), **OF_PROXY)
    assert set(kept) == {"copy_1_kept", "mandate_copy_kept", "proxy_copy_kept"}
    again = client.post(address, REQUEST | OF_PROXY | kept | {"purposes": []})
    assert handles(again) == kept  # the same, however often
    assert "免許証" in again.content.decode()
    assert client.post(address, REQUEST | OF_PROXY | kept).status_code == 302
    copies = {copy.whose: copy.media_type for copy in EvidenceCopy.objects.all()}
    assert copies == {"applicant": "image/jpeg", "mandate": "application/pdf", "proxy": "image/jpeg"}
    assert not KeptFile.objects.exists()


def test_a_kept_scan_is_replaced_or_left_out(console: Console) -> None:
    client = console.clerk()
    address, kept = faulty(console, client)
    other = client.post(address, REQUEST | kept | {"purposes": [], "copy_1": scan("other.jpg", PHOTO + b"2")})
    assert "other.jpg" in other.content.decode()
    left = client.post(address, REQUEST | kept | {"copy_1_dropped": "on"})
    assert left.status_code == 302
    assert not EvidenceCopy.objects.exists()


def test_a_scan_that_is_kept_no_more_must_be_chosen_again(console: Console) -> None:
    client = console.clerk()
    address, kept = faulty(console, client)
    console.town.clock.move_to(console.town.clock.now() + timedelta(minutes=14))
    assert "免許証" in client.post(address, REQUEST | kept | {"purposes": []}).content.decode()
    KeptFile.objects.all().delete()
    late = client.post(address, REQUEST | kept)
    assert late.context["form"].errors["copy_1"] == [LOST]
    assert not Application.objects.exists()


def test_a_scan_is_of_use_to_its_session_and_its_form_alone(console: Console) -> None:
    client = console.clerk()
    address, kept = faulty(console, client)
    resident, _card = console.resident()
    other = reverse("counter:new_application", args=[resident.public_id])
    for who, where in ((client, other), (signed_in("hanako"), address)):
        response = who.post(where, REQUEST | kept)
        assert response.context["form"].errors["copy_1"] == [LOST]


@pytest.mark.alters_records
def test_a_kept_scan_is_sealed_and_forgotten(console: Console) -> None:
    client = console.clerk()
    faulty(console, client)
    row = KeptFile.objects.get()
    assert PHOTO not in bytes(row.content)
    assert "免許証".encode() not in bytes(row.content)
    assert client.session.session_key not in (row.session, row.handle)
    console.town.clock.move_to(console.town.clock.now() + kept_files.KEPT_FOR - timedelta(seconds=1))
    assert not kept_files.over(console.town.clock.now()).exists()
    console.town.clock.move_to(console.town.clock.now() + timedelta(seconds=1))
    assert kept_files.over(console.town.clock.now()).exists()
    do_chores(console.town.clock, running=Running("a boot of its own", 0.0))  # whatever ran before this test
    assert not KeptFile.objects.exists()


def test_signing_out_forgets_and_a_session_keeps_ten(console: Console) -> None:
    client = console.clerk()
    for _each in range(3):
        faulty(
            console, client, proxy_copy=scan(), mandate_copy=scan(), document_2="pension_book", copy_2=scan()
        )
    assert KeptFile.objects.count() == kept_files.MOST_KEPT
    client.post("/sign-out/")
    assert not KeptFile.objects.exists()


def test_a_copy_that_is_added_later_survives_a_fault_too(console: Console) -> None:
    client = console.clerk()
    resident, _card = console.resident()
    console.apply(client, resident, document_1="", copy_1=None)
    number = resident.applications.get().number
    address = reverse("counter:evidence", args=[number])
    unsaid = {"whose": "applicant", "document": "", "copy": scan("旅券.jpg"), "reason": "まだ決めていない"}
    response = client.post(address, unsaid)
    assert "まだ決めていない" in response.content.decode()
    kept = handles(response)
    assert client.post(address, {"whose": "applicant", "document": "passport"} | kept).status_code == 302
    assert EvidenceCopy.objects.get().document == "passport"


def test_a_pin_reset_keeps_its_scan(console: Console) -> None:
    client, resident, _application = console.issued()
    address = reverse("counter:new_pin_reset", args=[resident.public_id])
    sent = {"document_1": "passport", "proxy_kind": "", "copy_1": scan()}
    kept = handles(client.post(address, sent))
    sent = {"document_1": "passport", "proxy_kind": "", "pins": ["signature"], **kept}
    assert client.post(address, sent).status_code == 302
    assert EvidenceCopy.objects.filter(document="passport").exists()
