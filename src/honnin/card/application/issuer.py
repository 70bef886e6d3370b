"""The issuer security domain: how a card gets its keys and certificates and how a PIN is set anew.

The issuer's commands of the real card are not published. Ours run inside an SCP03 channel (level 33 only)
with keys of this one card; whoever carries the bytes learns nothing and can change nothing. Keys are made
on the card and never leave it, and the issuer never learns a PIN: it only permits that one be set.

Our choice, all with CLA 84 inside the channel; the slot is 01 signature, 02 authentication; applications have
numbers in their declaration:

====  ====  ====  =============================================  ==========================================
INS   P1    P2    command and data                               answer
====  ====  ====  =============================================  ==========================================
46    80    slot  GENERATE KEY PAIR: makes a pending key         modulus (256), exponent is 65537; Le extended
46    81    slot  the public key that is pending                 the same; 6A88 when none is pending
E2    slot  n     WRITE CERTIFICATE, block n (1 to 239 bytes)    block 0 starts anew; another order is 6A86
E2    1x    n     WRITE CA CERTIFICATE of slot x, block n        the same
44    00    slot  ACTIVATE: pending key + what was written       6A80 when they do not belong together
E4    00    slot  REMOVE key and certificates, pending ones too  9000, also when the slot is empty
54    app   pin   AUTHORISE PIN SETTING                          volatile; used up by the PIN that is set
D6    app   file  WRITE FILE: offset (2), piece                  volatile; offset 0 begins anew, a gap is 6A86
DC    00    00    CONFIRM FILES: SHA-256 over all written        in force together; 6A80 when it is another
56    app   code  SET CODE that a holder cannot choose           tries full; 6A80 for another form
F4    app   00    READ DIGESTS of the application's files        identifier (2), SHA-256 (32); Le extended
E6    00    00    TERMINATE                                      never undone; other applications become 6A82
F2    00    00    READ STATE                                     see `issuing.card_report`
====  ====  ====  =============================================  ==========================================

Without a channel: INITIALIZE UPDATE, EXTERNAL AUTHENTICATE, GET CHALLENGE, and GET DATA of the card number
(0045) and the expiry date (00F2). A plain issuer command, or a wrong MAC, closes the channel.
"""

from collections.abc import Callable, Mapping
from typing import Final

from honnin.card import scp03
from honnin.card.apdu import Command, Response
from honnin.card.application.challenge import get_challenge
from honnin.card.application.personalisation import KeySource, Personalisation
from honnin.card.memory import Memory
from honnin.card.secure_channel import (
    EXTERNAL_AUTHENTICATE,
    INITIALIZE_UPDATE,
    ISSUER_AID,
    SECURITY_LEVEL,
    CardChannel,
)
from honnin.card.status_word import CommandRejected, StatusWord

CARD_NUMBER_TAG: Final = 0x0045
EXPIRY_TAG: Final = 0x00F2
SEQUENCE_COUNTER_MAX: Final = 0xFFFFFF
_SCP03_OPTIONS: Final = 0x70  # pseudo-random challenge, R-MAC, R-ENCRYPTION
_DIVERSIFICATION_LENGTH: Final = 10
_PROTECTED: Final = 0x84


class IssuerDomain:
    """Answers the issuer. Selected after a reset; selecting it again closes the channel."""

    aid = ISSUER_AID

    def __init__(self, memory: Memory, generate_key: KeySource) -> None:
        self._memory = memory
        self._personalisation = Personalisation(memory, generate_key)
        self._channel: CardChannel | None = None
        self._open_commands: Mapping[tuple[int, int], Callable[[Command], Response]] = {
            (0x00, 0xA4): self._select_file,
            (0x00, 0x84): get_challenge,
            (0x00, 0xCA): self._get_data,
            (0x80, INITIALIZE_UPDATE): self._initialize_update,
            (_PROTECTED, EXTERNAL_AUTHENTICATE): self._external_authenticate,
        }

    def begin(self) -> None:
        self._close()

    def execute(self, command: Command) -> Response:
        execute = self._open_commands.get((command.cla, command.ins))
        if execute is not None:
            return execute(command)
        if command.cla == _PROTECTED:
            return self._execute_protected(command)
        if command.cla == 0x80 and self._personalisation.knows(command.ins):
            self._close()
            raise CommandRejected(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        raise CommandRejected(StatusWord.INSTRUCTION_NOT_SUPPORTED)

    def _execute_protected(self, command: Command) -> Response:
        channel = self._channel
        if channel is None or not channel.is_open:
            raise CommandRejected(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        try:
            plain = channel.unprotect(command)
        except CommandRejected:
            self._close()
            raise
        return channel.protect(self._personalisation.execute(plain))

    def _initialize_update(self, command: Command) -> Response:
        """INITIALIZE UPDATE (Amendment D, 7.1.1): the card's challenge and its proof of the keys."""
        self._close()
        if command.p1 not in (0x00, scp03.KEY_VERSION):
            raise CommandRejected(StatusWord.REFERENCED_DATA_NOT_FOUND)
        if command.p2:
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        if len(command.data) != scp03.CHALLENGE_LENGTH:
            raise CommandRejected(StatusWord.WRONG_LENGTH)
        state = self._memory.state
        if state.sequence_counter > SEQUENCE_COUNTER_MAX:
            raise CommandRejected(StatusWord.CONDITIONS_NOT_SATISFIED)
        challenge = scp03.card_challenge(state.issuer_keys, state.sequence_counter, self.aid)
        self._channel = CardChannel(state.issuer_keys, command.data, challenge)
        diversification = state.card_number.encode()[-_DIVERSIFICATION_LENGTH:]
        return Response(
            diversification.rjust(_DIVERSIFICATION_LENGTH, b"\x00")
            + bytes((scp03.KEY_VERSION, 0x03, _SCP03_OPTIONS))
            + challenge
            + self._channel.card_cryptogram()
            + state.sequence_counter.to_bytes(3, "big")
        )

    def _external_authenticate(self, command: Command) -> Response:
        """EXTERNAL AUTHENTICATE (Amendment D, 7.1.2). A failure needs a new INITIALIZE UPDATE."""
        channel, self._channel = self._channel, None
        if channel is None or channel.is_open:
            self._close()
            raise CommandRejected(StatusWord.CONDITIONS_NOT_SATISFIED)
        if (command.p1, command.p2) != (SECURITY_LEVEL, 0x00):
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        channel.authenticate_host(command)
        state = self._memory.state
        # Kept before the channel opens: a recorded channel can never be played to the card again.
        self._memory.commit(state.with_sequence_counter(state.sequence_counter + 1))
        channel.is_open = True
        self._channel = channel
        return Response()

    def _get_data(self, command: Command) -> Response:
        """GET DATA at card level (docs/reference/card.md): what names the card, readable by anyone."""
        state = self._memory.state
        values = {
            **state.data,
            CARD_NUMBER_TAG: state.card_number.encode(),
            EXPIRY_TAG: f"{state.expiry_date:%Y%m%d}".encode(),
        }
        value = values.get(command.p1 << 8 | command.p2)
        if value is None:
            raise CommandRejected(StatusWord.REFERENCED_DATA_NOT_FOUND)
        if command.le is None or command.le < len(value):
            raise CommandRejected(StatusWord.WRONG_LENGTH)
        return Response(value)

    def _select_file(self, command: Command) -> Response:
        """There are no files here: 6A86 for `00 A4 00 00`, otherwise 6A82 (docs/reference/card.md)."""
        unnamed = command.p1 == 0x00 and not command.data
        known = command.p1 in (0x00, 0x02) and not unnamed
        raise CommandRejected(StatusWord.FILE_NOT_FOUND if known else StatusWord.INCORRECT_PARAMETERS)

    def _close(self) -> None:
        self._channel = None
        self._personalisation.forget_written()
