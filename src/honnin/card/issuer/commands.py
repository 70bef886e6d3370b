"""The issuer's commands in plain, and the meaning of their answers.

Everything here goes through a `HostChannel`: `wrap` before it leaves, `unwrap` when it comes back. The
commands are ours (the table is in `issuer_commands`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from honnin.card import issuer_commands as ins
from honnin.card.apdu import SHORT_LC_MAX, Command
from honnin.card.kinds.declaration import NUMBER_CARD, KeySlot, kind
from honnin.card.kinds.slot import LAYOUT
from honnin.card.scp03 import BLOCK, MAC_LENGTH
from honnin.errors import Malformed
from honnin.identifiers import CardNumber

PUBLIC_EXPONENT = 65537
_CLA = 0x80
_JPKI = kind(NUMBER_CARD).applications["jpki"].number
_EXTENDED_LE = 65536  # a protected modulus is longer than a short response
_REPORT_HEAD = 10
_DIGEST = 34
_SLOT_REPORT = 66


@dataclass(frozen=True)
class SlotReport:
    """One slot in the answer to READ STATE. Fingerprints are SHA-256; None where there is nothing."""

    has_certificate: bool
    has_pending_key: bool
    pin_is_set: bool
    tries_left: int
    certificate_fingerprint: bytes | None
    pending_key_fingerprint: bytes | None  # over the modulus


@dataclass(frozen=True)
class CardReport:
    """What the card reports to its issuer."""

    card_number: CardNumber
    expiry_date: date
    terminated: bool
    slots: dict[KeySlot, SlotReport]


def generate_key(slot: KeySlot) -> bytes:
    """Make a new pending key pair; the answer is its modulus (`public_key`). Replaces a pending one."""
    return _command(ins.GENERATE, ins.NEW_KEY, _number(slot), le=_EXTENDED_LE)


def read_pending_key(slot: KeySlot) -> bytes:
    """Ask again for the modulus of the pending key; 6A88 when none is pending."""
    return _command(ins.GENERATE, ins.PENDING_KEY, _number(slot), le=_EXTENDED_LE)


def new_keys(slots: Collection[KeySlot]) -> bytes:
    """Make pending keys for all of these, if the PIN of each can be used; `public_keys` reads the answer."""
    return _command(ins.GENERATE, ins.NEW_KEYS, sum(map(_number, slots)), le=_EXTENDED_LE)


def certificate_writes(
    slot: KeySlot, certificate_der: bytes, ca_der: bytes, longest: int = SHORT_LC_MAX
) -> list[bytes]:
    """The commands that bring both certificates to the card; nothing changes there until `activate`.

    `longest`: how many bytes of data the way to the card carries in one command, 255 at least.
    """
    both, step = certificate_der + ca_der, _block_length(longest)
    return [
        _command(ins.WRITE, _number(slot), index, data=both[start : start + step])
        for index, start in enumerate(range(0, len(both), step))
    ]


def activate(slot: KeySlot) -> bytes:
    """Put the pending key and the written certificates in force, in one durable change."""
    return _command(ins.ACTIVATE, 0x00, _number(slot))


def remove(slot: KeySlot) -> bytes:
    """Take key and certificates of a slot away; its PIN stays."""
    return _command(ins.REMOVE, 0x00, _number(slot))


def authorise_pin(slot: KeySlot) -> bytes:
    """Permit that a slot's PIN be set without the old one, once, until the card loses its power."""
    return authorise_application_pin(_JPKI, LAYOUT[slot].pin_file)


def authorise_application_pin(application: int, pin_file: int, mark: bytes = b"") -> bytes:
    """The same for any PIN that its holder may choose; the application by its number in the declaration.

    `mark`: 16 octets that the PIN keeps once it was set by this permission, in the same durable change.
    """
    return _command(ins.AUTHORISE_PIN, application, pin_file, data=mark)


def read_pin_mark(application: int, pin_file: int) -> bytes:
    """Ask for the mark of the newest permission with one by which a PIN was set; empty for none."""
    return _command(ins.READ_PIN_MARK, application, pin_file, le=256)


def write_file(application: int, file: int, offset: int, piece: bytes) -> bytes:
    """A piece of a file, 1 to 237 bytes; offset 0 begins anew. In force only after `confirm_files`."""
    return _command(ins.WRITE_FILE, application, file, data=offset.to_bytes(2, "big") + piece)


def confirm_files(written: ins.Written) -> bytes:
    """Put in force what was written, if that is exactly this; all of it in one durable change."""
    return _command(ins.CONFIRM_FILES, 0x00, 0x00, data=ins.digest_of(written))


def file_writes(written: ins.Written) -> list[bytes]:
    """Everything that replaces these files together: the pieces, and the confirmation."""
    step = _block_length(SHORT_LC_MAX) - 2
    pieces = [
        write_file(application, file, start, octets[start : start + step])
        for (application, file), octets in sorted(written.items())
        for start in range(0, len(octets), step)
    ]
    return [*pieces, confirm_files(written)]


def read_digests(application: int) -> bytes:
    """Ask which files an application holds; the answer is read by `digests`."""
    return _command(ins.READ_DIGESTS, application, 0x00, le=_EXTENDED_LE)


def digests(answer: bytes) -> dict[int, bytes]:
    """SHA-256 of each file by its identifier. Raises Malformed E_CARD_ANSWER_MALFORMED."""
    if len(answer) % _DIGEST:
        raise Malformed("E_CARD_ANSWER_MALFORMED")
    parts = (answer[start : start + _DIGEST] for start in range(0, len(answer), _DIGEST))
    return {int.from_bytes(part[:2], "big"): part[2:] for part in parts}


def set_code(application: int, pin_file: int, value: str) -> bytes:
    """Set a code that its holder cannot choose (birth, A, B); its tries are full again."""
    return _command(ins.SET_CODE, application, pin_file, data=value.encode("ascii"))


def terminate() -> bytes:
    """End the card for everybody but its issuer. Never undone."""
    return _command(ins.TERMINATE, 0x00, 0x00)


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


def public_keys(answer: bytes, slots: Collection[KeySlot]) -> dict[KeySlot, RSAPublicKey]:
    """The public keys in the answer to `new_keys`. Raises as `public_key`, also where none was made."""
    if len(answer) != len(slots) * ins.MODULUS_LENGTH:
        raise Malformed("E_CARD_ANSWER_MALFORMED")
    return {
        slot: public_key(answer[place * ins.MODULUS_LENGTH : (place + 1) * ins.MODULUS_LENGTH])
        for place, slot in enumerate(sorted(slots, key=_number))
    }


def card_report(answer: bytes) -> CardReport:
    """The answer to READ STATE: format, expiry YYYYMMDD (8), flags (01 terminated), two slots, the number.

    A slot is 66 bytes: flags (01 certificate, 02 pending key, 04 PIN set), tries left, two SHA-256 values.
    Raises Malformed E_CARD_ANSWER_MALFORMED.
    """
    try:
        if answer[0] != ins.STATE_FORMAT:
            raise ValueError("unknown format")
        expiry_date = date.fromisoformat(answer[1 : _REPORT_HEAD - 1].decode("ascii"))
        terminated = bool(answer[_REPORT_HEAD - 1] & ins.TERMINATED)
        slots, rest = {}, answer[_REPORT_HEAD:]
        for slot in KeySlot:
            slots[slot], rest = _slot_report(rest[:_SLOT_REPORT]), rest[_SLOT_REPORT:]
        return CardReport(CardNumber(rest.decode()), expiry_date, terminated, slots)
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


def _block_length(longest: int) -> int:
    """What fits into a protected command: whole blocks of ciphertext, one byte of padding, and the MAC."""
    return (longest - MAC_LENGTH) // BLOCK * BLOCK - 1


def _command(instruction: int, p1: int, p2: int, *, data: bytes = b"", le: int | None = None) -> bytes:
    return Command(_CLA, instruction, p1, p2, data, le).to_bytes()


def _number(slot: KeySlot) -> int:
    return LAYOUT[slot].number
