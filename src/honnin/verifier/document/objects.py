"""Are two objects of a PDF the same, with all that they lead to? (ISO 32000-2, 7.3)

Numbers of objects do not matter, what they mean does: a value that moved into an object of its own is the
same value. Landmarks (pages, fields, annotations) are compared by whoever compares their kind; here they are
the same when they have the same number.
"""

from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import EncryptedObjAccess

from honnin.verifier.document.opening import Id, Unreadable, id_of, is_null, resolved

_NUMBERS = (generic.NumberObject, generic.FloatObject)
_STRINGS = (generic.TextStringObject, generic.ByteStringObject)
_Pair = tuple[Any, Any, str]


class Comparison:
    """Compares objects of one revision with those of the next."""

    def __init__(self, landmarks: frozenset[Id]) -> None:
        self._landmarks = landmarks
        self._compared: set[tuple[Id, Id]] = set()

    def difference(self, old: Any, new: Any) -> str | None:
        """Where two values differ first, as a path below them (`/Font/F1`); None where they do not.

        What differed once is told once: a second question about the same two objects answers None.
        """
        waiting: list[_Pair] = [(old, new, "")]
        while waiting:
            before, now, path = waiting.pop()
            differs, parts = self._compared_once(before, now)
            if differs:
                return path or "/"
            waiting += [(a, b, path + name) for a, b, name in parts]
        return None

    def same(self, old: Any, new: Any) -> bool:
        """Whether two values are the same, asked anew."""
        return Comparison(self._landmarks).difference(old, new) is None

    def _compared_once(self, old: Any, new: Any) -> tuple[bool, list[_Pair]]:
        old_id, new_id = id_of(old), id_of(new)
        if old_id in self._landmarks or new_id in self._landmarks:
            return old_id != new_id, []
        if old_id is not None and new_id is not None:
            if (old_id, new_id) in self._compared:
                return False, []
            self._compared.add((old_id, new_id))
        before, now = resolved(old), resolved(new)
        if isinstance(before, generic.DictionaryObject) and isinstance(now, generic.DictionaryObject):
            return not _same_stream(before, now), list(_entries(before, now))
        if isinstance(before, generic.ArrayObject) and isinstance(now, generic.ArrayObject):
            pairs = [
                (before.raw_get(index), now.raw_get(index), f"[{index}]")
                for index in range(min(len(before), len(now)))
            ]
            return len(before) != len(now), pairs
        return not _same_primitive(before, now), []


def _entries(old: generic.DictionaryObject, new: generic.DictionaryObject) -> Iterator[_Pair]:
    signature = "/ByteRange" in old and "/ByteRange" in new
    for key in sorted({*old, *new}):
        # A signature's value is never encrypted, whatever the rest of the file is (7.6.2).
        access = (
            EncryptedObjAccess.RAW if signature and key == "/Contents" else EncryptedObjAccess.TRANSPARENT
        )
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
        return bool(old == new)
    return type(old) is type(new) and bool(old == new)
