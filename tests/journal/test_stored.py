"""SQLite keeps whatever it is given: a value in another form than is ever written is found."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections, transaction

from honnin.agency.publication.services import publish
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.revocation.services import hold
from honnin.journal.proof import verify
from honnin.journal.rows import form_faults, row_faults
from honnin.municipality.residents.services import record_change_of_address
from honnin.sites.audit.databases import database_faults
from honnin.sites.declaration.chore import Outcome
from honnin.sites.journals import JOURNALS
from honnin.sites.roles import databases
from tests.support.town import Town

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.alters_records]
RECORD, CARD, LIST = "agency_records_issuancerecord", "agency_cards_card", "agency_authority_listsequence"
RESIDENT, REPORT = "municipality_residents_resident", "municipality_residents_changereport"
OTHER_FORMS = [
    f"UPDATE {RECORD} SET expiry_date = CAST(replace(expiry_date, '-', '') AS INTEGER)",
    f"UPDATE {RECORD} SET expiry_date = replace(expiry_date, '-0', '-')",
    f"UPDATE {RECORD} SET expiry_date = CAST(expiry_date AS BLOB)",
    f"UPDATE {RECORD} SET effective = 2",
    f"UPDATE {RECORD} SET effective = 't'",
    f"UPDATE {RECORD} SET serial_number = '0_' || serial_number",
    f"UPDATE {RECORD} SET serial_number = CAST(serial_number AS BLOB)",
    f"UPDATE {RECORD} SET status = CAST(status AS BLOB)",
    f"UPDATE {RECORD} SET certificate = CAST(certificate AS TEXT)",
    f"UPDATE {RECORD} SET issued_at = replace(issued_at, ' ', 'T')",
    f"UPDATE {RECORD} SET issued_at = issued_at || '.000000'",
    f"UPDATE {RECORD} SET issued_at = issued_at || '+00:00'",
    f"UPDATE {RECORD} SET delivered_at = ''",
    f"UPDATE {CARD} SET key_version = CAST(key_version AS BLOB)",
    f"UPDATE {CARD} SET valid = 2",
    f"UPDATE {LIST} SET next_crl_number = '0_' || next_crl_number",
    f"UPDATE {LIST} SET published_at = 'x'",
    "UPDATE agency_authority_issuingkey SET generation = '0_1'",
    "UPDATE agency_records_person SET notices = '0_0'",
    "UPDATE agency_records_statuschange SET recorded_at = CAST(recorded_at AS BLOB)",
    "UPDATE agency_records_journaltail SET sequence = '0_' || sequence",
    f"UPDATE {RESIDENT} SET removed_on = ''",
    f"UPDATE {RESIDENT} SET removed_on = 'x' || char(0)",
    f"UPDATE {RESIDENT} SET adult_ward = 2",
    f"UPDATE {REPORT} SET delivered = 2",
    "UPDATE municipality_counter_application SET pins = ' []'",
    'UPDATE municipality_counter_application SET outcome = \'[{"a":1,"a": 2}]\'',
    "UPDATE municipality_counter_clerk SET municipality_id = CAST(municipality_id AS BLOB)",
]


@pytest.fixture
def lived(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setattr(settings, "HONNIN_PUBLICATION", tmp_path / "publication")
    holder = town.with_certificates()
    hold(holder.code, actor="test", at=town.clock.now())
    record_change_of_address(holder.resident, "みほん県みほん市見本町９", clerk="hanako", at=town.clock.now())
    publish(town.clock)
    return town


def of_form(role: str) -> list[str]:
    return list(form_faults(JOURNALS[role]))


@contextmanager
def altered(statement: str) -> Iterator[str]:
    """The role whose database is altered as long as the block lasts."""
    role = "municipality" if "municipality_" in statement else "agency"
    connection: Any = connections[role]
    with transaction.atomic(using=role), connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        cursor.execute(statement)
        assert cursor.rowcount, f"nothing was altered: {statement}"
        yield role
        cursor.execute("PRAGMA ignore_check_constraints = OFF")
        transaction.set_rollback(True, using=role)


def test_a_value_in_another_form_is_found_and_nothing_else_is(lived: Town) -> None:
    assert [*of_form("agency"), *of_form("municipality")] == []
    missed = []
    for statement in OTHER_FORMS:
        with altered(statement) as role:
            found = of_form(role)
            if len(found) != 1 or "another form" not in found[0]:
                missed.append((statement, found))
    assert missed == []


def test_rows_are_named_by_their_numbers_and_columns_and_no_value_is(lived: Town) -> None:
    with altered(f"UPDATE {RECORD} SET expiry_date = 20310404"):
        [found] = of_form("agency")
    numbers = ", ".join(str(pk) for pk in IssuanceRecord.objects.order_by("pk").values_list("pk", flat=True))
    off = "stored in another form than is ever written: expiry date"
    assert found == f"issuance record: {off} (row {numbers})"


def test_what_a_field_of_our_own_would_write_is_no_excuse_for_what_stands_there(lived: Town) -> None:
    """Names of accounts are normalised when they are written."""
    with altered("UPDATE municipality_counter_clerk SET user_name = user_name || char(10)") as role:
        assert "user name" in " ".join(row_faults(JOURNALS[role]))


@pytest.mark.parametrize("form", ["'0_' || sequence", "CAST(sequence AS BLOB)", "'x'"])
def test_a_journal_whose_numbers_are_none_is_named_by_verify(lived: Town, form: str) -> None:
    tail, entry = "agency_records_journaltail", "agency_records_journalentry"
    with altered(f"UPDATE {tail} SET sequence = {form}"):
        assert any("another form" in fault for fault in verify(JOURNALS["agency"]).faults)
    with altered(
        f"INSERT INTO {entry} SELECT {form}, recorded_at, actor, act, subject, detail, "
        f"previous_hash, 'x', rows FROM {entry} WHERE sequence = 3"
    ):
        faults = verify(JOURNALS["agency"]).faults
        assert any("another form" in fault for fault in faults)
        assert list(row_faults(JOURNALS["agency"]))


# — What stands in a database beside its rows ———————————————————————————————————————————————————————————

SCHEMA = {
    "DROP INDEX one_effective_certificate_per_person_and_purpose": "is missing",
    f"CREATE TRIGGER evil AFTER INSERT ON {RECORD} BEGIN DELETE FROM {CARD}; END": "none of ours",
    f"CREATE TRIGGER evil AFTER INSERT ON {REPORT} BEGIN DELETE FROM {REPORT}; END": "none of ours",
    "CREATE TABLE agency_evil (x)": "none of ours",
    "CREATE TABLE evil (x)": "none of ours",
    f"CREATE VIEW agency_evil AS SELECT * FROM {RECORD}": "none of ours",
    f"CREATE INDEX agency_evil ON {RECORD} (abs(serial_number))": "none of ours",
    f"ALTER TABLE {CARD} ADD COLUMN evil text": "not as it was made",
    "DROP TRIGGER agency_records_journalentry_no_replace": "is missing",
    "DROP TABLE agency_hotline_call": "is missing",
}


def test_what_was_made_by_migrations_is_as_they_make_it(lived: Town) -> None:
    assert [fault for role in databases() for fault in database_faults(role)] == []


@pytest.mark.parametrize("statement", SCHEMA)
def test_what_is_foreign_or_missing_in_a_database_is_named(lived: Town, statement: str) -> None:
    role = "municipality" if "municipality_" in statement else "agency"
    with transaction.atomic(using=role), connections[role].cursor() as cursor:
        cursor.execute(statement)
        found = [fault for fault in database_faults(role) if SCHEMA[statement] in fault]
        transaction.set_rollback(True, using=role)
    assert found
    assert all(fault.startswith(f"{role}.sqlite3: ") for fault in found)


def test_a_chore_that_meets_what_it_cannot_understand_fails_by_a_name(lived: Town) -> None:
    outcome = Outcome()

    def cannot_understand() -> None:
        raise TypeError("a value")

    with outcome.noting():
        cannot_understand()
    assert [str(failure) for failure in outcome.failures] == ["E_RECORDS_NOT_UNDERSTOOD"]
