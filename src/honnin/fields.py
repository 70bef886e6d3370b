"""Columns that hold identifiers: text or numbers in the database, typed where they are read.

What is read is not judged here: of a row that was altered the audit tells.
"""

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models

from honnin.identifiers import CardNumber, Identifier, MunicipalityCode, PersonCode, SerialNumber

if TYPE_CHECKING:
    _Numbers = models.BigIntegerField[int, SerialNumber]
    _PersonCodes = models.CharField[str, PersonCode]
    _CardNumbers = models.CharField[str, CardNumber]
    _MunicipalityCodes = models.CharField[str, MunicipalityCode]
else:
    _Numbers, _PersonCodes, _CardNumbers, _MunicipalityCodes = (
        models.BigIntegerField,
        *[models.CharField] * 3,
    )


class _Identifiers:
    """The part that all share: what is read becomes an identifier, and migrations know the plain column."""

    kind: ClassVar[type[Identifier]]

    def from_db_value(self, value: Any, *_: object) -> Any:
        plain = str if issubclass(self.kind, str) else int
        return self.kind(value) if type(value) is plain else value  # type: ignore[call-arg]

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()  # type: ignore[misc]
        plain = "CharField" if issubclass(self.kind, str) else "BigIntegerField"
        return name, f"django.db.models.{plain}", args, kwargs


class SerialNumberField(_Identifiers, _Numbers):
    """The serial number of a certificate."""

    kind = SerialNumber
    _pyi_private_get_type: SerialNumber


class PersonCodeField(_Identifiers, _PersonCodes):
    """A resident record code."""

    kind = PersonCode
    _pyi_private_get_type: PersonCode


class CardNumberField(_Identifiers, _CardNumbers):
    """The number of a card."""

    kind = CardNumber
    _pyi_private_get_type: CardNumber


class MunicipalityCodeField(_Identifiers, _MunicipalityCodes):
    """The code of a municipality."""

    kind = MunicipalityCode
    _pyi_private_get_type: MunicipalityCode
