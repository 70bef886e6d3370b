"""The tree of errors, its tables at the edges, and the sentences: nothing missing, nothing left over."""

import ast
import re
import string
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

import pytest
from tools.errors_table import NEXT

from honnin.cli import EXIT_CODE
from honnin.console.error_pages import HTTP_STATUS, TITLE
from honnin.errors import (
    KINDS,
    PARTS,
    Conflict,
    HonninError,
    Language,
    Refusal,
    Refused,
    catalogue,
    explain,
    language_of,
)
from honnin.law.cards.pins import PIN_RULES
from honnin.translation import gettext

SOURCE = Path("src/honnin")
CODE = re.compile(r"E_[A-Z0-9_]+")
KIND_NAMES = {kind.__name__ for kind in KINDS} | {"Refusal"}
LANGUAGES: tuple[Language, ...] = ("ja", "en")
# The names that the details of a refusal bring, by the expression that makes them.
DETAILS = {
    "rule.written()": set(dict(PIN_RULES[min(PIN_RULES)].written())),
    "(('field', item.called), ('longest', item.longest))": {"field", "longest"},
    "(('field', item.called), ('place', _place(text, LOST)))": {"field", "place"},
    "(('characters', shown), ('field', item.called), ('place', place))": {"characters", "field", "place"},
    "(('youngest', YOUNGEST_PARENT),)": {"youngest"},
    "(('municipality', birth.elsewhere),)": {"municipality"},
    "(('latest', LATEST_NOTICE_OF_BIRTH),)": {"latest"},
    "(('place', name),)": {"place"},
    "(('place', own),)": {"place"},
    "(('place', place),)": {"place"},
    "(('application', each),)": {"application"},
    "(('channel', _CAME[channel]),)": {"channel"},
}


def all_kinds(kind: type[HonninError] = HonninError) -> set[type[HonninError]]:
    return {kind} | {each for child in kind.__subclasses__() for each in all_kinds(child)}


def test_there_are_seven_kinds() -> None:
    assert set(KINDS) == all_kinds() - {HonninError}
    assert len(KINDS) == 7
    assert len({kind.kind for kind in KINDS}) == 7


@pytest.mark.parametrize(
    "table", [HTTP_STATUS, EXIT_CODE, TITLE, NEXT], ids=["HTTP", "exit", "title", "page"]
)
def test_every_edge_has_a_row_for_every_kind(table: dict[str, object]) -> None:
    assert set(table) == {kind.kind for kind in KINDS}


def test_the_page_says_what_the_edges_do() -> None:
    assert {kind: (status, code) for kind, (_, status, code) in NEXT.items()} == {
        kind: (HTTP_STATUS[kind], EXIT_CODE[kind]) for kind in HTTP_STATUS
    }


def test_the_rows_can_be_told_apart_where_they_must() -> None:
    assert len(set(EXIT_CODE.values())) == len(EXIT_CODE)
    assert not set(EXIT_CODE.values()) & {0, 1, 2, 130}  # success, a crash, wrong usage, interrupted
    assert all(400 <= status < 600 for status in HTTP_STATUS.values())


# — The catalogue of sentences ————————————————————————————————————————————————————————————————————————


class Uses(ast.NodeVisitor):
    """Where codes stand in a module, and with which context."""

    def __init__(self, tree: ast.Module) -> None:
        self.contexts: dict[str, list[set[str]]] = defaultdict(list)
        self._names = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        self.visit(tree)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        code = self._code(node.args[0]) if node.args and name in KIND_NAMES else None
        if code is None:
            others = [arg for arg in node.args if self._code(arg) is None]  # asked for, not raised
            for child in (node.func, *others, *node.keywords):
                self.visit(child)
            return
        named = {keyword.arg for keyword in node.keywords if keyword.arg}
        if name == "Refusal" and len(node.args) > 2:
            named |= DETAILS[ast.unparse(node.args[2])]
        self.contexts[code].append(named)
        for child in (*node.args[1:], *node.keywords):
            self.visit(child)

    def visit_Set(self, node: ast.Set) -> None:
        """Neither does telling codes apart."""

    def visit_Compare(self, node: ast.Compare) -> None:
        """Asking for a code raises none."""

    def visit_Assign(self, node: ast.Assign) -> None:
        if not isinstance(node.value, ast.Constant):  # a name for a code; its uses count
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and CODE.fullmatch(node.value):
            self.contexts[node.value].append(set())

    def _code(self, node: ast.expr) -> str | None:
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(node, ast.Name):
            value = self._names.get(node.id)
        return value if isinstance(value, str) and CODE.fullmatch(value) else None


def uses() -> dict[str, list[set[str]]]:
    """Code → the names of the context at each place that raises it."""
    found: dict[str, list[set[str]]] = defaultdict(list)
    for path in SOURCE.rglob("*.py"):
        for code, contexts in Uses(ast.parse(path.read_text("utf-8"))).contexts.items():
            found[code] += contexts
    return found


def sentences() -> Iterator[tuple[str, str, str, str]]:
    for code, parts in catalogue().items():
        for language in LANGUAGES:
            for part, text in parts.items():
                yield code, language, part, gettext(text, language)


# Sentences agreed for rooms that are not built: quota and fees, renewal by proxy, disclosure.
ROOMS_TO_COME = {
    "E_APPOINTMENT_REQUIRED",
    "E_COPY_BACK_PURPOSE",
    "E_COPY_NO_CONSENT",
    "E_DISCLOSURE_NOT_ALLOWED",
    "E_EVIDENCE_MISSING",
    "E_EXAM_REJECTED",
    "E_FEE_UNPAID",
    "E_QUOTA_EXHAUSTED",
    "E_REQUESTER_ID_MISSING",
    "E_SAME_DAY_UNAVAILABLE",
    "E_SERVICE_SUSPENDED",
}


def codes_in_the_source() -> set[str]:
    """Every text in the source that is a code, wherever it stands."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                found.add(node.value)
    return found


def test_every_code_in_the_source_has_its_sentences() -> None:
    assert sorted(codes_in_the_source() - set(catalogue())) == []
    assert len(codes_in_the_source()) > 80


def test_every_code_with_sentences_is_used_or_awaits_its_room() -> None:
    assert set(catalogue()) - codes_in_the_source() == ROOMS_TO_COME


def test_every_code_is_explained_in_both_languages() -> None:
    for code, parts in catalogue().items():
        assert CODE.fullmatch(code)
        assert set(parts) == set(PARTS), code
        in_both = [explain(code, language) for language in LANGUAGES]
        assert all(text.strip() == text and text for said in in_both for text in astuple(said)), code
        assert len({said.cause for said in in_both}) == len({said.remedy for said in in_both}) == 2, code


def test_the_file_names_each_code_once_in_order() -> None:
    text = (SOURCE / "errors.toml").read_text("utf-8")
    assert tomllib.loads(text) == catalogue()
    codes = re.findall(r"^\[(E_[A-Z0-9_]+)\]$", text, re.MULTILINE)
    assert codes == sorted(set(codes))


def test_sentences_are_in_their_language_and_end_as_sentences() -> None:
    for code, language, part, text in sentences():
        if part == "contact":
            continue
        kana = bool(re.search(r"[\u3040-\u30ff]", text))  # a Japanese date may stand in an English one
        assert kana == (language == "ja"), (code, language, part)
        assert text.endswith("。" if language == "ja" else "."), (code, language, part)


def test_every_placeholder_is_provided_wherever_the_code_is_raised() -> None:
    provided = {code: set.intersection(*contexts) for code, contexts in uses().items() if contexts}
    missing = []
    for code, language, part, text in sentences():
        named = {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}
        assert part == "cause" or not named, f"{code}: only the cause is filled in"
        given = provided.get(code, set())
        worked_out = {"form"} if {"length", "characters"} <= given else set()
        missing += [(code, language, name) for name in named - given - worked_out]
    assert missing == []


def test_both_languages_fill_in_the_same() -> None:
    for code, parts in catalogue().items():
        named = [
            {field for _, field, _, _ in string.Formatter().parse(gettext(parts["cause"], language)) if field}
            for language in LANGUAGES
        ]
        assert named[0] == named[1], code


# — Errors themselves —————————————————————————————————————————————————————————————————————————————————


def test_an_error_says_its_code_and_context() -> None:
    error = Conflict("E_APPLICATION_STATE", state="issued")
    assert str(error) == "E_APPLICATION_STATE state=issued"
    assert (error.code, dict(error.context)) == ("E_APPLICATION_STATE", {"state": "issued"})


def test_a_refusal_carries_every_reason_into_its_sentence() -> None:
    error = Refused(Refusal("E_UNDER_AGE"), Refusal("E_CARD_MISSING", ("S4-2.2",)))
    assert str(error) == "E_UNDER_AGE E_CARD_MISSING"
    for language in LANGUAGES:
        for refusal in error.refusals:
            assert explain(refusal.code, language).cause in error.sentence(language)


def test_a_refusal_without_a_reason_is_no_refusal() -> None:
    with pytest.raises(ValueError, match="reason"):
        Refused()


def test_a_refusal_fills_its_sentence_from_its_details() -> None:
    error = Refused(Refusal("E_PIN_FORMAT", (), (("length", "4"), ("characters", "0-9"))))
    assert "Enter 4 digits for this PIN." in error.sentence("en")
    assert "数字4桁で入力してください。" in error.sentence("ja")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_context_does_not_say_is_left_open_and_never_crashes(language: Language) -> None:
    for code in catalogue():
        sentence = Conflict(code).sentence(language)
        assert "{" not in sentence


@pytest.mark.parametrize(
    ("tag", "language"),
    [("en", "en"), ("en-GB", "en"), ("EN", "en"), ("ja", "ja"), ("fr", "ja"), (None, "ja")],
)
def test_whoever_does_not_ask_for_english_gets_japanese(tag: str, language: str) -> None:
    assert language_of(tag) == language
    assert language_of(None) == "ja"
