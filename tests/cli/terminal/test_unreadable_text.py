"""Octets that are no text, and characters that nobody can see, are refused by the name of what holds them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from click.types import StringParamType

from honnin.cli import COMMANDS, LazyGroup, group
from honnin.cli.terminal import json_output
from honnin.cli.terminal.typed import ask_password, ask_pin, read_password
from honnin.cli.terminal.words import Context, FileName
from honnin.custody.key_files import KeyFiles
from honnin.errors import CardError, Malformed
from honnin.profile.names import Deployment
from honnin.verifier.trust import TrustStore
from tests.support.processes import plain_environment

NO_TEXT = b"x\xff\xfey"
BAD = (os.fsdecode(NO_TEXT), "a\0b", "a\nb", "\u202eabc", "a\u200bb", "\x1b[2J")


def texts() -> Iterator[tuple[str, click.Command, click.Parameter]]:
    """Every option and argument of every command that takes text as it is."""
    todo = [(name, LazyGroup().get_command(click.Context(group), name)) for name in COMMANDS]
    for name, command in todo:
        assert command is not None
        if isinstance(command, click.Group):
            todo += [(f"{name} {below}", each) for below, each in command.commands.items()]
        for parameter in command.params:
            if isinstance(parameter.type, StringParamType):
                yield name, command, parameter


def test_what_is_no_text_is_refused_by_every_option_and_argument_that_names_no_file() -> None:
    seen = set()
    for name, command, parameter in texts():
        may_name_a_file = isinstance(parameter.type, FileName)
        seen.add((name, parameter.name))
        for bad in BAD:
            context = Context(command)
            value = (bad,) if parameter.nargs == -1 or parameter.multiple else bad
            context.params = {str(parameter.name): value}
            if may_name_a_file:
                assert context.invoke(lambda **_: "called")
                continue
            with pytest.raises(click.BadParameter) as caught:
                context.invoke(lambda **_: "called")
            assert parameter.get_error_hint(context) in caught.value.format_message()
    assert {("staff add", "place"), ("staff add", "account"), ("journal looks", "staff")} <= seen
    assert {("sign", "reason"), ("login", "nonce"), ("card show", "card"), ("card read", "reader")} <= seen


@pytest.mark.parametrize("words", [["staff", "resident", "hanako"], ["journal", "looks", "--person"]])
@pytest.mark.parametrize("typed", [b"\xff\xfe\n", b"1\x00\n", "\u202e12345678901\n".encode()])
def test_what_is_no_text_is_refused_on_stdin(words: list[str], typed: bytes) -> None:
    ended = CliRunner().invoke(group, words, input=typed)
    assert ended.exit_code == 2, ended.output
    assert "stdin" in ended.output
    assert "no text in UTF-8" in ended.output


def test_a_document_is_json_in_utf_8_whatever_a_file_is_called(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    json_output.begin()
    json_output.print_json({"file": os.fsdecode(b"/tmp/\\x\xff\xfe"), "name": "見本"})
    told = capfdbinary.readouterr().out.decode("utf-8")
    assert "見本" in told
    assert os.fsencode(json.loads(told)["file"]) == b"/tmp/\\x\xff\xfe"
    done = subprocess.run(
        [sys.executable.encode(), b"-m", b"honnin", b"card", b"show", NO_TEXT, b"--json"],
        env=plain_environment(tmp_path),
        capture_output=True,
        check=False,
        timeout=60,
    )
    [about] = json.loads(done.stdout.decode("utf-8"))["error"]["about"]
    assert os.fsencode(about) == NO_TEXT
    assert b"Traceback" not in done.stderr


def test_a_passphrase_that_is_no_text_names_its_variable(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="E_KEY_PASSPHRASE_TEXT") as caught:
        KeyFiles(tmp_path, os.fsdecode(NO_TEXT))
    assert "HONNIN_KEY_PASSPHRASE" in caught.value.sentence()


def test_what_is_no_certificate_to_trust_is_named_by_its_file(tmp_path: Path) -> None:
    junk = tmp_path / os.fsdecode(b"ca\xff.pem")
    junk.write_bytes(NO_TEXT)
    with pytest.raises(Malformed, match="E_CERT_MALFORMED") as caught:
        TrustStore.load(Deployment(), [junk])
    assert caught.value.__notes__ == [str(junk)]


def test_a_pin_that_cannot_be_is_called_by_its_kind() -> None:
    read, write = os.pipe()
    os.write(write, b"ABC123\n1\n")
    os.close(write)
    ended = CliRunner().invoke(group, ["card", "create", "adult", "--pin-fd", str(read)])
    os.close(read)
    assert isinstance(ended.exception, CardError)
    assert ended.exception.code == "E_PIN_FORMAT"
    assert ended.exception.__notes__ == ["authentication PIN"]


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda number: ask_pin("?", number), "E_PIN_UNREADABLE"),
        (lambda number: ask_password("?", number), "E_ACCOUNT_PASSWORD_UNREADABLE"),
        (read_password, "E_PASSWORD_UNREADABLE"),
    ],
)
def test_a_secret_that_cannot_be_read_is_called_what_it_is(ask: object, code: str) -> None:
    assert callable(ask)
    read, write = os.pipe()
    os.write(write, b"\xff\xfe\n")
    os.close(write)
    for number in (read, 10**20, 10**6):
        with pytest.raises(Malformed, match=rf"{code}$"):
            ask(number)
    os.close(read)
