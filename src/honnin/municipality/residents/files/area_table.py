"""A table of areas: how addresses begin until a day, and from it on."""

from typing import BinaryIO, Final

from honnin.errors import Malformed
from honnin.municipality.residents.files import columns
from honnin.municipality.residents.files.faults import Fault
from honnin.municipality.residents.files.reading import (
    DELIMITERS,
    Record,
    encodings_of,
    opened_as,
    records,
)

NAMES: Final = {
    "before": frozenset({"before", "旧", "旧住所", "変更前"}),
    "after": frozenset({"after", "新", "新住所", "変更後"}),
}


def read_pairs(file: BinaryIO) -> tuple[tuple[tuple[str, str], ...], list[Fault]]:
    """The pairs of a table, and what is wrong with its lines.

    Raises Malformed E_TABLE_ENCODING, E_TABLE_COLUMNS where the first line does not name both columns.
    """
    for encoding in encodings_of(file):
        for delimiter in DELIMITERS:
            with opened_as(file, encoding) as text:
                first = next(records(text, delimiter), None)
            headers = first.fields if isinstance(first, Record) else []
            places = _places(headers)
            if len(places) == len(NAMES):
                return _pairs(file, encoding, delimiter, places, len(headers))
    raise Malformed("E_TABLE_COLUMNS", missing="before after")


def _places(headers: list[str]) -> dict[str, int]:
    plain = [header.strip().lstrip("\ufeff").casefold() for header in headers]
    found = {name: [n for n, each in enumerate(plain) if each in words] for name, words in NAMES.items()}
    return {name: numbers[0] for name, numbers in found.items() if len(numbers) == 1}


def _pairs(
    file: BinaryIO, encoding: str, delimiter: str, places: dict[str, int], width: int
) -> tuple[tuple[tuple[str, str], ...], list[Fault]]:
    pairs: list[tuple[str, str]] = []
    faults: list[Fault] = []
    with opened_as(file, encoding) as text:
        found = records(text, delimiter, width=width)
        next(found, None)  # the names of the columns
        for each in found:
            if isinstance(each, Fault):
                faults.append(each)
                continue
            try:
                pair = tuple(columns.address(each.fields[places[name]]) for name in NAMES)
            except Malformed as error:
                faults.append(Fault.of(each.line, "", error))
                continue
            pairs.append((pair[0], pair[1]))
    return tuple(pairs), faults
