"""Are two objects of a PDF the same, with all that they lead to? (ISO 32000-2, 7.3)

Numbers of objects do not matter, what they mean does: a value that moved into an object of its own is the
same value. Landmarks (pages, fields, annotations of the earlier revision) are compared by whoever compares
their kind; here they are the same when they have the same number. Below what a page draws there are none.
"""

from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import EncryptedObjAccess

from honnin.verifier.document.opening import Id, Unreadable, id_of, is_null, items_of, resolved

_NUMBERS = (generic.NumberObject, generic.FloatObject)
_STRINGS = (generic.TextStringObject, generic.ByteStringObject)
_DRAWN = {"/Resources", "/Contents", "/AP"}
_MOST_STEPS = 3_000_000  # our choice: comparing a stranger's file has an end
_Pair = tuple[Any, Any, str, bool]
_Key = tuple[Id, Id, bool]


class TooMuch(Exception):
    """The two revisions have more to compare than is compared here."""


class Comparison:
    """Compares objects of one revision with those of the next."""

    def __init__(self, landmarks: frozenset[Id]) -> None:
        self._landmarks = landmarks
        self._reported: set[_Key] = set()
        self._same: set[_Key] = set()
        self._differ: set[_Key] = set()
        self._steps = 0

    def difference(self, old: Any, new: Any, *, drawn: bool = False) -> str | None:
        """Where two values differ first, as a path below them (`/Font/F1`); None where they do not.

        What differed once is told once: a second question about the same two objects answers None.
        `drawn`: the values belong to what a page draws.
        """
        return self._first_difference(old, new, drawn, self._reported)

    def same(self, old: Any, new: Any, *, drawn: bool = False) -> bool:
        """Whether two values are the same, whatever was told of them before."""
        key = _key(old, new, drawn)
        if key in self._differ:
            return False
        seen: set[_Key] = set()
        if self._first_difference(old, new, drawn, seen) is None:
            self._same |= seen
            return True
        if key is not None:
            self._differ.add(key)
        return False

    def _first_difference(self, old: Any, new: Any, drawn: bool, seen: set[_Key]) -> str | None:
        waiting: list[_Pair] = [(old, new, "", drawn)]
        while waiting:
            self._steps += 1
            if self._steps > _MOST_STEPS:
                raise TooMuch
            before, now, path, below_drawn = waiting.pop()
            key = _key(before, now, below_drawn)
            if key is not None:
                if key in seen or key in self._same:
                    continue
                seen.add(key)
            differs, parts = self._compared(before, now, below_drawn)
            if differs:
                return path or "/"
            waiting += [(a, b, path + name, below_drawn or name in _DRAWN) for a, b, name in parts]
        return None

    def _compared(self, old: Any, new: Any, drawn: bool) -> tuple[bool, list[tuple[Any, Any, str]]]:
        old_id, new_id = id_of(old), id_of(new)
        if not drawn and (old_id in self._landmarks or new_id in self._landmarks):
            return old_id != new_id, []
        before, now = resolved(old), resolved(new)
        if isinstance(before, generic.DictionaryObject) and isinstance(now, generic.DictionaryObject):
            return not _same_stream(before, now), list(_entries(before, now))
        if isinstance(before, generic.ArrayObject) and isinstance(now, generic.ArrayObject):
            pairs = [
                (earlier, later, f"[{index}]")
                for index, (earlier, later) in enumerate(zip(items_of(before), items_of(now), strict=False))
            ]
            return len(before) != len(now), pairs
        return not _same_primitive(before, now), []


def _key(old: Any, new: Any, drawn: bool) -> _Key | None:
    old_id, new_id = id_of(old), id_of(new)
    return None if old_id is None or new_id is None else (old_id, new_id, drawn)


def _entries(old: generic.DictionaryObject, new: generic.DictionaryObject) -> Iterator[tuple[Any, Any, str]]:
    signature = "/ByteRange" in old and "/ByteRange" in new
    for key in sorted({*old, *new}):
        # A signature's value is never encrypted, whatever the rest of the file is (7.6.2).
        access = EncryptedObjAccess.RAW if signature and key == "/Contents" else EncryptedObjAccess.PROXY
        yield (
            old.raw_get(key, access) if key in old else None,
            new.raw_get(key, access) if key in new else None,
            key,
        )


def _same_stream(old: generic.DictionaryObject, new: generic.DictionaryObject) -> bool:
    if not isinstance(old, generic.StreamObject) or not isinstance(new, generic.StreamObject):
        return type(old) is type(new)
    return bool(old.encoded_data == new.encoded_data)


def _same_primitive(old: Any, new: Any) -> bool:
    if isinstance(old, Unreadable) or isinstance(new, Unreadable):
        return bool(getattr(old, "marker", old) == getattr(new, "marker", new))
    if is_null(old) or is_null(new):
        return is_null(old) and is_null(new)
    if isinstance(old, _STRINGS) and isinstance(new, _STRINGS):
        return bool(old.original_bytes == new.original_bytes)
    if isinstance(old, _NUMBERS) and isinstance(new, _NUMBERS):
        return bool(float(old) == float(new))
    return type(old) is type(new) and bool(old == new)
