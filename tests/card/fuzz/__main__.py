"""`python -m tests.card.fuzz`: run the fuzzer, or pack what it found (docs/how-to/fuzz-the-card.md).

Needs atheris, which nothing else here does.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import atheris

from tests.card.fuzz.corpus import pack, unpack

PACK = "pack"


def fuzz(arguments: list[str]) -> None:
    """Options of libFuzzer and folders of inputs; never returns."""
    with atheris.instrument_imports(include=["honnin.card"]):
        from tests.card.fuzz import target

    target.beginnings()  # its keys take longer than a conversation
    atheris.Setup([sys.argv[0], *arguments], target.check)
    atheris.Fuzz()


def pack_folder(folder: Path) -> None:
    """The fewest inputs of a folder that reach all that it reaches, packed into the tests."""
    with tempfile.TemporaryDirectory() as kept:
        options = ["-set_cover_merge=1", "-use_counters=0", kept, str(folder)]
        subprocess.run([sys.executable, "-m", "tests.card.fuzz", *options], check=True)
        sys.stdout.write(f"{pack(Path(kept))}\n")


if sys.argv[1:2] == [PACK]:
    pack_folder(Path(sys.argv[2]))
else:
    for each in sys.argv[1:]:
        if not each.startswith("-") and Path(each).is_dir() and not any(Path(each).iterdir()):
            unpack(Path(each))
    fuzz(sys.argv[1:])
