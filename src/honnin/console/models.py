"""What signing in remembers: how often it failed lately, by account, by address, by device and in all."""

from typing import TYPE_CHECKING

from django.db import models

from honnin.console.account_name import account_name

if TYPE_CHECKING:
    _CharField = models.CharField[str, str]
else:
    _CharField = models.CharField


class AccountNameField(_CharField):
    """The name of an account, kept and looked for in its normalised form."""

    def get_prep_value(self, value: object) -> object:
        return account_name(value) if isinstance(value, str) else value


class SignInCount(models.Model):
    """Failures under one key, and until when nobody may try under it; the table is in `console.limits`.

    The key is a keyed hash: no name and no address stands here. The row goes when it has faded.
    """

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.FloatField()
    """Fades with time, hence a fraction."""
    noted_at = models.DateTimeField()
    paused_until = models.DateTimeField()
    faded_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key
