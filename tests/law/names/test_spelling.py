"""Which spellings are one when a name or an address is looked for, and which are not."""

import unicodedata
from collections import Counter

import pytest

from honnin.law.names.kanji_variants import GROUPS
from honnin.law.names.romaji import readings
from honnin.law.names.spelling import (
    answers_to,
    folded,
    folded_address,
    folded_name,
    is_same_name,
    parts_of_name,
)

SPACES = " \u00a0\u2003\u2009\u202f\u200b\u3000\t"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("髙橋　花子", "高橋花子"),
        *((f"高橋{space}花子", "高橋花子") for space in SPACES),
        ("辻\U000e0100", "辻"),
        ("辻\ufe00", "辻"),
        ("渡邉\U000e0102", "渡辺"),
        ("邊", "辺"),
        ("山﨑", "山崎"),
        ("𠮷田", "吉田"),
        ("齋藤", "斉藤"),
        ("濵田", "浜田"),
        ("櫻井", "桜井"),
        ("神\U000e0100", "\ufa19"),  # a compatibility ideograph
        ("佐々木", "佐佐木"),
        ("ﾀｶﾊｼ", "たかはし"),
        ("ｶﾞ", "が"),
        ("か\u3099", "ガ"),
        ("キョウコ", "キヨウコ"),
        ("ジョー", "じょ"),
        ("ヴァイオレット", "ばいおれっと"),
        ("みづき", "ミズキ"),
        ("ＳＭＩＴＨ　ＪＯＨＮ", "Smith, John"),
        ("JOSÉ", "jose"),
        ("Jose\u0301", "José"),
        ("O’BRIEN", "o'brien"),
        ("ANNE-MARIE", "ＡＮＮＥ－ＭＡＲＩＥ"),
        ("ANNE‐MARIE", "Anne Marie"),
        ("ジョン・スミス", "ジョン　スミス"),
        ("\ufeff髙橋\u200e", "高橋"),
    ],
)
def test_one_name_in_two_spellings(one: str, other: str) -> None:
    assert folded_name(one) == folded_name(other) != ""
    assert is_same_name(one, other)
    assert folded_name(folded_name(one)) == folded_name(one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("高橋", "高梁"),
        ("大坂", "大阪"),
        ("ハハ", "ババ"),
        ("はな", "ばな"),
        ("渡辺", "渡部"),
        ("", "　"),
        ("%", "_"),
    ],
)
def test_two_names(one: str, other: str) -> None:
    assert not is_same_name(one, other)


def test_the_table_of_kanji_says_one_thing_of_each() -> None:
    groups = GROUPS.split()
    assert [c for c, times in Counter("".join(groups)).items() if times > 1] == []
    assert [c for c in "".join(groups) if unicodedata.normalize("NFKC", c) != c] == []
    assert all(folded(c) == group[0] for group in groups for c in group)


@pytest.mark.parametrize(
    "written",
    [
        "見本町１－２－３",
        "見本町1-2-3",
        "見本町1‐2−3",
        "見本町１ー２ー３",
        "見本町一丁目2番3号",
        "見本町１丁目２番地３",
        "見本町 1丁目 2番地の3",
        "見本町1の2の3",
    ],
)
def test_one_address(written: str) -> None:
    assert folded_address(written) == "見本町1-2-3"


def test_addresses_that_people_write_in_several_ways() -> None:
    assert (
        folded_address("架空が丘十二丁目") == folded_address("架空ヶ丘１２") == folded_address("架空ケ丘12")
    )
    assert folded_address("虎の門二十一") != folded_address("虎ノ門21")  # a numeral alone may be a name
    assert folded_address("百二十三番") == folded_address("123番") == "123"
    assert folded_address("見本町1-2-3 コーポ") != folded_address("見本町1-2-3")


def test_the_parts_of_a_name() -> None:
    assert parts_of_name(" 髙橋　 辻\U000e0100子 ") == ("高橋", "辻子")
    assert parts_of_name("SMITH, John・Paul") == ("smith", "john", "paul")
    assert parts_of_name(" %　_ ") == ()


@pytest.mark.parametrize(
    ("asked", "answers"),
    [
        ("髙橋 花子", True),
        ("高橋花子", True),
        ("はなこ たかはし", True),
        ("たかはし", True),
        ("ﾊﾅｺ", True),
        ("高橋 はなこ", True),
        ("高", False),
        ("高橋 太郎", False),
        ("", False),
        ("橋花", False),
    ],
)
def test_who_answers_to_a_name(asked: str, answers: bool) -> None:
    assert answers_to(parts_of_name(asked), ("髙橋　花子", "タカハシ　ハナコ")) is answers


def test_a_name_without_a_space_answers_to_its_beginning() -> None:
    assert answers_to(parts_of_name("高橋"), ("髙橋花子", "タカハシハナコ"))
    assert answers_to(parts_of_name("たかはし　はなこ"), ("髙橋花子", "タカハシハナコ"))


@pytest.mark.parametrize(
    ("word", "kana"),
    [
        ("takahashi", "タカハシ"),
        ("TAKAHASI", "タカハシ"),
        ("ｔａｋａｈａｓｈｉ", "タカハシ"),
        ("satoh", "サト"),
        ("Satō", "サト"),
        ("ono", "オオノ"),
        ("ohno", "オオノ"),
        ("おうの", "オオノ"),
        ("おの", "オオノ"),
        ("オーノ", "オオノ"),
        ("kenichi", "ケンイチ"),
        ("ken'ichi", "ケンイチ"),
        ("namba", "ナンバ"),
        ("hattori", "ハツトリ"),
        ("itchi", "イツチ"),
        ("kyoko", "キヨウコ"),
        ("shotaro", "シヨウタロ"),
        ("junichiro", "ジユンイチロ"),
    ],
)
def test_how_a_word_may_be_written_in_katakana(word: str, kana: str) -> None:
    assert kana in readings(word)


@pytest.mark.parametrize("word", ["smith", "高橋", "", "123", "たかはし花子", "x" * 200, "on" * 60])
def test_what_is_no_japanese_word_has_few_writings_or_none(word: str) -> None:
    assert len(readings(word)) <= 64
    assert word == "on" * 60 or readings(word) == ()
