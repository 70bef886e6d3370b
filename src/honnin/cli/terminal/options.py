"""Options and prompts that several commands share: cards, PINs, passwords, opening an installation."""

import errno
import os
import pwd
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from honnin.cli.terminal.json_output import json_fields as json_fields
from honnin.cli.terminal.json_output import json_option as json_option
from honnin.cli.terminal.json_output import print_json as print_json
from honnin.cli.terminal.streams import say
from honnin.cli.terminal.words import UNREADABLE, FileName, _, in_present_language, is_readable, several
from honnin.cli.terminal.wrong import Wrong
from honnin.errors import CardError, HonninError, Malformed, Refusal, Refused, Unavailable
from honnin.identifiers import PersonCode
from honnin.pin import Pin
from honnin.sites.addresses import Addresses, choose, chosen_addresses, kept_addresses
from honnin.sites.home import only_read, present_home
from honnin.sites.initialisation import initialise
from honnin.sites.language import present_language as present_language
from honnin.sites.roles import require_played, require_screens
from honnin.translation import message, reason_of
from honnin.widths import half_width, half_width_with_hyphens

if TYPE_CHECKING:
    from honnin.card.transport.card_file import CardFile

_NO_DAY = message("{value!r} is no day of the form YYYY-MM-DD, such as 2026-04-01.")
ONE_OF_TWO = message("name one of the two: a card, or --reader NAME for the card in a PC/SC reader")
MOVED = message("certificates name {new} as the status service from now on; those issued before name {old}")
_LONGEST_LINE = 1024  # characters, as the page at which staff sign in takes (our choice)
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


def complete_cards(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """What Tab offers where a card is meant: those of the installation, and files."""
    try:
        names = [path.stem for path in card_files() if path.stem.startswith(incomplete)]
    except OSError:
        names = []
    return [*map(CompletionItem, names), CompletionItem(incomplete, type="file")]


card_argument: Decorator = click.argument(
    "card", metavar="CARD", type=FileName(), shell_complete=complete_cards
)
card_option: Decorator = click.option(
    "--card",
    metavar="CARD",
    type=FileName(),
    help="A card's name or file.",
    shell_complete=complete_cards,
)
source_argument: Decorator = click.argument(
    "source", metavar="FILE|CARD", type=FileName(), shell_complete=complete_cards
)
reader_option: Decorator = click.option(
    "--reader", metavar="NAME", help="Use the card in this PC/SC reader instead (its name or a part of it)."
)
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


def card_files() -> list[Path]:
    """What may be a card in the cards folder. Raises OSError for a folder that cannot be looked into."""
    with suppress(FileNotFoundError):
        return sorted(path for path in present_home().cards.iterdir() if path.suffix == ".json")
    return []


def card_file(card: str) -> Path:
    """The file of a card: a path, or a name in the cards folder, or the unique ending of one.

    Raises, naming it, CardError E_CARD_NAME_AMBIGUOUS and as `require_file`; OSError as `card_files`.
    """
    from honnin.card.transport.card_file import require_file

    if os.path.isfile(card):  # noqa: PTH113 – does not fail where a folder above is closed
        return Path(card)
    names, card = card_files(), half_width(card)
    exact = [path for path in names if path.stem == card]
    ending = [path for path in names if card and path.stem.endswith(card)]
    found = exact or ending
    with naming(found[0] if len(found) == 1 else card):
        if len(found) > 1:
            raise CardError("E_CARD_NAME_AMBIGUOUS", count=len(found))
        path = found[0] if found else card
        require_file(path)
    return Path(path)


def open_card(card: str) -> "CardFile":
    """The card in a file, locked. Raises, named, what `card_file` and `CardFile.open` raise."""
    from honnin.card.transport.card_file import CardFile

    path = card_file(card)
    with naming(path):
        return CardFile.open(path)


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


@contextmanager
def inserted_transport(card: str | None, reader: str | None) -> Iterator[Any]:
    """A virtual card in this process, or the card in a PC/SC reader, as long as the block lasts.

    Raises click.UsageError unless exactly one of them is named.
    """
    if (card is None) == (reader is None):
        raise click.UsageError(_(ONE_OF_TWO))
    if reader is not None:
        from honnin.card.transport.pcsc import PcscCard

        with PcscCard(reader) as transport:
            yield transport
        return
    with open_card(card or "") as file:
        yield file


@contextmanager
def inserted_card(card: str | None, reader: str | None = None) -> Iterator[Any]:
    """A session with such a card. Raises click.UsageError as `inserted_transport`."""
    from honnin.card.client.session import CardSession

    with inserted_transport(card, reader) as transport:
        session = CardSession(transport)
        session.select_jpki()
        yield session


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


def text_of_at_most(longest: int) -> Any:
    """A callback of an option whose text people must be able to read."""

    def check(_context: click.Context, _parameter: click.Parameter, text: str | None) -> str | None:
        if text is not None and not (text.strip() and text.replace("\u3000", " ").isprintable()):
            raise click.BadParameter(_("it is empty, or has characters that nobody can read"))
        if text is not None and len(text) > longest:
            raise click.BadParameter(_("it has more than {longest} characters").format(longest=longest))
        return text

    return check


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


def present_user() -> str:
    """Who the journal names for an act by command: the user of this machine."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user often has no name
        name = str(os.getuid())
    return f"command/{name}"


@contextmanager
def warn_if_moved() -> Iterator[None]:
    """The block opens an installation. Says where its status service has moved by that: certificates that
    were issued before name its former address.
    """
    before = kept_addresses(present_home())
    yield
    after = kept_addresses(present_home())
    if before is not None and after is not None and before.ocsp_uri != after.ocsp_uri:
        words = _(MOVED).format(new=after.ocsp_uri, old=before.ocsp_uri)
        say(f"honnin: {words}", err=True)


def require_opened() -> None:
    """Raises Unavailable E_AUTHORITY_NOT_OPEN where there is no installation."""
    if not present_home().is_opened:
        raise Unavailable("E_AUTHORITY_NOT_OPEN")


def started(wrong: Wrong, *needed: str) -> bool:
    """As `start_django`; where there is no installation that is noted, beside what else is wrong, and nothing
    was loaded.
    """
    wrong.unless(require_opened)
    if not present_home().is_opened:
        return False
    start_django(*needed)
    return True


def start_django(
    *needed: str, opening: bool = False, addresses: Addresses | None = None, only_reading: bool = False
) -> None:
    """Load the rooms with memory for commands that need them; only `opening` makes an installation, with
    these `addresses` or those that it has, and `only_reading` writes nothing in it. When the command ends
    its databases are closed, so that a copy of their files holds what it wrote.

    Raises Unavailable E_AUTHORITY_NOT_OPEN where there is none, E_KEY_UNAVAILABLE when a secret is lost,
    Malformed E_ROLE_NOT_PLAYED where this process does not play a role that is `needed`, and as
    `present_addresses`.
    """
    require_played(*needed)
    require_screens()
    if opening:
        choose(addresses or chosen_addresses(present_home()))
    else:
        require_opened()
    if only_reading:
        only_read()
    initialise()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "honnin.sites.settings")
    import django

    django.setup()
    from honnin.sites.databases.closing import close_databases

    opened = click.get_current_context().find_object(ExitStack)  # none where a command is called by itself
    if opened is not None:
        opened.callback(close_databases)
