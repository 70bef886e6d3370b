"""Are the private keys there that the agency's records speak of, and do they open?"""

from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from honnin.agency.authority.models import IssuingKey
from honnin.agency.authority.queries import keys_in_service, signs_lists
from honnin.agency.records.journal import KEY_NAME
from honnin.clock import Clock
from honnin.custody.key_files import KeyFiles
from honnin.errors import Unavailable
from honnin.translation import Sentence


class LostKeys:
    """Key files that are missing, damaged, under another passphrase, or another certificate's."""

    def __init__(self, clock: Clock) -> None:
        self.silent: set[str] = set()
        """Identifiers of the generations whose responders cannot answer."""
        self._files = KeyFiles(settings.HOME.keys, settings.HONNIN_KEY_PASSPHRASE)
        self.faults = [*journal_key_faults(self._files, KEY_NAME), *self._of_authorities(clock)]

    def _of_authorities(self, clock: Clock) -> Iterator[str]:
        for key in keys_in_service(clock.now()):
            if signs_lists(key):  # that of another is recorded as lost or damaged
                yield from self._of_certificate(key.key_name, bytes(key.certificate))
            if key.responder_certificate is None:
                continue
            lost = list(self._of_certificate(key.responder_key_name, bytes(key.responder_certificate)))
            if lost and self._is_still(key):
                self.silent.add(key.key_id)
                yield from lost

    def _of_certificate(self, name: str, certificate: bytes) -> Iterator[str]:
        try:
            key = self._files.load(name).public_key()
        except Unavailable:
            yield _fault(name)
            return
        certified = x509.load_der_x509_certificate(certificate).public_key()
        form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        if key.public_bytes(*form) != certified.public_bytes(*form):
            yield Sentence("keys/{name}.pem: not the key of its certificate", name=name)

    def _is_still(self, key: IssuingKey) -> bool:
        """Whether the responder was not renewed since it was read."""
        return IssuingKey.objects.filter(pk=key.pk, responder_key_name=key.responder_key_name).exists()


def journal_key_faults(files: KeyFiles, name: str) -> Iterator[str]:
    """Whether the key of a journal opens."""
    try:
        files.journal_key(name)
    except Unavailable:
        yield _fault(name)


def _fault(name: str) -> str:
    return Sentence("keys/{name}.pem: missing, damaged or under another passphrase", name=name)
