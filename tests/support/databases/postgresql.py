"""A PostgreSQL server of its own for a test: Debian's binaries, a Unix socket, nothing on the network."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BINARIES = Path("/usr/lib/postgresql/15/bin")


def is_installed() -> bool:
    return (BINARIES / "postgres").exists() and _user() is not None


def _user() -> str | None:
    """The server refuses to run as root; then Debian's own user runs it."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return None


@contextmanager
def server() -> Iterator[str]:
    """A running server, speed before durability; yields the address of its `postgres` database.

    The address ends in options: replace `/postgres?` to name another database.
    """
    folder = Path(tempfile.mkdtemp(prefix="honnin-pg-"))
    user = _user()
    try:
        switch: dict[str, Any] = {}
        if os.geteuid() == 0 and user is not None:
            shutil.chown(folder, user, user)
            switch = {"user": user, "group": user, "extra_groups": []}
        initdb: list[str | Path] = [
            BINARIES / "initdb",
            "-D",
            folder / "data",
            "-A",
            "trust",
            "-U",
            "postgres",
            "--no-sync",
        ]
        subprocess.run(initdb, cwd=folder, check=True, capture_output=True, **switch)
        options = [
            f"unix_socket_directories={folder}",
            "listen_addresses=",
            "fsync=off",
            "max_connections=60",
        ]
        command: list[str | Path] = [BINARIES / "postgres", "-D", folder / "data"]
        command += [part for option in options for part in ("-c", option)]
        process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **switch
        )
        try:
            _wait_until_ready(process, folder)
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            process.terminate()
            process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_ready(process: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(200):
        assert process.poll() is None, "the server ended"
        ready = subprocess.run([BINARIES / "pg_isready", "-h", folder, "-q"], check=False)
        if ready.returncode == 0:
            return
        time.sleep(0.05)
    raise AssertionError("the server does not answer")


def create_database(address: str, name: str) -> str:
    """Make a database; its address."""
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return address.replace("/postgres?", f"/{name}?")
