"""What somebody types or pipes in: PINs, passwords, lines of stdin; never shown, never cut."""

import os
import sys
from collections.abc import Iterator

import click

from honnin.cli.terminal.words import UNREADABLE, _, is_readable
from honnin.errors import Malformed, Refusal, Refused
from honnin.identifiers import PersonCode
from honnin.pin import Pin

_LONGEST_LINE = 1024  # characters, as the page at which staff sign in takes (our choice)


def ask_pin(prompt: str, descriptor: int | None) -> Pin:
    """A PIN from the keyboard, unseen, or the first line of a file descriptor.

    Raises Malformed E_PIN_UNREADABLE for what cannot be read as text, E_SECRET_TOO_LONG, E_PIN_NO_TERMINAL
    where nobody can be asked.
    """
    if descriptor is None:
        return Pin(_asked(prompt, "E_PIN_NO_TERMINAL", "E_PIN_UNREADABLE"))
    return Pin(_first_line(descriptor, "E_PIN_UNREADABLE"))


def ask_password(prompt: str, descriptor: int | None) -> str:
    """The same for the password of an account.

    Raises Malformed E_ACCOUNT_PASSWORD_UNREADABLE, E_SECRET_TOO_LONG, E_ACCOUNT_PASSWORD_NO_TERMINAL.
    """
    if descriptor is None:
        return _asked(prompt, "E_ACCOUNT_PASSWORD_NO_TERMINAL", "E_ACCOUNT_PASSWORD_UNREADABLE")
    return _first_line(descriptor, "E_ACCOUNT_PASSWORD_UNREADABLE")


def read_password(descriptor: int | None) -> str | None:
    """A document's password, the first line of a file descriptor, if one is named.

    Raises Malformed E_PASSWORD_UNREADABLE for one that cannot be read, E_SECRET_TOO_LONG.
    """
    return None if descriptor is None else _first_line(descriptor, "E_PASSWORD_UNREADABLE")


def _first_line(descriptor: int, code: str) -> str:
    return next(iter(_lines(descriptor, 1, code)), "")


def _lines(descriptor: int, most: int, code: str) -> list[str]:
    try:
        with os.fdopen(descriptor, "r", encoding="utf-8", newline="\n", closefd=False) as file:
            read = [file.readline(_LONGEST_LINE + 3) for _ in range(most)]
    except (OSError, ValueError, OverflowError, TypeError) as error:  # TypeError: a number beyond all
        raise Malformed(code) from error
    return [_whole(line.rstrip("\r\n")) for line in read if line]


def _whole(secret: str) -> str:
    """Raises Malformed E_SECRET_TOO_LONG: nobody means a part of a secret."""
    if len(secret) > _LONGEST_LINE:
        raise Malformed("E_SECRET_TOO_LONG", longest=_LONGEST_LINE)
    return secret


def resident_code_from_stdin() -> PersonCode:
    """A resident record code, the first line of stdin. Raises click.UsageError for nothing and for what
    nobody can read, Refused E_RESIDENT_CODE_UNKNOWN for what is no such code.
    """
    line = next(lines_of_stdin(), "").strip()
    if not is_readable(line):
        raise click.BadParameter(_(UNREADABLE), param_hint="stdin")
    if not line:
        raise click.UsageError(_("The resident record code is read from stdin, and nothing came."))
    code = PersonCode.parse(line)
    if code is None:
        raise Refused(Refusal("E_RESIDENT_CODE_UNKNOWN"))
    return code


def lines_of_stdin() -> Iterator[str]:
    """In UTF-8, whatever the locale is; octets that are none stay what nobody can read."""
    if sys.stdin is None:  # closed by whoever started the program
        return
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", "surrogateescape")


def read_lines(descriptor: int, most: int = 8) -> list[str]:
    """The lines of a file descriptor, each a PIN or empty. Raises Malformed E_PIN_UNREADABLE,
    E_SECRET_TOO_LONG.
    """
    return _lines(descriptor, most, "E_PIN_UNREADABLE")


def _asked(prompt: str, no_terminal: str, unreadable: str) -> str:
    _require_terminal(no_terminal)
    typed = str(click.prompt(prompt, prompt_suffix=_(": "), hide_input=True, err=True))
    try:
        typed.encode("utf-8")
    except UnicodeEncodeError as error:  # a terminal that sends another encoding
        raise Malformed(unreadable) from error
    return _whole(typed)


def _require_terminal(code: str) -> None:
    """Without one the prompt would show what is typed. Raises Malformed with the code."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError as error:
        if not os.isatty(0):
            raise Malformed(code) from error


def signature_pin_prompt() -> str:
    """How the PIN of the signature key is asked for."""
    return _("Signature PIN")
