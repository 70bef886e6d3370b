"""`honnin card list` and `show`: every card as it is, and one bad file hides no other."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from honnin.card.chip.state import CardState, PinRecord
from honnin.card.issuer.production import blank_card
from honnin.card.kinds.declaration import KeySlot
from honnin.card.scp03 import derive_card_keys
from honnin.card.transport.card_file import CardFile
from honnin.identifiers import CardNumber
from tests.support.card.commands import SELECT_JPKI, run
from tests.support.pki import cards
from tests.support.processes import plain_environment

GOOD = cards.card()[0].state


def with_pin(pin: PinRecord) -> CardState:
    return GOOD.with_slot(KeySlot.AUTHENTICATION, replace(GOOD.slots[KeySlot.AUTHENTICATION], pin=pin))


BOTH = "signature: certificate, 5 tries left  authentication: certificate, 3 tries left"
STATES: Mapping[str, tuple[CardState, str]] = {
    "good": (GOOD, f"My Number Card  until 2035-03-31  {BOTH}"),
    "damaged": (replace(GOOD, damaged=True), f"My Number Card  until 2035-03-31  {BOTH}  DAMAGED CHIP"),
    "ended": (replace(GOOD, terminated=True), f"My Number Card  until 2035-03-31  {BOTH}  ENDED"),
    "expired": (
        replace(GOOD, expiry_date=date(2025, 2, 3)),
        f"My Number Card  until 2025-02-03 (expired)  {BOTH}",
    ),
    "blocked": (
        with_pin(PinRecord("1234", 0)),
        f"My Number Card  until 2035-03-31  {BOTH.replace('3 tries left', 'PIN blocked')}",
    ),
    "last": (
        with_pin(PinRecord("1234", 1)),
        f"My Number Card  until 2035-03-31  {BOTH.replace('3 tries', '1 try')}",
    ),
    "unset": (
        with_pin(PinRecord()),
        f"My Number Card  until 2035-03-31  {BOTH.replace('3 tries left', 'PIN not set')}",
    ),
    "juki": (
        blank_card(
            CardNumber("TESTX0000000001"),
            derive_card_keys(bytes(range(32)), CardNumber("TESTX0000000001")),
            date(2025, 11, 30),
            kind_name="juki-card",
        ),
        "Juki card  until 2025-11-30 (expired)  signature: empty",
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The cards folder of an installation, with one good card."""
    made = tmp_path / "home" / "cards"
    made.mkdir(parents=True)
    CardFile.create(made / "good.json", GOOD).close()
    return made


def test_each_card_is_shown_as_it_is(folder: Path) -> None:
    for name, (state, _) in STATES.items():
        if name != "good":
            CardFile.create(folder / f"{name}.json", state).close()
    done = run(folder.parents[0], "list")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [f"{name}  {STATES[name][1]}" for name in sorted(STATES)]
    listed = {each["name"]: each for each in json.loads(run(folder.parents[0], "list", "--json").stdout)}
    assert [name for name in listed if listed[name]["terminated"]] == ["ended"]
    assert [name for name in listed if listed[name]["damaged"]] == ["damaged"]
    assert listed["juki"]["kind"] == "juki-card"
    assert listed["unset"]["slots"]["authentication"]["pin_set"] is False


def test_an_empty_folder_says_how_a_card_is_made(tmp_path: Path) -> None:
    """The very commands that are told do make one."""
    new = run(tmp_path / "x", "list")
    assert (new.returncode, new.stdout) == (0, "")
    told = re.findall("`honnin ([^`]+)`", new.stderr)
    assert told == ["up", "authority init", "card create adult"]
    for words in told[1:]:
        subprocess.run(
            [sys.executable, "-m", "honnin", *words.split()],
            env=plain_environment(tmp_path / "home"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=60,
        )
    (card,) = (tmp_path / "home" / "cards").glob("*.json")
    assert run(tmp_path / "x", "list").stdout.startswith(card.stem)
    card.unlink()
    assert "`honnin card create adult` makes one" in run(tmp_path / "x", "list").stderr


@pytest.mark.parametrize(
    ("name", "told"), [("ended", "ENDED for good"), ("damaged", "DAMAGED CHIP"), ("expired", "(expired)")]
)
def test_one_card_is_shown_as_it_is(folder: Path, name: str, told: str) -> None:
    CardFile.create(folder / f"{name}.json", STATES[name][0]).close()
    shown = run(folder.parents[0], "show", name).stdout
    assert shown.startswith(f"{name}: TEST CARD, My Number Card\n")
    assert told in shown
    assert told not in run(folder.parents[0], "show", "good").stdout


def test_one_bad_entry_does_not_hide_the_others(folder: Path) -> None:
    (folder / "a-folder.json").mkdir()
    (folder / "dangling.json").symlink_to(folder / "nowhere")
    os.mkfifo(folder / "pipe.json")
    (folder / "cut.json").write_bytes((folder / "good.json").read_bytes()[:-10])
    (folder / "newer.json").write_text(json.dumps({"format": 99}))
    done = run(folder.parents[0], "list")
    assert done.returncode == 0, done.stderr
    lines = {line.split("  ")[0]: line for line in done.stdout.splitlines()}
    for name in ("a-folder.json", "dangling.json", "pipe.json"):
        assert lines[name].endswith("[E_CARD_FILE_KIND]")
    assert lines["cut.json"].endswith("[E_CARD_FILE_DAMAGED]")
    assert lines["newer.json"].endswith("[E_CARD_FILE_FORMAT]")
    assert lines["good"].startswith("good  My Number Card")
    errors = [each.get("error") for each in json.loads(run(folder.parents[0], "list", "--json").stdout)]
    assert errors.count(None) == 1
    assert len(errors) == 6


def test_a_folder_that_is_named_like_a_card_is_none(folder: Path) -> None:
    (folder / "a-folder.json").mkdir()
    done = run(folder.parents[0], "show", "a-folder")
    assert (done.returncode, "[E_CARD_FILE_KIND]" in done.stderr) == (9, True), done.stderr
    assert done.stderr.startswith(f"honnin: {folder / 'a-folder.json'}: What is there is no card file")


@pytest.mark.parametrize("command", ["show", "insert"])
@pytest.mark.parametrize("kind", ["folder", "pipe", "loop"])
def test_what_is_no_file_is_not_said_to_be_missing(tmp_path: Path, command: str, kind: str) -> None:
    path = tmp_path / kind
    make: dict[str, Callable[[], None]] = {
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
        "loop": lambda: path.symlink_to(path),
    }
    make[kind]()
    done = run(path, command, path)
    assert (done.returncode, "[E_CARD_FILE_KIND]" in done.stderr) == (9, True), done.stderr
    assert done.stderr.startswith(f"honnin: {path}: ")


@pytest.mark.parametrize("command", ["show", "insert"])
def test_a_card_that_cannot_be_had_is_named(folder: Path, command: str) -> None:
    linked, cut = folder / "linked.json", folder / "cut.json"
    cut.write_bytes((folder / "good.json").read_bytes()[:-10])
    wrong = {cut: "E_CARD_FILE_DAMAGED", folder / "none.json": "E_CARD_FILE_MISSING"}
    if command != "show":  # which reads it under any name
        os.link(folder / "good.json", linked)
        wrong[linked] = "E_CARD_FILE_LINKED"
    for path, code in wrong.items():
        done = run(folder.parents[0], command, path)
        assert f"[{code}]" in done.stderr
        assert done.stderr.startswith(f"honnin: {path}: ")
    assert run(folder.parents[0], command, "cut").stderr.startswith(f"honnin: {cut}: ")
    assert (
        "カードのファイルが壊れています" in run(folder.parents[0], command, cut, LC_ALL="ja_JP.UTF-8").stderr
    )


# — files of others ———————————————————————————————————————————————————————————————————————————————————


ANOTHER_USER = """
import os, sys
sys.path[:] = {path!r}
from honnin.cli import main
from honnin.cli.card import command  # loaded while this program may still read it
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
sys.argv = ["honnin", "card", *{words!r}]
main()
"""


def as_another_user(folder: Path, *words: str) -> tuple[int, str]:
    """What a user of this machine gets who owns none of the files; skips where nobody can be another."""
    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    done = subprocess.run(
        [sys.executable, "-c", ANOTHER_USER.format(path=sys.path, words=words)],
        env=plain_environment(folder / "home"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stderr


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder into which every user may look, as into none of a test's own."""
    made = Path(tempfile.mkdtemp())
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.mark.parametrize(
    ("words", "mode", "code"),
    [
        (("show", "{card}"), 0o600, "E_CARD_FILE_UNREADABLE"),
        (("apdu", "{card}", SELECT_JPKI), 0o600, "E_CARD_FILE_UNREADABLE"),
        (("apdu", "{card}", SELECT_JPKI), 0o644, "E_CARD_FILE_UNREADABLE"),
        (("insert", "{card}"), 0o644, "E_CARD_FILE_UNREADABLE"),
        (("remove", "{card}"), 0o644, "E_CARD_LOCK_FAILED"),
    ],
)
def test_another_users_card_is_said_to_be_anothers(
    open_folder: Path, words: tuple[str, ...], mode: int, code: str
) -> None:
    card = open_folder / "card.json"
    CardFile.create(card, GOOD).close()
    card.chmod(mode)
    returned, told = as_another_user(open_folder, *(word.format(card=card) for word in words))
    assert (returned, f"[{code}]" in told) == (9, True), told
    assert "HONNIN_HOME" not in told
    assert told.startswith(f"honnin: {card}: ")


def test_a_folder_that_is_closed_is_not_an_empty_one(open_folder: Path) -> None:
    elsewhere, folder = open_folder / "elsewhere", open_folder / "home" / "cards"
    for closed in (elsewhere, folder):
        closed.mkdir(parents=True)
        CardFile.create(closed / "card.json", GOOD).close()
    for made in (folder.parent, folder):  # whatever this process would make closed
        made.chmod(0o755)
    elsewhere.chmod(0o700)
    returned, told = as_another_user(open_folder, "read", str(elsewhere / "card.json"))
    assert (returned, "[E_CARD_FILE_UNREADABLE]" in told) == (9, True), told
    folder.chmod(0o700)
    for words in (["list"], ["read", "card"]):
        returned, told = as_another_user(open_folder, *words)
        assert (returned, f"{folder}: " in told) == (8, True), told
        assert "[E_FILE_NOT_PERMITTED]" in told


def test_what_cannot_be_locked_was_not_changed(tmp_path: Path) -> None:
    card = tmp_path / "card.json"
    CardFile.create(card, GOOD).close()
    before = card.read_bytes()
    lock = tmp_path / "card.json.lock"
    lock.unlink()
    lock.mkdir()
    done = run(card, "apdu", card, SELECT_JPKI)
    assert (done.returncode, "[E_CARD_LOCK_FOREIGN]" in done.stderr) == (9, True), done.stderr
    assert card.read_bytes() == before
