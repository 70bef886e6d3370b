"""What the card may cost: each figure with the limit that it is to hold.

Short batches by the processor's clock, and their median: what else the machine does in between is not
counted.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from benchmarks.cards import PINS, Workshop, with_key
from benchmarks.many_cards import CARDS, MEASURED
from honnin.agency.card_personalisation.portrait import FACES
from honnin.card.chip.card import Card
from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport.in_process import InProcess

SLOT = KeySlot.AUTHENTICATION
BATCHES = 40
_DIGEST = bytes(32)
SELECT = "00A4040C0AD392F000260100000001"  # the JPKI application


@dataclass(frozen=True)
class Figure:
    """What was measured, in a unit, and the most that it may be (`at_least`: the least)."""

    title: str
    measured: float
    limit: float
    unit: str
    at_least: bool = False
    note: str = ""

    @property
    def holds(self) -> bool:
        """Whether the limit is held."""
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit


def seconds(act: Callable[[], object], times: int) -> float:
    """Processor time of doing `act` once, over one batch."""
    began = time.thread_time()
    for _ in range(times):
        act()
    return (time.thread_time() - began) / times


def median_seconds(act: Callable[[], object], times: int) -> float:
    """Processor time of doing `act` once: the median of many batches."""
    act()
    return statistics.median(seconds(act, times) for _ in range(BATCHES))


def card_figures(folder: Path) -> Iterator[Figure]:
    """Everything that is measured of a card in process."""
    workshop, key = Workshop(folder), rsa.generate_private_key(65537, 2048)
    state = with_key(workshop.personalised(1), key)
    reader = InProcess(Card(state, lambda _state: None))
    yield from _commands(reader)
    yield _creating(workshop, key)
    yield _open_cards(folder)
    yield _signing(CardSession(reader), key)


def _commands(reader: InProcess) -> Iterator[Figure]:
    """Commands that need neither RSA nor a durable write."""
    ok, three_tries = b"\x90\x00", b"\x63\xc3"
    for title, command, before, length, good in (
        ("SELECT an application", SELECT, SELECT, 2, ok),
        ("SELECT a file", "00A4020C02000A", SELECT, 2, ok),
        ("READ BINARY, 256 bytes", "00B0000000", "00A4020C02000A", 258, ok),
        ("VERIFY without a PIN", "00200080", "00A4020C020018", 2, three_tries),
    ):
        reader.transmit(bytes.fromhex(before))
        send = partial(reader.transmit, bytes.fromhex(command))
        answer = send()
        assert (answer[-2:], len(answer)) == (good, length), answer.hex()
        spent = median_seconds(send, 200)
        yield Figure(f"card: {title}, in process", spent * 1e6, 60, "µs")


def _creating(workshop: Workshop, key: rsa.RSAPrivateKey) -> Figure:
    """The portraits are drawn once in a process, and so before anything is measured.

    Most of it is the signatures of its records, so the time of a raw one, taken in turns, stands beside.
    """
    numbers = count(100)

    def create() -> None:
        workshop.personalised(next(numbers))

    for _ in range(4 * FACES):
        create()
    pairs = [(seconds(create, 1), seconds(partial(_raw, key), 4)) for _ in range(BATCHES)]
    spent = statistics.median(mine for mine, _ in pairs)
    ratio = statistics.median(mine / signature for mine, signature in pairs)
    title = "card: create one with all but its holder's keys"
    note = f"portraits drawn before; {ratio:.1f} raw RSA-2048 signatures"
    return Figure(title, spent * 1e3, 5, "ms", note=note)


def _raw(key: rsa.RSAPrivateKey) -> bytes:
    """A signature without any card."""
    return key.sign(_DIGEST, padding.PKCS1v15(), hashes.SHA256())


def _open_cards(folder: Path) -> Figure:
    """In a process of its own, so that nothing else is counted."""
    command = [sys.executable, "-m", "benchmarks.many_cards", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    kibibytes = float(done.stdout)
    title = f"card: {CARDS:,} complete ones, open in one process"
    note = f"{MEASURED} measured, the rest reckoned"
    return Figure(title, kibibytes / 1024, 1024, "MiB", note=note)


def _signing(session: CardSession, key: rsa.RSAPrivateKey) -> Figure:
    """The card against the same key in memory, in turns."""
    session.select_jpki()
    session.verify_pin(SLOT, PINS[SLOT])
    raw, by_card = partial(_raw, key), partial(session.sign_sha256, SLOT, _DIGEST)
    assert by_card() == raw()
    ratio = statistics.median(seconds(raw, 10) / seconds(by_card, 10) for _ in range(2 * BATCHES))
    title = "card: signatures in process, as a part of raw RSA-2048"
    return Figure(title, ratio, 0.85, "", at_least=True)
