"""Every version of the terms of use as it was read: who agreed to one can read it after it was amended.

A version is kept in `versions/NUMBER.json`, filled in and in both languages, from the day on which it is
written (`python -m tools.terms_version`). Nothing in it is ever changed.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import Any

from django.utils.safestring import mark_safe
from django.utils.translation import override

from honnin.console.published.terms import TERMS
from honnin.console.published.wording import (
    ClauseMark,
    RenderedArticle,
    RenderedParagraph,
    RenderedSentence,
    render_document,
)
from honnin.errors import Language
from honnin.law.terms_of_use import VERSION, WRITTEN_ON

LANGUAGES: tuple[Language, ...] = ("ja", "en")


@dataclass(frozen=True)
class Kept:
    """A version in one language."""

    version: str
    written_on: date
    articles: tuple[RenderedArticle, ...]


def versions() -> tuple[str, ...]:
    """Every version that is kept, the newest first."""
    files = resources.files("honnin.console.published").joinpath("versions").iterdir()
    found = (file.name.removesuffix(".json") for file in files if file.name.endswith(".json"))
    return tuple(sorted(found, key=int, reverse=True))


def kept(version: str, language: Language) -> Kept:
    """One version. Raises LookupError where none of that name is kept."""
    if version not in versions():
        raise LookupError(version)
    file = resources.files("honnin.console.published").joinpath("versions", f"{version}.json")
    text: dict[str, Any] = json.loads(file.read_text("utf-8"))
    read = _Read()
    articles = tuple(read.article(each) for each in text[language])
    return Kept(version, date.fromisoformat(text["written_on"]), articles)


def to_keep() -> str:
    """The file of the present version."""
    text: dict[str, object] = {"version": VERSION, "written_on": WRITTEN_ON.isoformat()}
    for language in LANGUAGES:
        with override(language):
            text[language] = [_article(each) for each in render_document(TERMS, frozenset())]
    return json.dumps(text, ensure_ascii=False, indent=1) + "\n"


def _article(article: RenderedArticle) -> dict[str, object]:
    paragraphs = [
        {"number": each.number, "sentences": _sentences(each.sentences), "items": _sentences(each.items)}
        for each in article.paragraphs
    ]
    return {"anchor": article.anchor, "title": article.title, "paragraphs": paragraphs}


def _sentences(sentences: Iterable[RenderedSentence]) -> list[list[str]]:
    return [[str(each.text), each.ids, each.act] for each in sentences]


class _Read:
    """A version on its way to a page: knows which clauses were mentioned already."""

    def __init__(self) -> None:
        self._mentioned: set[str] = set()

    def article(self, kept: dict[str, Any]) -> RenderedArticle:
        paragraphs = tuple(
            RenderedParagraph(
                each["number"],
                tuple(map(self._sentence, each["sentences"])),
                tuple(map(self._sentence, each["items"])),
                missing="",
            )
            for each in kept["paragraphs"]
        )
        return RenderedArticle(kept["anchor"], kept["title"], paragraphs)

    def _sentence(self, kept: list[str]) -> RenderedSentence:
        text, ids, act = kept
        marks = tuple(ClauseMark(name, name not in self._mentioned) for name in ids.split())
        self._mentioned.update(ids.split())
        return RenderedSentence(mark_safe(text), marks, act)  # noqa: S308 – was escaped before it was kept
