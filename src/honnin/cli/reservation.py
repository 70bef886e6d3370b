"""`honnin reservation`: reserve that a PIN of a test card be set again at a kiosk, look, cancel."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

import click

from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot
from honnin.cli.terminal.cards import card_argument, open_card
from honnin.cli.terminal.installation import present_user, start_django
from honnin.cli.terminal.options import (
    json_fields,
    last_try_option,
    pin_option,
    present_language,
    print_json,
)
from honnin.cli.terminal.streams import done, say
from honnin.cli.terminal.typed import ask_pin
from honnin.cli.terminal.words import _
from honnin.law.cards.pins import PinKind
from honnin.law.kiosk_reset import known_instead
from honnin.law.wording import format_instant
from honnin.translation import message
from honnin.wire.messages.reservations import (
    AskReservation,
    CancelReservation,
    ReservationState,
    ReservationStatus,
)

if TYPE_CHECKING:
    from honnin.wire.line import Message

FIELDS: Final = ("number", "pin", "reserved_at", "until", "state")
PROMPT: Final[Mapping[PinKind, str]] = {
    PinKind.SIGNATURE: message("Signature PIN"),
    PinKind.USER_AUTHENTICATION: message("Authentication PIN"),
}
STATES: Final[Mapping[ReservationState, str]] = {
    ReservationState.RESERVED: message("reserved"),
    ReservationState.PERMITTED: message("begun at a kiosk; go on there"),
    ReservationState.USED: message("used"),
    ReservationState.CANCELLED: message("cancelled"),
    ReservationState.EXPIRED: message("its time has passed"),
}


@click.group()
def command() -> None:
    """Reserve the reset of a PIN of a test card at a kiosk; only on a test deployment."""


@command.command("make")
@card_argument
@click.option(
    "--slot",
    type=click.Choice([slot.value for slot in KeySlot]),
    required=True,
    help="Whose PIN is to be reset; the PIN of the other certificate is asked for.",
)
@last_try_option
@pin_option
@json_fields(*FIELDS)
def make(card: str, slot: str, pin_fd: int | None, *, use_last_try: bool, as_json: bool) -> None:
    """Make a reservation, and print its number. No face is compared, as the app of the service would."""
    start_django("kiosk")
    from honnin.kiosk import reserving

    pin, staff = reserving.PIN_OF[KeySlot(slot)], present_user()
    with open_card(card) as transport:
        session = CardSession(transport)
        asked = reserving.begin(session, pin, staff=staff)
        known = ask_pin(_(PROMPT[known_instead(pin)]), pin_fd)
        status = reserving.complete(session, asked, pin, known, staff=staff, use_last_try=use_last_try)
    done(status.number)
    say(_("No face was compared: this is a test card."), err=True)
    _print(status, as_json=as_json, number_alone=True)


@command.command("status")
@click.argument("number", metavar="NUMBER")
@json_fields(*FIELDS)
def show(number: str, *, as_json: bool) -> None:
    """Say how the reservation of this NUMBER stands, and until when it can be used."""
    _print(_asked(AskReservation(number)), as_json=as_json)


@command.command("cancel")
@click.argument("number", metavar="NUMBER")
@json_fields(*FIELDS)
def cancel(number: str, *, as_json: bool) -> None:
    """Cancel the reservation of this NUMBER. One that was used or has passed stays what it is."""
    _print(_asked(CancelReservation(number)), as_json=as_json)


def _asked(question: "Message[ReservationStatus]") -> ReservationStatus:
    start_django("kiosk")
    from honnin.kiosk.reserving import ask_agency

    return ask_agency(question, present_user())


def _print(status: ReservationStatus, *, as_json: bool, number_alone: bool = False) -> None:
    if as_json:
        print_json(
            {
                "number": status.number,
                "pin": status.pin.value,
                "reserved_at": status.reserved_at.isoformat(),
                "until": status.until.isoformat(),
                "state": status.state.value,
            }
        )
        return
    words = _("{pin}: {state}; it lasts until {until}").format(
        pin=_(PROMPT[status.pin]), state=_(STATES[status.state]), until=_moment(status.until)
    )
    say(words, err=number_alone)
    if number_alone:
        say(status.number)


def _moment(at: datetime) -> str:
    return format_instant(at, present_language())
