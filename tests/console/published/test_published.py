"""The terms of use and the guide: open to everybody, in both languages, whole, and with the law's numbers."""

import hashlib
import html
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils.translation import override
from tools.translations import catalogues

from honnin.card.issuer.content.keys import KEY_BITS
from honnin.console.published import versions
from honnin.console.published.document import Document, Procedure
from honnin.console.published.guide import GUIDE
from honnin.console.published.numbers import numbers
from honnin.console.published.terms import TERMS
from honnin.console.published.wording import PROCEDURE, RenderedArticle, RenderedParagraph, render_document
from honnin.law import information, terms_of_use
from honnin.law.cards.pins import PinKind, pin_rule
from honnin.law.catalogue import Clause, clauses
from honnin.law.counter.acts import CounterAct
from honnin.law.terms import Generation
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.declaration import completed, other_acts, other_pages
from honnin.sites.pages.offers import offered, pages
from tests.support.console import REQUEST, Console, scan

pytestmark = pytest.mark.django_db(databases="__all__")

PAGES = {"console/published/terms.py": "terms_of_use", "console/published/guide.py": "guide"}
TEXTS: Mapping[str, Document] = {"terms_of_use": TERMS, "guide": GUIDE}
LANGUAGES = ("ja", "en")
DIGESTS = {"1": "c3a1b812a2329975", "2": "3265c91cd70cca34"}
"""Of the terms of use in both languages, by their version: a text that was agreed to is not altered."""


def opened(name: str, language: str, *, raw: bool = False) -> str:
    """A page as anybody gets it who has not signed in."""
    response = Client(headers={"accept-language": language}).get(reverse(name))
    assert response.status_code == 200
    text = response.content.decode()
    return text if raw else html.unescape(text)


class Read(HTMLParser):
    """What a page says: under each clause, and in each sentence of its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.told: dict[str, str] = defaultdict(str)
        self._open: list[tuple[str, ...]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link", "input", "path", "img", "br"):
            self._open.append(tuple((dict(attrs).get("data-clause") or "").split()))

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("path",):
            self._open.pop()

    def handle_data(self, data: str) -> None:
        for clause in {clause for named in self._open for clause in named}:
            self.told[clause] += data


read_once = cache(catalogues)


def japanese(sentence: str) -> str:
    found = (catalogue.get(sentence) for catalogue in read_once().values())
    return next(str(message.string) for message in found if message is not None)


def sentences(document: Document) -> Iterator[tuple[str, tuple[str, ...]]]:
    with override("en"):
        yield from [(str(each.text), each.clauses) for each in document.sentences()]


SHOWN = [clause for clause in clauses().values() if clause.shown in PAGES]


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_catalogue_calls_shown_is_read_on_its_page(name: str, language: str) -> None:
    """Every clause at the words that the catalogue names, beside its id, whoever opens the page."""
    page = opened(name, language)
    told = Read(page).told
    for clause in (clause for clause in SHOWN if PAGES[clause.shown] == name):
        assert as_said(clause, TEXTS[name], language).search(told[clause.id]), clause.id
        assert f'<span class="clause">{clause.id}</span>' in page, clause.id
        assert page.count(f'id="{clause.id}"') == 1, clause.id


def as_said(clause: Clause, document: Document, language: str) -> re.Pattern[str]:
    """What must be read: the words, or the Japanese of the sentence that has them."""
    if language == "en":
        return re.compile(re.escape(clause.words))
    sentence = next(text for text, ids in sentences(document) if clause.words in text and clause.id in ids)
    plain = re.escape(japanese(sentence))
    return re.compile(re.sub(r"%\\\(\w+\\\)s", ".+", plain))


def test_what_is_not_shown_yet_is_known() -> None:
    """A letter that is not written, and a municipality's page on appointments for what is not done."""
    texts = {clause.id for clause in clauses().values() if clause.disposition == "text"}
    assert texts - {clause.id for clause in SHOWN} == {"S3-17b", "S3-C6"}


@pytest.mark.clause("S4-18.2")
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_terms_of_use_are_whole(language: str) -> None:
    """Every rule of the service's terms, in their order, under its article."""
    page = opened("terms_of_use", language)
    ours = [name for name in clauses() if name.startswith("S4-")]
    assert list(dict.fromkeys(re.findall(r'<span id="(S4-[^"]+)">', page))) == ours
    for number, part in enumerate(page.split('<section class="article"')[1:], 1):
        assert f'id="article-{number}"' in part
        named = {re.split(r"[-.ab]", each)[1] for each in re.findall(r'<span id="(S4-[^"]+)">', part)}
        assert named == {str(number)}
    assert len(TERMS.articles) == 27
    assert len(re.findall('data-clause="S4-22.1"', page)) == 1 + 7
    assert len(re.findall('data-clause="S4-22.2"', page)) == 1 + 4


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_contents_lead_to_every_article(name: str, language: str) -> None:
    page = opened(name, language)
    anchors = re.findall(r'<section class="article" id="([^"]+)"', page)
    links = re.findall(r'<li><a href="#([^"]+)">', page)
    assert anchors * 2 == links
    assert f'<html lang="{language}">' in page
    assert "%(" not in page
    assert language == "en" or not re.search("[。、]</span> +<span (id|data-clause)", page)


WRITTEN_BY_HAND = re.compile(
    "Act No. 153 of 2002|平成14年法律第153号|article (4, paragraph 3|7|11)|第4条第3項|第7条|第11条|"
    "基本4情報|24時間365日"
)
"""A citation, the terms' own articles, a word of the Act, and a way of saying “always”."""


@pytest.mark.parametrize("name", TEXTS)
def test_no_number_of_the_law_is_written_by_hand(name: str) -> None:
    for sentence, _clauses in sentences(TEXTS[name]):
        for text in (sentence, japanese(sentence)):
            rest = WRITTEN_BY_HAND.sub("", re.sub(r"%\(\w+\)s", "", text))
            assert not re.search(r"\d|[０-９]", rest), text


def test_every_number_is_used_and_known() -> None:
    used = {
        name
        for document in TEXTS.values()
        for sentence, _clauses in sentences(document)
        for text in (sentence, japanese(sentence))
        for name in re.findall(r"%\((\w+)\)s", text)
    }
    assert used == numbers("en").keys() == numbers("ja").keys()


def test_the_numbers_are_those_of_the_service() -> None:
    english, japanese_page = opened("terms_of_use", "en"), opened("terms_of_use", "ja")
    for words in (
        "5th birthday after the day of issue; in a renewal,",
        "applied for with less than 3 months of validity left, the 6th;",
        "5 times that of the signature certificate, 3 times that of the user-authentication certificate",
        "RSA of 2048 bits and SHA-256",
        "imprisonment of up to 5 years or a fine of up to 3,000,000 yen. (Act art. 73)",
    ):
        assert words in re.sub(r"<[^>]+>", "", english)
    for words in ("5年以下の拘禁刑または3,000,000円以下の罰金", "署名用電子証明書は5回", "残りが3か月未満"):
        assert words in japanese_page
    guide = opened("guide", "ja")
    for words in ("英数字6文字以上16文字以下", "数字4桁", "9:30–17:30", "6:30–23:00", "令和6年6月30日"):
        assert words in guide
    assert terms_of_use.KEY_BITS == KEY_BITS


def test_they_are_the_same_for_who_is_signed_in(console: Console) -> None:
    """A citizen may read them at the counter: nothing on them is the clerk's."""
    for name in TEXTS:
        theirs = console.clerk().get(reverse(name)).content.decode()
        assert tokenless(theirs) == tokenless(opened(name, "en", raw=True))
        assert reverse("sign_out") not in theirs


def tokenless(page: str) -> str:
    """Without the tokens of the form that switches the language."""
    page = re.sub(r'<input type="hidden" name="(?:drawn_for|form_id)" value="\w+">', "", page)
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page)


def test_six_notices_lead_to_the_line_in_other_languages() -> None:
    page = opened("guide", "ja")
    assert len(information.NOTICES) == 6
    for tag, notice in information.NOTICES.items():
        assert f'<li lang="{tag}" data-clause="S3-C5">{notice}' in page
    assert page.count(information.LINE_IN_OTHER_LANGUAGES) == 7


def test_a_text_that_was_agreed_to_is_not_altered_and_stays_readable() -> None:
    """Whoever changes the terms of use gives them another version, keeps it (`tools.terms_version`), and adds
    its digest here.
    """
    assert set(versions.versions()) == DIGESTS.keys()
    for version, digest in DIGESTS.items():
        assert digest_of(versions.kept(version, each).articles for each in versions.LANGUAGES) == digest
    assert max(DIGESTS, key=int) == terms_of_use.VERSION
    for language in versions.LANGUAGES:
        with override(language):
            present = [
                replace(each, paragraphs=unmarked(each.paragraphs)) for each in render_document(TERMS, set())
            ]
        assert list(versions.kept(terms_of_use.VERSION, language).articles) == present


def digest_of(texts: Iterable[Iterable[RenderedArticle]]) -> str:
    lines = []
    for articles in texts:
        for article in articles:
            lines.append(article.title)
            for paragraph in article.paragraphs:
                both = paragraph.sentences + paragraph.items
                lines += [f"{each.ids} {each.text} {each.act}" for each in both]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def unmarked(paragraphs: Iterable[RenderedParagraph]) -> tuple[RenderedParagraph, ...]:
    return tuple(replace(each, missing="") for each in paragraphs)


@pytest.mark.parametrize("language", LANGUAGES)
def test_earlier_terms_are_read_at_an_address_of_their_own(language: str) -> None:
    client = Client(headers={"accept-language": language})
    present = client.get("/terms/").content.decode()
    same = client.get(f"/terms/{terms_of_use.VERSION}/").content.decode()
    assert same.partition("<main")[2] == present.partition("<main")[2]
    assert '<a href="/terms/1/">' in present
    earlier = client.get("/terms/1/").content.decode()
    assert ('<a href="/terms/">' in earlier, "S4-27" in earlier) == (True, True)
    assert "%(" not in earlier
    changed = "受付窓口の職員は、その写し"
    assert (changed in present, changed in earlier) == (language == "ja", False)
    for unknown in ("3", "0", "01", "..", "x"):
        assert client.get(f"/terms/{unknown}/").status_code == 404


# — What this installation can do ————————————————————————————————————————————————————————————————————————


STEPS_AT_THE_KIOSK = {
    f"kiosk:{step}" for step in ("card", "known_pin", "new_pin", "receipt", "ended", "leave")
}
HOTLINE_LOOKS = {"hotline:search", "hotline:found", "hotline:calls", "hotline:holder"}


def registered() -> set[str]:
    rooms = get_resolver().namespace_dict
    return {
        f"{room}:{getattr(each, 'name', None)}"
        for room, (_, below) in rooms.items()
        for each in below.url_patterns
    }


def test_what_is_offered_has_its_page_and_what_is_not_has_none() -> None:
    """Where the last line fails, a procedure was built: its declaration says which text tells of it."""
    assert offered() == pages().keys()
    assert set(pages().values()) <= registered()
    assert set(PROCEDURE) == set(Procedure)
    signs = re.compile("online|fee|disclos|correct_record|bridge|official|statement|letter|notif")
    assert [page for page in registered() if signs.search(page)] == []


def test_every_act_and_page_is_offered_or_says_why_not() -> None:
    """Where this fails, something can be done that no text names: its declaration is to say why."""
    acts, named = completed(), {f"counter:{each}" for each in other_pages()}
    assert acts.keys() | other_acts().keys() == set(CounterAct)
    untold = {f"counter:{page}" for told, page in acts.values() if told is None}
    assert {*pages().values(), *untold, *named, *HOTLINE_LOOKS, *STEPS_AT_THE_KIOSK} == registered()
    assert acts.keys().isdisjoint(other_acts())
    assert set(pages().values()).isdisjoint(named | HOTLINE_LOOKS)
    assert {told for told, _page in acts.values() if told is not None} <= offered()
    said_there = opened("guide", "en").lower()
    assert all(str(PROCEDURE[each]).lower() in said_there for each in offered())


@pytest.mark.parametrize("name", TEXTS)
def test_what_cannot_be_done_here_is_marked_where_it_is_told_of(name: str) -> None:
    page, needs = opened(name, "en"), TEXTS[name].needs
    with override("en"):
        for procedure in needs:
            told = page.count(f'<p class="not-here">Not in this installation: {PROCEDURE[procedure]}</p>')
            assert (told > 0) is (procedure not in offered()), procedure
        assert str(PROCEDURE[Procedure.PIN_RESET]) in page
    assert "test deployment" in page.split("<main")[1]


DUTIES = {"S4-3.4"}
"""What an applicant owes; the sentence promises nothing that would have to be built."""


def test_what_the_catalogue_calls_missing_is_marked_in_the_terms() -> None:
    can = offered()
    unmarked = [
        name
        for article in TERMS.articles
        for paragraph in article.paragraphs
        for sentence in (*paragraph.sentences, *paragraph.items)
        for name in set(sentence.clauses) - DUTIES
        if (clauses()[name].awaits or clauses()[name].lacks) and can.issuperset(paragraph.needs)
    ]
    assert unmarked == []


# — Where they are agreed to —————————————————————————————————————————————————————————————————————————————


@pytest.mark.clause("S4-1.2")
def test_an_application_says_which_version_was_agreed_to(console: Console) -> None:
    resident, client = console.town.move_in(), console.clerk()
    form = client.get(reverse("counter:new_application", args=[resident.public_id])).content.decode()
    link = '<a href="/terms/" target="_blank" rel="noopener">'
    assert link in form
    assert f"Version {terms_of_use.VERSION}." in form
    client.post(reverse("counter:new_application", args=[resident.public_id]), REQUEST | {"copy_1": scan()})
    application = Application.objects.get(resident=resident)
    assert application.terms_version == terms_of_use.VERSION
    page = client.get(reverse("counter:application", args=[application.number])).content.decode()
    version = terms_of_use.VERSION
    assert f'<a href="/terms/{version}/">Agreed to version {version}</a>' in page
    assert link in client.get(reverse("counter:amend", args=[application.number])).content.decode()


def test_the_receipt_says_where_the_texts_are_and_names_the_laws_numbers(console: Console) -> None:
    client, _resident, application = console.issued()
    receipt = client.get(reverse("counter:receipt", args=[application.number])).content.decode()
    for path in ("/terms/", "/guide/"):
        assert f'<a href="{path}">http://testserver{path}</a>' in receipt
    for kind, words in (
        (PinKind.SIGNATURE, "after %s wrong entries"),
        (PinKind.USER_AUTHENTICATION, "after %s."),
    ):
        assert words % pin_rule(kind, Generation.NUMBER_CARD).tries in receipt
    assert information.FREE_LINE in receipt
    assert information.INSTEAD_OF_A_LINE in receipt


def test_the_receipt_promises_what_is_done_here_and_says_whose_the_other_number_is(console: Console) -> None:
    """The first guide names the other number beside the paid line, the terms beside the free one."""
    client, _resident, application = console.issued()
    address = reverse("counter:receipt", args=[application.number])
    for language, renew, whose in (
        ("en", "renew", "From IP telephones that cannot reach it: "),
        ("ja", "更新", "IP電話などでつながらない場合は "),
    ):
        client.cookies["django_language"] = language
        receipt = client.get(address).content.decode()
        assert f'lang="{language}"' in receipt
        assert (renew in receipt.lower()) <= (Procedure.RENEWAL in offered())
        assert whose + information.INSTEAD_OF_A_LINE in receipt
        assert information.PAID_LINE not in receipt


def test_they_are_found_from_every_page() -> None:
    page = Client().get("/sign-in/").content.decode()
    assert 'href="/terms/"' in page
    assert 'href="/guide/"' in page


def test_names_of_the_act_are_not_torn_in_a_japanese_page() -> None:
    page = opened("terms_of_use", "ja", raw=True)
    act = "電子署名等に係る地方公共団体情報システム機構の認証業務に関する法律"
    for name in ("公的個人認証サービス", "地方公共団体情報システム機構", act):
        assert f'<span class="whole">{name}</span>' in page.replace("<wbr>", "")
    assert 'class="whole"' not in opened("terms_of_use", "en", raw=True)
