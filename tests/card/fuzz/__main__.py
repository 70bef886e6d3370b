"""`python -m tests.card.fuzz`: run the fuzzer, or pack what it found (docs/how-to/fuzz-the-card.md).

Needs atheris, which nothing else here does.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import atheris

from tests.card.fuzz.corpus import pack, unpack

PACK, MERGE = "pack", "merge"


def fuzz(program: str, arguments: list[str]) -> None:
    """Options of libFuzzer and folders of inputs; never returns. It starts `program` anew to merge."""
    with atheris.instrument_imports(include=["honnin.card"]):
        from tests.card.fuzz import target

    target.beginnings()  # its keys take longer than a conversation
    atheris.Setup([program, *arguments], target.check)
    atheris.Fuzz()


def pack_folder(folder: Path) -> str:
    """Pack into the tests what a folder has: what reaches each place of the code, and then in other ways."""
    from tests.card.fuzz import target

    with tempfile.TemporaryDirectory() as place:
        lines, ways = (Path(place, each) for each in ("lines", "ways"))
        merge(folder, lines, "-use_counters=0")
        merge(folder, ways)
        return pack(lines, ways, len(target.beginnings()))


def merge(folder: Path, kept: Path, *options: str) -> None:
    """The fewest inputs that reach all that those in `folder` reach."""
    kept.mkdir()
    program = kept.with_suffix(".sh")
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m tests.card.fuzz {MERGE} {program} "$@"\n')
    program.chmod(0o700)
    subprocess.run([program, "-set_cover_merge=1", *options, kept, folder], check=True)


def begin(arguments: list[str]) -> None:
    """Fuzz; folders that are empty begin with the inputs that are kept."""
    for folder in (Path(each) for each in arguments if not each.startswith("-")):
        if folder.is_dir() and not any(folder.iterdir()):
            unpack(folder)
    fuzz(sys.argv[0], arguments)


match sys.argv[1:]:
    case [what, folder] if what == PACK:
        sys.stdout.write(pack_folder(Path(folder)) + "\n")
    case [what, program, *arguments] if what == MERGE:
        fuzz(program, arguments)
    case arguments:
        begin(arguments)
