"""The card: command bytes in, response bytes out.

Chooses the application a command is for and refuses the classes that the card does not speak; the selected
application hears of what it does not get, for that ends its secure channel. Any bytes are a command; none
raises. One command at a time: a card is not shared between threads.
"""

from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from honnin.card.apdu import Command, Response
from honnin.card.chip.application import Application
from honnin.card.chip.application.declared import DeclaredApplication
from honnin.card.chip.application.issuer import IssuerDomain
from honnin.card.chip.application.personalisation import KeySource
from honnin.card.chip.memory import Memory, Store
from honnin.card.chip.state import CardState
from honnin.card.status_word import CommandRejected, StatusWord
from honnin.errors import Malformed

AID_PREFIX_MIN: Final = 5  # the registered identifier of the provider
_SELECT: Final = 0xA4
_BY_NAME: Final = 0x04
_NEXT: Final = 0x02
_PROTECTED_NOT_ALLOWED: Final = (0xB0, 0x20)  # READ BINARY, VERIFY


def generate_rsa_2048() -> rsa.RSAPrivateKey:
    """The key pair of a slot as the card makes it: RSA-2048, exponent 65537."""
    return rsa.generate_private_key(65537, 2048)


class Card:
    """A card with the given durable state.

    `store(new_state)` is called before a command that changes anything is answered; when it raises, the card
    answers 6581 (`memory` says which state is then in force). `generate_key`: where new key pairs come from.
    """

    def __init__(
        self, state: CardState, store: Store, *, generate_key: KeySource = generate_rsa_2048
    ) -> None:
        self._memory = Memory(state, store)
        self._issuer = IssuerDomain(self._memory, generate_key)
        self._applications: tuple[Application, ...] = (
            *(
                DeclaredApplication(self._memory, declared)
                for name, declared in state.kind.applications.items()
                if name in state.applications
            ),
            self._issuer,
        )
        self._selected: Application = self._issuer

    @property
    def atr(self) -> bytes:
        """Answer to reset (ISO/IEC 7816-3, 8)."""
        return self._memory.state.kind.atr

    @property
    def state(self) -> CardState:
        """What the card remembers now."""
        return self._memory.state

    def reset(self) -> None:
        """Power off and on: everything volatile is gone, the issuer domain is selected."""
        self._memory.power_off()
        self._select(self._issuer)

    def transmit(self, command: bytes) -> bytes:
        """Answer one command APDU with one response APDU (data and status word)."""
        try:
            return self._execute(Command.parse(command)).to_bytes()
        except CommandRejected as rejection:
            return rejection.status_word.to_bytes(2, "big")
        except Malformed:
            self._selected.interrupt()
            return StatusWord.WRONG_LENGTH.to_bytes(2, "big")

    def _execute(self, command: Command) -> Response:
        if self._memory.state.damaged:
            raise CommandRejected(StatusWord.EXECUTION_ERROR)
        by_name = (command.cla, command.ins, command.p1) == (0x00, _SELECT, _BY_NAME)
        if self._accepts_class(command.cla) and not by_name:
            return self._selected.execute(command)
        self._selected.interrupt()
        if by_name:
            return self._select_by_name(command)
        raise CommandRejected(_class_refusal(command))

    def _accepts_class(self, cla: int) -> bool:
        return cla in (0x00, 0x80) or cla in self._selected.classes

    def _select_by_name(self, command: Command) -> Response:
        """SELECT by application identifier, whole or a prefix; no name means the one selected after a reset.

        No file control information is returned. There is never a next occurrence (P2 02).
        """
        if command.p2 not in (0x00, 0x02, 0x0C):
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        found = self._named(command.data) if command.p2 != _NEXT else None
        if found is None:
            raise CommandRejected(StatusWord.FILE_NOT_FOUND)
        self._select(found)
        return Response()

    def _named(self, name: bytes) -> Application | None:
        if not name or (self._issuer.aid.startswith(name) and len(name) >= AID_PREFIX_MIN):
            return self._issuer
        if self._memory.state.terminated or len(name) < AID_PREFIX_MIN:
            return None
        return next((each for each in self._applications if each.aid.startswith(name)), None)

    def _select(self, application: Application) -> None:
        for each in self._applications:  # leaving an application ends what was allowed in it
            each.begin()
        self._selected = application


def _class_refusal(command: Command) -> StatusWord:
    """Why a class byte is refused (ISO/IEC 7816-4, 5.4.1; docs/reference/card.md)."""
    cla = command.cla
    if 0x40 <= cla < 0x80 or cla in (0x01, 0x02, 0x03, 0x81, 0x82, 0x83):
        return StatusWord.LOGICAL_CHANNEL_NOT_SUPPORTED
    if cla & 0x7F in range(0x10, 0x20):
        return StatusWord.CHAINING_NOT_SUPPORTED
    if cla in (0x08, 0x0C) and command.ins in _PROTECTED_NOT_ALLOWED:
        return StatusWord.PROTECTED_COMMAND_NOT_ALLOWED
    if cla in (0x04, 0x08, 0x0C, 0x84):
        return StatusWord.SECURE_MESSAGING_NOT_SUPPORTED
    return StatusWord.CLASS_NOT_SUPPORTED
