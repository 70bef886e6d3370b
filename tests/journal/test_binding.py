"""What binds a row to its entry: the same for what was read as for what was written, and for nothing else."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from django.db import transaction

from honnin.agency.cards.models import Card
from honnin.agency.hotline.models import Call, Operator
from honnin.agency.records.journal import JOURNAL, Act, append
from honnin.agency.records.models import IssuanceRecord, Person, Status
from honnin.journal.binding import Binder
from honnin.journal.rows import row_faults, told_rows
from honnin.law.terms import Generation
from tests.conftest import NOW

pytestmark = pytest.mark.django_db(databases="__all__")

ACT = Act("test", "test", "thing", {})


def write(*rows: object, gone: tuple[object, ...] = ()) -> int:
    with transaction.atomic(using="agency"):
        return append(ACT, NOW, *rows, gone=gone)


def faults_of(table: str) -> list[str]:
    return [fault for fault in row_faults(JOURNAL) if fault.startswith(table)]


@pytest.fixture
def card() -> Card:
    return Card.objects.create(
        card_number="TEST00000099999",
        person_code="99000000001",
        municipality_code="99101",
        generation=Generation.NUMBER_CARD,
        created_on=date(2026, 6, 2),
        expiry_date=date(2036, 3, 15),
    )


def test_a_row_that_was_read_is_the_row_that_was_written(card: Card) -> None:
    write(card)
    assert faults_of("agency_cards_card") == []


def test_kinds_of_values_are_bound_as_they_are_read() -> None:
    operator = Operator.objects.create(user_name="ｕｓｅｒ", name="電話　一郎")
    zone = timezone(timedelta(hours=9))
    call = Call.objects.create(
        person_code="99000000001",
        received_at=datetime(2026, 6, 2, 9, 0, 0, 5, tzinfo=zone),
        operator=operator,
    )
    record = IssuanceRecord.objects.create(
        purpose="signature",
        serial_number=2**40,
        issuer_key_id="ab",
        certificate=memoryview(b"\x00\xff"),
        application_number="1",
        person_code="99000000001",
        card_number="TEST00000099999",
        municipality_code="99101",
        issued_at=NOW,
        expiry_date=date(2031, 6, 2),
        status=Status.GOOD,
        status_changed_at=NOW.astimezone(UTC),
    )
    write(operator, call, record, Person.objects.create(person_code="99000000001"))
    assert list(faults_of("agency_hotline")) + list(faults_of("agency_records")) == []


@pytest.mark.parametrize(
    "values",
    [
        {"person_code": "99000000002"},
        {"municipality_code": "99102"},
        {"valid": False},
        {"expiry_date": date(2036, 3, 16)},
        {"key_version": 49},
        {"created_on": date(2026, 6, 1), "generation": "juki_card"},
    ],
    ids=str,
)
def test_a_changed_column_is_named(card: Card, values: dict[str, object]) -> None:
    sequence = write(card)
    Card.objects.filter(pk=card.pk).update(**values)
    columns = ", ".join(sorted(values, reverse=True) if len(values) == 1 else ("generation", "created_on"))
    assert faults_of("agency_cards_card") == [
        f"agency_cards_card: a row is not what entry {sequence} says of it: {columns}"
    ]


def test_a_row_set_back_to_an_earlier_state_is_found(card: Card) -> None:
    first = write(card)
    Card.objects.filter(pk=card.pk).update(valid=False)
    second = write(Card.objects.get(pk=card.pk))
    assert first < second
    assert faults_of("agency_cards_card") == []
    Card.objects.filter(pk=card.pk).update(valid=True)
    assert faults_of("agency_cards_card") == [
        f"agency_cards_card: a row is not what entry {second} says of it: valid"
    ]


def test_a_row_that_no_entry_tells_of_and_one_that_is_gone_are_found(card: Card) -> None:
    assert faults_of("agency_cards_card") == ["agency_cards_card: a row that no entry tells of"]
    sequence = write(card)
    Card.objects.filter(pk=card.pk).delete()
    gone = f"agency_cards_card: the row that entry {sequence} tells of is gone"
    assert faults_of("agency_cards_card") == [gone]


def test_a_row_that_an_act_removed_is_gone_by_right_and_may_not_come_back(card: Card) -> None:
    write(card)
    sequence = write(gone=(card,))
    Card.objects.filter(pk=card.pk).delete()
    assert faults_of("agency_cards_card") == []
    card.save(force_insert=True)
    there_again = f"agency_cards_card: a row is there again that entry {sequence} removed"
    assert faults_of("agency_cards_card") == [there_again]


def test_two_rows_that_were_exchanged_are_found(card: Card) -> None:
    other = Card.objects.get(pk=card.pk)
    other.card_number, other.person_code = "TEST00000099998", "99000000002"
    other.save(force_insert=True)
    write(card, other)
    Card.objects.filter(pk=card.pk).update(valid=False)
    Card.objects.filter(pk=other.pk).update(person_code=card.person_code)
    Card.objects.filter(pk=card.pk).update(person_code="99000000002", valid=True)
    assert len(faults_of("agency_cards_card")) == 2


def test_who_has_not_the_key_cannot_make_what_an_entry_says(card: Card) -> None:
    sequence = write(card)
    newest = told_rows(JOURNAL)["agency_cards_card"][JOURNAL.binder.name(card)]
    stranger = Binder(b"0" * 32)
    assert stranger.bound(card, sequence) != newest.bound
    assert stranger.name(card) != newest.bound.name
    assert "99000000001" not in str(newest)


def test_an_earlier_digest_does_not_pass_for_a_later_entry(card: Card) -> None:
    bound = JOURNAL.binder.bound(card, 7)
    assert JOURNAL.binder.differing(card, bound, 7) is None
    assert JOURNAL.binder.differing(card, bound, 8) == []


def test_a_value_that_nobody_knows_is_not_bound(card: Card) -> None:
    card.valid = 1.5  # type: ignore[assignment]
    with pytest.raises(Exception, match=r"1\.5"):
        JOURNAL.binder.bound(card, 1)
