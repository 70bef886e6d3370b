"""The card that a command is about: named, completed by Tab, opened, or in a PC/SC reader."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from honnin.cli.terminal.options import Decorator, naming
from honnin.cli.terminal.words import FileName, _
from honnin.errors import CardError
from honnin.sites.home import present_home
from honnin.translation import message
from honnin.widths import half_width

if TYPE_CHECKING:
    from honnin.card.transport.card_file import CardFile

ONE_OF_TWO = message("name one of the two: a card, or --reader NAME for the card in a PC/SC reader")


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
