"""`honnin card change-pin`: the holder replaces a PIN, giving the present one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from honnin.card.slot import KeySlot
from honnin.card.state import CardState
from honnin.card.transport.card_file import CardFile
from tests.citizen import cards
from tests.sites.test_up import plain_environment

NEW_PIN = "8642"


@contextmanager
def typed(pin: str) -> Iterator[int]:
    """A file descriptor from which the PIN can be read."""
    reading, writing = os.pipe()
    os.write(writing, f"{pin}\n".encode())
    os.close(writing)
    try:
        yield reading
    finally:
        os.close(reading)


@pytest.mark.clause("S1-E2.1b")
@pytest.mark.parametrize(("present", "kept"), [(cards.AUTHENTICATION_PIN, NEW_PIN), ("9999", None)])
def test_the_present_pin_gives_way_to_a_new_one(tmp_path: Path, present: str, kept: str | None) -> None:
    path = tmp_path / "card.json"
    CardFile.create(path, cards.card()[0].state).close()
    with typed(present) as old, typed(NEW_PIN) as new:
        words = ["card", "change-pin", str(path), "--slot", "authentication"]
        done = subprocess.run(
            [sys.executable, "-m", "honnin", *words, "--pin-fd", str(old), "--new-pin-fd", str(new)],
            env=plain_environment(tmp_path / "home"),
            stdin=subprocess.DEVNULL,
            pass_fds=(old, new),
            capture_output=True,
            check=False,
            timeout=60,
        )
    assert (done.returncode == 0) is (kept is not None), done.stderr
    pin = CardState.from_json(path.read_bytes()).slots[KeySlot.AUTHENTICATION].pin
    assert pin.value == (kept or cards.AUTHENTICATION_PIN)
    assert NEW_PIN.encode() not in done.stdout + done.stderr
