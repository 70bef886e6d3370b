"""Threads and processes that use one token at once wait for each other."""

import fcntl
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

import pytest

from honnin.agency.keys.master_keys import (
    KeyToken,
    MasterKeys,
)
from honnin.agency.keys.token import Token, token_at
from honnin.agency.keys.token_address import TokenAddress
from honnin.card.scp03 import cmac
from honnin.errors import Unavailable
from honnin.sites.deployment import card_master_key_token
from tests.conformance.token.keys import KEY, NUMBER
from tests.support.hsm import MODULE, SoftToken

pytestmark = pytest.mark.conformance
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
