"""Answer a login challenge with the card: a Web eID authentication token (format `web-eid:1.0`, RS256)."""

import re
from base64 import b64encode
from hashlib import sha256

from honnin import __version__
from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot
from honnin.citizen.unlocked import unlocked
from honnin.errors import Malformed
from honnin.law.citation import cites
from honnin.pin import Pin

TOKEN_FORMAT = "web-eid:1.0"  # noqa: S105 – a format, no secret
APP_VERSION = f"honnin/{__version__}"
_NONCE = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")


def checked_nonce(nonce: str) -> str:
    """The challenge, if it is worth an answer: 44 to 128 characters of base64, as Web eID's own client asks.

    44 characters hold 256 bits. An answer to fewer could be collected in advance and used later.
    Raises Malformed E_CHALLENGE_MALFORMED.
    """
    if not (44 <= len(nonce) <= 128 and _NONCE.fullmatch(nonce)):
        raise Malformed("E_CHALLENGE_MALFORMED")
    return nonce


@cites("S1-E1.2", "S2-1.2")
def answer(
    nonce: str, origin: str, session: CardSession, pin: Pin, *, use_last_try: bool = False
) -> dict[str, str]:
    """The token that proves to `origin` that this card and its PIN are here, for this `nonce` only.

    The origin must be the one that the person was shown and agreed to. Raises Malformed as
    `checked_nonce`, before the PIN is tried; CardError.
    """
    signed = sha256(origin.encode()).digest() + sha256(checked_nonce(nonce).encode()).digest()
    with unlocked(session, KeySlot.AUTHENTICATION, pin, use_last_try=use_last_try):
        certificate = session.read_certificate(KeySlot.AUTHENTICATION)
        signature = session.sign_sha256(KeySlot.AUTHENTICATION, signed)
    return {
        "format": TOKEN_FORMAT,
        "unverifiedCertificate": b64encode(certificate).decode("ascii"),
        "algorithm": "RS256",
        "signature": b64encode(signature).decode("ascii"),
        "appVersion": APP_VERSION,
    }
