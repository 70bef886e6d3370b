"""An account with which somebody can try a test installation, as a role invents it."""

import secrets
from dataclasses import dataclass
from typing import Final

RESIDENT_CLERK: Final = "mei"
"""The clerk who is a resident of the own town, with the name that the register has."""


@dataclass(frozen=True)
class Login:
    """A staff account to try the system with, and what it is for. No password: it got another one since."""

    user_name: str
    password: str
    role: str
    place: str


def new_password() -> str:
    """Easy to type, and worth nothing outside this installation."""
    return "-".join(secrets.token_hex(2) for _ in range(4))
