"""Processes that die while they write a card; for a process of its own (`test_killed_writes`), for it forks.

The kernel kills in the midst of a write: a process whose file would grow past its limit gets SIGXFSZ, after
the bytes up to the limit have reached the file. Killed when something was synchronised, it dies before the
rename and right after it, or after the one byte that was another. Functions return how often a process was
killed, and raise AssertionError.
"""

import gc
import os
import random
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path

from honnin.card.chip.state import CardState
from honnin.card.kinds.declaration import kind
from honnin.card.scp03 import StaticKeys
from honnin.card.transport.card_file import CardFile
from tests.support.card.cards import VALUES
from tests.support.card.operations import Operation, mistake, operations, states_of, verify

ENDS = 8
PIN = 0x14  # of the text application; it has ten tries
PIN_VALUE = VALUES["12"]
FEW = 5


def is_one_byte(before: bytes, after: bytes) -> bool:
    """Whether a change is written over the old byte, and nothing is in between."""
    return len(before) == len(after) and sum(old != new for old, new in zip(before, after, strict=True)) == 1


def syncs_of(contents: Sequence[bytes]) -> int:
    """How often something is synchronised while a file has these contents one after another."""
    return sum(1 if is_one_byte(*change) else 2 for change in pairwise(contents))


def at_every_byte(path: Path, name: str, write: int, step: int) -> int:
    """Of a new file that an operation writes, its `write`-th; of a long one every `step`-th, and its ends."""
    old = CardState.from_json(path.read_bytes())
    operation = operations(old)[name]
    contents = [state.to_json().encode() for state in states_of(operation, old)]
    before, after, syncs = contents[write - 1], contents[write], syncs_of(contents[:write])
    ends = {*range(ENDS), *range(len(after) - ENDS, len(after))}
    lengths = sorted({*range(0, len(after), step)} | ends)
    for length in lengths:
        path.write_bytes(contents[0])
        how = _die(partial(_operate_to, path, operation, old.issuer_keys, syncs, length))
        assert how == signal.SIGXFSZ, how
        assert _new(path).read_bytes() == after[:length]
        _assert_holds(path, before)
    return len(lengths)


def at_every_sync(path: Path, name: str) -> int:
    """Whenever an operation has synchronised something."""
    old = CardState.from_json(path.read_bytes())
    operation = operations(old)[name]
    contents = [state.to_json().encode() for state in states_of(operation, old)]
    left = [
        outcome
        for before, after in pairwise(contents)
        for outcome in ([(after, False)] if is_one_byte(before, after) else [(before, True), (after, False)])
    ]
    for sync, (content, is_new_left) in enumerate(left, start=1):
        path.write_bytes(contents[0])
        _new(path).unlink(missing_ok=True)
        how = _die(partial(_operate_until, path, operation, old.issuer_keys, sync))
        assert how == signal.SIGKILL, how
        assert _new(path).exists() is is_new_left
        _assert_holds(path, content)
    return len(left)


def at_any_time(path: Path, times: int, seed: int) -> int:
    """While PINs are given, wrong, wrong and right again and again; what was answered is never lost."""
    instants = random.Random(seed)
    for _ in range(times):
        started = _tries(path)
        reading, writing = os.pipe()
        pid = _started(partial(_give_pins, path, writing))
        os.close(writing)
        answered = len(os.read(reading, 1))  # so that tries come back at times
        signal.sigtimedwait({signal.SIGCHLD}, instants.uniform(0, 0.03))
        os.kill(pid, signal.SIGKILL)
        assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGKILL
        answered += sum(map(len, iter(partial(os.read, reading, 4096), b"")))
        os.close(reading)
        assert _tries(path) in _possible(started, answered)
    return times


# — One process that dies ————————————————————————————————————————————————————————————————————————————————


def _die(work: Callable[[], None]) -> int:
    """The signal that ended a process which did that work; 0 when it came to its end."""
    return os.WTERMSIG(os.waitpid(_started(work), 0)[1])


def _started(work: Callable[[], None]) -> int:
    """A process that does that work and nothing else."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    return pid


def _operate_to(path: Path, operation: Operation, keys: StaticKeys, syncs: int, length: int) -> None:
    """No file may grow past `length` once so many things were synchronised."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (length, length))

    with CardFile.open(path) as reader, _after_syncs(syncs, limit):
        operation(reader, keys)


def _operate_until(path: Path, operation: Operation, keys: StaticKeys, sync: int) -> None:
    with CardFile.open(path) as reader, _after_syncs(sync, lambda: os.kill(os.getpid(), signal.SIGKILL)):
        operation(reader, keys)


@contextmanager
def _after_syncs(syncs: int, act: Callable[[], None]) -> Iterator[None]:
    """Act once so much was synchronised; at once after nothing."""
    done = 0

    def counting(sync: Callable[[int], None], descriptor: int) -> None:
        nonlocal done
        sync(descriptor)
        done += 1
        if done == syncs:
            act()

    if syncs == 0:
        act()
    os.fsync, os.fdatasync = partial(counting, os.fsync), partial(counting, os.fdatasync)
    yield


def _give_pins(path: Path, answers: int) -> None:
    """Never ends by itself."""
    declared = kind("number-card").applications["text"]
    reader = CardFile.open(path)
    keys = reader.card.state.issuer_keys
    while True:
        if reader.card.state.applications["text"].pins[PIN].tries_left >= FEW:
            mistake(reader, keys, declared=declared, file=PIN)
        else:
            verify(reader, keys, declared=declared, file=PIN, value=PIN_VALUE)
        os.write(answers, b".")


def _possible(started: int, answered: int) -> Iterable[int]:
    """Tries left after so many answers, while the next command is carried out, and after it."""
    tries, full = started, kind("number-card").applications["text"].pins[PIN].tries
    for _ in range(answered):
        tries = tries - 1 if tries >= FEW else full
    return (tries, tries - 1) if tries >= FEW else (tries, tries - 1, full)


def _tries(path: Path) -> int:
    with CardFile.open(path) as reader:
        return reader.card.state.applications["text"].pins[PIN].tries_left


def _assert_holds(path: Path, content: bytes) -> None:
    """Byte for byte, and for whoever opens it."""
    assert path.read_bytes() == content
    with CardFile.open(path) as reader:
        assert reader.card.state.to_json().encode() == content


def _new(path: Path) -> Path:
    return path.with_name(path.name + ".new")


if __name__ == "__main__":
    # What to do, the card's file, and numbers or names.
    what, file, *details = sys.argv[1:]
    gc.freeze()  # what a child would else copy
    arguments = [int(each) if each.isdecimal() else each for each in details]
    sys.stdout.write(str(globals()[what](Path(file), *arguments)))
