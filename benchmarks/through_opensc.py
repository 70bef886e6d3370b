"""`pkcs11-tool --sign` with a card, through pcscd and OpenSC, against the same command on SoftHSM.

The same key and certificates are on both. The two take turns; a run is one whole process, from its start to
its end. The card keeps what it changes in a file, as everybody's does. One card is in one reader, as people
have it: the virtual driver always has a second, empty one, for which OpenSC asks pcscd again and again, and
is told to ignore it. All processes are on one core: those behind a card only ever wait for each other, and on
several cores part of what is measured is how long the machine takes to wake one.

Almost all of a run is OpenSC, which asks for every other card that it knows first, and pcscd. So two things
are said beside: how much of it is spent in the card, and the ratio for a card that takes no time at all, as
it repeats what ours answered. And what comes out on all cores, with one reader and with both.
"""

import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import rsa
from tests.support.card.reader import MODULE, NoReaderError, VirtualReader, missing, running_reader

from benchmarks.cards import PINS, Workshop, with_key
from benchmarks.limits import SLOT, Figure
from honnin.card.chip.state import CardState
from honnin.card.transport import CardWrapper, PoweredTransport
from honnin.card.transport.card_file import CardFile

SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")
TITLE = "pkcs11-tool --sign: card through OpenSC / SoftHSM"
SECOND = "Virtual PCD 00 01"
PIN = PINS[SLOT]
RUNS = 21


def lacking() -> list[str]:
    """What this machine lacks for the comparison."""
    found = missing()
    return found + ([] if shutil.which("softhsm2-util") and SOFTHSM.exists() else ["softhsm2"])


def signing_figure(folder: Path, workshop: Workshop) -> Figure | str:
    """The figure, or in words why there is none."""
    if lacks := lacking():
        return f"not measured, for this machine lacks {', '.join(lacks)}"
    state = with_key(workshop.personalised(2), rsa.generate_private_key(65537, 2048))
    try:
        with _one_core():
            run = _run(folder / "one-core", state)
            at_once = _run(folder / "at-once", state, listener=_Repeating)
        everywhere = _run(folder / "all-cores", state)
        beside = _run(folder / "two-readers", state, readers=2)
    except NoReaderError as error:
        return f"not measured: {error}"
    times = f"{run.card:.0f} ms, {run.inside:.1f} of it in the card / {run.softhsm:.0f} ms, on one core"
    others = f"on all cores {everywhere.ratio:.2f}, with an empty reader beside it {beside.ratio:.2f}"
    return Figure(
        TITLE, run.ratio, 3, "", note=f"{times}; a card that takes no time {at_once.ratio:.2f}; {others}"
    )


@contextmanager
def _one_core() -> Iterator[None]:
    """For this thread, and for all threads and processes that it starts."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


class _Run(NamedTuple):
    """Medians, in milliseconds but for the ratio; `inside` is a mean."""

    ratio: float
    card: float
    inside: float
    softhsm: float


class _Timed(CardWrapper):
    """A card, and how long it took to answer."""

    seconds = 0.0

    def transmit(self, command: bytes) -> bytes:
        began = time.perf_counter()
        answer = super().transmit(command)
        self.seconds += time.perf_counter() - began
        return answer

    def rehearse(self, conversation: Callable[[], object]) -> None:
        """Have the conversation that will be measured once before."""
        conversation()
        self.seconds = 0.0


class _Repeating(_Timed):
    """A card that says again and again what it answered in the rehearsal."""

    def __init__(self, card: PoweredTransport) -> None:
        super().__init__(card)
        self._answers: Iterator[tuple[bytes, bytes]] | None = None
        self._heard: list[tuple[bytes, bytes]] = []

    def transmit(self, command: bytes) -> bytes:
        if self._answers is None:
            self._heard.append((command, super().transmit(command)))
            return self._heard[-1][1]
        expected, answer = next(self._answers)
        assert command == expected, "programs say the same in every run"
        return answer

    def rehearse(self, conversation: Callable[[], object]) -> None:
        self._heard.clear()
        super().rehearse(conversation)
        self._answers = cycle(self._heard)


def _run(folder: Path, state: CardState, *, readers: int = 1, listener: type[_Timed] = _Timed) -> _Run:
    folder.mkdir()
    with CardFile.create(folder / "card.json", state) as file, running_reader() as reader:
        card = listener(file.card)
        with reader.insert(card):
            return _compared(_by_card(folder, reader, readers), _by_softhsm(folder, state), card)


def _compared(by_card: Callable[[], bytes], by_softhsm: Callable[[], bytes], timed: _Timed) -> _Run:
    assert by_card() == by_softhsm(), "one key, one signature"
    timed.rehearse(by_card)
    pairs = [(_seconds(by_card), _seconds(by_softhsm)) for _ in range(RUNS)]
    card, softhsm = (statistics.median(column) * 1e3 for column in zip(*pairs, strict=True))
    ratio = statistics.median(mine / theirs for mine, theirs in pairs)
    return _Run(ratio, card, timed.seconds / RUNS * 1e3, softhsm)


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _by_card(folder: Path, reader: VirtualReader, readers: int) -> Callable[[], bytes]:
    ignored = f'ignored_readers = "{SECOND}";' if readers == 1 else ""
    configuration = folder / "opensc.conf"
    configuration.write_text(f"app default {{ {ignored} }}\n")
    environment = {**reader.environment, "OPENSC_CONF": str(configuration)}
    return _signing(folder, MODULE, "JPKI (User Authentication PIN)", environment)


def _by_softhsm(folder: Path, state: CardState) -> Callable[[], bytes]:
    """A token of our own with what is in the card's slot; the machine's stay as they are."""
    slot, configuration = state.slot(SLOT), folder / "softhsm2.conf"
    (folder / "tokens").mkdir()
    configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\n")
    environment = {**os.environ, "SOFTHSM2_CONF": str(configuration), "LC_ALL": "C"}
    for command in (
        ("softhsm2-util", "--init-token", "--free", "--label", "bench", "--so-pin", PIN, "--pin", PIN),
        _writing(folder / "key.der", slot.private_key, "privkey", "01"),
        _writing(folder / "certificate.der", slot.certificate, "cert", "01"),
        _writing(folder / "ca-certificate.der", slot.ca_certificate, "cert", "03"),
    ):
        subprocess.run(command, check=True, capture_output=True, env=environment)
    return _signing(folder, SOFTHSM, "bench", environment)


def _writing(file: Path, content: bytes | None, kind: str, identifier: str) -> list[str]:
    file.write_bytes(content or b"")
    command = ["pkcs11-tool", "--module", str(SOFTHSM), "--token-label", "bench", "--login", "--pin", PIN]
    return [*command, "--write-object", str(file), "--type", kind, "--id", identifier]


def _signing(folder: Path, module: Path, token: str, environment: dict[str, str]) -> Callable[[], bytes]:
    message, signature = folder / "message", folder / "signature"
    message.write_bytes(b"to be signed")
    command = ["pkcs11-tool", "--module", str(module), "--token-label", token]
    command += ["--login", "--pin", PIN, "--id", "01", "--sign", "--mechanism", "SHA256-RSA-PKCS"]
    command += ["--input-file", str(message), "--output-file", str(signature)]

    def sign() -> bytes:
        subprocess.run(command, check=True, capture_output=True, env=environment)
        return signature.read_bytes()

    return sign
