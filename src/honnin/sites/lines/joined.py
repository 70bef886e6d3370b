"""The lines to an agency elsewhere that this installation has joined: one invitation for each party."""

from pathlib import Path

from cryptography import x509

from honnin.errors import Malformed, NotAllowed, Unavailable
from honnin.files import write_private
from honnin.identifiers import MunicipalityCode
from honnin.wire import invitations
from honnin.wire.https.client import HttpsLine
from honnin.wire.invitations import Invitation
from honnin.wire.line import Party, speaking_party
from honnin.wire.peers import party_of


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
    """The lines of roles that this process plays. What is joined meanwhile counts at the next message."""

    def __init__(self, folder: Path, *roles: str) -> None:
        self._folder = folder
        self._roles = roles
        self._lines: dict[Party, tuple[int, HttpsLine]] = {}

    def of(self, municipality_code: MunicipalityCode | None) -> HttpsLine:
        """Raises Unavailable E_LINE_MISSING where none was joined, Malformed E_INVITATION."""
        party = speaking_party(self._roles, municipality_code)
        path = _file(self._folder, party)
        try:
            made = path.stat().st_mtime_ns
        except FileNotFoundError as error:
            raise Unavailable("E_LINE_MISSING", party=str(party)) from error
        known = self._lines.get(party)
        if known is None or known[0] != made:
            known = self._lines[party] = made, HttpsLine(invitations.read(path))
        return known[1]


def _file(folder: Path, party: Party) -> Path:
    return folder / f"{'-'.join(filter(None, (party.role, party.municipality_code)))}.json"
