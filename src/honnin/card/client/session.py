"""The other side of the card: what a client asks of it, over any transport.

Checks the form of a PIN before it is sent, by the rule of the kind of card that is there, so that a typing
slip costs no try; reads the tries before every VERIFY, and never spends the last one unless told to.
Raises CardError for what the card says no to. Keeps no PIN.
"""

from collections.abc import Iterable
from datetime import date
from hashlib import sha256
from typing import Final

from honnin.card import tlv
from honnin.card.apdu import Command, Response
from honnin.card.client.known_files import CARD_NUMBER_TAG, EXPIRY_TAG
from honnin.card.kinds.declaration import NUMBER_CARD, KindDeclaration, SlotLayout, kind, kind_labelled
from honnin.card.kinds.slot import KeySlot
from honnin.card.secure_channel import ISSUER_AID
from honnin.card.status_word import StatusWord, card_error, tries_left_of
from honnin.card.token_information import LABEL_LENGTH
from honnin.card.transport import Transport
from honnin.errors import CardError
from honnin.translation import Sentence

# DigestInfo of SHA-256 up to the digest (RFC 8017, 9.2 note 1).
SHA256_DIGEST_INFO: Final = bytes.fromhex("3031300D060960864801650304020105000420")
_BLOCK: Final = 256
_HEAD: Final = 4  # of a certificate: tag and length
_JPKI: Final = kind(NUMBER_CARD).applications["jpki"]
_TOKEN_FILE: Final = 0x0006
_PRESENCE_FILE: Final = 0x0008


def relay(transport: Transport, commands: Iterable[bytes]) -> tuple[bytes, ...]:
    """Send commands made elsewhere and collect the answers, up to and with the first that is not 9000."""
    answers: list[bytes] = []
    for command in commands:
        answers.append(transport.transmit(command))
        if answers[-1][-2:] != b"\x90\x00":
            break
    return tuple(answers)


class CardSession:
    """A conversation with one card. Select the application first: `select_jpki()`.

    Which kind of card it is, the card is asked once, when that first matters. What is done with a slot raises
    CardError E_CARD_SLOT_ABSENT where cards of that kind have no such slot; nothing was sent to it then.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._kind: KindDeclaration | None = None

    def card_number(self) -> str:
        """The number that names the card to its issuer. Leaves the JPKI application: PINs are forgotten."""
        return self._card_data(CARD_NUMBER_TAG).decode("ascii", "replace")

    def expiry_date(self) -> date:
        """The card's last day. Leaves the JPKI application: PINs are forgotten."""
        return date.fromisoformat(self._card_data(EXPIRY_TAG).decode("ascii", "replace"))

    def select_jpki(self) -> None:
        """Select the holder's application. Raises CardError E_CARD_UNSUPPORTED when the card has none.

        Selecting again forgets every verified PIN: that is how to log out.
        """
        self._kind = None  # it may be another card by now
        self._select_application(_JPKI.aid)

    def token_label(self) -> str:
        """The kind of card, e.g. `JPKIAPICCTOKEN2` for the number card."""
        self._select_file(_TOKEN_FILE)
        label = self._ask(Command(0x00, 0xB0, 0x00, 0x00, b"", LABEL_LENGTH))
        return label.decode("ascii", "replace").rstrip(" \x00")

    def kind(self) -> KindDeclaration:
        """The kind of card. One of a kind that nobody knows is taken for a number card."""
        if self._kind is None:
            self._kind = kind_labelled(self.token_label()) or kind(NUMBER_CARD)
        return self._kind

    def certificates_present(self) -> frozenset[KeySlot]:
        """The slots that hold a certificate."""
        self._select_file(_PRESENCE_FILE)
        presence = self._ask(Command(0x00, 0xB0, 0x00, 0x00, b"", 3))
        return frozenset(slot for slot, flag in zip(KeySlot, presence, strict=False) if flag)

    def tries_left(self, slot: KeySlot) -> int:
        """How often the PIN may still be wrong; 0 when it is blocked or was never set. Costs nothing."""
        self._select_file(self._layout(slot).pin_file)
        status_word = self._transmit(Command(0x00, 0x20, 0x00, 0x80)).status_word
        tries_left = tries_left_of(status_word)
        if tries_left is None:
            raise card_error(status_word)
        return tries_left

    def verify_pin(self, slot: KeySlot, pin: str, *, use_last_try: bool = False) -> None:
        """Verify a PIN.

        Raises CardError: E_PIN_FORMAT (nothing was sent), E_PIN_LAST_TRY (one try is left and `use_last_try`
        is not set; nothing was spent), E_PIN_WRONG with `tries_left`, E_PIN_LOCKED.
        """
        encoded = self._layout(slot).pin.encoded(pin)
        tries_left = self.tries_left(slot)
        if tries_left == 0:
            raise CardError("E_PIN_LOCKED")
        if tries_left == 1 and not use_last_try:
            raise CardError("E_PIN_LAST_TRY", tries_left=1)
        self._verify(encoded)

    def change_pin(self, slot: KeySlot, old: str, new: str, *, use_last_try: bool = False) -> None:
        """Replace a PIN by another. Raises as `verify_pin`; a malformed new PIN is refused before all."""
        encoded = self._layout(slot).pin.encoded(new)
        self.verify_pin(slot, old, use_last_try=use_last_try)
        self._ask(Command(0x00, 0x24, 0x01, 0x80, encoded))

    def set_authorised_pin(self, application: str, pin_file: int, new: str) -> None:
        """Set a PIN by the issuer's permission (`issuing.authorise_pin`), without the old one.

        The PIN is named as a number card declares it, and its application stays selected. Raises CardError
        E_PIN_FORMAT, E_PIN_REQUIRED or E_PIN_LOCKED when there is no permission, E_CARD_UNSUPPORTED where the
        card lacks the application.
        """
        declared = kind(NUMBER_CARD).applications[application]
        encoded = declared.pins[pin_file].encoded(new)
        self._select_application(declared.aid)
        self._select_file(pin_file)
        self._ask(Command(*declared.change_header, 0x80, encoded))

    def read_certificate(self, slot: KeySlot) -> bytes:
        """The holder's certificate, DER. The signature certificate needs its PIN verified.

        Raises CardError E_PIN_REQUIRED, E_CERTIFICATE_ABSENT.
        """
        return self._read_object(self._layout(slot).certificate_file)

    def read_ca_certificate(self, slot: KeySlot) -> bytes:
        """The certificate of the CA that issued the slot's certificate, DER. Raises E_CERTIFICATE_ABSENT."""
        return self._read_object(self._layout(slot).ca_certificate_file)

    def sign(self, slot: KeySlot, digest_info: bytes) -> bytes:
        """Sign a DER DigestInfo with PKCS#1 v1.5: 256 bytes. Raises CardError E_PIN_REQUIRED."""
        self._select_file(self._layout(slot).key_file)
        return self._ask(Command(0x80, 0x2A, 0x00, 0x80, digest_info, _BLOCK))

    def sign_sha256(self, slot: KeySlot, data: bytes) -> bytes:
        """sha256WithRSAEncryption over `data`; hashed here, so its length does not matter."""
        return self.sign(slot, SHA256_DIGEST_INFO + sha256(data).digest())

    def _layout(self, slot: KeySlot) -> SlotLayout:
        layout = self.kind().slots.get(slot)
        if layout is None:
            raise CardError("E_CARD_SLOT_ABSENT", slot=Sentence(slot.value))
        return layout

    def _verify(self, encoded: bytes) -> None:
        status_word = self._transmit(Command(0x00, 0x20, 0x00, 0x80, encoded)).status_word
        if status_word == StatusWord.OK:
            return
        tries_left = tries_left_of(status_word)
        if tries_left is None:
            raise card_error(status_word)
        if tries_left == 0:
            raise CardError("E_PIN_LOCKED")
        raise CardError("E_PIN_WRONG", tries_left=tries_left)

    def _read_object(self, file: int) -> bytes:
        """A DER object from the start of a file; what follows it is filler."""
        self._select_file(file)
        start = self._transmit(Command(0x00, 0xB0, 0x00, 0x00, b"", _HEAD))
        if start.status_word == StatusWord.OFFSET_OUTSIDE_FILE:
            raise CardError("E_CERTIFICATE_ABSENT")
        content = bytearray(_data(start))
        size = tlv.certificate_length(bytes(content))
        if size is None:
            raise CardError("E_CERTIFICATE_ABSENT")
        while len(content) < size:
            offset, wanted = len(content), min(_BLOCK, size - len(content))
            content += self._ask(Command(0x00, 0xB0, offset >> 8, offset & 0xFF, b"", wanted))
        return bytes(content)

    def _card_data(self, tag: int) -> bytes:
        self._select_application(ISSUER_AID)
        return self._ask(Command(0x00, 0xCA, tag >> 8, tag & 0xFF, b"", _BLOCK))

    def _select_application(self, aid: bytes) -> None:
        status_word = self._transmit(Command(0x00, 0xA4, 0x04, 0x0C, aid)).status_word
        if status_word == StatusWord.FILE_NOT_FOUND:
            raise CardError("E_CARD_UNSUPPORTED")
        if status_word != StatusWord.OK:
            raise card_error(status_word)

    def _select_file(self, file: int) -> None:
        self._ask(Command(0x00, 0xA4, 0x02, 0x0C, file.to_bytes(2, "big")))

    def _ask(self, command: Command) -> bytes:
        return _data(self._transmit(command))

    def _transmit(self, command: Command) -> Response:
        return Response.parse(self._transport.transmit(command.to_bytes()))


def _data(response: Response) -> bytes:
    if response.status_word not in (StatusWord.OK, StatusWord.END_OF_FILE):
        raise card_error(response.status_word)
    return response.data
