"""`honnin up`: every role on this machine, until Ctrl-C."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from honnin.clock import SystemClock
from honnin.errors import Unavailable
from honnin.sites.commands.options import present_language, start_django
from honnin.sites.deployment import OCSP_PORT
from honnin.sites.home import present_home

PATIENCE = 20.0
PUBLICATION_CHECK = 2.0
THREADS = 8

WORDS = {
    "opening": {"ja": "環境を用意しています（{home}）", "en": "opening the installation in {home}"},
    "population": {"ja": "架空の住民を登録しています", "en": "inventing a population"},
    "ready": {
        "ja": "起動しました。Ctrl-C で停止します。データは {home} に残ります。",
        "en": "ready. Ctrl-C stops; the data stays in {home}.",
    },
    "screens": {"ja": "窓口・電話受付の画面", "en": "counter and hotline screens"},
    "status": {"ja": "失効情報（OCSP・失効リスト）", "en": "status service (OCSP, lists)"},
    "logins": {"ja": "テスト用の利用者名と暗証", "en": "accounts to try it with"},
    "clerk": {"ja": "窓口の職員", "en": "clerk"},
    "operator": {"ja": "電話受付の担当", "en": "hotline operator"},
    "stopping": {"ja": "停止しています", "en": "stopping"},
    "stopped": {"ja": "停止しました", "en": "stopped"},
}


@click.command()
@click.option("--port", default=8600, show_default=True, help="Port of the screens.")
@click.option("--ocsp-port", default=OCSP_PORT, show_default=True, help="Port of the status service.")
@click.option("--population", default=300, show_default=True, help="Invented residents, at the first start.")
def command(port: int, ocsp_port: int, population: int) -> None:
    """Start every role on this machine: screens, registers, status service.

    The first start makes an installation in HONNIN_HOME (default var/honnin); later ones continue it.
    """
    home = present_home()
    os.environ.setdefault("HONNIN_OCSP_URI", f"http://127.0.0.1:{ocsp_port}/ocsp")
    for wanted in (port, ocsp_port):
        _require_free(wanted)
    _say("opening", home=home.root)
    start_django()
    from honnin.sites.opening import demo_logins, open_installation

    open_installation(SystemClock(), _say, population=population)
    logins = demo_logins()
    with (
        _server("honnin.sites.wsgi:application", port),
        _server("honnin.sites.responder:application", ocsp_port),
    ):
        _wait_for(port)
        _wait_for(ocsp_port)
        _announce(port, ocsp_port, [login.__dict__ for login in logins])
        _publish_until_stopped()
        _say("stopping")
    _say("stopped")


def _say(word: str, **details: object) -> None:
    click.echo(f"honnin: {WORDS[word][present_language()].format(**details)}", err=True)


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Unavailable("E_PORT_IN_USE", port=port) from error


@contextmanager
def _server(target: str, port: int) -> Iterator[None]:
    """One granian process on loopback; ended by its id, and waited for."""
    arguments = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws"]
    arguments += ["--blocking-threads", str(THREADS), "--backpressure", "128"]
    process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own arguments
        [sys.executable, "-m", "granian", *arguments, "--log-level", "error", target],
        # A Ctrl-C at the terminal reaches the whole group; the servers are told by us, in order.
        start_new_session=True,
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError as error:
            if time.monotonic() > deadline:
                raise Unavailable("E_SERVER_NOT_STARTED", port=port) from error
            time.sleep(0.05)


def _announce(port: int, ocsp_port: int, logins: list[dict[str, str]]) -> None:
    language = present_language()
    _say("ready", home=present_home().root)
    lines = [
        f"{WORDS['screens'][language]}:  http://127.0.0.1:{port}/",
        f"{WORDS['status'][language]}:  http://127.0.0.1:{ocsp_port}/ocsp",
        f"{WORDS['logins'][language]}:",
    ]
    for login in logins:
        role = WORDS[login["role"]][language]
        lines.append(f"  {login['user_name']:<10} {login['password']:<22} {role} {login['place']}".rstrip())
    click.echo("\n".join(lines))
    sys.stdout.flush()


def _publish_until_stopped() -> None:
    """Publish lists when they are due, until SIGINT or SIGTERM."""
    from django.db import close_old_connections

    from honnin.agency.status.services import publication_is_due, publish

    stopped: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        stopped.append(number)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    clock = SystemClock()
    while not stopped:
        try:
            if publication_is_due(clock):
                publish(clock)
        except Exception as error:  # a full disk must not stop the screens; the next round tries again
            click.echo(json.dumps({"publication": type(error).__name__}), err=True)
        close_old_connections()
        _sleep(PUBLICATION_CHECK, stopped)


def _sleep(seconds: float, stopped: list[int]) -> None:
    until = time.monotonic() + seconds
    while not stopped and time.monotonic() < until:
        time.sleep(0.1)
