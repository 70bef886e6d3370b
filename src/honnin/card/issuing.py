"""The issuer's commands in plain, and the meaning of their answers.

Everything here goes through a `HostChannel`: `wrap` before it leaves, `unwrap` when it comes back. The
commands are ours (the table is in `application.issuer`).
"""

from dataclasses import dataclass
from datetime import date

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from honnin.card.apdu import Command
from honnin.card.application import personalisation as ins
from honnin.card.slot import LAYOUT, KeySlot
from honnin.errors import Malformed

# 255 bytes of Lc hold 15 blocks of ciphertext and the MAC; one byte of the last block is padding.
BLOCK_LENGTH = 239
PUBLIC_EXPONENT = 65537
_CLA = 0x80
_EXTENDED_LE = 65536  # a protected modulus is longer than a short response
_REPORT_HEAD = 9
_SLOT_REPORT = 66


@dataclass(frozen=True)
class SlotReport:
    """One slot as READ STATE tells it. Fingerprints are SHA-256; None where there is nothing."""

    has_certificate: bool
    has_pending_key: bool
    pin_is_set: bool
    tries_left: int
    certificate_fingerprint: bytes | None
    pending_key_fingerprint: bytes | None  # over the modulus


@dataclass(frozen=True)
class CardReport:
    """What the card tells its issuer about itself."""

    card_number: str
    expiry_date: date
    slots: dict[KeySlot, SlotReport]


def generate_key(slot: KeySlot) -> bytes:
    """Make a new pending key pair; the answer is its modulus (`public_key`). Replaces a pending one."""
    return _command(ins.GENERATE, ins.NEW_KEY, _number(slot), le=_EXTENDED_LE)


def read_pending_key(slot: KeySlot) -> bytes:
    """Ask again for the modulus of the pending key; 6A88 when none is pending."""
    return _command(ins.GENERATE, ins.PENDING_KEY, _number(slot), le=_EXTENDED_LE)


def certificate_writes(slot: KeySlot, certificate_der: bytes, ca_der: bytes) -> list[bytes]:
    """The commands that bring both certificates to the card; nothing changes there until `activate`."""
    number = _number(slot)
    return [*_writes(number, certificate_der), *_writes(number | ins.CA_CERTIFICATE, ca_der)]


def activate(slot: KeySlot) -> bytes:
    """Put the pending key and the written certificates in force, in one durable change."""
    return _command(ins.ACTIVATE, 0x00, _number(slot))


def remove(slot: KeySlot) -> bytes:
    """Take key and certificates of a slot away; its PIN stays."""
    return _command(ins.REMOVE, 0x00, _number(slot))


def authorise_pin(slot: KeySlot) -> bytes:
    """Permit that a PIN be set without the old one, once, until the card loses its power."""
    return _command(ins.AUTHORISE_PIN, 0x00, _number(slot))


def read_state() -> bytes:
    """Ask the card about itself; the answer is read by `card_report`."""
    return _command(ins.READ_STATE, 0x00, 0x00, le=256)


def public_key(answer: bytes) -> RSAPublicKey:
    """The public key in the answer to `generate_key` or `read_pending_key`.

    Raises Malformed E_CARD_ANSWER_MALFORMED when the answer is no RSA-2048 modulus.
    """
    if len(answer) != ins.MODULUS_LENGTH or not answer[0] & 0x80 or not answer[-1] & 0x01:
        raise Malformed("E_CARD_ANSWER_MALFORMED")
    return RSAPublicNumbers(PUBLIC_EXPONENT, int.from_bytes(answer, "big")).public_key()


def card_report(answer: bytes) -> CardReport:
    """The answer to READ STATE: format (1), expiry YYYYMMDD (8), two slots of 66 bytes, the card number.

    A slot is: flags (01 certificate, 02 pending key, 04 PIN set), tries left, two SHA-256 values.
    Raises Malformed E_CARD_ANSWER_MALFORMED.
    """
    try:
        if answer[0] != ins.STATE_FORMAT:
            raise ValueError("unknown format")
        expiry_date = date.fromisoformat(answer[1:_REPORT_HEAD].decode("ascii"))
        slots, rest = {}, answer[_REPORT_HEAD:]
        for slot in KeySlot:
            slots[slot], rest = _slot_report(rest[:_SLOT_REPORT]), rest[_SLOT_REPORT:]
        return CardReport(rest.decode(), expiry_date, slots)
    except (ValueError, IndexError) as error:
        raise Malformed("E_CARD_ANSWER_MALFORMED") from error


def _slot_report(report: bytes) -> SlotReport:
    if len(report) != _SLOT_REPORT:
        raise ValueError("slot report cut short")
    flags = report[0]
    return SlotReport(
        has_certificate=bool(flags & ins.HAS_CERTIFICATE),
        has_pending_key=bool(flags & ins.HAS_PENDING_KEY),
        pin_is_set=bool(flags & ins.PIN_IS_SET),
        tries_left=report[1],
        certificate_fingerprint=report[2:34] if flags & ins.HAS_CERTIFICATE else None,
        pending_key_fingerprint=report[34:66] if flags & ins.HAS_PENDING_KEY else None,
    )


def _writes(number: int, certificate: bytes) -> list[bytes]:
    blocks = range(0, len(certificate), BLOCK_LENGTH)
    return [
        _command(ins.WRITE, number, index, data=certificate[start : start + BLOCK_LENGTH])
        for index, start in enumerate(blocks)
    ]


def _command(instruction: int, p1: int, p2: int, *, data: bytes = b"", le: int | None = None) -> bytes:
    return Command(_CLA, instruction, p1, p2, data, le).to_bytes()


def _number(slot: KeySlot) -> int:
    return LAYOUT[slot].number
