"""Reads the samples of a page of documentation and executes them, as a reader would.

A fenced block is executed when its first line says so: `sh run`, `sh run background` (it goes on until the
end of the page), `python run`. A block `text output` right after it must fit what was printed, where `…`
stands for anything. The shell blocks of a page share a folder, its Python blocks a namespace.
"""

import contextlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 60.0
_NOT_THE_READERS = ("HONNIN_", "DJANGO_", "PYTEST_", "COV_", "VIRTUAL_ENV", "MAKE")
_NOT_CLONED = (".git", ".venv", "var", ".*_cache", ".coverage*", ".hypothesis", "__pycache__", "*.mo")
_FENCE = re.compile(r"^```(?P<words>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Sample:
    """One block to execute: where it stands, what it is, and what it should print (None: not said)."""

    heading: str
    language: str
    flags: frozenset[str]
    text: str
    output: str | None


def pages() -> list[Path]:
    """Every page of documentation, the READMEs included."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def samples(page: Path) -> list[Sample]:
    """The blocks of a page that are to be executed, in order."""
    content = page.read_text("utf-8")
    fences = list(_FENCE.finditer(content))
    found = []
    for fence, following in zip_longest(fences, fences[1:]):
        language, *flags = fence["words"].split() or [""]
        if "run" not in flags:
            continue
        near = following is not None and content[fence.end() : following.start()].strip() == ""
        output = following["text"] if near and following["words"] == "text output" else None
        headings = _HEADING.findall(_FENCE.sub("", content[: fence.start()]))
        found.append(Sample(headings[-1], language, frozenset(flags), fence["text"], output))
    return found


def clone(folder: Path) -> Path:
    """The project as it stands here, in a folder: the sources only, nothing that was made from them."""
    return Path(shutil.copytree(ROOT, folder / "honnin", ignore=shutil.ignore_patterns(*_NOT_CLONED)))


_HEADS_DUE = (
    r"last round of chores: none so far\ndue: signatures of journals \(\d+\)\n"
    r"NOBODY DOES THE CHORES: run honnin up or honnin chores\n?"
)


def fits(expected: str, printed: str) -> bool:
    """Whether output fits what a page says: `…` is anything, alone on a line any lines or none."""
    pattern = "".join(_line_pattern(line) for line in expected.strip().split("\n"))
    # A head of the journal is due after a minute, which a slow machine takes to follow a page.
    said = re.sub(_HEADS_DUE, "", printed) if "due:" not in expected else printed
    return re.fullmatch(pattern, said.strip() + "\n", re.DOTALL) is not None


def _line_pattern(line: str) -> str:
    if line.strip() == "…":
        return "(?:.*?\n)?"
    return ".*?".join(re.escape(part) for part in line.rstrip().split("…")) + "\n"


@dataclass
class Reader:
    """Somebody who follows a page in an empty folder.

    `instead` replaces words of the samples, for ports that are taken and readers that stand elsewhere.
    """

    folder: Path
    instead: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    background: list["_Background"] = field(default_factory=list)
    namespace: dict[str, object] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for running in reversed(self.background):
            running.stop()

    def follow(self, page: Path, *, at: Mapping[str, Callable[[], None]] | None = None) -> None:
        """Execute a page. `at`: what the reader does by hand in a section, before its first block."""
        left = dict(at or {})
        for sample in samples(page):
            for heading in _so_far(page, sample.heading):
                if heading in left:
                    left.pop(heading)()
            self.execute(sample)
        for act in left.values():
            act()

    def execute_quietly(self, command: str) -> str:
        """What a command prints that stands on no page."""
        return self._shell(command)

    def execute(self, sample: Sample) -> None:
        """Execute one block and compare what it prints."""
        text, expected = self._adapted(sample.text), self._adapted(sample.output or "…")
        if sample.language == "python":
            printed = self._python(text)
        elif "background" in sample.flags:
            printed = self._start(text, expected)
        else:
            printed = self._shell(text)
        assert fits(expected, printed), (
            f"{sample.heading}\n{text}\nprinted:\n{printed}\nexpected:\n{expected}"
        )

    def _adapted(self, text: str) -> str:
        for said, meant in self.instead.items():
            text = text.replace(said, meant)
        return text

    def _python(self, text: str) -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.chdir(self.folder):
            exec(compile(text, "sample", "exec"), self.namespace)
        return printed.getvalue()

    def _shell(self, text: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=self.folder,
            env=self.variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=2 * TIMEOUT,
            check=False,
        )
        printed = done.stdout.decode(errors="replace")
        assert done.returncode == 0, f"exit code {done.returncode}:\n{text}\n{printed}"
        return printed

    def _start(self, text: str, expected: str) -> str:
        running = _Background(text, self.folder, self.variables())
        self.background.append(running)
        return running.wait_for(expected)

    def variables(self) -> dict[str, str]:
        """The environment of a reader in whose shell the virtual environment is active."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_THE_READERS)}
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {**own, "PATH": path, "LC_ALL": "C.UTF-8", "PYTHONUNBUFFERED": "1", **self.environment}


def _so_far(page: Path, heading: str) -> Iterator[str]:
    """The headings of a page up to and with one."""
    for passed in _HEADING.findall(_FENCE.sub("", page.read_text("utf-8"))):
        yield passed
        if passed == heading:
            return


class _Background:
    """A block that goes on while the page is followed; stopped as a reader would, with Ctrl-C."""

    def __init__(self, text: str, folder: Path, environment: Mapping[str, str]) -> None:
        self._text, self._printed = text, b""
        self._process = subprocess.Popen(
            # exec: the signal must reach the command and not its shell, which ignores it for children.
            ["bash", "-c", f"exec env {text.strip()}"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        while piece := os.read(self._process.stdout.fileno(), 65536):
            self._printed += piece

    def wait_for(self, expected: str) -> str:
        """What was printed as soon as it fits."""
        deadline = time.monotonic() + TIMEOUT
        while not (self._printed and fits(expected, self.printed)):
            waiting = self.is_running() and time.monotonic() < deadline
            assert waiting, f"{self._text}\nprinted:\n{self.printed}"
            time.sleep(0.1)
        return self.printed

    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def printed(self) -> str:
        return self._printed.decode(errors="replace")

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(TIMEOUT)
        finally:
            self._process.kill()
            self._process.wait()
            self._listener.join()
            assert self._process.stdout is not None
            self._process.stdout.close()
