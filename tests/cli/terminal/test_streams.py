"""What commands say: in any encoding, without commanding a terminal, and where nothing can be said at all."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from honnin import cli
from honnin.card.client.trace import Tracer
from honnin.card.issuer.production import blank_card
from honnin.card.scp03 import StaticKeys
from honnin.card.transport.card_file import CardFile
from honnin.citizen.sample_document import sample_document
from honnin.cli import chores, main
from honnin.cli.card import readers
from honnin.cli.terminal.typed import ask_password, ask_pin
from honnin.errors import Malformed, Unavailable
from honnin.identifiers import CardNumber
from honnin.sites.declaration.chore import Outcome
from honnin.translation import Sentence
from honnin.verifier.status import OCSPClient
from tests.support.pki import cards, specimen
from tests.support.processes import plain_environment

COMMANDS = Path(cli.__file__).parent
NONCE = "k" * 43 + "="
HOSTILE = "a\x1b[31m\x07\t\u202eb\nhonnin: all is well"


class Ended(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A command, called here; `typed` waits to be read from the descriptor that {fd} stands for."""
    monkeypatch.setenv("HONNIN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LC_ALL", "en.UTF-8")

    def call(*words: object, typed: str = "") -> Ended:
        reading, writing = os.pipe()
        os.write(writing, typed.encode())
        os.close(writing)
        monkeypatch.setattr(sys, "argv", ["honnin", *(str(word).format(fd=reading) for word in words)])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        left = os.read(reading, 100).decode()
        os.close(reading)
        captured = capsys.readouterr()
        assert not typed or left in ("", typed)
        return Ended(code, captured.out, captured.err + ("[nothing was read]" if left else ""))

    return call


def outside(
    home: Path, *words: str, shell: str = "", typed: str = "", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    call = [sys.executable, "-m", "honnin", *words]
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {shell}', "sh", *call],
        env=plain_environment(home) | environment,
        input=typed.encode(),
        capture_output=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("encoding", ["latin-1", "euc_jp", "iso2022_jp"])
def test_what_an_encoding_lacks_is_escaped_and_the_exit_code_is_true(tmp_path: Path, encoding: str) -> None:
    language = {"LC_ALL": "ja_JP.UTF-8", "PYTHONIOENCODING": encoding}
    shown = outside(tmp_path, "card", "show", "髙", **language)
    assert shown.returncode == 9
    assert b"\\u9ad9" in shown.stderr
    assert b"Traceback" not in shown.stderr
    listed = outside(tmp_path, "card", "samples", **language)
    assert (listed.returncode, listed.stderr) == (0, b"")
    assert ("大人" if encoding != "latin-1" else "\\u5927\\u4eba") in listed.stdout.decode(encoding)


def test_json_is_utf_8_and_names_are_octets_in_any_encoding(tmp_path: Path) -> None:
    listed = outside(tmp_path, "card", "samples", "--json", PYTHONIOENCODING="latin-1")
    assert "adult" in json.loads(listed.stdout.decode("utf-8"))
    octets = os.fsdecode(b"\xe9\xff")
    assert octets.encode("latin-1", "honnin.escaping") == b"\xe9\xff"
    assert f"{octets}髙".encode("latin-1", "honnin.escaping") == b"\xe9\xff\\u9ad9"


@pytest.mark.parametrize(
    "words",
    [("card", "samples"), ("card", "samples", "--json"), ("sign", "p.pdf", "--out", "-"), ("--help",)],
)
def test_a_closed_stdout_is_told_before_anything_is_done(tmp_path: Path, words: tuple[str, ...]) -> None:
    ended = outside(tmp_path, *words, shell=">&-")
    assert ended.returncode == 8
    assert b"[E_OUTPUT_FAILED]" in ended.stderr


def test_other_streams_may_be_closed(tmp_path: Path) -> None:
    assert outside(tmp_path, "card", "samples", shell="<&- 2>&-").stdout.startswith(b"adult: ")


@pytest.mark.parametrize(
    "words",
    [
        ("card", "show", HOSTILE),
        ("card", "read", HOSTILE),
        ("certificate", "show", HOSTILE),
        ("sign", HOSTILE),
        (HOSTILE,),
        ("card", HOSTILE),
        ("card", "show", "x", HOSTILE),
        ("login", HOSTILE, "--nonce", NONCE),
        ("verify", __file__, "--ca", HOSTILE),
        ("card", "create", f"--{HOSTILE}"),
        ("card", "insert", "x", f"--vpcd={HOSTILE}"),
    ],
)
def test_no_name_commands_a_terminal_or_begins_a_line(run: Run, words: tuple[str, ...]) -> None:
    ended = run(*words)
    assert ended.code
    assert all(each.isprintable() for each in ended.err.replace("\n", "").replace("\u3000", "")), ended.err
    assert "\nhonnin: all is well" not in ended.err


def test_a_traced_card_and_a_signed_journal_are_told_in_japanese(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    readers._print(Tracer().exchange(bytes.fromhex("00A4040C0AD392F000260100000001"), b"\x90\x00"))
    outcome = Outcome()
    head = Sentence("{role} {sequence}", role=Sentence("agency"), sequence=298)
    outcome.add("head", "agency 298", head)
    for kind, details in chores._events(outcome):
        chores._as_text(kind, details)
    traced, *_answer, signed = capsys.readouterr().out.splitlines()
    assert "アプリケーション" in traced
    assert "agency" not in signed
    assert signed.endswith("機構 298")


def test_commands_speak_to_people_by_one_way() -> None:
    """What goes to a program, and marks of progress at a terminal, are the exceptions."""
    raw = {
        "completion.py",
        "journal/__init__.py",
        "logins/login.py",
        "terminal/json_output.py",
        "terminal/output.py",
        "terminal/streams.py",
    }
    speaking = {each for each in COMMANDS.rglob("*.py") if "click.echo(" in each.read_text("utf-8")}
    assert {str(each.relative_to(COMMANDS)) for each in speaking} == raw


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "plain.pdf"
    path.write_bytes(sample_document("契約書", ["一"]))
    return path


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A card that was never issued a certificate."""
    keys = StaticKeys(bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 48)))
    CardFile.create(tmp_path / "fresh", blank_card(CardNumber("TEST1"), keys, date(2035, 3, 31))).close()
    return tmp_path / "fresh"


@pytest.mark.parametrize(
    "words",
    [
        ("sign", "{document}", "--card", "{card}", "--pin-fd", "{{fd}}"),
        ("login", "https://a.example", "--nonce", NONCE, "--card", "{card}", "--pin-fd", "{{fd}}"),
        ("certificate", "show", "{card}", "--slot", "signature", "--pin-fd", "{{fd}}"),
        ("certificate", "check", "{card}", "--slot", "signature", "--pin-fd", "{{fd}}", "--ca", "{ca}"),
        ("card", "change-pin", "{card}", "--slot", "signature", "--pin-fd", "{{fd}}"),
        ("card", "read", "{card}", "jpki", "--verify", "authentication-pin", "--pin-fd", "{{fd}}"),
    ],
)
def test_a_card_without_certificate_is_not_called_blocked_and_no_pin_is_read(
    run: Run, fresh: Path, document: Path, words: tuple[str, ...]
) -> None:
    ended = run(
        *(each.format(document=document, card=fresh, ca=document) for each in words), typed="ABC123\n"
    )
    assert ended.code == 9, ended.err
    assert "[E_CERTIFICATE_ABSENT]" in ended.err
    assert "[nothing was read]" in ended.err


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
@pytest.mark.parametrize("read", [ask_password, ask_pin])
def test_a_secret_is_read_whole_or_refused(read: Callable[[str, int], str], end: str) -> None:
    for typed in ("x" * 1024, "x" * 1025, "x" * 5000):
        reading, writing = os.pipe()
        os.write(writing, f"{typed}{end}".encode())
        os.close(writing)
        if len(typed) == 1024:
            assert read("", reading) == typed
        else:
            with pytest.raises(Malformed, match="E_SECRET_TOO_LONG"):
                read("", reading)
        os.close(reading)


@pytest.mark.parametrize(
    ("name", "code"), [("nope.pdf", "E_SOURCE_MISSING"), ("", "E_SOURCE_MISSING"), ("/", "E_SOURCE_FOLDER")]
)
@pytest.mark.parametrize("word", ["show", "check", "export"])
def test_what_is_neither_a_file_nor_a_card_is_called_so(run: Run, word: str, name: str, code: str) -> None:
    ended = run("certificate", word, name)
    assert ended.code == 5, ended.err
    assert f"[{code}]" in ended.err


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://a.example", "must begin with https://"),
        ("ftp://a.example", "must begin with https://"),
        ("https://例え.jp", "xn--"),
        ("", "the address of the site is missing"),
        ("　", "the address of the site is missing"),
    ],
)
def test_an_address_that_asks_for_no_login_is_told_why(run: Run, url: str, said: str) -> None:
    ended = run("login", url, "--nonce", NONCE)
    assert ended.code == 2
    assert said in ended.err


@pytest.mark.parametrize(
    ("words", "about"),
    [
        (("nope",), ["nope"]),
        (("card", "nope"), ["nope"]),
        (("card", "show", "a", "b", "c"), ["b", "c"]),
        (("verify", __file__, "--crl", __file__, "--ocsp", "http://a"), ["--crl", "--ocsp", __file__]),
        (("chores", "--pause", "1"), ["--pause", "--loop"]),
        (("card", "create", "adult", "--out", "-"), ["--out"]),
        (("demo", "--out", "-"), ["--out"]),
    ],
)
def test_json_names_what_a_wrong_command_line_is_about(
    run: Run, words: tuple[str, ...], about: list[str]
) -> None:
    ended = run(*words, "--json")
    assert ended.code == 2, ended.err
    assert json.loads(ended.out)["error"]["about"] == about


def test_a_responder_that_refuses_is_named_with_the_reason() -> None:
    client = OCSPClient("http://127.0.0.1:1/")
    certificate = specimen.user_authentication_certificate()
    with pytest.raises(Unavailable) as refused:
        client.status_of(certificate, certificate, certificate.not_valid_before_utc)
    assert "http://127.0.0.1:1/ (Connection refused)" in refused.value.sentence("en")
    assert "接続を断られました" in refused.value.sentence("ja")


def test_a_full_device_loses_nothing_that_was_done(document: Path, card: Path) -> None:
    out = document.with_name("signed.pdf")
    words = ("sign", str(document), "--card", str(card), "--out", str(out), "--pin-fd", "0")
    typed = f"{cards.SIGNATURE_PIN}\n"
    ended = outside(document.parent, *words, shell=">/dev/full", typed=typed)
    assert ended.returncode == 8
    assert "do not do it again:\n" + str(out) in ended.stderr.decode()
    assert out.exists()


@pytest.mark.parametrize("words", [("card", "list"), ("card", "nope")])
def test_a_device_that_takes_nothing_is_told_also_where_there_is_nothing_to_print(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    code = 2 if "nope" in words else 8
    ended = outside(tmp_path, *words, shell=">/dev/full")
    assert (ended.returncode, b"[E_OUTPUT_FAILED]" in ended.stderr) == (code, code == 8)
    assert outside(tmp_path, *words, shell=">/dev/full 2>&1").returncode == code
    assert outside(tmp_path, *words, shell=">/dev/null").returncode == code % 8


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "", "--name", "A", "--operator"), ["E_ACCOUNT_NAME"]),
        (("add", "a", "--name", "A"), ["--clerk MUNICIPALITY, or --operator", "E_PASSWORD_SHORT"]),
        (
            ("add", " ", "--name", "A", "--operator", "--counter", "1"),
            ["--counter is a clerk's", "E_ACCOUNT_NAME", "E_PASSWORD_SHORT"],
        ),
        (("password", "a"), ["E_PASSWORD_SHORT"]),
    ],
)
def test_what_is_wrong_with_the_line_is_told_where_nothing_is_open_too(
    run: Run, words: tuple[str, ...], said: list[str]
) -> None:
    ended = run("staff", *words, "--password-fd", "{fd}", typed="short\n")
    assert ended.code in (2, 5, 8)
    assert all(each in ended.err for each in [*said, "E_AUTHORITY_NOT_OPEN"]), ended.err
    assert not ended.err.startswith("honnin: The certification authority") or words[0] == "password"


def test_a_file_that_is_no_document_is_told_where_nobody_is_trusted_too(run: Run) -> None:
    ended = run("verify", __file__)
    assert ended.code == 8
    assert "E_NOT_PUBLISHED" in ended.err
    assert f"{__file__}: The file is not a PDF" in ended.err


@pytest.mark.parametrize(
    ("words", "about"),
    [
        (("journal", "verify", "--role", "agency", "--key", __file__), ["--key"]),
        (("peers", "invite", "kiosk", "new", "--address", "a"), ["--address"]),
        (("peers", "invite", "kiosk", "new", "--address", "http://a:1"), ["--address"]),
        (("peers", "revoke", "xyz"), ["FINGERPRINT"]),
    ],
)
def test_what_was_given_is_looked_at_before_what_is_there(
    run: Run, words: tuple[str, ...], about: list[str]
) -> None:
    ended = run(*words, "--json")
    assert ended.code == 2, ended.err
    assert json.loads(ended.out)["error"]["about"] == about
