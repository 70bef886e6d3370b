"""`honnin card …`: virtual cards in a folder, and one of them in a PC/SC reader."""

import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import click

from honnin.card.slot import KeySlot
from honnin.card.state import CardState
from honnin.card.transport import vpcd
from honnin.card.transport.card_file import CardFile
from honnin.law.citation import cites
from honnin.sites.commands.options import (
    ask_pin,
    card_argument,
    card_file,
    inserted_card,
    json_option,
    pin_option,
    print_json,
)
from honnin.sites.home import present_home


@click.group()
def command() -> None:
    """Virtual test cards: every card is one file in the cards folder of the installation."""


@command.command("list")
@json_option
def list_cards(as_json: bool) -> None:
    """List the cards of this installation."""
    cards = [_summary(path) for path in sorted(present_home().cards.glob("*.json"))]
    if as_json:
        print_json(cards)
        return
    if not cards:
        click.echo("No cards yet. `honnin up` or `honnin demo` makes some.", err=True)
    for card in cards:
        click.echo(f"{card['name']}  until {card['expiry_date']}  {_slots_line(card)}")


@command.command("show")
@card_argument
@json_option
def show(card: str, as_json: bool) -> None:
    """Show what is on a card, without any PIN."""
    summary = _summary(card_file(card))
    if as_json:
        print_json(summary)
        return
    click.echo(f"{summary['name']}: {summary['about']}")
    click.echo(f"  number {summary['card_number']}, until {summary['expiry_date']}")
    for slot, content in summary["slots"].items():
        click.echo(f"  {slot}: {_slot_text(content)}")


def _summary(path: Path) -> dict[str, Any]:
    state = CardState.from_json(path.read_bytes())
    slots = {
        slot.value: {
            "certificate": content.certificate is not None,
            "pin_set": content.pin.value is not None,
            "tries_left": content.pin.tries_left,
        }
        for slot, content in state.slots.items()
    }
    return {
        "name": path.stem,
        "about": "TEST CARD",
        "card_number": state.card_number,
        "expiry_date": state.expiry_date.isoformat(),
        "slots": slots,
    }


def _slots_line(card: dict[str, Any]) -> str:
    return "  ".join(f"{slot}: {_slot_text(content)}" for slot, content in card["slots"].items())


def _slot_text(content: dict[str, Any]) -> str:
    if not content["certificate"]:
        return "empty"
    return f"certificate, {content['tries_left']} tries left" if content["tries_left"] else "PIN blocked"


@command.command("insert")
@card_argument
@click.option("--vpcd", "reader", default=f"{vpcd.HOST}:{vpcd.PORT}", show_default=True, metavar="HOST:PORT")
def insert(card: str, reader: str) -> None:
    """Put a card into a virtual PC/SC reader until interrupted; then pull it out."""
    host, _, port = reader.rpartition(":")
    if not host or not port.isdigit():
        raise click.UsageError("--vpcd takes HOST:PORT, for example 127.0.0.1:35963")
    stop = threading.Event()

    def pull_out(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, pull_out)
    signal.signal(signal.SIGTERM, pull_out)
    with CardFile.open(card_file(card)) as file:
        click.echo(
            f"putting {file.card.state.card_number} into the reader at {reader}; Ctrl-C pulls it out",
            err=True,
        )
        vpcd.serve(file.card, host, int(port), stop)
    click.echo("pulled out", err=True)


@command.command("change-pin")
@card_argument
@click.option("--slot", type=click.Choice([slot.value for slot in KeySlot]), required=True)
@pin_option
@click.option("--new-pin-fd", type=int, metavar="N", help="Read the new PIN from file descriptor N.")
@click.option("--use-last-try", is_flag=True, help="Send the old PIN although only one try is left.")
@cites("S1-E2.1b")
def change_pin(card: str, slot: str, pin_fd: int | None, new_pin_fd: int | None, use_last_try: bool) -> None:
    """Replace a PIN by a new one; the old one is needed."""
    key_slot = KeySlot(slot)
    with inserted_card(card) as session:
        old = ask_pin(f"Present {slot} PIN", pin_fd)
        new = ask_pin(f"New {slot} PIN", new_pin_fd)
        session.change_pin(key_slot, old, new, use_last_try=use_last_try)
    click.echo(f"The {slot} PIN was changed.", err=True)
