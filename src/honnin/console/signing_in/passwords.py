"""What may be the password of a staff account, asked before anybody knows whether there is one."""

from honnin.errors import Malformed

SHORTEST = 12
LONGEST = 1024
"""Characters: with a longer one nobody could sign in."""


def require_good(password: str) -> None:
    """Raises Malformed E_PASSWORD_SHORT, E_SECRET_TOO_LONG."""
    if len(password) > LONGEST:
        raise Malformed("E_SECRET_TOO_LONG", longest=LONGEST)
    if len(password) < SHORTEST:
        raise Malformed("E_PASSWORD_SHORT")
