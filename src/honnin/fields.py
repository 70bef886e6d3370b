"""Columns that hold identifiers: text or numbers in the database, typed where they are read.

What is read is not judged here: of a row that was altered the audit tells.
"""

from typing import TYPE_CHECKING, Any

from django.db import models

from honnin.identifiers import SerialNumber

if TYPE_CHECKING:
    _Number = models.BigIntegerField[int, SerialNumber]
else:
    _Number = models.BigIntegerField


class SerialNumberField(_Number):
    """The serial number of a certificate."""

    _pyi_private_get_type: SerialNumber

    def from_db_value(self, value: Any, *_: object) -> Any:
        return SerialNumber(value) if isinstance(value, int) else value

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.BigIntegerField", args, kwargs
