"""A line carries one message to the actor that answers it, and its reply back.

Who speaks is not part of the message: the line knows it (in process from the composition root, over
HTTPS from the client's certificate), so that no sender can claim to be another.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from honnin.errors import Malformed, NotAllowed
from honnin.translation import Sentence
from honnin.wire import codec

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True)
class Party:
    """Whom a line is bound to: a role, and its municipality if it is one."""

    role: str
    municipality_code: str | None = None

    def __str__(self) -> str:
        return f"{self.role}/{self.municipality_code}" if self.municipality_code else self.role


@dataclass(frozen=True)
class Sender:
    """The party at the other end: its role, its municipality if it is one, and the person acting there."""

    role: str
    municipality_code: str | None = None
    staff: str = ""

    def __str__(self) -> str:
        return f"{self.party}/{self.staff}"

    @property
    def party(self) -> Party:
        return Party(self.role, self.municipality_code)

    def as_municipality(self) -> str:
        """The code of the municipality that speaks. Raises NotAllowed E_ROLE_NOT_ALLOWED for anyone else."""
        if self.role != "municipality" or self.municipality_code is None:
            raise NotAllowed("E_ROLE_NOT_ALLOWED", role=Sentence(self.role))
        return self.municipality_code


class Message(Generic[R]):
    """Base of every message; `reply` names the type of its answer. A question changes nothing."""

    reply: type[R]
    is_question: ClassVar[bool] = False


class Line(Protocol):
    """What an actor needs to speak to another."""

    def ask(self, sender: Sender, message: Message[R]) -> R:
        """Send a message and wait for its reply. Errors of the tree come back as they were raised."""
        ...


Handler = Callable[[Sender, Any], Any]


class InProcessLine:
    """A line inside one process: messages still become bytes and back, so that both ends see only those."""

    def __init__(self, reception: Mapping[type, Handler]) -> None:
        self._reception = reception

    def ask(self, sender: Sender, message: Message[R]) -> R:
        kind = type(message)
        handler = self._reception.get(kind)
        if handler is None:
            raise Malformed("E_MESSAGE_MALFORMED", message=kind.__name__)
        received = codec.decode(kind, codec.encode(message))
        return codec.decode(kind.reply, codec.encode(handler(sender, received)))


_lines: dict[str, Line] = {}


def plug(role: str, line: Line) -> None:
    """Composition root only: from now on `line_to(role)` answers this line."""
    _lines[role] = line


def line_to(role: str) -> Line:
    """The line to a role's actor. Raises KeyError when the composition root has plugged none."""
    return _lines[role]
