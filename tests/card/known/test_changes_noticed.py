"""The tables can fail: whatever is changed in a declaration, one of them says that the card differs."""

import pytest

from honnin.card.kinds.declaration import kinds, raw_declaration
from tests.card.known.checks import all_differences
from tests.card.known.files import KNOWN
from tests.card.known.mutations import REMOVED, Declaration, Path, changed, declared_or_none, single_changes

FILES = ("application", "text", "file"), ("application", "visual", "file")
TEXT, VISUAL = FILES

# What would make another card and what tests that believe the declaration never see.
CHANGES: dict[str, tuple[str, Path, object]] = {
    "code A opens name and address": ("number-card", (*TEXT, "0002", "read"), ["0011", "0014", "0015"]),
    "code A instead of B opens them": ("number-card", (*TEXT, "0002", "read"), ["0011", "0014"]),
    "code B does not open the face": ("number-card", (*VISUAL, "0002", "read"), ["0013"]),
    "what is free is behind code A": ("number-card", (*VISUAL, "0003", "read"), ["0013"]),
    "another name of the common one": (
        "number-card",
        ("application", "common", "aid", "value"),
        "D3921000310001010101",
    ),
    "its PIN is changed by the other command": (
        "number-card",
        ("application", "common", "change", "value"),
        "0024",
    ),
    "no default key": ("number-card", ("application", "visual", "default_key"), REMOVED),
    "another default key": ("number-card", ("application", "text", "default_key", "value"), "0017"),
    "a longer password of the Juki card": (
        "juki-card",
        ("application", "jpki", "pin", "001B", "rule"),
        "[0-9A-Za-z]{6,16}",
    ),
    "a password of capitals only": (
        "juki-card",
        ("application", "jpki", "pin", "001B", "rule"),
        "[0-9A-Z]{4,16}",
    ),
    "five tries for the registry": ("number-card", ("application", "juki", "pin", "001C", "tries"), 5),
    "three tries on the Juki card": ("juki-card", ("application", "juki", "pin", "001C", "tries"), 3),
    "the label of the other card": ("number-card", ("token_label", "value"), "JPKIAPICCTOKEN"),
    "a session key without a PIN": (
        "number-card",
        ("application", "text", "messaging", "pins"),
        ["0014"],
    ),
}


def is_noticed(name: str, declaration: Declaration, path: Path = ()) -> bool:
    """Whether a table says so. Unreadable declarations never become a card. `path`: what was changed."""
    declared, first = declared_or_none(name, declaration), path[1] if len(path) > 1 else ""
    return declared is None or next(all_differences(declared, KNOWN[name], first), None) is not None


@pytest.mark.parametrize("name", kinds())
def test_what_is_declared_is_what_is_known(name: str) -> None:
    assert not is_noticed(name, raw_declaration(name))


@pytest.mark.parametrize("change", CHANGES)
def test_each_of_these_changes_would_be_noticed(change: str) -> None:
    name, path, value = CHANGES[change]
    declaration = changed(raw_declaration(name), path, value)
    assert declaration != raw_declaration(name)
    assert declared_or_none(name, declaration) is not None, "a card could have it"
    assert is_noticed(name, declaration)


@pytest.mark.parametrize("name", kinds())
def test_no_single_change_of_a_declaration_goes_unnoticed(name: str) -> None:
    declaration = raw_declaration(name)
    changes = list(single_changes(declaration))
    assert len(changes) > {"number-card": 300, "juki-card": 50}[name]
    unnoticed = [
        (path, value)
        for path, value in changes
        if not is_noticed(name, changed(declaration, path, value), path)
    ]
    assert unnoticed == []
