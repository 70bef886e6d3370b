"""Who may speak on a line: a small certification authority of the lines alone, and the peers that it admits.

It has nothing to do with the authorities of the Act. A folder holds it: its key and certificate, those of the
agency's end, and a file for each peer, in `admitted/` or `revoked/`, named by the certificate's fingerprint.
A peer's name is in its certificate and cannot be chosen by whoever sends; a certificate that is not in
`admitted/` speaks for nobody, so that a revocation counts from the next request on.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from honnin.errors import Conflict, NotAllowed, Unavailable
from honnin.files import write_private
from honnin.identifiers import MunicipalityCode
from honnin.wire.invitations import Invitation, fingerprint
from honnin.wire.line import Party

AGENCY_HOST: Final = "agency.honnin.internal"
"""The agency's name in its certificate: peers check for this name, at whatever address it answers."""
AUTHORITY_LIFETIME: Final = timedelta(days=3650)
PEER_LIFETIME: Final = timedelta(days=731)
ROLES: Final = ("municipality", "kiosk", "relying_parties")
_URN = re.compile(r"urn:honnin:([a-z_]+)(?::([0-9]{5}))?\Z")


@dataclass(frozen=True)
class Peer:
    """A certificate of a peer: whose, its fingerprint (SHA-256, hex), until when, and whether it counts."""

    party: Party
    fingerprint: str
    not_after: datetime
    revoked: bool


class Peers:
    """The authority of the lines and its peers, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parties: dict[str, Party] = {}

    @property
    def authority(self) -> Path:
        return self._folder / "authority.pem"

    @property
    def agency(self) -> tuple[Path, Path]:
        """Certificate and key of the agency's end."""
        return self._folder / "agency.pem", self._folder / "agency.key"

    def init(self, at: datetime) -> None:
        """Make the authority and the agency's end. Raises Conflict E_PEERS_OPENED where there is one."""
        if self.authority.exists():
            raise Conflict("E_PEERS_OPENED")
        for folder in ("admitted", "revoked"):
            (self._folder / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
        signer = _Signer.new(at)
        write_private(self._folder / "authority.key", _pem(signer.key))
        key = ec.generate_private_key(ec.SECP256R1())
        host = x509.DNSName(AGENCY_HOST)
        end = signer.issue("agency", key, host, ExtendedKeyUsageOID.SERVER_AUTH, at)
        write_private(self._folder / "agency.key", _pem(key))
        write_private(self._folder / "agency.pem", end.public_bytes(Encoding.PEM))
        write_private(self.authority, signer.certificate.public_bytes(Encoding.PEM))

    def invite(self, party: Party, address: str, at: datetime) -> Invitation:
        """Admit a peer. Its key is in the invitation and nowhere else. Raises Unavailable E_PEERS_MISSING."""
        signer, key = self._opened(), ec.generate_private_key(ec.SECP256R1())
        uri = x509.UniformResourceIdentifier(_urn(party))
        made = signer.issue(str(party), key, uri, ExtendedKeyUsageOID.CLIENT_AUTH, at)
        pem = made.public_bytes(Encoding.PEM)
        write_private(self._folder / "admitted" / f"{fingerprint(made)}.pem", pem)
        authority = signer.certificate.public_bytes(Encoding.PEM).decode()
        code = party.municipality_code or ""
        return Invitation(address, party.role, code, pem.decode(), _pem(key).decode(), authority)

    def __iter__(self) -> Iterator[Peer]:
        """All peers that were ever admitted, by whose they are. Raises Unavailable E_PEERS_MISSING."""
        self._opened()
        found = [
            _peer(path) for folder in ("admitted", "revoked") for path in (self._folder / folder).iterdir()
        ]
        return iter(sorted(found, key=lambda peer: (str(peer.party), peer.not_after, peer.fingerprint)))

    def revoke(self, fingerprint: str) -> Peer:
        """From the next request on this certificate speaks for nobody.

        `fingerprint` may be its beginning. Raises Conflict E_PEER_NOT_FOUND, E_PEER_AMBIGUOUS.
        """
        wanted = fingerprint.replace(":", "").lower()
        found = [peer for peer in self if wanted and peer.fingerprint.startswith(wanted)]
        if len(found) != 1:
            raise Conflict("E_PEER_AMBIGUOUS" if found else "E_PEER_NOT_FOUND")
        if not found[0].revoked:
            name = f"{found[0].fingerprint}.pem"
            (self._folder / "admitted" / name).rename(self._folder / "revoked" / name)
        return _peer(self._folder / "revoked" / f"{found[0].fingerprint}.pem")

    def party(self, certificate: bytes) -> Party:
        """The party of this certificate (DER), which the connection has proved to be of this authority.

        Raises NotAllowed E_PEER_REVOKED, E_PEER_UNKNOWN.
        """
        read = x509.load_der_x509_certificate(certificate)
        name = fingerprint(read)
        if not (self._folder / "admitted" / f"{name}.pem").exists():
            is_revoked = (self._folder / "revoked" / f"{name}.pem").exists()
            raise NotAllowed("E_PEER_REVOKED" if is_revoked else "E_PEER_UNKNOWN")
        if name not in self._parties:
            self._parties[name] = party_of(read)
        return self._parties[name]

    def _opened(self) -> "_Signer":
        try:
            certificate = x509.load_pem_x509_certificate(self.authority.read_bytes())
            key = load_pem_private_key((self._folder / "authority.key").read_bytes(), None)
        except (OSError, ValueError) as error:
            raise Unavailable("E_PEERS_MISSING") from error
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return _Signer(certificate, key)


@dataclass(frozen=True)
class _Signer:
    """The authority of the lines with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def new(cls, at: datetime) -> "_Signer":
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Honnin lines")])
        builder = _certificate(name, name, key.public_key(), at, AUTHORITY_LIFETIME)
        return cls(_as_authority(builder).sign(key, SHA256()), key)

    def issue(
        self,
        name: str,
        key: ec.EllipticCurvePrivateKey,
        alternative: x509.GeneralName,
        usage: x509.ObjectIdentifier,
        at: datetime,
    ) -> x509.Certificate:
        """A certificate of one end of a line, for one of the two ends alone."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = _certificate(subject, self.certificate.subject, key.public_key(), at, PEER_LIFETIME)
        return (
            builder.add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(issuer, critical=False)
            .sign(self.key, SHA256())
        )


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, at: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    """From an hour before: clocks of two machines differ."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(hours=1))
        .not_valid_after(at + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _as_authority(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True).add_extension(
        usage, critical=True
    )


def _urn(party: Party) -> str:
    return ":".join(("urn:honnin", party.role, *filter(None, [party.municipality_code])))


def party_of(certificate: x509.Certificate) -> Party:
    """The party that a certificate names. Raises NotAllowed E_PEER_UNKNOWN where that is nobody."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound as error:
        raise NotAllowed("E_PEER_UNKNOWN") from error
    for uri in extension.value.get_values_for_type(x509.UniformResourceIdentifier):
        if match := _URN.match(uri):
            return Party(match[1], MunicipalityCode(match[2]) if match[2] else None)
    raise NotAllowed("E_PEER_UNKNOWN")


def _peer(path: Path) -> Peer:
    read = x509.load_pem_x509_certificate(path.read_bytes())
    revoked = path.parent.name == "revoked"
    return Peer(party_of(read), fingerprint(read), read.not_valid_after_utc, revoked)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
