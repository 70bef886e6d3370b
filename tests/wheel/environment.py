"""The wheel, built from this folder, and an environment that has it and what it asks for, and nothing else.

Neither needs a network: the build's own tools are those of `.venv`, and what the wheel asks for is taken from
there by a link for each package, so that a package which only the tests have is not found.
"""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PathDistribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]


def built_wheel(folder: Path) -> Path:
    """The wheel as `python -m build` makes it, by what builds it there too."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (wheel,) = folder.glob("*.whl")
    return wheel


class Environment:
    """A virtual environment with the wheel in it, and an empty folder to work in."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self._folder = folder / "environment"
        venv.create(self._folder, symlinks=True)
        self.packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(self._folder)}))
        uv = [
            str(Path(sys.executable).with_name("uv")),
            "pip",
            "install",
            "--quiet",
            "--offline",
            "--no-deps",
        ]
        subprocess.run([*uv, "--python", str(self._python), str(wheel)], check=True, timeout=60)
        (described,) = self.packages.glob("honnin-*.dist-info")
        for found in _needed(PathDistribution(described)):
            self._link(found)
        self.work = folder / "work"
        self.work.mkdir()

    @property
    def _python(self) -> Path:
        return self._folder / "bin" / "python"

    @property
    def command(self) -> Path:
        """The `honnin` that was installed."""
        return self._folder / "bin" / "honnin"

    def environment(self, **more: str) -> dict[str, str]:
        """What a command there is told: nothing of this test run or of this folder."""
        ours = ("HONNIN_", "DJANGO_", "PYTHON", "LC_", "LANG", "COV_")
        return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | more

    def run(self, *words: str, pin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        """What a command does in the empty folder; a PIN is handed to it at file descriptor 0."""
        return subprocess.run(
            [str(self.command), *words],
            cwd=self.work,
            env=self.environment(**more),
            input=pin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def python(self, program: str) -> str:
        """What a program prints that finds only what is installed there."""
        done = subprocess.run(
            [str(self._python), "-I", "-c", program],
            cwd=self.work,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _link(self, found: Distribution) -> None:
        for name in {str(path).split("/")[0] for path in found.files or () if ".." not in path.parts}:
            link = self.packages / name
            if name != "__pycache__" and not link.exists():
                link.symlink_to(Path(str(found.locate_file(name))))


def _needed(wheel: Distribution) -> Iterator[Distribution]:
    """What a distribution asks for, and what that asks for, on this machine and without extras of its own."""
    seen: set[tuple[str, str]] = set()
    asked: list[tuple[Distribution, str]] = [(wheel, "")]
    while asked:
        asking, extra = asked.pop()
        for line in asking.requires or ():
            wanted = Requirement(line)
            if wanted.marker is not None and not wanted.marker.evaluate({"extra": extra}):
                continue
            for each in ("", *wanted.extras):
                if (wanted.name, each) not in seen:
                    seen.add((wanted.name, each))
                    found = distribution(wanted.name)
                    assert found.version in wanted.specifier, line
                    asked.append((found, each))
                    yield found


def files_in(wheel: Path) -> dict[str, bytes]:
    """Every file of a wheel by its name."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
