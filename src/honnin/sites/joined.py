"""The lines to an agency elsewhere that this installation has joined: one invitation for each party."""

from pathlib import Path
from typing import TypeVar

from honnin.errors import NotAllowed
from honnin.files import write_private
from honnin.wire import invitations
from honnin.wire.https.client import HttpsLine
from honnin.wire.invitations import Invitation
from honnin.wire.line import Message, Party, Sender

R = TypeVar("R")


def join(folder: Path, invitation: Invitation) -> None:
    """Speak by an invitation from now on; a former one of the same party is replaced.

    Raises Malformed E_INVITATION, E_LINE_ADDRESS for one by which nobody can speak, OSError.
    """
    HttpsLine(invitation)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(_file(folder, invitation.party), invitations.written(invitation))


class JoinedLines:
    """Each message goes by its sender's line. What is joined meanwhile counts from the next message on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lines: dict[Party, tuple[int, HttpsLine]] = {}

    def ask(self, sender: Sender, message: Message[R]) -> R:
        """As `HttpsLine.ask`. Raises NotAllowed E_LINE_MISSING for a party that was not joined, Malformed
        E_INVITATION for a file that is damaged.
        """
        return self._line(sender.party).ask(sender, message)

    def _line(self, party: Party) -> HttpsLine:
        path = _file(self._folder, party)
        try:
            made = path.stat().st_mtime_ns
        except FileNotFoundError as error:
            raise NotAllowed("E_LINE_MISSING", party=str(party)) from error
        known = self._lines.get(party)
        if known is None or known[0] != made:
            known = self._lines[party] = made, HttpsLine(invitations.read(path))
        return known[1]


def _file(folder: Path, party: Party) -> Path:
    return folder / f"{'-'.join(filter(None, (party.role, party.municipality_code)))}.json"
