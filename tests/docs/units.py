"""The files that a page tells its reader to write: fenced blocks whose first line names a path."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_FILE = re.compile(r"^```ini\n# (?P<path>/\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def written_files(page: Path) -> dict[str, str]:
    """The files by their paths."""
    return {found["path"]: found["text"] for found in _FILE.finditer(page.read_text("utf-8"))}


def settings_of(unit: str) -> dict[str, list[str]]:
    """The settings of a unit by their names, continued lines joined."""
    found: dict[str, list[str]] = {}
    for line in unit.replace("\\\n", " ").splitlines():
        name, equals, value = line.partition("=")
        if equals:
            found.setdefault(name, []).append(value.strip())
    return found


def environment_of(text: str) -> dict[str, str]:
    """What an EnvironmentFile says."""
    return dict(line.split("=", 1) for line in text.splitlines() if line)


class Service:
    """A unit as systemd would start it, but for the user and the walls around it."""

    def __init__(self, unit: str, files: Mapping[str, str], own: Mapping[str, str]) -> None:
        said = settings_of(unit)
        [self.command] = map(shlex.split, said["ExecStart"])
        self.umask = int(said["UMask"][0], 8)
        self.environment = {**own}
        for line in said.get("Environment", []):
            self.environment |= environment_of(line)
        for path in said.get("EnvironmentFile", []):  # these go before, the last one most of all
            self.environment |= environment_of(files[path])

    def run(self) -> str:
        """To its end. What it printed."""
        done = subprocess.run(
            self.command,
            env=self.environment,
            preexec_fn=lambda: os.umask(self.umask) and None,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def running(self) -> Iterator[None]:
        process = subprocess.Popen(
            self.command, env=self.environment, preexec_fn=lambda: os.umask(self.umask) and None
        )
        try:
            yield
            assert process.poll() is None, "it ended by itself"
        finally:
            process.terminate()
            try:
                process.wait(60)
            finally:
                process.kill()
                process.wait()
