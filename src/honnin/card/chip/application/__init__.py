"""The applications on the card, the holder's (`declared`) and the issuer's (`issuer`).

An application answers commands while it is selected. It refuses whatever its tables do not list, and it
never changes durable state except through `Memory.commit`.
"""

from typing import Protocol

from honnin.card.apdu import Command, Response


class Application(Protocol):
    """What the card needs of an application."""

    @property
    def aid(self) -> bytes:
        """The application identifier (ISO/IEC 7816-4, 8.2.1.2)."""
        ...

    @property
    def classes(self) -> tuple[int, ...]:
        """The class bytes that it speaks now, beside 00 and 80."""
        ...

    def begin(self) -> None:
        """The application was selected, or the card was reset: forget what is volatile."""
        ...

    def interrupt(self) -> None:
        """Bytes came to the card that are no command for an application, or a selection."""
        ...

    def execute(self, command: Command) -> Response:
        """Carry out a command. Raises CommandRejected with the status word to answer."""
        ...
