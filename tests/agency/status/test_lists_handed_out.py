"""Lists that the status service hands out: in pieces, to whoever takes them."""

import asyncio
import os
from pathlib import Path

import pytest

from honnin.agency.status import app
from honnin.agency.status.app import StatusApplication
from tests.agency.status.calls import Event, Waiting, call, heard, part

pytestmark = pytest.mark.usefixtures("committed")


class Slow:
    """A client who takes what it is sent as late as it is told to."""

    def __init__(self, *seconds: float) -> None:
        self._seconds = iter(seconds)
        self.told: list[Event] = []

    async def __call__(self, event: Event) -> None:
        await asyncio.sleep(next(self._seconds, 0))
        self.told.append(event)


def sent(publication: Path, client: Slow, method: str = "GET") -> bytes:
    scope = {"type": "http", "method": method, "path": "/crl/large.crl", "headers": []}
    asyncio.run(StatusApplication(Waiting(), publication)(scope, heard([part(b"")]), client))
    return b"".join(event.get("body", b"") for event in client.told)


def test_a_list_goes_out_in_pieces(tmp_path: Path) -> None:
    content = os.urandom(1_000_003)
    (tmp_path / "large.crl").write_bytes(content)
    client = Slow()
    assert sent(tmp_path, client) == content
    assert max(len(event.get("body", b"")) for event in client.told) <= 16 * 1024
    assert [event.get("more_body") for event in client.told[-2:]] == [True, False]
    head = Slow()
    assert sent(tmp_path, head, "HEAD") == b""
    assert head.told[0] == client.told[0]  # the same length and type


def test_a_list_that_is_replaced_meanwhile_goes_out_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "large.crl").write_bytes(bytes(100_000))

    class Publishing(Slow):
        async def __call__(self, event: Event) -> None:
            (tmp_path / "new").write_bytes(b"x" * 200_000)
            (tmp_path / "new").replace(tmp_path / "large.crl")
            await super().__call__(event)

    assert sent(tmp_path, Publishing()) == bytes(100_000)


def test_who_does_not_take_a_list_gets_no_more_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_TIMEOUT_WITH_READERS", 0.1)
    (tmp_path / "large.crl").write_bytes(bytes(10_000_000))
    client = Slow(0, 0, 0, 30)
    assert len(sent(tmp_path, client)) < 100_000
    assert client.told[-1]["more_body"]


def test_a_list_that_cannot_be_read_now_is_not_said_to_be_missing(tmp_path: Path) -> None:
    (tmp_path / "large.crl").symlink_to("large.crl")  # as a disk that fails, or too many open files
    assert call(StatusApplication(Waiting(), tmp_path), "GET", "/crl/large.crl")[0] == 503
    (tmp_path / "folder.crl").mkdir()
    assert call(StatusApplication(Waiting(), tmp_path), "GET", "/crl/folder.crl")[0] in (404, 503)
