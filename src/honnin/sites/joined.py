"""The lines to an agency elsewhere that this installation has joined: one invitation for each party."""

from pathlib import Path
from typing import TypeVar

from cryptography import x509

from honnin.errors import Malformed, NotAllowed
from honnin.files import write_private
from honnin.wire import invitations
from honnin.wire.https.client import HttpsLine
from honnin.wire.invitations import Invitation
from honnin.wire.line import Message, Party, Sender
from honnin.wire.peers import party_of

R = TypeVar("R")


def proved(invitation: Invitation) -> Invitation:
    """An invitation by which somebody can speak, as the party that its certificate names.

    Raises Malformed E_INVITATION, E_LINE_ADDRESS.
    """
    HttpsLine(invitation)
    try:
        party = party_of(x509.load_pem_x509_certificate(invitation.certificate.encode()))
    except (ValueError, NotAllowed) as error:
        raise Malformed("E_INVITATION") from error
    if party != invitation.party:
        raise Malformed("E_INVITATION")
    return invitation


def join(folder: Path, invitation: Invitation) -> Path:
    """Speak by a proved invitation from now on; one of the same party is replaced. Returns its file."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept = _file(folder, invitation.party)
    write_private(kept, invitations.written(invitation))
    return kept


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
