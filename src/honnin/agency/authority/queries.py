"""Which generations there are, which of them are in service, and what their lists and certificates are."""

from datetime import date, datetime
from functools import lru_cache

from cryptography import x509
from django.db.models import QuerySet

from honnin.agency.authority.models import IssuingKey, ListSequence
from honnin.clock import day_in_japan
from honnin.law.certificates.compromise import may_sign_lists_with
from honnin.law.terms import Compromise, Purpose
from honnin.law.validity import last_day_to_issue


def generations(purpose: Purpose) -> QuerySet[IssuingKey]:
    """The generations of one CA, the newest first: it alone issues."""
    return IssuingKey.objects.filter(purpose=purpose).order_by("-generation")


def keys_in_service(at: datetime) -> list[IssuingKey]:
    """The generations that answer for their certificates, CA by CA, the oldest first.

    A generation is in service until its certificate ends, whether it still issues or not. Nothing that it
    issued can be relied on after that.
    """
    keys = IssuingKey.objects.order_by("purpose", "generation")
    return [key for key in keys if at <= certificate_of(key).not_valid_after_utc]


def certificate_of(key: IssuingKey) -> x509.Certificate:
    """The CA certificate of a generation."""
    return x509.load_der_x509_certificate(bytes(key.certificate))


def roll_over_by(key: IssuingKey) -> date:
    """The last day, in Japan, on which a generation can issue every certificate that the law allows.

    None may outlive its issuer (decision 0015).
    """
    return last_day_to_issue(day_in_japan(certificate_of(key).not_valid_after_utc))


def compromise_of(key: IssuingKey) -> Compromise | None:
    """What is recorded to have happened to the key of a generation."""
    return Compromise(key.compromise) if key.compromise else None


def signs_lists(key: IssuingKey) -> bool:
    """Whether the key of a generation signs lists and the certificate of its responder."""
    return may_sign_lists_with(compromise_of(key))


@lru_cache(maxsize=64)
def ca_certificate(key_id: str) -> bytes:
    """The CA certificate (DER) of the generation whose subjectKeyIdentifier (hex) a certificate names.

    It is read once: a generation's certificate stays as it is.
    """
    return bytes(IssuingKey.objects.get(key_id=key_id).certificate)


def last_list_at(key: IssuingKey) -> datetime | None:
    """The thisUpdate of the last list of a generation that was published; None before the first."""
    return ListSequence.objects.filter(issuing_key=key).values_list("published_at", flat=True).first()


def last_list_through(key: IssuingKey) -> int | None:
    """The last entry of the journal that this list takes into account; None where that is not known."""
    return ListSequence.objects.filter(issuing_key=key).values_list("published_through", flat=True).first()
