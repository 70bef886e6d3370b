"""`honnin card …`: virtual cards in a folder, and cards in readers."""

import click

from honnin.cli.card.apdu import apdu
from honnin.cli.card.change_pin import change_pin
from honnin.cli.card.create import create, list_samples
from honnin.cli.card.inventory import list_cards, show
from honnin.cli.card.read import read
from honnin.cli.card.readers import insert, remove, trace
from honnin.cli.card.unblock_help import unblock_help


@click.group()
def command() -> None:
    """Virtual test cards: every card is one file in the cards folder of the installation."""


for each in (
    list_cards,
    show,
    create,
    list_samples,
    insert,
    remove,
    trace,
    read,
    apdu,
    change_pin,
    unblock_help,
):
    command.add_command(each)
