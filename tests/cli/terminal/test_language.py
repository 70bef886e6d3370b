"""In a Japanese locale what a command says to people is Japanese; what it prints for programs is not."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from honnin.card.transport.card_file import CardFile
from honnin.citizen.sample_document import sample_document
from honnin.cli.up import _not_started
from honnin.sites.processes.children import End
from honnin.sites.processes.supervision import Event
from tests.support.installations import honnin
from tests.support.login import NONCE
from tests.support.pki import cards
from tests.support.processes import plain_environment

JAPANESE = {"LC_ALL": "ja_JP.UTF-8", "PYTHONUTF8": "1"}
END_OF_INPUT = b"\x04"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("language") / "home"
    assert honnin(home, "authority", "init").returncode == 0
    (home / "cards").mkdir()
    CardFile.create(home / "cards" / "card.json", cards.card()[0].state).close()
    return home


@pytest.mark.parametrize(
    ("words", "english", "japanese"),
    [
        (("journal", "verify"), "entries", "完全です"),
        (("status", "audit"), "agree", "一致しています"),
        (("certificate", "show", "card"), "purpose: user_authentication", "用途：利用者証明用"),
    ],
    ids=["journal", "status", "certificate"],
)
def test_what_is_said_is_in_the_language_of_the_locale(
    home: Path, words: tuple[str, ...], english: str, japanese: str
) -> None:
    in_english, in_japanese = honnin(home, *words), honnin(home, *words, **JAPANESE)
    assert (in_english.returncode, in_japanese.returncode) == (0, 0)
    assert english in in_english.stdout
    assert japanese not in in_english.stdout
    assert japanese in in_japanese.stdout
    assert english not in in_japanese.stdout
    as_json = honnin(home, *words, "--json"), honnin(home, *words, "--json", **JAPANESE)
    assert json.loads(as_json[0].stdout) == json.loads(as_json[1].stdout)


def test_a_journal_with_faults_says_so(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "heads"
    other.write_text("no head\n")
    done = honnin(home, "journal", "verify", "--heads", other, **JAPANESE)
    assert done.returncode == 6
    assert "不一致が見つかりました" in done.stdout
    assert "機構：控えの 1 行目：この運用記録の署名ではありません" in done.stdout.splitlines()
    for_programs = [
        honnin(home, "journal", "verify", "--heads", other, "--json", **more) for more in ({}, JAPANESE)
    ]
    assert json.loads(for_programs[0].stdout) == json.loads(for_programs[1].stdout)
    assert "line 1 of the copy: no head of this journal" in for_programs[1].stdout


def test_faults_of_an_audit_are_said_in_the_language_of_the_locale(home: Path) -> None:
    published = home / "publication" / "signature.crl"
    kept = published.read_bytes()
    published.write_bytes(b"")
    with sqlite3.connect(home / "agency.sqlite3") as database:
        database.execute("UPDATE agency_authority_listsequence SET next_crl_number = next_crl_number + 1")
    try:
        in_japanese = honnin(home, "status", "audit", **JAPANESE)
        for_programs = honnin(home, "status", "audit", "--json", **JAPANESE)
    finally:
        published.write_bytes(kept)
        with sqlite3.connect(home / "agency.sqlite3") as database:
            database.execute("UPDATE agency_authority_listsequence SET next_crl_number = next_crl_number - 1")
    assert in_japanese.returncode == 6
    told = in_japanese.stdout.splitlines()
    assert "publication/signature.crl：空" in told
    assert any(
        line.startswith("失効リストの番号（agency_authority_listsequence）：")
        and "件目と異なる行があります" in line
        for line in told
    )
    assert "publication/signature.crl: empty" in json.loads(for_programs.stdout)["faults"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("login", "https://rp.example", "--nonce", NONCE),
            ["ログイン先：https://rp.example", "利用者証明用の暗証番号："],
        ),
        (("sign", "{document}", "--out", "/dev/null"), ["署名用の暗証番号："]),
    ],
    ids=["login", "sign"],
)
def test_a_pin_is_asked_for_in_the_language_of_the_locale(
    home: Path, words: tuple[str, ...], said: list[str]
) -> None:
    document = home.with_name("document.pdf")
    document.write_bytes(sample_document("契約書", ("一",)))
    for environment in ({}, JAPANESE):
        terminal, end = os.openpty()
        typed = (word.format(document=document) for word in words)
        process = subprocess.Popen(
            [sys.executable, "-m", "honnin", *typed, "--card", "card"],
            env=plain_environment(home) | environment,
            stdin=end,
            start_new_session=True,  # the terminal is stdin and no other
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        while process.poll() is None:  # what is typed before the prompt is thrown away
            os.write(terminal, END_OF_INPUT)
            time.sleep(0.1)
        told = process.communicate()[1]
        for each in (terminal, end):
            os.close(each)
        assert process.returncode == 130
        assert all((each in told) is bool(environment) for each in said), told


def test_what_the_system_says_of_a_failure_is_said_in_the_language_too(home: Path) -> None:
    for language, said in (({}, "No space left on device"), (JAPANESE, "空き容量がありません")):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [sys.executable, "-m", "honnin", "card", "samples"],
                env=plain_environment(home) | language,
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
                timeout=60,
            )
        assert done.returncode == 8
        assert said in done.stderr


def test_why_a_server_did_not_start_is_the_same_for_programs_in_every_language() -> None:
    error = _not_started(Event("ended", 8600, end=End(1, "Address in use", of_worker=True)))
    assert error.context["reason"] == "its worker ended with exit code 1: Address in use"
    assert "its worker ended with exit code 1" in error.sentence("en")
    assert "ワーカープロセスが終了コード 1 で終了しました：Address in use" in error.sentence("ja")
