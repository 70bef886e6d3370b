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


def pack(folder: Path) -> str:
    """Keep the inputs in a folder, shortest first, as many as there is room for; says how many."""
    found = sorted((path.read_bytes() for path in folder.iterdir()), key=lambda each: (len(each), each))
    lines, room = [ORIGIN], BYTES_MAX - len(ORIGIN) - 1
    for each in found:
        room -= 2 * len(each) + 1
        if not each or room < 0 or len(lines) > LINES_MAX:
            continue
        lines.append(each.hex())
    KEPT.write_text("\n".join(lines) + "\n", "ascii")
    return f"{len(lines) - 1} of {len(found)} inputs, {KEPT.stat().st_size} bytes"


def unpack(folder: Path) -> None:
    """The kept inputs as files, which the fuzzer can begin with."""
    for each in inputs():
        (folder / sha256(each).hexdigest()[:40]).write_bytes(each)
