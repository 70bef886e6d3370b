"""The output streams of a command: stdout and stderr, in any encoding, open or closed.

What an encoding lacks comes out escaped (`\\u9ad9`), and the octets of a file's name that are no text as they
came. What is said to a person passes `printable`: a file's name or an argument commands no terminal. Programs
get names on stdout as they are.
"""

import codecs
import errno
import fcntl
import io
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from honnin.errors import Unavailable
from honnin.sites.language import present_language
from honnin.translation import gettext, message, reason_of

_ESCAPING = "honnin.escaping"
_STDIN, _STDOUT, _STDERR = range(3)
_FIRST_OCTET, _LAST_OCTET = 0xDC80, 0xDCFF  # surrogates that stand for octets of a name (PEP 383)

DONE = message("This was done all the same, and stays; do not do it again:")

_done: list[str] = []


def begin() -> None:
    """Make the three streams such that writing never fails for what is written, nor goes into another file.

    A descriptor that whoever started the program has closed would be the next file that is opened.
    """
    _done.clear()
    for number, mode in ((_STDIN, os.O_WRONLY), (_STDOUT, os.O_RDONLY), (_STDERR, os.O_WRONLY)):
        _keep_from_files(number, mode)
    if sys.stdout is None:
        sys.stdout = open(_STDOUT, "w", closefd=False)  # noqa: SIM115 – as long as the program
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # click writes UTF-8 where the locale says no more than ASCII, and there loses octets of names.
            encoding = "utf-8" if codecs.lookup(stream.encoding).name == "ascii" else stream.encoding
            stream.reconfigure(encoding=encoding, errors=_ESCAPING)


def require_stdout() -> None:
    """Before anything is done. Raises Unavailable E_OUTPUT_FAILED where nothing can be printed."""
    try:
        is_closed = fcntl.fcntl(_STDOUT, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
    except OSError:
        is_closed = True
    if is_closed:
        abandon_stdout()
        closed = OSError(errno.EBADF, os.strerror(errno.EBADF))
        raise Unavailable("E_OUTPUT_FAILED", reason=reason_of(closed))


def require_written() -> None:
    """Check stdout at the end of a command that printed nothing: a full device is an error all the same.

    Raises OSError. Nothing is written; of what is no device it would say nothing, or be a message of its own.
    """
    if stat.S_ISCHR(os.fstat(_STDOUT).st_mode):
        os.write(_STDOUT, b"")


def abandon_stdout() -> None:
    """Drop what stdout has buffered after it failed, or the end of the process would fail again."""
    _abandon(_STDOUT)


@contextmanager
def final_messages() -> Iterator[None]:
    """A block that prints final messages on stderr; where stderr cannot be written, the exit code remains."""
    try:
        yield
    except OSError:
        _abandon(_STDERR)


def _abandon(number: int) -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, number)
    os.close(null)


def colour() -> bool | None:
    """False where nobody wants colours (no-color.org) or none can be shown; else a terminal gets them."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def say(*lines: str, err: bool = False, **style: Any) -> None:
    """Lines for a person, on stdout or stderr; `style` as click's `secho` takes it. What stands within a line
    begins no other.
    """
    click.secho("\n".join(map(printable, lines)), err=err, color=colour(), **style)


def print_name(path: Path | str) -> None:
    """The name of a file alone: for a program as it is, at a terminal as it may be shown."""
    name = str(path)
    click.echo(printable(name) if sys.stdout.isatty() else name)


def printable(text: str) -> str:
    """Text of unknown origin as it may go to a terminal: what would command it becomes �."""
    return "".join(each if each.isprintable() or each == "\u3000" else "�" for each in text)


def done(*lines: str) -> None:
    """From here on this was done, and nobody will know if it cannot be printed: `say_done` tells it then."""
    _done.extend(lines)


def say_done() -> None:
    """On stderr, what was done although stdout failed."""
    if _done:
        say(gettext(DONE, present_language()), *_done, err=True)
    _done.clear()


def _keep_from_files(number: int, mode: int) -> None:
    """A closed descriptor becomes one that fails: of the null device, open the wrong way."""
    try:
        os.fstat(number)
    except OSError:
        null = os.open(os.devnull, mode)
        if null != number:
            os.dup2(null, number)
            os.close(null)


def _escaped(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    rest = error.object[error.start : error.end]
    if not any(_FIRST_OCTET <= ord(each) <= _LAST_OCTET for each in rest):
        return rest.encode("ascii", "backslashreplace").decode("ascii"), error.end
    return b"".join(map(_octets, rest)), error.end


def _octets(character: str) -> bytes:
    if _FIRST_OCTET <= ord(character) <= _LAST_OCTET:
        return bytes([ord(character) & 0xFF])
    return character.encode("ascii", "backslashreplace")


codecs.register_error(_ESCAPING, _escaped)
