"""The envelope of a message between two machines: a request number, and the staff account that acts.

The number is drawn once for a request and stays the same when it is sent again, so that what arrives twice
acts once. Which party sends is not in the envelope: the line knows it by the certificate.
"""

import re
import secrets
from dataclasses import dataclass
from typing import Final, TypeVar

from honnin.errors import Conflict, HonninError, Malformed
from honnin.wire import codec, errors
from honnin.wire.line import LONGEST_STAFF_NAME

R = TypeVar("R")
PROTOCOL: Final = 2
"""Grows when an older version could misunderstand what it is sent."""
_NUMBER = re.compile(r"[0-9a-f]{32}\Z")


@dataclass(frozen=True)
class Request:
    """A message as it arrives: `kind` names its type, `body` is its plain value."""

    number: str
    staff: str
    kind: str
    body: object


def new_number() -> str:
    """A number that no other request has: 32 hexadecimal digits."""
    return secrets.token_hex(16)


def write_request(number: str, staff: str, message: object) -> bytes:
    """A request as it is sent."""
    request = {"number": number, "staff": staff, "message": type(message).__name__}
    return codec.written({"protocol": PROTOCOL} | request | {"body": codec.plain(message)})


def read_request(content: bytes) -> Request:
    """The request that arrived. Raises Malformed E_MESSAGE_MALFORMED, Conflict E_PROTOCOL_VERSION."""
    members = _members(content, "request", {"number", "staff", "message", "body"})
    number, staff, kind = members["number"], members["staff"], members["message"]
    if not all(isinstance(each, str) for each in (number, staff, kind)):
        raise Malformed("E_MESSAGE_MALFORMED", message="request")
    if not _NUMBER.match(str(number)) or len(str(staff)) > LONGEST_STAFF_NAME:
        raise Malformed("E_MESSAGE_MALFORMED", message="request")
    return Request(str(number), str(staff), str(kind), members["body"])


def write_reply(number: str, reply: object) -> bytes:
    """The answer to a request that was carried out."""
    return codec.written({"protocol": PROTOCOL, "number": number, "reply": codec.plain(reply)})


def write_error(number: str, error: HonninError) -> bytes:
    """The answer to a request that was not; `number` is empty where it could not be read."""
    return codec.written({"protocol": PROTOCOL, "number": number, "error": errors.written(error)})


def read_answer(number: str, reply: type[R], content: bytes) -> R:
    """The reply to the request of that number.

    Raises the error that was answered, Malformed E_MESSAGE_MALFORMED for anything else than an answer to this
    request, Conflict E_PROTOCOL_VERSION, E_ERROR_UNKNOWN.
    """
    members = _members(content, "answer", {"number", "reply"}, {"number", "error"})
    if "error" in members and members["number"] in (number, ""):
        raise errors.read(members["error"])
    if members["number"] != number:
        raise Malformed("E_MESSAGE_MALFORMED", message="answer")
    return codec.as_message(reply, members["reply"])


def _members(content: bytes, name: str, *allowed: set[str]) -> dict[str, object]:
    value = codec.read(content, name)
    if not isinstance(value, dict) or type(value.get("protocol")) is not int:
        raise Malformed("E_MESSAGE_MALFORMED", message=name)
    if value["protocol"] != PROTOCOL:
        raise Conflict("E_PROTOCOL_VERSION", theirs=value["protocol"], ours=PROTOCOL)
    if value.keys() - {"protocol"} not in allowed:
        raise Malformed("E_MESSAGE_MALFORMED", message=name)
    return value
