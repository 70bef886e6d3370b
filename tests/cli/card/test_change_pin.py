"""`honnin card change-pin`: the holder replaces a PIN, giving the present one."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unicodedata import normalize

import pytest

from honnin.card.chip.state import ApplicationContent, CardState, PinRecord
from honnin.card.transport.card_file import CardFile
from honnin.citizen.sample_document import sample_document
from tests.support.pki import cards
from tests.support.processes import plain_environment

NEW_PIN = "8642"
PLACES = {
    "signature-pin": ("jpki", 0x1B, cards.SIGNATURE_PIN, "new456"),
    "authentication-pin": ("jpki", 0x18, cards.AUTHENTICATION_PIN, "８６４２"),
    "text-pin": ("text", 0x11, "1111", NEW_PIN),
    "juki-pin": ("juki", 0x1C, "1111", NEW_PIN),
    "common-pin": ("common", 0x1C, "1111", NEW_PIN),
}


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


@pytest.fixture
def path(tmp_path: Path) -> Path:
    state = cards.card()[0].state
    for application, file, value, _ in list(PLACES.values())[2:]:
        content = ApplicationContent(pins={file: PinRecord(value, 3)})
        state = state.with_application(application, content)
    CardFile.create(tmp_path / "card.json", state).close()
    return tmp_path / "card.json"


def change(path: Path, present: str, new: str, *words: str) -> subprocess.CompletedProcess[str]:
    with typed(present) as old, typed(new) as other:
        return subprocess.run(
            [
                *(sys.executable, "-m", "honnin", "card", "change-pin", str(path), *words),
                *("--pin-fd", str(old), "--new-pin-fd", str(other)),
            ],
            env=plain_environment(path.parent / "home"),
            stdin=subprocess.DEVNULL,
            pass_fds=(old, other),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


def held(path: Path, name: str) -> PinRecord:
    application, file, _, _ = PLACES[name]
    return CardState.from_json(path.read_bytes()).applications[application].pins[file]


@pytest.mark.clause("S1-E2.1b")
@pytest.mark.parametrize("name", PLACES)
def test_the_present_pin_gives_way_to_a_new_one(path: Path, name: str) -> None:
    _, _, present, new = PLACES[name]
    done = change(path, present, new, "--pin", name)
    assert done.returncode == 0, done.stderr
    assert held(path, name).value == normalize("NFKC", new).upper()
    assert new not in done.stdout + done.stderr


@pytest.mark.clause("S1-E2.1b")
def test_a_key_slot_names_its_pin(path: Path) -> None:
    assert change(path, cards.AUTHENTICATION_PIN, NEW_PIN, "--slot", "authentication").returncode == 0
    assert held(path, "authentication-pin").value == NEW_PIN


@pytest.mark.parametrize("name", ["text-pin", "juki-pin", "authentication-pin"])
def test_a_wrong_pin_changes_nothing_and_the_last_try_is_kept(path: Path, name: str) -> None:
    _, _, present, new = PLACES[name]
    for code in ("E_PIN_WRONG", "E_PIN_WRONG", "E_PIN_LAST_TRY"):
        done = change(path, "9999", new, "--pin", name)
        assert (done.returncode, code in done.stderr) == (9, True), done.stderr
    assert held(path, name) == PinRecord(present, 1)
    assert change(path, present, new, "--pin", name, "--use-last-try").returncode == 0


@pytest.mark.parametrize(("present", "new"), [("1111", "12"), ("12", NEW_PIN), ("", NEW_PIN), ("1111", "")])
def test_a_malformed_pin_costs_nothing(path: Path, present: str, new: str) -> None:
    done = change(path, present, new, "--pin", "text-pin")
    assert (done.returncode, "[E_PIN_FORMAT]" in done.stderr) == (9, True), done.stderr
    assert held(path, "text-pin") == PinRecord("1111", 3)


ASKING = [
    ("card", "change-pin", "{card}", "--pin", "text-pin"),
    ("card", "read", "{card}", "jpki/0001"),
    ("certificate", "show", "{card}", "--slot", "signature"),
    ("certificate", "check", "{card}", "--slot", "signature"),
    ("login", "https://rp.example", "--nonce", "k" * 43 + "=", "--card", "{card}"),
    ("sign", "{document}", "--card", "{card}"),
]


def started(path: Path, words: Sequence[str], stdin: int) -> subprocess.Popen[str]:
    """A command in a session of its own, which has no terminal but what stands on stdin."""
    document = path.with_name("document.pdf")
    document.write_bytes(sample_document("契約書", ("一",)))
    return subprocess.Popen(
        [sys.executable, "-m", "honnin", *(word.format(card=path, document=document) for word in words)],
        env=plain_environment(path.parent / "home"),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize("words", ASKING)
def test_without_a_terminal_it_says_how_to_give_the_pin(path: Path, words: Sequence[str]) -> None:
    process = started(path, words, subprocess.DEVNULL)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (5, "")
    assert "[E_PIN_NO_TERMINAL]" in err
    assert "--pin-fd" in err
    assert "Warning" not in err
    assert "PIN:" not in err  # nobody was asked


def test_at_a_terminal_the_pin_is_asked_for(path: Path) -> None:
    terminal, end = os.openpty()
    process = started(path, ASKING[0], end)
    assert process.stderr is not None
    for pin in ("1111", NEW_PIN):
        told = ""
        while not told.endswith("PIN: "):  # what is typed before is thrown away
            told += (said := process.stderr.read(1))
            assert said, told
        os.write(terminal, f"{pin}\n".encode())
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert held(path, "text-pin").value == NEW_PIN
    for each in (terminal, end):
        os.close(each)


def test_a_certificate_takes_the_last_try_when_asked_for(path: Path) -> None:
    state = CardState.from_json(path.read_bytes())
    jpki = state.applications["jpki"]
    pins = dict(jpki.pins) | {0x1B: PinRecord(cards.SIGNATURE_PIN, 1)}
    path.write_text(state.with_application("jpki", replace(jpki, pins=pins)).to_json())
    for words, code in (((), 9), (("--use-last-try",), 0)):
        with typed(cards.SIGNATURE_PIN) as pin:
            done = subprocess.run(
                [
                    *(sys.executable, "-m", "honnin", "certificate", "show", str(path)),
                    *("--slot", "signature", "--pin-fd", str(pin), *words),
                ],
                env=plain_environment(path.parent / "home"),
                pass_fds=(pin,),
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
        assert done.returncode == code, done.stderr


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--pin", "number-a"),
        ("--pin", "text-pin", "--slot", "signature"),
        ("--pin", "text-pin", "--reader", "x"),
    ],
)
def test_wrong_usage(path: Path, words: tuple[str, ...]) -> None:
    assert change(path, "1111", NEW_PIN, *words).returncode == 2
