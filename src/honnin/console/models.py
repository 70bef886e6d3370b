"""What signing in remembers, files that a form is to bring a second time, and which forms were sent."""

from typing import TYPE_CHECKING

from django.db import models

from honnin.console.account_name import account_name
from honnin.console.opaque import LENGTH

if TYPE_CHECKING:
    _CharField = models.CharField[str, str]
else:
    _CharField = models.CharField


class AccountNameField(_CharField):
    """The name of an account, kept and looked for in its normalised form."""

    def get_prep_value(self, value: object) -> object:
        return account_name(value) if isinstance(value, str) else value


class SignInCount(models.Model):
    """Failures under one key, and until when nobody may try under it.

    The table is in `console.signing_in.limits`. The key is a keyed hash: no name and no address stands here.
    The row goes when it has faded.
    """

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.FloatField()
    """Fades with time, hence a fraction."""
    noted_at = models.DateTimeField()
    paused_until = models.DateTimeField()
    faded_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key


class KeptFile(models.Model):
    """A file that was sent with a form which had a fault, or in another language.

    See `console.entered.kept_files`. `session` is a keyed hash; `content` is sealed.
    """

    handle = models.CharField(max_length=LENGTH, primary_key=True)
    session = models.CharField(max_length=64, db_index=True)
    kept_at = models.DateTimeField(db_index=True)
    content = models.BinaryField()

    def __str__(self) -> str:
        return self.handle


class SentForm(models.Model):
    """A form that was sent, and whereto it led: nothing while it is carried out, "" where it led nowhere.

    See `console.entered.once`. The key is a keyed hash.
    """

    key = models.CharField(max_length=64, primary_key=True)
    sent_at = models.DateTimeField(db_index=True)
    answered_at = models.DateTimeField(null=True)
    led_to = models.TextField(default="")

    def __str__(self) -> str:
        return self.key
