"""What a process still holds: every text that some living object refers to."""

import gc
from collections.abc import Iterator


def holders_of(needles: list[str]) -> Iterator[str]:
    """What kinds of living objects refer to a text, or to octets, with one of these in it."""
    gc.collect()
    octets = [needle.encode() for needle in needles]
    for each in gc.get_objects():
        if each is needles or each is octets:
            continue
        for referred in gc.get_referents(each):
            if isinstance(referred, str):
                found = any(needle in referred[:] for needle in needles)
            elif isinstance(referred, bytes | bytearray):
                found = any(needle in referred for needle in octets)
            else:
                continue
            if found:
                yield f"{type(each).__name__}: {type(referred).__name__}"
