"""What a newcomer tries at a command line: `-h` and its examples, Tab, and how it looks at a terminal."""

import os
import pty
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from honnin.cli import COMMANDS, group
from honnin.cli.completion import SHELLS
from honnin.cli.terminal.examples import EXAMPLES
from tests.support.command_names import commands
from tests.support.processes import plain_environment

CARDS = ("TEST00000000001", "TEST00000000002", "MINE")


@pytest.mark.parametrize("name", [*commands(), *COMMANDS, ""])
def test_every_command_explains_itself_by_h(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    command: click.Command = group
    for word in name.split():  # click keeps which options ask for help where a test called it by itself
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word) or command
    monkeypatch.setattr(command, "_help_option", None)
    shown = CliRunner().invoke(group, [*name.split(), "-h"], prog_name="honnin")
    assert shown.exit_code == 0, shown.output
    assert shown.output == CliRunner().invoke(group, [*name.split(), "--help"], prog_name="honnin").output
    for example in EXAMPLES.get(name, ()):
        assert example in shown.output


@pytest.mark.parametrize("line", [line for lines in EXAMPLES.values() for line in lines])
def test_an_example_is_a_command_that_there_is(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for document in ("letter.pdf", "letter-signed.pdf"):
        (tmp_path / document).write_bytes(b"%PDF")
    monkeypatch.chdir(tmp_path)
    words = shlex.split(re.sub(r"^eval \"\$\((.*)\)\"$|[0-9]?[<>|].*", r"\1", line))
    while "=" in words[0]:  # a variable of the environment
        words.pop(0)
    assert words.pop(0) == "honnin"
    context, command = click.Context(group, info_name="honnin"), group.get_command(None, words[0])  # type: ignore[arg-type]
    assert command is not None
    while isinstance(command, click.Group):
        words = words[1:]
        command = command.commands[words[0]]
    command.make_context(words[0], words[1:], parent=context)


def test_every_command_that_does_something_has_an_example() -> None:
    groups = {" ".join(name.split()[:-1]) for name in commands()} - {""}
    assert set(EXAMPLES) == {*commands(), "completion"} - groups


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    (folder / "cards").mkdir(parents=True, mode=0o700)
    for name in CARDS:
        (folder / "cards" / f"{name}.json").write_text("{}")
    return folder


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["ca"], {"card"}),
        (["card", "sh"], {"show"}),
        (["card", "create", "bl"], {"blocked"}),
        (["card", "show", "TEST"], {*CARDS[:2], "TEST"}),
        (["card", "unblock-help", "M"], {"MINE", "M"}),
        (["certificate", "check", "M"], {"MINE", "M"}),
        (["sign", "letter.pdf", "--card", "M"], {"MINE", "M"}),
        (["staff", "list", "--j"], {"--json"}),
    ],
)
def test_tab_completes_commands_options_and_cards(
    home: Path, typed: list[str], offered: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HONNIN_HOME", str(home))
    monkeypatch.setenv("COMP_WORDS", shlex.join(["honnin", *typed]))
    monkeypatch.setenv("COMP_CWORD", str(len(typed)))
    monkeypatch.setenv("_HONNIN_COMPLETE", "bash_complete")
    shown = CliRunner().invoke(group, [], prog_name="honnin")
    assert {line.partition(",")[2] for line in shown.output.splitlines()} == offered


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_is_told_how_to_complete(shell: str) -> None:
    shown = CliRunner().invoke(group, ["completion", shell], prog_name="honnin")
    assert shown.exit_code == 0
    assert f"_HONNIN_COMPLETE={shell}_complete" in shown.output


def test_there_is_colour_at_a_terminal_and_nowhere_else(home: Path) -> None:
    red = "\x1b[31m"
    assert red in at_a_terminal(home)
    for unwanted in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        shown = at_a_terminal(home, **unwanted)
        assert "E_CARD_FILE_MISSING" in shown
        assert "\x1b" not in shown
    piped = subprocess.run(
        words(), env=plain_environment(home), capture_output=True, text=True, check=False, timeout=60
    )
    assert "\x1b" not in piped.stderr


def words() -> list[str]:
    return [sys.executable, "-m", "honnin", "card", "show", "NOBODY"]


def at_a_terminal(home: Path, **environment: str) -> str:
    terminal, end = pty.openpty()
    known = plain_environment(home) | {"TERM": "xterm"} | environment
    if "NO_COLOR" not in environment:
        known.pop("NO_COLOR", None)
    process = subprocess.Popen(words(), env=known, stdout=end, stderr=end, stdin=subprocess.DEVNULL)
    os.close(end)
    shown = b""
    try:
        while piece := os.read(terminal, 4096):
            shown += piece
    except OSError:  # the other end is closed
        pass
    os.close(terminal)
    process.wait(60)
    return shown.decode("utf-8")
