"""Which processes have a database file open that is no longer the one under its name.

A file that was deleted, moved away or replaced while a server had it open goes on being written by that
server alone, and ends with it. Linux tells which files a process has open to its user and to root.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from honnin.translation import Sentence, message

_BESIDE = ("-wal", "-shm")
_PAUSE = 0.3
"""Seconds until the second look: the last process to close a database deletes the files beside it."""
_File = tuple[int, int]
_PROCESSES = Path("/proc")

_REPLACED = message("replaced or deleted while process {process} had {file} open")


def replaced_while_open(database: Path) -> list[str]:
    """What processes have open under the name of an SQLite database (or of its log) and is another file."""
    found = set(_replaced(database))
    if found:
        time.sleep(_PAUSE)
        found &= set(_replaced(database))
    return sorted(found)


def _replaced(database: Path) -> Iterator[str]:
    real = str(database.resolve())
    names = [real, *(real + suffix for suffix in _BESIDE)]
    present = {name: _identity(Path(name)) for name in names}
    for process in _processes():
        held = dict(_held(process, f"{database.resolve().parent}/"))
        stale = [name for name in names if _is_another(held, name, present[name])]
        if not stale and real not in held and any(held.get(name) for name in names):
            stale = [real]  # moved away: it goes by another name
        for name in stale:
            yield Sentence(_REPLACED, process=process.name, file=Path(name).name)


def _is_another(held: dict[str, _File], name: str, present: _File | None) -> bool:
    return f"{name} (deleted)" in held or (name in held and held[name] != present)


def _held(process: Path, folder: str) -> Iterator[tuple[str, _File]]:
    """Files of a folder that a process has open, by the name under which it knows them."""
    with suppress(OSError):  # ended, or another user's
        for descriptor in (process / "fd").iterdir():
            with suppress(OSError):
                name, file = str(descriptor.readlink()), _identity(descriptor)
                if name.startswith(folder) and file:
                    yield name, file


def _processes() -> Iterator[Path]:
    """Those that see the files that we see."""
    with suppress(OSError):
        ours = _view(_PROCESSES / "self")
        yield from (each for each in _PROCESSES.iterdir() if each.name.isdigit() and _view(each) == ours)


def _view(process: Path) -> tuple[Path, Path] | None:
    try:
        return (process / "root").readlink(), (process / "ns" / "mnt").readlink()
    except OSError:
        return None


def _identity(path: Path) -> _File | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
