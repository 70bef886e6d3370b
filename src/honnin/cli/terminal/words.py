"""The command line in its user's language: sentences, `--help`, and click's own messages.

Commands stand in the code with English texts. `in_words` makes a copy with those of the present language;
what click says by itself it asks of the standard library's gettext, which looks into the same catalogue.
"""

import copy
import gettext as standard
import inspect
import os
from collections.abc import Iterable
from typing import Any, TypeVar

import click
from click.types import StringParamType

from honnin.cli import sources
from honnin.cli.terminal import parameters
from honnin.cli.terminal.examples import EXAMPLES
from honnin.cli.terminal.streams import say
from honnin.cli.terminal.wrong import wrong_in
from honnin.errors import between_sentences
from honnin.sites.language import present_language, require_catalogues
from honnin.translation import DOMAIN, FOLDER, gettext, in_language, is_outdated, listed, message
from honnin.widths import columns, padded, wrapped

standard.bindtextdomain(DOMAIN, str(FOLDER))
standard.textdomain(DOMAIN)

HEADING = message("{what}:")
OUTDATED = message("the Japanese sentences have changed since they were compiled: run make setup.")
EXAMPLES_TITLE = message("Examples:")
METAVARS = (message("[OPTIONS]"), message("COMMAND [ARGS]…"))
UNREADABLE = message("it has octets that are no text in UTF-8, or characters that nobody can see")
_AS_IT_IS = "\b"  # click wraps no paragraph that begins with it
_CODES = {
    "signature": message("signature"),
    "authentication": message("authentication"),
    "user_authentication": message("user_authentication"),
    "certification_authority": message("certification_authority"),
    "status_service": message("status_service"),
    "leakage": message("leakage"),
    "loss": message("loss"),
    "damage": message("damage"),
    "name": message("name"),
    "birth_date": message("birth_date"),
    "sex": message("sex"),
    "address": message("address"),
    "validity": message("validity"),
    "holder": message("holder"),
    "false_application": message("false_application"),
}
C = TypeVar("C", bound=click.Command)


def _(text: str) -> str:
    """A sentence in the present language. Raises CatalogueMissing."""
    return gettext(text, present_language())


def in_present_language(sentence: str) -> str:
    """A sentence that was filled in already. Raises CatalogueMissing."""
    return str(in_language(sentence, present_language()))


def named(name: str, what: str) -> str:
    """A text about something with its name before it: `name: what`."""
    return _("{name}: {fault}").format(name=name, fault=what)


def several(names: Iterable[str]) -> str:
    """Names with the separator of the language between them; at least one."""
    return in_present_language(listed([*names]))


def display_name(code: str) -> str:
    """The display name of a purpose or a key slot; in English the code itself."""
    return _(_CODES[code]) if code in _CODES else code


def begin() -> None:
    """Switch click's own messages to the present language. Raises as `require_catalogues`."""
    os.environ["LANGUAGE"] = present_language()  # before every other, the standard library asks this one
    if present_language() != "en":
        require_catalogues([FOLDER.parent])
    if sources.are_here() and is_outdated(FOLDER.parent):
        say(f"honnin: {_(OUTDATED)}", err=True)


def in_words(name: str, command: C) -> C:
    """A command by its whole name with help, options and examples in the present language, and so what is
    below a group.
    """
    copied = copy.copy(command)
    copied.context_class = Context
    copied._help_option = None  # click keeps the one that it made in another language
    copied.help = _paragraphs(command.help)
    copied.short_help = _first_sentence(copied.help)
    copied.epilog = _examples(name)
    copied.options_metavar = _(METAVARS[0])
    copied.params = [parameters.in_words(each, _) for each in command.params]
    if isinstance(copied, click.Group) and isinstance(command, click.Group):
        copied.subcommand_metavar = _(METAVARS[1])
        copied.commands = {
            below: in_words(f"{name} {below}".strip(), each) for below, each in command.commands.items()
        }
    return copied


def help_paragraphs(text: str | None) -> list[str]:
    """A help text's paragraphs, each on one line, as the catalogue has them."""
    paragraphs = inspect.cleandoc(text or "").split("\n\n")
    return [" ".join(each.split()) for each in paragraphs if each.strip()]


def _paragraphs(text: str | None) -> str:
    return "\n\n".join(_(each) for each in help_paragraphs(text))


def _first_sentence(text: str) -> str | None:
    """The short help of a command in a list of commands; click itself shortens English ones only."""
    first, mark, _rest = text.partition("。")
    return f"{first}{mark}" if mark else None


def _examples(name: str) -> str | None:
    lines = EXAMPLES.get(name, ())
    return "\n".join((_AS_IT_IS, _(EXAMPLES_TITLE), *(f"  {line}" for line in lines))) if lines else None


class _Formatter(click.HelpFormatter):
    """Counts columns of a terminal, of which a Japanese character takes two; click counts characters."""

    def write_text(self, text: str) -> None:
        width = self.width - self.current_indent
        super().write_text("\n\n".join(_broken(each, width) for each in text.split("\n\n")))

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or f"{_('Usage:')}{between_sentences(present_language())}")

    def write_heading(self, heading: str) -> None:
        self.write(" " * self.current_indent + _(HEADING).format(what=heading) + "\n")

    def write_dl(self, rows: Any, col_max: int = 30, col_spacing: int = 2) -> None:
        found: list[tuple[str, str]] = list(rows)
        begin = min(max((columns(term) for term, _text in found), default=0), col_max) + col_spacing
        indent = " " * self.current_indent
        for term, text in found:
            fits = columns(term) <= begin - col_spacing
            first, *others = wrapped(text, max(self.width - begin - 2, 10)) or [""]
            begun = padded(term, begin) if fits else f"{term}\n{indent}{' ' * begin}"
            self.write(f"{indent}{begun}{first}".rstrip() + "\n")
            for line in others:
                self.write(f"{indent}{' ' * begin}{line}\n")


def _broken(text: str, width: int) -> str:
    if text.isascii() or text.startswith(_AS_IT_IS):
        return text
    return "\n".join((_AS_IT_IS, *wrapped(" ".join(text.split()), width)))


class FileName(StringParamType):
    """What may name a file, for which any octets do."""


class Context(click.Context):
    """Of a command whose help may be Japanese, and which is told no text that nobody can read."""

    formatter_class = _Formatter

    def invoke(self, callback: Any, /, *arguments: Any, **named: Any) -> Any:
        """Raises what is wrong with options and arguments; also click.BadParameter, naming it, for one with
        octets that are no text, and with characters that are not seen: it would mean another thing than it
        shows.
        """
        wrong = wrong_in(self)
        for parameter in self.command.params:
            is_text = isinstance(parameter.type, StringParamType) and not isinstance(parameter.type, FileName)
            if is_text and not all(map(is_readable, _texts(self.params.get(parameter.name or "")))):
                wrong.note(click.BadParameter(_(UNREADABLE), self, parameter))
        wrong.require_none()
        return super().invoke(callback, *arguments, **named)


def is_readable(text: str) -> bool:
    """Whether every character of it is seen, or is a space."""
    return text.replace("\u3000", " ").isprintable()


def _texts(value: Any) -> tuple[str, ...]:
    """Of an option that was not given, was given once, or several times."""
    given = value if isinstance(value, tuple) else (value,)
    return tuple(each for each in given if isinstance(each, str))
