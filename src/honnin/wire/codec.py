"""Messages to JSON and back, by the types of their fields.

Understands str, int, bool, None, identifiers, bytes (base64), date, aware datetime, enums, tuples, optional
fields and nested messages. Anything else in the bytes is refused: Malformed E_MESSAGE_MALFORMED.
"""

import binascii
import json
import re
import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache, partial
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from honnin.errors import Malformed
from honnin.identifiers import Identifier

M = TypeVar("M")
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
LONGEST_MESSAGE = 4 * 1024 * 1024
"""Octets of a message; a card's whole contents have some hundred thousand (our choice)."""


def encode(message: object) -> bytes:
    """A message as compact UTF-8 JSON."""
    return written(plain(message))


def decode(message_type: type[M], content: bytes) -> M:
    """The message that `content` holds. Raises Malformed E_MESSAGE_MALFORMED."""
    return as_message(message_type, read(content, message_type.__name__))


def written(value: object) -> bytes:
    """A plain value as compact UTF-8 JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def read(content: bytes, name: str) -> object:
    """The plain value that JSON holds. Raises Malformed E_MESSAGE_MALFORMED with `name`, also for what is
    too long, nested too deeply, or has two members of one name, of which each end could take another.
    """
    if len(content) > LONGEST_MESSAGE:
        raise Malformed("E_MESSAGE_MALFORMED", message=name)
    try:
        value: object = json.loads(content, object_pairs_hook=_members)
    except (ValueError, RecursionError) as error:
        raise Malformed("E_MESSAGE_MALFORMED", message=name) from error
    return value


def as_message(message_type: type[M], value: object) -> M:
    """The message that a plain value holds. Raises Malformed E_MESSAGE_MALFORMED."""
    try:
        message = _message(message_type, value)
    except (ValueError, TypeError, KeyError, RecursionError, binascii.Error) as error:
        raise Malformed("E_MESSAGE_MALFORMED", message=message_type.__name__) from error
    assert isinstance(message, message_type)
    return message


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("two members of one name")
    return members


def plain(value: object) -> object:
    """A message, or a value of one, in what JSON has: objects, lists, text, numbers."""
    kind: Any = type(value)
    return _writer(kind)(value)


@cache
def _writer(kind: type) -> Callable[[Any], object]:
    """How values of a type become plain; found out once for each."""
    if is_dataclass(kind):
        names = tuple(field.name for field in fields(kind))
        return lambda value: {name: plain(getattr(value, name)) for name in names}
    if issubclass(kind, Enum):
        return lambda value: value.value
    if issubclass(kind, bytes):
        return lambda value: binascii.b2a_base64(value, newline=False).decode("ascii")
    if issubclass(kind, date):
        return lambda value: value.isoformat()
    if issubclass(kind, tuple):
        return lambda value: [plain(item) for item in value]
    return lambda value: value


def _message(kind: Any, value: Any) -> Any:
    readers = _readers(kind)
    if not isinstance(value, dict) or not _required(kind) <= value.keys() <= readers.keys():
        raise TypeError("other fields than the message has")
    return kind(**{name: readers[name](each) for name, each in value.items()})


@cache
def _readers(message_type: type) -> dict[str, Callable[[Any], Any]]:
    """By field: what reads it."""
    hints = get_type_hints(message_type)
    return {field.name: _reader(hints[field.name]) for field in fields(message_type)}


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """What makes a value of a type from a plain one; found out once for each. Raises ValueError, TypeError
    or KeyError for what is none.
    """
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        inner = _reader(next(option for option in get_args(kind) if option is not type(None)))
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        return partial(_tuple, _reader(get_args(kind)[0]))
    if is_dataclass(kind):
        return partial(_message, kind)
    if kind is bytes:
        return partial(binascii.a2b_base64, strict_mode=True)
    return partial(_scalar, kind)


def _tuple(read_item: Callable[[Any], Any], value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise TypeError("a list was expected")
    return tuple([read_item(item) for item in value])


@cache
def _required(message_type: type) -> frozenset[str]:
    """All fields but those that came later, whose defaults stand for them in an earlier message."""
    return frozenset(field.name for field in fields(message_type) if field.default is MISSING)


def _scalar(kind: Any, value: Any) -> Any:
    if kind is datetime:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return instant
    if kind is date:
        return date.fromisoformat(value)
    if issubclass(kind, Enum):
        return kind(value)
    if issubclass(kind, Identifier):
        return kind.checked(value)
    if type(value) is not kind:
        raise TypeError(f"{kind.__name__} was expected")
    if kind is str and not _is_text(value):
        raise ValueError("not a text that can be kept")
    return value


def _is_text(value: str) -> bool:
    """No half surrogate pair, which JSON can write and UTF-8 cannot; no NUL, which PostgreSQL cannot keep."""
    return _NO_TEXT.search(value) is None
