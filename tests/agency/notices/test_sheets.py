"""The PDF of a letter: what it says, in which font, and that nothing in a name is more than a name."""

import json
import re
from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pylopdf_fonts_jp import sans_path, serif_path

from honnin.agency.notices.coverage import coverage_of
from honnin.agency.notices.models import Letter
from honnin.agency.notices.numbers import running_number, written_number
from honnin.agency.notices.typesetting import Font, Typesetter, typesetter
from honnin.errors import Malformed, Unavailable
from honnin.law.certificates.notices import DeliveryState, LetterKind
from honnin.wire.messages.notices import InquirySubject
from tests.support.agency.letters import letter_of_kind
from tests.support.instants import NOW

SANS = Font(sans_path(), "Noto Sans JP")


@pytest.mark.parametrize("kind", LetterKind)
def test_every_kind_of_letter_is_set_the_same_each_time(kind: LetterKind) -> None:
    letter = letter_of_kind(kind)
    once, again = typesetter().set(letter), Typesetter((SANS,)).set(letter)
    assert once == again
    reader = PdfFileReader(BytesIO(once.pdf))
    assert int(reader.root["/Pages"]["/Count"]) == once.pages
    assert once.pages == {LetterKind.EXPIRY_NOTICE: 5, LetterKind.DOCUMENT_INQUIRY: 2}.get(kind, 1)
    metadata = once.pdf.decode("latin-1")
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert re.search("<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A<", metadata)
    assert (bool(reader.root["/MarkInfo"]["/Marked"]), str(reader.root["/Lang"])) == (True, "ja-JP")


def test_another_letter_is_another_file() -> None:
    first, second = letter_of_kind(LetterKind.HOLD), letter_of_kind(LetterKind.HOLD)
    second.name = "見本　二郎"
    assert typesetter().set(first).sha256 != typesetter().set(second).sha256


@pytest.mark.parametrize(
    "name",
    [
        "#panic() $x$ *見本* _一郎_",
        '"], "test": false, "x": ["',
        "<script>alert(1)</script>",
        '#image("/etc/passwd") \\ `raw` @ref <label> // = -',
        "髙橋　𠮷郎",
        "辻\U000e0100　邉\U000e0102子",
        "MIHON TARO JOSÉ",
        "見本" * 50,
    ],
)
def test_a_name_is_only_a_name(name: str) -> None:
    letter = letter_of_kind(LetterKind.EXPIRY_NOTICE)
    letter.name = name
    assert typesetter().set(letter).pages == 5


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("辻\U000e0100", None),
        ("辻\U000e0101", None),
        ("辻\U000e01ef", 1),
        ("見本　辻\U000e01ef", 4),
        ("辻\U000e0100\U00031350", 3),
        ("髙𠮷﨑𣘺㐂彅", None),
        ("\U00031350", 1),
        ("한", 1),
        ("a\u202eb", 2),
    ],
)
def test_a_variant_is_looked_for_as_such(text: str, position: int | None) -> None:
    assert coverage_of(sans_path()).missing(text) == position


def test_a_letter_is_not_set_with_another_form_of_the_name(settings: object) -> None:
    letter = letter_of_kind(LetterKind.HOLD)
    letter.name = "見本　辻\U000e01ef"
    with pytest.raises(Unavailable, match="E_GLYPH_MISSING position=4"):
        typesetter().set(letter)


def test_a_name_is_set_in_the_first_font_that_shows_it() -> None:
    fonts = (Font(serif_path(), "Noto Serif JP"), SANS)
    setter = Typesetter(fonts)
    assert setter.font_for("見本").family == "Noto Serif JP"
    assert setter.font_for("\U00030ede").family == "Noto Sans JP"


def test_what_is_no_font_is_said(tmp_path: Path) -> None:
    broken = tmp_path / "font.otf"
    broken.write_bytes(b"OTTO\x00\x01")
    with pytest.raises(Unavailable, match="E_FONT_MISSING"):
        coverage_of(broken)


@pytest.mark.clause("S3-C6")
def test_the_renewal_letter_names_its_issuers_and_has_its_code() -> None:
    content = json.loads(typesetter().content(letter_of_kind(LetterKind.EXPIRY_NOTICE)))
    assert content["issuers"] == ["総務省", "地方公共団体情報システム機構"]
    assert content["letter_code"] == "JD01"
    assert content["enclosures"] == ["expiry_notice", "leaflet", "inquiry_form", "inquiry_envelope"]


def test_a_test_deployment_says_so_on_its_letters_and_production_does_not() -> None:
    letter = letter_of_kind(LetterKind.EXPIRY_NOTICE)
    test = Typesetter((SANS,)).content(letter)
    production = Typesetter((SANS,), is_test=False).content(letter)
    assert ('"test": true' in test, '"test": false' in production) == (True, True)


def test_what_a_letter_asks_for_follows_its_subject() -> None:
    letter = letter_of_kind(LetterKind.DOCUMENT_INQUIRY)
    for subject in InquirySubject:
        letter.tells = {**letter.tells, "subject": subject}
        assert typesetter().set(letter).pages == 2
    assert letter.state == DeliveryState.ORDERED
    assert letter.ordered_at == NOW


def test_numbers_are_read_as_people_type_them() -> None:
    for running in (1, 42, 999_999_999):
        written = written_number(running)
        for typed in (
            written,
            written.lower(),
            written.replace("-", ""),
            f" {written} ",
            written.replace("-", "ー"),
        ):
            assert running_number(typed) == running


def test_any_wrong_digit_of_a_number_is_noticed() -> None:
    written = written_number(120_345_678).replace("-", "")
    for place in range(1, len(written)):
        for digit in set("0123456789") - {written[place]}:
            with pytest.raises(Malformed, match="E_LETTER_NUMBER"):
                running_number(written[:place] + digit + written[place + 1 :])


def test_a_letter_has_no_number_before_it_is_written() -> None:
    assert Letter(pk=7).number == written_number(7)
