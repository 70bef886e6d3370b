"""A process plays the roles that HONNIN_ROLES names, and has no secret, table or page of another."""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from honnin.clock import SystemClock
from honnin.errors import Language, Malformed
from honnin.identifiers import MunicipalityCode
from honnin.sites import roles
from honnin.sites.home import Home
from honnin.sites.lines import joined
from honnin.wire.invitations import written
from honnin.wire.line import Party
from honnin.wire.peers import Peers
from tests.support.installations import honnin
from tests.support.processes import free_port, plain_environment

ROLES = Path(roles.__file__).parent
ACCOUNTS = {"auth", "console", "django"}
OF_ACCOUNTS = {"demo-logins.json", "passphrase", "session-secret"}


def opened(home: Path, names: str) -> dict[str, Any]:
    """What `tests.sites.roles.roles_program` tells of an installation that plays these roles."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.sites.roles.roles_program"],
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
    assert municipality["chores"] == ["reports", "reconciliation", "addresses", "head", "sessions", "files"]
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
    assert modules == {"agency", "kiosk", "municipality", "status"}


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
        "kiosks",
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
    done = honnin(home, "chores")  # nothing is lost: it was never there
    assert (done.returncode, "E_ROLE_NOT_OPENED" in done.stderr) == (7, True), done.stderr
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


# — An agency and two municipalities ——————————————————————————————————————————————————————————————————————

MOVES = """
import json, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "honnin.sites.settings"
import django; django.setup()
from honnin.clock import SystemClock
from honnin.errors import HonninError
from honnin.municipality.residents.models import ChangeReport, Resident
from honnin.municipality.residents.services import record_change_of_address
said = []
for code in ("99101", "99102"):
    resident = Resident.objects.filter(municipality_id=code).first()
    place = resident.municipality
    address = f"{place.prefecture}{place.name}見本町１－{ChangeReport.objects.count()}"
    try:
        record_change_of_address(resident, address, clerk="hanako", at=SystemClock().now())
        said.append("heard")
    except HonninError as error:
        said.append(error.code)
print(json.dumps([said, ChangeReport.objects.filter(delivered=False).count()]))
"""


@contextmanager
def answering(home: Path, port: int) -> Iterator[None]:
    command = [sys.executable, "-m", "honnin", "peers", "serve", "--port", str(port)]
    environment = plain_environment(home) | {"HONNIN_ROLES": "agency"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        try:
            assert str(port) in serving.stdout.readline()
            yield
        finally:
            serving.terminate()


def test_two_municipalities_speak_to_an_agency_each_by_its_own_line(
    folder: Path, municipality: dict[str, Any], agency: dict[str, Any]
) -> None:
    homes = {"99101": folder / "municipality", "99102": folder / "next door"}
    assert moves(homes["99101"]) == (["E_LINE_MISSING", "E_LINE_MISSING"], 2)
    shutil.copytree(homes["99101"], homes["99102"])
    peers, port, now = Peers(folder / "agency" / "peers"), free_port(), SystemClock().now()
    peers.init(now)
    for code, home in homes.items():
        invitation = peers.invite(
            Party("municipality", MunicipalityCode(code)), f"https://127.0.0.1:{port}", now
        )
        file = folder / f"{code}.json"
        file.write_bytes(written(invitation))
        done = honnin(home, "peers", "join", file, HONNIN_ROLES="municipality")
        assert done.stdout.strip() == str(home / "lines" / f"municipality-{code}.json"), done.stderr
    with answering(folder / "agency", port):
        heard = {code: moves(home) for code, home in homes.items()}
    # What waited of the same person is told first, in order; what another municipality owes waits on.
    assert heard["99101"] == (["heard", "E_LINE_MISSING"], 2)
    assert heard["99102"] == (["E_LINE_MISSING", "heard"], 2)
    with closing(sqlite3.connect(folder / "agency" / "agency.sqlite3")) as records:
        parties = records.execute("SELECT DISTINCT party FROM agency_answered_answeredrequest ORDER BY 1")
        assert [party for (party,) in parties] == ["municipality/99101", "municipality/99102"]


def moves(home: Path) -> tuple[list[str], int]:
    """What became of a change of address in each of two municipalities, and how many reports still wait."""
    done = subprocess.run(
        [sys.executable, "-c", MOVES],
        env=plain_environment(home) | {"HONNIN_ROLES": "municipality"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said, waiting = json.loads(done.stdout)
    return said, waiting


def test_an_invitation_is_joined_by_whom_it_names_and_nowhere_else(
    folder: Path, municipality: dict[str, Any], tmp_path: Path
) -> None:
    peers, now = Peers(tmp_path / "peers"), SystemClock().now()
    peers.init(now)
    invitation = peers.invite(Party("municipality", MunicipalityCode("99101")), "https://127.0.0.1:1", now)
    for changed in (
        replace(invitation, municipality_code="99102"),
        replace(invitation, municipality_code="../../keys/x"),
        replace(invitation, role="kiosk"),
        replace(invitation, certificate=invitation.authority),
        replace(invitation, key=""),
    ):
        with pytest.raises(Malformed, match="E_INVITATION"):
            joined.proved(changed)
    with pytest.raises(Malformed, match="E_LINE_ADDRESS"):
        joined.proved(replace(invitation, address="http://127.0.0.1:1"))
    file = tmp_path / "kiosk.json"
    file.write_bytes(written(peers.invite(Party("kiosk"), "https://127.0.0.1:1", now)))
    home = folder / "municipality"
    for names, code in (("municipality", "E_ROLE_NOT_PLAYED"), ("agency,municipality", "E_AGENCY_HERE")):
        done = honnin(home, "peers", "join", file, HONNIN_ROLES=names)
        assert (done.returncode in (5, 7), code in done.stderr) == (True, True), done.stderr


# — One more —————————————————————————————————————————————————————————————————————————————————————————————


def test_a_role_more_is_one_declaration_and_its_rooms(folder: Path) -> None:
    """Its database, page, menu, chore, journal and secret appear, and nothing else had to be touched."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.sites.roles.added_role_program"],
        env=plain_environment(folder / "library"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, *lines = done.stdout.splitlines()
    found = json.loads(first)
    assert {"library.sqlite3", "agency.sqlite3", "library-journal-heads.jsonl"} <= set(found["files"])
    assert {"library-key", "library-journal.pem"} <= set(found["keys"])
    assert {"library_records_journalentry", "library_records_librarian"} < set(found["tables"])
    assert (found["page"], found["menu"]) == ([["/library/", 302]], [True, False])  # for a reader, for nobody
    assert (found["done"], found["due"], found["failures"]) == ([["dusting", "3"]], {}, [])
    assert any(line.endswith(" dusted: 3") for line in lines)
    assert found["journals"] == found["choice"] == ["agency", "library", "municipality"]
    assert (found["entries"], found["faults"]) == (1, [])
    assert found["accounts"]["reader"] == "librarian"


def test_a_kiosk_says_which_chain_there_is_none_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HONNIN_KIOSK_CHAIN", "corner shop")
    with pytest.raises(Malformed, match="E_KIOSK_CHAIN") as raised:
        roles.role_named("kiosk").settings(Home(Path("nowhere")))
    assert "seven_eleven" in raised.value.sentence("en")


def test_a_kiosk_has_nothing_of_the_others(folder: Path) -> None:
    """No table but those of sessions, no key but those of pages, and no line until it has joined one."""
    program = (
        "import json, os; os.environ['DJANGO_SETTINGS_MODULE'] = 'honnin.sites.settings'\n"
        "import django; django.setup()\n"
        "from django.db import connections; from django.test import Client\n"
        "from django.urls import get_resolver; from honnin.clock import SystemClock\n"
        "from honnin.errors import HonninError; from honnin.sites.opening import migrate, open_roles\n"
        "from honnin.wire.line import line_to; from django.conf import settings\n"
        "migrate(); open_roles(SystemClock())\n"
        "try: line_to('agency')\n"
        "except HonninError as error: code = error.code\n"
        "print(json.dumps([sorted(connections), sorted(get_resolver().namespace_dict), code,\n"
        "  sorted(path.name for path in settings.HOME.keys.iterdir()),\n"
        "  Client(HTTP_HOST='127.0.0.1').get('/kiosk/').status_code]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=plain_environment(folder / "kiosk") | {"HONNIN_ROLES": "kiosk"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    aliases, rooms, code, keys, page = json.loads(done.stdout)
    assert (aliases, rooms, code, page) == (["default"], ["kiosk"], "E_LINE_MISSING", 200)
    assert set(keys) == {"passphrase", "session-secret"}
