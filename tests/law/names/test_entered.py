"""What may be entered as a name, a reading or an address, and in the other items of an entry."""

import pytest

from honnin.law.names.entered import ITEMS, as_recorded, entered_refusals, municipality_refusals

NAMES = ("name", "former_surname", "alias", "proxy_name", "municipality")
ADDRESSES = ("address", "place_of_stay", "origin", "destination")
_NAMES = (
    *("葛\U000e0101城　太郎", "𠮷野　花子", "〓田　太郎", "〇川　〆子", "山田 太郎", "\ue000田　太郎"),
    *("O'CONNOR-BYRNE　SINEAD", "BYRNE－SMITH　ANN", "NGUYEN VAN ANH", "SMITH, JOHN JR."),
    *("D’ARC　JEANNE", "SØREN　ÅSE", "Ｓｍｉｔｈ　Ａ．", "ﾔﾏﾀﾞ　太郎", "マイケル・スミス"),
)
_ADDRESSES = (
    *("みほん県みほん市見本町１丁目２－３ ㈱寮#5", "髙\ue000町1 ☆ハイツ＆A", "３番地"),
    *("France, 12 rue de l'Été", "葛\U000e0101町 〓１", "ドイツ", "見本町１＠ハウス"),
)
ALLOWED = {
    **dict.fromkeys(NAMES, _NAMES),
    **dict.fromkeys(ADDRESSES, _ADDRESSES),
    "kana": ("ヤマダ　タロウ", "やまだ たろう", "ﾔﾏﾀﾞ ﾀﾛｳ", "マイケル・スミス", "アン－マリー"),
    "relationship": ("妻（未届）", "子の子", "世帯主", "夫(未届)"),
    "household": ("A-1", "Ａ－１", "0042", "1"),
    "reason": ("書類が<足りない>。\n=後日", "電話で確認 100%"),
}
SIGNS = [
    "=SUM(A1)",
    "＝SUM",
    "+1",
    "-山田",
    "－山田",
    "@x",
    "＠x",
    "'山田",
    "<script>",
    "ー山田",
    "山田|x",
    "山田`",
]
UNSEEN = [
    "山\u202e田",
    "山\u200b田",
    "山\x07田",
    "山\r田",
    "山\t田",
    "\ufeff山",
    "山\x85田",
    "山\ud800田",
    "\t山",
]


@pytest.mark.parametrize(
    ("item", "typed", "recorded"),
    [
        ("household", "１２ー３", "12-3"),
        ("household", "Ａ－１", "A-1"),
        ("kana", "やまだ　ﾊﾅｺﾞ", "ヤマダ　ハナゴ"),
        ("kana", "アン－マリー", "アン－マリー"),
        ("name", "ﾔﾏﾀﾞ　さくら", "ﾔﾏﾀﾞ　さくら"),
        ("address", "見本町１－２", "見本町１－２"),
    ],
)
def test_what_looks_alike_is_recorded_alike(item: str, typed: str, recorded: str) -> None:
    assert as_recorded(ITEMS[item], typed) == recorded == as_recorded(ITEMS[item], recorded)
    assert entered_refusals({item: recorded}) == ()


@pytest.mark.parametrize(("item", "text"), [(item, text) for item, all_ in ALLOWED.items() for text in all_])
def test_what_people_are_called_may_be_entered(item: str, text: str) -> None:
    assert entered_refusals({item: text}) == ()


@pytest.mark.parametrize("item", set(ITEMS) - {"reason", "kana", "household"})
@pytest.mark.parametrize("text", SIGNS + UNSEEN)
def test_signs_of_formulas_and_scripts_and_what_is_not_seen_are_named(item: str, text: str) -> None:
    assert {each.code for each in entered_refusals({item: text})} == {"E_VALUE_CHARACTERS"}


@pytest.mark.parametrize("text", SIGNS + UNSEEN)
def test_neither_is_a_reading_nor_the_number_of_a_household(text: str) -> None:
    assert entered_refusals({"kana": text})
    assert [each.code for each in entered_refusals({"household": text})] == ["E_VALUE_HOUSEHOLD"]


@pytest.mark.parametrize("text", UNSEEN)
def test_a_remark_has_any_sign_and_nothing_that_is_not_seen(text: str) -> None:
    assert bool(entered_refusals({"reason": text})) is ("\t" not in text and "\r" not in text)


def test_item_characters_and_place_are_named() -> None:
    (refusal,) = entered_refusals({"alias": "葛\U000e0101山 <b\u202e>"})
    details = {"characters": "< U+202E >", "field": "The alias", "place": 4}
    assert (refusal.code, dict(refusal.details)) == ("E_VALUE_CHARACTERS", details)


@pytest.mark.parametrize(
    ("item", "text", "code"),
    [
        ("name", "山" * 101, "E_VALUE_LONG"),
        ("relationship", "子" * 41, "E_VALUE_LONG"),
        ("household", "1" * 21, "E_VALUE_LONG"),
        ("address", "見" * 201, "E_ADDRESS_TOO_LONG"),
        ("address", "葛\U000e0101" * 101, "E_VALUE_LONG"),
        ("name", "山?", "E_VALUE_LOST"),
        ("destination", "フ\ufffdンス", "E_VALUE_LOST"),
        ("kana", "山田", "E_VALUE_KANA"),
        ("kana", "YAMADA", "E_VALUE_KANA"),
        ("name", "None", "E_VALUE_MISSING"),
        ("household", "-1", "E_VALUE_HOUSEHOLD"),
        ("household", "世帯１", "E_VALUE_HOUSEHOLD"),
    ],
)
def test_each_fault_has_its_code(item: str, text: str, code: str) -> None:
    assert [each.code for each in entered_refusals({item: text})] == [code]


def test_what_is_empty_and_what_is_no_item_is_not_looked_at() -> None:
    assert entered_refusals({"name": "", "kana": None, "removed_on": "=1"}) == ()


@pytest.mark.parametrize(
    ("name", "romaji", "codes"),
    [
        ("しん市", "Shin-shi", []),
        ("しん市", "Shin-shi, O=x", ["E_VALUE_ROMAJI"]),
        ("しん市", "", ["E_VALUE_ROMAJI"]),
        ("しん市", "しん", ["E_VALUE_ROMAJI"]),
        ("しん<市", "Shin-shi", ["E_VALUE_CHARACTERS"]),
        ("し" * 41, "Shin-shi", ["E_VALUE_LONG"]),
    ],
)
def test_what_a_municipality_is_called(name: str, romaji: str, codes: list[str]) -> None:
    assert [each.code for each in municipality_refusals(name, romaji)] == codes
