"""`honnin card insert`, `remove` and `trace`: virtual cards in virtual PC/SC readers."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import click

from honnin.card.client.trace import Exchange, Tracer
from honnin.card.status_word import StatusWord
from honnin.card.transport import CardWrapper, PoweredTransport, vpcd
from honnin.card.transport.card_file import CardFile
from honnin.card.transport.card_lock import request_removal
from honnin.cli.terminal.cards import (
    ONE_OF_TWO,
    card_argument,
    card_file,
    complete_cards,
    open_card,
    reader_option,
)
from honnin.cli.terminal.json_output import note_failure_printed
from honnin.cli.terminal.options import json_fields, naming, present_language, print_json
from honnin.cli.terminal.stopping import on_stop_signal
from honnin.cli.terminal.streams import say
from honnin.cli.terminal.words import FileName, _, named
from honnin.clock import SystemClock
from honnin.errors import CardError, HonninError
from honnin.translation import message
from honnin.widths import half_width

_LOOK = 0.1  # seconds between two looks at whether a card is asked back
_DEFAULT = f"{vpcd.HOST}:{vpcd.PORT}"
_OPEN = message(
    "warning: {host} is not this machine alone: others on the network may use the card, and read the "
    "PINs that are sent to it. For this machine alone use {own}."
)

_WAITING = message("{card} waits at {address} for the reader that dials; Ctrl-C pulls it out")
_PUTTING = message("putting {card} into the reader at {address}; Ctrl-C pulls it out")
_TAKEN = message("the reader at {address} has taken {card}")
_WAITS = message(
    "the reader at {address} has not asked for {card} yet. Perhaps another card is in it: pull that one out."
    " If none is, take this one out (Ctrl-C) and put it in again"
)


@dataclass(frozen=True)
class Address:
    """Host and port at which a virtual reader is dialled, or dials."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str, option: str) -> "Address":
        """Raises click.UsageError."""
        host, _colon, port = half_width(text).rpartition(":")
        if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
            problem = _("{option} takes HOST:PORT, for example {example}")
            raise click.UsageError(problem.format(option=option, example=_DEFAULT))
        return cls(host, int(port))

    @property
    def is_own(self) -> bool:
        """Whether only this machine can reach the address; also where it cannot be resolved."""
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return True
        return all(ip_address(str(where[0]).partition("%")[0]).is_loopback for *_, where in found)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Events:
    """Events of a card in a reader, one line of JSON each; printed only with `--json`."""

    card: str
    reader: Address
    wanted: bool

    def print_event(self, event: str, **more: str) -> None:
        """`more`: `code`, or `command` and `answer`; the others are null."""
        if self.wanted:
            fields = {"at": SystemClock().now().isoformat(), "event": event}
            fields |= {"card": self.card, "reader": str(self.reader)}
            print_json({**fields, "code": None, "command": None, "answer": None, **more})
            if event == "failed":
                note_failure_printed()

    def exchange(self, exchange: Exchange) -> None:
        """One command and its answer, PINs masked."""
        self.print_event("exchange", command=exchange.command, answer=exchange.answer)


@dataclass(frozen=True)
class Insertion:
    """One card in one virtual reader, served until `stop`; `file` is the card's file, if it has one."""

    name: str
    card: PoweredTransport
    address: Address
    file: CardFile | None
    stop: threading.Event
    events: Events

    def answer(self, *, listening: bool) -> None:
        """Serve the card until `stop`; prints to stderr while no reader takes it, and when one does."""
        where = (self.card, self.address.host, self.address.port, self.stop)
        if listening:
            vpcd.listen(*where)
        else:
            vpcd.serve(*where, notify=self._report)

    def _report(self, taken: bool) -> None:
        self.events.print_event("taken" if taken else "not_taken")
        sentence = _(_TAKEN if taken else _WAITS).format(address=self.address, card=self.name)
        say(sentence, err=True)


def address_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--vpcd` and `--listen`, each as often as there are readers."""
    for option in (
        click.option(
            "--listen",
            "listens",
            multiple=True,
            metavar="HOST:PORT",
            help="Wait here for a reader that dials.",
        ),
        click.option(
            "--vpcd", "readers", multiple=True, metavar="HOST:PORT", help=f"Dial this reader. [{_DEFAULT}]"
        ),
    ):
        command = option(command)
    return command


@click.command()
@click.argument(
    "cards", metavar="CARD...", nargs=-1, required=True, type=FileName(), shell_complete=complete_cards
)
@address_options
@json_fields(one_line=True)
def insert(
    cards: tuple[str, ...], readers: tuple[str, ...], listens: tuple[str, ...], *, as_json: bool
) -> None:
    """Put cards into virtual PC/SC readers until interrupted, or until they are removed.

    With one address, several cards go to ports in a row, as vpcd's slots do; else each has its own.
    """
    addresses = addresses_of(len(cards), readers, listens)
    with ExitStack() as stack:
        insertions = []
        for card, address in zip(cards, addresses, strict=True):
            file = stack.enter_context(open_card(card))
            file.record_reader(str(address))
            name = file.card.state.card_number
            events = Events(name, address, as_json)
            insertions.append(
                Insertion(name, StoreFailureWarning(file, name), address, file, threading.Event(), events)
            )
        serve_cards(insertions, listening=bool(listens))


@click.command()
@card_argument
@json_fields("card", "reader")
def remove(card: str, *, as_json: bool) -> None:
    """Pull a card out of the virtual reader into which another process put it."""
    path = card_file(card)
    with naming(path):
        reader = request_removal(path)
    say(_("pulled out of the reader at {reader}").format(reader=reader), err=True)
    if as_json:
        print_json({"card": str(path), "reader": reader})


@click.command()
@click.argument("card", required=False, type=FileName(), shell_complete=complete_cards)
@address_options
@reader_option
@click.option("--show-pins", is_flag=True, help="Show PINs, and files that tell them, too.")
@json_fields(one_line=True)
def trace(
    card: str | None,
    readers: tuple[str, ...],
    listens: tuple[str, ...],
    reader: str | None,
    *,
    show_pins: bool,
    as_json: bool,
) -> None:
    """Put a card into a virtual reader and print what programs say to it and what it answers, in words.

    With --reader, the card in that PC/SC reader is what programs find in the virtual one.
    """
    (address,) = addresses_of(1, readers, listens)
    with traced_card(card, reader, str(address)) as (file, powered):
        name = reader or (file.card.state.card_number if file else "")
        events = Events(name, address, as_json)
        traced = Traced(powered, Tracer(show_pins=show_pins), events.exchange if as_json else _print)
        serve_cards(
            [Insertion(name, traced, address, file, threading.Event(), events)], listening=bool(listens)
        )


def _print(exchange: Exchange) -> None:
    now = SystemClock().now().astimezone().strftime("%H:%M:%S.%f")[:-3]
    title, *lines = exchange.lines(present_language())
    say(f"{now} {title}", *lines)


@contextmanager
def traced_card(
    card: str | None, reader: str | None, address: str
) -> Iterator[tuple[CardFile | None, PoweredTransport]]:
    if (card is None) == (reader is None):
        raise click.UsageError(_(ONE_OF_TWO))
    if reader is not None:
        from honnin.card.transport.pcsc import PcscCard

        with PcscCard(reader) as powered:
            yield None, powered
        return
    with open_card(card or "") as file:
        file.record_reader(address)
        yield file, file


class StoreFailureWarning(CardWrapper):
    """A card that warns once on stderr that it cannot store its state: programs only see 6581."""

    def __init__(self, card: PoweredTransport, name: str) -> None:
        super().__init__(card)
        self._name = name
        self._has_warned = False

    def transmit(self, command: bytes) -> bytes:
        answer = super().transmit(command)
        if not self._has_warned and answer == StatusWord.MEMORY_FAILURE.to_bytes(2, "big"):
            self._has_warned = True
            warning = CardError("E_CARD_STORE_FAILED").sentence(present_language())
            say(named(self._name, warning), err=True)
        return answer


class Traced(CardWrapper):
    """A card whose commands and answers are reported one by one."""

    def __init__(self, card: PoweredTransport, tracer: Tracer, report: Callable[[Exchange], object]) -> None:
        super().__init__(card)
        self._tracer = tracer
        self._report = report

    def reset(self) -> None:
        super().reset()
        self._tracer.reset()

    def transmit(self, command: bytes) -> bytes:
        answer = super().transmit(command)
        self._report(self._tracer.exchange(command, answer))
        return answer


def addresses_of(count: int, readers: Sequence[str], listens: Sequence[str]) -> list[Address]:
    """One address for each card. Raises click.UsageError."""
    if readers and listens:
        raise click.UsageError(_("either --vpcd or --listen"))
    option = "--listen" if listens else "--vpcd"
    given = [Address.parse(text, option) for text in (listens or readers or (_DEFAULT,))]
    if len(given) == 1:
        first = given[0]
        given = [Address.parse(f"{first.host}:{first.port + each}", option) for each in range(count)]
    if len(given) != count:
        problem = _("{count} cards need one {option} or {count}").format(count=count, option=option)
        raise click.UsageError(problem)
    return given


def serve_cards(insertions: Sequence[Insertion], *, listening: bool) -> None:
    """Serve every card until it is removed or a stop signal comes; then close its file.

    A card whose reader fails is pulled out and the others stay. Raises the first failure at the end.
    """
    for host in sorted({insertion.address.host for insertion in insertions if not insertion.address.is_own}):
        say(_(_OPEN).format(host=host, own=vpcd.HOST), err=True)
    failures: list[HonninError] = []
    with on_stop_signal(lambda _number: _stop_all(insertions)), ThreadPoolExecutor(len(insertions)) as pool:
        present: dict[Future[None], Insertion] = {}
        for insertion in insertions:
            how = _WAITING if listening else _PUTTING
            say(_(how).format(card=insertion.name, address=insertion.address), err=True)
            insertion.events.print_event("waiting" if listening else "put_in")
            present[pool.submit(insertion.answer, listening=listening)] = insertion
        try:
            while present:
                done, _waiting = wait(present, timeout=_LOOK, return_when=FIRST_COMPLETED)
                for future in done:
                    failures += _removed(present.pop(future), future.exception(), alone=len(insertions) == 1)
                for insertion in present.values():
                    if insertion.file is not None and insertion.file.is_removal_requested:
                        insertion.stop.set()
        finally:
            _stop_all(insertions)  # one failure must not leave the other cards waiting for ever
    if failures:
        raise failures[0]


def _removed(insertion: Insertion, error: BaseException | None, *, alone: bool) -> list[HonninError]:
    """A card was removed: close its file and print that. Returns the failure, if it was one."""
    if insertion.file is not None:
        insertion.file.close()
    if error is None:
        say(_("pulled out {card}").format(card=insertion.name), err=True)
        insertion.events.print_event("pulled_out")
        return []
    if not isinstance(error, HonninError):
        raise error
    insertion.events.print_event("failed", code=error.code)
    if not alone:  # else it is printed once, at the end
        say(named(insertion.name, error.sentence(present_language())), err=True)
    return [error]


def _stop_all(insertions: Sequence[Insertion]) -> None:
    for insertion in insertions:
        insertion.stop.set()
