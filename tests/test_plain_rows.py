"""Single rows by SQL that is made once: what Django's ORM reads and writes, and nothing else."""

from contextlib import ExitStack
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connections, transaction
from django.db.models import Model
from django.db.transaction import TransactionManagementError

from honnin import plain_rows
from honnin.agency.card_register.models import Card
from honnin.agency.card_updates.models import CardUpdate
from honnin.agency.issuance.models import Procedure
from honnin.agency.records.models import IssuanceRecord, Person, StatusChange
from honnin.agency.requests.models import AnsweredRequest
from honnin.identifiers import CardNumber, PersonCode

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.alters_records]
AT = datetime(2026, 3, 2, 14, 59, 59, 123456, tzinfo=UTC)
CODE, CARD = PersonCode("99000000001"), CardNumber("TEST00000000001")


def card() -> Card:
    return Card(
        card_number=CARD,
        person_code=CODE,
        municipality_code="99101",
        generation="number_card",
        created_on=date(2024, 2, 29),
        expiry_date=date(2034, 2, 28),
    )


def record() -> IssuanceRecord:
    return IssuanceRecord(
        purpose="signature",
        serial_number=1 << 40,
        issuer_key_id="ab",
        certificate=bytes(range(256)),
        application_number="99101-漢字",
        person_code=CODE,
        card_number=CARD,
        municipality_code="99101",
        issued_at=AT,
        expiry_date=date(2031, 3, 2),
        status_changed_at=AT.replace(microsecond=0),
    )


def change() -> StatusChange:
    brought = record()
    brought.save()
    return StatusChange(
        record=brought, status="held", ground="loss_notice", crl_reason="", recorded_at=AT, actor="誰か"
    )


def procedure() -> Procedure:
    channel = {"host": '{"a": "漢"}', "first": 1, "none": None, "asked": ["signature"]}
    return Procedure(
        application_number="99101-1",
        municipality_code="99101",
        person_code=CODE,
        card_number=CARD,
        birth_date=None,
        form=b"\x00\xff",
        purposes="signature",
        channel=channel,
        renews=True,
        began_at=AT,
    )


def update() -> CardUpdate:
    present = card()
    present.save(force_insert=True)
    return CardUpdate(card=present, number="ab", kind="clear", request=b"{}", began_at=AT)


def request() -> AnsweredRequest:
    return AnsweredRequest(party="municipality/99101", number="1", content=b"c", answer=b"", answered_at=AT)


def person() -> Person:
    return Person(person_code=CODE, notices=3, reported_lost=True)


MAKERS = [card, record, change, procedure, update, request, person]


def values(row: Model) -> dict[str, Any]:
    """Each value with its type: an identifier is no plain text."""
    found = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return {name: (type(value), value) for name, value in found.items()}


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_what_is_put_in_the_orm_reads_and_the_other_way_round(make: Any) -> None:
    row = make()
    assert plain_rows.insert(row)
    assert row.pk is not None
    assert not row._state.adding
    model, key = type(row), {row._meta.pk.attname: row.pk}
    by_orm, plain = model._default_manager.get(pk=row.pk), plain_rows.row(model, **key)
    assert plain is not None
    assert values(plain) == values(by_orm)
    assert (plain._state.db, plain._state.adding) == ("agency", False)
    plain.save()
    assert values(model._default_manager.get(pk=row.pk)) == values(
        plain_rows.rows(model, lock=True, **key)[0]
    )


def test_fields_that_are_named_are_written_and_no_other() -> None:
    row = procedure()
    plain_rows.insert(row)
    row.channel, row.stage, row.recorded, row.purposes = {}, "done", True, "other"
    plain_rows.write(row, "channel", "stage", "recorded")
    kept = Procedure.objects.get(pk=row.pk)
    assert (kept.channel, kept.stage, kept.recorded, kept.purposes) == ({}, "done", True, "signature")


def test_a_row_that_is_gone_is_not_written() -> None:
    row = procedure()
    plain_rows.insert(row)
    Procedure.objects.all().delete()
    with pytest.raises(DatabaseError):
        plain_rows.write(row, "stage")


def test_a_row_in_the_way_stays() -> None:
    assert plain_rows.insert(person(), unless_there=True)
    assert not plain_rows.insert(Person(person_code=CODE, notices=9), unless_there=True)
    assert [each.notices for each in plain_rows.rows(Person, person_code=CODE)] == [3]
    with pytest.raises(DatabaseError), transaction.atomic(using="agency"):
        plain_rows.insert(person())


def test_rows_come_in_the_order_that_is_asked_for() -> None:
    for number in (2, 3, 1):
        each = record()
        each.serial_number, each.effective = number, number == 1
        plain_rows.insert(each)
    found = plain_rows.rows(IssuanceRecord, order_by="serial_number DESC", person_code=CODE)
    assert [each.serial_number for each in found] == [3, 2, 1]
    assert plain_rows.rows(IssuanceRecord, person_code=CODE, effective=True)[0].serial_number == 1
    assert plain_rows.row(IssuanceRecord, person_code=PersonCode("99000000002")) is None


def test_what_would_lock_or_find_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="not there"):
        plain_rows.row(Card, person_code=None)
    monkeypatch.setattr(connections["agency"], "in_atomic_block", False)
    with pytest.raises(TransactionManagementError):
        plain_rows.row(Card, lock=True, card_number=CARD)


@pytest.mark.parametrize("counted", [False, True])
def test_what_the_database_refuses_is_told_as_by_django(counted: bool) -> None:
    """Whether the driver is asked, or Django's cursor because somebody counts."""
    connection = connections["agency"]
    plain_rows.insert(card())
    with ExitStack() as stack:
        if counted:
            stack.enter_context(connection.execute_wrapper(lambda execute, *asked: execute(*asked)))
        with pytest.raises(IntegrityError), transaction.atomic(using="agency"):
            plain_rows.insert(card())
        with transaction.atomic(using="agency"):
            transaction.set_rollback(True, using="agency")
            with pytest.raises(TransactionManagementError):
                plain_rows.row(Card, card_number=CARD)
    found = plain_rows.row(Card, card_number=CARD)
    assert found is not None
    assert found.created_on == date(2024, 2, 29)
