"""A process plays the roles that HONNIN_ROLES names, and has no secret, table or page of another."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from honnin.errors import Language, Malformed
from honnin.sites import roles
from tests.sites.test_broken_installations import honnin
from tests.sites.test_up import plain_environment

ROLES = Path(roles.__file__).parent
ACCOUNTS = {"auth", "console", "django"}
OF_ACCOUNTS = {"demo-logins.json", "passphrase", "session-secret"}


def opened(home: Path, names: str) -> dict[str, Any]:
    """What `tests.sites.roles_program` tells of an installation that plays these roles."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.sites.roles_program"],
        env=plain_environment(home) | {"HONNIN_ROLES": names},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("roles")


@pytest.fixture(scope="module")
def municipality(folder: Path) -> dict[str, Any]:
    return opened(folder / "municipality", "municipality")


@pytest.fixture(scope="module")
def agency(folder: Path) -> dict[str, Any]:
    return opened(folder / "agency", " agency,agency ")


def tables(told: dict[str, Any]) -> dict[str, set[str]]:
    return {alias: {name.partition("_")[0] for name in names} for alias, names in told["tables"].items()}


def test_reading_the_settings_makes_nothing(municipality: dict[str, Any], agency: dict[str, Any]) -> None:
    for told in (municipality, agency):
        assert (told["made_by_settings"], told["made_by_setup"]) == (False, False)


def test_a_municipality_has_nothing_of_the_agency(municipality: dict[str, Any]) -> None:
    assert tables(municipality) == {"default": ACCOUNTS, "municipality": {"django", "municipality"}}
    assert "agency.sqlite3" not in municipality["files"]
    assert set(municipality["keys"]) == OF_ACCOUNTS | {"evidence-key", "municipality-journal.pem"}
    of_agency = {"card-master-key", "journal.pem", "signature-ca-1-00000000.pem"}
    assert not of_agency & set(municipality["opened"])  # though they lay beside its own
    assert "municipality-journal.pem" in municipality["opened"]
    assert municipality["settings"] == ["HONNIN_MUNICIPALITY_JOURNAL_HEADS"]
    assert municipality["addresses"] == ["counter"]
    assert municipality["rooms"] == ["municipality"]
    assert set(municipality["logins"]) == {"clerk"}
    assert municipality["leads_to"] == [["/counter/applications/", 302]]
    assert municipality["pages"] == {
        "/counter/applications/": 200,
        "/hotline/": 404,
        "/terms/": 200,
        "/guide/": 200,
    }
    assert municipality["chores"] == ["reports", "head", "sessions", "files"]
    assert (municipality["failures"], municipality["due"]) == ([], {})


def test_an_agency_has_nothing_of_a_municipality(agency: dict[str, Any]) -> None:
    assert tables(agency) == {"default": ACCOUNTS, "agency": {"django", "agency"}}
    assert "municipality.sqlite3" not in agency["files"]
    assert not {"evidence-key", "municipality-journal.pem"} & set(agency["keys"])
    assert "HONNIN_MUNICIPALITY_JOURNAL_HEADS" not in agency["settings"]
    assert agency["addresses"] == ["hotline"]
    assert agency["rooms"] == ["agency"]
    assert agency["logins"] == ["operator"]
    assert agency["leads_to"] == [["/hotline/", 302]]
    assert agency["pages"]["/counter/applications/"] == 404
    assert agency["pages"]["/terms/"] == 200
    assert "reports" not in agency["chores"]
    assert (agency["failures"], agency["due"]) == ([], {})


# — Names ————————————————————————————————————————————————————————————————————————————————————————————————


def test_a_module_in_the_folder_is_a_role() -> None:
    modules = {path.stem for path in ROLES.glob("*.py")} - {"__init__"}
    assert {role.name for role in roles.every_role()} == modules
    assert modules == {"agency", "municipality", "status"}


def test_without_a_choice_every_role_is_played(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(roles.VARIABLE, raising=False)
    assert roles.played() == roles.every_role()


@pytest.mark.parametrize("text", ["municipality", " municipality ", "municipality,municipality"])
def test_a_role_is_named_with_spaces_or_twice(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(roles.VARIABLE, text)
    assert [role.name for role in roles.played()] == ["municipality"]
    assert roles.plays("municipality")
    assert not roles.plays("agency")
    with pytest.raises(Malformed, match="E_ROLE_NOT_PLAYED"):
        roles.require_played("municipality", "agency")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ",",
        "agency,",
        "Agency",
        "agency municipality",
        "agency;status",
        "kiosk",
        "ａｇｅｎｃｙ",
        "agency、status",
    ],
)
def test_a_name_that_is_none_is_said_with_those_there_are(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(roles.VARIABLE, text)
    with pytest.raises(Malformed, match="E_ROLES") as raised:
        roles.played()
    languages: tuple[Language, ...] = ("en", "ja")
    for language in languages:
        said = raised.value.sentence(language)
        assert all(name in said for name in ("agency", "municipality", "status"))


def test_a_command_says_that_its_role_is_played_elsewhere(folder: Path, municipality: dict[str, Any]) -> None:
    home = folder / "municipality"
    for words, code in (
        (("authority", "show"), "E_ROLE_NOT_PLAYED"),
        (("journal", "verify", "--role", "agency"), "E_ROLE_NOT_PLAYED"),
    ):
        done = honnin(home, *words, HONNIN_ROLES="municipality")
        assert (done.returncode, code in done.stderr) == (5, True), done.stderr
    done = honnin(home, "journal", "verify", "--json", HONNIN_ROLES="municipality")
    assert list(json.loads(done.stdout)) == ["municipality"], done.stderr
    done = honnin(home, "chores", HONNIN_ROLES="status")
    assert (done.returncode, "E_ROLES_WITHOUT_SCREENS" in done.stderr) == (5, True), done.stderr
    done = honnin(home, "chores", HONNIN_ROLES="")
    assert (done.returncode, "E_ROLES]" in done.stderr) == (5, True), done.stderr


def test_the_status_service_needs_no_framework_and_no_other_role(folder: Path) -> None:
    program = (
        "import sys; from honnin.sites.roles import every_role, require_played; every_role();"
        "require_played('status'); import honnin.sites.responder; print('django' in sys.modules)"
    )
    environment = plain_environment(folder / "nowhere")
    for names, told in (("status", "False"), ("agency,status", "False")):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=environment | {"HONNIN_ROLES": names},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.strip() == told, done.stderr
    assert not (folder / "nowhere").exists()
