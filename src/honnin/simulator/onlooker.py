"""A certificate's status as the outside world sees it: from the responder and from published lists."""

from pathlib import Path

from cryptography import x509
from django.conf import settings

from honnin.agency.authority.models import IssuingKey
from honnin.agency.publication.services import publish
from honnin.agency.records.models import IssuanceRecord
from honnin.clock import Clock
from honnin.law.terms import Purpose
from honnin.pkix import ocsp
from honnin.profile.names import Deployment
from honnin.sites.responder import make_responder
from honnin.verifier.certificate import CertificateVerifier
from honnin.verifier.status import CRLSource
from honnin.verifier.trust import TrustStore


def authority_of(purpose: Purpose) -> x509.Certificate:
    """The certificate of the authority that issues now."""
    key = IssuingKey.objects.filter(purpose=purpose).order_by("-generation")[0]
    return x509.load_der_x509_certificate(bytes(key.certificate))


def ca_of(record: IssuanceRecord) -> x509.Certificate:
    """The certificate of the authority that issued it."""
    key = IssuingKey.objects.get(key_id=record.issuer_key_id)
    return x509.load_der_x509_certificate(bytes(key.certificate))


def request_about(record: IssuanceRecord, *, nonce: bytes | None = None, hash_name: str = "sha1") -> bytes:
    """DER of the OCSP request about a certificate."""
    return ocsp.request(ocsp.cert_id_of(ca_of(record), record.serial_number, hash_name), nonce)


def answer_about(record: IssuanceRecord, clock: Clock) -> bytes:
    """What the status service says of a certificate now (DER)."""
    return make_responder(settings.HOME, clock).answer(request_about(record)).body


def relying_party(clock: Clock) -> CertificateVerifier:
    """Somebody who has pinned both authorities and takes the status from lists that are published now."""
    publish(clock)
    folder = Path(settings.HONNIN_PUBLICATION)
    deployment: Deployment = settings.HONNIN_DEPLOYMENT()
    trust = TrustStore.load(deployment, sorted(folder.glob("*-ca.pem")))
    return CertificateVerifier(trust, CRLSource(*sorted(folder.glob("*.crl"))), clock)
