"""Terms art. 1(3)(2): characters a certificate cannot record, and their substitutes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from honnin.errors import Refused
from honnin.law.names.characters import (
    SubstituteCharacters,
    address_refusals,
    characters_of,
    is_recordable,
    needs_substitute,
    record_with_substitutes,
    recorded_text_refusals,
)

IVS = "\U000e0100"


@pytest.mark.clause("S4-1.3.2")
@pytest.mark.parametrize("character", list("亜腕弌熙々〆ヶ・ー〜−－～　あァＡ１Aa1- .丂彅侌乄é"))
def test_jis_level_1_and_2_and_supplementary_kanji_are_recordable(character: str) -> None:
    assert is_recordable(character)


@pytest.mark.clause("S4-1.3.2")
@pytest.mark.parametrize("character", list("髙𠮷﨑𣘺㐂①㈱Ⅱｱ¥‾€한😀\n\t\u200b\ud800" + IVS))
def test_others_are_not(character: str) -> None:
    assert not is_recordable(character)


@pytest.mark.clause("S4-1.3.2")
@pytest.mark.parametrize(
    ("text", "positions"),
    [
        ("見本　太郎", ()),
        ("髙橋　花子", (0,)),
        ("山﨑　𠮷男", (1, 3)),
        (f"葛{IVS}城　太郎", (0,)),
        (f"太郎葛{IVS}", (2,)),
        ("か\u3099く", (0,)),
        (f"{IVS}葛", (0,)),
        ("", ()),
    ],
)
def test_the_positions_that_need_a_substitute(text: str, positions: tuple[int, ...]) -> None:
    assert needs_substitute(text) == positions


@pytest.mark.clause("S4-1.3.2")
@pytest.mark.parametrize(
    ("text", "recorded", "flags"),
    [
        ("髙橋　花子", "高橋　花子", "10000"),
        ("山﨑　𠮷男", "山崎　吉男", "01010"),
        (f"葛{IVS}城", "葛城", "10"),
        ("見本　太郎", "見本　太郎", "00000"),
    ],
)
def test_a_person_chooses_and_each_substitute_is_flagged(text: str, recorded: str, flags: str) -> None:
    assert record_with_substitutes(text, recorded) == SubstituteCharacters(recorded, flags)


@pytest.mark.clause("S4-1.3.2")
@pytest.mark.parametrize(
    ("text", "recorded", "code"),
    [
        ("髙橋", "髙橋", "E_SUBSTITUTE_MISSING"),
        ("髙橋", "﨑橋", "E_SUBSTITUTE_MISSING"),
        ("髙橋", "橋", "E_SUBSTITUTE_MISSING"),
        ("髙橋", "高高橋", "E_SUBSTITUTE_MISSING"),
        ("髙橋", "", "E_SUBSTITUTE_MISSING"),
        ("髙橋", "高端", "E_SUBSTITUTE_NOT_NEEDED"),
        ("見本", "三本", "E_SUBSTITUTE_NOT_NEEDED"),
    ],
)
def test_nothing_is_guessed_and_nothing_altered_without_need(text: str, recorded: str, code: str) -> None:
    assert [refusal.code for refusal in recorded_text_refusals(text, recorded)] == [code]
    with pytest.raises(Refused) as caught:
        record_with_substitutes(text, recorded)
    assert caught.value.code == code
    assert text not in str(caught.value)


@pytest.mark.parametrize(("text", "flags"), [("高橋", "1"), ("高橋", "12"), ("高橋", "100")])
def test_one_flag_for_each_character(text: str, flags: str) -> None:
    with pytest.raises(ValueError, match="one flag"):
        SubstituteCharacters(text, flags)


def test_a_recorded_text_is_recordable() -> None:
    with pytest.raises(ValueError, match="recordable"):
        SubstituteCharacters("髙橋", "00")


def test_the_text_is_hidden_from_logs() -> None:
    assert repr(SubstituteCharacters("高橋", "10")) == "SubstituteCharacters(…, flags='10')"


@pytest.mark.parametrize(("length", "codes"), [(200, []), (201, ["E_ADDRESS_TOO_LONG"])])
def test_an_address_has_at_most_200_characters(length: int, codes: list[str]) -> None:
    address = f"葛{IVS}" + "見" * (length - 1)
    assert [refusal.code for refusal in address_refusals(address)] == codes


@pytest.mark.parametrize(
    ("mark", "count"),
    [
        *(("\ufdff", 2), ("\ufe00", 1), ("\ufe0f", 1), ("\ufe10", 2), ("\U000e00ff", 2)),
        *(("\U000e0100", 1), ("\U000e01ef", 1), ("\U000e01f0", 2), ("\u3099", 1), ("ﾞ", 2)),
    ],
)
def test_variation_selectors_and_combining_marks_belong_to_their_base(mark: str, count: int) -> None:
    assert len(characters_of(f"葛{mark}")) == count


@given(st.text(max_size=40))
def test_characters_put_together_are_the_text(text: str) -> None:
    assert "".join(characters_of(text)) == text


@given(st.text("亜腕見本髙﨑𠮷　A1", max_size=40))
def test_a_recorded_text_flags_exactly_what_needed_a_substitute(text: str) -> None:
    needed = needs_substitute(text)
    recorded = "".join("〓" if i in needed else c for i, c in enumerate(characters_of(text)))
    result = record_with_substitutes(text, recorded)
    assert tuple(i for i, flag in enumerate(result.flags) if flag == "1") == needed
    assert needs_substitute(result.text) == ()
