"""Where a virtual reader is: an address of this machine alone, or one that others reach."""

import socket
from pathlib import Path

import pytest

from honnin.cli.card.readers import Address
from tests.support.card.commands import run


@pytest.mark.parametrize(
    ("command", "host", "locale", "told"),
    [
        ("insert", "0.0.0.0", "C.UTF-8", "warning: 0.0.0.0 is not this machine alone"),
        ("trace", "0.0.0.0", "ja_JP.UTF-8", "警告：0.0.0.0 は"),
        ("insert", "127.0.0.1", "C.UTF-8", ""),
    ],
)
def test_an_address_that_others_reach_is_warned_of(
    card: Path, command: str, host: str, locale: str, told: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:  # so that it ends by itself
        place = f"{host}:{taken.getsockname()[1]}"
        done = run(card, command, card, "--listen", place, LC_ALL=locale)
    assert (done.returncode, "E_READER_ADDRESS_TAKEN" in done.stderr) == (8, True), done.stderr
    assert told in done.stderr
    assert ("警告" in done.stderr or "warning" in done.stderr) is bool(told)


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("192.0.2.1", False),
        ("::", False),
        ("::1", True),
        ("localhost", True),
        ("127.9.9.9", True),
        ("a" * 70, True),
    ],
)
def test_whose_an_address_is(host: str, own: bool) -> None:
    assert Address(host, 35963).is_own is own


def test_an_address_may_be_typed_in_full_width_forms() -> None:
    assert Address.parse("１２７．０．０．１：３５９６３", "--vpcd") == Address("127.0.0.1", 35963)


@pytest.mark.parametrize("option", ["--vpcd", "--listen"])
def test_a_host_that_cannot_be(card: Path, option: str) -> None:
    done = run(card, "insert", card, option, f"{'a' * 70}:35963")
    assert done.returncode == 8, done.stderr
    assert "Traceback" not in done.stderr
