"""Master keys in SoftHSM's token: the same card keys, threads, processes, and whatever can be wrong."""

import fcntl
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pkcs11
import pytest

from honnin.agency.keys.master_keys import (
    KeyFolder,
    KeyToken,
    MasterKeys,
    make_next_version,
    master_keys,
    open_master_keys,
)
from honnin.agency.keys.token import Token, token_at
from honnin.agency.keys.token_address import TokenAddress, token_address
from honnin.card.scp03 import cmac, derive_card_keys
from honnin.clock import FixedClock
from honnin.errors import Unavailable
from honnin.identifiers import CardNumber
from honnin.sites.deployment import card_master_key_token
from tests.support.hsm import MODULE, PIN, SoftToken, soft_token
from tests.support.installations import honnin
from tests.support.town import Town

pytestmark = pytest.mark.conformance
NUMBER = CardNumber("TEST00000000001")
KEY = bytes(range(32))
MAC = """
import sys
from honnin.agency.keys.token import token_at
from honnin.agency.keys.token_address import token_address
token = token_at(token_address(sys.argv[1], variable=""))
for _ in range(20):
    print(token.cmac("card-master-key", b"message").hex())
"""
MAKE = """
import sys
from honnin.agency.keys.token import token_at
from honnin.agency.keys.token_address import token_address
try:
    token_at(token_address(sys.argv[1], variable="")).make_key("card-master-key-31")
    print("made")
except FileExistsError:
    print("taken")
"""


@pytest.fixture
def soft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftToken:
    """An empty token, which this process finds when it looks for it."""
    token = soft_token(tmp_path)
    monkeypatch.setenv("SOFTHSM2_CONF", token.environment["SOFTHSM2_CONF"])
    return token


@pytest.fixture
def address(soft: SoftToken) -> TokenAddress:
    return token_address(soft.uri, variable="")


@pytest.fixture
def token(address: TokenAddress) -> Token:
    return Token(address)


def at_once(soft: SoftToken, program: str, processes: int) -> list[list[str]]:
    """What several processes print that are started together."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, soft.uri],
            env={**os.environ, **soft.environment, "PYTHONPATH": "src"},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(processes)
    ]
    printed = [each.communicate(timeout=60)[0].split() for each in started]
    assert [each.returncode for each in started] == [0] * processes
    return printed


def attributes(label: str) -> dict[str, Any]:
    """What the token says of a key, in the session that is open already."""
    wanted = (pkcs11.Attribute.SENSITIVE, pkcs11.Attribute.EXTRACTABLE, pkcs11.Attribute.PRIVATE)
    library = pkcs11.lib(str(MODULE))
    (found,) = [slot.get_token() for slot in library.get_slots(token_present=True)][:1]
    with found.open() as session:
        key = session.get_key(label=label)
        with pytest.raises(pkcs11.AttributeSensitive):
            key[pkcs11.Attribute.VALUE]
        return {each.name: key[each] for each in wanted}


# — The same keys, wherever they lie ———————————————————————————————————————————————————————————————————


@pytest.mark.parametrize("key", [KEY, KEY[:16]], ids=["AES-256", "AES-128"])
def test_both_custodies_give_a_card_the_same_keys(
    soft: SoftToken, address: TokenAddress, tmp_path: Path, key: bytes
) -> None:
    names = {"card-master-key": key, "card-master-key-31": key[::-1]}
    for name, value in names.items():
        soft.import_key(name, value)
        (tmp_path / name).write_text(value.hex())
    files, hsm = MasterKeys(KeyFolder(tmp_path)), MasterKeys(KeyToken(address))
    assert files.versions == hsm.versions == (0x30, 0x31)
    for version in files.versions:
        assert files.card_keys(NUMBER, version) == hsm.card_keys(NUMBER, version)
        assert files.check_value(version) == hsm.check_value(version)
    assert hsm.card_keys(NUMBER, 0x30) == derive_card_keys(key, NUMBER)


def test_a_key_that_is_made_never_leaves_the_token(token: Token) -> None:
    assert token.labels() == ()
    token.make_key("card-master-key")
    assert token.labels() == ("card-master-key",)
    assert token.key_length("card-master-key") == 32
    assert attributes("card-master-key") == {"SENSITIVE": True, "EXTRACTABLE": False, "PRIVATE": True}
    with pytest.raises(FileExistsError):
        token.make_key("card-master-key")


@pytest.mark.django_db(databases="__all__")
def test_a_new_version_is_made_in_the_token(address: TokenAddress, clock: FixedClock, settings: Any) -> None:
    settings.HONNIN_CARD_MASTER_KEY_TOKEN = address
    with pytest.raises(Unavailable, match="E_KEY_TOKEN_NO_KEY"):
        make_next_version(clock, actor="command/root")
    open_master_keys()
    open_master_keys()
    assert make_next_version(clock, actor="command/root") == 0x31
    assert master_keys().versions == (0x30, 0x31)
    first, second = (master_keys().card_keys(NUMBER, version) for version in (0x30, 0x31))
    assert len({first.enc, first.mac, first.dek, second.enc, second.mac, second.dek}) == 6


@pytest.mark.django_db(databases="__all__")
def test_a_card_is_issued_with_keys_from_the_token(address: TokenAddress, settings: Any, town: Town) -> None:
    settings.HONNIN_CARD_MASTER_KEY_TOKEN = address
    open_master_keys()
    holder = town.with_certificates()
    number = holder.card.state.card_number
    assert holder.card.state.issuer_keys == master_keys().card_keys(number, master_keys().newest_version)
    assert {record.delivered_at is not None for record in town.records(holder).values()} == {True}


# — Threads and processes ——————————————————————————————————————————————————————————————————————————————


def test_threads_share_one_session(soft: SoftToken, address: TokenAddress) -> None:
    soft.import_key("card-master-key", KEY)
    start = threading.Barrier(8)

    def macs(thread: int) -> set[bool]:
        start.wait()
        messages = [bytes((thread, number)) for number in range(200)]
        return {token_at(address).cmac("card-master-key", each) == cmac(KEY, each) for each in messages}

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(macs, range(8))) == [{True}] * 8


def test_processes_that_start_at_once_all_find_the_token(soft: SoftToken) -> None:
    soft.import_key("card-master-key", KEY)
    for _ in range(3):
        assert at_once(soft, MAC, 4) == [[cmac(KEY, b"message").hex()] * 20] * 4


def test_of_processes_that_make_a_key_at_once_one_is_first(soft: SoftToken, token: Token) -> None:
    assert sorted(at_once(soft, MAKE, 4)) == [["made"], ["taken"], ["taken"], ["taken"]]
    assert token.labels() == ("card-master-key-31",)


def test_what_another_process_adds_is_seen(soft: SoftToken, address: TokenAddress) -> None:
    soft.import_key("card-master-key", KEY)
    keys = MasterKeys(KeyToken(address))
    assert keys.newest_version == 0x30
    with pytest.raises(Unavailable, match="E_KEY_TOKEN_NO_KEY"):
        keys.card_keys(NUMBER, 0x31)
    at_once(soft, MAKE, 1)
    assert keys.newest_version == 0x31
    assert keys.card_keys(NUMBER, 0x31).version == 0x31


def test_a_child_process_opens_a_session_of_its_own(soft: SoftToken, token: Token) -> None:
    soft.import_key("card-master-key", KEY)
    mac = token.cmac("card-master-key", b"message")
    child = os.fork()
    if child == 0:
        ended = 1
        try:
            ended = 0 if token.cmac("card-master-key", b"message") == mac else 2
        finally:
            os._exit(ended)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert token.cmac("card-master-key", b"message") == mac == cmac(KEY, b"message")


# — Waiting for each other ——————————————————————————————————————————————————————————————————————————————


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Another holds a lock on a file or folder."""
    descriptor = os.open(path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


def test_nobody_is_held_up_by_who_holds_the_modules_file(soft: SoftToken) -> None:
    """Any user of the machine can read it, and so lock it."""
    soft.import_key("card-master-key", KEY)
    with held(MODULE):
        assert at_once(soft, MAC, 2) == [[cmac(KEY, b"message").hex()] * 20] * 2


def test_a_process_that_does_not_get_done_is_named_and_waited_for_no_longer(
    soft: SoftToken, address: TokenAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    soft.import_key("card-master-key", KEY)
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    token = Token(replace(address, lock_folder=folder))
    monkeypatch.setattr("honnin.agency.keys.token.TIMEOUT", 0.3)
    with held(folder), pytest.raises(Unavailable, match="E_KEY_TOKEN_BUSY") as raised:
        token.labels()
    assert str(folder) in raised.value.sentence("en")
    assert token.labels() == ("card-master-key",)
    with held(folder):  # the session is open already
        assert token.cmac("card-master-key", b"message") == cmac(KEY, b"message")


def test_the_processes_of_an_installation_wait_at_its_keys(
    soft: SoftToken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HONNIN_CARD_MASTER_KEY_URI", soft.uri)
    found = card_master_key_token(tmp_path)
    assert found is not None
    assert found.lock_folder == tmp_path
    with pytest.raises(Unavailable, match="E_KEY_TOKEN_LOCK"):
        Token(replace(found, lock_folder=tmp_path / "nowhere")).labels()


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701, None])
def test_a_folder_that_others_can_use_is_no_place_to_wait(
    address: TokenAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int | None
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = tmp_path / f"honnin-{os.getuid()}"
    if mode is None:
        folder.symlink_to("/")
    else:
        folder.mkdir()
        folder.chmod(mode)
    with pytest.raises(Unavailable, match="E_KEY_TOKEN_LOCK") as raised:
        Token(address).labels()
    assert str(folder) in raised.value.sentence("ja")


# — What can be wrong ——————————————————————————————————————————————————————————————————————————————————


def test_a_token_that_was_pulled_out_is_missed_and_found_again(soft: SoftToken, token: Token) -> None:
    soft.import_key("card-master-key", KEY)
    mac = token.cmac("card-master-key", b"message")
    soft.remove()
    for _ in range(2):
        with pytest.raises(Unavailable, match="E_KEY_TOKEN_MISSING") as raised:
            token.cmac("card-master-key", b"message")
        assert soft.label in raised.value.sentence("ja")
        with pytest.raises(Unavailable, match="E_KEY_TOKEN_MISSING"):
            token.labels()
        with pytest.raises(Unavailable, match="E_KEY_TOKEN_MISSING"):
            token.make_key("card-master-key-31")
    soft.insert()
    assert token.cmac("card-master-key", b"message") == mac
    assert token.labels() == ("card-master-key",)


def test_a_wrong_pin_is_sent_once(soft: SoftToken, token: Token) -> None:
    soft.import_key("card-master-key", KEY)
    soft.pin_file.write_text("654321\n")
    for _ in range(3):
        with pytest.raises(Unavailable, match="E_KEY_TOKEN_PIN ") as raised:
            token.labels()
    assert isinstance(raised.value.__cause__, type(None))  # the token was not asked a third time
    soft.pin_file.write_text(f"{PIN}\n")
    assert token.labels() == ("card-master-key",)


def test_a_pin_file_that_is_missing_is_named(soft: SoftToken, token: Token) -> None:
    soft.pin_file.unlink()
    with pytest.raises(Unavailable, match="E_KEY_TOKEN_PIN_FILE"):
        token.labels()


@pytest.mark.parametrize("content", [None, "no library"])
def test_a_module_that_is_none_is_named(tmp_path: Path, content: str | None) -> None:
    module = tmp_path / "module.so"
    if content is not None:
        module.write_text(content)
    token = Token(TokenAddress("honnin", module, pin_value="1"))
    with pytest.raises(Unavailable, match="E_KEY_TOKEN_MODULE") as raised:
        token.labels()
    assert str(module) in raised.value.sentence("en")


def test_a_token_of_another_name_or_number_is_not_taken(soft: SoftToken, address: TokenAddress) -> None:
    for other in (
        TokenAddress("other", MODULE, pin_value=PIN),
        TokenAddress(soft.label, MODULE, "0", None, PIN),
    ):
        with pytest.raises(Unavailable, match="E_KEY_TOKEN_MISSING"):
            Token(other).labels()


def test_without_python_pkcs11_that_is_said(address: TokenAddress, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)  # as if it were not installed
    with pytest.raises(Unavailable, match="E_KEY_TOKEN_DRIVER"):
        Token(address).labels()


def test_a_key_that_is_gone_is_missed_and_not_made_anew(soft: SoftToken, token: Token) -> None:
    soft.import_key("card-master-key", KEY)
    token.cmac("card-master-key", b"message")
    with writing(soft) as session:
        session.get_key(label="card-master-key").destroy()
    for _ in range(2):
        with pytest.raises(Unavailable, match="E_KEY_TOKEN_NO_KEY") as raised:
            token.cmac("card-master-key", b"message")
    assert "card-master-key" in raised.value.sentence("en")
    assert token.labels() == ()


UNFIT = {
    "it can be read": {pkcs11.Attribute.SENSITIVE: False},
    "it can be taken out": {pkcs11.Attribute.EXTRACTABLE: True},
    "it may compute no MAC": {pkcs11.Attribute.SIGN: False},
}


@pytest.mark.parametrize("wrong", UNFIT.values(), ids=UNFIT)
def test_a_key_that_could_leave_or_is_of_no_use_is_refused(
    soft: SoftToken, token: Token, wrong: dict[pkcs11.Attribute, bool]
) -> None:
    token.labels()
    create(soft, "card-master-key", wrong)
    for question in (token.key_length, lambda label: token.cmac(label, b"message")):
        with pytest.raises(Unavailable, match="E_KEY_TOKEN_UNFIT_KEY"):
            question("card-master-key")


def test_two_keys_of_one_name_are_refused(soft: SoftToken, token: Token) -> None:
    token.labels()
    for _ in range(2):
        create(soft, "card-master-key", {})
    with pytest.raises(Unavailable, match="E_KEY_TOKEN_UNFIT_KEY"):
        token.cmac("card-master-key", b"message")


def writing(soft: SoftToken) -> Any:
    """A session that may write, of the process that is logged in already."""
    return pkcs11.lib(str(MODULE)).get_token(token_label=soft.label).open(rw=True)


def create(soft: SoftToken, label: str, different: dict[pkcs11.Attribute, bool]) -> None:
    usual = {
        pkcs11.Attribute.CLASS: pkcs11.ObjectClass.SECRET_KEY,
        pkcs11.Attribute.KEY_TYPE: pkcs11.KeyType.AES,
        pkcs11.Attribute.VALUE: KEY,
        pkcs11.Attribute.LABEL: label,
        pkcs11.Attribute.TOKEN: True,
        pkcs11.Attribute.PRIVATE: True,
        pkcs11.Attribute.SENSITIVE: True,
        pkcs11.Attribute.EXTRACTABLE: False,
        pkcs11.Attribute.SIGN: True,
    }
    with writing(soft) as session:
        session.create_object(usual | different)


# — By command ————————————————————————————————————————————————————————————————————————————————————————


def told(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_an_installation_moves_its_key_from_a_file_into_the_token(soft: SoftToken, tmp_path: Path) -> None:
    home = tmp_path / "home"
    told(honnin(home, "authority", "init"))
    first = home / "keys" / "card-master-key"
    value = cmac(bytes.fromhex(first.read_text()), bytes(16))[:5].hex().upper()
    assert told(honnin(home, "authority", "card-keys", "show")) == [
        "custody: file",
        f"version 30: check value {value}, cards: 0, valid: 0",
    ]
    assert told(honnin(home, "authority", "card-keys", "rotate")) == ["31"]
    assert honnin(home, "authority", "card-keys", "move-to-token").returncode == 2
    # With the token and without its keys nothing goes on, and nothing is made.
    for words in (("init",), ("card-keys", "rotate")):
        done = honnin(home, "authority", *words, **soft.environment)
        assert (done.returncode, "[E_KEY_TOKEN_NO_KEY]" in done.stderr) == (8, True), done.stderr
    for _ in range(2):
        moved = told(honnin(home, "authority", "card-keys", "move-to-token", **soft.environment))
        assert moved[0] == f"version 30: check value {value}"
        assert len(moved) == 2
    for name in ("card-master-key", "card-master-key-31"):
        (home / "keys" / name).unlink()
    assert told(honnin(home, "authority", "card-keys", "rotate", **soft.environment)) == ["32"]
    shown = told(honnin(home, "authority", "card-keys", "show", **soft.environment))
    assert shown[:3] == [f"custody: token {soft.label}", *(f"{line}, cards: 0, valid: 0" for line in moved)]
    assert shown[3].startswith("version 32: ")
    assert told(honnin(home, "journal", "verify", **soft.environment))
    # Without the token the files are missed.
    done = honnin(home, "authority", "show")
    assert (done.returncode, "[E_KEY_UNAVAILABLE]" in done.stderr) == (8, True), done.stderr


def test_another_key_under_the_name_is_not_taken_for_it(soft: SoftToken, tmp_path: Path) -> None:
    home = tmp_path / "home"
    told(honnin(home, "authority", "init"))
    soft.import_key("card-master-key", KEY)
    done = honnin(home, "authority", "card-keys", "move-to-token", **soft.environment)
    assert (done.returncode, "[E_KEY_TOKEN_OTHER_KEY]" in done.stderr) == (7, True), done.stderr


def test_a_new_installation_makes_its_key_in_the_token(soft: SoftToken, tmp_path: Path) -> None:
    home = tmp_path / "home"
    soft.pin_file.write_text("654321")
    done = honnin(home, "authority", "init", **soft.environment)
    assert (done.returncode, "[E_KEY_TOKEN_PIN]" in done.stderr) == (8, True), done.stderr
    assert not list(home.glob("*.sqlite3"))
    soft.pin_file.write_text(PIN)
    told(honnin(home, "authority", "init", **soft.environment))
    told(honnin(home, "authority", "init", **soft.environment))
    shown = json.loads(
        "\n".join(told(honnin(home, "authority", "card-keys", "show", "--json", **soft.environment)))
    )
    assert shown["custody"] == f"token {soft.label}"
    assert [each["version"] for each in shown["versions"]] == ["30"]
    assert not (home / "keys" / "card-master-key").exists()
