"""The card's end of an SCP03 secure channel at level 33 (GlobalPlatform Amendment D v1.1.1, 6.2).

It never goes on after a wrong MAC. The MAC of a command covers its header, Lc and data as they are sent, but
not Le.
"""

from hmac import compare_digest

from honnin.card import scp03
from honnin.card.apdu import Command, Response
from honnin.card.scp03 import MAC_LENGTH, SessionKeys, StaticKeys
from honnin.card.secure_channel import SECURE_MESSAGING_BIT, is_protected, response_mac
from honnin.card.status_word import CommandRejected, StatusWord


class CardChannel:
    """The card's end, from INITIALIZE UPDATE on. It is thrown away at the first wrong MAC."""

    def __init__(self, keys: StaticKeys, host_challenge: bytes, card_challenge: bytes) -> None:
        self._keys = SessionKeys.of(keys, host_challenge, card_challenge)
        self._challenges = (host_challenge, card_challenge)
        self._chaining_value = bytes(scp03.BLOCK)
        self._counter = 0
        self.is_open = False

    def authenticate_host(self, command: Command) -> None:
        """Check EXTERNAL AUTHENTICATE. Raises CommandRejected 6988 (MAC) or 6300 (host cryptogram)."""
        proof = self._checked(command)
        if not compare_digest(proof, self._keys.cryptogram(scp03.HOST_CRYPTOGRAM, *self._challenges)):
            raise CommandRejected(StatusWord.AUTHENTICATION_FAILED)

    def unprotect(self, command: Command) -> Command:
        """The plain command inside a protected one. Raises CommandRejected 6988."""
        data = self._checked(command)
        self._counter += 1
        plain = self._keys.decrypt(self._counter, data) if data else b""
        if plain is None:
            raise CommandRejected(StatusWord.SECURE_MESSAGING_INCORRECT)
        return command.with_data(plain, cla=command.cla & ~SECURE_MESSAGING_BIT)

    def protect(self, response: Response) -> Response:
        """Encrypt and authenticate the answer to the command just unprotected (Amendment D, 6.2.5, 6.2.7)."""
        if not is_protected(response.status_word):
            return response
        data = response.data
        if data:
            data = self._keys.encrypt(self._counter, data, response=True)
        covered = Response(data, response.status_word)
        mac = response_mac(self._keys, self._chaining_value, covered)
        return Response(data + mac, response.status_word)

    def _checked(self, command: Command) -> bytes:
        """The data field without its MAC, which was right."""
        covered, mac = command.without_le()[:-MAC_LENGTH], command.data[-MAC_LENGTH:]
        expected = self._keys.command_mac(self._chaining_value + covered)
        if not compare_digest(mac, expected[:MAC_LENGTH]):  # also when there are fewer than 8 bytes
            raise CommandRejected(StatusWord.SECURE_MESSAGING_INCORRECT)
        self._chaining_value = expected
        return command.data[:-MAC_LENGTH]
