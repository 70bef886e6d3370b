"""Whether what the issuer wrote into a slot is a certificate for its key, and that of the CA that issued it.

The bytes come from outside: whatever they are, they are accepted or refused. Looks at no extension, date or
path; whoever reads the certificate later does.
"""

from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.utils import CryptographyDeprecationWarning

CERTIFICATE_MIN: Final = 256  # clients read the length as two bytes after 30 82
UNREADABLE: Final = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    CryptographyDeprecationWarning,  # where warnings are errors: a serial number below 1
)
"""What pyca/cryptography raises for a certificate that it cannot read, or a key in it that it cannot use.

The tests and the fuzzer write certificates that were cut, spliced and altered at every place, and know of no
other exception; one that is not here would come out of the card, and be seen.
"""


def apart(written: bytes) -> tuple[bytes, bytes]:
    """A certificate (DER, 30 82 and two bytes of length) and what was written after it."""
    end = 4 + int.from_bytes(written[2:4], "big")
    return written[:end], written[end:]


def belong_together(certificate: bytes, ca_certificate: bytes, public_key: RSAPublicKey) -> bool:
    """Whether the certificate (DER) is for this key, and issued by the CA of the other certificate."""
    if min(len(certificate), len(ca_certificate)) < CERTIFICATE_MIN:
        return False
    try:
        holder = x509.load_der_x509_certificate(certificate)
        if holder.public_key() != public_key:
            return False
        holder.verify_directly_issued_by(x509.load_der_x509_certificate(ca_certificate))
    except (*UNREADABLE, InvalidSignature):
        return False
    return True
