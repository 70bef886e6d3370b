"""`honnin card change-pin`: the holder replaces a PIN of their card, giving the present one."""

from typing import Final

import click

from honnin.card.client.known_files import APPLICATIONS, KnownApplication, KnownFile
from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot
from honnin.cli.terminal.cards import complete_cards, inserted_transport, reader_option
from honnin.cli.terminal.options import json_fields, last_try_option, pin_option, print_json
from honnin.cli.terminal.streams import say
from honnin.cli.terminal.typed import ask_pin
from honnin.cli.terminal.words import FileName, _
from honnin.law.citation import cites

_CHANGEABLE: Final[dict[str, tuple[KnownApplication, KnownFile]]] = {
    pin.name: (application, pin) for application in APPLICATIONS for pin in application.pins if not pin.fixed
}


@click.command("change-pin")
@click.argument("card", required=False, type=FileName(), shell_complete=complete_cards)
@click.option("--pin", "pin_name", type=click.Choice([*_CHANGEABLE]), help="Which PIN.")
@click.option(
    "--slot",
    type=click.Choice([slot.value for slot in KeySlot]),
    help="The PIN of a certificate's key: as --pin signature-pin or authentication-pin.",
)
@reader_option
@pin_option
@click.option("--new-pin-fd", type=int, metavar="N", help="Read the new PIN from file descriptor N.")
@last_try_option
@json_fields("application", "pin")
@cites("S1-E2.1b")
def change_pin(
    card: str | None,
    pin_name: str | None,
    slot: str | None,
    reader: str | None,
    *,
    use_last_try: bool,
    as_json: bool,
    **descriptors: int | None,
) -> None:
    """Replace a PIN by a new one; the old one is needed.

    With --reader no CARD is given. Codes that are printed data (number-a, number-b, birth) never change.
    """
    if (pin_name is None) == (slot is None):
        raise click.UsageError(_("say which PIN, by --pin or by --slot"))
    application, pin = _CHANGEABLE[pin_name or f"{slot}-pin"]
    with inserted_transport(card, reader) as transport:
        session = CardSession(transport)
        session.require_changeable(application, pin)
        old = ask_pin(_("Present {pin}").format(pin=_(pin.title)), descriptors["pin_fd"])
        new = ask_pin(_("New {pin}").format(pin=_(pin.title)), descriptors["new_pin_fd"])
        session.change(application, pin, old, new, use_last_try=use_last_try)
    say(_("The {pin} was changed.").format(pin=_(pin.title)), err=True)
    if as_json:
        print_json({"application": application.name, "pin": pin.name})
