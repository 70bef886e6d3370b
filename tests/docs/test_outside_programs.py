"""The pages that need a card reader or a PostgreSQL server, followed with both."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.conformance.hsm import MODULE, PIN, soft_folder
from tests.conformance.reader import missing, running_reader
from tests.docs.samples import ROOT, Reader, clone, samples

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
        folder, as_user = Path(name), {}
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


def test_deploying_with_postgresql(tmp_path: Path, postgresql: Mapping[str, str]) -> None:
    if shutil.which("createdb") is None:
        lacks("createdb")
    socket_folder = postgresql["PGHOST"].replace("/", "%2F")
    databases = {
        f"HONNIN_{role.upper()}_DATABASE": f"postgresql://honnin_{role}@{socket_folder}/honnin_{role}"
        for role in ("agency", "municipality", "accounts")
    }
    environment = {**postgresql, **databases, "HONNIN_HOME": str(tmp_path / "home")}
    with Reader(tmp_path, environment=environment) as reader:
        reader.follow(ROOT / "docs" / "how-to" / "deploy-with-postgresql.md")
        reader.environment = {
            **environment,
            "HONNIN_AGENCY_DATABASE": databases["HONNIN_AGENCY_DATABASE"].replace(
                "honnin_agency@", "honnin_status@"
            ),
        }
        answers = (
            "from honnin.sites.responder import application; "
            "a = application._responder; "
            "print(len(a._issuers), a._index.find('signature', 1))"
        )
        assert reader.execute_quietly(f'python -c "{answers}"').strip() == "4 None"
    assert not (tmp_path / "home" / "agency.sqlite3").exists()


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
