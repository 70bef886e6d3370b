"""What binds a row to its entry: the same for what was read as for what was written, and for nothing else."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from django.db import transaction

from honnin.agency.card_register.models import Card
from honnin.agency.hotline.models import Call, Operator
from honnin.agency.records.journal import JOURNAL, Act, append
from honnin.agency.records.models import IssuanceRecord, JournalEntry, JournalTail, Person
from honnin.journal import binding
from honnin.journal.binding import (
    Binder,
    Bound,
    Written,
    changed,
    columns_of,
    shape_of,
    shape_of_columns,
)
from honnin.journal.history import History
from honnin.journal.journal import Journal, hash_of
from honnin.journal.row_acceptance import accept_rows
from honnin.journal.rows import SILENT, row_faults, tables
from honnin.law.certificates.status import Status
from honnin.law.terms import Generation
from honnin.municipality.records import journal as municipality
from tests.support.agency.journalling import proof, without_triggers
from tests.support.instants import NOW

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.alters_records]

ACT = Act("test", "test", "thing", {})


def write(*rows: Written, gone: tuple[Card, ...] = ()) -> int:
    with transaction.atomic(using="agency"):
        return append(ACT, NOW, *rows, gone=gone)


def faults_of(*tables: str) -> list[str]:
    return [fault for fault in row_faults(JOURNAL) if fault.startswith(tables)]


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
    assert faults_of("card") == []


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
    assert faults_of("operator", "call", "issuance record", "person") == []


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
    names = sorted(values, reverse=True) if len(values) == 1 else ("generation", "created_on")
    columns = ", ".join(names).replace("_", " ")
    assert faults_of("card") == [f"card: a row is not what entry {sequence} says of it: {columns}"]


def test_a_row_set_back_to_an_earlier_state_is_found(card: Card) -> None:
    first = write(card)
    Card.objects.filter(pk=card.pk).update(valid=False)
    second = write(changed(Card.objects.get(pk=card.pk), "valid"))
    assert first < second
    assert faults_of("card") == []
    Card.objects.filter(pk=card.pk).update(valid=True)
    assert faults_of("card") == [f"card: a row is not what entry {second} says of it: valid"]


def test_a_row_that_no_entry_tells_of_and_one_that_is_gone_are_found(card: Card) -> None:
    assert faults_of("card") == ["card: 1 that no entry tells of"]
    sequence = write(card)
    Card.objects.filter(pk=card.pk).delete()
    gone = f"card: the row that entry {sequence} tells of is gone"
    assert faults_of("card") == [gone]


def test_a_row_that_an_act_removed_is_gone_by_right_and_may_not_come_back(card: Card) -> None:
    write(card)
    sequence = write(gone=(card,))
    Card.objects.filter(pk=card.pk).delete()
    assert faults_of("card") == []
    card.save(force_insert=True)
    there_again = f"card: a row is there again that entry {sequence} removed"
    assert faults_of("card") == [there_again]


def test_two_rows_that_were_exchanged_are_found(card: Card) -> None:
    other = Card.objects.get(pk=card.pk)
    other.card_number, other.person_code = "TEST00000099998", "99000000002"
    other.save(force_insert=True)
    write(card, other)
    Card.objects.filter(pk=card.pk).update(valid=False)
    Card.objects.filter(pk=other.pk).update(person_code=card.person_code)
    Card.objects.filter(pk=card.pk).update(person_code="99000000002", valid=True)
    assert len(faults_of("card")) == 2


def test_who_has_not_the_key_cannot_make_what_an_entry_says(card: Card) -> None:
    sequence = write(card)
    newest = History.read(JOURNAL).newest["agency_cards_card"][JOURNAL.binder.name(card)]
    stranger = Binder(b"0" * 32)
    assert stranger.bound(card, sequence) != newest.bound
    assert stranger.name(card) != newest.bound.name
    assert "99000000001" not in str(newest)


def test_an_earlier_digest_does_not_pass_for_a_later_entry(card: Card) -> None:
    bound, columns = JOURNAL.binder.bound(card, 7), columns_of(Card)
    assert JOURNAL.binder.differing(card, bound, 7, columns) is None
    assert JOURNAL.binder.differing(card, bound, 8, columns) == []


def test_a_value_that_nobody_knows_is_not_bound(card: Card) -> None:
    card.valid = 1.5  # type: ignore[assignment]
    with pytest.raises(Exception, match=r"1\.5"):
        JOURNAL.binder.bound(card, 1)


# — An act that writes what somebody altered before it ———————————————————————————————————————————————————


def test_an_act_on_an_altered_row_does_not_make_it_right(card: Card) -> None:
    first = write(card)
    Card.objects.filter(pk=card.pk).update(person_code="99000000002")
    altered = Card.objects.get(pk=card.pk)
    altered.valid = False
    altered.save()
    second = write(changed(altered, "valid"))
    found = f"entry {second} found a row that was not what entry {first} says of it: person code"
    assert faults_of("card") == [f"card: {found}"]


def test_an_altered_value_that_the_act_itself_wrote_is_past(card: Card) -> None:
    write(card)
    Card.objects.filter(pk=card.pk).update(valid=False)
    write(changed(Card.objects.get(pk=card.pk), "valid"))
    assert faults_of("card") == []


def test_a_row_that_is_put_in_again_or_changed_and_was_never_put_in_is_found(card: Card) -> None:
    unknown = write(changed(card, "valid"))
    assert faults_of("card") == [f"card: entry {unknown} changed a row that no entry told of"]
    again = write(card)
    assert faults_of("card")[1:] == [f"card: entry {again} put in a row that entry {unknown} tells of"]


def test_a_row_that_was_removed_cannot_be_changed_and_may_be_put_in_anew(card: Card) -> None:
    write(card)
    gone = write(gone=(card,))
    write(card)
    assert faults_of("card") == []
    gone = write(gone=(card,))
    after = write(changed(card, "valid"))
    assert faults_of("card") == [f"card: entry {after} changed a row that entry {gone} removed"]


# — Entries —————————————————————————————————————————————————————————————————————————————————————————————


def forged(altered: Mapping[str, str | None]) -> list[str]:
    """The last entry as somebody without the key writes it anew, with its right hash."""
    entry = JournalEntry.objects.order_by("-sequence")[0]
    for column, value in altered.items():
        setattr(entry, column, value)
    with without_triggers():
        entry.entry_hash = hash_of(entry)
        entry.save()
    JournalTail.objects.update(entry_hash=entry.entry_hash)
    assert proof().faults == ()  # the chain is right, and no head was signed over it yet
    return faults_of(f"entry {entry.sequence}")


@pytest.mark.parametrize(
    "altered", [{"actor": "nobody"}, {"act": "other"}, {"subject": "x"}, {"detail": '{"a": 1}'}], ids=str
)
def test_an_entry_that_was_written_without_the_key_is_found(card: Card, altered: dict[str, str]) -> None:
    sequence = write(card)
    assert forged(altered) == [f"entry {sequence}: not as it was written with the journal's key"]


def test_an_entry_without_a_seal_after_those_that_have_one_is_found(card: Card) -> None:
    sequence = write(card)
    assert forged({"rows": None}) == [f"entry {sequence}: not as it was written with the journal's key"]
    assert faults_of("card") == ["card: 1 that no entry tells of"]


def test_an_entry_that_says_something_else_of_a_row_is_found(card: Card) -> None:
    write(card)
    sequence = write(gone=(card,))
    Card.objects.filter(pk=card.pk).delete()
    kept = JournalEntry.objects.get(pk=sequence).rows
    assert kept is not None
    for rows in ("[]", "{}", "nonsense", "[1]", kept.replace('"-"', '"+"'), '["é"]', kept[:-1] + ", 5]"):
        assert forged({"rows": rows}), rows


def test_entries_of_old_tell_nothing_and_are_no_fault(card: Card) -> None:
    with without_triggers():
        JournalEntry.objects.update(rows=None)
    last = JournalEntry.objects.count()
    assert list(row_faults(JOURNAL)) == [SILENT.format(last=last)]
    write(changed(card, "valid"))
    assert len(list(row_faults(JOURNAL))) == 1
    Card.objects.filter(pk=card.pk).update(valid=False)
    assert len(list(row_faults(JOURNAL))) == 2


# — Believing what is there ——————————————————————————————————————————————————————————————————————————————


def test_what_is_believed_is_no_fault_any_more_and_what_changes_after_it_is(card: Card) -> None:
    write(changed(card, "valid"))
    Card.objects.filter(pk=card.pk).update(person_code="99000000002")
    since = JournalEntry.objects.count() + 1
    assert accept_rows(JOURNAL, NOW, actor="command/root") > 4
    assert list(row_faults(JOURNAL)) == []
    assert History.read(JOURNAL).believed == since
    entry = JournalEntry.objects.get(sequence=since)
    assert (entry.act, entry.actor) == ("believe rows", "command/root")
    Card.objects.filter(pk=card.pk).update(valid=False)
    assert len(list(row_faults(JOURNAL))) == 1


def test_entries_that_were_forged_before_stay_forged(card: Card) -> None:
    write(card)
    assert forged({"actor": "nobody"})
    accept_rows(JOURNAL, NOW, actor="command/root")
    assert len(list(row_faults(JOURNAL))) == 1


# — Tables whose columns changed —————————————————————————————————————————————————————————————————————————


@pytest.mark.parametrize("journal", [JOURNAL, municipality.JOURNAL], ids=["agency", "municipality"])
def test_the_columns_of_every_table_are_registered(journal: Journal) -> None:
    """Where this fails: add what is missing to the role's shapes.toml, and leave the others there."""
    for model in tables(journal):
        shapes = journal.shapes.get(model._meta.db_table, {})
        assert shapes.get(shape_of(model)) == columns_of(model), (model._meta.db_table, shape_of(model))
        assert all(shape_of_columns(columns) == shape for shape, columns in shapes.items())


def with_shape(card: Card, columns: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> Bound:
    """What an entry said of a card when its table had these columns: others, and some that are gone."""
    shape = shape_of_columns(columns)
    known = JOURNAL.shapes["agency_cards_card"] | {shape: columns}
    monkeypatch.setitem(JOURNAL.shapes, "agency_cards_card", known)
    values = dict(binding._values(card)) | {"colour": b"sred"}
    then = [(column, values[column]) for column in columns]
    digest = JOURNAL.binder._digest("agency_cards_card", 7, then)
    marks = "".join(JOURNAL.binder._mark(column, value) for column, value in then)
    return Bound("agency_cards_card", JOURNAL.binder.name(card), shape, "+", digest, marks)


@pytest.mark.parametrize(
    "columns",
    [
        ("card_number", "person_code"),
        ("person_code", "colour", "card_number"),
        ("colour", "valid", "person_code"),
    ],
    ids=["a column came", "one went and one came", "another went"],
)
def test_what_was_told_of_other_columns_is_compared_over_those_that_are_still_there(
    card: Card, columns: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    bound = with_shape(card, columns, monkeypatch)
    assert JOURNAL.shape(bound) == columns
    assert JOURNAL.binder.differing(card, bound, 7, columns) is None
    card.municipality_code = "99102"
    assert JOURNAL.binder.differing(card, bound, 7, columns) is None
    card.person_code = "99000000002"
    assert JOURNAL.binder.differing(card, bound, 7, columns) == ["person_code"]


def test_columns_that_nobody_knows_are_said(card: Card) -> None:
    bound = replace(JOURNAL.binder.bound(card, 1), shape="00000000")
    assert JOURNAL.shape(bound) is None
