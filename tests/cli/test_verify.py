"""`honnin verify`: what it prints in both languages and as JSON, and with which exit code it ends."""

import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from honnin.card.transport.card_file import CardFile
from honnin.cli import main
from honnin.law.terms import Purpose
from tests.support.altered.corpus import all_files
from tests.support.pki import cards, specimen
from tests.support.pki.files import pem
from tests.support.pki.sources import HOUR, write_list

FILES: dict[str, Callable[[], bytes]] = {name: cache(make) for name, make in all_files(whole=True)}


class Verify:
    """The command, run here; (exit code, stdout, stderr)."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder, self._patch, self._capsys = folder, patch, capsys
        self._ca = pem(folder / "ca.pem", specimen.authority(Purpose.SIGNATURE).certificate)
        # The command asks the machine for the time; the list is one of an hour ago.
        age = specimen.NOW - (datetime.now(UTC) - HOUR)
        self.list = write_list(folder / "signature.crl", Purpose.SIGNATURE, {}, age=age)

    def __call__(self, name: str, *words: str, language: str = "en") -> tuple[int, str, str]:
        path = self._folder / "contract.pdf"
        path.write_bytes(FILES[name]())
        options = ["--ca", str(self._ca), *([] if "--ocsp" in words else ["--crl", str(self.list)])]
        self._patch.setenv("LC_ALL", f"{language}.UTF-8")
        self._patch.setenv("HONNIN_HOME", str(self._folder / "home"))
        self._patch.setattr(sys, "argv", ["honnin", "verify", str(path), *options, *words])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = self._capsys.readouterr()
        return code, captured.out, captured.err


@pytest.fixture
def verify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Verify:
    return Verify(tmp_path, monkeypatch, capsys)


@pytest.mark.parametrize(
    ("name", "code", "headline"),
    [
        ("honest: signed once", 0, "Good. The document is as it was signed."),
        ("honest: time stamped", 0, "Good. The document is as it was signed."),
        ("honest: filled in between", 7, "Good, but something was added after a signature."),
        ("between: look of a text field", 6, "What was signed is confirmed, but not what changed after it."),
        ("forgery: padding that says something", 7, "Good, but something was added after a signature."),
        ("forgery: company before hanako", 6, "2 signatures: 1 good, 1 not confirmed."),
        ("forgery: octet of a page", 6, "Not confirmed."),
    ],
)
def test_headline_and_exit_code(verify: Verify, name: str, code: int, headline: str) -> None:
    ended, printed, said = verify(name)
    assert ended == code, said
    assert printed.startswith(headline)
    assert ("[E_" in said) is (code != 0)


def test_the_changed_look_is_told_of_the_first_signature_in_words_and_json(verify: Verify) -> None:
    _, printed, said = verify("between: look of a text field")
    first, second = printed.split("\n\n")[1:]
    assert "after it: the look of “Amount” changed without its value" in first
    assert "after it: nothing was added" in second
    assert "E_APPEARANCE_CHANGED" in said
    _, printed, _ = verify("between: look of a text field", "--json", language="ja_JP")
    told = json.loads(printed)
    assert (told["result"], told["code"]) == ("not_confirmed", "E_APPEARANCE_CHANGED")
    first_told, second_told = told["signatures"]
    assert [change["kind"] for change in first_told["after"]] == ["appearance", "signature"]
    assert (first_told["result"], first_told["after_weight"]) == ("good", "refused")
    assert (second_told["result"], second_told["after"]) == ("good", [])


def test_a_company_beside_a_citizen_is_told_in_japanese(verify: Verify) -> None:
    code, printed, _ = verify("forgery: company after hanako", language="ja_JP")
    assert code == 6
    assert printed.startswith("署名は2つあります。1つは有効ですが、1つは確認できません。")
    assert "署名1（Signature1）：有効" in printed
    assert "氏名：見本　花子" in printed
    assert "証明書に書かれた名前：An invented company" in printed
    assert "偽造されたとは限りません。" in printed
    assert "改ざん" not in printed


def test_a_filled_field_is_told_with_both_values(verify: Verify) -> None:
    _, printed, _ = verify("honest: filled in between", language="ja_JP")
    assert "入力欄「Amount」が変更されました（「1000」から「1200」へ）" in printed


def test_what_cannot_be_judged_is_named_in_the_readers_language(verify: Verify) -> None:
    zeros = "honest: so many zeros after the end that readers do not find it"
    _, printed, _ = verify(zeros, language="ja_JP")
    assert "意味を確認できない変更があります（文書の終わりより後ろにあるもの）" in printed
    (told,) = json.loads(verify(zeros, "--json", language="ja_JP")[1])["signatures"]
    assert [change["place"] for change in told["after"]] == ["end of file"]


def test_json_is_the_same_in_every_locale(verify: Verify) -> None:
    english = json.loads(verify("honest: signed twice", "--json")[1])
    japanese = json.loads(verify("honest: signed twice", "--json", language="ja_JP")[1])
    assert english == japanese
    assert english["result"] == "as_signed"


def test_a_source_of_status_that_cannot_be_reached_is_8_for_each_signature(verify: Verify) -> None:
    code, printed, _ = verify("honest: signed twice", "--ocsp", "http://127.0.0.1:1/", "--json")
    told = json.loads(printed)
    assert (code, told["result"]) == (8, "not_now")
    assert {each["code"] for each in told["signatures"]} == {"E_STATUS_UNAVAILABLE"}


@pytest.mark.parametrize(
    ("name", "told"),
    [("honest: signed twice", False), ("after: text filled in", True), ("after: font", True)],
)
def test_whoever_signs_too_is_told_what_was_changed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    told: bool,
) -> None:
    path, card = tmp_path / "contract.pdf", tmp_path / "card.json"
    path.write_bytes(FILES[name]())
    CardFile.create(card, cards.card()[0].state).close()
    reading, writing = os.pipe()
    os.write(writing, f"{cards.SIGNATURE_PIN}\n".encode())
    os.close(writing)
    monkeypatch.setenv("LC_ALL", "en.UTF-8")
    words = ["sign", str(path), "--card", str(card), "--pin-fd", str(reading), "--field", "Citizen"]
    monkeypatch.setattr(sys, "argv", ["honnin", *words])
    with suppress(SystemExit):
        main()
    os.close(reading)
    assert path.with_name("contract-signed.pdf").exists()
    assert ("something was added after that" in capsys.readouterr().err) is told


def test_a_list_may_be_pem_and_one_of_several(verify: Verify) -> None:
    encoded = verify.list.read_bytes()
    pem = x509.load_der_x509_crl(encoded).public_bytes(Encoding.PEM)
    other = write_list(verify.list.with_name("other.crl"), Purpose.USER_AUTHENTICATION, {}).read_bytes()
    another = x509.load_der_x509_crl(other).public_bytes(Encoding.PEM)
    for content in (pem, another + pem):
        verify.list.write_bytes(content)
        assert verify("honest: signed once")[0] == 0


def test_what_is_no_list_is_told_as_that_and_blames_no_address(verify: Verify) -> None:
    garbage = b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"
    for content in (garbage, b"hello", verify.list.with_name("ca.pem").read_bytes()):
        verify.list.write_bytes(content)
        code, _, said = verify("honest: signed once")
        assert (code, "[E_LIST_UNREADABLE]" in said) == (6, True)
        assert "address of the status service" not in said
        assert f"{verify.list} cannot be read as a revocation list in DER or PEM" in said
        assert "–" not in said


def test_what_a_stranger_wrote_moves_no_cursor(verify: Verify) -> None:
    FILES["strange"] = lambda: FILES["honest: filled in between"]().replace(b"(1200)", b"(\\033[2J)", 1)
    _, printed, _ = verify("strange")
    assert "\033" not in printed
