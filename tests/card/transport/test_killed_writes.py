"""A card file, and a process that dies with any number of bytes written: the file is the old card or the new.

What a process leaves is tried for every operation on every kind of card, at some lengths in `make test` and
byte by byte in `make long`. Processes that really die take longer: they do at some bytes of a small card (at
every one in `make long`), and at fewer of one as large as those that people have.
"""

import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from honnin.card.chip.state import ApplicationContent, CardState, PinRecord, SlotContent
from honnin.card.issuer.production import blank_card
from honnin.card.kinds.declaration import NUMBER_CARD, KeySlot
from honnin.card.scp03 import derive_card_keys
from honnin.card.transport import card_file
from honnin.card.transport.card_file import CardFile
from honnin.errors import CardError
from tests.card.chip.cuts import CARDS, CASES
from tests.card.killing import is_one_byte, syncs_of
from tests.support.card.cards import (
    CARD_NUMBER,
    EXPIRY,
    OTHER_VALUES,
    VALUES,
    encoded,
    full_card,
    full_pin,
    unlike_others,
)
from tests.support.card.faults import is_refused_write
from tests.support.card.operations import MOVED, Operation, operations, set_pin, states_of, verify
from tests.support.card.small_keys import authority, only_key, small_keys

ROOT = Path(__file__).parents[3]
KEYS = derive_card_keys(bytes(range(32)), CARD_NUMBER)
# One of each kind; on the small card another PIN is written as these are.
NAMES = (
    *("verify text 11", "mistake text 11", "change text 11", "reset text 11", "set code text 14"),
    *("reset jpki 18", "reset jpki 1B", "hand back", "protected text 14"),
    *("move", "put key", "terminate", "issue"),
)
STEP = 3989
KILLS = 60


def small_card() -> CardState:
    """PINs and a few bytes in files."""
    state = blank_card(CARD_NUMBER, KEYS, EXPIRY)
    for name, files in MOVED.items():
        declared = state.kind.applications[name]
        pins = {file: full_pin(declared.pins[file]) for file in (0x11, 0x14) if file in declared.pins}
        keys = {declared.messaging.key: encoded(only_key())} if declared.messaging else {}
        content = ApplicationContent(dict.fromkeys(files, b"old"), pins if name == "text" else {}, keys)
        state = state.with_application(name, content)
    return state.with_slot(KeySlot.AUTHENTICATION, SlotContent(PinRecord("1234", 3), None, b"old", b"old"))


def large_card() -> CardState:
    """As many bytes as the pictures of a card make."""
    state = full_card(NUMBER_CARD, KEYS, small_keys(), authority())
    visual = state.applications["visual"]
    files = {
        **visual.files,
        0x02: unlike_others("visual", 0x02) * 50,
        0x05: unlike_others("visual", 0x05) * 10,
    }
    return state.with_application("visual", replace(visual, files=files))


def shortened(card: CardState) -> CardState:
    """The same card with little in each of its files."""
    for name, content in card.applications.items():
        files = {file: octets[:8] for file, octets in content.files.items()}
        card = card.with_application(name, replace(content, files=files))
    return card


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "card.json"


def killed(what: str, path: Path, *details: object) -> int:
    """How often processes were killed; whatever `killing` asserts is an error here."""
    arguments = [sys.executable, "-m", "tests.card.killing", what, str(path), *map(str, details)]
    environment = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    run = subprocess.run(
        arguments, capture_output=True, text=True, timeout=250, env=environment, cwd=ROOT, check=False
    )
    assert run.returncode == 0, run.stderr
    return int(run.stdout)


def contents_of(operation: Operation, state: CardState) -> list[bytes]:
    return [each.to_json().encode() for each in states_of(operation, state)]


@pytest.mark.parametrize("piece", [29, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize(("kind", "name"), CASES)
def test_the_rest_of_any_write_of_any_operation_is_no_card(
    path: Path, kind: str, name: str, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pieces of so many bytes of every write that there is, as what a killed process left behind.

    A card that was read once is not taken apart again while the file has the same bytes.
    """
    reader = lru_cache(2)(CardState.from_json)
    monkeypatch.setattr(card_file, "CardState", SimpleNamespace(from_json=reader))
    card = shortened(CARDS[kind])
    for before, after in pairwise(contents_of(operations(card)[name], card)):
        path.write_bytes(before)
        state, rest = reader(before), path.with_name("card.json.new")
        with rest.open("wb", buffering=0) as file:
            for start in range(0, len(after), piece):
                with CardFile.open(path) as held:
                    assert held.card.state is state
                file.write(after[start : start + piece])
        assert path.read_bytes() == before
        rest.replace(path)
        assert reader(path.read_bytes()) == CardState.from_json(after)


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.long)])
def test_a_process_is_killed_at_every_byte_that_it_writes(path: Path, step: int) -> None:
    path.write_text(small_card().to_json())
    contents = contents_of(operations(small_card())["change text 11"], small_card())
    assert [is_one_byte(*change) for change in pairwise(contents)] == [True, True, False]
    assert killed("at_every_byte", path, "change text 11", 3, step) >= len(contents[3]) // step


@pytest.mark.parametrize("name", [name for name in NAMES if name != "issue"])
def test_a_process_is_killed_in_each_write_of_a_large_card(path: Path, name: str) -> None:
    card = large_card()
    contents = contents_of(operations(card)[name], card)
    for write, change in enumerate(pairwise(contents), start=1):
        path.write_text(card.to_json())
        assert is_one_byte(*change) or killed("at_every_byte", path, name, write, STEP) > 20
    path.write_text(card.to_json())
    assert killed("at_every_sync", path, name) == syncs_of(contents)


def test_a_process_is_killed_at_any_time_between_pins(path: Path) -> None:
    path.write_text(large_card().to_json())
    assert killed("at_any_time", path, KILLS, 1) == KILLS


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_is_full_at_every_byte(path: Path) -> None:
    card = small_card()
    declared = card.kind.applications["text"]
    [before, *_, after] = contents_of(operations(card)["change text 11"], card)
    path.write_bytes(before)
    with CardFile.open(path) as reader:
        verify(reader, KEYS, declared=declared, file=0x11, value=VALUES["4"])
        for size in range(len(after)):
            with full_disk(size), pytest.raises(CardError) as error:
                set_pin(reader, declared, 0x11, OTHER_VALUES["4"])
            assert is_refused_write(error.value)
            assert path.read_bytes() == before
            assert not path.with_name("card.json.new").exists()
        set_pin(reader, declared, 0x11, OTHER_VALUES["4"])
    assert path.read_bytes() == after
