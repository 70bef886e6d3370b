"""Certificates for whatever key a card makes, each signed once in a process."""

from functools import cache

from cryptography.hazmat.primitives.asymmetric import rsa

from honnin.card.chip.private_keys import load_key
from tests.support.card.certificates import Authority

BITS = 1024  # a signature costs a seventh of one by the card's keys of 2048; the code is the same
POOL = 4


class SmallKeys:
    """A source of key pairs for cards, a few in turn."""

    def __init__(self) -> None:
        self._keys = [rsa.generate_private_key(65537, BITS) for _ in range(POOL)]
        self._taken = 0

    def __call__(self) -> rsa.RSAPrivateKey:
        self._taken += 1
        return self._keys[self._taken % POOL]


@cache
def small_keys() -> SmallKeys:
    return SmallKeys()


@cache
def only_key() -> rsa.RSAPrivateKey:
    """A source for cards that are to make the same key every time."""
    return small_keys()()


@cache
def authority() -> Authority:
    return Authority.create(small_keys()(), "Throw-away CA")


@cache
def certificate_for(key: bytes) -> tuple[bytes, bytes]:
    """A certificate for a key as the card keeps it, and that of its issuer."""
    return authority().issue(load_key(key).public_key(), "TEST HOLDER"), authority().certificate


def altered(certificate: bytes, how: int, place: int, value: int) -> bytes:
    """A certificate that somebody changed: one byte, the end cut off, a piece out of it or twice in it."""
    place %= len(certificate)
    before, after = certificate[:place], certificate[place:]
    changes = (
        before + bytes((value,)) + after[1:],
        before,
        before + after[value:],
        before + after[:value] + after,
    )
    return changes[how % len(changes)]
