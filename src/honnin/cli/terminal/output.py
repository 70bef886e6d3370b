"""Writing output files: a regular file whole or not at all, pipes and devices directly.

A link is followed. A file that is there keeps its mode. What is no regular file (a pipe, a device), one that
has other names, and one in a folder where nothing can be added, are written into and never replaced.
"""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from honnin.cli.terminal.options import naming
from honnin.cli.terminal.streams import abandon_stdout
from honnin.errors import Unavailable
from honnin.translation import reason_of

STDOUT = "-"
_OF_THE_SYSTEM = (Path("/dev"), Path("/proc"))


def is_stdout(path: Path) -> bool:
    """Whether a name means what the command prints to: `-`, `/dev/stdout`, the pipe that stdout is."""
    if str(path) == STDOUT:
        return True
    with suppress(OSError):
        return os.path.samestat(path.stat(), os.fstat(1))
    return False


def write(path: Path, content: bytes) -> None:
    """Raises, named, Unavailable E_OUTPUT_FAILED."""
    with _named(path):
        if is_stdout(path):
            try:
                click.echo(content, nl=False)
            except OSError:
                abandon_stdout()
                raise
            return
        there = _there(path)
        if there is not None and not _is_replaceable(path, there):
            _write_into(path, content)
        else:
            _replace(Path(os.path.realpath(path)), content, there)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    with naming(path):
        try:
            yield
        except OSError as error:
            raise Unavailable("E_OUTPUT_FAILED", reason=reason_of(error)) from error


def _there(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _is_replaceable(path: Path, there: os.stat_result) -> bool:
    folder = Path(os.path.realpath(path)).parent
    of_the_system = any(each in path.absolute().parents for each in _OF_THE_SYSTEM)
    return (
        stat.S_ISREG(there.st_mode)
        and there.st_nlink == 1
        and there.st_uid == os.geteuid()
        and not of_the_system
        and os.access(folder, os.W_OK | os.X_OK)
    )


def _write_into(path: Path, content: bytes) -> None:
    with path.open("wb", buffering=0) as file:
        left: Any = memoryview(content)
        while left:
            left = left[file.write(left) or 0 :]


def _replace(path: Path, content: bytes, there: os.stat_result | None) -> None:
    # A name of its own, for that of the target may be as long as a name can be.
    descriptor, name = tempfile.mkstemp(prefix=".honnin-", dir=path.parent)
    new = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
            if there is not None:
                os.fchmod(descriptor, stat.S_IMODE(there.st_mode))
        new.replace(path)
    except BaseException:
        with suppress(OSError):  # the failure itself is reported, not this one
            new.unlink()
        raise
