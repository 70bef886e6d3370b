"""The revocation lists: their kinds, their rhythm, and the reasons in them.

One partition for each municipality and CA, one full list, and one list of CA certificates; each may have
deltas. The span of nextUpdate and the critical issuingDistributionPoint are our choice: the real lists
are not public.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from honnin.clock import whole_second
from honnin.pkix.crl import CRLParts, Scope
from honnin.profile.issuance import Issuer
from honnin.profile.names import Place

INTERVAL = timedelta(days=1)
NEXT_UPDATE_AFTER = timedelta(hours=48)


_OCTETS_A_SECOND = 400_000


def rest(octets: int) -> timedelta:
    """How long a list of that size stays before it is made again for a change, so that an authority does not
    spend its time on making lists: not at all with ten thousand entries, some 90 seconds with a million, at
    most a day. Ours: the law says "periodically" (Act 16, 35).
    """
    return min(timedelta(seconds=octets // _OCTETS_A_SECOND), INTERVAL)


def reason_flag(crl_reason: str) -> x509.ReasonFlags:
    """A reason (RFC 5280, 5.3.1) from its word (`law.certificates.lapse.crl_reason`); none: unspecified."""
    return x509.ReasonFlags(crl_reason or "unspecified")


@dataclass(frozen=True)
class Edition:
    """Which edition of a list: its number and its instant; a delta also names the list it builds on."""

    crl_number: int
    this_update: datetime
    base_crl_number: int | None = None


def partition(issuer: Issuer, place: Place, edition: Edition) -> CRLParts:
    """The list of one municipality: user certificates whose distribution point is this."""
    name = issuer.deployment.distribution_point(issuer.purpose, place)
    scope = Scope((x509.DirectoryName(name),), only_user_certificates=True)
    return _parts(issuer, edition, scope)


def full_list(issuer: Issuer, edition: Edition) -> CRLParts:
    """The list of all certificates of the CA, users' and responders', without a limit of scope."""
    return _parts(issuer, edition, None)


def authority_list(issuer: Issuer, edition: Edition) -> CRLParts:
    """The list of CA certificates (ARL), at the distribution point that the CA certificates name."""
    scope = Scope((x509.DirectoryName(issuer.name),), only_ca_certificates=True)
    return _parts(issuer, edition, scope)


def _parts(issuer: Issuer, edition: Edition, scope: Scope | None) -> CRLParts:
    this_update = whole_second(edition.this_update)
    return CRLParts(
        issuer=issuer.name,
        authority_key_identifier=issuer.authority_key_identifier,
        crl_number=edition.crl_number,
        this_update=this_update,
        next_update=this_update + NEXT_UPDATE_AFTER,
        scope=scope,
        base_crl_number=edition.base_crl_number,
    )
