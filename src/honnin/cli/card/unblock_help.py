"""`honnin card unblock-help`: which PINs are blocked, and where each can be set anew.

Says no more than a card tells: a PIN that was never set looks like one that is blocked. Sends nobody where
they would be refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import click

from honnin.card.client.known_files import APPLICATIONS, KnownApplication, KnownFile
from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import NUMBER_CARD, kind, kind_labelled
from honnin.card.status_word import StatusWord
from honnin.cli.terminal.cards import complete_cards, inserted_transport, reader_option
from honnin.cli.terminal.options import json_fields, present_language, print_json
from honnin.cli.terminal.streams import say
from honnin.cli.terminal.words import FileName
from honnin.clock import SystemClock, day_in_japan
from honnin.errors import Language
from honnin.law.cards import kiosk
from honnin.law.cards.kiosk import kiosk_pin_refusals
from honnin.law.fees import FeeOccasion, certificate_fee
from honnin.law.terms import Generation
from honnin.law.validity import has_expired
from honnin.translation import gettext, message
from honnin.wire.messages.card_updates import PIN_PLACES

_KIND: Final = {place: kind for kind, place in PIN_PLACES.items()}
_WORDS = {
    "open": message("{count} tries are left."),
    "last": message("1 try is left; one more wrong entry blocks it."),
    "blocked": message("It is blocked, or was never set."),
    "unused": message("The card has no certificate for it: there is nothing to unblock."),
    "counter": message(
        "Where to go: the counter of your municipality, with the card and an identity document."
    ),
    "kiosk": message(
        "Or: reserve with the app, and within {hours} hours go to a store's kiosk ({opens} to "
        "{closes}, {price})."
    ),
    "no_counter": message("The counter of this system cannot set it."),
    "fixed": message("It is printed on the card and is not set anew: that takes a new card."),
    "elsewhere": message("Where that is done for a card or device of this kind, this program does not know."),
    "all_open": message("No PIN is blocked. To change one: honnin card change-pin"),
    "all_closed": message(
        "None of its PINs can be entered. On a card without PINs (for face authentication) that is no "
        "block, and the counter sets none until the card is changed to one with PINs. On a card with "
        "PINs all are blocked: go to the counter of your municipality, with the card and an identity "
        "document."
    ),
    "expired": message(
        "The card's last day was {last_day}: no PIN is set on it any more. Apply for a new card."
    ),
    "nothing": message(
        "No application with a PIN answers: the card has ended for good, or this program does not know it."
    ),
}
_FEE, _FREE = message("{fee} yen"), message("free")


@dataclass(frozen=True)
class PinState:
    """A PIN that the card has, and its tries left."""

    application: KnownApplication
    pin: KnownFile
    tries_left: int


@dataclass(frozen=True)
class CardView:
    """What a card says without any PIN. `unused`: PINs whose certificate is not on it."""

    label: str
    last_day: date | None
    unused: frozenset[str]
    pins: tuple[PinState, ...]

    @property
    def is_number_card(self) -> bool:
        return self.label == kind(NUMBER_CARD).token_label

    @property
    def blocked(self) -> list[PinState]:
        return [each for each in self.pins if not each.tries_left and each.pin.name not in self.unused]

    @property
    def may_be_without_pins(self) -> bool:
        chosen = [each.tries_left for each in self.pins if not each.pin.fixed]
        return self.is_number_card and bool(chosen) and not any(chosen)


@click.command("unblock-help")
@click.argument("card", required=False, type=FileName(), shell_complete=complete_cards)
@reader_option
@json_fields("label", "expiry_date", "has_expired", "may_be_without_pins", "pins")
def unblock_help(card: str | None, reader: str | None, as_json: bool) -> None:
    """Say which PINs are blocked, how many tries are left, and where each can be set anew. Spends none."""
    with inserted_transport(card, reader) as transport:
        view = _view(CardSession(transport))
    language, today = present_language(), day_in_japan(SystemClock().now())
    if as_json:
        print_json(_facts(view, today))
        return
    for line in _lines(view, language, today):
        say(line)


def _view(session: CardSession) -> CardView:
    expiry = next(each for each in session.data_objects() if each.file.name == "expiry")
    label = session.token_label()
    return CardView(label, _day(expiry.data), session.unused_pins(), tuple(_states(session)))


def _day(data: bytes) -> date | None:
    """None for a card that does not say its last day, as a phone."""
    try:
        return date.fromisoformat(data.decode("ascii"))
    except ValueError:
        return None


def _states(session: CardSession) -> Iterator[PinState]:
    for application in APPLICATIONS:
        if session.select(application) != StatusWord.OK:
            continue
        for pin in application.pins:
            tries_left = session.tries_left_of(pin)
            if tries_left is not None:
                yield PinState(application, pin, tries_left)


def _facts(view: CardView, today: date) -> dict[str, Any]:
    """The same for programs, by the words that `_WORDS` has for people."""
    return {
        "label": view.label,
        "expiry_date": view.last_day and view.last_day.isoformat(),
        "has_expired": _has_expired(view, today),
        "may_be_without_pins": view.may_be_without_pins,
        "pins": [
            {
                "application": state.application.name,
                "name": state.pin.name,
                "tries_left": state.tries_left,
                "state": _word(view, state),
                "places": list(_places_now(view, state, today)),
            }
            for state in view.pins
        ],
    }


def _has_expired(view: CardView, today: date) -> bool:
    return view.last_day is not None and has_expired(view.last_day, today)


def _places_now(view: CardView, state: PinState, today: date) -> tuple[str, ...]:
    """Where a PIN can be set anew, if it is blocked and the card can have a new one."""
    if state not in view.blocked or _has_expired(view, today):
        return ()
    return _places(view, state) if state.pin.fixed or not view.may_be_without_pins else ()


def _lines(view: CardView, language: Language, today: date) -> Iterator[str]:
    for state in view.pins:
        yield _line(view, state, language)
        yield from (_place(word, language) for word in _places_now(view, state, today))
    if not view.pins:
        yield gettext(_WORDS["nothing"], language)
    elif _has_expired(view, today):
        yield gettext(_WORDS["expired"], language).format(last_day=view.last_day)
    elif view.may_be_without_pins:
        yield gettext(_WORDS["all_closed"], language)
    elif not view.blocked:
        yield gettext(_WORDS["all_open"], language)


def _word(view: CardView, state: PinState) -> str:
    if not state.tries_left and state not in view.blocked:
        return "unused"
    return {0: "blocked", 1: "last"}.get(state.tries_left, "open")


def _line(view: CardView, state: PinState, language: Language) -> str:
    word = _word(view, state)
    name = gettext(state.pin.title, language)
    words = gettext(_WORDS[word], language).format(count=state.tries_left)
    return f"{name} [{state.application.name}/{state.pin.name}]: {words}"


def _places(view: CardView, state: PinState) -> tuple[str, ...]:
    """Where a blocked PIN can be set anew."""
    if state.pin.fixed:
        return ("fixed",)
    known = kind_labelled(view.label)
    if known is None or view.label != known.token_label:
        return ("elsewhere",)
    pin = _KIND.get((state.application.name, state.pin.number))
    if pin is None:
        return ("no_counter",)
    at_kiosk = view.is_number_card and not kiosk_pin_refusals(pin, Generation.NUMBER_CARD)
    return ("counter", "kiosk") if at_kiosk else ("counter",)


def _place(word: str, language: Language) -> str:
    """Where to go, and for a kiosk when and at what price."""
    fee = certificate_fee(Generation.NUMBER_CARD, FeeOccasion.KIOSK_RESET)
    text = gettext(_WORDS[word], language).format(
        hours=int(kiosk.RESERVATION_LASTS.total_seconds()) // 3600,
        opens=f"{kiosk.OPENS.hour}:{kiosk.OPENS:%M}",
        closes=f"{kiosk.CLOSES.hour}:{kiosk.CLOSES:%M}",
        price=gettext(_FEE, language).format(fee=fee) if fee else gettext(_FREE, language),
    )
    return f"  {text}"
