"""Stop signals that come at a moment at which nothing can be raised."""

import gc
import signal
import sys
import time
import weakref
from collections.abc import Iterator

import pytest

from honnin.cli.terminal.stopping import BrokenOff, Stops, on_stop_signal


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    kept = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


class Thing:
    """Something with a finalizer."""


def signalled() -> None:
    signal.raise_signal(signal.SIGTERM)
    gc.collect()


def work(seconds: float) -> None:
    """Something long, at whose begin a finalizer hears a signal."""
    thing = Thing()
    weakref.finalize(thing, signalled)
    del thing
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.01)


def test_a_signal_during_a_finalizer_breaks_off_all_the_same_and_nothing_is_printed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    stops, began = Stops(), time.monotonic()
    with on_stop_signal(stops.hear):
        with pytest.raises(BrokenOff), stops.breakable():
            work(10)
        assert time.monotonic() - began < 5
        assert stops.numbers[0] == signal.SIGTERM
        work(0.1)  # what comes now finds nothing that it may break off
    assert capfd.readouterr().err == ""


def test_other_errors_of_finalizers_are_told_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    with on_stop_signal(Stops().hear), Stops().breakable():
        thing = Thing()
        weakref.finalize(thing, [].pop)
        del thing
    assert len(told) == 1
    assert sys.unraisablehook == told.append
