"""Links, moves and replacements around a card file: nothing foreign is written, and no card comes twice."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from honnin.card.chip.state import CardState
from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport.card_file import CardFile
from honnin.errors import CardError
from tests.support.card.desk import SELECT_JPKI, octets

FOREIGN = b"something that somebody needs\n"
WRONG_PIN = "002000980439393939"


@pytest.fixture
def path(tmp_path: Path, issued_state: CardState) -> Path:
    path = tmp_path / "card.json"
    CardFile.create(path, issued_state).close()
    return path


def side(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def spend_a_try(reader: CardFile) -> str:
    reader.transmit(octets(SELECT_JPKI))
    return reader.transmit(octets(WRONG_PIN)).hex().upper()


def tries(path: Path) -> int:
    return CardState.from_json(path.read_bytes()).slot(KeySlot.AUTHENTICATION).pin.tries_left


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(CardError) as error:
        act()
    return error.value.code


MADE: dict[str, Callable[[Path, Path], object]] = {
    "symbolic link": lambda lock, victim: lock.symlink_to(victim),
    "hard link": lambda lock, victim: os.link(victim, lock),
    "something else": lambda lock, victim: lock.write_bytes(FOREIGN),
    "folder": lambda lock, victim: lock.mkdir(),
    "pipe": lambda lock, victim: os.mkfifo(lock),
}


@pytest.mark.parametrize("kind", MADE)
def test_a_lock_file_that_was_not_made_here_is_left_alone(path: Path, tmp_path: Path, kind: str) -> None:
    lock, victim = side(path, ".lock"), tmp_path / "victim"
    victim.write_bytes(FOREIGN)
    lock.unlink()
    MADE[kind](lock, victim)
    for _ in range(2):
        assert code_of(lambda: CardFile.open(path)) == "E_CARD_LOCK_FOREIGN"
    assert victim.read_bytes() == FOREIGN
    assert not lock.is_file() or lock.read_bytes() == FOREIGN


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_lock_file_of_somebody_else_is_left_alone(path: Path) -> None:
    os.chown(side(path, ".lock"), 65534, 65534)
    assert code_of(lambda: CardFile.open(path)) == "E_CARD_LOCK_FOREIGN"


@pytest.mark.parametrize("link", [os.link, os.symlink])
def test_what_a_new_file_is_linked_to_is_not_written(
    path: Path, tmp_path: Path, link: Callable[[Path, Path], None]
) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(FOREIGN)
    link(victim, side(path, ".new"))
    with CardFile.open(path) as reader:
        assert spend_a_try(reader) == "63C2"
    assert victim.read_bytes() == FOREIGN
    assert tries(path) == 2


@pytest.mark.parametrize("replaced", [False, True])
def test_a_lock_file_that_was_removed_opens_the_card_to_nobody(path: Path, replaced: bool) -> None:
    with CardFile.open(path) as reader:
        side(path, ".lock").unlink()
        if replaced:
            side(path, ".lock").touch()
        for _ in range(2):
            assert code_of(lambda: CardFile.open(path)) == "E_CARD_IN_USE"
        assert spend_a_try(reader) == "63C2"
        assert code_of(lambda: CardFile.open(path)) == "E_CARD_IN_USE"
    with CardFile.open(path) as reader:
        assert spend_a_try(reader) == "63C1"


def test_a_card_file_that_was_moved_is_not_written_anew(path: Path) -> None:
    moved = path.with_name("moved.json")
    with CardFile.open(path) as reader:
        path.rename(moved)
        assert code_of(lambda: CardFile.open(moved)) == "E_CARD_IN_USE"
        assert code_of(lambda: spend_a_try(reader)) == "E_CARD_FILE_MOVED"
        assert not path.exists()
        assert not side(path, ".new").exists()
        assert tries(moved) == 3
        moved.rename(path)
        assert spend_a_try(reader) == "63C2"
    path.rename(moved)
    with CardFile.open(moved) as reader:
        assert spend_a_try(reader) == "63C1"


def test_a_card_file_that_was_replaced_is_not_overwritten(path: Path) -> None:
    other = path.with_name("other.json")
    other.write_bytes(path.read_bytes())
    content = other.read_bytes()
    with CardFile.open(path) as reader:
        other.replace(path)
        for _ in range(2):
            assert code_of(lambda: spend_a_try(reader)) == "E_CARD_FILE_MOVED"
        assert path.read_bytes() == content
    assert tries(path) == 3


def test_a_card_has_one_name(path: Path) -> None:
    other = path.with_name("other.json")
    os.link(path, other)
    for each in (path, other, path):
        assert code_of(partial(CardFile.open, each)) == "E_CARD_FILE_LINKED"
    other.unlink()
    with CardFile.open(path) as reader:
        os.link(path, other)  # meanwhile: still the same file
        assert code_of(lambda: CardFile.open(other)) == "E_CARD_FILE_LINKED"
        assert spend_a_try(reader) == "63C2"
        assert (tries(path), tries(other)) == (2, 3)
