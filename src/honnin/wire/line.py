"""A line carries one message to the actor that answers it, and its reply back.

Who speaks is not part of the message, nor named by the room that sends it: a line is bound to its party when
it is plugged (in process by the composition root, over HTTPS by the client's certificate). The room says
which person acts there.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

from honnin.errors import Malformed, NotAllowed
from honnin.identifiers import MunicipalityCode
from honnin.translation import Sentence
from honnin.wire import codec

R = TypeVar("R")
LONGEST_STAFF_NAME: Final = 200


@dataclass(frozen=True)
class Party:
    """Whom a line is bound to: a role, and its municipality if it is one."""

    role: str
    municipality_code: MunicipalityCode | None = None

    def __str__(self) -> str:
        return f"{self.role}/{self.municipality_code}" if self.municipality_code else self.role


@dataclass(frozen=True)
class Sender:
    """The party at the other end: its role, its municipality if it is one, and the person acting there."""

    role: str
    municipality_code: MunicipalityCode | None = None
    staff: str = ""

    def __str__(self) -> str:
        return f"{self.party}/{self.staff}"

    @property
    def party(self) -> Party:
        return Party(self.role, self.municipality_code)

    def as_municipality(self) -> MunicipalityCode:
        """The code of the municipality that speaks. Raises NotAllowed E_ROLE_NOT_ALLOWED for anyone else."""
        if self.role != "municipality" or self.municipality_code is None:
            raise NotAllowed("E_ROLE_NOT_ALLOWED", role=Sentence(self.role))
        return self.municipality_code

    def require_kiosk(self) -> None:
        """Raises NotAllowed E_ROLE_NOT_ALLOWED for anyone but a kiosk, which may do nothing else."""
        if self.role != "kiosk":
            raise NotAllowed("E_ROLE_NOT_ALLOWED", role=Sentence(self.role))


class Message(Generic[R]):
    """Base of every message; `reply` names the type of its answer. A question changes nothing."""

    reply: type[R]
    is_question: ClassVar[bool] = False


class Line(Protocol):
    """A line by which an actor sends messages to another, as the party that it is bound to."""

    def ask(self, message: Message[R], staff: str) -> R:
        """Send a message for an account of the own staff and wait for its reply.

        Errors of the tree come back as they were raised. Raises Malformed E_MESSAGE_MALFORMED for a name of
        more than `LONGEST_STAFF_NAME` characters.
        """
        ...


class Lines(Protocol):
    """The lines of a process to one role: one for each municipality, and one of what is none (a kiosk)."""

    def of(self, municipality_code: MunicipalityCode | None) -> Line:
        """The line of a municipality; None: of a party that is not one.

        Raises Unavailable E_LINE_MISSING where there is none.
        """
        ...


Handler = Callable[[Sender, Any], Any]
_OF_MUNICIPALITIES: Final = "municipality"


def speaking_party(roles: Collection[str], municipality_code: MunicipalityCode | None) -> Party:
    """The party for which a line is asked, among the roles of a process that have lines to one other: a
    municipality by its code, else the role that is none.
    """
    others = [role for role in roles if role != _OF_MUNICIPALITIES]
    is_other = others and (municipality_code is None or _OF_MUNICIPALITIES not in roles)
    return Party(others[0] if is_other else _OF_MUNICIPALITIES, municipality_code)


class InProcessLine:
    """A line inside one process: messages still become bytes and back, so that both ends see only those."""

    def __init__(self, reception: Mapping[type, Handler], party: Party) -> None:
        self._reception = reception
        self._party = party

    def ask(self, message: Message[R], staff: str) -> R:
        kind = type(message)
        handler = self._reception.get(kind)
        if handler is None:
            raise Malformed("E_MESSAGE_MALFORMED", message=kind.__name__)
        if len(staff) > LONGEST_STAFF_NAME:
            raise Malformed("E_MESSAGE_MALFORMED", message="request")
        received = codec.decode(kind, codec.encode(message))
        sender = Sender(self._party.role, self._party.municipality_code, staff)
        return codec.decode(kind.reply, codec.encode(handler(sender, received)))


class InProcessLines:
    """The lines inside one process of these roles: of all municipalities, and of what is none."""

    def __init__(self, reception: Mapping[type, Handler], *roles: str) -> None:
        self._reception = reception
        self._roles = roles

    def of(self, municipality_code: MunicipalityCode | None) -> InProcessLine:
        return InProcessLine(self._reception, speaking_party(self._roles, municipality_code))


_lines: dict[str, Lines] = {}


def plug(role: str, lines: Lines) -> None:
    """Composition root only: from now on `line_to(role, …)` answers one of these lines."""
    _lines[role] = lines


def plugged(role: str) -> Lines:
    """What `plug` has plugged last. Raises KeyError for nothing."""
    return _lines[role]


def line_to(role: str, municipality_code: MunicipalityCode | None = None) -> Line:
    """The line of a municipality to a role's actor; the composition root bound it to its party.

    Raises KeyError when it has plugged none, Unavailable E_LINE_MISSING.
    """
    return _lines[role].of(municipality_code)
