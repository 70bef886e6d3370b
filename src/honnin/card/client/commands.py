"""The commands of ISO/IEC 7816-4 as a client sends them: choose an application and a file, read, ask."""

from typing import Final

from honnin.card import tlv
from honnin.card.apdu import SHORT_LE_MAX, Command, Response
from honnin.card.secure_channel import ISSUER_AID
from honnin.card.status_word import StatusWord, card_error
from honnin.card.transport import Transport
from honnin.errors import CardError

_CERTIFICATE_HEAD: Final = 4  # tag and length


class CardCommands:
    """What every client does with one card over its transport; remembers which application it selected."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._selected: bytes | None = None  # the application, if it was selected here

    def _read_certificate(self, file: int) -> bytes:
        """A certificate from the start of a file; what follows it is filler."""
        self._require_file(file)
        head = self._ask(Command(0x00, 0xB0, 0x00, 0x00, b"", _CERTIFICATE_HEAD))
        if head.status_word == StatusWord.OFFSET_OUTSIDE_FILE:
            raise CardError("E_CERTIFICATE_ABSENT")
        content = bytearray(data_of(head))
        size = tlv.certificate_length(bytes(content))
        if size is None:
            raise CardError("E_CERTIFICATE_ABSENT")
        while len(content) < size:
            offset, wanted = len(content), min(SHORT_LE_MAX, size - len(content))
            answer = self._ask(Command(0x00, 0xB0, offset >> 8, offset & 0xFF, b"", wanted))
            content += data_of(answer)
            if len(content) == offset:
                raise CardError("E_CARD_ANSWER", status_word=f"{answer.status_word:04X}")
        return bytes(content)

    def _card_data(self, tag: int) -> bytes:
        self._require_application(ISSUER_AID)
        return data_of(self._get_data(tag, SHORT_LE_MAX))

    def _get_data(self, tag: int, le: int) -> Response:
        return self._ask(Command(0x00, 0xCA, tag >> 8, tag & 0xFF, b"", le))

    def _require_application(self, aid: bytes) -> None:
        status_word = self._select(aid)
        if status_word == StatusWord.FILE_NOT_FOUND:
            raise CardError("E_CARD_UNSUPPORTED")
        if status_word != StatusWord.OK:
            raise card_error(status_word)

    def _select(self, aid: bytes) -> int:
        before, self._selected = self._selected, None
        status_word = self._ask(Command(0x00, 0xA4, 0x04, 0x0C, aid)).status_word
        if status_word == StatusWord.EXECUTION_ERROR:
            raise card_error(status_word)
        self._selected = aid if status_word == StatusWord.OK else before
        return status_word

    def _require_file(self, file: int) -> None:
        if (status_word := self._select_file(file)) not in (StatusWord.OK, StatusWord.END_OF_FILE):
            raise card_error(status_word)

    def _select_file(self, file: int) -> int:
        return self._ask(Command(0x00, 0xA4, 0x02, 0x0C, file.to_bytes(2, "big"))).status_word

    def _ask(self, command: Command) -> Response:
        return Response.parse(self._transport.transmit(command.to_bytes()))


def data_of(response: Response) -> bytes:
    """The data of an answer. Raises CardError for one that says that something failed."""
    if response.status_word not in (StatusWord.OK, StatusWord.END_OF_FILE):
        raise card_error(response.status_word)
    return response.data
