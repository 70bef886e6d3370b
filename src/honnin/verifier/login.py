"""Login with the user-authentication certificate: challenge, answer, proof.

The answer is a Web eID authentication token (format `web-eid:1`) signed with RS256. The signed value is
SHA-256(origin) ‖ SHA-256(nonce), so that an answer given to one site is of no use at another, and a
nonce is redeemed once, so that an answer is of no use again.
"""

import base64
import binascii
import json
import re
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from honnin.clock import Clock
from honnin.errors import Malformed, Unavailable, Untrusted
from honnin.profile.web_origin import checked_origin
from honnin.verifier.certificate import CertificateVerifier, VerifiedLogin

LIFETIME = timedelta(minutes=5)
# A clock that is set right by less than this ends no login (our choice).
_SKEW = -timedelta(minutes=1)
"""How long a challenge may be answered, as Web eID recommends."""

_NONCE_OCTETS = 32
_LONGEST_TOKEN = 10_000  # octets, as in the Web eID validation libraries
_FORMAT = re.compile(r"web-eid:1(\.[0-9]{1,3})?")
_MALFORMED = "E_TOKEN_MALFORMED"


class Challenges(Protocol):
    """A store of challenges that wait for their answer; a site of several processes brings its own."""

    def issue(self, origin: str) -> str: ...

    def redeem(self, nonce: str, origin: str) -> None: ...


@dataclass
class _Challenge:
    origin: str
    issued_at: datetime
    redeemed: bool = False


class ChallengeStore:
    """Challenges in the memory of one process; safe for threads.

    Remembers a challenge for twice its lifetime, so that a late or repeated answer learns what it is.
    """

    def __init__(self, clock: Clock, *, capacity: int = 100_000) -> None:
        """`capacity`: challenges remembered at a time; more are refused, none is forgotten early."""
        self._clock = clock
        self._capacity = capacity
        self._challenges: OrderedDict[str, _Challenge] = OrderedDict()
        self._lock = threading.Lock()

    def issue(self, origin: str) -> str:
        """A new nonce for an origin: base64 of 32 random octets, 44 characters.

        Raises ValueError for what is not an origin, `Unavailable("E_CHALLENGE_LIMIT")` when too many wait.
        """
        origin = checked_origin(origin)
        nonce = base64.b64encode(secrets.token_bytes(_NONCE_OCTETS)).decode("ascii")
        now = self._clock.now()
        with self._lock:
            self._forget(now)
            if len(self._challenges) >= self._capacity:
                raise Unavailable("E_CHALLENGE_LIMIT")
            self._challenges[nonce] = _Challenge(origin, now)
        return nonce

    def redeem(self, nonce: str, origin: str) -> None:
        """Use up a nonce; whatever the outcome, it cannot be used again.

        Raises `Untrusted`: E_CHALLENGE_UNKNOWN, E_CHALLENGE_REPLAYED, E_CHALLENGE_EXPIRED,
        E_CHALLENGE_MISMATCH (issued to another origin).
        """
        now = self._clock.now()
        with self._lock:
            self._forget(now)
            challenge = self._challenges.get(nonce)
            if challenge is None:
                raise Untrusted("E_CHALLENGE_UNKNOWN")
            if challenge.redeemed:
                raise Untrusted("E_CHALLENGE_REPLAYED")
            challenge.redeemed = True
        if not _SKEW <= now - challenge.issued_at <= LIFETIME:
            raise Untrusted("E_CHALLENGE_EXPIRED")
        if challenge.origin != origin:
            raise Untrusted("E_CHALLENGE_MISMATCH")

    def _forget(self, now: datetime) -> None:
        """Forget challenges that ended long ago, or were issued before the clock was set back."""
        while self._challenges:
            nonce, oldest = next(iter(self._challenges.items()))
            if -2 * LIFETIME <= now - oldest.issued_at <= 2 * LIFETIME:
                return
            del self._challenges[nonce]


@dataclass(frozen=True)
class _Token:
    certificate: bytes
    signature: bytes


class LoginVerifier:
    """Verifies the answers to the challenges of one relying party."""

    def __init__(self, certificates: CertificateVerifier, challenges: Challenges) -> None:
        self._certificates = certificates
        self._challenges = challenges

    def verify(self, token_json: str | bytes, *, origin: str, nonce: str) -> VerifiedLogin:
        """Who answered the challenge `nonce`, with a card that was there and a certificate good now.

        `origin` is the relying party's own, from its settings; `nonce` is the one kept in the user's
        session. The nonce is used up first: every failure needs a new one.

        Raises `Malformed` (E_TOKEN_MALFORMED and those of the certificate) and `Untrusted` with the codes
        of `ChallengeStore.redeem`, E_ALG_NOT_ALLOWED, those of the certificate, or E_CHALLENGE_MISMATCH
        when the signature is not over this origin and this nonce.
        """
        self._challenges.redeem(nonce, origin)
        token = _parse(token_json)
        login = self._certificates.verify_authentication_certificate(token.certificate)
        key = login.certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise Untrusted("E_ALG_NOT_ALLOWED")
        signed = signed_value(origin, nonce)
        try:
            key.verify(token.signature, signed, padding.PKCS1v15(), SHA256())
        except InvalidSignature as error:
            raise Untrusted("E_CHALLENGE_MISMATCH") from error
        return login


def signed_value(origin: str, nonce: str) -> bytes:
    """What the card signs with RS256: SHA-256(origin) ‖ SHA-256(nonce), both as text in UTF-8."""
    return sha256(origin.encode()).digest() + sha256(nonce.encode()).digest()


def _parse(token_json: str | bytes) -> _Token:
    if len(token_json) > _LONGEST_TOKEN:  # each character has an octet at least
        raise Malformed(_MALFORMED)
    encoded = token_json.encode("utf-8", "replace") if isinstance(token_json, str) else token_json
    if len(encoded) > _LONGEST_TOKEN:
        raise Malformed(_MALFORMED)
    try:
        token = json.loads(encoded)
    except (ValueError, RecursionError) as error:
        raise Malformed(_MALFORMED) from error
    if not isinstance(token, dict) or not _FORMAT.fullmatch(_text(token, "format")):
        raise Malformed(_MALFORMED)
    if _text(token, "algorithm") != "RS256":
        raise Untrusted("E_ALG_NOT_ALLOWED")
    return _Token(_octets(token, "unverifiedCertificate"), _octets(token, "signature"))


def _text(token: dict[str, object], name: str) -> str:
    value = token.get(name)
    if not isinstance(value, str):
        raise Malformed(_MALFORMED)
    return value


def _octets(token: dict[str, object], name: str) -> bytes:
    try:
        return base64.b64decode(_text(token, name), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed(_MALFORMED) from error
