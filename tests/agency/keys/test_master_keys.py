"""The cards' master keys in files: versions, what another process adds, what is lost."""

import stat
from pathlib import Path
from typing import Any

import pytest

from honnin.agency.keys.master_keys import (
    MADE,
    KeyFolder,
    MasterKeys,
    make_next_version,
    master_keys,
    name_of,
    open_master_keys,
)
from honnin.agency.records.models import JournalEntry
from honnin.card.scp03 import cmac, derive_card_keys
from honnin.clock import FixedClock
from honnin.custody.secret_files import make_secret
from honnin.errors import Conflict, Unavailable
from honnin.identifiers import CardNumber

NUMBER = CardNumber("TEST00000000001")
pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    """The keys folder of an installation whose cards have one master key so far."""
    settings.HONNIN_KEYS = tmp_path
    make_secret(tmp_path / "card-master-key")
    return tmp_path


def raw(folder: Path, version: int) -> bytes:
    return bytes.fromhex((folder / name_of(version)).read_text())


def acts() -> list[tuple[str, str, str]]:
    return list(JournalEntry.objects.filter(act=MADE).values_list("actor", "subject", "detail"))


def test_each_version_is_a_key_of_its_own_in_a_file_of_its_own(folder: Path, clock: FixedClock) -> None:
    assert (master_keys().versions, master_keys().newest_version) == ((0x30,), 0x30)
    assert make_next_version(clock, actor="command/root") == 0x31
    assert make_next_version(clock, actor="command/root") == 0x32
    assert (master_keys().versions, master_keys().newest_version) == ((0x30, 0x31, 0x32), 0x32)
    assert {path.name for path in folder.iterdir()} == {
        "card-master-key",
        "card-master-key-31",
        "card-master-key-32",
    }
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert len({raw(folder, version) for version in (0x30, 0x31, 0x32)}) == 3
    for version in (0x30, 0x31, 0x32):
        keys = master_keys().card_keys(NUMBER, version)
        assert keys == derive_card_keys(raw(folder, version), NUMBER, version)
        assert keys.version == version
        assert master_keys().check_value(version) == cmac(raw(folder, version), bytes(16))[:5]


def test_the_journal_tells_who_made_a_version_and_no_key(folder: Path, clock: FixedClock) -> None:
    make_next_version(clock, actor="command/root")
    assert acts() == [("command/root", "card-master-key-31", '{"custody": "file"}')]


def test_what_another_process_adds_is_seen(folder: Path) -> None:
    ours, theirs = MasterKeys(KeyFolder(folder)), KeyFolder(folder)
    assert ours.newest_version == 0x30
    with pytest.raises(Unavailable, match="E_KEY_UNAVAILABLE"):
        ours.card_keys(NUMBER, 0x31)
    theirs.make("card-master-key-31")
    assert ours.newest_version == 0x31
    assert ours.card_keys(NUMBER, 0x31) == derive_card_keys(raw(folder, 0x31), NUMBER, 0x31)


def test_a_lost_version_is_named_and_not_made_anew(folder: Path, clock: FixedClock) -> None:
    make_next_version(clock, actor="command/root")
    (folder / "card-master-key-31").unlink()
    with pytest.raises(Unavailable, match="E_KEY_UNAVAILABLE file=card-master-key-31"):
        MasterKeys(KeyFolder(folder)).card_keys(NUMBER, 0x31)
    with pytest.raises(Unavailable, match="E_KEY_UNAVAILABLE file=card-master-key-31"):
        make_next_version(clock, actor="command/root")
    assert [path.name for path in folder.iterdir()] == ["card-master-key"]
    assert len(acts()) == 1


def test_without_any_key_the_first_is_missed(tmp_path: Path) -> None:
    keys = MasterKeys(KeyFolder(tmp_path))
    assert keys.versions == ()
    with pytest.raises(Unavailable, match="E_KEY_UNAVAILABLE file=card-master-key"):
        assert keys.newest_version


def test_only_an_installation_without_any_gets_its_first_key(tmp_path: Path, settings: Any) -> None:
    settings.HONNIN_KEYS = tmp_path
    for _ in range(2):
        open_master_keys()
        assert [path.name for path in tmp_path.iterdir()] == ["card-master-key"]
        key = raw(tmp_path, 0x30)
    assert raw(tmp_path, 0x30) == key


@pytest.mark.parametrize("content", ["", "zz" * 32, "00" * 31, "00" * 24])
def test_a_file_that_is_no_key_is_noticed(folder: Path, content: str) -> None:
    (folder / "card-master-key-31").write_text(content)
    with pytest.raises(Unavailable, match="E_KEY_UNAVAILABLE file=card-master-key-31"):
        master_keys().card_keys(NUMBER, 0x31)


def test_other_files_are_no_versions(folder: Path) -> None:
    for name in ("-", "-3", "-30", "-2F", "-80", "-3a", "-31.new", ".bak", "s", "-031"):
        (folder / f"card-master-key{name}").write_text("00" * 32)
    assert master_keys().versions == (0x30,)


def test_after_the_last_version_there_is_none(folder: Path, clock: FixedClock) -> None:
    (folder / "card-master-key-7E").write_text("00" * 32)
    assert make_next_version(clock, actor="command/root") == 0x7F
    with pytest.raises(Conflict, match="E_KEY_VERSIONS_SPENT") as raised:
        make_next_version(clock, actor="command/root")
    assert "7F" in raised.value.sentence("ja")
    assert len(acts()) == 1
    assert master_keys().newest_version == 0x7F
