"""A clerk who signs in with a password, and which hashes were computed meanwhile."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import hashers
from django.contrib.auth.models import User
from django.utils import crypto

from tests.console.signing_in.attempts import PASSWORD
from tests.support.console import Console


@pytest.fixture
def account(console: Console) -> str:
    """A clerk who signs in with a password."""
    clerk = console.town.clerk()
    User.objects.create_user(clerk.user_name, password=PASSWORD)
    return clerk.user_name


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """The algorithms that were used, in their order; the real ones run."""
    used: list[str] = []
    scrypt, pbkdf2 = hashlib.scrypt, crypto.pbkdf2

    def noted_scrypt(*said: Any, **more: Any) -> bytes:
        used.append("scrypt")
        return scrypt(*said, **more)

    def noted_pbkdf2(*said: Any, **more: Any) -> bytes:
        used.append("pbkdf2_sha256")
        return pbkdf2(*said, **more)

    monkeypatch.setattr(hashlib, "scrypt", noted_scrypt)
    monkeypatch.setattr(hashers, "pbkdf2", noted_pbkdf2)
    return lambda: used
