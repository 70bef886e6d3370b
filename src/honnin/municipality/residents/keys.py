"""Search keys of residents: name, reading and address in the form in which they are compared.

How they are folded: `honnin.law.names.spelling`. Kept beside the entry, so that an index finds people by the
beginning of any part of a name, whatever the size of the register. As octets (UTF-8): both engines compare
these alike, and an index serves a beginning of them.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import models

from honnin.law.names.spelling import folded_address, parts_of_name

if TYPE_CHECKING:
    _BinaryField = models.BinaryField[bytes | None, bytes | None]
    _Lookup = models.Lookup[bytes]
else:
    _BinaryField, _Lookup = models.BinaryField, models.Lookup
INITIAL = 3
"""Octets of a key by which an index divides it: a kana or kanji."""
_UNDIVIDED = re.compile("[一-鿿々\U00020000-\U0003ffff]{3,6}")


def starts_of(name: str) -> tuple[str, ...]:
    """The whole name, and the same from its second part on, from the third, and so on, folded.

    A name in kanji that is kept without a space could begin its given name after two characters or after one.
    """
    parts = parts_of_name(name)
    if len(parts) == 1 and _UNDIVIDED.fullmatch(parts[0]):
        return parts[0], parts[0][2:], parts[0][1:]
    return tuple("".join(parts[number:]) for number in range(len(parts)))


class SearchKey(_BinaryField):
    """A column by which residents are looked up: worked out of another, `of`, whenever the row is written.

    `start`: from which part of the name on; None in the column where the name has no such part. A name of
    more than three parts is found by its first, second and last. None for an address, which is kept whole.
    """

    def __init__(self, *, of: str, start: int | None = None, **options: Any) -> None:
        self.of, self.start = of, start
        missing: dict[str, Any] = {"null": True} if start else {"default": b""}
        super().__init__(**(options | missing))

    def deconstruct(self) -> tuple[str, str, Any, dict[str, Any]]:
        name, path, args, options = super().deconstruct()
        own = {"of": self.of, "start": self.start}
        return (
            name,
            path,
            args,
            {key: options[key] for key in options if key not in ("null", "default")} | own,
        )

    def pre_save(self, model_instance: models.Model, add: bool) -> bytes | None:
        key = self.key_of(str(getattr(model_instance, self.of)))
        setattr(model_instance, self.attname, key)
        return key

    def key_of(self, text: str) -> bytes | None:
        """What stands in the column beside this text."""
        if self.start is None:
            return folded_address(text).encode()
        starts = starts_of(text) or ("",)
        if self.start == 2 and len(starts) > 3:
            return starts[-1].encode()
        return starts[self.start].encode() if self.start < len(starts) else None


@SearchKey.register_lookup
class Begins(_Lookup):
    """`key__begins=octets`: a condition on rows that another one finds, or on `initial` in an index."""

    lookup_name = "begins"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        key, parameters = self.process_lhs(compiler, connection)
        beginning = bytes(self.rhs)
        condition = f"substr({key}, 1, {len(beginning)}) = %s"
        return condition, (*parameters, connection.Database.Binary(beginning))


def initial(key: str) -> models.Func:
    """The first octets of a key, for an index: written as `Begins` writes them, so that it is taken."""
    return models.Func(
        models.F(key),
        models.Value(1),
        models.Value(INITIAL),
        function="substr",
        output_field=models.BinaryField(),
    )


def keys_after(model: type[models.Model], changed: Iterable[str]) -> tuple[str, ...]:
    """The columns that are worked out of the changed ones."""
    sources = set(changed)
    fields = model._meta.concrete_fields
    return tuple(field.name for field in fields if isinstance(field, SearchKey) and field.of in sources)
