"""Names in the source use the field's words, and none of the private words of an earlier time."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRIVATE = {
    "errand": "card update",
    "errands": "card updates",
    "occupy": "serve",
    "patience": "timeout",
    "said": "declared, raw, or what the value is",
    "seat": "insertion",
    "seats": "insertions",
    "talk": "channel context",
    "talks": "channel contexts",
    "telling": "story part",
    "told": "what the value is",
    "unsaid": "not in the entry",
    "untold": "without entry",
    "visit": "opened card",
    "visits": "opened cards",
    "wish": "application request",
    "wishes": "application requests",
}


def words_of(name: str) -> list[str]:
    """The words of an identifier in snake case or camel case, in small letters."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def identifiers(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every identifier of a module with its line: names, attributes, arguments, keywords, imports."""
    for node in ast.walk(tree):
        for field in ("id", "attr", "arg", "name", "asname"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                yield getattr(node, "lineno", 0), value


def private_words(path: Path, source: str) -> Iterator[str]:
    for line, name in [(0, path.stem), *identifiers(ast.parse(source))]:
        for word in words_of(name):
            if word in PRIVATE:
                yield f"{path}:{line}: {name}: say {PRIVATE[word]}"
        if "look_again" in name.lower():
            yield f"{path}:{line}: {name}: say refresh"


def test_no_name_in_the_source_is_a_private_word() -> None:
    anywhere = re.compile("|".join([*PRIVATE, "look_again"]), re.IGNORECASE)
    found: list[str] = []
    for folder in ("src", "tools", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            inside = path.relative_to(ROOT)
            source = path.read_text("utf-8")
            is_history = "migrations" in inside.parts
            if not is_history and anywhere.search(str(inside) + source):
                found += private_words(inside, source)
    assert found == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("said = 1", "said"),
        ("class SaidArticle: pass", "SaidArticle"),
        ("f(patience=3)", "patience"),
        ("def f(MOST_TOLD): pass", "MOST_TOLD"),
        ("from a import talk as b", "talk"),
        ("f'{x.told_faults}'", "told_faults"),
        ("self._look_again()", "_look_again"),
    ],
)
def test_a_private_word_is_found_in_any_part_of_a_name(source: str, name: str) -> None:
    assert [line.split(": ")[1] for line in private_words(Path("module.py"), source)] == [name]


def test_sentences_and_other_words_are_free() -> None:
    source = '"""What is said and told."""  # patience\nstalking = wished = visitor = "seat"'
    assert list(private_words(Path("module.py"), source)) == []
