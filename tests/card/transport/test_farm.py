"""Thousands of cards in one process: each its own, made when first used, one user at a time."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from honnin.card.chip.state import CardState
from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport.farm import Farm
from honnin.errors import CardError
from honnin.identifiers import CardNumber
from honnin.pin import Pin
from tests.support.card.desk import PINS

SLOT = KeySlot.AUTHENTICATION


@pytest.fixture
def farm(issued_state: CardState) -> Farm:
    return Farm(1000, lambda number: replace(issued_state, card_number=CardNumber(f"TEST{number:011}")))


def log_in(farm: Farm, number: int, pin: str = PINS[SLOT]) -> str:
    with farm.inserted(number) as transport:
        session = CardSession(transport)
        found = session.card_number()
        session.select_jpki()
        session.verify_pin(SLOT, Pin(pin))
        assert len(session.sign_sha256(SLOT, b"challenge")) == 256
    return found


def test_cards_are_made_when_they_are_used(farm: Farm) -> None:
    assert (len(farm), farm.made, farm.seconds_per_card) == (1000, 0, 0.0)
    assert [log_in(farm, number) for number in (7, 999, 7)] == [f"TEST{n:011}" for n in (7, 999, 7)]
    assert farm.made == 2
    assert 0 < farm.seconds_per_card < 0.005
    assert farm.state(8) is None


def test_each_card_remembers_its_own_tries(farm: Farm) -> None:
    for number, pin in ((1, "9999"), (2, "9999"), (1, "9999")):
        with pytest.raises(CardError, match="E_PIN_WRONG"):
            log_in(farm, number, pin)
    with pytest.raises(CardError, match="E_PIN_LAST_TRY"):
        log_in(farm, 1)
    left = [state.slots[SLOT].pin.tries_left for state in map(farm.state, (1, 2)) if state]
    assert left == [1, 2]


def test_many_threads_use_many_cards(farm: Farm) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda number: log_in(farm, number % 25), range(200)))
    assert found == [f"TEST{number % 25:011}" for number in range(200)]
    assert farm.made == 25


def test_a_card_has_one_user_at_a_time_and_no_other_waits(farm: Farm) -> None:
    done: list[str] = []
    with farm.inserted(3):
        waiting = threading.Thread(target=lambda: done.append(log_in(farm, 3)))
        waiting.start()
        log_in(farm, 4)
        time.sleep(0.1)
        assert done == []
    waiting.join(10)
    assert done == ["TEST00000000003"]


def test_a_card_given_back_is_out_of_reach_and_forgets(farm: Farm) -> None:
    with farm.inserted(5) as transport:
        CardSession(transport).select_jpki()
        CardSession(transport).verify_pin(SLOT, Pin(PINS[SLOT]))
    with pytest.raises(CardError, match="E_CARD_REMOVED"):
        transport.transmit(b"\x00\x84\x00\x00\x08")
    with farm.inserted(5) as transport:
        CardSession(transport).select_jpki()
        with pytest.raises(CardError, match="E_PIN_REQUIRED"):
            CardSession(transport).sign_sha256(SLOT, b"challenge")


@pytest.mark.parametrize("number", [-1, 1000])
def test_there_is_no_other_card(farm: Farm, number: int) -> None:
    with pytest.raises(IndexError), farm.inserted(number):
        pass


PROGRAM = """
import resource, sys
from honnin.card.chip.state import CardState
from honnin.card.transport.farm import Farm
text = sys.stdin.read()
farm = Farm(2000, lambda number: CardState.from_json(text))  # nothing shared between two cards
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for number in range(len(farm)):
    with farm.inserted(number) as transport:
        transport.transmit(bytes.fromhex("00A4040C0AD392F000260100000001"))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_ten_thousand_cards_fit_into_a_gibibyte(issued_state: CardState) -> None:
    """A fifth of them is measured; a card's pages cost the same each."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=issued_state.to_json(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) * 5 < 1024 * 1024  # KiB
