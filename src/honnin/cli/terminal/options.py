"""Options that several commands share, and what is wrong with them."""

import errno
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from honnin.cli.terminal.json_output import json_fields as json_fields
from honnin.cli.terminal.json_output import json_option as json_option
from honnin.cli.terminal.json_output import print_json as print_json
from honnin.cli.terminal.words import _, in_present_language, several
from honnin.errors import HonninError
from honnin.sites.language import present_language as present_language
from honnin.translation import message, reason_of
from honnin.widths import half_width_with_hyphens

_NO_DAY = message("{value!r} is no day of the form YYYY-MM-DD, such as 2026-04-01.")
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def given(*names: str) -> list[str]:
    """The options among these parameters that stand on the present command line."""
    context = click.get_current_context()
    options = {each.name: each for each in context.command.params}
    return [
        max(options[name].opts, key=len)
        for name in names
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]


def refuse(options: Iterable[str], why: str) -> None:
    """Refuse options that have no effect here. Raises click.UsageError where there are any.

    `why`: what it is that has no use for them, in the present language.
    """
    if found := [*options]:
        problem = _("leave out {options}: {why}").format(options=several(found), why=why)
        raise click.UsageError(problem)


last_try_option: Decorator = click.option(
    "--use-last-try", is_flag=True, help="Send a PIN although only one try is left."
)
pin_option: Decorator = click.option(
    "--pin-fd", type=int, metavar="N", help="Read the PIN from file descriptor N instead of asking."
)
password_option: Decorator = click.option(
    "--password-fd",
    type=int,
    metavar="N",
    help="Read the password that opens the document from file descriptor N.",
)


class Day(click.DateTime):
    """A day as YYYY-MM-DD, in half-width or full-width forms."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d"])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        typed = half_width_with_hyphens(value) if isinstance(value, str) else value
        try:
            return super().convert(typed, param, ctx)
        except click.BadParameter:
            self.fail(_(_NO_DAY).format(value=value), param, ctx)


@contextmanager
def naming(what: str | Path) -> Iterator[None]:
    """Adds to an error what it is about, for the final error message."""
    try:
        yield
    except HonninError as error:
        error.add_note(str(what) if isinstance(what, Path) else what)  # a Sentence stays one
        raise


def require_writable(path: Path) -> None:
    """Find out before a PIN is asked for. Raises click.BadParameter; leaves nothing behind."""
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if path.exists():
            if not os.access(path, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        else:
            path.stat(follow_symlinks=False) if path.is_symlink() else _require_name(path)
            target = Path(os.path.realpath(path))
            tempfile.TemporaryFile(dir=target.parent).close()
    except OSError as error:
        problem = _("{path} cannot be written: {reason}").format(
            path=path, reason=in_present_language(reason_of(error))
        )
        raise click.BadParameter(problem, param_hint="--out") from error


def _require_name(path: Path) -> None:
    """Raises OSError for a name that no file can have, which `exists` may not tell."""
    with suppress(FileNotFoundError):
        path.stat()


def text_of_at_most(longest: int) -> Any:
    """A callback of an option whose text people must be able to read."""

    def check(_context: click.Context, _parameter: click.Parameter, text: str | None) -> str | None:
        if text is not None and not (text.strip() and text.replace("\u3000", " ").isprintable()):
            raise click.BadParameter(_("it is empty, or has characters that nobody can read"))
        if text is not None and len(text) > longest:
            raise click.BadParameter(_("it has more than {longest} characters").format(longest=longest))
        return text

    return check
