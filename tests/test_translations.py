"""One way of translating: English in the code, Japanese in the catalogues, and nothing in between."""

import ast
import copy
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import click
import pytest
from babel.messages.catalog import Message
from click.testing import CliRunner
from tools import translations

from honnin.cli import COMMANDS, group, sources
from honnin.cli.journal import words as journal_words
from honnin.cli.terminal.examples import EXAMPLES
from honnin.cli.terminal.usage import usage_error
from honnin.journal.history import words_of_columns
from honnin.municipality.counter.guards.models import ReasonToLook
from honnin.simulator.demo.stage import Stage, Step, check, refused_with
from honnin.sites.databases.schema import known_tables
from honnin.sites.databases.schema_words import table_named
from honnin.sites.staff.inspection import COUNTER, HOTLINE
from honnin.translation import (
    FOLDER,
    CatalogueMissing,
    Sentence,
    gettext,
    in_language,
    is_outdated,
    require_compiled,
)
from honnin.widths import columns, padded, wrapped
from tests.support.command_names import commands
from tests.support.processes import plain_environment

SOURCE = Path("src/honnin")
JAPANESE = re.compile("[぀-ヿ一-鿿]")
WORD = re.compile(r"(?<![-\w./'])[A-Za-z]?[a-z']+(?: [a-z']+){2,}")  # three in a row
COMMAND = re.compile(r"honnin(?: [a-z-]+)*")
LOCALES = {"ja": "ja_JP.UTF-8", "en": "en_GB.UTF-8"}
OF_A_SITE = "市民課 窓口"  # what a counter is called, whoever reads of it
EVERY_COMMAND = [*commands(), "", *(name for name in COMMANDS if name not in commands())]


def shown(*words: str, language: str) -> str:
    environment = {"LC_ALL": LOCALES[language], "LANGUAGE": None, "COLUMNS": "80"}
    told = ""

    @click.command(context_settings={"ignore_unknown_options": True})
    def program() -> None:
        nonlocal told
        try:
            group.main(list(words), prog_name="honnin", standalone_mode=False)
        except click.ClickException as error:
            told = usage_error(error)

    return CliRunner().invoke(program, env=environment).output + told


def english_in(text: str) -> str:
    """A piece of English; empty where there are only names of commands."""
    found = WORD.search(COMMAND.sub("", text))
    return found[0] if found else ""


def lines_of(help_text: str) -> list[str]:
    examples = {line for lines in EXAMPLES.values() for line in lines}
    return [line for line in help_text.splitlines() if line.strip() not in examples]


@pytest.mark.parametrize("name", EVERY_COMMAND)
def test_help_is_in_one_language(name: str) -> None:
    in_english = "\n".join(lines_of(shown(*name.split(), "--help", language="en")))
    in_japanese = "\n".join(lines_of(shown(*name.split(), "--help", language="ja")))
    assert "Usage: honnin" in in_english
    assert not JAPANESE.search(in_english.replace(OF_A_SITE, ""))
    assert "使い方：honnin" in in_japanese
    assert "オプション：" in in_japanese
    assert english_in(in_japanese) == ""
    assert not re.search(r"Usage|Options|Commands|Show this|default:|required", in_japanese)


@pytest.mark.parametrize("name", EVERY_COMMAND)
def test_japanese_help_stays_in_its_columns(name: str) -> None:
    lines = lines_of(shown(*name.split(), "--help", language="ja"))
    for line in lines:
        assert columns(line) <= 80 or not JAPANESE.search(line), line
    rows = [line for line in lines if re.match(r"  \S.*?  +\S", line) and not JAPANESE.match(line.strip())]
    begins = {columns(re.match(r"  \S.*?  +", line)[0]) for line in rows}  # type: ignore[index]
    assert len(begins) <= 2  # of the options, and of the commands


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["card", "show"], "エラー：'カード' を指定してください。"),
        (["nothing"], "エラー：コマンド 'nothing' はありません。"),
        (["card", "shw"], "エラー：コマンド 'shw' はありません。'show' でしょうか。"),
        (["up", "--prt", "1"], "オプション '--prt' はありません。"),
        (["up", "--port", "x"], "'--port' の値が正しくありません。'x' は整数ではありません。"),
        (["up", "--port"], "オプション '--port' には値を 1 個指定してください。"),
        (["up", "--port", "70000"], "70000 は範囲（1～65535）にありません。"),
        (["up", "one", "two"], "余分な引数があります（one two）"),
        (["sign", "/nowhere.pdf"], "ファイル '/nowhere.pdf' はありません。"),
        (["card", "create", "adlt"], "のいずれかを指定してください。"),
        (["card", "create", "adult", "--birth-date", "x"], "日付として読み取れません。"),
        (["staff", "add", "kei"], "オプション '--name' を指定してください。"),
        (["chores", "--due", "--loop"], "--loop と同時には指定できません"),
        (["card", "change-pin"], "どの暗証番号かを --pin か --slot で指定してください"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_click_says_of_a_command_line_is_in_the_language_too(words: list[str], said: str) -> None:
    in_japanese = shown(*words, language="ja")
    assert said in in_japanese
    assert english_in(in_japanese) == ""
    in_english = shown(*words, language="en")
    assert ("使い方：honnin" in in_japanese) == ("Usage: honnin" in in_english)
    assert "Error: " in in_english
    assert not JAPANESE.search(in_english)


def test_every_sentence_has_a_translation_that_fills_in_the_same() -> None:
    assert translations.faults() == []
    assert sum(map(len, translations.sentences_in_use().values())) > 800


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        (Message("a {card}", "カード"), "fills in []"),
        (Message("a {card}", "カード {number}"), "fills in ['number']"),
        (Message("%(count)s cards", "カード"), "fills in []"),
        (Message("a card", ""), "no certain translation"),
        (Message("a card", "カード", flags=["fuzzy"]), "no certain translation"),
        (Message("a {card}", "カード {card}"), ""),
        (Message(("a card", "{count} cards"), ("カード {count} 枚",)), ""),
    ],
)
def test_a_translation_that_does_not_fit_is_found(message: Message, fault: str) -> None:
    found = list(translations.faults_of(message))
    assert bool(found) == bool(fault)
    assert all(fault in each for each in found)


def test_what_is_said_is_found_wherever_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "room.py").write_text(
        "from honnin.translation import gettext, message\n"
        "TITLE = message('A title' ' in two parts')\n"
        "said = gettext('yes' if good else 'no', language) + pgettext('of a card', 'good', language)\n"
        "other = gettext(WORDS['a key'], language)\n"
    )
    (tmp_path / "views.py").write_text("from django.utils.translation import gettext as _\n_('A page')\n")
    monkeypatch.setattr(translations, "SOURCE", tmp_path)
    used = translations.sentences_in_use()
    assert used["honnin"] >= {("", "A title in two parts"), ("", "yes"), ("", "no"), ("of a card", "good")}
    assert ("", "a key") not in used["honnin"]
    assert used["django"] == {("", "A page"), *translations.of_fields()}
    assert "not translated: 'A page'" in translations.faults()


def test_no_module_keeps_sentences_of_several_languages() -> None:
    """Japanese stands in the catalogues; in the code it is data or a word of the law."""
    kept = [
        f"{path}:{node.lineno}"
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Dict)
        and {key.value for key in node.keys if isinstance(key, ast.Constant)} >= {"ja", "en"}
    ]
    assert kept == []
    for path in (SOURCE / "cli").rglob("*.py"):
        for text in texts_of(path):
            sentence = JAPANESE.search(text) and text not in (OF_A_SITE, "。")
            assert not sentence or path.name == "examples.py", (path, text)


def texts_of(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_without_a_compiled_catalogue_nothing_is_said_in_the_wrong_language(tmp_path: Path) -> None:
    shutil.copytree(SOURCE, tmp_path / "honnin", ignore=shutil.ignore_patterns("*.mo", "__pycache__"))
    environment = plain_environment(tmp_path / "home") | {"PYTHONPATH": str(tmp_path)}
    for locale, code in (("ja_JP.UTF-8", 8), ("C.UTF-8", 0)):
        done = subprocess.run(
            [sys.executable, "-P", "-m", "honnin", "--help"],
            env=environment | {"LC_ALL": locale},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == code, done.stderr
        assert ("[E_CATALOGUE_MISSING]" in done.stderr) == (code == 8)
    with pytest.raises(CatalogueMissing):
        require_compiled([tmp_path / "honnin"])
    require_compiled([FOLDER.parent])


def test_a_catalogue_that_was_changed_since_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "room" / "locale" / "ja" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source, made = folder / "honnin.po", folder / "honnin.mo"
    source.touch()
    assert not is_outdated(tmp_path)  # one that is missing is refused
    made.touch()
    os.utime(source, ns=(0, made.stat().st_mtime_ns))
    assert not is_outdated(tmp_path)
    os.utime(source, ns=(0, made.stat().st_mtime_ns + 1))
    assert is_outdated(tmp_path)


def test_every_table_and_column_has_a_word_and_its_name() -> None:
    table = "agency_records_issuancerecord"
    told = in_language(words_of_columns(table, ["status_changed_at", "crl_reason"]), "ja")
    assert told == "状態の変わった日時（status_changed_at）、失効リストの理由（crl_reason）"
    assert words_of_columns(table, ["status_changed_at", "crl_reason"]) == "status changed at, crl reason"
    assert in_language(table_named(table), "ja") == f"発行記録（{table}）"
    assert table_named(table) == table
    for name in known_tables("agency") | known_tables("municipality") | known_tables("default"):
        assert JAPANESE.search(str(in_language(table_named(name), "ja"))), name


def test_every_look_has_its_words() -> None:
    assert {*COUNTER, *HOTLINE} == {*journal_words.ACTS}
    assert {str(each) for each in ReasonToLook} == {*journal_words.REASONS}


def test_what_starts_everything_is_named_as_it_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sources.up_command() == "make up"
    monkeypatch.setattr(sources, "FOLDER", tmp_path)
    assert sources.up_command() == "honnin up"


def test_pages_do_not_start_without_their_catalogues(tmp_path: Path) -> None:
    shutil.copytree(SOURCE, tmp_path / "honnin", ignore=shutil.ignore_patterns("django.mo", "__pycache__"))
    environment = plain_environment(tmp_path / "home") | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "honnin", "authority", "init"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 8, done.stderr
    assert "[E_CATALOGUE_MISSING]" in done.stderr


def test_a_sentence_that_is_filled_in_is_english_for_programs_and_said_in_any_language() -> None:
    fault = Sentence("{name}: {fault}", name="agency.sqlite3", fault=Sentence("damaged: {what}", what="{x}"))
    assert fault == "agency.sqlite3: damaged: {x}"
    assert json.loads(json.dumps([fault])) == [str(fault)]
    assert copy.deepcopy(fault) is fault
    assert in_language(fault, "en") == fault
    assert in_language(fault, "ja") == "agency.sqlite3：破損：{x}"
    assert in_language("a path", "ja") == "a path"
    assert Sentence("a {gap}") == "a –"


def test_no_fault_of_an_audit_is_made_past_the_catalogue() -> None:
    """Whatever adds a fault, or yields one, makes it a sentence."""
    paths = [
        *SOURCE.glob("sites/audit/*.py"),
        *SOURCE.glob("agency/audit/*.py"),
        *SOURCE.glob("sites/databases/schema*.py"),
        *SOURCE.glob("journal/*.py"),
    ]
    kept = []
    for path in (*paths, SOURCE / "agency" / "records" / "life.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = getattr(getattr(node, "func", None), "attr", "")
            told: list[ast.expr | None] = [node.value] if isinstance(node, ast.Yield) else []
            if isinstance(node, ast.Call) and name in ("add", "append"):
                told = [*node.args]
            kept += [f"{path}:{each.lineno}" for each in told if each and " " in written(each).strip()]
    assert kept == []


def test_help_loads_no_framework() -> None:
    program = (
        "import sys, honnin.cli as commands\n"
        "try:\n    commands.main()\nexcept SystemExit:\n    pass\n"
        "loaded = [name for name in ('django', 'cryptography', 'babel') if name in sys.modules]\n"
        "print(loaded, file=sys.stderr)"
    )
    for locale in LOCALES.values():
        done = subprocess.run(
            [sys.executable, "-c", program, "--help"],
            env={**os.environ, "LC_ALL": locale},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert done.stderr.strip() == "[]"


def test_a_command_is_not_changed_by_being_shown() -> None:
    """Commands are shared by the process: who asks next may ask in another language."""
    (name, command) = next(iter(commands().items()))
    before = command.help
    shown(*name.split(), "--help", language="ja")
    assert command.help == before
    assert all(isinstance(each, click.Command) for each in commands().values())


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("一二三四五", 4, ["一二", "三四", "五"]),
        ("一二、三", 4, ["一", "二、", "三"]),
        ("（一）二", 6, ["（一）", "二"]),
        ("card list で一覧", 10, ["card list", "で一覧"]),
        ("abc defg", 4, ["abc", "defg"]),
        ("abcdefgh", 4, ["abcdefgh"]),
        ("", 4, []),
    ],
)
def test_lines_are_broken_by_columns(text: str, width: int, lines: list[str]) -> None:
    assert wrapped(text, width) == lines


def test_wide_characters_take_two_columns() -> None:
    assert columns("honnin 本人") == 11
    assert padded("本人", 6) == "本人  "
    assert gettext("good", "en") == "good"


SAYING = {
    "echo",
    "secho",
    "say",
    "UsageError",
    "BadParameter",
    "ask_pin",
    "ask_password",
    "prompt",
    "warning",
}


def test_a_command_says_nothing_past_the_catalogue() -> None:
    said = []
    for path in (SOURCE / "cli").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                text = written(node.args[0]).removeprefix("honnin: ") if name in SAYING else ""
                said += [f"{path}:{node.lineno} {text}"] if re.search("[a-z]{3,}", text) else []
    assert said == []


def written(node: ast.expr) -> str:
    """What stands in a text as it is, without what is filled in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(map(written, node.values))
    return str(node.value) if isinstance(node, ast.Constant) else ""


def _said_by(act: Callable[[], object]) -> str:
    return str(act())


def test_what_does_not_hold_in_the_demo_is_said_in_its_language(capsys: pytest.CaptureFixture[str]) -> None:
    acts: tuple[Callable[[], object], ...] = (
        lambda: check(False, "a new card is empty"),
        lambda: refused_with("E_PIN_WRONG", lambda: None),
    )
    for act in acts:
        stage = Stage("ja")
        assert not stage.run([Step("card", (), "A card is made", partial(_said_by, act))])
        assert not english_in(stage.outcomes[0].detail)
        assert JAPANESE.search(stage.outcomes[0].detail)
    assert "カードの作成" in capsys.readouterr().out
