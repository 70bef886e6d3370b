"""`honnin letters`: the way of a letter from its order to its return, in words and as JSON."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pytest_django import Settings

from honnin.agency.notices.models import Letter
from honnin.agency.records.models import JournalEntry
from honnin.cli import letters
from honnin.municipality.residents.addressees import tell_addresses
from tests.cli.json_shapes import differences, shapes
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def letters_folder(tmp_path: Path, settings: Settings) -> Path:
    settings.HONNIN_LETTERS = tmp_path / "letters"
    return tmp_path / "letters"


@pytest.fixture
def letter(town: Town) -> Letter:
    """A letter about a hold, ordered and addressed."""
    town.report_loss(town.with_certificates().code)
    tell_addresses(town.clock.now())
    return Letter.objects.get()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(letters.command, arguments)


def as_json(*arguments: str) -> Any:
    ended = run(*arguments, "--json")
    assert ended.exception is None, ended.exception
    told = json.loads(ended.stdout)
    assert differences(told, shapes()[f"honnin letters {arguments[0]}"]) == []
    return told


def test_the_way_of_a_letter_in_words(letter: Letter, letters_folder: Path) -> None:
    assert run("batch").stdout == f"{Letter.objects.get().batch}\n"
    folder = letters_folder / str(Letter.objects.get().batch)
    assert run("print").stdout == f"{folder}\n"
    assert (folder / f"{letter.number}.pdf").is_file()
    assert "1 letters handed to the post" in run("posted", folder.name).stdout
    assert run("returned", letter.number, "--reason", "moved").stdout == f"{letter.number}  came back\n"
    listed = run("list", "--state", "returned", "--kind", "hold").stdout
    assert (
        listed == f"{letter.number}  notice of a hold  came back  {folder.name}  moved, no one knows where\n"
    )
    assert run("list", "--state", "ordered").stdout == ""


def test_the_same_as_json(letter: Letter, tmp_path: Path) -> None:
    assert as_json("due") == []
    batch = as_json("batch")["batch"]
    assert as_json("batch") == {"batch": None, "letters": None, "folder": None, "error": None}
    (printed,) = as_json("print")
    assert (printed["batch"], printed["letters"]) == (batch, 1)
    assert as_json("print") == []
    assert as_json("posted", batch)["letters"] == 1
    (listed,) = as_json("list")
    assert (listed["state"], listed["pages"], listed["reason"]) == ("posted", 1, None)
    shown = as_json("show", letter.number, "--out", str(tmp_path / "letter.pdf"))
    assert shown["sha256"] == listed["sha256"]
    assert as_json("returned", letter.number, "--reason", "refused")["state"] == "returned"


def test_who_looks_at_a_letter_is_in_the_journal(letter: Letter, tmp_path: Path) -> None:
    assert run("show", letter.number, "--out", str(tmp_path / "letter.pdf")).exit_code == 0
    entry = JournalEntry.objects.get(act="look at letter")
    assert (entry.subject, entry.actor.startswith("command/")) == (f"letter {letter.number}", True)
    assert (tmp_path / "letter.pdf").read_bytes().startswith(b"%PDF-1.7")


def test_a_letter_without_an_address_is_not_shown(town: Town, tmp_path: Path) -> None:
    town.report_loss(town.with_certificates().code)
    ended = run("show", Letter.objects.get().number, "--out", str(tmp_path / "letter.pdf"))
    assert "E_LETTER_NO_ADDRESS" in str(ended.exception)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", ["0", "-1", "x", "1" * 30, "１"])
def test_a_number_that_is_no_batch_is_said(number: str) -> None:
    ended = run("posted", "--", number)
    assert "E_BATCH_UNKNOWN" in str(ended.exception)
