"""One word for each thing: what must not be written, and what is written instead, in both languages.

The words are the Act's and the terms' where they have one; `docs/reference/glossary.md` lists them.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest
from tools.translations import catalogues

from honnin.errors import Reader, catalogue, explain
from honnin.law.wording import contact_of
from honnin.translation import Language, gettext
from tests.docs.samples import ROOT

LANGUAGES: tuple[Language, ...] = ("ja", "en")
# What a holder does at a service; staff sign in (サインイン).
LOGIN = re.compile(r"\b[Ll]og(s|ged|ging)? ?in|\blogins?\b|challenge", re.IGNORECASE)
# Japanese: pattern → the word to be written.
NOT_IN_JAPANESE = {
    r"一時停止|保留中断": "一時保留; a service is 停止",
    r"(?<!者)利用規約|使用規約": "利用者規約",
    r"ログアウト|ログオン|ログオフ|サインオン": "サインイン, サインアウト",
    r"再設定": "暗証番号の初期化",
    r"PIN番号|パスコード|(?<!の)署名用パスワード": "暗証番号",
    r"発行番号|シリアル番号|シリアルナンバー": "発行の番号",
    r"コールセンター|ホットライン|電話窓口": "電話受付",
    r"読み取り機|読取機|読取り機": "カードリーダー",
    r"お住まいの市区町村|住所地市": "住民票のある市区町村",
    r"発行機関": "機構",
    r"ジャーナル|監査ログ": "運用記録",
    r"手続き": "手続",
    r"既に": "すでに",
    r"利用者名|利用者ID|アカウント名": "ユーザー名; 利用者 is the holder of a certificate",
    r"この利用者|別の利用者|ほかの利用者|他の利用者": "ユーザー or アカウント; 利用者 is the holder",
    r"住民基本台帳カード": "住基カード",
    r"試験用カード|テストカード": "テスト用カード",
    r"検証環境|テスト環境": "試験環境",
    r"下さい|出来ま|(?<!一)致しま": "ください, できま, しま",
    r"担当|操作者|係員|オペレーター|(?<!受付)窓口の職員": "受付窓口の職員（職員）; 受付員 of the hotline",
}
# English: pattern → the word to be written.
NOT_IN_ENGLISH = {
    r"\bReceptions?\b|[Rr]eception number": "application, received",
    r"[Ss]et (the )?PINs? again|be set again": "reset",
    r"[Ww]ork on (the|a) card|work has been": "card procedure, update",
    r"\b[Ss]uspen": "hold; a service is stopped",
    r"[Pp]ower of attorney": "mandate",
    r"Basic Resident Register|[Rr]egister of residents": "resident register",
    r"(?<![Uu]ser-)\b[Aa]uthentication certificate|[Cc]ertificate for user auth": "user-authentication",
    r"[Dd]igital signature certificate": "signature certificate",
    r"[Ss]ignature password|[Pp]assword of the signature": "PIN of the signature certificate",
    r"[Cc]all cent|(?<!toll-)free line$|[Tt]elephone line": "hotline",
    r"Organisation|[Ii]ssuing agency": "agency",
    r"[Oo]perator of this system|operators of the": "administrator; an operator takes calls",
    r"[Nn]otice of loss|[Nn]otices of loss": "report of loss",
    r"(?<!My )\b[Nn]umber [Cc]ard": "My Number Card",
    r"[Ss]tands? against": "cannot …, for … reasons",
    r"has effect again|keeps? (its|their) effect": "is valid, stays valid",
    r"applied for anew|gone on with|[Pp]apers\b": "plain English",
    r"[Ll]og(ged|ging)? ?out|[Ss]igned? off": "sign out",
    r"(?<!open for )\b[Rr]eading\b(?! or)": "name in katakana",
    r"[Bb]earer|[Cc]ardholder": "holder",
}
# Sentences in which such a word means something else.
ALLOWED = {
    "signature password",  # the name of the card's file, by which others know it
}


def forms_of(one: object) -> list[str]:
    """A sentence, or each of its forms where it has a plural."""
    return list(map(str, one)) if isinstance(one, tuple | list) else [str(one)]


def sentences() -> Iterator[tuple[str, str, str]]:
    """Where it stands, and the sentence in both languages."""
    for code, parts in catalogue().items():
        for part, english in parts.items():
            yield f"{code} {part}", gettext(english, "ja"), english
    for path, translations in catalogues().items():
        if path.parts[-5] == "published":  # the terms and the leaflets keep their own words
            continue
        for message in translations:
            own, translated = forms_of(message.id), forms_of(message.string)
            if message.id and message.context != "column":  # they are called as in the database
                yield f"{path.parts[-5]}: {own[0][:60]}", " ".join(translated), " ".join(own)


def test_nobody_writes_a_second_word() -> None:
    wrong = []
    for place, japanese, english in sentences():
        if english in ALLOWED:
            continue
        for pattern, instead in NOT_IN_JAPANESE.items():
            wrong += [(place, found, instead) for found in re.findall(f"({pattern})", japanese)[:1]]
        for pattern, instead in NOT_IN_ENGLISH.items():
            if found := re.search(pattern, english):
                wrong.append((place, found[0], instead))
    assert wrong == []


@pytest.mark.parametrize("page", ["README.ja.md"])
def test_nor_do_the_pages(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    assert [pattern for pattern in NOT_IN_JAPANESE if re.search(pattern, text)] == []


def test_staff_sign_in_and_holders_log_in() -> None:
    wrong = [
        (place, japanese)
        for place, japanese, english in sentences()
        if ("ログイン" in japanese and not LOGIN.search(english))
        or ("サインイン" in japanese and LOGIN.search(english))
    ]
    assert wrong == []


# A term of one language, and what stands for it in the other: where one is, the other is too.
PAIRS = {
    r"\b[Tt]erms of use\b": r"利用者規約",
    r"[Ss]erial number": r"発行の番号",
    r"\b[Mm]andate\b": r"委任",
    r"\bStatutory agent|statutory agent": r"法定代理人",
    r"\bhotline\b|\bHotline\b": r"電話受付",
    r"[Ss]ubstitute": r"代替文字|代わりの文字|置き換え",
}


@pytest.mark.parametrize(("english", "japanese"), PAIRS.items(), ids=PAIRS.values())
def test_a_term_has_its_word_in_both_languages(english: str, japanese: str) -> None:
    wrong = [
        (place, said, meant)
        for place, said, meant in sentences()
        if re.search(english, meant) and not re.search(japanese, said)
    ]
    assert wrong == []


# — Whom somebody is sent to ————————————————————————————————————————————————————————————————————————————

OWN_PLACE = {
    Reader.CLERK: r"^(住民票のある市区町村の窓口|カードリーダーを設置した|The counter of your|The desk that)",
    Reader.OPERATOR: r"電話受付（|hotline \(|^機構$|^The agency$",
}


@pytest.mark.parametrize("reader", [Reader.CLERK, Reader.OPERATOR])
@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_is_sent_to_where_they_sit(reader: Reader, language: Language) -> None:
    wrong = [code for code in catalogue() if re.search(OWN_PLACE[reader], contact_of(code, language, reader))]
    assert wrong == []
    changed = [
        code for code in catalogue() if contact_of(code, language, reader) != explain(code, language).contact
    ]
    assert changed


# What only the public reads may say "at the counter" in its next step.
PUBLIC_ONLY = {
    "E_KIOSK_CARD_WITHOUT_PHOTO",
    "E_KIOSK_CARD_WITHOUT_PINS",
    "E_KIOSK_CERTIFICATE_MISSING",
    "E_KIOSK_ENTRY_CHANGED",
    "E_KIOSK_PIN_NOT_SUPPORTED",
    "E_OFFICE_WRONG",
}


def test_no_next_step_sends_a_clerk_to_the_counter() -> None:
    sent = re.compile(r"窓口(で|へ|に)|\bat (the|a) counter|to the counter|[Aa]sk the counter")
    wrong = [
        code
        for code, parts in catalogue().items()
        if any(sent.search(gettext(parts["remedy"], language)) for language in LANGUAGES)
    ]
    assert set(wrong) <= PUBLIC_ONLY, wrong


def test_make_is_named_only_where_the_sources_are() -> None:
    """Who installed the package has no `make`; `sources.up_command` names what there is."""
    of_sources = {"the Japanese sentences have changed since they were compiled: run make setup."}
    told = [english for _, _, english in sentences() if re.search(r"\bmake [a-z]+\b(?! up)", english)]
    named = [each for each in told if re.search(r"make (up|demo|setup|check|test)", each)]
    assert [each for each in named if "from its sources" not in each and each not in of_sources] == []


# — Catalogues ——————————————————————————————————————————————————————————————————————————————————————————


def test_a_catalogue_says_each_sentence_once_and_all_say_it_alike() -> None:
    """What pages say comes from all catalogues of the pages together, in which the last one would win."""
    said: dict[tuple[str | None, str], set[str]] = defaultdict(set)
    for path, translations in catalogues().items():
        ids = re.findall(r'^(?:msgctxt "(.*)"\n)?msgid "(.+)"$', path.read_text("utf-8"), re.MULTILINE)
        assert [each for each, times in Counter(ids).items() if times > 1] == [], path
        if path.name == "django.po":
            for message in translations:
                said[message.context, str(message.id)].add(str(message.string))
    assert {each: words for each, words in said.items() if len(words) > 1 and each[1]} == {}


def test_no_sentence_of_a_catalogue_dangles() -> None:
    wrong = []
    for place, japanese, english in sentences():
        if not re.search(r"\w{2}", english) or english.startswith(" ("):  # what stands between words
            continue
        for text in (japanese, english):
            if text != text.strip() or re.search(r"。。|(?<!\.)\.\.(?![./])| 。|、$|,$", text):
                wrong.append((place, text))
        if re.search(r"\w\.$", english) and not re.search(r"[。）)：:.]$|か$", japanese):
            wrong.append((place, japanese))
    assert wrong == []
