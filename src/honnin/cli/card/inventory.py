"""`honnin card list` and `show`: the virtual cards of an installation, as their files say."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import click

from honnin.card.chip.state import LONGEST_CARD, CardState
from honnin.card.issuer.content.text import ATTRIBUTES, read_attributes
from honnin.card.transport.card_file import require_file
from honnin.cli.terminal.cards import card_argument, card_file, card_files
from honnin.cli.terminal.options import json_fields, json_option, naming, present_language, print_json
from honnin.cli.terminal.streams import say
from honnin.cli.terminal.words import _, display_name, in_present_language, named
from honnin.clock import SystemClock, day_in_japan
from honnin.errors import CardError, HonninError, Malformed
from honnin.files import read_file
from honnin.law.validity import has_expired
from honnin.sites.home import present_home
from honnin.translation import message, reason_of

FIELDS = ("name", "about", "kind", "card_number", "expiry_date", "terminated", "damaged", "slots", "holder")

KINDS = {"number-card": message("My Number Card"), "juki-card": message("Juki card")}
DAMAGED = message("DAMAGED CHIP: it answers reset and no command; what follows cannot be had any more")
ENDED = message("ENDED for good by its issuer: what follows cannot be used any more")


@click.command("list")
@json_option
def list_cards(as_json: bool) -> None:
    """List the cards of this installation. What is no card, or cannot be read, is listed with the reason."""
    cards = [_listed(path) for path in card_files()]
    if as_json:
        print_json([{name: card.get(name) for name in (*FIELDS, "error")} for card in cards])
        return
    if not cards:
        say(_how_to_make_one(), err=True)
    for card in cards:
        line = f"{card['name']}  {card['reason']} [{card['error']}]" if "error" in card else _line(card)
        say(line)


@click.command("show")
@card_argument
@json_fields(*FIELDS)
def show(card: str, as_json: bool) -> None:
    """Show what is on a card, without any PIN."""
    path = card_file(card)
    with naming(path):
        try:
            summary = _summary(path)
        except OSError as error:
            raise CardError("E_CARD_FILE_UNREADABLE") from error
    if as_json:
        print_json(summary)
        return
    say(_("{name}: TEST CARD, {kind}").format(**summary | {"kind": _kind(summary)}))
    if summary["holder"]:
        say("  " + _("holder {holder}").format(**summary))
    say("  " + _("number {card_number}, {until}").format(**summary, until=_until(summary)))
    if summary["damaged"]:
        say("  " + _(DAMAGED))
    if summary["terminated"]:
        say("  " + _(ENDED))
    for slot, content in summary["slots"].items():
        say("  " + named(display_name(slot), _slot_text(content)))


def _how_to_make_one() -> str:
    """A card is made by an authority, which a new installation does not have."""
    if present_home().is_opened:
        return _("No cards yet. `honnin card create adult` makes one; `honnin card samples` lists others.")
    return _(
        "No cards yet. `honnin up` makes some; `honnin authority init` and then"
        " `honnin card create adult` one."
    )


def _listed(path: Path) -> dict[str, Any]:
    """One entry of the list: a card, or why it is none. One bad file does not hide the others."""
    try:
        return _summary(path)
    except OSError as error:
        reason = _("cannot be read: {reason}.").format(reason=in_present_language(reason_of(error)))
        return {"name": path.name, "error": "E_CARD_FILE_UNREADABLE", "reason": reason}
    except HonninError as error:
        return {"name": path.name, "error": error.code, "reason": error.sentence(present_language())}


def _summary(path: Path) -> dict[str, Any]:
    require_file(path)  # a pipe would be waited for
    state = CardState.from_json(read_file(path, LONGEST_CARD))
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
        "kind": state.kind_name,
        "card_number": state.card_number,
        "expiry_date": state.expiry_date.isoformat(),
        "terminated": state.terminated,
        "damaged": state.damaged,
        "slots": slots,
        "holder": _holder(state),
    }


def _holder(state: CardState) -> str | None:
    """The name that the text application has, as the file says; None where nothing says whose card it is."""
    content = state.applications.get("text")
    attributes = content.files.get(ATTRIBUTES) if content else None
    try:
        return read_attributes(attributes).name if attributes else None
    except Malformed:
        return None


def _line(card: dict[str, Any]) -> str:
    return "  ".join(
        (card["name"], _kind(card), _until(card), *_slot_texts(card), *_whose(card), *_ends(card))
    )


def _kind(card: dict[str, Any]) -> str:
    """The name of this kind of card for people; programs get the name of its declaration."""
    return _(KINDS[card["kind"]])


def _until(card: dict[str, Any]) -> str:
    last_day = card["expiry_date"]
    expired = has_expired(date.fromisoformat(last_day), day_in_japan(SystemClock().now()))
    text = _("until {last_day} (expired)") if expired else _("until {last_day}")
    return text.format(last_day=last_day)


def _slot_texts(card: dict[str, Any]) -> Iterator[str]:
    for slot, content in card["slots"].items():
        yield named(display_name(slot), _slot_text(content))


def _whose(card: dict[str, Any]) -> Iterator[str]:
    if card["holder"]:
        yield card["holder"]


def _ends(card: dict[str, Any]) -> Iterator[str]:
    if card["damaged"]:
        yield _("DAMAGED CHIP")
    if card["terminated"]:
        yield _("ENDED")


def _slot_text(content: dict[str, Any]) -> str:
    if not content["certificate"]:
        return _("empty")
    if not content["pin_set"]:
        return _("certificate, PIN not set")
    left = content["tries_left"]
    known = {0: _("certificate, PIN blocked"), 1: _("certificate, 1 try left")}
    return known.get(left, _("certificate, {left} tries left").format(left=left))
