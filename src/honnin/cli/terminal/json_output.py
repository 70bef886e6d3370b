"""JSON for programs: one document for each call, of one shape for each command, the same in every locale.

A command whose document is an object says its fields beforehand: they stand in it whatever happens, and
`error` says why one could not answer (null where it could); what it has found by then it may `keep`. Where
the document is a list or goes by names, the error stands alone. Codes and ISO 8601 dates only; sentences for
people go to stderr.
"""

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import click

from honnin.cli.terminal.parameters import in_code
from honnin.cli.terminal.wrong import together
from honnin.errors import HonninError, Refused

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
_OPTION = "--json"
_OPTIONS = re.compile(r"--[a-z][a-z-]*")


@dataclass
class _Call:
    """The state of the present call: what it has printed, and the fields of its document."""

    fields: tuple[str, ...] = ()
    one_line: bool = False
    printed: bool = False
    failure_printed: bool = False
    kept: dict[str, Any] = field(default_factory=dict)


_call = _Call()


class JsonOption(click.Option):
    """`--json`, which knows the shape of its command's document."""

    def __init__(
        self, *words: Any, fields: tuple[str, ...] = (), one_line: bool = False, **more: Any
    ) -> None:
        super().__init__(*words, **more)
        self.fields, self.one_line = fields, one_line

    def note(self) -> None:
        """From now on an error takes this command's shape."""
        _call.fields, _call.one_line = self.fields, self.one_line


def json_fields(*fields: str, one_line: bool = False) -> Decorator:
    """`--json` for a command whose document is an object with these fields and `error`.

    `one_line`: a document is one line, for a command that prints many.
    """
    return click.option(
        _OPTION,
        "as_json",
        cls=JsonOption,
        fields=fields,
        one_line=one_line,
        is_flag=True,
        is_eager=True,
        callback=_noted,
        help="Print JSON.",
    )


def _noted(_context: click.Context, option: click.Parameter, asked: bool) -> bool:
    if isinstance(option, JsonOption):
        option.note()
    return asked


json_option: Decorator = json_fields()
"""`--json` for a command whose document is a list, or goes by names."""


def begin() -> None:
    """Forget what another call of the program in this process printed."""
    global _call
    _call = _Call()


def keep(**fields: Any) -> None:
    """Set the values of these fields for the case that the call fails from here on."""
    _call.kept.update(fields)


def note_failure_printed() -> None:
    """Note that a printed line already says why the call will fail."""
    _call.failure_printed = True


def print_json(value: object) -> None:
    """One JSON document on stdout; an object of a command that has fields gets `error: null`."""
    if _call.fields and isinstance(value, Mapping):
        value = {**value, "error": None}
    _print(value)


def print_error(error: HonninError, exit_code: int) -> None:
    """The document of a call that could not answer, if JSON was asked for and none was printed yet."""
    details: dict[str, Any] = {
        "kind": error.kind,
        "code": error.code,
        "context": dict(error.context),
        "about": [note for each in together(error) for note in _about(each)],
        "refusals": _refusals(error),
        "exit_code": exit_code,
    }
    _print_instead(details)


def print_usage_error(error: click.ClickException, root: click.Command) -> None:
    """The same for a command line that is wrong; its sentence, for people, goes to stderr.

    `root`: the program, to find the command of which an option without its value does not tell.
    """
    context = getattr(error, "ctx", None)
    command = _named(root, sys.argv[1:])[0] if context is None else context.command
    for option in command.params:
        if isinstance(option, JsonOption):
            option.note()
    faults = together(error) if isinstance(error, click.UsageError) else []
    wrong: Sequence[click.ClickException | HonninError] = faults or [error]
    about = [
        named
        for each in wrong
        for named in _about(each) or ([] if isinstance(each, HonninError) else _meant(each, command, root))
    ]
    refusals = [
        row for each in faults if isinstance(each, HonninError) for row in _refusals(each, alone=True)
    ]
    code = {"kind": "usage", "code": "E_COMMAND_LINE", "context": {}, "about": about, "refusals": refusals}
    _print_instead({**code, "exit_code": error.exit_code})


def _about(error: BaseException) -> list[str]:
    """What an error names: files and PINs, options and arguments."""
    if isinstance(error, HonninError):
        return [str(note) for note in getattr(error, "__notes__", ()) if note]
    parameter = getattr(error, "param", None)
    named = getattr(error, "option_name", None) or getattr(error, "param_hint", None)
    if named is None and parameter is not None:
        named = in_code(parameter)
    return [] if named is None else [str(named)]


def _refusals(error: HonninError, *, alone: bool = False) -> list[dict[str, Any]]:
    """Every refusal of the law; where other things are wrong with it (or `alone` is asked for), those too."""
    faults: list[HonninError] = [each for each in together(error) if isinstance(each, HonninError)]
    refusals: list[dict[str, Any]] = []
    for each in faults:
        if isinstance(each, Refused):
            refusals += [
                {"code": row.code, "clauses": list(row.clauses), "context": dict(row.details)}
                for row in each.refusals
            ]
        elif alone or len(faults) > 1:
            refusals.append({"code": each.code, "clauses": [], "context": dict(each.context)})
    return refusals


def _meant(error: click.ClickException, command: click.Command, root: click.Command) -> list[str]:
    """What a sentence is about that names no parameter: a command that is none, arguments too many, or the
    options in it.
    """
    options = {name for each in command.params if isinstance(each, click.Option) for name in each.opts}
    named_options = [word for word in _OPTIONS.findall(error.message) if word in options]
    return list(dict.fromkeys(named_options)) or _surplus(root)


def _surplus(root: click.Command) -> list[str]:
    """The word at which no command was found, or those for which the command has no argument."""
    command, rest = _named(root, sys.argv[1:])
    if isinstance(command, click.Group):
        return [word for word in rest if not word.startswith("-")][:1]
    with suppress(click.ClickException):
        _found, left, _order = command.make_parser(click.Context(command)).parse_args(list(rest))
        return left
    return []


def _named(command: click.Command, words: Sequence[str]) -> tuple[click.Command, Sequence[str]]:
    """The command that words name, and those after its name."""
    rest = words
    for number, word in enumerate(words, 1):
        if not isinstance(command, click.Group):
            break
        if (below := command.get_command(click.Context(command), word)) is not None:
            command, rest = below, words[number:]
    return command, rest


def _print_instead(details: dict[str, Any]) -> None:
    wanted = not _call.failure_printed and (_call.one_line or not _call.printed)
    if _is_asked(sys.argv[1:]) and wanted:
        with suppress(OSError):  # the output may be what fails
            _print({**dict.fromkeys(_call.fields), **_call.kept, "error": details})


def _is_asked(words: Sequence[str]) -> bool:
    """Whether `--json` stands on the command line, which may be wrong elsewhere."""
    options = words[: words.index("--")] if "--" in words else words
    return any(word == _OPTION or word.startswith(f"{_OPTION}=") for word in options)


def _print(value: object) -> None:
    _call.printed = True
    text = json.dumps(value, ensure_ascii=False, indent=None if _call.one_line else 2)
    click.echo(text.encode("utf-8", "backslashreplace"))  # an octet of a file's name that is no text: \udcff
    sys.stdout.flush()
