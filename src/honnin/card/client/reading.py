"""Reading whatever a card lets itself be read: whole files and data objects, by what a client knows.

Works for any card and any application of `known_files`. A refusal is an answer here and not an error: it
is shown beside the file. A PIN is sent only in the form that this kind of card has for it. Keeps no PIN.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from honnin.card import tlv
from honnin.card.apdu import Command, Response
from honnin.card.client.known_files import (
    BY_NAME,
    DATA_OBJECTS,
    KnownApplication,
    KnownFile,
)
from honnin.card.kinds.declaration import (
    ApplicationDeclaration,
    KindDeclaration,
    PinDeclaration,
    kind_labelled,
)
from honnin.card.secure_channel import ISSUER_AID
from honnin.card.status_word import StatusWord, card_error, tries_left_of
from honnin.card.token_information import LABEL_LENGTH
from honnin.card.transport import Transport
from honnin.errors import CardError

_JPKI = BY_NAME["jpki"]
_TOKEN = next(file for file in _JPKI.files if file.name == "token")
_BLOCK = 256
_OFFSET_MAX = 0x7FFF
_RECORD_NOT_FOUND = 0x6A83
_RECORDS_MAX = 254
# What can be a PIN at all: nobody knows the rule of a card that is not declared.
_ANY_PIN: Final = PinDeclaration("", re.compile("[!-~]{1,16}"), "1-16", "ASCII", 0)


@dataclass(frozen=True)
class Reading:
    """What came of reading one file: its bytes, or the status word by which the card refused."""

    file: KnownFile
    status_word: int
    data: bytes = b""

    @property
    def is_there(self) -> bool:
        return self.status_word == StatusWord.OK


class Reader:
    """Reads a card. Raises CardError E_CARD_REMOVED when it goes away."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._label: str | None = None

    def select(self, application: KnownApplication) -> int:
        """Select an application; 9000, or 6A82 where the card has none of that kind.

        Raises CardError E_CARD_DAMAGED when the chip cannot even do that.
        """
        return self._select(application.aid)

    def read(self, file: KnownFile) -> Reading:
        """A file of the selected application, to its end; the records of a record file one after another."""
        selected = self._select_file(file)
        if selected != StatusWord.OK:
            return Reading(file, selected)
        content = bytearray()
        while len(content) <= _OFFSET_MAX:
            answer = self._ask(Command(0x00, 0xB0, len(content) >> 8, len(content) & 0xFF, b"", _BLOCK))
            if answer.status_word == StatusWord.COMMAND_INCOMPATIBLE_WITH_FILE and not content:
                return self._read_records(file, answer.status_word)
            if answer.status_word not in (StatusWord.OK, StatusWord.END_OF_FILE):
                ended = answer.status_word == StatusWord.OFFSET_OUTSIDE_FILE
                return Reading(file, StatusWord.OK if ended else answer.status_word, bytes(content))
            content += answer.data
            if len(answer.data) < _BLOCK:
                break
        return Reading(file, StatusWord.OK, bytes(content))

    def token_label(self) -> str:
        """The kind of card, e.g. `JPKIAPICCTOKEN2`; empty for a card without JPKI.

        Selects JPKI when first asked: PINs are forgotten.
        """
        if self._label is None:
            there = self.select(_JPKI) == StatusWord.OK
            said = self.read(_TOKEN).data[:LABEL_LENGTH] if there else b""
            self._label = said.decode("ascii", "replace").rstrip(" \x00")
        return self._label

    def kind(self) -> KindDeclaration | None:
        """The kind of card; None for one that nobody has declared. Selects as `token_label`."""
        return kind_labelled(self.token_label())

    def declared(self, application: KnownApplication) -> ApplicationDeclaration | None:
        """An application as this kind of card has it. Selects as `token_label`."""
        there = self.kind()
        found = there.applications.values() if there else ()
        return next((each for each in found if each.aid == application.aid), None)

    def data_objects(self) -> Iterator[Reading]:
        """What the card says of itself while no application is selected (GET DATA)."""
        self._select(ISSUER_AID)
        for file in DATA_OBJECTS:
            answer = self._get_data(file.number, _BLOCK)
            if answer.status_word == StatusWord.WRONG_LENGTH:  # it is longer than a short answer
                answer = self._get_data(file.number, 65536)
            yield Reading(file, answer.status_word, answer.data)

    def tries_left(self, pin: KnownFile) -> int | None:
        """The tries of a PIN of the selected application; None where the card has no such PIN."""
        if self._select_file(pin) != StatusWord.OK:
            return None
        return tries_left_of(self._ask(Command(0x00, 0x20, 0x00, 0x80)).status_word)

    def verify(
        self, application: KnownApplication, pin: KnownFile, value: str, *, use_last_try: bool = False
    ) -> None:
        """Select an application and verify one of its PINs.

        Raises CardError E_PIN_FORMAT, E_PIN_ABSENT, E_PIN_LAST_TRY or E_PIN_TRIES_UNKNOWN (no PIN was sent),
        E_PIN_WRONG with `tries_left`, E_PIN_LOCKED, and others for what the card answers else.
        """
        declared = self.declared(application)
        form = declared.pins.get(pin.number) if declared else _ANY_PIN
        if form is None:
            raise CardError("E_PIN_ABSENT", pin=pin.name)
        encoded = form.encoded(value)
        if self.select(application) != StatusWord.OK:
            raise CardError("E_PIN_ABSENT", pin=pin.name)
        self._verify(pin, encoded, use_last_try=use_last_try)

    def change_pin(
        self,
        application: KnownApplication,
        pin: KnownFile,
        old: str,
        new: str,
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
        status_word = self._ask(Command(*declared.change_header, 0x80, encoded)).status_word
        if status_word != StatusWord.OK:
            raise card_error(status_word)

    def require_changeable(self, application: KnownApplication, pin: KnownFile) -> ApplicationDeclaration:
        """Find out before a PIN is asked for. Raises CardError E_PIN_ABSENT, E_CARD_KIND_UNKNOWN.

        Selects as `token_label`.
        """
        if self.kind() is None:
            raise CardError("E_CARD_KIND_UNKNOWN", label=self.token_label() or "–")
        declared = self.declared(application)
        if declared is None or pin.number not in declared.pins or self.select(application) != StatusWord.OK:
            raise CardError("E_PIN_ABSENT", pin=pin.name)
        return declared

    def _verify(self, pin: KnownFile, encoded: bytes, *, use_last_try: bool) -> None:
        tries_left = self.tries_left(pin)
        if tries_left == 0:
            raise CardError("E_PIN_LOCKED")
        if tries_left == 1 and not use_last_try:
            raise CardError("E_PIN_LAST_TRY", tries_left=1)
        if tries_left is None and not use_last_try:
            raise CardError("E_PIN_TRIES_UNKNOWN")
        status_word = self._ask(Command(0x00, 0x20, 0x00, 0x80, encoded)).status_word
        tries_left = tries_left_of(status_word)
        if tries_left:
            raise CardError("E_PIN_WRONG", tries_left=tries_left)
        if tries_left == 0:
            raise CardError("E_PIN_LOCKED")
        if status_word != StatusWord.OK:
            raise card_error(status_word)

    def _read_records(self, file: KnownFile, refusal: int) -> Reading:
        content = b""
        for number in range(1, _RECORDS_MAX + 1):
            answer = self._ask(Command(0x00, 0xB2, number, 0x04, b"", _BLOCK))
            if answer.status_word != StatusWord.OK:
                if number > 1 or answer.status_word == _RECORD_NOT_FOUND:
                    return Reading(file, StatusWord.OK, content)
                closed = answer.status_word == StatusWord.SECURITY_STATUS_NOT_SATISFIED
                return Reading(file, answer.status_word if closed else refusal)
            content += answer.data
        return Reading(file, StatusWord.OK, content)

    def _select(self, aid: bytes) -> int:
        status_word = self._ask(Command(0x00, 0xA4, 0x04, 0x0C, aid)).status_word
        if status_word == StatusWord.EXECUTION_ERROR:
            raise card_error(status_word)
        return status_word

    def _select_file(self, file: KnownFile) -> int:
        return self._ask(Command(0x00, 0xA4, 0x02, 0x0C, file.number.to_bytes(2, "big"))).status_word

    def _get_data(self, tag: int, le: int) -> Response:
        return self._ask(Command(0x00, 0xCA, tag >> 8, tag & 0xFF, b"", le))

    def _ask(self, command: Command) -> Response:
        return Response.parse(self._transport.transmit(command.to_bytes()))


_TAG_LENGTH: Final = 2
_ATTRIBUTES = {0xDF22: "name", 0xDF23: "address", 0xDF24: "birth", 0xDF25: "sex"}


def attributes(data: bytes) -> dict[str, str]:
    """Name, address, birth date and sex from the file of the text application that holds them.

    Each is a TLV within one outer TLV. What cannot be read is left out: the card may be of any make.
    """
    found: dict[str, str] = {}
    outer = next(tlv.elements(data, _TAG_LENGTH), None)
    for tag, value in tlv.elements(outer[1] if outer else b"", _TAG_LENGTH):
        if tag in _ATTRIBUTES:
            found[_ATTRIBUTES[tag]] = value.decode("utf-8", "replace")
    return found
