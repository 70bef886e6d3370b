"""A relying party with pinned authorities, a fixed clock and a responder of its own."""

from collections.abc import Iterator

import pytest

from honnin.clock import FixedClock
from honnin.law.terms import Purpose
from honnin.pkix.ocsp import CertStatus
from honnin.verifier import CertificateVerifier, OCSPClient, TrustStore
from tests.support.pki import specimen
from tests.support.pki.sources import SmallResponder, serving


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(specimen.NOW)


@pytest.fixture
def trust() -> TrustStore:
    return TrustStore(
        specimen.DEPLOYMENT,
        [specimen.authority(purpose, generation).certificate for purpose in Purpose for generation in (1, 2)],
    )


@pytest.fixture
def responder(clock: FixedClock) -> SmallResponder:
    """Knows the two certificates of Hanako as good."""
    small = SmallResponder(clock)
    small.statuses[Purpose.SIGNATURE, specimen.signature_certificate().serial_number] = CertStatus.GOOD
    authentication = specimen.user_authentication_certificate()
    small.statuses[Purpose.USER_AUTHENTICATION, authentication.serial_number] = CertStatus.GOOD
    return small


@pytest.fixture
def responder_url(responder: SmallResponder) -> Iterator[str]:
    with serving(responder.respond) as url:
        yield url


@pytest.fixture
def certificates(trust: TrustStore, responder_url: str, clock: FixedClock) -> CertificateVerifier:
    return CertificateVerifier(trust, OCSPClient(responder_url), clock)
