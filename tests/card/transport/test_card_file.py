"""Cards in files: owner only, one user at a time, and whole after every kind of trouble."""

import json
import os
import resource
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport import card_file
from honnin.card.transport.card_file import CardFile
from honnin.card.transport.held_file import only_change
from honnin.errors import CardError, Conflict, Malformed
from tests.support.card.desk import PINS, SELECT_JPKI, exchange, verify

NEW_PIN = "4126"


@pytest.fixture
def path(tmp_path: Path, issued_state: CardState) -> Path:
    path = tmp_path / "card.json"
    CardFile.create(path, issued_state).close()
    return path


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow past a hundred bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def spend_a_try(card: Card) -> str:
    exchange(card, SELECT_JPKI)
    return verify(card, KeySlot.AUTHENTICATION, "9999")


def test_a_card_file_is_for_its_owner_only(path: Path) -> None:
    with CardFile.open(path) as reader:
        assert spend_a_try(reader.card) == "63C2"
    for each in path.parent.iterdir():
        assert stat.S_IMODE(each.stat().st_mode) == 0o600
    assert not path.with_name("card.json.new").exists()


def test_what_a_card_learned_is_in_the_file_before_the_answer(path: Path) -> None:
    with CardFile.open(path) as reader:
        spend_a_try(reader.card)
        written = CardState.from_json(path.read_bytes())
        assert written == reader.card.state
        assert written.slots[KeySlot.AUTHENTICATION].pin.tries_left == 2
    with CardFile.open(path) as reader:
        session = CardSession(reader)
        session.select_jpki()
        assert session.tries_left(KeySlot.AUTHENTICATION) == 2


def test_a_card_has_one_user_at_a_time(path: Path, issued_state: CardState) -> None:
    with CardFile.open(path) as reader:
        change_pin(reader.card)  # the file was replaced; the lock holds
        with pytest.raises(CardError, match="E_CARD_IN_USE"):
            CardFile.open(path)
        with pytest.raises(CardError, match="E_CARD_IN_USE"):
            CardFile.create(path, issued_state)
        assert in_another_process(path) == "E_CARD_IN_USE"
    assert in_another_process(path) == "63C2"
    with CardFile.open(path) as reader:
        assert spend_a_try(reader.card) == "63C1"


def in_another_process(path: Path) -> str:
    """Open the card in a process of its own and spend a try; what it printed."""
    program = """
        import sys
        from pathlib import Path
        from honnin.card.transport.card_file import CardFile
        from honnin.errors import CardError
        try:
            reader = CardFile.open(Path(sys.argv[1]))
        except CardError as error:
            print(error.code)
        else:
            for command in ("00A4040C0AD392F000260100000001", "00A4020C020018", "002000800439393939"):
                answer = reader.transmit(bytes.fromhex(command))
            print(answer.hex().upper())
    """
    source = Path(card_file.__file__).parents[3]
    arguments = [sys.executable, "-c", textwrap.dedent(program), str(path)]
    run = subprocess.run(
        arguments, capture_output=True, text=True, check=True, timeout=60, env={"PYTHONPATH": str(source)}
    )
    return run.stdout.strip()


def test_the_lock_goes_with_a_process_that_was_killed(path: Path) -> None:
    """A process that dies with the card in its hand does not keep it."""
    program = (
        "import os, sys; from pathlib import Path; from honnin.card.transport.card_file import CardFile;"
        "reader = CardFile.open(Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    )
    source = Path(card_file.__file__).parents[3]
    killed = subprocess.run(
        [sys.executable, "-c", program, str(path)], timeout=60, env={"PYTHONPATH": str(source)}, check=False
    )
    assert killed.returncode == -9
    with CardFile.open(path) as reader:
        assert spend_a_try(reader.card) == "63C2"


def test_a_change_reaches_the_disk_before_it_replaces_the_old_card(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A try, the new file before the rename, and the rename: each before the answer."""
    synced: list[tuple[str, bytes]] = []

    def watch(sync: Callable[[int], None], descriptor: int) -> None:
        name = Path(f"/proc/self/fd/{descriptor}").readlink().name
        synced.append((name, path.read_bytes()))
        sync(descriptor)

    for name in ("fsync", "fdatasync"):
        monkeypatch.setattr(os, name, partial(watch, getattr(os, name)))
    before = path.read_bytes()
    with CardFile.open(path) as reader:
        change_pin(reader.card)
    after = path.read_bytes()
    spent = CardState.from_json(synced[0][1]).slots[KeySlot.AUTHENTICATION].pin
    assert (spent.value, spent.tries_left) == (PINS[KeySlot.AUTHENTICATION], 2)
    folder = path.parent.name
    assert synced[1:] == [("card.json", before), ("card.json.new", before), (folder, after)]


def change_pin(card: Card) -> None:
    """Two changes of one byte, and one of many."""
    exchange(card, SELECT_JPKI)
    assert verify(card, KeySlot.AUTHENTICATION) == "9000"
    assert exchange(card, f"00240180 04 {NEW_PIN.encode().hex()}") == "9000"


def test_a_try_is_one_byte_of_the_same_file(path: Path) -> None:
    before, inode = path.read_bytes(), path.stat().st_ino
    with CardFile.open(path) as reader:
        assert spend_a_try(reader.card) == "63C2"
    after = path.read_bytes()
    assert path.stat().st_ino == inode
    assert [(old, new) for old, new in zip(before, after, strict=True) if old != new] == [
        (ord("3"), ord("2"))
    ]


@given(st.binary(max_size=20), st.lists(st.tuples(st.integers(0, 19), st.integers(0, 255)), max_size=3))
def test_the_only_change_is_found_wherever_it_is(old: bytes, changes: list[tuple[int, int]]) -> None:
    changed = bytearray(old)
    for place, octet in changes:
        changed[place : place + 1] = bytes((octet,))  # or one more byte at the end
    new = bytes(changed)
    places = [place for place in range(len(old)) if new[place] != old[place]]
    only = places[0] if len(old) == len(new) and len(places) == 1 else None
    assert only_change(old, new) == only


def failing(sync: Callable[[int], None], kind: Callable[[int], bool], descriptor: int) -> None:
    if kind(os.fstat(descriptor).st_mode):
        raise OSError(5, "Input/output error")
    sync(descriptor)


def test_a_new_file_that_may_not_last_is_in_force_and_said_to_have_failed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the folder cannot be synchronised, memory and file stay the same card."""
    with CardFile.open(path) as reader:
        exchange(reader.card, SELECT_JPKI)
        assert verify(reader.card, KeySlot.AUTHENTICATION) == "9000"
        monkeypatch.setattr(os, "fsync", partial(failing, os.fsync, stat.S_ISDIR))
        assert exchange(reader.card, f"00240180 04 {NEW_PIN.encode().hex()}") == "6581"
        monkeypatch.undo()
        assert CardState.from_json(path.read_bytes()) == reader.card.state
        assert verify(reader.card, KeySlot.AUTHENTICATION, NEW_PIN) == "9000"


def test_a_try_that_may_not_last_is_spent_and_said_to_have_failed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fdatasync", partial(failing, os.fdatasync, stat.S_ISREG))
    with CardFile.open(path) as reader:
        assert spend_a_try(reader.card) == "6581"
        assert exchange(reader.card, "00200098") == "63C2"
        assert CardState.from_json(path.read_bytes()) == reader.card.state
        monkeypatch.undo()
        assert spend_a_try(reader.card) == "63C1"
    assert CardState.from_json(path.read_bytes()).slots[KeySlot.AUTHENTICATION].pin.tries_left == 1


def test_a_link_to_a_card_is_the_card(path: Path) -> None:
    link = path.with_name("link.json")
    link.symlink_to(path)
    with CardFile.open(link) as reader:
        with pytest.raises(CardError, match="E_CARD_IN_USE"):
            CardFile.open(path)
        spend_a_try(reader.card)
    assert link.is_symlink()
    assert CardState.from_json(path.read_bytes()).slots[KeySlot.AUTHENTICATION].pin.tries_left == 2


def test_a_full_disk_leaves_the_old_card(path: Path) -> None:
    before = path.read_bytes()
    with CardFile.open(path) as reader:
        exchange(reader.card, SELECT_JPKI)
        with full_disk():
            assert verify(reader.card, KeySlot.AUTHENTICATION, "9999") == "6581"
        assert path.read_bytes() == before
        assert not path.with_name("card.json.new").exists()
        assert verify(reader.card, KeySlot.AUTHENTICATION, "9999") == "63C2"


def test_a_card_is_not_made_on_a_full_disk(tmp_path: Path, issued_state: CardState) -> None:
    path = tmp_path / "new.json"
    with full_disk(), pytest.raises(CardError, match="E_CARD_FILE_UNWRITTEN"):
        CardFile.create(path, issued_state)
    assert not path.exists()
    CardFile.create(path, issued_state).close()


def test_a_folder_that_is_not_there(tmp_path: Path, issued_state: CardState) -> None:
    with pytest.raises(CardError, match="E_CARD_LOCK_FAILED"):
        CardFile.create(tmp_path / "nowhere" / "card.json", issued_state)


def test_a_folder_that_went_away_is_a_full_disk_to_the_card(tmp_path: Path, issued_state: CardState) -> None:
    folder = tmp_path / "cards"
    folder.mkdir()
    with CardFile.create(folder / "card.json", issued_state) as reader:
        folder.rename(tmp_path / "elsewhere")
        assert spend_a_try(reader.card) == "6581"
        (tmp_path / "elsewhere").rename(folder)
        assert spend_a_try(reader.card) == "63C2"


def test_a_card_file_is_not_made_twice(path: Path, issued_state: CardState) -> None:
    before = path.read_bytes()
    with pytest.raises(Conflict, match="E_CARD_FILE_EXISTS"):
        CardFile.create(path, issued_state)
    assert path.read_bytes() == before
    CardFile.open(path).close()  # and it is not left locked


def test_a_missing_card_file(tmp_path: Path) -> None:
    with pytest.raises(CardError, match="E_CARD_FILE_MISSING"):
        CardFile.open(tmp_path / "card.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["folder", "pipe", "loop"])
def test_what_is_no_file_is_no_card(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    make: dict[str, Callable[[], None]] = {
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
        "loop": lambda: path.symlink_to(path),
    }
    make[kind]()
    with pytest.raises(CardError, match="E_CARD_FILE_KIND"):
        CardFile.open(path)


@pytest.mark.parametrize("mode", [0o644, 0o666, 0o640, 0o604])
def test_a_card_file_that_others_may_use_is_made_private(path: Path, mode: int) -> None:
    path.chmod(mode)
    CardFile.open(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_card_file_that_cannot_be_made_private_is_not_used(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_descriptor: int, _mode: int) -> None:
        raise PermissionError

    path.chmod(0o644)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fchmod", refuse)
        with pytest.raises(CardError, match="E_CARD_FILE_UNREADABLE"):
            CardFile.open(path)
    CardFile.open(path).close()  # and it is not left locked


def test_a_damaged_card_file_is_left_as_it_is(path: Path) -> None:
    damaged = path.read_bytes()[:500]
    path.write_bytes(damaged)
    for _ in range(2):  # the second time shows that the lock was given back
        with pytest.raises(Malformed, match="E_CARD_FILE_DAMAGED"):
            CardFile.open(path)
    assert path.read_bytes() == damaged


@pytest.mark.parametrize(("edited", "left"), [(3, 3), (0, 0), (4, None), (-1, None), ("3", None)])
def test_tries_may_be_edited_as_far_as_a_card_can_have_them(
    path: Path, edited: object, left: int | None
) -> None:
    """Whoever has the file has its PINs as well: nothing is protected from its owner."""
    with CardFile.open(path) as reader:
        spend_a_try(reader.card)
    content = json.loads(path.read_text())
    content["tries_left"]["jpki"]["0018"] = edited
    path.write_text(json.dumps(content))
    if left is None:
        with pytest.raises(Malformed, match="E_CARD_FILE_DAMAGED"):
            CardFile.open(path)
        return
    with CardFile.open(path) as reader:
        assert reader.card.state.slots[KeySlot.AUTHENTICATION].pin.tries_left == left


def test_the_rest_of_an_interrupted_write_does_no_harm(path: Path) -> None:
    path.with_name("card.json.new").write_text("half a ca")
    with CardFile.open(path) as reader:
        change_pin(reader.card)
    assert not path.with_name("card.json.new").exists()


def test_after_closing_the_card_is_gone(path: Path) -> None:
    reader = CardFile.open(path)
    card = reader.card
    reader.close()
    reader.close()
    with pytest.raises(CardError, match="E_CARD_REMOVED"):
        reader.transmit(b"\x00\xa4\x00\x00")
    assert spend_a_try(card) == "6581"  # whoever kept the card cannot change the file


def test_the_name_of_a_card_file_may_be_as_long_as_names_are(tmp_path: Path, issued_state: CardState) -> None:
    long = tmp_path / ("字" * 83 + ".json")  # 254 octets
    CardFile.create(long, issued_state).close()
    with CardFile.open(long) as file:
        assert spend_a_try(file.card).startswith("63C")
        with pytest.raises(CardError, match="E_CARD_IN_USE"):
            CardFile.open(long)
    with CardFile.open(long) as file:
        assert file.card.state != issued_state
    assert not list(tmp_path.glob(".*.new"))
