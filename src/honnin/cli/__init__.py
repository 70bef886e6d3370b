"""The `honnin` command: its subcommands are the user's verbs.

Data goes to stdout, everything else to stderr. A PIN is prompted for or read from a file descriptor;
no option takes one. The exit code says what to do next: one for each kind of error.
"""

import importlib
import os
import sys
import traceback
from contextlib import ExitStack
from typing import NoReturn

import click
from click.shell_completion import CompletionItem

from honnin import __version__
from honnin.cli.terminal import json_output, streams, words
from honnin.cli.terminal.options import present_language
from honnin.cli.terminal.usage import usage_error, what_is_wrong
from honnin.cli.terminal.words import _, in_words
from honnin.cli.terminal.wrong import Fault, together
from honnin.errors import HonninError, Unavailable, explain
from honnin.faults import named
from honnin.sites.databases.outdated import is_outdated
from honnin.sites.home import present_home
from honnin.sites.privacy import PRIVATE
from honnin.translation import Sentence, in_language, message, reason_of

EXIT_CODE: dict[str, int] = {
    "refused": 3,
    "not_allowed": 4,
    "malformed": 5,
    "untrusted": 6,
    "conflict": 7,
    "unavailable": 8,
    "card_error": 9,
}

# Loaded when called: `honnin --help` starts no framework.
COMMANDS = {
    "up": ("honnin.cli.up", message("Start every role on this machine.")),
    "demo": ("honnin.cli.demo", message("One citizen's life, narrated and checked.")),
    "card": (
        "honnin.cli.card",
        message("Virtual cards, and cards in readers: list, insert, read, trace …"),
    ),
    "sign": ("honnin.cli.documents.sign", message("Sign a PDF with a card.")),
    "verify": ("honnin.cli.documents.verify", message("Check a signed PDF and show who signed it.")),
    "login": ("honnin.cli.logins.login", message("Answer a relying party's challenge with a card.")),
    "companion": (
        "honnin.cli.logins.companion",
        message("Let sites in the browser ask for a login with a card."),
    ),
    "certificate": ("honnin.cli.certificate", message("Show, check or export a certificate.")),
    "authority": (
        "honnin.cli.authority",
        message("The certification authorities: init, show, rollover, crl."),
    ),
    "chores": ("honnin.cli.chores", message("All that is due, once or for ever; or what is due.")),
    "journal": (
        "honnin.cli.journal",
        message("The journals of every act: verify, begin-heads, bind-rows, looks."),
    ),
    "staff": (
        "honnin.cli.staff",
        message("Accounts of clerks and operators: add, list, password, resident."),
    ),
    "letters": (
        "honnin.cli.letters",
        message("Letters to holders: due, batch, print, posted, returned, list, show."),
    ),
    "register": (
        "honnin.cli.register",
        message("The registers of residents: reconcile, import, export."),
    ),
    "peers": (
        "honnin.cli.peers",
        message("Who may speak to the agency from another machine: init, invite, list, revoke, serve."),
    ),
    "reservation": (
        "honnin.cli.reservation",
        message("A PIN reset at a kiosk, reserved with a test card: make, status, cancel."),
    ),
    "status": ("honnin.cli.status", message("Do list, responder and records agree?")),
    "completion": ("honnin.cli.completion", message("Let the shell complete commands and cards.")),
}


TITLE = message("Commands")


class LazyGroup(click.Group):
    """A group that imports a subcommand only when it is called."""

    context_class = words.Context

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return in_words(cmd_name, command)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The names of commands, none of them loaded; and options."""
        names = [
            CompletionItem(name, help=_(about))
            for name, (_module, about) in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return names + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(_(TITLE)):
            formatter.write_dl([(name, _(about)) for name, (_module, about) in COMMANDS.items()])

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super(LazyGroup, in_words("", self)).format_usage(ctx, formatter)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super(LazyGroup, in_words("", self)).format_help(ctx, formatter)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="honnin", help="Show the version and exit.")
def group() -> None:
    """Honnin: an open implementation of Japan's public personal authentication service."""


def main() -> None:
    """Entry point: runs a command and turns an error of the tree into a sentence and an exit code.

    Whatever a command writes is its user's alone (`sites.privacy`).
    """
    os.umask(PRIVATE)
    streams.begin()
    json_output.begin()
    try:
        words.begin()
        streams.require_stdout()
        with ExitStack() as opened:  # what a command has opened is closed at its end
            group(prog_name="honnin", standalone_mode=False, obj=opened, color=streams.colour())
        streams.require_written()
    except HonninError as error:
        _end_with(error)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        with streams.final_messages():
            _show(error)
        json_output.print_usage_error(error, group)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        with streams.final_messages():
            streams.say(err=True)
        sys.exit(130)
    except OSError as error:
        if _is_of_output(error):
            _end_with(_not_printed(error))
        fault = named(error)
        if fault is None:
            _end_with(Unavailable("E_HOME_UNUSABLE", path=str(error.filename or present_home().root)))
        fault.add_note(str(error.filename or ""))
        _end_with(fault)
    except Exception as error:
        fault = named(error)
        if fault is None:
            raise
        _end_with(Unavailable("E_DATABASE_OUTDATED") if is_outdated(fault) else fault)


_PRINTING = (click.echo.__code__, streams.require_written.__code__)


def _is_of_output(error: OSError) -> bool:
    """Whether it was raised in printing: the error itself does not say what could not be written."""
    return any(frame.f_code in _PRINTING for frame, _line in traceback.walk_tb(error.__traceback__))


def _not_printed(error: OSError) -> HonninError:
    streams.abandon_stdout()
    with streams.final_messages():
        streams.say_done()
    return Unavailable("E_OUTPUT_FAILED", reason=reason_of(error))


def _end_with(error: HonninError) -> NoReturn:
    with streams.final_messages():
        for each in together(error):
            _print_error(each)
    json_output.print_error(error, EXIT_CODE[error.kind])
    sys.exit(EXIT_CODE[error.kind])


def _show(error: click.ClickException) -> None:
    """How the command is used, and all that is wrong with the command line."""
    streams.say(*_lines(usage_error(error)), err=True)
    if isinstance(error, click.UsageError):
        for other in together(error)[1:]:
            _print_error(other)


def _print_error(error: Fault) -> None:
    """On stderr, what it is about, the cause and the next step."""
    if isinstance(error, click.UsageError):
        streams.say(*_lines(what_is_wrong(error)), err=True)
        return
    language = "en" if error.code == "E_CATALOGUE_MISSING" else present_language()
    sentence = error.sentence(language)
    for note in reversed(getattr(error, "__notes__", ())):
        if note:
            sentence = str(in_language(Sentence("{name}: {fault}", name=note, fault=sentence), language))
    streams.say(f"honnin: {sentence}", err=True, fg="red")
    streams.say(f"        {explain(error.code, language).contact} [{error.code}]", err=True)


def _lines(text: str) -> list[str]:
    """Of what is said of a command line: no argument that is repeated in it begins one."""
    for word in sys.argv[1:]:
        for part in (word, word.partition("=")[2]):
            text = text.replace(part, streams.printable(part)) if "\n" in part else text
    return text.split("\n")
