"""A terminal's end of the text application's secure messaging, after what myna-card publishes of it.

Nothing of it comes from the package: what it takes for right is what the card must do.
"""

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.hashes import SHA256

SEED = bytes(range(0x40, 0x60))


def key_told(content: bytes) -> RSAPublicKey:
    """The key in file 0006: A1 around 90 exponent and 91 modulus."""
    assert content[:13] == bytes.fromhex("A1820109 9003010001 91820100")
    return RSAPublicNumbers(65537, int.from_bytes(content[13:269], "big")).public_key()


def delivery(key: RSAPublicKey, message: bytes | None = None, *, seed: bytes = SEED) -> bytes:
    """SET SESSION KEY: the message, or a right one, encrypted for the card's key."""
    message = bytes.fromhex("A0228020") + seed if message is None else message
    encrypted = key.encrypt(message, OAEP(MGF1(SHA256()), SHA256(), None))
    return bytes.fromhex("80AE0000 00") + len(encrypted).to_bytes(2, "big") + encrypted


class Terminal:
    """One session: counts its commands, whether the card carries them out or not."""

    def __init__(self, seed: bytes = SEED) -> None:
        self._key = seed[:16]
        self.counter = 0

    def select(self, file: int) -> bytes:
        return self.with_data(0xA4, 0x02, 0x0C, file.to_bytes(2, "big"))

    def verify(self, file: int, value: str) -> bytes:
        return self.with_data(0x20, 0x00, 0x80 | file, value.encode())

    def protected(self, header: bytes, data: bytes, le: int | None) -> bytes:
        """What a plain command says, in this session: SELECT of a file, VERIFY or READ BINARY."""
        _, ins, p1, p2 = header
        if ins == 0xB0:
            return self.read(p1 << 8 | p2, (le or 0) % 65536)
        return self.with_data(ins, p1, p2, data)

    def with_data(self, ins: int, p1: int, p2: int, data: bytes) -> bytes:
        self.counter += 1
        return command(ins, p1, p2, cryptogram(self.encrypted(data)))

    def read(self, offset: int = 0, length: int = 0) -> bytes:
        """READ BINARY of the current file; length 0 is all."""
        self.counter += 1
        data = bytes.fromhex("960300") + length.to_bytes(2, "big")
        p1, p2 = offset.to_bytes(2, "big")
        return bytes((0x08, 0xB0, p1, p2, 0, 0, len(data))) + data + b"\x00\x00"

    def encrypted(self, plain: bytes) -> bytes:
        """Of the command that was counted last."""
        encryptor = Cipher(AES(self._key), CBC(self._initial_value())).encryptor()
        filled = plain + b"\x80"
        return encryptor.update(filled + bytes(-len(filled) % 16)) + encryptor.finalize()

    def opened(self, answer: bytes) -> bytes:
        """What an answer to `read` holds."""
        assert answer[-2:] == b"\x90\x00", answer.hex()
        assert answer[0] == 0x86
        octets = answer[1] & 0x7F if answer[1] > 0x80 else 0
        length = int.from_bytes(answer[2 : 2 + octets], "big") if octets else answer[1]
        value = answer[2 + octets : -2]
        assert (len(value), value[0]) == (length, 0x01)
        decryptor = Cipher(AES(self._key), CBC(self._initial_value())).decryptor()
        plain = (decryptor.update(value[1:]) + decryptor.finalize()).rstrip(b"\x00")
        assert plain[-1] == 0x80
        return plain[:-1]

    def _initial_value(self) -> bytes:
        encryptor = Cipher(AES(self._key), ECB()).encryptor()
        return encryptor.update(self.counter.to_bytes(16, "big")) + encryptor.finalize()


def command(ins: int, p1: int, p2: int, data: bytes) -> bytes:
    """Class 08, no Le."""
    return bytes((0x08, ins, p1, p2, len(data))) + data


def cryptogram(encrypted: bytes) -> bytes:
    """The data object of a command."""
    return bytes((0x86, len(encrypted) + 1, 0x01)) + encrypted
