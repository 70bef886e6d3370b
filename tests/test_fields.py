"""Columns of identifiers: typed where they are read, the same columns as ever in the database."""

import pytest

from honnin.fields import SerialNumberField
from honnin.identifiers import SerialNumber

FIELDS = [(SerialNumberField(), "django.db.models.BigIntegerField", 7, SerialNumber)]


@pytest.mark.parametrize(("field", "column", "stored", "kind"), FIELDS)
def test_a_column_of_identifiers_is_read_as_them(
    field: SerialNumberField, column: str, stored: object, kind: type
) -> None:
    read = field.from_db_value(stored, None, None)
    assert (type(read), read) == (kind, stored)
    assert field.deconstruct()[1] == column, "no migration knows of it"


@pytest.mark.parametrize("altered", ["seven", b"7", 7.5, None])
def test_what_is_no_number_is_left_for_the_audit_to_tell_of(altered: object) -> None:
    assert SerialNumberField().from_db_value(altered, None, None) == altered
