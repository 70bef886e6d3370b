"""Having a card pulled out of the reader into which another process put it."""

import json
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from honnin.card.chip.state import CardState
from honnin.card.transport.card_file import CardFile
from honnin.card.transport.card_lock import request_removal
from honnin.errors import CardError, Unavailable

READER = "127.0.0.1:35963"


@pytest.fixture
def path(tmp_path: Path, issued_state: CardState) -> Path:
    path = tmp_path / "card.json"
    CardFile.create(path, issued_state).close()
    return path


@contextmanager
def another_process(path: Path, body: str) -> Iterator[subprocess.Popen[str]]:
    """A process that opens the card as `file` and does `body`; it has said that it is ready."""
    script = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from honnin.card.transport.card_file import CardFile
        with CardFile.open(Path(sys.argv[1])) as file:
            {body}
    """).format(body=body)
    command = [sys.executable, "-c", script, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


HOLDS = "print('ready', flush=True); sys.stdin.read()"
LETS_GO = (
    f"file.record_reader('{READER}'); print('ready', flush=True)\n"
    "    while not file.is_removal_requested: time.sleep(0.02)"
)


def code(path: Path, timeout: float = 5.0) -> str:
    with pytest.raises((CardError, Unavailable)) as error:
        request_removal(path, timeout)
    return error.value.code


def test_the_holder_lets_go_and_the_card_is_free(path: Path) -> None:
    with another_process(path, LETS_GO) as process:
        with pytest.raises(CardError, match="E_CARD_IN_USE"):
            CardFile.open(path)
        assert request_removal(path) == READER
        assert process.wait(10) == 0  # it ended by itself: nobody killed it
    CardFile.open(path).close()


def test_a_card_in_no_reader(path: Path, tmp_path: Path) -> None:
    assert code(path) == "E_CARD_NOT_INSERTED"
    assert code(tmp_path / "never-opened.json") == "E_CARD_NOT_INSERTED"
    assert not (tmp_path / "never-opened.json.lock").exists()


def test_a_card_that_a_program_uses_without_a_reader_is_left_to_it(path: Path) -> None:
    with another_process(path, HOLDS) as process:
        assert code(path) == "E_CARD_IN_USE"
        assert process.poll() is None


def test_a_holder_that_does_not_let_go_is_named_and_lives(path: Path) -> None:
    with another_process(path, f"file.record_reader('{READER}'); {HOLDS}") as process:
        with pytest.raises(Unavailable) as error:
            request_removal(path, 0.2)
        assert (error.value.code, error.value.context) == ("E_CARD_NOT_RELEASED", {"pid": process.pid})
        assert process.poll() is None


def test_what_a_killed_holder_left_behind_means_nothing(path: Path) -> None:
    with another_process(path, f"file.record_reader('{READER}'); {HOLDS}") as process:
        process.kill()
        process.wait()
    assert json.loads(path.with_name("card.json.lock").read_text())["pid"] == process.pid
    assert code(path) == "E_CARD_NOT_INSERTED"
    with CardFile.open(path) as file:
        assert not file.is_removal_requested


def test_an_old_request_does_not_pull_the_next_card_out(path: Path) -> None:
    with another_process(path, f"file.record_reader('{READER}'); {HOLDS}"):
        assert code(path, 0.1) == "E_CARD_NOT_RELEASED"
    with CardFile.open(path) as file:
        file.record_reader(READER)
        assert not file.is_removal_requested


@pytest.mark.parametrize("record", [b"", b"nonsense\n", b"[]\n", b'{"pid": "x", "reader": "y"}\n', b"\xff\n"])
def test_a_record_that_cannot_be_read_is_a_card_in_use(path: Path, record: bytes) -> None:
    with CardFile.open(path):
        path.with_name("card.json.lock").write_bytes(record)
        assert code(path) == "E_CARD_IN_USE"


def _is_asked_back(file: CardFile) -> bool:
    return file.is_removal_requested


def test_a_closed_file_is_not_asked_back(path: Path) -> None:
    file = CardFile.open(path)
    file.record_reader(READER)
    waiting = threading.Thread(target=request_removal, args=(path,))
    waiting.start()
    while not _is_asked_back(file):
        pass
    file.close()
    waiting.join(10)
    assert not waiting.is_alive()
    assert not _is_asked_back(file)
    file.record_reader(READER)  # after closing: nothing happens
