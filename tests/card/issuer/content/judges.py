"""Judges that share nothing with the code under test: raw RSA by `pow`, and the openssl command."""

import subprocess
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from honnin.errors import Malformed, Untrusted

SHA256_INFO = bytes.fromhex("3031300D060960864801650304020105000420")


def padded(info: bytes) -> bytes:
    """EMSA-PKCS1-v1_5 (RFC 8017, 9.2) of a ready DigestInfo for a key of 2048 bits."""
    return b"\x00\x01" + b"\xff" * (256 - 3 - len(info)) + b"\x00" + info


def opened(key: RSAPublicKey, signature: bytes) -> bytes:
    """The block that was signed."""
    numbers = key.public_numbers()
    return pow(int.from_bytes(signature, "big"), numbers.e, numbers.n).to_bytes(256, "big")


def is_signature(key: RSAPublicKey, signature: bytes, octets: bytes) -> bool:
    return opened(key, signature) == padded(SHA256_INFO + sha256(octets).digest())


def openssl_verifies(folder: Path, key: RSAPublicKey, signature: bytes, octets: bytes) -> bool:
    (folder / "key.pem").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (folder / "signature").write_bytes(signature)
    (folder / "octets").write_bytes(octets)
    command = ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "octets"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


def flips(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """The octets with each single bit turned, beside the position of the byte it stands in."""
    for position in range(len(octets)):
        for bit in range(8):
            turned = bytearray(octets)
            turned[position] ^= 1 << bit
            yield position, bytes(turned)


def unnoticed(check: Callable[[bytes], object], octets: bytes) -> list[int]:
    """Positions of the bytes where a turned bit was taken without an error of ours."""
    found = []
    for position, turned in flips(octets):
        try:
            check(turned)
        except (Malformed, Untrusted):
            continue
        found.append(position)
    return found
