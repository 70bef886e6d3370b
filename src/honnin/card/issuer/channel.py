"""The issuer's end of an SCP03 secure channel at level 33: both ways encrypted and authenticated.

`HostChannel` is a small value that can be written down: a server wraps a whole batch of commands in advance,
puts the channel away, and unwraps the responses in a later request, while whoever stands between server and
card only relays bytes. It never goes on after a wrong MAC. Source: GlobalPlatform Card Specification,
Amendment D v1.1.1, 6.2.
"""

import json
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final, NamedTuple

from honnin.card import scp03
from honnin.card.apdu import Command, Response
from honnin.card.scp03 import MAC_LENGTH, SessionKeys, StaticKeys
from honnin.card.secure_channel import (
    EXTERNAL_AUTHENTICATE,
    INITIALIZE_UPDATE,
    ISSUER_AID,
    SCP03,
    SECURE_MESSAGING_BIT,
    SECURITY_LEVEL,
    counter_of,
    is_protected,
    opening_answer,
    response_mac,
)
from honnin.card.status_word import StatusWord, card_error
from honnin.errors import CardError, Malformed, Untrusted
from honnin.identifiers import CardNumber

_SECURITY_ERRORS: Final = (StatusWord.SECURITY_STATUS_NOT_SATISFIED, StatusWord.SECURE_MESSAGING_INCORRECT)
_INITIALIZE_UPDATE_LENGTHS: Final = (29, 32)  # with a random or a pseudo-random card challenge


class Opening(NamedTuple):
    """The first two commands of a channel, and the challenge that `HostChannel.open` needs again."""

    host_challenge: bytes
    commands: tuple[bytes, bytes]  # SELECT, INITIALIZE UPDATE


@dataclass
class HostChannel:
    """The issuer's end of an open channel. Its JSON holds session keys: keep it as secret as keys."""

    keys: SessionKeys
    chaining_value: bytes
    command_macs: list[bytes] = field(default_factory=list)  # of each wrapped command, 16 bytes

    @staticmethod
    def begin(keys: StaticKeys | None, *, random: Callable[[int], bytes] = secrets.token_bytes) -> Opening:
        """Start a channel with the card that should hold `keys`: SELECT and INITIALIZE UPDATE.

        Without keys the card takes those it has; `key_version` says which they claim to be.
        """
        version = keys.version if keys else 0x00
        host_challenge = random(scp03.CHALLENGE_LENGTH)
        select = Command(0x00, 0xA4, 0x04, 0x00, ISSUER_AID, 256)
        update = Command(0x80, INITIALIZE_UPDATE, version, 0x00, host_challenge, 256)
        return Opening(host_challenge, (select.to_bytes(), update.to_bytes()))

    @classmethod
    def open(
        cls,
        keys: StaticKeys,
        host_challenge: bytes,
        init_response: bytes,
        *,
        card_number: CardNumber | None = None,
    ) -> tuple["HostChannel", bytes]:
        """The channel, and the EXTERNAL AUTHENTICATE command that opens it on the card.

        `card_number` is that of a card of ours: then not one bit of its answer may be another. Cards of
        another make prove their keys and no more. Raises Untrusted E_CARD_NOT_GENUINE when the card does not
        prove that it knows `keys`, CardError when it answered with an error.
        """
        data = _initialize_update_data(init_response)
        if card_number is not None and not compare_digest(
            data, opening_answer(keys, card_number, counter_of(data), host_challenge)
        ):
            raise Untrusted("E_CARD_NOT_GENUINE")
        challenge, cryptogram = data[13:21], data[21:29]
        session = SessionKeys.of(keys, host_challenge, challenge)
        expected = session.cryptogram(scp03.CARD_CRYPTOGRAM, host_challenge, challenge)
        if not compare_digest(cryptogram, expected):
            raise Untrusted("E_CARD_NOT_GENUINE")
        channel = cls(session, bytes(scp03.BLOCK))
        proof = session.cryptogram(scp03.HOST_CRYPTOGRAM, host_challenge, challenge)
        authenticate = channel._seal(Command(0x84, EXTERNAL_AUTHENTICATE, SECURITY_LEVEL, 0x00, proof))
        return channel, authenticate

    @staticmethod
    def check_selected(response: bytes) -> None:
        """The answer to SELECT. Raises CardError when the card refused it."""
        status_word = Response.parse(response).status_word
        if status_word != StatusWord.OK:
            raise card_error(status_word)

    @staticmethod
    def check_opened(response: bytes) -> None:
        """The answer to EXTERNAL AUTHENTICATE. Raises CardError E_CARD_ANSWER_UNPROVEN when it is an error.

        What was sent after it may have been carried out all the same.
        """
        status_word = Response.parse(response).status_word
        if status_word != StatusWord.OK:
            raise _unproven(status_word)

    def wrap(self, command: bytes) -> bytes:
        """Protect the next command. May be called many times before responses come back."""
        plain = Command.parse(command)
        counter = len(self.command_macs) + 1
        data = self.keys.encrypt(counter, plain.data) if plain.data else b""
        sealed = self._seal(plain.with_data(data, cla=plain.cla | SECURE_MESSAGING_BIT))
        self.command_macs.append(self.chaining_value)
        return sealed

    def unwrap(self, index: int, response: bytes) -> bytes:
        """The data answered to the `index`-th wrapped command (from 0).

        Raises CardError E_CARD_ANSWER_UNPROVEN when it is an error: those carry no MAC, so whoever carries
        the bytes may have put it there, and whether the command was carried out nobody knows until the card
        is asked what it has. Raises Untrusted E_CARD_CHANNEL_BROKEN when either side saw that something was
        altered or is out of order.
        """
        answer = Response.parse(response)
        if answer.status_word in _SECURITY_ERRORS:
            raise Untrusted("E_CARD_CHANNEL_BROKEN")
        if not is_protected(answer.status_word):
            raise _unproven(answer.status_word)
        data, mac = answer.data[:-MAC_LENGTH], answer.data[-MAC_LENGTH:]
        expected = response_mac(self.keys, self.command_macs[index], Response(data, answer.status_word))
        if not compare_digest(mac, expected):
            raise Untrusted("E_CARD_CHANNEL_BROKEN")
        plain = self.keys.decrypt(index + 1, data, response=True) if data else b""
        if plain is None:
            raise Untrusted("E_CARD_CHANNEL_BROKEN")
        if answer.status_word != StatusWord.OK:
            raise card_error(answer.status_word)
        return plain

    def to_json(self) -> str:
        """The channel as text, for a later request. Secret."""
        keys = (self.keys.enc, self.keys.mac, self.keys.rmac)
        return json.dumps(
            {
                "format": 1,
                "keys": [_text(key) for key in keys],
                "chaining_value": _text(self.chaining_value),
                "command_macs": [_text(mac) for mac in self.command_macs],
            }
        )

    @classmethod
    def from_json(cls, text: str) -> "HostChannel":
        """The channel written by `to_json`. Raises Malformed E_CARD_CHANNEL_MALFORMED."""
        try:
            content = json.loads(text)
            if content["format"] != 1:
                raise Malformed("E_CARD_CHANNEL_MALFORMED")
            enc, mac, rmac = (_octets(key) for key in content["keys"])
            macs = [_octets(command_mac) for command_mac in content["command_macs"]]
            return cls(SessionKeys(enc, mac, rmac), _octets(content["chaining_value"]), macs)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Malformed("E_CARD_CHANNEL_MALFORMED") from error

    def _seal(self, command: Command) -> bytes:
        """Append the command MAC and move the chaining value on (Amendment D, 6.2.4)."""
        sealed = command.with_data(command.data + bytes(MAC_LENGTH), cla=command.cla)
        covered = sealed.without_le()[:-MAC_LENGTH]
        self.chaining_value = self.keys.command_mac(self.chaining_value + covered)
        return covered + self.chaining_value[:MAC_LENGTH] + sealed.le_octets()


def key_version(init_response: bytes) -> int:
    """The key version in an answer to INITIALIZE UPDATE. Only a channel opened with its keys proves it.

    Raises Untrusted E_CARD_NOT_GENUINE when it is no such answer, CardError when it is an error.
    """
    return _initialize_update_data(init_response)[10]


def _initialize_update_data(init_response: bytes) -> bytes:
    response = Response.parse(init_response)
    if response.status_word != StatusWord.OK:
        raise card_error(response.status_word)
    data = response.data
    if len(data) not in _INITIALIZE_UPDATE_LENGTHS or data[11] != SCP03 or data[12] & 0x01:
        raise Untrusted("E_CARD_NOT_GENUINE")
    return data


def _unproven(status_word: int) -> CardError:
    return CardError("E_CARD_ANSWER_UNPROVEN", status_word=f"{status_word:04X}")


def _text(octets: bytes) -> str:
    return b64encode(octets).decode("ascii")


def _octets(text: str) -> bytes:
    return b64decode(text, validate=True)
