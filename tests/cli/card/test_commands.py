"""`honnin card read|apdu|insert|remove|trace`, as they are typed."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport.card_file import CardFile
from honnin.identifiers import CardNumber
from tests.cli.json_shapes import differences, shapes
from tests.support.card.commands import (
    SELECT_JPKI,
    SELECT_PIN,
    Vpcd,
    exchange,
    run,
    running,
    tries_left,
)
from tests.support.pki import cards


@pytest.fixture
def second(tmp_path: Path) -> Path:
    path = tmp_path / "second.json"
    CardFile.create(path, replace(cards.card()[0].state, card_number=CardNumber("TEST00000000010"))).close()
    return path


def with_pin(card: Path, pin: str, *words: object) -> subprocess.CompletedProcess[str]:
    """The command with a PIN waiting on descriptor 0."""
    return run(card, *words, "--pin-fd", "0", typed=f"{pin}\n")


# — apdu ——————————————————————————————————————————————————————————————————————————————————————————————


def test_commands_are_sent_in_one_session(card: Path) -> None:
    done = run(
        card,
        "apdu",
        card,
        f"{SELECT_JPKI}=9000",
        f"{SELECT_PIN} = 9000",
        "00200080=63Cx",
        "００ｂ０８８００ 03",
        "00CA0045",
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["9000", "9000", "63C3", "8F8F00 9000", "6D00"]


def test_the_first_unexpected_answer_ends_it(card: Path) -> None:
    done = run(card, "apdu", card, SELECT_JPKI, f"{SELECT_PIN}=9000", "00200080=63C2", "00200080 04 39393939")
    assert done.returncode == 9
    assert done.stdout.splitlines() == ["9000", "9000", "63C3"]
    assert "To command 3 the card answered 63C3 (wrong, 3 tries left), not 63C2" in done.stderr
    assert tries_left(card) == 3


@pytest.mark.parametrize(
    "word", ["00A4", "", "=9000", "00A40000=90", "00A40000=", "00A40000=900G", "00A400000", "xx"]
)
def test_what_is_no_command_is_named_and_nothing_is_sent(card: Path, word: str) -> None:
    done = run(card, "apdu", card, SELECT_JPKI, word)
    assert (done.returncode, done.stdout) == (5, "")
    assert "Command 2 is not a command" in done.stderr


def test_the_last_try_is_sent_only_when_asked_for(card: Path) -> None:
    opened, wrong = (SELECT_JPKI, SELECT_PIN), "00200080 04 39393939"
    done = run(card, "apdu", card, *opened, wrong, wrong, wrong)
    assert (done.returncode, done.stdout.splitlines()[2:]) == (9, ["63C2", "63C1"])
    assert "E_PIN_LAST_TRY" in done.stderr
    assert run(card, "apdu", card, SELECT_JPKI, "00200098 04 39393939").returncode == 9
    assert tries_left(card) == 1
    done = run(card, "apdu", card, "--use-last-try", *opened, wrong)
    assert (done.returncode, done.stdout.splitlines()[2:]) == (0, ["63C0"])
    assert tries_left(card) == 0


def test_commands_from_stdin_and_their_meaning(card: Path) -> None:
    typed = f"{SELECT_JPKI}\n\n{SELECT_PIN}\n00200080 04 31323334=9000\n"
    done = run(card, "apdu", card, "--decode", typed=typed)
    assert (done.returncode, done.stdout.split()) == (0, ["9000"] * 3)
    assert "VERIFY 0018 (user-authentication PIN)" in done.stderr
    assert "31323334" not in done.stderr


# — read ——————————————————————————————————————————————————————————————————————————————————————————————


def test_a_whole_card_is_read_without_a_pin(card: Path) -> None:
    done = run(card, "read", card)
    assert (done.returncode, done.stderr) == (0, "")
    lines = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert lines["card/number"] == "15 bytes, TEST00000000009"
    assert lines["jpki/token"].startswith("160 bytes, JPKIAPICCTOKEN2")
    assert lines["jpki/presence"] == "3 bytes, signature, authentication"
    assert lines["jpki/signature-certificate"] == "closed without its PIN"
    assert re.fullmatch(r"\d+ bytes, .*C=JP, until \d{4}-\d\d-\d\d", lines["jpki/authentication-certificate"])


def test_a_file_that_needs_a_pin_takes_it_in_either_case(card: Path) -> None:
    done = with_pin(card, cards.SIGNATURE_PIN.lower(), "read", card, "jpki/signature-certificate", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["jpki"]["signature-certificate"]
    with CardFile.open(card) as file:
        certificate = file.card.state.slots[KeySlot.SIGNATURE].certificate
    assert certificate is not None
    assert found["file"] == "0001"
    assert found["data"].startswith(certificate.hex().upper())


def test_a_whole_application_is_opened_by_a_pin_that_is_named(card: Path) -> None:
    done = with_pin(card, cards.SIGNATURE_PIN, "read", card, "jpki", "--verify", "signature-pin")
    assert "signature-certificate: closed" not in done.stdout
    assert with_pin(card, cards.SIGNATURE_PIN, "read", card, "jpki").stdout == done.stdout


def test_a_wrong_pin_ends_it_and_the_last_try_is_kept(card: Path) -> None:
    words = ("read", card, "jpki/0001")
    for left in (4, 3, 2, 1):
        done = with_pin(card, "ZZZ999", *words)
        assert (done.returncode, done.stdout) == (9, "")
        assert f"tries left: {left}." in done.stderr
    refused = with_pin(card, "ZZZ999", *words).stderr
    assert "E_PIN_LAST_TRY" in refused
    assert "--use-last-try" in refused
    assert tries_left(card, KeySlot.SIGNATURE) == 1
    assert with_pin(card, cards.SIGNATURE_PIN, *words, "--use-last-try").returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["{card}", "nothing"],
        ["{card}", "jpki/nothing"],
        ["{card}", "card/nothing"],
        ["{card}", "jpki", "--verify", "nothing"],
        ["{card}", "--verify", "signature-pin"],
        ["{card}", "jpki", "text"],
        ["{card}", "/attributes"],
        ["{card}", "/"],
    ],
)
def test_what_nobody_knows_is_wrong_usage(card: Path, words: Sequence[str]) -> None:
    assert run(card, "read", *(word.format(card=card) for word in words)).returncode == 2


# — insert, remove, trace —————————————————————————————————————————————————————————————————————————————


@pytest.fixture
def readers() -> Iterator[tuple[Vpcd, Vpcd]]:
    made = Vpcd(), Vpcd()
    yield made
    for each in made:
        each.close()


NUMBER = "00CA004500"
NUMBER_OF_CARD = "TEST00000000009"


def test_two_cards_in_two_readers_and_one_is_removed(
    card: Path, second: Path, readers: tuple[Vpcd, Vpcd]
) -> None:
    places = [word for reader in readers for word in ("--vpcd", reader.address)]
    with running(card.parent, "insert", card, second, *places) as process:
        for reader in readers:
            reader.accept()
        assert bytes.fromhex(readers[0].ask(NUMBER))[:-2] == NUMBER_OF_CARD.encode()
        assert bytes.fromhex(readers[1].ask(NUMBER))[:-2] == b"TEST00000000010"
        assert run(card, "read", card).returncode == 9  # in use
        removed = run(card, "remove", card, "--json")
        told = {"card": str(card), "reader": readers[0].address, "error": None}
        assert (removed.returncode, json.loads(removed.stdout)) == (0, told)
        assert f"pulled out of the reader at {readers[0].address}" in removed.stderr
        assert readers[0].is_empty
        assert run(card, "read", card, "card").returncode == 0  # free while the other stays
        assert readers[1].ask(NUMBER).endswith("9000")
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
        assert readers[1].is_empty


def test_a_card_behind_another_says_what_it_waits_for(card: Path, readers: tuple[Vpcd, Vpcd]) -> None:
    reader = readers[0]
    with running(card.parent, "insert", card, "--vpcd", reader.address, "--json") as process:
        assert process.stderr is not None
        assert "putting TEST00000000009" in process.stderr.readline()
        waits = process.stderr.readline()
        assert (
            f"the reader at {reader.address} has not asked for TEST00000000009 yet. Perhaps another" in waits
        )
        assert "put it in again" in waits
        reader.accept()
        assert reader.ask(NUMBER).endswith("9000")
        assert "has taken TEST00000000009" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        events = events_of(process, "honnin card insert")
        assert [each["event"] for each in events] == ["put_in", "not_taken", "taken", "pulled_out"]
        assert {(each["card"], each["reader"]) for each in events} == {(NUMBER_OF_CARD, reader.address)}


def events_of(process: subprocess.Popen[str], section: str) -> list[dict[str, str]]:
    """The lines that it printed until it ended, each of the shape that the page says."""
    printed, _ = process.communicate(timeout=15)
    events = [json.loads(line) for line in printed.splitlines()]
    assert [each for event in events for each in differences(event, shapes()[section])] == []
    return events


def test_a_conversation_is_told_to_programs(card: Path, readers: tuple[Vpcd, Vpcd]) -> None:
    with running(card.parent, "trace", card, "--vpcd", readers[0].address, "--json") as process:
        readers[0].accept()
        assert readers[0].connection is not None
        for command in (SELECT_JPKI, "00200080 04 31323334"):
            readers[0].ask(command)
        readers[0].connection.close()
        events = events_of(process, "honnin card trace")
    assert process.returncode == 8
    assert [each["event"] for each in events] == ["put_in", "exchange", "exchange", "failed"]
    assert events[1]["answer"].endswith("9000")
    assert "31323334" not in events[2]["command"]
    assert events[3]["code"] == "E_READER_LOST"


def test_a_reader_that_goes_away_leaves_the_others(
    card: Path, second: Path, readers: tuple[Vpcd, Vpcd]
) -> None:
    places = [word for reader in readers for word in ("--vpcd", reader.address)]
    with running(card.parent, "insert", card, second, *places) as process:
        for reader in readers:
            reader.accept()
        assert readers[0].connection is not None
        readers[0].connection.close()
        while (found := run(card, "read", card, "card")).returncode == 9:
            pass
        assert found.returncode == 0
        assert readers[1].ask(NUMBER).endswith("9000")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=15)
        assert process.returncode == 8
        assert "E_READER_LOST" in errors


def test_a_card_is_removed_from_where_it_is_not(card: Path) -> None:
    done = run(card, "remove", card)
    assert done.returncode == 9
    assert "E_CARD_NOT_INSERTED" in done.stderr
    with CardFile.open(card):
        assert "E_CARD_IN_USE" in run(card, "remove", card).stderr


def test_a_card_waits_for_a_reader_that_dials(card: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with running(card.parent, "insert", card, "--listen", f"127.0.0.1:{port}") as process:
        for _ in range(2):
            with dialled(port) as connection:
                assert exchange(connection, bytes.fromhex(NUMBER)).endswith("9000")
        assert run(card, "remove", card).returncode == 0
        assert process.wait(15) == 0


def test_ctrl_c_again_and_again_pulls_the_card_out_as_the_first_one_does(card: Path) -> None:
    """Also while the process ends, when the interpreter would take its default: to die of it."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with running(card.parent, "insert", card, "--listen", f"127.0.0.1:{port}") as process:
        dialled(port).close()
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            time.sleep(0.0005)
        assert process.returncode == 0
        assert process.stderr is not None
        assert process.stderr.read().endswith(f"pulled out {NUMBER_OF_CARD}\n")


def dialled(port: int) -> socket.socket:
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), 15)
        except ConnectionRefusedError:
            time.sleep(0.05)


def test_a_conversation_is_printed_without_pins(card: Path, readers: tuple[Vpcd, Vpcd]) -> None:
    commands = (SELECT_JPKI, SELECT_PIN, "00200080 04 31323334", "00B0820000")
    for show_pins in ([], ["--show-pins"]):
        with running(card.parent, "trace", card, "--vpcd", readers[0].address, *show_pins) as process:
            readers[0].accept()
            for command in commands:
                readers[0].ask(command)
            assert run(card, "remove", card).returncode == 0
            printed, _ = process.communicate(timeout=15)
        blocks = printed.splitlines()
        assert len(blocks) == 3 * len(commands)
        assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} VERIFY 0018 \(user-authentication PIN\)", blocks[6])
        assert blocks[8] == "  < 9000  the command succeeded"
        assert ("31323334" in printed) is bool(show_pins)


@pytest.mark.parametrize(
    "words",
    [
        ["insert"],
        ["insert", "{card}", "--vpcd", "35963"],
        ["insert", "{card}", "--vpcd", "127.0.0.1:0"],
        ["insert", "{card}", "--vpcd", "127.0.0.1:99999"],
        ["insert", "{card}", "--vpcd", "127.0.0.1:1", "--listen", "127.0.0.1:2"],
        ["insert", "{card}", "--vpcd", "127.0.0.1:1", "--vpcd", "127.0.0.1:2"],
        ["trace"],
        ["trace", "{card}", "--reader", "x"],
        ["apdu", "{card}", "--vpcd", "127.0.0.1:1"],
    ],
)
def test_wrong_usage(card: Path, words: Sequence[str]) -> None:
    assert run(card, *(word.format(card=card) for word in words)).returncode == 2


def test_nobody_at_the_address(card: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    done = run(card, "insert", card, "--vpcd", f"127.0.0.1:{port}")
    assert done.returncode == 8
    assert done.stderr.count("No virtual card reader listens") == 1


@pytest.mark.parametrize(
    "command",
    [["read"], ["apdu", SELECT_JPKI], ["unblock-help"], ["trace"], ["change-pin", "--pin", "text-pin"]],
)
def test_a_machine_without_pcsc(card: Path, command: Sequence[str]) -> None:
    done = run(card, *command, "--reader", "anything", PCSCLITE_CSOCK_NAME=os.devnull)
    assert done.returncode == 8
    assert "E_PCSC_UNAVAILABLE" in done.stderr
