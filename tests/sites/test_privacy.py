"""What a second user of the machine can read of an installation: nothing."""

import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from honnin.errors import Unavailable
from honnin.sites.privacy import make_private
from tests.support.installations import honnin
from tests.support.processes import plain_environment

NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")


@pytest.fixture(autouse=True)
def present_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    """What has a mode that lets others do anything; links have none of their own."""
    found = [folder, *(path for path in folder.rglob("*") if not path.is_symlink())]
    return sorted(str(path) for path in found if path.stat().st_mode & 0o077)


def with_umask(umask: int, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A `honnin` command in a folder with nothing but a home below it, by somebody who has this umask."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("HONNIN_", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, "-m", "honnin", *words],
        cwd=folder,
        env={**own, "LC_ALL": "C.UTF-8", "HONNIN_HOME": str(folder / "deep" / "home")},
        preexec_fn=partial(os.umask, umask),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("umask", [0o000, 0o022], ids=["000", "022"])
def test_whatever_a_command_makes_is_its_users_alone(tmp_path: Path, umask: int) -> None:
    for words in (
        ("authority", "init"),
        ("authority", "crl"),
        ("card", "create", "adult"),
        ("card", "create", "adult", "--out", "mine.json"),
        ("authority", "card-keys", "rotate"),
        ("journal", "begin-heads"),
        ("status", "audit"),
    ):
        done = with_umask(umask, tmp_path, *words)
        assert done.returncode == 0, done.stderr
        assert open_to_others(tmp_path) == []
    assert {"home", "keys", "cards", "publication"} <= {path.name for path in tmp_path.rglob("*")}


def test_the_evidence_of_the_demo_too(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir(mode=0o700)
    (tmp_path / "out").chmod(0o755)
    done = with_umask(0o000, tmp_path, "demo", "--out", "out", "--language", "en", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["all_held"], Path(told["report"]).parent) == (True, tmp_path / "out")
    assert open_to_others(tmp_path) == []
    assert len(list((tmp_path / "out").rglob("*"))) > 30


# — What was made beforehand ——————————————————————————————————————————————————————————————————————————


def test_an_installation_that_was_open_is_closed_and_that_is_said_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert honnin(home, "authority", "init").returncode == 0
    for path in [home, *home.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    first, second = (honnin(home, "authority", "show", LC_ALL="C.UTF-8") for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0)
    assert "could be read" not in second.stderr
    assert f"honnin: other users could read {home}: " in first.stderr
    assert open_to_others(home) == []


def test_a_folder_and_a_database_made_beforehand(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o755)
    for role in ("agency", "municipality", "accounts"):
        (home / f"{role}.sqlite3").touch()
        (home / f"{role}.sqlite3").chmod(0o666)
    make_private(home)
    assert open_to_others(home) == []


def test_the_files_beside_a_database_have_its_mode(tmp_path: Path) -> None:
    """SQLite gives them its mode, whatever the umask: so it is the database that must be mended."""
    make_private(tmp_path / "home")
    database = tmp_path / "home" / "agency.sqlite3"
    database.touch(0o600)
    os.umask(0)
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE one (two)")
        connection.commit()
        assert len(list(database.parent.iterdir())) == 3
        assert open_to_others(database.parent) == []
    connection.close()


def test_what_a_link_leads_to_is_closed_as_well(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "cards").mkdir(parents=True)
    (elsewhere / "cards" / "one.json").touch()
    for path in (elsewhere / "cards" / "one.json", elsewhere / "cards", elsewhere):
        path.chmod(0o777 if path.is_dir() else 0o666)
    elsewhere.chmod(0o700)
    (tmp_path / "real").mkdir(mode=0o775)
    (tmp_path / "real").chmod(0o775)
    (tmp_path / "real" / "cards").symlink_to(elsewhere / "cards")
    (tmp_path / "real" / "gone").symlink_to(tmp_path / "nowhere")
    (tmp_path / "real" / "round").symlink_to(tmp_path / "real")
    (tmp_path / "home").symlink_to("real")
    make_private(tmp_path / "home")
    assert open_to_others(tmp_path) == []


@pytest.mark.parametrize("entry", ["honnin.sites.asgi", "honnin.sites.responder"])
def test_a_server_of_any_kind_makes_private_files_and_mends(tmp_path: Path, entry: str) -> None:
    home = tmp_path / "home"
    assert honnin(home, "authority", "init").returncode == 0
    (home / "agency.sqlite3").chmod(0o644)
    program = f"import os; from {entry} import application; print(oct(os.umask(0)))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=plain_environment(home),
        preexec_fn=partial(os.umask, 0),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "0o77", done.stderr
    assert open_to_others(home) == []


# — What is refused ———————————————————————————————————————————————————————————————————————————————————


def replaceable(folder: Path) -> Path:
    (folder / "above" / "between").mkdir(parents=True)
    (folder / "above").chmod(0o777)
    return folder / "above" / "between" / "home"


def replaceable_by_a_link(folder: Path) -> Path:
    (folder / "open").mkdir()
    (folder / "open").chmod(0o777)
    (folder / "real").mkdir()
    (folder / "open" / "link").symlink_to(folder / "real")
    (folder / "home").symlink_to(folder / "open" / "link")
    return folder / "home"


def replaceable_by_a_group(folder: Path) -> Path:
    (folder / "shared").mkdir()
    os.chown(folder / "shared", -1, NOBODY)
    (folder / "shared").chmod(0o770)
    return folder / "shared" / "home"


def foreign(folder: Path) -> Path:
    (folder / "home").mkdir()
    os.chown(folder / "home", NOBODY, NOBODY)
    return folder / "home"


def foreign_database(folder: Path) -> Path:
    (folder / "home").mkdir()
    (folder / "home" / "agency.sqlite3").touch()
    os.chown(folder / "home" / "agency.sqlite3", NOBODY, NOBODY)
    return folder / "home"


def foreign_link(folder: Path) -> Path:
    (folder / "real").mkdir()
    (folder / "home").symlink_to(folder / "real")
    os.chown(folder / "home", NOBODY, NOBODY, follow_symlinks=False)
    return folder / "home"


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (replaceable, "E_FOLDER_REPLACEABLE"),
        (replaceable_by_a_link, "E_FOLDER_REPLACEABLE"),
        pytest.param(replaceable_by_a_group, "E_FOLDER_REPLACEABLE", marks=as_root),
        pytest.param(foreign, "E_FOLDER_FOREIGN", marks=as_root),
        pytest.param(foreign_database, "E_FOLDER_FOREIGN", marks=as_root),
        pytest.param(foreign_link, "E_FOLDER_FOREIGN", marks=as_root),
    ],
)
def test_what_others_own_or_can_exchange_is_refused(
    tmp_path: Path, made: Callable[[Path], Path], code: str
) -> None:
    home = made(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(Unavailable, match=code):
        make_private(home)
    assert sorted(tmp_path.rglob("*")) == before
    done = honnin(home, "authority", "init")
    assert (done.returncode, f"[{code}]" in done.stderr) == (8, True), done.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_where_only_owners_replace_things_is_well(tmp_path: Path) -> None:
    (tmp_path / "sticky").mkdir()
    (tmp_path / "sticky").chmod(0o1777)
    (tmp_path / "sticky" / "own").mkdir()
    (tmp_path / "sticky" / "own").chmod(0o775)  # by the group that this user is alone in, or root's
    make_private(tmp_path / "sticky" / "own" / "home")
    assert open_to_others(tmp_path / "sticky" / "own" / "home") == []


# — A second user —————————————————————————————————————————————————————————————————————————————————————

THIEF = """
import os, sqlite3, sys
got = []
for place in sys.argv[1:]:
    for folder, folders, files in os.walk(place):
        got += [folder]
        for name in files:
            path = os.path.join(folder, name)
            try:
                got += [path, open(path, "rb").read(1) and path]
            except OSError:
                pass
    for name in ("agency", "municipality", "accounts"):
        for way in ("ro", "rw"):
            try:
                address = f"file:{place}/{name}.sqlite3?mode={way}"
                sqlite3.connect(address, uri=True).execute("SELECT 1 FROM x")
            except sqlite3.OperationalError as error:
                got += [] if "unable to open" in str(error) else [f"{place}/{name}: {error}"]
print(got)
"""


@as_root
def test_another_user_reads_nothing_and_opens_no_database(tmp_path: Path) -> None:
    """The folder above is open, as /srv is; its way there too."""
    place = Path("/tmp") / f"honnin-privacy-{os.getpid()}"
    place.mkdir()
    try:
        place.chmod(0o755)
        home = place / "deep" / "home"
        home.mkdir(parents=True)
        home.chmod(0o755)
        home.parent.chmod(0o755)
        done = with_umask(0o022, place, "authority", "init")
        assert done.returncode == 0, done.stderr
        become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        thief = subprocess.run(
            [*become, "/usr/bin/python3", "-", home], input=THIEF, capture_output=True, text=True, check=False
        )
        assert thief.stdout.strip() == "[]", thief.stderr
        assert stat.S_IMODE((home / "keys" / "session-secret").stat().st_mode) == 0o600
    finally:
        shutil.rmtree(place)
