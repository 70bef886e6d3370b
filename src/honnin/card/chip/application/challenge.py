"""GET CHALLENGE, which every application answers (ISO/IEC 7816-4, 7.5.3)."""

import secrets

from honnin.card.apdu import SHORT_LE_MAX, Command, Response
from honnin.card.status_word import CommandRejected, StatusWord


def get_challenge(command: Command) -> Response:
    """1 to 256 random bytes, in any state of the card."""
    if command.p1 or command.p2:
        raise CommandRejected(StatusWord.INCORRECT_PARAMETERS)
    if command.data or command.le is None:
        raise CommandRejected(StatusWord.WRONG_LENGTH)
    if command.le > SHORT_LE_MAX:  # so the real card, which has no wrong length to complain of
        raise CommandRejected(StatusWord.CONDITIONS_NOT_SATISFIED)
    return Response(secrets.token_bytes(command.le))
