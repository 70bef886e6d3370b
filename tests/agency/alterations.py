"""What somebody alters in a database past the acts: refused, named by an audit, or unseen."""

from django.db import DatabaseError, connections, transaction

from honnin.agency.publication.services import prove_journal
from honnin.agency.records.journal import JOURNAL
from honnin.agency.records.models import JournalEntry
from honnin.journal.rows import row_faults
from honnin.municipality.records.journal import JOURNAL as MUNICIPALITY
from honnin.sites.audit.databases import database_faults

JOURNALS = {"agency": JOURNAL, "municipality": MUNICIPALITY}


RECORD = "agency_records_issuancerecord"
BESIDE_ROWS = (
    "DROP INDEX one_effective_certificate_per_person_and_purpose",
    "DROP INDEX one_effective_certificate_per_person_and_purpose ;; CREATE UNIQUE INDEX "
    "one_effective_certificate_per_person_and_purpose "
    f"ON {RECORD} (person_code, purpose) WHERE effective AND serial_number > 9",
    f"CREATE INDEX foreign_one ON {RECORD} (abs(serial_number))",
    "CREATE TABLE agency_foreign (x integer)",
    f"CREATE VIEW agency_foreign AS SELECT * FROM {RECORD}",
    "DROP INDEX resident_pair_name",
    "DROP INDEX resident_pair_name ;; CREATE INDEX resident_pair_name ON municipality_residents_resident "
    "((substr(name_key, 1, 4)), given_name_key, reading_key) WHERE given_name_key IS NOT NULL",
)
BESIDE_ROWS_BY_ENGINE = {
    "sqlite": (f"CREATE TRIGGER foreign_one AFTER INSERT ON {RECORD} BEGIN DELETE FROM {RECORD}; END",),
    "postgresql": (
        "CREATE FUNCTION foreign_one() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END' ;; "
        f"CREATE TRIGGER foreign_one AFTER INSERT ON {RECORD} FOR EACH ROW EXECUTE FUNCTION foreign_one()",
        f"CREATE RULE foreign_one AS ON UPDATE TO {RECORD} DO INSTEAD NOTHING",
        f"CREATE POLICY foreign_one ON {RECORD} USING (effective)",
        f"ALTER TABLE {RECORD} DROP CONSTRAINT a_revoked_certificate_has_no_effect",
        f"ALTER TABLE {RECORD} DROP CONSTRAINT one_use_per_serial_number",
        f"ALTER TABLE {RECORD} ADD COLUMN foreign_one text",
        f"ALTER TABLE {RECORD} DISABLE TRIGGER ALL",
        "UPDATE agency_authority_listsequence SET published_at = 'infinity'",
    ),
}


def unseen_beside_rows() -> list[str]:
    """What somebody made or dropped in a role's database, and no audit named."""
    unseen = []
    for statements in (*BESIDE_ROWS, *BESIDE_ROWS_BY_ENGINE[connections["agency"].vendor]):
        role = "municipality" if "resident" in statements else "agency"
        with transaction.atomic(using=role), connections[role].cursor() as cursor:
            for statement in statements.split(" ;; "):
                cursor.execute(statement)
            if not [*database_faults(role), *row_faults(JOURNALS[role])]:
                unseen.append(statements)
            transaction.set_rollback(True, using=role)
    return unseen


def refuses_to_alter_the_journal() -> list[str]:
    refused = []
    for statements in (*ALTERING, *ALTERING_BY_ENGINE[connections["agency"].vendor]):
        try:
            with transaction.atomic(using="agency"), connections["agency"].cursor() as cursor:
                for statement in statements.split(";"):
                    cursor.execute(statement.replace("{}", "agency_records_journalentry"))
                transaction.set_rollback(True, using="agency")
            refused.append(f"nobody refused {statements}")
        except DatabaseError as error:
            refused.append(str(error).splitlines()[0])
    return refused


FIRST = "SELECT * FROM {} WHERE sequence = 1"
ALTERING = (
    "UPDATE {} SET actor = 'x' WHERE sequence = 1",
    "DELETE FROM {} WHERE sequence = 1",
    f"INSERT INTO {{}} {FIRST} ON CONFLICT (sequence) DO UPDATE SET actor = 'x'",
    f"INSERT INTO {{}} {FIRST} ON CONFLICT (entry_hash) DO UPDATE SET actor = 'x'",
)
_OTHER_COLUMNS = "recorded_at, 'x', act, subject, detail, previous_hash"
ALTERING_BY_ENGINE = {
    "sqlite": (
        f"INSERT OR REPLACE INTO {{}} {FIRST}",
        f"REPLACE INTO {{}} {FIRST}",
        "UPDATE OR REPLACE {} SET sequence = 2 WHERE sequence = 1",
        "INSERT OR REPLACE INTO {} (rowid, sequence, recorded_at, actor, act, subject, detail, "
        f"previous_hash, entry_hash) SELECT rowid, 9999, {_OTHER_COLUMNS}, 'y' FROM {{}} WHERE sequence = 1",
    ),
    "postgresql": (
        "TRUNCATE {}",
        "TRUNCATE {} CASCADE",
        "SET LOCAL session_replication_role = replica; DELETE FROM {} WHERE sequence = 1",
        "SET LOCAL session_replication_role = replica; TRUNCATE {}",
        "MERGE INTO {} AS one USING (SELECT 1 AS number) AS two ON one.sequence = two.number "
        "WHEN MATCHED THEN UPDATE SET actor = 'x'",
    ),
}


def faults() -> list[str]:
    return [*prove_journal().faults, *row_faults(JOURNAL), *row_faults(MUNICIPALITY)]


def faults_after_tampering() -> list[str]:
    """Somebody with the rights of the owner turns one letter."""
    last = JournalEntry.objects.latest("sequence").sequence
    alter = f"UPDATE agency_records_journalentry SET actor = 'x' || actor WHERE sequence = {last - 2}"
    with connections["agency"].cursor() as cursor:
        if connections["agency"].vendor == "postgresql":
            cursor.execute("ALTER TABLE agency_records_journalentry DISABLE TRIGGER USER")
        else:
            cursor.execute("DROP TRIGGER agency_records_journalentry_no_update")
        cursor.execute(alter)
    return [fault for fault in faults() if f"entry {last - 2}: changed" in fault]
