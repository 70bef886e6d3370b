"""`honnin register import` and `export`: what they print, what they write, and how they end."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from honnin.cli import register
from honnin.errors import HonninError
from honnin.municipality.residents.files.columns import NAMES
from honnin.municipality.residents.models import Municipality, Resident
from honnin.simulator.installation import fill_register
from honnin.simulator.population import invent
from tests.cli.json_shapes import differences, shapes
from tests.support.instants import NOW

pytestmark = pytest.mark.django_db(databases="__all__")

HEADER = "住民票コード,氏名,フリガナ,生年月日,性別,住所,備考"
TARO = "99100000001,山田 太郎,やまだ たろう,昭和55年5月1日,男,みほん市見本町１,x"
FAULTY = "99100000002,<b>,ヤマダ,S64.1.8,女,みほん市見本町１,x"


@pytest.fixture(autouse=True)
def _municipalities(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    fill_register([], at=NOW)


def called(*words: object) -> Result:
    return CliRunner().invoke(register.command, [*map(str, words)])


def table(folder: Path, *lines: str, encoding: str = "cp932") -> Path:
    path = folder / "residents.csv"
    path.write_bytes("\r\n".join([HEADER, *lines, ""]).encode(encoding))
    return path


def code_of(result: Result) -> str:
    assert isinstance(result.exception, HonninError), result.output
    return result.exception.code


def test_a_look_through_says_what_an_import_would_do(tmp_path: Path) -> None:
    path = table(tmp_path, TARO)
    looked = called("import", path, "--municipality", "99101")
    assert looked.exit_code == 0
    assert looked.stdout.splitlines()[0] == "1 lines: 1 new, 0 in the register already, 0 faulty"
    assert "--write" in looked.stdout
    assert "cp932" in looked.stderr
    assert "not read: 備考" in looked.stderr
    assert not Resident.objects.exists()
    assert called("import", path, "--municipality", "みほん市", "--write").exit_code == 0
    assert Resident.objects.get().name == "山田　太郎"


def test_faulty_lines_are_named_and_keep_the_others_out_unless_said_otherwise(tmp_path: Path) -> None:
    asked = ("import", table(tmp_path, FAULTY, TARO), "--municipality", "99101", "--write")
    refused = called(*asked)
    assert code_of(refused) == "E_TABLE_FAULTY"
    name, kana, *_ = refused.stdout.splitlines()
    assert name.startswith(
        "line 2, name: The name has characters that cannot stand there (< >), the first at place 1."
    )
    assert name.endswith("[E_VALUE_CHARACTERS]")
    assert "[E_DAY_UNKNOWN]" in kana
    assert not Resident.objects.exists()
    skipped = called(*asked, "--skip-faulty")
    assert skipped.exit_code == 0
    assert skipped.stdout.splitlines()[-1] == "1 imported; 1 faulty lines were left out"
    assert Resident.objects.count() == 1


def test_where_no_line_names_its_municipality_the_command_does(tmp_path: Path) -> None:
    refused = called("import", table(tmp_path, TARO))
    assert code_of(refused) == "E_TABLE_COLUMNS"
    assert "--municipality" in str(refused.exception)


def test_the_document_of_an_import(tmp_path: Path) -> None:
    found = called("import", table(tmp_path, TARO), "--municipality", "99101", "--write", "--json")
    document = json.loads(found.stdout)
    assert differences(document, shapes()["honnin register import"]) == []
    assert (document["new"], document["imported"], document["encoding"]) == (1, 1, "cp932")
    assert document["unread_columns"] == ["備考"]


def test_a_file_from_a_pipe(tmp_path: Path) -> None:
    content = table(tmp_path, TARO).read_bytes()
    asked = ["import", "-", "--municipality", "99101"]
    assert CliRunner().invoke(register.command, asked, input=content).exit_code == 0
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    assert called("import", f"/dev/fd/{reading}", "--municipality", "99101").exit_code == 0
    os.close(reading)


def test_what_was_exported_can_be_imported(tmp_path: Path) -> None:
    fill_register(invent(50, on=NOW.date()), at=NOW)
    path = tmp_path / "out.csv"
    exported = called("export", path, "--json")
    assert json.loads(exported.stdout) == {
        "file": str(path),
        "exported": 50,
        "faulty": 0,
        "faults": [],
        "faults_left_out": 0,
        "error": None,
    }
    again = called("import", path, "--write")
    assert again.exit_code == 0
    assert again.stdout.startswith("50 lines: 0 new, 50 in the register already, 0 faulty")


@pytest.mark.alters_records
def test_an_export_names_the_lines_that_an_import_refuses(tmp_path: Path) -> None:
    fill_register(invent(3, on=NOW.date()), at=NOW)
    first = Resident.objects.order_by("pk")[0]
    Resident.objects.filter(pk=first.pk).update(name="=1+1")
    exported = called("export", tmp_path / "out.csv")
    assert exported.exit_code == 0
    line, last = exported.stdout.splitlines()
    assert line.startswith("line 2, name: The name has characters that cannot stand there (= 1 +)")
    assert last.startswith("3 written; of these an import refuses 1")
    document = json.loads(called("export", tmp_path / "out.csv", "--json").stdout)
    assert differences(document, shapes()["honnin register export"]) == []
    assert (document["faulty"], document["faults"][0]["code"]) == (1, "E_VALUE_CHARACTERS")


def test_a_file_of_one_municipality_is_its_users_alone(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("before")
    path.chmod(0o644)
    assert code_of(called("export", path, "--municipality", "x")) == "E_MUNICIPALITY_UNKNOWN"
    assert path.read_text("utf-8") == "before"
    fill_register(invent(6, on=NOW.date()), at=NOW)
    assert called("export", path, "--municipality", "99102").stdout == "2 written\n"
    first, *people = path.read_text("utf-8").splitlines()
    assert first == ",".join(NAMES)
    assert {line.split(",")[1] for line in people} == {"99102"}
    assert path.stat().st_mode & 0o777 == 0o600


AREAS = (
    "change-area",
    "99101",
    "みほん県みほん市",
    "みほん県しん市",
    "--into",
    "99105",
    "--on",
    "2026-01-01",
)
NAMED = ("--name", "しん市", "--romaji", "Shin-shi", "--write")


def test_a_change_of_areas_that_is_refused_founds_nothing_and_the_same_again_says_when_it_was(
    tmp_path: Path,
) -> None:
    called("import", table(tmp_path, TARO), "--municipality", "99101", "--write")
    elsewhere = (*AREAS[:3], "みほん県ためし市", *AREAS[4:])
    assert code_of(called(*elsewhere, *NAMED)) == "E_AREA_PLACE"
    assert not Municipality.objects.filter(pk="99105").exists()
    first = called(*AREAS, *NAMED)
    assert first.stdout.splitlines()[-1] == "1 entries changed"
    again = called(*AREAS, *NAMED)
    assert again.exit_code == 0
    assert again.stdout.splitlines()[-1].startswith("this was carried out already, on 2")
    document = json.loads(called(*AREAS, *NAMED, "--json").stdout)
    assert differences(document, shapes()["honnin register change-area"]) == []
    assert (document["written"], document["finished"]) == (0, True)
    assert document["carried_out_on"]
