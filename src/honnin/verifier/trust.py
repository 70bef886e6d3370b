"""The pinned CA certificates: who may vouch for whom.

Trust comes from files that the relying party compared with the published fingerprints, never from what a
signer sends along. All generations of a CA are pinned side by side. The next one may also be pinned because
a pinned one vouches for it, by a link certificate.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from honnin.errors import HonninError, Untrusted
from honnin.files import read_file
from honnin.law.terms import Purpose
from honnin.pkix.armour import certificates_in
from honnin.pkix.path import TrustAnchors, is_ca, require_issued_by
from honnin.profile.names import Deployment

_LONGEST_FILE = 1024 * 1024


class TrustStore:
    """The CA certificates of one deployment, by purpose."""

    def __init__(self, deployment: Deployment, certificates: Iterable[x509.Certificate]) -> None:
        """Raises `Untrusted` for a certificate that is not a sound self-signed CA certificate of this
        deployment: E_CA_CERTIFICATE_EXPECTED, E_CA_OF_ANOTHER (another name), E_SIGNATURE_BROKEN,
        E_KEY_USAGE.
        """
        self.deployment = deployment
        self._pinned: dict[Purpose, list[x509.Certificate]] = {purpose: [] for purpose in Purpose}
        for certificate in certificates:
            purpose = self.purpose_of(certificate.subject)
            if purpose is None:
                raise Untrusted("E_CA_OF_ANOTHER" if is_ca(certificate) else "E_CA_CERTIFICATE_EXPECTED")
            require_issued_by(certificate, certificate)
            self._pinned[purpose].append(certificate)
        self._anchors = {purpose: TrustAnchors(pinned) for purpose, pinned in self._pinned.items()}

    @classmethod
    def load(cls, deployment: Deployment, paths: Iterable[Path]) -> "TrustStore":
        """From PEM files (one certificate or several) and DER files.

        Raises OSError for a file that cannot be read, `Malformed` as `certificates_in` for one that holds
        no certificate, `Malformed("E_FILE_TOO_LARGE")` for more than 1 MiB, and as the constructor: an error
        has the file's name as its note.
        """
        found: list[x509.Certificate] = []
        for path in paths:
            try:
                certificates = certificates_in(read_file(path, _LONGEST_FILE))
                cls(deployment, certificates)
            except HonninError as error:
                error.add_note(str(path))
                raise
            found += certificates
        return cls(deployment, found)

    def with_generation(
        self, root: x509.Certificate, link: x509.Certificate, *, at: datetime
    ) -> "TrustStore":
        """A store that also pins `root`, for whose key a pinned generation of the same CA vouches by `link`.

        Raises `Untrusted` with any code of `TrustAnchors.require_linked` and of the constructor.
        """
        purpose = self.purpose_of(link.issuer)
        if purpose is None:
            raise Untrusted("E_ISSUER_UNKNOWN")
        self._anchors[purpose].require_linked(root, link, at=at)
        pinned = (certificate for each in self._pinned.values() for certificate in each)
        return TrustStore(self.deployment, [*pinned, root])

    def purpose_of(self, name: x509.Name) -> Purpose | None:
        """Which of the two CAs has this name; all generations of one share it."""
        for purpose in Purpose:
            if name == self.deployment.ca_name(purpose):
                return purpose
        return None

    def anchors(self, purpose: Purpose) -> TrustAnchors:
        """The pinned generations of one CA."""
        return self._anchors[purpose]

    def fingerprints(self, purpose: Purpose) -> tuple[str, ...]:
        """SHA-256 of each pinned certificate, in hexadecimal, to be compared by people."""
        return tuple(certificate.fingerprint(SHA256()).hex() for certificate in self._pinned[purpose])
