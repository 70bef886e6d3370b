"""How addresses are written after their area has another name, other numbers or another municipality."""

import pytest

from honnin.law.names.areas import Areas, Unclear, area_refusals

HERE = "みほん県みほん市"


def areas(*pairs: tuple[str, str], into: str = HERE) -> Areas:
    return Areas(tuple((HERE + before, into + after) for before, after in pairs), HERE, into)


@pytest.mark.clause("S0-28")
@pytest.mark.parametrize(
    ("before", "after", "address", "written"),
    [
        ("見本町", "新町", "見本町１－２－３", "新町１－２－３"),
        ("見本町", "新町", "見本町一丁目2番3号", "新町一丁目2番3号"),
        ("見本町", "新町", "見本町", "新町"),
        ("見本町", "新町", "見本町　無番地", "新町　無番地"),
        ("見本町", "新町", "見本町字上原１", "新町字上原１"),
        ("見本町", "新町", "見本町大字上原１", "新町大字上原１"),
        ("見本町", "新町", "例示町１", None),
        ("見本町", "新町", "東見本町１", None),
        ("見本町1丁目", "新町2丁目", "見本町１丁目３番４号", "新町2丁目３番４号"),
        ("見本町1丁目", "新町2丁目", "見本町一丁目三番", "新町2丁目三番"),
        ("見本町1丁目", "新町2丁目", "見本町１－３－４", "新町2丁目３－４"),
        ("見本町1丁目", "新町2丁目", "見本町１０丁目３番", None),
        ("見本町1丁目", "新町2丁目", "見本町十一丁目３番", None),
        ("見本町1丁目", "新町2", "見本町１丁目３番", "新町2－３番"),
        ("見本町123番地4", "見本町一丁目5番6号", "見本町123番地4", "見本町一丁目5番6号"),
        ("見本町123番地4", "見本町一丁目5番6号", "見本町１２３－４", "見本町一丁目5番6号"),
        (
            "見本町123番地4",
            "見本町一丁目5番6号",
            "見本町123番地4　見本荘２０１",
            "見本町一丁目5番6号　見本荘２０１",
        ),
        ("見本町123番地4", "見本町一丁目5番6号", "見本町123番地45", None),
        ("見本町123番地4", "見本町一丁目5番6号", "見本町1234番地", None),
        ("ケ丘", "新が丘", "ヶ丘１", "新が丘１"),
    ],
)
def test_an_address_in_the_area_is_written_otherwise(
    before: str, after: str, address: str, written: str | None
) -> None:
    expected = None if written is None else HERE + written
    assert areas((before, after)).written(HERE + address) == expected


@pytest.mark.parametrize(
    ("before", "address"),
    [("見本町", "見本町田１"), ("見本町", "見本町上原１"), ("見本町123番地4", "見本町123番地4の2")],
)
def test_what_only_a_map_tells_is_unclear(before: str, address: str) -> None:
    assert areas((before, "新町")).written(HERE + address) == Unclear()


def test_the_longest_area_counts() -> None:
    both = areas(("見本町", "新町"), ("見本町田", "田町"), ("見本町2丁目", "西町"))
    assert both.written(f"{HERE}見本町田１") == f"{HERE}田町１"
    assert both.written(f"{HERE}見本町２丁目１") == f"{HERE}西町１"
    assert both.written(f"{HERE}見本町３丁目１") == f"{HERE}新町３丁目１"


def test_a_whole_municipality_passes_to_another() -> None:
    merged = areas(("", "見本"), into="みほん県しん市")
    assert merged.written(f"{HERE}例示町１") == "みほん県しん市見本例示町１"
    assert merged.written("みほん県ためし市１") is None


def test_an_address_that_would_be_too_long_is_unclear() -> None:
    assert areas(("見本町", "新" * 190)).written(f"{HERE}見本町{'１' * 20}") == Unclear()


@pytest.mark.parametrize(
    ("pairs", "codes"),
    [
        ([], ["E_AREAS_NONE"]),
        ([(f"{HERE}見本町", f"{HERE}新町")], []),
        ([(f"{HERE}見本町1丁目", f"{HERE}新町"), (f"{HERE}見本町一丁目", f"{HERE}東町")], ["E_AREA_TWICE"]),
        ([(f"{HERE}見本町", f"{HERE}見本町")], ["E_AREA_SAME"]),
        ([("見本町", "新町")], ["E_AREA_PLACE", "E_AREA_PLACE"]),
        ([("みほん県ためし市例示町", f"{HERE}新町")], ["E_AREA_PLACE"]),
    ],
)
def test_what_is_no_change_of_areas(pairs: list[tuple[str, str]], codes: list[str]) -> None:
    assert [each.code for each in area_refusals(pairs, HERE, HERE)] == codes
