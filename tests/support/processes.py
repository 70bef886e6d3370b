"""The command as a process of its own: its environment, its port, its end."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def plain_environment(home: Path) -> dict[str, str]:
    """A newcomer's, without what this test run has set for itself."""
    ours = ("HONNIN_", "DJANGO_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"HONNIN_HOME": str(home), "LC_ALL": "C.UTF-8", "PYTHONFAULTHANDLER": "1"}


def interrupted(process: subprocess.Popen[str]) -> str:
    """What it said until it had stopped after Ctrl-C; where it stands, if it does not stop."""
    process.send_signal(signal.SIGINT)
    try:
        return process.communicate(timeout=60)[1]
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)  # PYTHONFAULTHANDLER writes the stacks of all threads
        pytest.fail(f"it does not stop: {process.communicate()[1]}")


def get(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=10) as response:
        return bytes(response.read())


def said(home: Path, *words: str) -> str:
    """What a command of another process prints, which must succeed."""
    command = [sys.executable, "-m", "honnin", *words]
    done = subprocess.run(
        command, env=plain_environment(home), capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
