"""`honnin card …` where what is around it fails: output, input, disk; and a card that says too much."""

import resource
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from honnin.card import tlv
from honnin.card.chip.state import ApplicationContent, PinRecord
from honnin.card.transport.card_file import CardFile
from tests.support.card.commands import SELECT_JPKI, SELECT_PIN, Vpcd, run, running
from tests.support.pki import cards
from tests.support.processes import plain_environment

VERIFY = "0020008004" + b"4126".hex()


@pytest.fixture
def reader() -> Iterator[Vpcd]:
    made = Vpcd()
    yield made
    made.close()


def in_shell(card: Path, words: str, around: str) -> subprocess.CompletedProcess[str]:
    """A command with redirections that a program cannot ask for."""
    command = (
        f"{shlex.quote(sys.executable)} -m honnin card {words.format(card=shlex.quote(str(card)))} {around}"
    )
    return subprocess.run(
        ["bash", "-c", command],
        env=plain_environment(card.parent / "home"),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("words", ["read {card}", "apdu {card} " + SELECT_JPKI.replace(" ", ""), "samples"])
def test_output_that_cannot_be_written_is_named_as_that(card: Path, words: str) -> None:
    done = in_shell(card, words, ">/dev/full")
    assert (done.returncode, "[E_OUTPUT_FAILED]" in done.stderr) == (8, True), done.stderr
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ("read {card} card --pin-fd 3", "--pin-fd"),
        ("read {card} jpki/token --pin-fd 3 --use-last-try", "--pin-fd, --use-last-try"),
        ("read {card} --use-last-try", "--use-last-try"),
        ("read {card} card/expiry --verify signature-pin", "--verify"),
        ("apdu {card} --use-last-try " + SELECT_JPKI.replace(" ", ""), "--use-last-try"),
    ],
)
def test_options_that_would_say_nothing_are_refused_by_name(card: Path, words: str, options: str) -> None:
    done = in_shell(card, words, "3</dev/null")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"leave out {options}: " in done.stderr


def test_a_reader_of_the_output_may_leave(card: Path) -> None:
    done = in_shell(card, "read {card}", "| true; exit ${PIPESTATUS[0]}")
    assert (done.returncode, done.stderr) in ((0, ""), (1, ""))  # it had said all, or it had not


@pytest.mark.parametrize("around", ["<&-", "</dev/null"])
def test_no_command_at_all_is_wrong_usage(card: Path, around: str) -> None:
    done = in_shell(card, "apdu {card}", around)
    assert (done.returncode, "no command" in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    "words",
    ["read {card} jpki/signature-certificate", "change-pin {card} --pin signature-pin --new-pin-fd 3"],
)
def test_a_pin_without_end_is_not_waited_for(card: Path, words: str) -> None:
    done = in_shell(card, words, "--pin-fd 3 3</dev/zero")
    assert (done.returncode, "[E_SECRET_TOO_LONG]" in done.stderr) == (5, True), done.stderr


def test_what_a_card_says_does_not_command_the_terminal(card: Path) -> None:
    fields = (b"\x1b]0;OWNED\x07\x1b[2J\ntext/number: forged", b"\xe3\x80\x80\xc2\x9b2J", b"19900101", b"1")
    layout = tlv.Layout("text 0002", 0xFF20, (0xDF22, 0xDF23, 0xDF24, 0xDF25), offsets=0xDF21)
    evil = tlv.encode_file(layout, fields)
    content = ApplicationContent(files={0x0002: evil}, pins={0x0011: PinRecord("1234", 3)})
    card.unlink()
    CardFile.create(card, cards.card()[0].state.with_application("text", content)).close()
    for words in ([], ["--json"]):
        done = run(card, "read", card, "text/attributes", "--pin-fd", "0", *words, typed="1234\n")
        assert done.returncode == 0, done.stderr
        assert "OWNED" in done.stdout
        assert "　�2J" in done.stdout
        assert not set(done.stdout) & {"\x1b", "\x07", "\x9b"}
        assert not any(line.startswith("text/number: forged") for line in done.stdout.splitlines())


def test_a_card_whose_file_was_moved_is_pulled_out_and_says_why(card: Path, reader: Vpcd) -> None:
    with running(card.parent, "insert", card, "--vpcd", reader.address) as process:
        reader.accept()
        for command in (SELECT_JPKI, SELECT_PIN):
            assert reader.ask(command) == "9000"
        card.rename(card.with_name("elsewhere.json"))
        assert reader.connection is not None
        reader.connection.sendall(b"\x00\x09" + bytes.fromhex(VERIFY))
        assert reader.is_empty
        _, errors = process.communicate(timeout=15)
        assert (process.returncode, "[E_CARD_FILE_MOVED]" in errors) == (9, True), errors
    with CardFile.open(card.with_name("elsewhere.json")) as file:
        assert file.card.state == cards.card()[0].state


def test_a_card_that_can_keep_nothing_says_so_once(card: Path, reader: Vpcd) -> None:
    with running(card.parent, "insert", card, "--vpcd", reader.address) as process:
        reader.accept()
        for command in (SELECT_JPKI, SELECT_PIN):
            assert reader.ask(command) == "9000"
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (100, 100))  # the disk is full
        assert [reader.ask(VERIFY), reader.ask(VERIFY)] == ["6581", "6581"]
        assert run(card, "remove", card).returncode == 0
        _, errors = process.communicate(timeout=15)
    assert errors.count("could not keep the change") == 1


def test_a_conversation_that_cannot_be_written_down_ends(card: Path, reader: Vpcd) -> None:
    with running(card.parent, "trace", card, "--vpcd", reader.address) as process:
        reader.accept()
        assert process.stdout is not None
        process.stdout.close()
        assert reader.connection is not None
        reader.connection.sendall(b"\x00\x0f" + bytes.fromhex(SELECT_JPKI))
        assert process.wait(15) == 1
        assert process.stderr is not None
        assert "reader" not in process.stderr.read().partition("pulls it out")[2]


def test_the_demo_does_not_take_a_card_out_of_a_reader(card: Path) -> None:
    (card.parent / "report.json").write_text("{}")  # so it looks like an earlier one's folder
    with CardFile.open(card):
        done = subprocess.run(
            [sys.executable, "-m", "honnin", "demo", "--out", card.parent],
            env=plain_environment(card.parent / "home"),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, "[E_CARD_IN_USE]" in done.stderr) == (9, True), done.stderr
    assert card.exists()
