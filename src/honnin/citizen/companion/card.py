"""The card of a companion: what can be found out before a PIN is typed, and the answer.

It is held for as long as a question or an answer takes, so that other programs reach it in between.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot
from honnin.citizen.companion.asked import LoginAsked
from honnin.citizen.login import answer
from honnin.errors import Untrusted
from honnin.pin import Pin
from honnin.pkix.certificate import load

Held = Callable[[], AbstractContextManager[CardSession]]
"""Opens the card, with JPKI selected, for as long as the block lasts."""
SLOT: Final = KeySlot.AUTHENTICATION


@dataclass(frozen=True)
class Card:
    """A card, and by which `name` its user knows it."""

    name: str
    held: Held

    def tries_left(self, at: datetime) -> int:
        """How often the PIN may be wrong, of a card that can log in now; at least 1. Costs no try.

        Raises CardError: the card's own, E_CERTIFICATE_ABSENT, E_PIN_LOCKED; Untrusted E_CERT_EXPIRED,
        E_CERT_NOT_YET_VALID, E_KEY_USAGE; Malformed E_CERT_MALFORMED; and as `held`.
        """
        with self.held() as session:
            return _tries_left(session, at)

    def answer(self, asked: LoginAsked, pin: Pin, at: datetime, *, use_last_try: bool) -> dict[str, str]:
        """The token for who asked. Raises as `tries_left`, before the PIN is sent, and as `citizen.login`."""
        with self.held() as session:
            _tries_left(session, at)
            return answer(asked.nonce, asked.origin, session, pin, use_last_try=use_last_try)


def _tries_left(session: CardSession, at: datetime) -> int:
    session.require_usable(SLOT)
    _require_for_login(load(session.read_certificate(SLOT)), at)
    return session.tries_left(SLOT)


def _require_for_login(certificate: x509.Certificate, at: datetime) -> None:
    if at > certificate.not_valid_after_utc:
        raise Untrusted("E_CERT_EXPIRED")
    if at < certificate.not_valid_before_utc:
        raise Untrusted("E_CERT_NOT_YET_VALID")
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        extended = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound as error:
        raise Untrusted("E_KEY_USAGE") from error
    if not usage.digital_signature or ExtendedKeyUsageOID.CLIENT_AUTH not in extended:
        raise Untrusted("E_KEY_USAGE")
