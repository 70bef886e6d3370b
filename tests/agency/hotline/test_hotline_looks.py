"""What an operator searched for and was shown stands in the agency's journal; else nothing is shown."""

import json

import pytest
from django.db import connections
from django.urls import reverse

from honnin.agency.hotline.models import Call, Holder
from honnin.agency.records.models import IssuanceRecord, JournalEntry
from honnin.sites.staff.inspection import looks
from tests.support.console import Console, hotline_address

pytestmark = pytest.mark.django_db(databases="__all__")

ASKED = {"name": "見本　花子", "birth_date": "1990-03-15", "address": ""}


def told(act: str) -> list[dict[str, object]]:
    entries = JournalEntry.objects.filter(act=act).order_by("sequence")
    return [json.loads(entry.detail) | {"actor": entry.actor, "subject": entry.subject} for entry in entries]


@pytest.mark.clause("S4-23")
def test_a_search_is_told_with_whom_it_showed_and_without_its_terms(console: Console) -> None:
    holder = console.town.with_certificates()
    operator = console.operator()
    address = operator.post(reverse("hotline:search"), ASKED).headers["Location"]
    operator.get(address)
    operator.post(reverse("hotline:search"), ASKED | {"name": "不在"}, follow=True)
    first, other = told("search holders")
    public_id = Holder.objects.get(person_code=holder.code).pk
    assert (first["actor"], first["hits"], first["shown"]) == ("hotline/operator", 1, public_id)
    assert (other["hits"], other["shown"]) == (0, "")
    assert first["terms"] != other["terms"]
    assert not any(text in str(first) for text in ("見本", "1990", holder.code))


def test_each_page_about_a_holder_and_the_list_of_calls_are_told(console: Console) -> None:
    holder = console.town.with_certificates()
    operator = console.operator()
    for name in ("confirm", "holder"):
        assert operator.get(hotline_address(name, holder.code)).status_code == 200
    operator.post(hotline_address("confirm", holder.code))
    operator.get(reverse("hotline:calls"))
    public_id = Holder.objects.get(person_code=holder.code).pk
    assert [each["page"] for each in told("look at holder")] == ["confirm", "holder", "confirm"]
    assert {each["subject"] for each in told("look at holder")} == {f"holder {public_id}"}
    assert [each["shown"] for each in told("look at calls")] == [public_id]
    assert [each.act for each in looks(person_code=holder.code)][-4:] == ["look at holder"] * 3 + [
        "look at calls"
    ]


def test_no_entry_no_page_and_no_hold(console: Console) -> None:
    holder = console.town.with_certificates()
    operator = console.operator()
    confirm, shown = (hotline_address(name, holder.code) for name in ("confirm", "holder"))
    operator.post(confirm)
    calls = Call.objects.count()
    statuses = list(IssuanceRecord.objects.values_list("status"))
    sought = operator.post(reverse("hotline:search"), ASKED).headers["Location"]
    with connections["agency"].cursor() as cursor:
        cursor.execute(
            "CREATE TRIGGER no_more BEFORE INSERT ON agency_records_journalentry "
            "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    for response in (
        operator.get(sought),
        operator.get(confirm),
        operator.get(shown),
        operator.get(reverse("hotline:calls")),
        operator.post(confirm),
    ):
        assert response.status_code == 503
        assert "E_RECORDS_UNAVAILABLE" in response.content.decode()
        assert holder.resident.name not in response.content.decode()
    assert Call.objects.count() == calls
    assert list(IssuanceRecord.objects.values_list("status")) == statuses


def test_an_operator_takes_a_call_about_anybody_also_about_themselves(console: Console) -> None:
    """All that an operator does is to hold: there is nothing to keep them from."""
    holder = console.town.with_certificates(name="電話　一郎")
    assert console.operator().post(hotline_address("confirm", holder.code)).status_code == 302
    assert {record.status for record in console.town.records(holder).values()} == {"held", "revoked"}
