"""The pages that need a card reader or a PostgreSQL server, followed with both."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.docs.samples import ROOT, Reader, clone, samples
from tests.docs.units import Service, environment_of, written_files
from tests.support.card.reader import missing, running_reader
from tests.support.hsm import MODULE, PIN, soft_folder
from tests.support.processes import free_port

pytestmark = pytest.mark.conformance
SOCKET = "PCSCLITE_CSOCK_NAME"
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def lacks(what: str) -> None:
    """Skips, or fails where everything must be there."""
    reason = f"this machine lacks {what}"
    if os.environ.get("HONNIN_REQUIRE_CONFORMANCE") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def test_a_card_in_five_minutes(tmp_path: Path) -> None:
    if lacking := missing():
        lacks(", ".join(lacking))
    project = clone(tmp_path)
    setup, *others = samples(ROOT / "docs" / "tutorials" / "test-card-in-five-minutes.md")
    with running_reader() as readers:
        elsewhere = {
            "card insert ": f"card insert --vpcd 127.0.0.1:{readers.port} ",
            "127.0.0.1:35963": f"127.0.0.1:{readers.port}",
        }
        with Reader(project, instead=elsewhere) as reader:
            if packages_can_be_had(tmp_path):
                reader.execute(setup)
                assert (project / ".venv" / "bin" / "honnin").exists()
            # As after `. .venv/bin/activate`, and with a home of its own, where OpenSC finds no settings.
            reader.environment = {
                **{name: readers.environment[name] for name in (SOCKET,) if name in readers.environment},
                "HOME": str(tmp_path),
                "PATH": f"{project / '.venv' / 'bin'}:{reader.variables()['PATH']}",
            }
            for sample in others:
                reader.execute(sample)
                if "background" in sample.flags:
                    wait_until(lambda: readers.sees_card(0))


def packages_can_be_had(folder: Path) -> bool:
    """Whether a package index answers; a machine without one follows the page with what is installed."""
    lock = ROOT / "requirements" / "bootstrap.txt"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--retries", "0"]
    command += ["--timeout", "5", "--dest", str(folder / "packages"), "-r", str(lock)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def wait_until(condition: object) -> None:
    assert callable(condition)
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.05)


@pytest.fixture
def postgresql() -> Iterator[Mapping[str, str]]:
    """Variables by which PostgreSQL's programs reach a server of our own, which trusts everybody."""
    if not BINARIES:
        lacks("postgresql")
    with tempfile.TemporaryDirectory(prefix="honnin-pg-", dir="/tmp") as name:
        folder = Path(name)
        as_user: dict[str, Any] = {}
        if os.geteuid() == 0:  # the server refuses to be root
            account = pwd.getpwnam("postgres")
            os.chown(folder, account.pw_uid, account.pw_gid)
            as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        data, owner = folder / "data", ("-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale", "C.UTF-8")
        subprocess.run(
            [BINARIES[-1] / "initdb", "--no-sync", *owner, "-D", data],
            check=True,
            capture_output=True,
            cwd=folder,
            **as_user,
        )
        settings = ("-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off")
        server = subprocess.Popen(
            [BINARIES[-1] / "postgres", "-D", data, *settings],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            **as_user,
        )
        try:
            wait_until(lambda: (folder / ".s.PGSQL.5432").exists())
            yield {"PGHOST": str(folder), "PGUSER": "postgres"}
        finally:
            server.terminate()
            server.wait(15)


DEPLOYMENT = ROOT / "docs" / "how-to" / "deploy-with-postgresql.md"
UNITS = "/etc/systemd/system/honnin-"
# An address changes at the counter, and the agency does not answer: the certificate is good still.
MOVED = """
import django, os
os.environ["DJANGO_SETTINGS_MODULE"] = "honnin.sites.settings"
django.setup()
from honnin.clock import SystemClock
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.services import record_change_of_address
from honnin.wire.line import InProcessLines, plug
plug("agency", InProcessLines({}, "municipality"))
try:
    holder, now = Resident.objects.get(person_code="99900000000"), SystemClock().now()
    record_change_of_address(holder, "Tokyo 1", clerk="hanako", at=now)
except Exception as error:
    print(error)
from pathlib import Path
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from honnin.agency.records.models import IssuanceRecord
signature = x509.load_der_x509_certificate(bytes(IssuanceRecord.objects.get(purpose="signature").certificate))
Path("signature.pem").write_bytes(signature.public_bytes(Encoding.PEM))
for each in IssuanceRecord.objects.order_by("purpose"):
    print(each.purpose, each.status)
"""
TOLD = """
import sys
from pathlib import Path
from cryptography import x509
from honnin.clock import SystemClock
from honnin.verifier import CRLSource, OCSPClient
home, address = sys.argv[1:]
publication, now = Path(home) / "publication", SystemClock().now()
ca = x509.load_der_x509_certificate((publication / "signature-ca.cer").read_bytes())
certificate = x509.load_pem_x509_certificate(sys.stdin.buffer.read())
for source in (OCSPClient(address), CRLSource(publication / "signature.crl")):
    print(source.status_of(certificate, ca, now).cert_status)
"""
FORBIDDEN = [
    "ALTER TABLE agency_records_journalentry DISABLE TRIGGER ALL",
    "DROP TRIGGER agency_records_journalentry_append_only ON agency_records_journalentry",
    "TRUNCATE agency_records_journalentry",
    "UPDATE agency_records_journalentry SET actor = 'x'",
    "DELETE FROM agency_records_journalentry",
    "ALTER TABLE agency_records_journalentry ADD COLUMN x int",
    "DROP TABLE agency_records_journalentry",
    "DELETE FROM agency_records_journaltail",
    "CREATE OR REPLACE FUNCTION agency_records_journalentry_is_append_only() RETURNS trigger "
    "LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    "CREATE TABLE mine (x int)",
    "SET session_replication_role = replica",
    "TRUNCATE agency_records_issuancerecord",
    "DELETE FROM django_migrations",
    "SET ROLE honnin_agency_owner",
]


def test_deploying_with_postgresql(tmp_path: Path, postgresql: Mapping[str, str]) -> None:
    """The page is followed, and each unit's command is run as it stands there, but for paths and ports."""
    if shutil.which("createdb") is None:
        lacks("createdb")
    home, port = tmp_path / "srv" / "home", free_port()
    instead = {
        "/etc/honnin/": f"{tmp_path}/etc/",
        "/etc/systemd/": f"{tmp_path}/etc/",
        "/srv/honnin": str(tmp_path / "srv"),
        "/opt/honnin/.venv/bin": str(Path(sys.executable).parent),
        ":PASSWORD@db.example/": f"@{postgresql['PGHOST'].replace('/', '%2F')}/",
        "8602": str(port),
        "8600": str(free_port()),
    }
    files = written_files(DEPLOYMENT)
    for said, meant in instead.items():
        files = {path.replace(said, meant): text.replace(said, meant) for path, text in files.items()}
    for path, text in files.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text)
    own = {name: value for name, value in os.environ.items() if not name.startswith(("HONNIN_", "DJANGO_"))}
    served = environment_of(files[f"{tmp_path}/etc/honnin.env"])
    units = {
        path.rpartition("honnin-")[2].partition(".")[0]: Service(text, files, own)
        for path, text in files.items()
        if path.endswith(".service")
    }
    require_well_formed([path for path in files if "/system/" in path])
    with Reader(tmp_path, instead=instead, environment=postgresql) as reader:

        def as_the_service() -> None:
            reader.environment = {**postgresql, **served}

        reader.follow(DEPLOYMENT, at={"5. Run the processes": as_the_service})
        reader.execute_quietly("honnin card create adult")
        (tmp_path / "moved.py").write_text(MOVED)
        before = reader.execute_quietly("python moved.py").splitlines()
        assert before == [
            "E_MESSAGE_MALFORMED message=ReportEvent",
            "signature good",
            "user_authentication good",
        ]
        with units["status"].running(), units["screens"].running():
            (tmp_path / "told.py").write_text(TOLD)
            ask = f"python told.py {home} http://127.0.0.1:{port}/ocsp < signature.pem"
            wait_until(lambda: answers(port))
            assert reader.execute_quietly(ask).split() == ["good", "good"]
            assert "1" in units["chores"].run()
            assert reader.execute_quietly(ask).split() == ["revoked", "revoked"]
        reader.execute_quietly("honnin status audit && honnin journal verify")
        refuses_what_only_an_owner_may(postgresql)
    assert not (home / "agency.sqlite3").exists()
    assert [path for path in (tmp_path / "srv").rglob("*") if path.stat().st_mode & 0o077] == []


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def require_well_formed(units: list[str]) -> None:
    """By systemd's own word, where it is installed."""
    if shutil.which("systemd-analyze") is None:
        return
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    told = [line for line in done.stderr.splitlines() if any(Path(unit).name in line for unit in units)]
    assert told == [], done.stderr


def refuses_what_only_an_owner_may(server: Mapping[str, str]) -> None:
    import psycopg

    with psycopg.connect(host=server["PGHOST"], user="honnin_agency", dbname="honnin_agency") as connection:
        connection.autocommit = True
        for statement in FORBIDDEN:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
        [(entries,)] = connection.execute("SELECT count(*) FROM agency_records_journalentry")
        assert entries > 10
    for user, database in (("honnin_municipality", "honnin_agency"), ("honnin_status", "honnin_accounts")):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(host=server["PGHOST"], user=user, dbname=database)
    with (
        psycopg.connect(host=server["PGHOST"], user="honnin_status", dbname="honnin_agency") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT * FROM agency_records_journalentry")


def test_the_card_master_key_in_an_hsm(tmp_path: Path) -> None:
    """By somebody who has an installation with its key in a file, and SoftHSM for a trial."""
    home = {"HONNIN_HOME": str(tmp_path / "home")}
    (tmp_path / "pin").write_text(f"{PIN}\n")
    uri = f"pkcs11:token=honnin?module-path={MODULE}&pin-source=file:{tmp_path / 'pin'}"
    with Reader(tmp_path, environment={**home, "SOFTHSM2_CONF": str(soft_folder(tmp_path))}) as reader:
        reader.execute_quietly("honnin authority init")
        before = reader.execute_quietly("honnin authority card-keys show")
        reader.environment = {**reader.environment, "HONNIN_CARD_MASTER_KEY_URI": uri}
        reader.follow(ROOT / "docs" / "how-to" / "keep-the-card-master-key-in-an-hsm.md")
        after = reader.execute_quietly("honnin authority card-keys show")
    assert before.splitlines()[1] == after.splitlines()[1]
    assert not (tmp_path / "home" / "keys" / "card-master-key").exists()
