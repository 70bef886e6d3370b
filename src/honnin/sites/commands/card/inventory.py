"""`honnin card list` and `show`: the virtual cards of an installation."""

from pathlib import Path
from typing import Any

import click

from honnin.card.state import CardState
from honnin.sites.commands.options import card_argument, card_file, json_option, print_json
from honnin.sites.home import present_home


@click.command("list")
@json_option
def list_cards(as_json: bool) -> None:
    """List the cards of this installation."""
    cards = [_summary(path) for path in sorted(present_home().cards.glob("*.json"))]
    if as_json:
        print_json(cards)
        return
    if not cards:
        click.echo("No cards yet. `honnin card create` makes one, `honnin up` some.", err=True)
    for card in cards:
        damaged = "  DAMAGED CHIP" if card["damaged"] else ""
        click.echo(f"{card['name']}  until {card['expiry_date']}  {_slots_line(card)}{damaged}")


@click.command("show")
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
    if summary["damaged"]:
        click.echo("  DAMAGED CHIP: it answers reset and no command; what follows cannot be had any more")
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
        "damaged": state.damaged,
        "slots": slots,
    }


def _slots_line(card: dict[str, Any]) -> str:
    return "  ".join(f"{slot}: {_slot_text(content)}" for slot, content in card["slots"].items())


def _slot_text(content: dict[str, Any]) -> str:
    if not content["certificate"]:
        return "empty"
    return f"certificate, {content['tries_left']} tries left" if content["tries_left"] else "PIN blocked"
