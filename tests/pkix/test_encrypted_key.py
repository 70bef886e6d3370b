"""Private keys under a stretched passphrase; what others make of them is in tests/conformance."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from honnin.errors import Malformed
from honnin.pkix.encrypted_key import Stretching, decrypt, encrypt, stretching_of

KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
INFO = KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
QUICK = Stretching(b"salt", 1 << 4, 8, 1)


def test_what_was_encrypted_is_opened_by_the_same_passphrase_only() -> None:
    pem = encrypt(INFO, QUICK, QUICK.key(b"right"))
    assert stretching_of(pem) == QUICK
    assert decrypt(pem, QUICK.key(b"right")) == INFO
    for wrong in (b"Right", b"", b"right "):
        assert opened(pem, wrong) != INFO


def opened(pem: bytes, passphrase: bytes) -> bytes | None:
    """One in 256 wrong keys leaves something that ends like padding."""
    try:
        return decrypt(pem, QUICK.key(passphrase))
    except ValueError:
        return None


def test_a_library_that_is_not_ours_opens_it() -> None:
    pem = encrypt(INFO, QUICK, QUICK.key("パスフレーズ".encode()))
    read = load_pem_private_key(pem, "パスフレーズ".encode())
    assert isinstance(read, ed25519.Ed25519PrivateKey)
    assert read.private_bytes_raw() == KEY.private_bytes_raw()


def test_no_two_files_are_alike() -> None:
    key = QUICK.key(b"right")
    assert encrypt(INFO, QUICK, key) != encrypt(INFO, QUICK, key)
    assert Stretching.fresh() != Stretching.fresh()


@pytest.mark.parametrize(
    "greedy",
    [
        Stretching(b"salt", 1 << 17, 8, 1),
        Stretching(b"salt", 1 << 40, 8, 1),
        Stretching(b"salt", 1 << 14, 8, 17),
        Stretching(b"salt", 1 << 14, 1 << 20, 1),
        Stretching(b"salt", 0, 8, 1),
        Stretching(b"salt", -2, 8, 1),
        Stretching(b"salt", 3, 8, 1),
        Stretching(b"salt", 1 << 4, 8, 0),
    ],
)
def test_a_file_that_asks_for_too_much_or_for_nonsense_is_refused(greedy: Stretching) -> None:
    pem = encrypt(INFO, greedy, bytes(32))
    assert stretching_of(pem) == greedy
    with pytest.raises(Malformed, match="E_DER_MALFORMED"):
        greedy.key(b"right")


@pytest.mark.parametrize("pem", [b"", b"\xff", b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n", INFO])
def test_what_is_no_such_file_has_no_stretching(pem: bytes) -> None:
    assert stretching_of(pem) is None
