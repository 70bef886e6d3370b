"""`--json`: one documented shape for each command, the same in every locale, for good and bad outcomes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest

from honnin.citizen.sample_document import sample_document
from honnin.cli import group
from honnin.cli.terminal.json_output import JsonOption
from tests.cli.json_shapes import differences, shapes
from tests.support.processes import plain_environment

# Every call is a fork of one process that has loaded what commands load: starting a Python for each of the
# many would take a minute.
CALLS = """
import json, os, sys, tempfile
import django, pyhanko.sign.signers, pyhanko.sign.validation, honnin.verifier
import honnin.cli as commands
from honnin.sites.home import present_home
os.environ["DJANGO_SETTINGS_MODULE"] = "honnin.sites.settings"
told = []
for words, language, typed in json.load(sys.stdin):
    if present_home().is_opened:
        django.setup()
    streams = [tempfile.TemporaryFile() for _ in range(4)]
    for stream in (streams[0], streams[3]):
        stream.write(typed.encode()); stream.seek(0)
    child = os.fork()
    if not child:
        for number, stream in zip((0, 1, 2, 9), streams):
            os.dup2(stream.fileno(), number)
        os.environ["LC_ALL"] = language
        sys.argv = ["honnin", *words]
        code = 0
        try:
            commands.main()
        except SystemExit as stop:
            code = stop.code or 0
        except BaseException:
            import traceback
            traceback.print_exc()
            code = 1
        finally:
            sys.stdout.flush(), sys.stderr.flush()
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    for stream in streams:
        stream.seek(0)
    told.append([code, streams[1].read().decode(), streams[2].read().decode()])
print(json.dumps(told))
"""
ENGLISH, JAPANESE = "C.UTF-8", "ja_JP.UTF-8"


class Call(NamedTuple):
    """A call, how it ends, and the section of the page that says its shape."""

    words: str
    exit_code: int
    section: str
    typed: str = ""


HEAVY = ("authority", "journal", "letters", "register", "staff", "card create adult")  # they load a framework
ANY = -1  # is anything due yet?
COMPROMISE = "authority compromise"
PASSWORD, LOGIN = "long enough for one\n", "honnin login"
GOOD = [
    Call("authority init", 0, "honnin authority init"),
    Call("card create adult --out {folder}/card", 0, "honnin card create"),
    Call("sign {folder}/plain.pdf --card {folder}/card --pin-fd 0", 0, "honnin sign", "MIHON2026\n"),
    Call("verify {folder}/plain-signed.pdf", 0, "honnin verify"),
    Call("card list", 0, "honnin card list"),
    Call("card show {folder}/card", 0, "honnin card show"),
    Call("card samples", 0, "honnin card samples"),
    Call("card read {folder}/card", 0, "honnin card read"),
    Call("card unblock-help {folder}/card", 0, "honnin card unblock-help"),
    Call("card apdu {folder}/card 00A4040C0AD392F000260100000001=9000 00A4020C020018", 0, "honnin card apdu"),
    Call(
        "card change-pin {folder}/card --slot authentication --pin-fd 0 --new-pin-fd 9",
        0,
        "honnin card change-pin",
        "4126\n",
    ),
    Call("login https://portal.example --nonce {nonce} --card {folder}/card --pin-fd 0", 0, LOGIN, "4126\n"),
    Call("certificate export {folder}/card --out {folder}/holder.pem", 0, "honnin certificate export"),
    Call("certificate show {folder}/card", 0, "honnin certificate show"),
    Call("certificate show {home}/publication/signature-ca.pem", 0, "honnin certificate show"),
    Call("certificate check {folder}/card", 0, "honnin certificate check"),
    Call("authority show", 0, "honnin authority show"),
    Call("authority crl", 0, "honnin authority crl"),
    Call("authority card-keys show", 0, "honnin authority card-keys show"),
    Call("register reconcile", 0, "honnin register reconcile"),
    Call(f"{COMPROMISE} forecast signature 1 leakage", 0, f"honnin {COMPROMISE} forecast"),
    Call(f"{COMPROMISE} ask signature 1 leakage --by one", 0, f"honnin {COMPROMISE} ask"),
    Call(f"{COMPROMISE} show", 0, f"honnin {COMPROMISE} show"),
    Call(f"{COMPROMISE} go-on", 0, f"honnin {COMPROMISE} go-on"),
    Call("card create adult --out {folder}/wrong", 0, "honnin card create"),
    Call("authority record-error signature 4 name --by one", 0, "honnin authority record-error"),
    Call("journal verify", 0, "honnin journal verify"),
    Call("journal looks", 0, "honnin journal looks"),
    Call("status audit", 0, "honnin status audit"),
    Call("authority card-keys rotate", 0, "honnin authority card-keys rotate"),
    Call("journal begin-heads --role municipality", 0, "honnin journal begin-heads"),
    Call("journal bind-rows", 0, "honnin journal bind-rows"),
    Call("staff add kei --operator --name 計 --password-fd 0", 0, "honnin staff add", PASSWORD),
    Call("staff password kei --password-fd 0", 0, "honnin staff password", PASSWORD),
    Call("staff log-id kei", 0, "honnin staff log-id"),
    Call("staff list", 0, "honnin staff list"),
    Call("letters due", 0, "honnin letters due"),
    Call("letters batch", 0, "honnin letters batch"),
    Call("letters print", 0, "honnin letters print"),
    Call("letters list", 0, "honnin letters list"),
    Call("register export {folder}/residents.csv", 0, "honnin register export"),
    Call(
        "register change-area みほん市 みほん県みほん市雛形町 みほん県みほん市新雛形町 --on 2026-01-01",
        0,
        "honnin register change-area",
    ),
    Call("register import {folder}/residents.csv --write", 0, "honnin register import"),
    Call("peers init", 0, "honnin peers init"),
    Call("peers invite municipality {folder}/mihon.json --code 99101", 0, "honnin peers invite"),
    Call("peers list", 0, "honnin peers list"),
    Call("peers join {folder}/mihon.json", 7, "honnin peers join"),
    Call("chores --due", ANY, "honnin chores --due"),
]
CHECK = "honnin certificate check"
BAD = [
    Call("sign {folder}/card --card {folder}/card", 5, "honnin sign"),
    Call("sign {folder}/plain.pdf --card {folder}/card --out -", 2, "honnin sign"),
    Call("verify {folder}/plain.pdf", 6, "honnin verify"),
    Call("verify {folder}/card", 5, "honnin verify"),
    Call("verify {folder}/missing.pdf", 2, "honnin verify"),
    Call("verify {folder}/plain.pdf --ca {folder}/card", 5, "honnin verify"),
    Call("certificate check {home}/publication/signature-ca.pem", 6, "honnin certificate check"),
    Call("certificate check {folder}/card --ocsp http://127.0.0.1:1/", 8, "honnin certificate check"),
    Call("certificate check {folder}/plain.pdf", 5, "honnin certificate check"),
    Call("certificate check {folder}/card --slot signature --pin-fd 0", 9, CHECK, "short\n"),
    Call("certificate show {folder}/missing", 5, "honnin certificate show"),
    Call("card show {folder}/plain.pdf", 5, "honnin card show"),
    Call("card read {folder}/missing", 9, "error alone"),
    Call("card create adult --birth-date 2026-02-30", 2, "honnin card create"),
    Call("card create adult --birth-date 2020-01-01", 3, "honnin card create"),
    Call("card create nobody", 2, "honnin card create"),
    Call("card unblock-help {folder}/missing", 9, "honnin card unblock-help"),
    Call("register import {folder}/card", 5, "honnin register import"),
    Call("register import {folder}/residents.csv --skip-faulty", 2, "honnin register import"),
    Call("register import {folder}/residents.csv --municipality x", 5, "honnin register import"),
    Call("register export {folder}", 2, "honnin register export"),
    Call("register change-area x a b --on 2026-01-01", 5, "honnin register change-area"),
    Call("peers init", 7, "honnin peers init"),
    Call("peers invite municipality {folder}/other.json", 2, "honnin peers invite"),
    Call("peers invite municipality {folder}/mihon.json --code 99101", 2, "honnin peers invite"),
    Call("peers revoke ffffffffffffffff", 7, "honnin peers revoke"),
    Call("companion --port 0", 2, "honnin companion"),
    Call("peers serve --port 0", 2, "honnin peers serve"),
    Call("authority rollover --after 7", 7, "honnin authority rollover"),
    Call(f"{COMPROMISE} confirm signature 1 --by one --digest 00", 4, f"honnin {COMPROMISE} confirm"),
    Call(f"{COMPROMISE} confirm signature 1 --by two --digest 00", 7, f"honnin {COMPROMISE} confirm"),
    Call(f"{COMPROMISE} withdraw signature 1 --by two", 0, f"honnin {COMPROMISE} withdraw"),
    Call(f"{COMPROMISE} withdraw signature 1 --by two", 7, f"honnin {COMPROMISE} withdraw"),
    Call(f"{COMPROMISE} forecast signature 9 loss", 5, f"honnin {COMPROMISE} forecast"),
    Call(f"{COMPROMISE} ask signature 1 theft --by one", 2, f"honnin {COMPROMISE} ask"),
    Call("authority record-error signature 999 name --by one", 5, "honnin authority record-error"),
    Call("authority record-error user_authentication 3 name --by one", 7, "honnin authority record-error"),
    Call("authority record-error signature x name --by one", 2, "honnin authority record-error"),
    Call("journal verify --heads {folder}/plain.pdf", 6, "honnin journal verify"),
    Call("journal verify --key {folder}/plain.pdf", 2, "error alone"),
    Call("card change-pin {folder}/card", 2, "honnin card change-pin"),
    Call("card change-pin {folder}/card --pin nothing", 2, "honnin card change-pin"),
    Call(
        "card change-pin {folder}/card --pin text-pin --pin-fd 0 --new-pin-fd 9",
        9,
        "honnin card change-pin",
        "123\n",
    ),
    Call(
        "card apdu {folder}/card 00A4040C0AD392F000260100000001=9000 00B000000A=9000", 9, "honnin card apdu"
    ),
    Call("card apdu {folder}/card zz", 5, "honnin card apdu"),
    Call("card apdu", 2, "honnin card apdu"),
    Call("card remove {folder}/card", 9, "honnin card remove"),
    Call("card remove", 2, "honnin card remove"),
    Call("card show {folder}/card --json=yes", 2, "honnin card show"),
    Call("verify --nothing", 2, "honnin verify"),
    Call("card change-pin {folder}/card --json --pin", 2, "honnin card change-pin"),
    Call("card insert {folder}/missing", 9, "error alone"),
    Call("card insert", 2, "error alone"),
    Call("card trace {folder}/card --reader x", 2, "error alone"),
    Call("certificate export {folder}/card", 2, "honnin certificate export"),
    Call("certificate export {folder}/plain.pdf --out {folder}/none", 5, "honnin certificate export"),
    Call("login nowhere --nonce x", 2, LOGIN),
    Call("login https://portal.example --nonce short --card {folder}/card", 5, LOGIN),
    Call("login https://portal.example --card {folder}/card", 2, LOGIN),
    Call("demo --out {folder}", 2, "honnin demo"),
    Call("up --port 0", 2, "honnin up"),
    Call("up --port 8600 --ocsp-port 8600", 2, "honnin up"),
    Call("authority card-keys rotate --nothing", 2, "honnin authority card-keys rotate"),
    Call("authority card-keys move-to-token", 2, "honnin authority card-keys move-to-token"),
    Call("journal begin-heads --role nobody", 2, "honnin journal begin-heads"),
    Call("journal bind-rows --role nobody", 2, "honnin journal bind-rows"),
    Call("staff add kei --operator --name 計 --password-fd 0", 7, "honnin staff add", PASSWORD),
    Call("staff add kei", 2, "honnin staff add"),
    Call("staff password nobody --password-fd 0", 4, "honnin staff password", PASSWORD),
    Call("staff password kei --password-fd 0", 5, "honnin staff password", "short\n"),
    Call("staff resident kei --none", 4, "honnin staff resident"),
    Call("staff resident kei", 2, "honnin staff resident"),
    Call("staff log-id", 2, "honnin staff log-id"),
    Call("letters posted 7", 5, "honnin letters posted"),
    Call("letters print 7", 5, "error alone"),
    Call("letters returned L000000007-9 --reason moved", 7, "honnin letters returned"),
    Call("letters returned L000000007-0 --reason moved", 5, "honnin letters returned"),
    Call("letters returned L000000007-9", 2, "honnin letters returned"),
    Call("letters show L000000007-9", 2, "honnin letters show"),
    Call("", 2, "error alone"),
    Call("nothing", 2, "error alone"),
    Call("card nothing", 2, "error alone"),
    Call("completion bash", 2, "error alone"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("json")
    (folder / "plain.pdf").write_bytes(sample_document("契約書", ("一",)))
    return folder


def called(folder: Path, calls: list[tuple[Call, str]]) -> list[tuple[int, str, str]]:
    """Exit code, stdout and stderr of calls, each with `--json` (at the end unless it stands there)."""
    home = folder / "home"
    asked = [
        (
            [*words.split(), *([] if "--json" in words else ["--json"])],
            language,
            call.typed,
        )
        for call, language in calls
        for words in [call.words.format(folder=folder, home=home, nonce="A" * 43 + "=")]
    ]
    done = subprocess.run(
        [sys.executable, "-c", CALLS],
        env=plain_environment(home) | {"PYTHONWARNINGS": "ignore"},
        input=json.dumps(asked),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=300,
    )
    return [(code, printed, said) for code, printed, said in json.loads(done.stdout)]


@pytest.fixture(scope="module")
def made(folder: Path) -> list[tuple[int, str, str]]:
    """An installation, made by the first calls; what all good calls printed in Japanese."""
    return called(folder, [(call, JAPANESE) for call in GOOD])


def differing(call: Call, code: int, printed: str, said: str) -> list[str]:
    assert call.exit_code in (code, ANY), (call, code, printed, said)
    known = shapes() | {"error alone": {"error": "error"}}
    document = json.loads(printed)
    return [f"{call.words}: {each}" for each in differences(document, known[call.section])]


def test_every_good_outcome_has_the_shape_that_the_page_says(made: list[tuple[int, str, str]]) -> None:
    assert [each for call, told in zip(GOOD, made, strict=True) for each in differing(call, *told)] == []


def test_every_bad_outcome_has_it_too_in_every_locale(folder: Path, made: object) -> None:
    told = called(folder, [(call, JAPANESE) for call in BAD])
    assert [each for call, one in zip(BAD, told, strict=True) for each in differing(call, *one)] == []
    light = [pair for pair in zip(BAD, told, strict=True) if not pair[0].words.startswith(HEAVY)]
    in_english = called(folder, [(call, ENGLISH) for call, _ in light])
    for (call, japanese), english in zip(light, in_english, strict=True):
        assert json.loads(english[1]) == json.loads(japanese[1]), call
        assert "Traceback" not in japanese[2] + english[2]


def test_good_outcomes_are_the_same_in_every_locale(folder: Path, made: list[tuple[int, str, str]]) -> None:
    reading = [(call, told) for call, told in zip(GOOD, made, strict=True) if call.words.startswith(READS)]
    english = called(folder, [(call, ENGLISH) for call, _ in reading])
    assert len(reading) > 6
    for (call, in_japanese), in_english in zip(reading, english, strict=True):
        assert json.loads(in_japanese[1]) == json.loads(in_english[1]), call


READS = ("verify", "certificate", "card show", "card samples", "card read", "card unblock-help")


def commands(command: click.Command = group, name: str = "honnin") -> Iterator[tuple[str, click.Command]]:
    """All that are no groups."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command)
    for each in command.list_commands(context):
        below = command.get_command(context, each)
        assert below is not None
        yield from commands(below, f"{name} {each}")


def has_json(command: click.Command) -> bool:
    return any(isinstance(option, JsonOption) for option in command.params)


def commands_with_json() -> Iterator[tuple[str, Any]]:
    for name, command in commands():
        yield from ((name, option) for option in command.params if isinstance(option, JsonOption))


def test_every_command_with_json_has_its_shape_on_the_page_and_is_called_here() -> None:
    found = dict(commands_with_json())
    known = shapes()
    assert set(found) == set(known) - {"error", "honnin chores --due"}
    for name, option in found.items():
        top = {path for path in known[name] if not set(path) & set(".[{")}
        assert not option.fields or top == {*option.fields, "error"}, name
    called_here = {call.section for call in (*GOOD, *BAD)}
    # Their documents are looked at where they are made: test_chores_command.py, test_card_commands.py,
    # test_reservation.py.
    elsewhere = {"honnin chores", "honnin card insert", "honnin card trace"}
    elsewhere |= {f"honnin reservation {act}" for act in ("make", "status", "cancel")}
    assert set(known) - called_here == {"error"} | elsewhere


def test_every_command_has_json_but_the_one_that_prints_a_program() -> None:
    without = {name for name, command in commands() if not has_json(command)}
    assert without == {"honnin completion"}


def test_every_option_named_json_knows_its_shape() -> None:
    assert all(isinstance(option, JsonOption) for _, option in commands_with_json())
