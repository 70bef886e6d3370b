"""The sample document: one page, the same bytes for the same words, readable by other people's readers."""

import subprocess
from pathlib import Path

import pytest

from honnin.citizen.sample_document import sample_document

LINES = ["氏名　見本　花子 (Mihon Hanako)", "", "生年月日　1980年2月17日", "葛󠄀城の葛と𠮷"]


def test_same_words_same_bytes() -> None:
    assert sample_document("転入届", LINES) == sample_document("転入届", LINES)
    assert sample_document("転入届", LINES) != sample_document("転出届", LINES)


def test_text_is_read_back_by_another_reader(tmp_path: Path) -> None:
    path = tmp_path / "sample.pdf"
    path.write_bytes(sample_document("転入届 Notice", LINES))
    read = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True, timeout=30
    )
    text = read.stdout.decode()
    assert "転入届 Notice" in text
    assert "(Mihon Hanako)" in text
    assert "1980年2月17日" in "".join(text.split())
    assert read.stderr == b""


def test_page_holds_26_lines() -> None:
    assert sample_document("題", ["行"] * 26)
    with pytest.raises(ValueError, match="26"):
        sample_document("題", ["行"] * 27)
