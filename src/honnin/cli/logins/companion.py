"""`honnin companion`: a page on this machine by which sites reach the card in the user's own browser."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import click

from honnin.cli.terminal.cards import (
    ONE_OF_TWO,
    card_file,
    card_option,
    inserted_card,
    reader_option,
)
from honnin.cli.terminal.options import json_fields, print_json
from honnin.cli.terminal.stopping import on_stop_signal
from honnin.cli.terminal.streams import say
from honnin.cli.terminal.words import _
from honnin.translation import message

STARTED = message("Open this address in your browser, once; it works for one browser: {address}")
NEXT = message("A browser was connected. For another one: {address}")
WORD = message(
    "Each page that asks for a PIN says the word {word}. A page that says another, or none, is not of this "
    "companion."
)
STOPS = message("Sites reach the card until Ctrl-C.")
USERS_UNKNOWN = message(
    "This system does not say whose a connection is: on a machine that others use, close the browser that "
    "was connected when you are done."
)
PORT = 8609
"""A site must know where to send a browser, so it is one known port; it lies below those that a system gives
to outgoing connections, so no program gets it by accident.
"""


@click.command()
@card_option
@reader_option
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=PORT,
    show_default=True,
    help="Where it listens on this machine; sites look for it at the default. 0: any free one.",
)
@json_fields("address", "start_address", "word", one_line=True)
def command(card: str | None, reader: str | None, port: int, *, as_json: bool) -> None:
    """Let sites in the browser ask for a login with the card, until Ctrl-C.

    A page on this machine shows who asks for what, takes the PIN, and leads back to the site.
    """
    from honnin.citizen.companion import access, app, peer, server
    from honnin.citizen.companion.card import Card
    from honnin.clock import SystemClock

    if (card is None) == (reader is None):
        raise click.UsageError(_(ONE_OF_TWO))
    name = reader if reader is not None else card_file(card or "").stem
    tells_users = peer.is_known()
    with server.listening(port) as listener:
        announced = partial(_announce, as_json)
        gates = access.Access(listener.getsockname()[1], tells_users=tells_users, announce=announced)
        application = app.CompanionApplication(
            Card(name, partial(inserted_card, card, reader)), gates, SystemClock()
        )
        running = server.companion_server(application)
        _say_started(gates, as_json=as_json)
        if not tells_users:
            say(_(USERS_UNKNOWN), err=True)
        with closing(application), _stopping(running):
            running.run([listener])


def _say_started(gates: Any, *, as_json: bool) -> None:
    if as_json:
        fields = {"address": gates.origin, "start_address": gates.start_address, "word": gates.word}
        print_json(fields)
        return
    say(_(STARTED).format(address=gates.start_address))
    say(_(WORD).format(word=gates.word))
    say(_(STOPS))


def _announce(as_json: bool, address: str) -> None:
    say(_(NEXT).format(address=address), err=as_json)


@contextmanager
def _stopping(running: Any) -> Iterator[None]:
    def stop(_number: int) -> None:
        running.should_exit = True

    with on_stop_signal(stop):
        yield
