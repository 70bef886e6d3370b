"""`honnin companion` as a process: what it prints, whom it connects, how it ends."""

import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from tests.cli.json_shapes import differences, shapes
from tests.support.processes import plain_environment
from tests.support.servers.companion import ask, started


def test_it_prints_where_it_is_connects_a_browser_and_ends(card: Path, tmp_path: Path) -> None:
    with started(plain_environment(tmp_path / "home"), "--card", card) as (process, document):
        assert list(differences(document, shapes()["honnin companion"])) == []
        start = urlsplit(document["start_address"])
        port = int(start.port or 0)
        connected = ask(port, "GET", start.path)
        cookie = connected.headers["set-cookie"].partition(";")[0]
        page = ask(port, "GET", "/", cookie=cookie)
        assert (page.status, document["word"] in page.text, "card" in page.text) == (200, True, True)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert document["address"] + "/start/" in said  # the next one
    assert start.path not in said


def test_a_port_that_is_taken_is_a_reason_to_look(card: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        words = ["companion", "--card", str(card), "--port", str(other.getsockname()[1])]
        done = subprocess.run(
            [sys.executable, "-m", "honnin", *words],
            env=plain_environment(tmp_path / "home"),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 8
    assert "E_COMPANION_PORT_IN_USE" in done.stderr
    assert "type no PIN on a page of this port" in done.stderr
