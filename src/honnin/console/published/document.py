"""A text as articles, paragraphs, items and sentences, and its sentences in the present language."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum, auto
from functools import cached_property

from django.utils.functional import Promise
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe


class Procedure(StrEnum):
    """What a text tells of and an installation can do or not."""

    ISSUE = auto()
    PIN_RESET = auto()
    NOTICE_OF_LOSS = auto()
    REPORT_OF_LOSS = auto()
    RELEASE = auto()
    REVOCATION = auto()
    CHANGE_OF_ADDRESS = auto()
    MOVING_OUT = auto()
    CARD_UPDATE = auto()
    CARD_TAKEN_BACK = auto()
    RENEWAL = auto()
    APPLICATION_ELSEWHERE = auto()
    ONLINE_REVOCATION = auto()
    FEES = auto()
    WORD_OF_LAPSES = auto()
    KIOSK_RESET = auto()
    DISCLOSURE = auto()
    BRIDGE = auto()
    OFFICIAL_CERTIFICATES = auto()
    PRACTICE_STATEMENTS = auto()
    LETTERS = auto()
    AUTHENTICATION_KEY_SIGNS = auto()
    DOCUMENTS_AT_DELIVERY = auto()
    OTHER_LAPSES = auto()


@dataclass(frozen=True)
class Sentence:
    """One sentence, the clauses of the catalogue that it tells of, and the articles of the Act it names.

    `text` has numbers as `%(name)s` (`numbers`).
    """

    text: Promise
    clauses: tuple[str, ...] = ()
    act: tuple[str, ...] = ()


@dataclass(frozen=True)
class Paragraph:
    """Sentences, and the items that they introduce. `needs`: what an installation must do for it to be so."""

    sentences: tuple[Sentence, ...]
    items: tuple[Sentence, ...] = ()
    needs: tuple[Procedure, ...] = ()


@dataclass(frozen=True)
class Article:
    """A title and its paragraphs. `name`: where it is on the page."""

    name: str
    title: Promise
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True)
class Document:
    """A whole text. `numbered`: its articles are counted, and so are their paragraphs where there are several."""

    articles: tuple[Article, ...]
    numbered: bool = True

    def sentences(self) -> Iterator[Sentence]:
        """Every sentence, in the order of the page."""
        for article in self.articles:
            for paragraph in article.paragraphs:
                yield from paragraph.sentences
                yield from paragraph.items

    @cached_property
    def needs(self) -> Set[Procedure]:
        """Everything that an installation must do for the text to be so."""
        return {need for article in self.articles for each in article.paragraphs for need in each.needs}


def filled(text: Promise, values: Mapping[str, object]) -> SafeString:
    """A sentence in the present language with its values put in; everything else in it is plain text.

    Raises KeyError for a value that there is none of.
    """
    safe = {name: conditional_escape(str(value)) for name, value in values.items()}
    return mark_safe(conditional_escape(str(text)) % safe)  # noqa: S308
