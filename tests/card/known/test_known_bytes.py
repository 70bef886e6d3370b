"""Each file, PIN, key and command of each application, against what is known of it."""

import pytest
from tools.card_table import SOURCES

from honnin.card.kinds.declaration import kind, kinds
from tests.card.known.checks import (
    Differences,
    Place,
    answer_differences,
    application_differences,
    file_differences,
    key_differences,
    kind_differences,
    never_read_differences,
    pin_differences,
)
from tests.card.known.files import KNOWN
from tests.card.known.rows import Answer, Application, File, Key, Pin

Where = tuple[str, str]
APPLICATIONS = [(kind_name, name) for kind_name, known in KNOWN.items() for name in known.applications]


def place(where: Where) -> Place:
    kind_name, name = where
    return Place(kind(kind_name), name, KNOWN[kind_name].applications[name])


def application(where: Where) -> Application:
    return KNOWN[where[0]].applications[where[1]]


def named(where: Where, source: str, what: str) -> str:
    return f"{'-'.join(where)}-{what}-{source}".replace(" ", "+")


def rows(what: str) -> list[object]:
    """All rows of one table, each with a name that says where it is from."""
    return [
        pytest.param(where, row, id=named(where, row.source, f"{row.number:04X}"))
        for where in APPLICATIONS
        for row in getattr(application(where), what)
    ]


def none(differences: Differences) -> None:
    assert list(differences) == []


def test_every_kind_of_card_is_written_out() -> None:
    assert set(kinds()) == set(KNOWN)


def test_every_row_has_a_source_that_is_explained() -> None:
    sources = [known.source for known in KNOWN.values()]
    for known in map(application, APPLICATIONS):
        sources += [known.source, *known.bare.values()]
        for rows in (known.files, known.pins, known.keys, known.answers):
            sources += [row.source for row in rows]
    assert all(sources)
    assert {key for source in sources for key in source.split()} <= {*SOURCES, "OURS"}


@pytest.mark.parametrize("name", KNOWN)
def test_the_card(name: str) -> None:
    none(kind_differences(kind(name), KNOWN[name]))


@pytest.mark.parametrize("where", APPLICATIONS, ids="-".join)
def test_an_application_has_these_files_and_commands_and_no_others(where: Where) -> None:
    none(application_differences(place(where)))


@pytest.mark.parametrize(("where", "row"), rows("files"))
def test_a_file(where: Where, row: File) -> None:
    none(file_differences(place(where), row))


@pytest.mark.parametrize(("where", "row"), [*rows("pins"), *rows("keys")])
def test_pins_and_keys_are_never_read(where: Where, row: Pin | Key) -> None:
    none(never_read_differences(place(where), row.number))


@pytest.mark.parametrize(
    ("where", "file"),
    [
        pytest.param(where, file, id=named(where, source, f"{file:04X}"))
        for where in APPLICATIONS
        for file, source in application(where).bare.items()
    ],
)
def test_what_exists_and_no_more(where: Where, file: int) -> None:
    none(never_read_differences(place(where), file))


@pytest.mark.parametrize(("where", "row"), rows("pins"))
def test_a_pin(where: Where, row: Pin) -> None:
    none(pin_differences(place(where), row))


@pytest.mark.parametrize(("where", "row"), rows("keys"))
def test_a_key(where: Where, row: Key) -> None:
    none(key_differences(place(where), row))


@pytest.mark.parametrize(
    ("where", "row"),
    [
        pytest.param(where, row, id=named(where, row.source, f"{row.command[:9].strip()}-{row.after:02X}"))
        for where in APPLICATIONS
        for row in application(where).answers
    ],
)
def test_a_command_with_one_answer(where: Where, row: Answer) -> None:
    none(answer_differences(place(where), row))
