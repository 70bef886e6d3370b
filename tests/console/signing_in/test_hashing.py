"""How passwords are hashed, and that a name without account takes as long."""

from collections.abc import Callable

import pytest
from django.conf import settings as installation
from django.contrib.auth.hashers import identify_hasher, make_password
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.console.signing_in.attempts import PASSWORD, REAL_HASHERS, RIGHT, attempt, in_transaction


@in_transaction
def test_an_older_hash_still_opens_and_is_replaced(account: str, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = REAL_HASHERS
    User.objects.update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    assert attempt(account, PASSWORD).status_code == RIGHT
    assert identify_hasher(User.objects.get().password).algorithm == "scrypt"
    assert attempt(account, PASSWORD).status_code == RIGHT


@pytest.mark.parametrize("algorithm", ["scrypt", "pbkdf2_sha256"])
@in_transaction
def test_a_name_without_account_is_looked_at_as_an_account_is(
    account: str, settings: Settings, algorithm: str, hashed: Callable[[], list[str]]
) -> None:
    settings.PASSWORD_HASHERS = REAL_HASHERS
    User.objects.update(password=make_password(PASSWORD, hasher=algorithm))
    hashed().clear()
    attempt(account, "wrong")
    of_account = list(hashed())
    hashed().clear()
    attempt("nobody", "wrong")
    assert hashed() == of_account == [algorithm]


def test_people_s_passwords_are_hashed_with_scrypt() -> None:
    from honnin.sites import settings as real

    assert real.PASSWORD_HASHERS == REAL_HASHERS
    assert installation.AUTHENTICATION_BACKENDS == ["honnin.console.signing_in.hashing.StaffAccounts"]
