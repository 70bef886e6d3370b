"""Columns of identifiers: typed where they are read, the same columns as ever in the database."""

from typing import Any

import pytest

from honnin.fields import CardNumberField, MunicipalityCodeField, PersonCodeField, SerialNumberField
from honnin.identifiers import CardNumber, MunicipalityCode, PersonCode, SerialNumber

FIELDS = [
    (SerialNumberField(), "BigIntegerField", 7, SerialNumber),
    (PersonCodeField(max_length=11), "CharField", "99000000001", PersonCode),
    (CardNumberField(max_length=15), "CharField", "TEST00000000001", CardNumber),
    (MunicipalityCodeField(max_length=5), "CharField", "99101", MunicipalityCode),
]


@pytest.mark.parametrize(("field", "column", "stored", "kind"), FIELDS)
def test_a_column_of_identifiers_is_read_as_them(field: Any, column: str, stored: object, kind: type) -> None:
    read = field.from_db_value(stored, None, None)
    assert (type(read), read) == (kind, stored)
    assert field.deconstruct()[1] == f"django.db.models.{column}", "no migration knows of it"


@pytest.mark.parametrize(
    ("field", "altered"), [(FIELDS[0][0], "seven"), (FIELDS[1][0], 7), (FIELDS[2][0], None)]
)
def test_what_was_altered_is_left_for_the_audit_to_tell_of(field: Any, altered: object) -> None:
    assert field.from_db_value(altered, None, None) == altered
