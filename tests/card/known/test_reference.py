"""docs/reference/card.md has every instruction that the card knows and no other, and each row its source."""

import re
from collections.abc import Iterator

import pytest
from tools.card_table import PAGE, SOURCES, kind_lines

from honnin.card.kinds.declaration import declared_kind, kind, kinds, raw_declaration
from tests.card.known import cards
from tests.card.known.cards import ask, declared_card
from tests.card.known.checks import Place, instructions
from tests.card.known.files import KNOWN
from tests.card.known.mutations import Declaration, Path, changed
from tests.support.card.terminal import delivery

TEXT = PAGE.read_text("utf-8")
HOLDER, _, ISSUER = TEXT.partition("\n## Issuer security domain")
# The issuer's that are answered without the class of its channel, and with it.
ISSUER_COMMANDS = "8044 8046 8050 8054 8056 805A 80D6 80D8 80DC 80E2 80E4 80E6 80F2 80F4"
CARD_LEVEL = "0084 00A4 00CA"
HEADS = {"key", "command", "identifier", "INS"}
ROW = re.compile(r"\| (answer to reset|token label|[0-9A-F]{4} |`)")


def table_rows(text: str) -> list[list[str]]:
    """The rows of all tables, cell by cell."""
    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| |")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def written_commands() -> set[str]:
    """CLA INS of the first cells of the tables of commands."""
    return {
        "".join(found)
        for row in table_rows(HOLDER)
        for found in re.findall(r"`(0[0-9A-F]|8[0-9A-F]) ([0-9A-F]{2})\b", row[0])
    }


def answered_commands() -> set[str]:
    """What any card of any kind does not call unknown, in any application and at card level."""
    found = set()
    for name in kinds():
        card = declared_card(kind(name))
        found |= set(instructions(card)) - set(ISSUER_COMMANDS.split())
        for application_name, application in KNOWN[name].applications.items():
            ask(card, f"00A4040C 0A {application.aid}")
            found |= set(instructions(card))
            if application.messaging is not None:
                found |= protected_instructions(Place(kind(name), application_name, application))
    return found


def protected_instructions(place: Place) -> set[str]:
    """Those that a session knows: each is tried in one of its own, for another one ends it."""
    messaging = place.known.messaging
    assert messaging is not None
    card = place.fresh(messaging.pin)
    deliver = delivery(cards.public_key(place.name, messaging.key))
    words = {}
    for ins in range(0x100):
        assert card.transmit(deliver) == b"\x90\x00"
        words[ins] = card.transmit(bytes((0x08, ins, 0, 0)))
    return {f"08{ins:02X}" for ins, word in words.items() if word != b"\x68\x82"}


def test_every_command_of_the_holder_is_in_the_tables_and_no_other() -> None:
    assert written_commands() == answered_commands()


def test_every_command_of_the_issuer_is_in_its_table_and_no_other() -> None:
    card = declared_card(kind("number-card"))
    assert instructions(card) == sorted([*ISSUER_COMMANDS.split(), *CARD_LEVEL.split()])
    assert ask(card, "84823300 10 00112233445566778899AABBCCDDEEFF") == b"\x69\x85"  # known, and no channel
    known = {code[2:] for code in ISSUER_COMMANDS.split()} | {"82"}
    assert {row[0] for row in table_rows(ISSUER) if row[0] != "INS"} == known


def test_every_row_says_its_source_or_that_it_is_ours() -> None:
    rows = [row for row in table_rows(TEXT) if row[0] not in {*SOURCES, *HEADS}]
    assert len(rows) > 100
    for row in rows:
        source, choice = row[-2:]
        assert source or choice, row
        assert set(source.replace(",", "").split()) <= SOURCES.keys(), row


def origins(declaration: Declaration, path: Path = ()) -> Iterator[Path]:
    """Every entry of a data file that says where it is from."""
    if "source" in declaration or "choice" in declaration:
        yield path
    for key, value in declaration.items():
        if isinstance(value, dict):
            yield from origins(value, (*path, key))


@pytest.mark.parametrize("name", kinds())
def test_an_entry_without_an_origin_or_with_an_unknown_one_is_refused(name: str) -> None:
    declaration = raw_declaration(name)
    places = list(origins(declaration))
    shown = [line for line in kind_lines(kind(name)) if ROW.match(line)]
    assert len(places) == len(shown), "each entry has a row, and each row an entry"
    for path in places:
        entry: Declaration = declaration
        for step in path:
            entry = entry[step]
        bare = {key: value for key, value in entry.items() if key not in ("source", "choice")}
        for wrong, message in ((bare, "neither a source"), ({**bare, "source": "MC XYZ"}, "called XYZ")):
            with pytest.raises(ValueError, match=message):
                list(kind_lines(declared_kind(name, changed(declaration, path, wrong))))
