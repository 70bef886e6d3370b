"""One session with one card, over any transport, for everybody who uses cards.

By key slots, to sign and to log in; by applications, files and PINs of `known_files`, on a card of any make;
and by bytes. In each of these ways no PIN is sent in a form that this kind of card does not have, so that a
typing slip costs no try, and no last try is spent unless that is asked for (`tries`). Keeps no PIN.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from hashlib import sha256
from typing import Final

from honnin.card.apdu import EXTENDED_LE_MAX, SHORT_LE_MAX, Command
from honnin.card.client.commands import CardCommands, data_of
from honnin.card.client.files import Reading, read_current
from honnin.card.client.known_files import (
    BY_NAME,
    CARD_NUMBER_TAG,
    DATA_OBJECTS,
    EXPIRY_TAG,
    KnownApplication,
    KnownFile,
)
from honnin.card.client.tries import is_refused, question, require_more_than_one, spends_a_try
from honnin.card.kinds.declaration import (
    NUMBER_CARD,
    ApplicationDeclaration,
    KeySlot,
    KindDeclaration,
    PinDeclaration,
    SlotLayout,
    kind,
    kind_labelled,
)
from honnin.card.secure_channel import ISSUER_AID
from honnin.card.status_word import StatusWord, card_error, tries_left_of
from honnin.card.tlv import malformed
from honnin.card.token_information import LABEL_LENGTH
from honnin.card.transport import Transport
from honnin.errors import CardError
from honnin.identifiers import CardNumber
from honnin.pin import Pin
from honnin.translation import Sentence

# DigestInfo of SHA-256 up to the digest (RFC 8017, 9.2 note 1).
SHA256_DIGEST_INFO: Final = bytes.fromhex("3031300D060960864801650304020105000420")
_JPKI: Final = BY_NAME["jpki"]
_TOKEN, _PRESENCE = (
    next(file for file in _JPKI.files if file.name == name) for name in ("token", "presence")
)
_CURRENT: Final = 0x80  # P2: the file that is selected
# What can be a PIN at all: nobody knows the rule of a card that is not declared.
_ANY_PIN: Final = PinDeclaration("", re.compile("[!-~]{1,16}"), "1-16", "ASCII", 0)


def relay(transport: Transport, commands: Iterable[bytes]) -> tuple[bytes, ...]:
    """Send commands made elsewhere and collect the answers, up to and with the first that is not 9000."""
    answers: list[bytes] = []
    for command in commands:
        answers.append(transport.transmit(command))
        if answers[-1][-2:] != b"\x90\x00":
            break
    return tuple(answers)


class CardSession(CardCommands):
    """A session with one card. What concerns a slot needs its application selected: `select_jpki()`.

    Which kind of card it is, the card is asked once, when that first matters. What is done with a slot raises
    CardError E_CARD_SLOT_ABSENT where cards of that kind have no such slot; nothing was sent to it then.
    Everything raises CardError E_CARD_REMOVED when the card goes away.
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        self._label: str | None = None
        self._kind: KindDeclaration | None = None

    def transmit(self, command: bytes, *, use_last_try: bool = False) -> bytes:
        """Send any bytes, for callers that know what they mean.

        Raises CardError E_PIN_LAST_TRY or E_PIN_TRIES_UNKNOWN (as `tries`) unless `use_last_try`; then the
        command was not sent.
        """
        if not use_last_try and spends_a_try(command):
            answer = self._transport.transmit(question(command))
            require_more_than_one(int.from_bytes(answer[-2:], "big"))
        self._selected = None
        return self._transport.transmit(command)

    # — What identifies the card ————————————————————————————————————————————————————————————————————

    def card_number(self) -> CardNumber:
        """The number that names the card to its issuer. Leaves the application: PINs are forgotten.

        Raises Malformed E_CARD_RECORD_MALFORMED for what is no number of a card.
        """
        try:
            return CardNumber.checked(self._card_data(CARD_NUMBER_TAG).decode("ascii"))
        except ValueError:
            raise malformed("number") from None

    def expiry_date(self) -> date:
        """The card's last day. Leaves the application: PINs are forgotten.

        Raises Malformed E_CARD_RECORD_MALFORMED for what is no day.
        """
        try:
            return date.fromisoformat(self._card_data(EXPIRY_TAG).decode("ascii"))
        except ValueError:
            raise malformed("expiry") from None

    def data_objects(self) -> Iterator[Reading]:
        """What the card says while no application is selected (GET DATA). Leaves the application."""
        self._select(ISSUER_AID)
        for file in DATA_OBJECTS:
            answer = self._get_data(file.number, SHORT_LE_MAX)
            if answer.status_word == StatusWord.WRONG_LENGTH:  # it is longer than a short answer
                answer = self._get_data(file.number, EXTENDED_LE_MAX)
            yield Reading(file, answer.status_word, answer.data)

    def token_label(self) -> str:
        """The kind of card, e.g. `JPKIAPICCTOKEN2`; empty for a card without one.

        Selects JPKI when first asked, unless it is selected: PINs are forgotten.
        """
        if self._label is None:
            there = self._selected == _JPKI.aid or self.select(_JPKI) == StatusWord.OK
            label = self.read(_TOKEN).data[:LABEL_LENGTH] if there else b""
            self._label = label.decode("ascii", "replace").rstrip(" \x00")
            self._kind = kind_labelled(self._label)
        return self._label

    def kind(self) -> KindDeclaration | None:
        """The kind of card; None for one that nobody has declared. Selects as `token_label`."""
        self.token_label()
        return self._kind

    def declared(self, application: KnownApplication) -> ApplicationDeclaration | None:
        """An application as this kind of card has it. Selects as `token_label`."""
        present = self.kind()
        found = present.applications.values() if present else ()
        return next((each for each in found if each.aid == application.aid), None)

    # — Applications and files ————————————————————————————————————————————————————————————————————————

    def select_jpki(self) -> None:
        """Select the holder's application. Raises CardError E_CARD_UNSUPPORTED when the card has none.

        Selecting again forgets every verified PIN: that is how to log out.
        """
        self._label = None  # it may be another card by now
        self._require_application(_JPKI.aid)

    def select(self, application: KnownApplication) -> int:
        """Select an application; 9000, or 6A82 where the card has none of that kind.

        Raises CardError E_CARD_DAMAGED when the chip cannot even do that.
        """
        return self._select(application.aid)

    def read(self, file: KnownFile) -> Reading:
        """A file of the selected application, to its end; the records of a record file one after another."""
        selected = self._select_file(file.number)
        return read_current(self._ask, file) if selected == StatusWord.OK else Reading(file, selected)

    def certificates_present(self) -> frozenset[KeySlot]:
        """The slots that hold a certificate."""
        presence = self.read(_PRESENCE)
        if not presence.is_there:
            raise card_error(presence.status_word)
        return frozenset(slot for slot, flag in zip(KeySlot, presence.data, strict=False) if flag)

    def read_certificate(self, slot: KeySlot) -> bytes:
        """The holder's certificate, DER. The signature certificate needs its PIN verified.

        Raises CardError E_PIN_REQUIRED, E_CERTIFICATE_ABSENT.
        """
        return self._read_certificate(self._layout(slot).certificate_file)

    def read_ca_certificate(self, slot: KeySlot) -> bytes:
        """The certificate of the CA that issued the slot's certificate, DER. Raises E_CERTIFICATE_ABSENT."""
        return self._read_certificate(self._layout(slot).ca_certificate_file)

    # — PINs of slots —————————————————————————————————————————————————————————————————————————————————

    def tries_left(self, slot: KeySlot) -> int:
        """How often the PIN may still be wrong; 0 when it is blocked or was never set. Costs nothing."""
        self._require_file(self._layout(slot).pin_file)
        status_word = self._tries_word()
        tries_left = tries_left_of(status_word)
        if tries_left is None:
            raise card_error(status_word)
        return tries_left

    def require_usable(self, slot: KeySlot) -> None:
        """Before its PIN is asked for. Raises CardError E_CERTIFICATE_ABSENT, or E_PIN_LOCKED for a PIN that
        is blocked or was never set. Costs nothing.
        """
        layout = self._layout(slot)
        if slot in self._empty_slots():
            raise CardError("E_CERTIFICATE_ABSENT")
        self._require_file(layout.pin_file)
        if tries_left_of(self._tries_word()) == 0:
            raise CardError("E_PIN_LOCKED")

    def verify_pin(self, slot: KeySlot, pin: Pin, *, use_last_try: bool = False) -> None:
        """Verify a PIN.

        Raises CardError: E_PIN_FORMAT (nothing was sent); E_PIN_LAST_TRY (one try is left and `use_last_try`
        is not set) or E_PIN_TRIES_UNKNOWN (no PIN was sent); E_PIN_WRONG with `tries_left`; E_PIN_LOCKED, or
        E_CERTIFICATE_ABSENT for a PIN that was never set since there is nothing to use it for.
        """
        layout = self._layout(slot)
        encoded = layout.pin.encoded(pin)
        self._require_file(layout.pin_file)
        self._verify(encoded, f"{slot}-pin", use_last_try=use_last_try)

    def change_pin(self, slot: KeySlot, old: Pin, new: Pin, *, use_last_try: bool = False) -> None:
        """Replace a PIN by another. Raises as `verify_pin`; a malformed new PIN is refused before all."""
        encoded = self._layout(slot).pin.encoded(new)
        self.verify_pin(slot, old, use_last_try=use_last_try)
        self._set_current_pin(self.declared(_JPKI) or _of_number_card(_JPKI.name), encoded)

    # — PINs of any application ———————————————————————————————————————————————————————————————————————

    def tries_left_of(self, pin: KnownFile) -> int | None:
        """The tries of a PIN of the selected application; None where the card has no such PIN."""
        if self._select_file(pin.number) != StatusWord.OK:
            return None
        return tries_left_of(self._tries_word())

    def verify(
        self, application: KnownApplication, pin: KnownFile, value: Pin, *, use_last_try: bool = False
    ) -> None:
        """Select an application and verify one of its PINs.

        Raises as `verify_pin`, and CardError E_PIN_ABSENT.
        """
        declared = self.declared(application)
        form = declared.pins.get(pin.number) if declared else _ANY_PIN
        if form is None:
            raise CardError("E_PIN_ABSENT", pin=pin.name)
        encoded = form.encoded(value)
        if self.select(application) != StatusWord.OK or self._select_file(pin.number) != StatusWord.OK:
            raise CardError("E_PIN_ABSENT", pin=pin.name)
        self._verify(encoded, pin.name if application is _JPKI else "", use_last_try=use_last_try)

    def change(
        self,
        application: KnownApplication,
        pin: KnownFile,
        old: Pin,
        new: Pin,
        *,
        use_last_try: bool = False,
    ) -> None:
        """Replace a PIN by another, as this kind of card has it done.

        Raises as `verify`, and CardError E_CARD_KIND_UNKNOWN for a card of which nobody knows how. A new PIN
        that is malformed is refused before all.
        """
        declared = self.require_changeable(application, pin)
        encoded = declared.pins[pin.number].encoded(new)
        self.verify(application, pin, old, use_last_try=use_last_try)
        self._set_current_pin(declared, encoded)

    def require_changeable(self, application: KnownApplication, pin: KnownFile) -> ApplicationDeclaration:
        """Find out before a PIN is asked for. Raises CardError E_PIN_ABSENT, E_CARD_KIND_UNKNOWN,
        and as `require_usable`.

        Selects as `token_label`.
        """
        if self.kind() is None:
            raise CardError("E_CARD_KIND_UNKNOWN", label=self.token_label() or "–")
        declared = self.declared(application)
        if declared is None or pin.number not in declared.pins or self.select(application) != StatusWord.OK:
            raise CardError("E_PIN_ABSENT", pin=pin.name)
        self.require_pin_usable(application, pin)
        return declared

    def require_pin_usable(self, application: KnownApplication, pin: KnownFile) -> None:
        """Before a PIN of the selected application is asked for, as `require_usable`; it stays selected."""
        if self.tries_left_of(pin) == 0:
            raise self._without_tries(pin.name if application is _JPKI else "")

    def unused_pins(self) -> frozenset[str]:
        """The PINs whose certificate is not on the card, by name, as far as it says so. Selects JPKI."""
        return self._unused_pins() if self.select(_JPKI) == StatusWord.OK else frozenset()

    def set_authorised_pin(self, application: str, pin_file: int, new: Pin) -> None:
        """Set a PIN by the issuer's permission (AUTHORISE PIN SETTING), without the old one.

        The PIN is named as a number card declares it, and its application stays selected. Raises CardError
        E_PIN_FORMAT, E_PIN_REQUIRED or E_PIN_LOCKED when there is no permission, E_CARD_UNSUPPORTED where the
        card lacks the application.
        """
        declared = _of_number_card(application)
        encoded = declared.pins[pin_file].encoded(new)
        self._require_application(declared.aid)
        self._require_file(pin_file)
        self._set_current_pin(declared, encoded)

    # — Signatures ————————————————————————————————————————————————————————————————————————————————————

    def sign(self, slot: KeySlot, digest_info: bytes) -> bytes:
        """Sign a DER DigestInfo with PKCS#1 v1.5: 256 bytes. Raises CardError E_PIN_REQUIRED."""
        self._require_file(self._layout(slot).key_file)
        return data_of(self._ask(Command(0x80, 0x2A, 0x00, _CURRENT, digest_info, SHORT_LE_MAX)))

    def sign_sha256(self, slot: KeySlot, data: bytes) -> bytes:
        """sha256WithRSAEncryption over `data`; hashed here, so its length does not matter."""
        return self.sign(slot, SHA256_DIGEST_INFO + sha256(data).digest())

    # — PINs and slots within —————————————————————————————————————————————————————————————————————————

    def _empty_slots(self) -> frozenset[KeySlot]:
        """The slots without a certificate; none where a card of another make does not tell."""
        flags = self.read(_PRESENCE).data
        return frozenset(slot for slot, flag in zip(KeySlot, flags, strict=False) if not flag)

    def _layout(self, slot: KeySlot) -> SlotLayout:
        """The layout of a slot. A card of an unknown kind is treated as a number card."""
        layout = (self.kind() or kind(NUMBER_CARD)).slots.get(slot)
        if layout is None:
            raise CardError("E_CARD_SLOT_ABSENT", slot=Sentence(slot.value))
        return layout

    def _without_tries(self, pin: str) -> CardError:
        """What is wrong with a PIN of JPKI, by name, or another (empty): never set where nothing needs it."""
        return CardError("E_CERTIFICATE_ABSENT" if pin and pin in self._unused_pins() else "E_PIN_LOCKED")

    def _unused_pins(self) -> frozenset[str]:
        return frozenset(f"{slot}-pin" for slot in self._empty_slots())

    def _verify(self, encoded: bytes, pin: str, *, use_last_try: bool) -> None:
        """VERIFY of the current file, if a try may be spent on it; `pin` as `_without_tries`."""
        status_word = self._tries_word()
        if tries_left_of(status_word) == 0:
            raise self._without_tries(pin)
        if is_refused(status_word):
            raise card_error(status_word)
        if not use_last_try:
            require_more_than_one(status_word)
        status_word = self._ask(Command(0x00, 0x20, 0x00, _CURRENT, encoded)).status_word
        tries_left = tries_left_of(status_word)
        if tries_left:
            raise CardError("E_PIN_WRONG", tries_left=tries_left)
        if tries_left == 0:
            raise CardError("E_PIN_LOCKED")
        if status_word != StatusWord.OK:
            raise card_error(status_word)

    def _tries_word(self) -> int:
        """What the card answers when it is asked for the tries of the current file."""
        return self._ask(Command(0x00, 0x20, 0x00, _CURRENT)).status_word

    def _set_current_pin(self, declared: ApplicationDeclaration, encoded: bytes) -> None:
        data_of(self._ask(Command(*declared.change_header, _CURRENT, encoded)))


def _of_number_card(application: str) -> ApplicationDeclaration:
    return kind(NUMBER_CARD).applications[application]
