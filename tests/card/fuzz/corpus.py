"""The inputs that are kept: one file, a line of hexadecimal for each."""

from hashlib import sha256
from pathlib import Path

KEPT = Path(__file__).with_name("corpus.txt")
LINES_MAX = 150
BYTES_MAX = 150_000
ORIGIN = (
    "# Inputs for tests.card.fuzz.target, found by its fuzzer and reduced to those that reach something new."
)


def inputs() -> list[bytes]:
    lines = KEPT.read_text("ascii").splitlines() if KEPT.exists() else []
    return [bytes.fromhex(line) for line in lines if not line.startswith("#")]


def pack(needed: Path, welcome: Path, beginnings: int) -> str:
    """Keep the inputs in a folder, and the longest of another, as far as there is room; says how many.

    Of each of the `beginnings` that the first byte of an input chooses from there is one at least.
    """
    first, more = ([path.read_bytes() for path in folder.iterdir()] for folder in (needed, welcome))
    more.sort(key=len, reverse=True)
    of_each = {each[0] % beginnings: each for each in (*more, *first) if each}
    found = list(dict.fromkeys([*of_each.values(), *sorted(first, key=len), *more]))
    lines, room = [ORIGIN], BYTES_MAX - len(ORIGIN) - 1
    for each in found[:LINES_MAX]:
        room -= 2 * len(each) + 1
        if each and room >= 0:
            lines.append(each.hex())
    KEPT.write_text("\n".join(lines) + "\n", "ascii")
    return f"{len(lines) - 1} of {len(found)} inputs, {KEPT.stat().st_size} bytes"


def unpack(folder: Path) -> None:
    """The kept inputs as files, which the fuzzer can begin with."""
    for each in inputs():
        (folder / sha256(each).hexdigest()[:40]).write_bytes(each)
