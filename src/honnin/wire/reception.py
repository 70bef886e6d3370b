"""The receiving end of a line between two machines: bytes of a request in, bytes of its answer out.

Who speaks, the line knows from the certificate of the connection. A request that comes a second time
gets the answer that it got, and does nothing again.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from honnin.errors import HonninError, Malformed
from honnin.wire import codec
from honnin.wire.envelope import Request, read_request, write_error, write_reply
from honnin.wire.line import Handler, Party, Sender


class Once(Protocol):
    """Stores the answer to each request for a while; the act and its stored answer are one transaction."""

    def once(self, party: Party, number: str, content: bytes, act: Callable[[], bytes]) -> bytes:
        """What `act` answers, or answered when the party sent this request before.

        `content` is the SHA-256 of the request. Raises Conflict E_REQUEST_NUMBER_REUSED for another request
        of the same number, and whatever `act` raises.
        """
        ...


class Reception:
    """Answers requests by the handlers of an actor."""

    def __init__(self, handlers: Mapping[type, Handler], once: Once) -> None:
        self._handlers: dict[str, tuple[type[Any], Handler]] = {
            kind.__name__: (kind, handler) for kind, handler in handlers.items()
        }
        self._once = once

    def answer(self, party: Party, content: bytes) -> bytes:
        """The answer to a request that a party sent. Errors of the tree are answers; raises nothing of it."""
        number = ""
        try:
            request = read_request(content)
            number = request.number
            kind, handler = self._answered_by(request)
            if kind.is_question:
                return _act(party, request, kind, handler)
            digest = hashlib.sha256(content).digest()
            return self._once.once(party, number, digest, lambda: _act(party, request, kind, handler))
        except HonninError as error:
            return write_error(number, error)

    def _answered_by(self, request: Request) -> tuple[type[Any], Handler]:
        if request.kind not in self._handlers:
            raise Malformed("E_MESSAGE_MALFORMED", message="request")
        return self._handlers[request.kind]


def _act(party: Party, request: Request, kind: type[Any], handler: Handler) -> bytes:
    message: object = codec.as_message(kind, request.body)
    sender = Sender(party.role, party.municipality_code, request.staff)
    return write_reply(request.number, handler(sender, message))
