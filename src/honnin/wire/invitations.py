"""What the agency gives to a peer, as a file: where it answers, and a certificate with its key.

JSON with `address`, `role`, `municipality_code`, and in PEM `certificate`, `key` and `authority`.
"""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from honnin.errors import Malformed
from honnin.files import MEBI, read_file
from honnin.identifiers import MunicipalityCode
from honnin.wire import codec
from honnin.wire.line import Party

LONGEST: Final = MEBI


@dataclass(frozen=True)
class Invitation:
    """All that a peer needs to speak to the agency: where, as whom, and with which key (PEM)."""

    address: str
    role: str
    municipality_code: str
    certificate: str
    key: str
    authority: str

    def __repr__(self) -> str:
        return f"Invitation({self.party})"

    @property
    def party(self) -> Party:
        return Party(self.role, MunicipalityCode(self.municipality_code) if self.municipality_code else None)

    @property
    def fingerprint(self) -> str:
        """Of its certificate. Raises Malformed E_INVITATION."""
        try:
            return fingerprint(x509.load_pem_x509_certificate(self.certificate.encode()))
        except ValueError as error:
            raise Malformed("E_INVITATION") from error


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of a certificate, in hex."""
    return certificate.fingerprint(SHA256()).hex()


def written(invitation: Invitation) -> bytes:
    """The file of an invitation."""
    return codec.written(asdict(invitation)) + b"\n"


def read(path: Path) -> Invitation:
    """The invitation in a file. Raises OSError, Malformed E_INVITATION, E_FILE_TOO_LARGE."""
    content = read_file(path, LONGEST)
    try:
        value = codec.read(content, "invitation")
    except Malformed as error:
        raise Malformed("E_INVITATION") from error
    names = {field.name for field in fields(Invitation)}
    if not isinstance(value, dict) or value.keys() != names:
        raise Malformed("E_INVITATION")
    if not all(isinstance(each, str) for each in value.values()):
        raise Malformed("E_INVITATION")
    return Invitation(**value)
