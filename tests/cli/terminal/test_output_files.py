"""Where `--out` points: a name of any length, a link, a pipe, a device, a file with a mode and names."""

import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from honnin.citizen.sample_document import sample_document
from honnin.cli import main
from tests.support.pki import cards

PLAIN = sample_document("契約書", ["一"])


@pytest.fixture
def document(card: Path) -> Path:
    path = card.with_name("document.pdf")
    path.write_bytes(PLAIN)
    return path


class Done(NamedTuple):
    """How a command ended, and what it said."""

    returncode: int
    stdout: bytes
    stderr: bytes


Sign = Callable[..., Done]


@pytest.fixture
def sign(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Sign:
    """The command, called in this process with the right PIN waiting to be read."""

    def call(document: Path, *words: str | Path) -> Done:
        reading, writing = os.pipe()
        os.write(writing, f"{cards.SIGNATURE_PIN}\n".encode())
        os.close(writing)
        card = document.with_name("card.json")
        given = ["sign", document, "--pin-fd", reading, "--card", card, *words]
        monkeypatch.setattr(sys, "argv", ["honnin", *map(str, given)])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        finally:
            os.close(reading)
        sys.stdout.flush()
        return Done(code, *capfdbinary.readouterr())

    return call


def is_signed(octets: bytes) -> bool:
    return octets.startswith(PLAIN) and b"/ByteRange" in octets


def test_a_pipe_is_written_into_and_stays_one(document: Path, sign: Sign) -> None:
    pipe, got = document.with_name("pipe"), []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    done = sign(document, "--out", pipe)
    reader.join(30)
    assert done.returncode == 0, done.stderr
    assert is_signed(got[0])
    assert pipe.is_fifo()


def test_a_link_is_followed_and_the_mode_is_kept(document: Path, sign: Sign) -> None:
    target, link, new = (document.with_name(name) for name in ("target.pdf", "link.pdf", "new.pdf"))
    target.write_bytes(b"before")
    for mode in (0o600, 0o644):
        target.chmod(mode)
        link.unlink(missing_ok=True)
        link.symlink_to(target.name)
        assert sign(document, "--out", link).returncode == 0
        assert link.is_symlink()
        assert is_signed(target.read_bytes())
        assert target.stat().st_mode & 0o777 == mode
    link.unlink()
    link.symlink_to(new.name)
    assert sign(document, "--out", link).returncode == 0
    assert is_signed(new.read_bytes())
    assert sorted(path.name for path in document.parent.iterdir() if path.name.startswith(".honnin")) == []


def test_a_file_with_another_name_keeps_it(document: Path, sign: Sign) -> None:
    target, other = document.with_name("target.pdf"), document.with_name("other.pdf")
    target.write_bytes(b"x" * 100_000)
    other.hardlink_to(target)
    assert sign(document, "--out", target).returncode == 0
    assert is_signed(other.read_bytes())
    assert other.samefile(target)


def test_the_original_is_kept_whatever_it_is_called(document: Path, sign: Sign) -> None:
    for name, make in (("soft.pdf", Path.symlink_to), ("hard.pdf", Path.hardlink_to)):
        other = document.with_name(name)
        make(other, document)
        done = sign(document, "--out", other)
        assert done.returncode == 2
        assert b"the original is kept" in done.stderr
    assert document.read_bytes() == PLAIN


@pytest.mark.parametrize("out", ["-", "/dev/stdout", "/dev/fd/1"])
def test_the_document_goes_to_stdout_alone(document: Path, sign: Sign, out: str) -> None:
    done = sign(document, "--out", out)
    assert done.returncode == 0, done.stderr
    assert is_signed(done.stdout)
    assert done.stdout.endswith(b"%%EOF\n")


def test_a_name_may_be_as_long_as_names_are(document: Path, sign: Sign) -> None:
    name = "字" * 81 + ".pdf"  # 247 octets; with -signed 254
    long = document.with_name(name)
    document.rename(long)
    done = sign(long)
    assert done.returncode == 0, done.stderr
    assert is_signed(long.with_name("字" * 81 + "-signed.pdf").read_bytes())
    longer = document.with_name("字" * 83 + ".pdf")
    long.rename(longer)
    done = sign(longer, "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["about"] == ["--out"]
    assert b"cannot be written" in done.stderr


def test_a_device_that_is_full_is_told_by_name(document: Path, sign: Sign) -> None:
    done = sign(document, "--out", "/dev/full", "--json")
    assert done.returncode == 8
    assert json.loads(done.stdout)["error"]["code"] == "E_OUTPUT_FAILED"
    assert b"/dev/full" in done.stderr
