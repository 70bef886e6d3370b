"""What holder and issuer choose from in any order: files, PINs, keys, their values, and how often."""

from dataclasses import dataclass
from typing import NamedTuple

from hypothesis import strategies as st

from tests.card.model import Pin

indices = st.integers(0, 40)
# How a file is meant: by its short identifier; selected just before; whichever is the current one, if any is.
WAYS = ("short", "short", "chosen", "chosen", "stale")
anywhere = st.sampled_from(("files", "pins", "keys", "bare", "any"))
choices = {
    what: st.tuples(st.just(what) | st.just(what) | anywhere, indices, st.sampled_from(WAYS))
    for what in ("files", "pins", "keys")
}
values = st.sampled_from(("right", "right", "other", "wrong", "too long", "none"))
lengths = st.sampled_from((1, 100, 256, 65536))
KEY_USES = ("sign", "sign", "authenticate", "by default")
Choice = tuple[str, int, str]
# Of a permission to set a PIN: how often it is used.
UNSET = Pin(None, 0)
ENDINGS = {"leave": 0, "use": 1, "use twice": 2, "lose power": 1}


@dataclass(frozen=True)
class Case:
    """With what the issuer does something; each act takes what it needs."""

    index: int
    place: int
    which: str
    whole: bool
    ending: str
    files: dict[tuple[int, int], bytes]


written = st.dictionaries(st.tuples(indices, indices), st.binary(min_size=1, max_size=500), max_size=3)
cases = st.builds(Case, indices, indices, values, st.booleans(), st.sampled_from(tuple(ENDINGS)), written)


class WrongProtection(NamedTuple):
    """What comes after the instruction, and the word for it in a session."""

    cla: int
    rest: bytes
    word: str


WRONG_PROTECTION = tuple(
    WrongProtection(int(cla, 16), bytes.fromhex(rest), word)
    for cla, rest, word in (
        ("0C", "020C", "6987"),
        ("08", "020C", "6988"),
        ("08", "020C 02 0001", "6988"),
        ("08", "020C 05 9702000000", "6988"),
        ("08", "0000 12 8610 01" + "5A" * 15, "6988"),
        ("08", "0000 0A 9603000010 9603000010 00", "6988"),
    )
)
ISSUER_ACTS = (
    *("authorise_pin", "set_code", "write_files", "issue"),
    *("activate_nothing", "remove", "terminate", "put_key"),
)
