"""The private keys on a card, PKCS#8 DER: read often, and looked at closely when they come from outside."""

from typing import Final, cast

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

BITS_MIN: Final = 1024
BITS_MAX: Final = 2048
EXPONENT: Final = 65537


def load_key(encoded: bytes) -> RSAPrivateKey:
    """A key of the card itself: made here or looked at, so its primes are not proved again at each start."""
    return cast(RSAPrivateKey, load_der_private_key(encoded, None, unsafe_skip_rsa_key_validation=True))


def checked_key(encoded: bytes) -> bytes:
    """The same bytes, if they are an RSA key whose numbers fit. Raises ValueError.

    Whether its primes are prime is not asked: it takes a thousand times as long, and the key signs anyway.
    """
    try:
        key = load_key(encoded)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("not a private key") from error
    if not (isinstance(key, RSAPrivateKey) and BITS_MIN <= key.key_size <= BITS_MAX and _fits(key)):
        raise ValueError("not an RSA key of this card")
    return encoded


def _fits(key: RSAPrivateKey) -> bool:
    """Whether every number of the key is what follows from its primes (RFC 8017, 3.2)."""
    held = key.private_numbers()
    p, q, public = held.p, held.q, held.public_numbers
    return (
        min(p, q) > 2
        and p % 2 == q % 2 == 1
        and (p * q, EXPONENT) == (public.n, public.e)
        and (held.d % (p - 1), held.d % (q - 1)) == (held.dmp1, held.dmq1)
        and public.e * held.dmp1 % (p - 1) == public.e * held.dmq1 % (q - 1) == 1
        and held.iqmp * q % p == 1
    )
