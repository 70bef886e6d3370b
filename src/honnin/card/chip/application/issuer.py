"""The issuer security domain: how a card gets its keys and certificates and how a PIN is set anew.

The issuer's commands of the real card are not published. Ours run inside an SCP03 channel (level 33 only)
with keys of this one card; whoever carries the bytes learns nothing and can change nothing. Keys are made
on the card and never leave it, and the issuer never learns a PIN: it only permits that one be set.

Their table is in `issuer_commands`.

Without a channel: INITIALIZE UPDATE, EXTERNAL AUTHENTICATE, GET CHALLENGE, and GET DATA of the card number
(0045) and the expiry date (00F2).

Rules of the channel, from Amendment D v1.1.1 (docs/decisions/0013-the-secure-channel-to-the-letter.md):

* While it is open every command must be protected (5.6). Any other, and any wrong MAC, is a security error
  and aborts the channel: then everything is 6982 until an INITIALIZE UPDATE that succeeds, a selection or a
  reset. The words 6982 (not protected) and 6988 (wrong protection) are our choice.
* Bytes that are no command, and classes that the card does not speak, abort it as well (our choice); nothing
  may come between INITIALIZE UPDATE and EXTERNAL AUTHENTICATE either (our choice).
* No MAC covers Le (6.2.4): the answer is always whole, and a Le that asks for less than all is 6988 (our
  choice). A host may send none, or the largest of its form.
* The sequence counter is 0 for new keys and grows by 1, durably, before INITIALIZE UPDATE is answered
  (6.2.2.1): no cut and no failed opening makes a challenge come again. At FFFFFF no channel can be opened any
  more: 6985.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from honnin.card import put_key, scp03
from honnin.card.apdu import EXTENDED_LE_MAX, Command, Response
from honnin.card.chip.application.challenge import get_challenge
from honnin.card.chip.application.personalisation import KeySource, Personalisation
from honnin.card.chip.memory import Memory
from honnin.card.chip.secure_channel import CardChannel
from honnin.card.secure_channel import (
    EXTERNAL_AUTHENTICATE,
    INITIALIZE_UPDATE,
    ISSUER_AID,
    SECURITY_LEVEL,
    opening_answer,
)
from honnin.card.status_word import CommandRejected, StatusWord

CARD_NUMBER_TAG: Final = 0x0045
EXPIRY_TAG: Final = 0x00F2
_PROTECTED: Final = 0x84


class IssuerDomain:
    """Answers the issuer. Selected after a reset; selecting it again closes the channel."""

    aid = ISSUER_AID
    classes = (0x84,)

    def __init__(self, memory: Memory, generate_key: KeySource) -> None:
        self._memory = memory
        self._personalisation = Personalisation(memory, generate_key)
        self._channel: CardChannel | None = None
        self._aborted = False
        self._open_commands: Mapping[tuple[int, int], Callable[[Command], Response]] = {
            (0x00, 0xA4): self._select_file,
            (0x00, 0x84): get_challenge,
            (0x00, 0xCA): self._get_data,
            (_PROTECTED, EXTERNAL_AUTHENTICATE): self._external_authenticate,
        }

    def begin(self) -> None:
        self._close()
        self._aborted = False

    def interrupt(self) -> None:
        """An open channel is aborted, and one that is only half opened is forgotten."""
        self._aborted = self._aborted or (self._channel is not None and self._channel.is_open)
        self._close()

    def execute(self, command: Command) -> Response:
        if (command.cla, command.ins) == (0x80, INITIALIZE_UPDATE):
            return self._initialize_update(command)
        if self._channel is not None and self._channel.is_open:
            return self._execute_protected(self._channel, command)
        if (command.cla, command.ins) != (_PROTECTED, EXTERNAL_AUTHENTICATE):
            self._close()
        if self._aborted:
            raise CommandRejected(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        execute = self._open_commands.get((command.cla, command.ins))
        if execute is not None:
            return execute(command)
        if command.cla == _PROTECTED or (command.cla == 0x80 and self._knows(command.ins)):
            raise CommandRejected(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        raise CommandRejected(StatusWord.INSTRUCTION_NOT_SUPPORTED)

    def _execute_protected(self, channel: CardChannel, command: Command) -> Response:
        try:
            if command.cla != _PROTECTED:
                raise CommandRejected(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
            if not command.asks_for_all:
                raise CommandRejected(StatusWord.SECURE_MESSAGING_INCORRECT)
            sent = channel.unprotect(command)
            plain = Command(sent.cla, sent.ins, sent.p1, sent.p2, sent.data, EXTENDED_LE_MAX)
        except CommandRejected:
            self.interrupt()
            raise
        replaces_keys = plain.ins == put_key.PUT_KEY
        return channel.protect(
            self._put_key(plain) if replaces_keys else self._personalisation.execute(plain)
        )

    def _knows(self, ins: int) -> bool:
        return ins == put_key.PUT_KEY or self._personalisation.knows(ins)

    def _initialize_update(self, command: Command) -> Response:
        """INITIALIZE UPDATE (Amendment D, 7.1.1): the card's challenge and its proof of the keys.

        P1 is the version of the keys, or 00 for those that are there. One that is refused ends a channel as
        any other plain command does, and only one that is answered begins another.
        """
        self.interrupt()
        keys = self._memory.state.issuer_keys
        if command.p1 not in (0x00, keys.version):
            raise CommandRejected(StatusWord.REFERENCED_DATA_NOT_FOUND)
        if command.p2:
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        if len(command.data) != scp03.CHALLENGE_LENGTH or not command.asks_for_all:
            raise CommandRejected(StatusWord.WRONG_LENGTH)
        counter = self._next_sequence_counter()
        self._channel = CardChannel(keys, command.data, scp03.card_challenge(keys, counter, self.aid))
        self._aborted = False
        return Response(opening_answer(keys, self._memory.state.card_number, counter, command.data))

    def _next_sequence_counter(self) -> int:
        """The counter of this channel, kept before it is used: no recorded channel can be played again."""
        state = self._memory.state
        if state.sequence_counter >= scp03.SEQUENCE_COUNTER_MAX:
            raise CommandRejected(StatusWord.CONDITIONS_NOT_SATISFIED)
        self._memory.commit(state.with_sequence_counter(state.sequence_counter + 1))
        return state.sequence_counter + 1

    def _external_authenticate(self, command: Command) -> Response:
        """EXTERNAL AUTHENTICATE (Amendment D, 7.1.2). A failure needs a new INITIALIZE UPDATE."""
        channel, self._channel = self._channel, None
        if channel is None:
            raise CommandRejected(StatusWord.CONDITIONS_NOT_SATISFIED)
        if (command.p1, command.p2) != (SECURITY_LEVEL, 0x00):
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        if not command.asks_for_all:
            raise CommandRejected(StatusWord.WRONG_LENGTH)
        channel.authenticate_host(command)
        channel.is_open = True
        self._channel = channel
        return Response()

    def _put_key(self, command: Command) -> Response:
        """PUT KEY (Amendment D, 7.2): all three keys in one durable change, or 6A80 and none."""
        state = self._memory.state
        present = state.issuer_keys
        if command.p1 != present.version:
            raise CommandRejected(StatusWord.REFERENCED_DATA_NOT_FOUND)
        if command.p2 != put_key.ALL_KEYS:
            raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
        try:
            new = put_key.received_keys(present.dek, command.data)
        except ValueError as error:
            raise CommandRejected(StatusWord.WRONG_DATA) from error
        if new.version <= present.version or new.enc == present.enc:
            raise CommandRejected(StatusWord.WRONG_DATA)
        self._memory.commit(replace(state, issuer_keys=new, sequence_counter=0))
        return Response(put_key.confirmation(new))

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
