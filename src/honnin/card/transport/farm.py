"""Thousands of cards in one process, for load tests: many people, each with a card of their own.

In process and in memory: a load test measures the service, not sockets or disks. A card is made when
somebody first uses it. What a card learns it remembers until the farm goes; nothing is kept.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.card.transport import Transport
from honnin.card.transport.in_process import InProcess


class Farm:
    """`count` cards in readers of their own, numbered from 0; `state_of(number)` is what each is at first.

    Threads may use different cards at the same time; whoever wants a card in use waits for it.
    """

    def __init__(self, count: int, state_of: Callable[[int], CardState]) -> None:
        self._state_of = state_of
        self._cards: list[Card | None] = [None] * count
        self._locks = [threading.Lock() for _ in range(count)]
        self._figures = threading.Lock()
        self._made = 0
        self._seconds = 0.0

    def __len__(self) -> int:
        return len(self._cards)

    @property
    def made(self) -> int:
        """How many cards were used so far, and so exist."""
        return self._made

    @property
    def seconds_per_card(self) -> float:
        """Mean time to make one, `state_of` included."""
        return self._seconds / self._made if self._made else 0.0

    @contextmanager
    def inserted(self, number: int) -> Iterator[Transport]:
        """One card on a reader of its own, for one user at a time; it has just got power.

        Raises IndexError for a number that is not one of 0 to `len(farm)` - 1.
        """
        if not 0 <= number < len(self._cards):
            raise IndexError(number)
        with self._locks[number]:
            reader = InProcess(self._cards[number] or self._make(number))
            try:
                yield reader
            finally:
                reader.remove()

    def state(self, number: int) -> CardState | None:
        """What a card remembers now; None when nobody used it yet."""
        card = self._cards[number]
        return None if card is None else card.state

    def _make(self, number: int) -> Card:
        began = time.perf_counter()
        card = Card(self._state_of(number), _forget)
        self._cards[number] = card
        with self._figures:
            self._made += 1
            self._seconds += time.perf_counter() - began
        return card


def _forget(state: CardState) -> None:
    """The store of a card that lives no longer than its process."""
