"""Options and arguments in `--help`: placeholder, range and default value in the present language. Click's
own names for these (TEXT, INTEGER RANGE, 1<=x<=9) are words of a program.
"""

import copy
import re
from collections.abc import Callable
from functools import cache
from typing import Any, Final

import click

from honnin.cli.terminal.wrong import wrong_in
from honnin.translation import message

Translate = Callable[[str], str]
PATHS: Final = {  # what each kind of path is called, by whether it may be a file, and a folder
    (True, True): message("path"),
    (True, False): message("file"),
    (False, True): message("directory"),
}
_STANDS_FOR: Final = {  # each word of a placeholder; what is none of these is written as it is typed
    "ACCOUNT": message("ACCOUNT"),
    "APPLICATION": message("APPLICATION"),
    "CARD": message("CARD"),
    "CODE": message("CODE"),
    "DIRECTORY": message("DIRECTORY"),
    "FILE": message("FILE"),
    "FINGERPRINT": message("FINGERPRINT"),
    "GENERATION": message("GENERATION"),
    "MUNICIPALITY": message("MUNICIPALITY"),
    "NAME": message("NAME"),
    "NUMBER": message("NUMBER"),
    "PATH": message("PATH"),
    "PIN": message("PIN"),
    "ROLE": message("ROLE"),
    "SAMPLE": message("SAMPLE"),
    "TEXT": message("TEXT"),
}
_RANGES: Final = {  # by whether there is a least and a greatest
    (True, True): message("{least} to {most}"),
    (True, False): message("{least} or more"),
    (False, True): message("up to {most}"),
    (False, False): "",
}
_WHOLE, _ANY = message("whole number"), message("number")
_AND = message(", ")
_WITH, _ALONE = message("{help}  [{more}]"), message("[{more}]")


class InWords:
    """Of a copy of a parameter in the language of whoever asks."""

    in_code: str | None
    """What stands for its value in the code, the same in every language."""
    translate: Translate

    def handle_parse_result(self, ctx: click.Context, opts: Any, args: list[str]) -> tuple[Any, list[str]]:
        """What is wrong waits until every parameter was read (`words.Context.invoke`)."""
        parameter: Any = super()
        read = wrong_in(ctx).unless(lambda: parameter.handle_parse_result(ctx, opts, args))
        return (None, args) if read is None else read

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """As click's, with words between what it adds."""
        option: Any = self
        if not isinstance(option, click.Option) or option.hidden:
            return None
        extra, more = option.get_help_extra(ctx), []
        if "default" in extra:
            more.append(self.translate("default: {default}").format(default=extra["default"]))
        if "range" in extra:
            more.append(extra["range"])
        if "required" in extra:
            more.append(self.translate("required"))
        text, added = option.help or "", self.translate(_AND).join(more)
        if added:
            text = self.translate(_WITH if text else _ALONE).format(help=text.removesuffix("。"), more=added)
        return option.get_help_spec(ctx), text


def in_words(parameter: click.Parameter, translate: Translate) -> click.Parameter:
    """A copy of a parameter in which everything is said by `translate`."""
    kind: Any = _kind(type(parameter))
    copied: Any = kind.__new__(kind)
    vars(copied).update(vars(parameter))
    copied.translate = translate
    copied.in_code = parameter.in_code if isinstance(parameter, InWords) else parameter.metavar
    copied.type = _type(parameter.type, translate)
    if isinstance(parameter, click.Option):
        copied.help = (
            translate(" ".join((parameter.help or "").split())) if parameter.help else parameter.help
        )
    if placeholder := _placeholder(parameter):
        copied.metavar = placeholder_in_words(placeholder, translate)
    made: click.Parameter = copied
    return made


def in_code(parameter: click.Parameter) -> str:
    """How programs are told of a parameter."""
    if isinstance(parameter, click.Option):
        return max(parameter.opts, key=len)
    named = parameter.in_code if isinstance(parameter, InWords) else parameter.metavar
    return named or (parameter.name or "").upper()


def placeholder_in_words(text: str, translate: Translate) -> str:
    """`[CARD] [APPLICATION[/FILE]]` with each word that stands for something said."""
    words = re.sub(
        r"[A-Z]+(?![A-Z=\[:-])|[A-Z]+(?=\[/)",
        lambda word: translate(_STANDS_FOR[word[0]]) if word[0] in _STANDS_FOR else word[0],
        text,
    )
    return words.replace("...", "…")


def _placeholder(parameter: click.Parameter) -> str | None:
    if parameter.metavar or isinstance(parameter.type, click.Choice):
        return parameter.metavar
    if isinstance(parameter, click.Option):
        return None if parameter.is_flag else _standing_for(parameter.type)
    named = (parameter.name or "").upper() + ("" if parameter.nargs == 1 else "...")
    return named if parameter.required else f"[{named}]"


def _standing_for(kind: Any) -> str:
    if isinstance(kind, click.Path):
        return PATHS[kind.file_okay, kind.dir_okay].upper()
    numbers = (click.types.IntParamType, click.types.FloatParamType)
    return "NUMBER" if isinstance(kind, numbers) else "TEXT"


def _type(kind: Any, translate: Translate) -> Any:
    copied = copy.copy(kind)
    if isinstance(kind, click.Path):
        copied.name = translate(PATHS[kind.file_okay, kind.dir_okay])
    elif isinstance(kind, click.types.IntParamType | click.types.FloatParamType):
        copied.name = translate(_WHOLE if isinstance(kind, click.types.IntParamType) else _ANY)
    if isinstance(kind, click.IntRange | click.FloatRange):
        text = _RANGES[kind.min is not None, kind.max is not None]
        copied._describe_range = lambda: translate(text).format(least=kind.min, most=kind.max)
    return copied


@cache
def _kind(of: type) -> type:
    return of if issubclass(of, InWords) else type(of.__name__, (InWords, of), {})
