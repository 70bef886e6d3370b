"""Letters judged by software of others: pdfua, for as much of PDF/UA-1 as it checks; pikepdf, poppler.

pdfua carries out 12 checks, of 106 rules that a machine could check. No program of PyPI, npm or Debian was
found that checks PDF/A without more: whether the files are PDF/A-2a rests on typst, which refuses to write
what breaks it.
"""

import subprocess
from io import BytesIO
from pathlib import Path

import pdfua
import pikepdf
import pytest

from honnin.agency.notices.typesetting import typesetter
from honnin.law.certificates.notices import LetterKind
from tests.support.agency.letters import letter_of_kind

pytestmark = pytest.mark.conformance
SKIPPED = {"UA-14-001"}
"""Headings: pdfua 0.1.3 fails in this check, with the version of pikepdf that it asks for."""


@pytest.fixture(params=LetterKind)
def letter(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "letter.pdf"
    path.write_bytes(typesetter().set(letter_of_kind(request.param)).pdf)
    return path


def findings(path: Path) -> list[str]:
    report = pdfua.validate(str(path))
    assert {each.rule_id for each in report.skipped} <= SKIPPED
    return [f"{each.rule_id} {each.message}" for each in report.findings]


def test_pdfua_finds_nothing(letter: Path) -> None:
    assert findings(letter) == []


def test_pdfua_would_find_a_file_without_tags(letter: Path, tmp_path: Path) -> None:
    with pikepdf.open(letter) as file:
        del file.Root.StructTreeRoot
        del file.Root.MarkInfo
        file.save(tmp_path / "untagged.pdf")
    assert findings(tmp_path / "untagged.pdf")


def test_qpdf_finds_no_fault_in_the_file(letter: Path) -> None:
    with pikepdf.open(BytesIO(letter.read_bytes())) as file:
        assert file.check_pdf_syntax() == []


def test_poppler_reads_the_address_and_finds_every_font_in_the_file(letter: Path) -> None:
    text = subprocess.run(["pdftotext", letter, "-"], check=True, capture_output=True, text=True).stdout
    assert "見本" in text
    assert "試験用 TEST" in text
    fonts = subprocess.run(["pdffonts", letter], check=True, capture_output=True, text=True).stdout
    rows = fonts.splitlines()[2:]
    assert rows
    assert all(" yes yes yes " in row for row in rows), fonts
