"""Over the command line: whoever alters rows of the agency is found, before an act writes them and after."""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.installations import honnin
from tests.support.processes import plain_environment

CALL = """
import sys, django
django.setup()
from honnin.agency.hotline.services import employ_operator, record_notice_of_loss
from honnin.clock import SystemClock
operator = employ_operator("denwa", "電話 一郎", actor="test", at=SystemClock().now())
print(*record_notice_of_loss(sys.argv[1], operator=operator, at=SystemClock().now()))
"""
OF_OLD = """
import django
django.setup()
from datetime import UTC, datetime
from honnin.agency.records.journal import JOURNAL
from honnin.journal.head import FIRST, Head
from honnin.journal.journal import hash_of
from tests.support.agency.journalling import without_triggers
previous = FIRST
with without_triggers():
    for entry in JOURNAL.entries.objects.order_by("sequence"):
        entry.rows, entry.previous_hash = None, previous
        previous = entry.entry_hash = hash_of(entry)
        entry.save()
head = Head.signed(JOURNAL.key, (entry.sequence, previous), datetime.now(UTC), FIRST)
JOURNAL.heads.write_text(head.line() + chr(10))
JOURNAL.tails.objects.update(entry_hash=previous, newest_head=head.digest)
print(entry.sequence)
"""
RECORDS = "agency_records_issuancerecord"
OF_AUTHENTICATION = f"SELECT id, person_code FROM {RECORDS} WHERE purpose = 'user_authentication' ORDER BY id"


@pytest.fixture(scope="module")
def two_holders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with the cards of two holders, both with certificates."""
    home = tmp_path_factory.mktemp("bound") / "home"
    assert honnin(home, "authority", "init").returncode == 0
    for name in ("見本　花子", "見本　太郎"):
        made = honnin(home, "card", "create", "adult", "--name", name)
        assert made.returncode == 0, made.stderr
    assert audit(home) == (0, [])
    return home


@pytest.fixture
def home(two_holders: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(two_holders, tmp_path / "home"))


@contextmanager
def records(home: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(home / "agency.sqlite3")
    with connection:
        yield connection
    connection.close()


def audit(home: Path) -> tuple[int, list[str]]:
    done = honnin(home, "status", "audit", "--json")
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)["faults"]


def run(home: Path, program: str, *words: str) -> str:
    environment = plain_environment(home) | {"DJANGO_SETTINGS_MODULE": "honnin.sites.settings"}
    command = [sys.executable, "-c", program, *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def exchange(home: Path, column: str) -> str:
    """Exchange a value of two holders' records; returns the code of the first holder."""
    with records(home) as database:
        (one, holder), (two, _) = database.execute(OF_AUTHENTICATION).fetchall()
        first, second = (
            database.execute(f"SELECT {column} FROM {RECORDS} WHERE id = ?", [row]).fetchone()[0]
            for row in (one, two)
        )
        for value, row in (("", one), (first, two), (second, one)):
            database.execute(f"UPDATE {RECORDS} SET {column} = ? WHERE id = ?", [value, row])
    return str(holder)


@pytest.mark.parametrize("column", ["person_code", "certificate"])
def test_two_holders_certificates_that_were_exchanged_are_found_before_and_after_a_call(
    home: Path, column: str
) -> None:
    words = column.replace("_", " ")
    holder = exchange(home, column)
    exit_code, faults = audit(home)
    assert exit_code == 6
    assert [fault for fault in faults if fault.startswith("issuance record: a row is not what entry ")]
    assert all(fault.endswith(words) for fault in faults if fault.startswith("issuance record: "))
    run(home, CALL, holder)
    exit_code, faults = audit(home)
    assert exit_code == 6
    found = [fault for fault in faults if "found a row that was not what entry" in fault]
    assert found
    assert all(fault.endswith(words) for fault in found)
    assert honnin(home, "journal", "verify").returncode == 0


ALTERED = {
    f"UPDATE {RECORDS} SET delivered_at = NULL WHERE id = 1": "says of it: delivered at",
    "UPDATE agency_cards_card SET valid = 0, person_code = '1' WHERE rowid = 1": "person code, valid",
    "UPDATE agency_records_person SET reported_lost = 1 WHERE rowid = 1": "says of it: reported lost",
    "DELETE FROM agency_records_person WHERE rowid = 2": "person: the row that entry",
    "UPDATE agency_authority_listsequence SET next_crl_number = 1": "says of it: next crl number",
    "UPDATE agency_authority_serialsequence SET next_serial_number = 3": "says of it: next serial number",
    "UPDATE agency_issuance_procedure SET stage = 'opening' WHERE rowid = 1": "says of it: stage",
}


def test_what_no_act_wrote_is_found_and_named_without_a_value(home: Path) -> None:
    with records(home) as database:
        codes = [code for _, code in database.execute(OF_AUTHENTICATION)]
        for statement in ALTERED:
            database.execute(statement)
    exit_code, faults = audit(home)
    assert exit_code == 6
    assert [fault for fault in ALTERED.values() if not any(fault in each for each in faults)] == []
    assert not any(code in each for code in codes for each in faults)


def test_an_installation_of_before_is_asked_once_to_believe_what_it_has(home: Path) -> None:
    last = int(run(home, OF_OLD))
    exit_code, faults = audit(home)
    assert exit_code == 6
    remedy = "accept the records as they are with honnin journal bind-rows"
    assert faults == [f"entries 1 to {last} do not tell what they wrote: {remedy}"]
    run(home, CALL, "99999999999")  # goes on as before, and is told
    assert len(audit(home)[1]) == 1
    bound = honnin(home, "journal", "bind-rows")
    assert (bound.returncode, bound.stderr) == (0, "")
    assert audit(home) == (0, [])
    verified = honnin(home, "journal", "verify")
    assert verified.returncode == 0
    assert f"records accepted as they were at entry {last + 4}" in verified.stdout
    with records(home) as database:
        database.execute(f"UPDATE {RECORDS} SET municipality_code = '99102' WHERE id = 1")
    assert audit(home)[0] == 6
