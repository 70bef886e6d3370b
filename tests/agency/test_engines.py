"""Acts at once, on both engines: the database decides who wins, and nothing is ever issued twice."""

import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from honnin.sites.home import Home
from honnin.sites.roles import databases
from tests.agency.killed_compromise import BATCH
from tests.support.databases import postgresql
from tests.support.databases.engines import environment_of, require_postgresql
from tests.support.installations import honnin


@pytest.fixture(params=["sqlite", "postgresql"])
def told(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What `tests.agency.engine_program` saw on an engine."""
    if request.param == "postgresql":
        require_postgresql()
    return played_on(request.param)


@cache
def played_on(engine: str) -> dict[str, Any]:
    """Played once, whatever the order of the tests."""
    with tempfile.TemporaryDirectory(prefix="honnin-engine-") as home:
        if engine == "sqlite":
            return play(Path(home), {})
        with postgresql.server() as address:
            roles = ("agency", "municipality")
            databases = {
                f"HONNIN_{role.upper()}_DATABASE": postgresql.create_database(address, role) for role in roles
            }
            return play(Path(home), databases)


PROGRAM = ("tests.agency.engine_program",)


def play(
    home: Path, databases: dict[str, str], program: tuple[str, ...] = PROGRAM, timeout: int = 120
) -> dict[str, Any]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HONNIN_")}
    environment |= {"HONNIN_HOME": str(home), "DJANGO_SETTINGS_MODULE": "honnin.sites.settings"} | databases
    environment["PYTHONPATH"] = os.pathsep.join((str(Path("src").resolve()), str(Path().resolve())))
    command = [sys.executable, "-W", "error", "-m", *program]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout)
    assert result.returncode == 0, result.stderr
    content: dict[str, Any] = json.loads(result.stdout)
    assert (content["vendor"] == "postgresql") is bool(databases)
    return content


@pytest.mark.clause("S4-3.5")
def test_of_clerks_who_issue_to_one_person_at_once_exactly_one_wins(told: dict[str, Any]) -> None:
    assert told["two_clerks"] == [{"done": 1, "E_DUPLICATE_CERT": 5}] * 5
    assert told["effective_twice"] == []


def test_acts_of_every_kind_at_once_neither_fail_nor_wait_for_one_another(told: dict[str, Any]) -> None:
    assert told["everything_at_once"] == [{"done": 24}] * 3


def test_acts_on_the_rows_of_one_person_lock_them_in_the_same_order(told: dict[str, Any]) -> None:
    """Each of these pairs waited for one another, until PostgreSQL broke one off."""
    locks = told["locks"]
    assert locks.pop("renewal and delivery") in (["E_RENEWAL_UNFINISHED", "done"], ["done", "done"])
    assert locks == {
        "move and delivery": ["done", "done"],
        "loss and delivery": ["done", "done"],
        "overdue move and moving in": ["done", "done"],
    }


def test_one_lapse_reported_by_many_is_recorded_once(told: dict[str, Any]) -> None:
    assert told["one_lapse"] == [{"done": 6}, 1]


def test_letters_are_ordered_printed_and_posted_once_by_whoever_comes_first(told: dict[str, Any]) -> None:
    letters = told["letters"]
    assert letters["addressed"] == {"done": 3}
    assert letters["made"] == {"done": 3}
    assert letters["printed"] == ["done"]
    assert (letters["posted"], letters["twice"]) == (0, True)
    assert (letters["letters"], letters["persons"]) == ({"posted": 3}, 3)


@pytest.mark.clause("S4-8.1.1")
def test_a_feed_with_faults_ends_as_the_clean_one(told: dict[str, Any]) -> None:
    assert len(told["feed"]["faults"]) == 5
    assert told["feed"]["rounds"][-1] == 0


def test_of_applications_taken_at_once_one_is_open(told: dict[str, Any]) -> None:
    assert told["two_applications"] == {"done": 1, "E_APPLICATION_OPEN": 2}


def test_of_requests_with_the_same_answers_one_goes_on_and_it_is_recorded_once(told: dict[str, Any]) -> None:
    same = told["same_answers"]
    assert same["issuing"] == [{"done": 1, "E_PROCEDURE_NOT_OPEN": 5}] * 4
    assert same["clearing"] == [{"done": 1, "E_CARD_UPDATE_OVER": 5}] * 3
    assert same["acts"] == {
        "authorise PINs": 1,
        "deliver": 2,
        "clear card: sent": 1,
        "clear card: done": 1,
    }


def test_of_renewals_of_one_person_at_once_one_is_recorded(told: dict[str, Any]) -> None:
    renewals = told["renewals"]
    assert renewals["of_one"]["ends"]["done"] == 1
    assert renewals["of_one"]["ends"].keys() <= {"done", "E_RENEWAL_UNFINISHED"}
    assert renewals["of_one"]["effective"] == 2
    assert renewals["of_many"] == {"done": 5}


def test_a_renewal_whose_process_dies_at_any_commit_is_finished_by_the_next(told: dict[str, Any]) -> None:
    """At each of its four commits, before it and after it."""
    assert told["renewals"]["killed"] == {"before": 4, "after": 4}


@pytest.mark.clause("S3-8", "S3-12")
def test_a_visit_cut_or_killed_at_the_counter_is_finished_by_another_clerk(told: dict[str, Any]) -> None:
    """In person and by proxy; at every command and commit: `tests.killing.test_renewals`."""
    visits = told["renewals"]["visits"]
    assert (visits["cut"], visits["killed"]) == (4, 4)
    assert 0 < visits["recorded"] < 8


@pytest.mark.long
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_200_renew_at_once_over_https(engine: str, tmp_path: Path) -> None:
    """None doubled, none lost, none failed without a named reason; and those are finished by asking again."""
    if engine == "postgresql":
        require_postgresql()
    with environment_of(engine, tmp_path) as environment:
        databases = {name: value for name, value in environment.items() if name.endswith("_DATABASE")}
        told = play(tmp_path, databases, ("tests.agency.renewals_over_https", "200"), timeout=1200)
    assert [end for end in told["ends"] if end.startswith("unnamed")] == []
    assert sum(told["ends"].values()) == 200
    assert (told["brought"], told["faults"]) == (400, [])


def test_serial_numbers_are_unique_and_have_no_gap(told: dict[str, Any]) -> None:
    for numbers in told["numbers"].values():
        assert len(numbers) > 5
        # 1 is the authority's own, 2 its responder's; a failed transaction gives its number back.
        assert numbers == list(range(3, 3 + len(numbers)))


def test_card_numbers_are_unique_and_have_no_gap(told: dict[str, Any]) -> None:
    assert told["cards"] == [f"TEST{number:011d}" for number in range(1, 1 + len(told["cards"]))]


def test_a_rollover_amid_issuing_harms_nobody_and_is_made_once(told: dict[str, Any]) -> None:
    assert told["rolled_over"] == {
        "amid": {"done": 7},
        "together": {"done": 1, "E_ROLLED_OVER": 2},
        "told": {"good": 16},
        "audit": [],
    }


@pytest.mark.clause("S4-8.1.3")
def test_a_mass_revocation_killed_at_each_commit_revokes_everything_once(told: dict[str, Any]) -> None:
    seen = told["compromised"]
    count = seen["foreseen"]
    assert count > 10
    assert seen["kills"] > 2 * count / BATCH
    assert (seen["entries"], seen["changes"]) == ([count, count], [count, count])
    assert (seen["left"], seen["others"]) == (0, True)


def test_the_whole_way_over_the_counter(told: dict[str, Any]) -> None:
    counter = told["counter"]
    assert (counter["statuses"], counter["audit"]) == (["good", "held"], [0, []])
    assert counter["compared"] > 10


def test_records_that_cannot_be_written_are_unavailable(told: dict[str, Any]) -> None:
    assert told["read_only"] == ["E_READ_ONLY", True, 2]


def test_the_database_refuses_to_alter_the_journal(told: dict[str, Any]) -> None:
    assert len(told["refused"]) > 7
    assert [refusal for refusal in told["refused"] if "append-only" not in refusal] == []


def test_what_is_foreign_or_missing_beside_the_rows_is_named(told: dict[str, Any]) -> None:
    assert told["unseen"] == []


def test_the_journal_is_whole_until_somebody_alters_it(told: dict[str, Any]) -> None:
    assert told["faults"] == []
    assert len(told["tampered"]) == 1


def test_a_locked_table_of_postgresql_costs_an_answer_and_holds_up_nobody_else(told: dict[str, Any]) -> None:
    if told["vendor"] == "postgresql":
        assert told["locked"] == [["TRY_LATER", "TRY_LATER"], True, True, "good"]


def test_a_look_up_without_its_database(told: dict[str, Any]) -> None:
    assert told["gone"][0] in ("E_DATABASE_UNREACHABLE", "E_DATABASE_NOT_OPENED")
    # A connection that was cut costs one answer; the next request opens another.
    assert told["gone"][1:] in ([], ["TRY_LATER", "good", "unknown"], ["TRY_LATER", "revoked", "unknown"])


def test_an_empty_postgresql_database_beside_keys_is_refused_and_stays_empty(tmp_path: Path) -> None:
    import psycopg

    require_postgresql()
    home = Home(tmp_path)
    for name in ("passphrase", "card-master-key", "session-secret"):
        home.secret(name)
    (home.keys / "signature-ca-1-x.pem").write_text("")
    with postgresql.server() as server:
        made = {role: postgresql.create_database(server, role) for role in databases()}
        done = honnin(
            tmp_path, "authority", "init", **{f"HONNIN_{r.upper()}_DATABASE": a for r, a in made.items()}
        )
        assert (done.returncode, "[E_DATABASE_MISSING]" in done.stderr) == (8, True), done.stderr
        for address in made.values():
            with psycopg.connect(address) as connection:
                tables = connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public'").fetchall()
            assert tables == []
    assert [path.name for path in home.keys.glob("*.pem")] == ["signature-ca-1-x.pem"]
