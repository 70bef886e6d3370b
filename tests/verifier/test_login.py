"""Login: a challenge is answered once, here, now, by the card – or not at all."""

import json
import threading
from base64 import b64decode, b64encode
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from honnin.citizen.login import answer
from honnin.clock import FixedClock
from honnin.errors import Malformed, Unavailable, Untrusted
from honnin.law.terms import Purpose
from honnin.pin import Pin
from honnin.pkix.ocsp import RevokedInfo
from honnin.profile.web_origin import checked_origin
from honnin.verifier import CertificateVerifier, ChallengeStore, LoginVerifier, TrustStore
from honnin.verifier.login import LIFETIME
from tests.support.pki import cards, specimen
from tests.support.pki.sources import SmallResponder

ORIGIN = "https://tax.example"
SECOND = timedelta(seconds=1)
CERTIFICATE = specimen.user_authentication_certificate()


@pytest.fixture
def challenges(clock: FixedClock) -> ChallengeStore:
    return ChallengeStore(clock)


@pytest.fixture
def login(certificates: CertificateVerifier, challenges: ChallengeStore) -> LoginVerifier:
    return LoginVerifier(certificates, challenges)


def token(nonce: str, origin: str = ORIGIN, **changes: object) -> str:
    answered: dict[str, object] = {}
    answered.update(answer(nonce, origin, cards.session(), Pin(cards.AUTHENTICATION_PIN)))
    return json.dumps(answered | changes)


def test_card_answers_and_its_holder_is_known_again(login: LoginVerifier, challenges: ChallengeStore) -> None:
    nonces = [challenges.issue(ORIGIN) for _ in range(2)]
    first, second = (login.verify(token(nonce), origin=ORIGIN, nonce=nonce) for nonce in nonces)
    assert first.serial_number == CERTIFICATE.serial_number
    assert (first.issuer, first.serial_number) == (second.issuer, second.serial_number)


def test_token_may_come_as_bytes(login: LoginVerifier, challenges: ChallengeStore) -> None:
    nonce = challenges.issue(ORIGIN)
    assert login.verify(token(nonce).encode(), origin=ORIGIN, nonce=nonce).certificate == CERTIFICATE


def test_nonces_are_long_and_never_the_same(challenges: ChallengeStore) -> None:
    nonces = {challenges.issue(ORIGIN) for _ in range(100)}
    assert len(nonces) == 100
    assert all(len(b64decode(nonce, validate=True)) == 32 for nonce in nonces)


def test_signed_value_is_that_of_web_eid(clock: FixedClock) -> None:
    """RS256 over SHA-256(origin) ‖ SHA-256(nonce), checked here without the module under test."""
    answered = json.loads(token("n" * 44))
    key = specimen.key("holder authentication").public_key()
    signed = sha256(ORIGIN.encode()).digest() + sha256(b"n" * 44).digest()
    key.verify(b64decode(answered["signature"]), signed, padding.PKCS1v15(), SHA256())
    assert answered["format"] == "web-eid:1.0"
    assert b64decode(answered["unverifiedCertificate"]) == specimen.encoded(CERTIFICATE)


def test_replay(login: LoginVerifier, challenges: ChallengeStore) -> None:
    nonce = challenges.issue(ORIGIN)
    answered = token(nonce)
    login.verify(answered, origin=ORIGIN, nonce=nonce)
    with pytest.raises(Untrusted, match="E_CHALLENGE_REPLAYED"):
        login.verify(answered, origin=ORIGIN, nonce=nonce)


def test_failed_attempt_uses_the_challenge_up(login: LoginVerifier, challenges: ChallengeStore) -> None:
    nonce = challenges.issue(ORIGIN)
    with pytest.raises(Malformed, match="E_TOKEN_MALFORMED"):
        login.verify("{}", origin=ORIGIN, nonce=nonce)
    with pytest.raises(Untrusted, match="E_CHALLENGE_REPLAYED"):
        login.verify(token(nonce), origin=ORIGIN, nonce=nonce)


def test_challenge_that_was_never_issued(login: LoginVerifier) -> None:
    with pytest.raises(Untrusted, match="E_CHALLENGE_UNKNOWN"):
        login.verify(token("n" * 44), origin=ORIGIN, nonce="n" * 44)


@pytest.mark.parametrize(
    ("after", "code"),
    [
        (LIFETIME, None),
        (LIFETIME + SECOND, "E_CHALLENGE_EXPIRED"),
        (2 * LIFETIME, "E_CHALLENGE_EXPIRED"),
        (2 * LIFETIME + SECOND, "E_CHALLENGE_UNKNOWN"),
        (-60 * SECOND, None),  # the clock was set back since
        (-61 * SECOND, "E_CHALLENGE_EXPIRED"),
        (-2 * LIFETIME - SECOND, "E_CHALLENGE_UNKNOWN"),
    ],
)
def test_challenges_grow_old(
    login: LoginVerifier, challenges: ChallengeStore, clock: FixedClock, after: timedelta, code: str | None
) -> None:
    nonce = challenges.issue(ORIGIN)
    clock.move_to(specimen.NOW + after)
    if code is None:
        assert login.verify(token(nonce), origin=ORIGIN, nonce=nonce).certificate == CERTIFICATE
        return
    with pytest.raises(Untrusted) as caught:
        login.verify(token(nonce), origin=ORIGIN, nonce=nonce)
    assert caught.value.code == code


def test_answer_given_to_another_site_is_of_no_use(login: LoginVerifier, challenges: ChallengeStore) -> None:
    """The man in the middle shows our nonce on his page; the card signs his origin."""
    nonce = challenges.issue(ORIGIN)
    answered = token(nonce, "https://tax.example.evil.example")
    with pytest.raises(Untrusted, match="E_CHALLENGE_MISMATCH"):
        login.verify(answered, origin=ORIGIN, nonce=nonce)


def test_challenge_of_another_site_is_of_no_use(login: LoginVerifier, challenges: ChallengeStore) -> None:
    nonce = challenges.issue("https://other.example")
    with pytest.raises(Untrusted, match="E_CHALLENGE_MISMATCH"):
        login.verify(token(nonce), origin=ORIGIN, nonce=nonce)


def test_answer_to_another_challenge_is_of_no_use(login: LoginVerifier, challenges: ChallengeStore) -> None:
    mine, yours = challenges.issue(ORIGIN), challenges.issue(ORIGIN)
    with pytest.raises(Untrusted, match="E_CHALLENGE_MISMATCH"):
        login.verify(token(yours), origin=ORIGIN, nonce=mine)


def test_held_certificate_does_not_log_in(
    login: LoginVerifier, challenges: ChallengeStore, responder: SmallResponder
) -> None:
    reason = x509.ReasonFlags.certificate_hold
    responder.statuses[Purpose.USER_AUTHENTICATION, CERTIFICATE.serial_number] = RevokedInfo(
        specimen.NOW, reason
    )
    nonce = challenges.issue(ORIGIN)
    with pytest.raises(Untrusted, match="E_CERT_HELD"):
        login.verify(token(nonce), origin=ORIGIN, nonce=nonce)


def test_signature_certificate_does_not_log_in(login: LoginVerifier, challenges: ChallengeStore) -> None:
    nonce = challenges.issue(ORIGIN)
    certificate = b64encode(specimen.encoded(specimen.signature_certificate())).decode()
    with pytest.raises(Untrusted, match="E_PURPOSE_NOT_ALLOWED"):
        login.verify(token(nonce, unverifiedCertificate=certificate), origin=ORIGIN, nonce=nonce)


@pytest.mark.parametrize("algorithm", ["none", "ES256", "PS256", "RS512", "HS256", "rs256"])
def test_other_algorithm(login: LoginVerifier, challenges: ChallengeStore, algorithm: str) -> None:
    nonce = challenges.issue(ORIGIN)
    with pytest.raises(Untrusted, match="E_ALG_NOT_ALLOWED"):
        login.verify(token(nonce, algorithm=algorithm), origin=ORIGIN, nonce=nonce)


@pytest.mark.parametrize("version", ["web-eid:1", "web-eid:1.1"])
def test_later_minor_versions_are_read(
    login: LoginVerifier, challenges: ChallengeStore, version: str
) -> None:
    nonce = challenges.issue(ORIGIN)
    assert login.verify(token(nonce, format=version), origin=ORIGIN, nonce=nonce).serial_number


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "web-eid:2.0"},
        {"format": None},
        {"algorithm": 256},
        {"signature": "***"},
        {"signature": ["a"]},
        {"signature": "あ"},
        {"unverifiedCertificate": None},
        {"appVersion": "x" * 10_000},
    ],
)
def test_token_of_another_form(
    login: LoginVerifier, challenges: ChallengeStore, changes: dict[str, Any]
) -> None:
    nonce = challenges.issue(ORIGIN)
    with pytest.raises(Malformed, match="E_TOKEN_MALFORMED"):
        login.verify(token(nonce, **changes), origin=ORIGIN, nonce=nonce)


@given(
    st.one_of(
        st.text(max_size=80),
        st.binary(max_size=80),
        st.just("[" * 9000),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
            ),
        ).map(json.dumps),
    )
)
def test_any_token_is_malformed_and_nothing_else(text: str | bytes) -> None:
    clock = FixedClock(specimen.NOW)
    challenges = ChallengeStore(clock)
    verifier = CertificateVerifier(TrustStore(specimen.DEPLOYMENT, []), None, clock)
    with pytest.raises(Malformed, match="E_TOKEN_MALFORMED"):
        LoginVerifier(verifier, challenges).verify(text, origin=ORIGIN, nonce=challenges.issue(ORIGIN))


def test_one_of_many_threads_redeems(challenges: ChallengeStore) -> None:
    nonce = challenges.issue(ORIGIN)
    barrier = threading.Barrier(8)
    redeemed = []

    def redeem() -> None:
        barrier.wait()
        try:
            challenges.redeem(nonce, ORIGIN)
        except Untrusted:
            return
        redeemed.append(nonce)

    threads = [threading.Thread(target=redeem) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert redeemed == [nonce]


def test_store_that_is_full_refuses_and_recovers(clock: FixedClock) -> None:
    challenges = ChallengeStore(clock, capacity=2)
    for _ in range(2):
        challenges.issue(ORIGIN)
    with pytest.raises(Unavailable, match="E_CHALLENGE_LIMIT"):
        challenges.issue(ORIGIN)
    clock.move_to(specimen.NOW + 2 * LIFETIME + SECOND)
    assert challenges.issue(ORIGIN)


@pytest.mark.parametrize(
    "origin",
    [
        "https://tax.example",
        "https://tax.example:8443",
        "https://tax.example:80",
        "https://tax.example:65535",
        "https://xn--6qw.example",
        "https://192.0.2.1",
        "https://[2001:db8::1]:8443",
        "http://localhost:8000",
        "http://127.0.0.1:1",
        "http://[::1]",
    ],
)
def test_origins(origin: str) -> None:
    assert checked_origin(origin) == origin


@pytest.mark.parametrize(
    "origin",
    [
        "https://tax.example/",
        "https://tax.example/login",
        "https://Tax.example",
        "http://tax.example",
        "https://user@tax.example",
        "tax.example",
        "https://",
        "",
        "ftp://localhost",
        "https://税.example",
        "https://:443",
        "https://tax.example:",
        "https://tax.example:443",
        "http://localhost:80",
        "https://tax.example:0",
        "https://tax.example:08443",
        "https://tax.example:65536",
        "https://tax.example:99999",
        "https://tax.example:x",
        "https://tax example",
        "https://tax..example",
        "https://tax.example\n",
        "https://[::1",
        "https://[tax]",
        "https://tax.example?",
        "https://tax.example#",
        "https://" + "a" * 250 + ".example",
    ],
)
def test_what_is_no_origin(challenges: ChallengeStore, origin: str) -> None:
    with pytest.raises(ValueError, match=r"origin|https"):
        challenges.issue(origin)
