"""The words around the texts: what an installation can do, and how a text is laid out on its page."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from honnin.console.published.document import Article, Document, Paragraph, Procedure, Sentence, filled
from honnin.console.published.numbers import numbers
from honnin.errors import Language, language_of
from honnin.law.wording import format_clause

PROCEDURE: Mapping[Procedure, Promise] = MappingProxyType(
    {
        Procedure.ISSUE: gettext_lazy("issue of certificates onto a card"),
        Procedure.PIN_RESET: gettext_lazy("PIN reset at the counter"),
        Procedure.NOTICE_OF_LOSS: gettext_lazy("report of loss by telephone, with a hold"),
        Procedure.REPORT_OF_LOSS: gettext_lazy("report of loss at the counter"),
        Procedure.RELEASE: gettext_lazy("release of a hold"),
        Procedure.REVOCATION: gettext_lazy("revocation at the counter"),
        Procedure.CHANGE_OF_ADDRESS: gettext_lazy("change of address"),
        Procedure.MOVING_OUT: gettext_lazy("moving out to another municipality"),
        Procedure.CARD_UPDATE: gettext_lazy("update of the card"),
        Procedure.CARD_TAKEN_BACK: gettext_lazy("return of the card"),
        Procedure.RENEWAL: gettext_lazy("renewal of certificates"),
        Procedure.APPLICATION_ELSEWHERE: gettext_lazy("application to the Organisation itself"),
        Procedure.ONLINE_REVOCATION: gettext_lazy("application for revocation online"),
        Procedure.FEES: gettext_lazy("collection of fees"),
        Procedure.WORD_OF_LAPSES: gettext_lazy("word to holders and the public after such a revocation"),
        Procedure.KIOSK_RESET: gettext_lazy("PIN reset at a kiosk"),
        Procedure.DISCLOSURE: gettext_lazy("seeing and correcting one’s own record"),
        Procedure.BRIDGE: gettext_lazy("cross-certification with the government’s bridge authority"),
        Procedure.OFFICIAL_CERTIFICATES: gettext_lazy("check of certificates of offices"),
        Procedure.PRACTICE_STATEMENTS: gettext_lazy("practice statements (CP/CPS) of the authorities"),
        Procedure.LETTERS: gettext_lazy("letters to holders"),
        Procedure.AUTHENTICATION_KEY_SIGNS: gettext_lazy(
            "signatures with the key of the user-authentication certificate"
        ),
        Procedure.DOCUMENTS_AT_DELIVERY: gettext_lazy("documents shown when the card is handed over"),
        Procedure.OTHER_LAPSES: gettext_lazy(
            "revocation for a removal from the register without moving out, for an error in the record or "
            "because of the issuer’s key"
        ),
    }
)
Offered = Set[Procedure]


@dataclass(frozen=True)
class ClauseMark:
    """A clause beside a sentence. `anchor`: whether the page is to be found by it here: at its first mention."""

    id: str
    anchor: bool


@dataclass(frozen=True)
class RenderedSentence:
    """A sentence in words, with the articles of the Act that it names."""

    text: SafeString
    clauses: tuple[ClauseMark, ...]
    act: str

    @property
    def ids(self) -> str:
        """The clauses, as an attribute of the page has them."""
        return " ".join(mark.id for mark in self.clauses)


@dataclass(frozen=True)
class RenderedParagraph:
    """`missing`: what of it the installation cannot do, in words. `marks`: the clauses of its sentences."""

    number: int | None
    sentences: tuple[RenderedSentence, ...]
    items: tuple[RenderedSentence, ...]
    missing: str

    @property
    def marks(self) -> list[str]:
        """The clauses beside it, each once; those of its items stand beside them."""
        return list(dict.fromkeys(mark.id for sentence in self.sentences for mark in sentence.clauses))


@dataclass(frozen=True)
class RenderedArticle:
    """`anchor`: where it is on the page."""

    anchor: str
    title: str
    paragraphs: tuple[RenderedParagraph, ...]


def language() -> Language:
    """The language of the page."""
    return language_of(get_language())


def render_document(document: Document, offered: Offered) -> list[RenderedArticle]:
    """The whole text in the present language, with marks where the installation cannot do what it tells of."""
    laid_out = _LaidOut(document, offered)
    return [laid_out.article(article) for article in document.articles]


def procedures(some: Iterable[Procedure]) -> str:
    """Procedures in words, in one order."""
    known = set(some)
    return _(", ").join(str(words) for each, words in PROCEDURE.items() if each in known)


class _LaidOut:
    """A document on its way to a page: knows which clauses were mentioned already."""

    def __init__(self, document: Document, offered: Offered) -> None:
        self._numbered, self._offered = document.numbered, offered
        self._values, self._mentioned = numbers(language()), set[str]()

    def article(self, article: Article) -> RenderedArticle:
        title = str(article.title)
        if self._numbered:
            title = _("Article %(number)s: %(title)s") % {"number": article.name, "title": title}
        several = self._numbered and len(article.paragraphs) > 1
        return RenderedArticle(
            f"article-{article.name}",
            title,
            tuple(
                self._paragraph(each, at if several else None)
                for at, each in enumerate(article.paragraphs, 1)
            ),
        )

    def _paragraph(self, paragraph: Paragraph, number: int | None) -> RenderedParagraph:
        missing = [need for need in paragraph.needs if need not in self._offered]
        return RenderedParagraph(
            number,
            tuple(map(self._sentence, paragraph.sentences)),
            tuple(map(self._sentence, paragraph.items)),
            procedures(missing),
        )

    def _sentence(self, sentence: Sentence) -> RenderedSentence:
        marks = tuple(ClauseMark(name, name not in self._mentioned) for name in sentence.clauses)
        self._mentioned.update(sentence.clauses)
        act = _(", ").join(format_clause(article, language()) for article in sentence.act)
        return RenderedSentence(filled(sentence.text, self._values), marks, act)
