"""`honnin up`: every role on this machine, until Ctrl-C."""

import os
import sys
import time
from typing import TYPE_CHECKING

import click

from honnin.clock import SystemClock
from honnin.errors import HonninError
from honnin.sites.commands.options import present_language, start_django
from honnin.sites.commands.stopping import told_to_stop
from honnin.sites.deployment import OCSP_PORT
from honnin.sites.home import present_home
from honnin.sites.privacy import private_home
from honnin.sites.serving import Server, require_free_port

if TYPE_CHECKING:
    from honnin.sites.opening import Login

BETWEEN_CHORES = 2.0
PORTS = click.IntRange(1, 65535)

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
    "chore": {
        "ja": "定例の処理ができませんでした。次の回にもう一度試します: {error}",
        "en": "a chore failed and will be tried again: {error}",
    },
    "stopping": {"ja": "停止しています", "en": "stopping"},
    "stopped": {"ja": "停止しました", "en": "stopped"},
}


@click.command()
@click.option("--port", type=PORTS, default=8600, show_default=True, help="Port of the screens.")
@click.option(
    "--ocsp-port", type=PORTS, default=OCSP_PORT, show_default=True, help="Port of the status service."
)
@click.option(
    "--population",
    type=click.IntRange(1, 100_000),
    default=300,
    show_default=True,
    help="Invented residents, at the first start.",
)
def command(port: int, ocsp_port: int, population: int) -> None:
    """Start every role on this machine: screens, registers, status service.

    The first start makes an installation in HONNIN_HOME (default var/honnin); later ones continue it.
    """
    os.environ.setdefault("HONNIN_OCSP_URI", f"http://127.0.0.1:{ocsp_port}/ocsp")
    if port == ocsp_port:
        raise click.UsageError("--port and --ocsp-port must differ")
    for wanted in (port, ocsp_port):
        require_free_port(wanted)
    with private_home().held():
        _open_and_serve(port, ocsp_port, population)
    _say("stopped")


def _open_and_serve(port: int, ocsp_port: int, population: int) -> None:
    _say("opening", home=present_home().root)
    start_django(opening=True)
    from honnin.sites.opening import demo_logins, open_installation

    open_installation(SystemClock(), _say, population=population)
    logins = demo_logins(SystemClock())
    with (
        Server("honnin.sites.asgi:application", port, interface="asgi") as screens,
        Server("honnin.sites.responder:application", ocsp_port, interface="asgi") as status,
    ):
        stopped: list[int] = []
        with told_to_stop(stopped.append):  # before it is announced: from then on somebody may press Ctrl-C
            _announce(port, ocsp_port, logins)
            _work_until_stopped(screens, status, stopped)
            _say("stopping")


def _say(word: str, **details: object) -> None:
    click.echo(f"honnin: {WORDS[word][present_language()].format(**details)}", err=True)


def _announce(port: int, ocsp_port: int, logins: "list[Login]") -> None:
    language = present_language()
    _say("ready", home=present_home().root)
    lines = [
        f"{WORDS['screens'][language]}:  http://127.0.0.1:{port}/",
        f"{WORDS['status'][language]}:  http://127.0.0.1:{ocsp_port}/ocsp",
        f"{WORDS['logins'][language]}:",
    ]
    for login in logins:
        role = WORDS[login.role][language]
        lines.append(f"  {login.user_name:<10} {login.password:<22} {role} {login.place}".rstrip())
    click.echo("\n".join(lines))
    sys.stdout.flush()


def _work_until_stopped(screens: Server, status: Server, stopped: list[int]) -> None:
    """Do the installation's chores until there is a signal in `stopped`.

    Raises Unavailable when a server has died or does not start again.
    """
    from django.db import close_old_connections

    from honnin.sites.chores import do_chores

    said: set[str] = set()
    while not stopped:
        screens.require_running()
        status.require_running()
        outcome = do_chores(SystemClock())
        failures = {_reason(failure) for failure in outcome.failures}  # a full disk must not stop the screens
        for failure in failures - said:  # once, not every two seconds
            _say("chore", error=failure)
        said = failures
        if outcome.responder_renewed:
            status.restart()
        close_old_connections()
        _sleep(BETWEEN_CHORES, stopped)


def _reason(failure: Exception) -> str:
    if isinstance(failure, HonninError):
        return f"{failure.sentence(present_language())} [{failure.code}]"
    return str(failure)


def _sleep(seconds: float, stopped: list[int]) -> None:
    until = time.monotonic() + seconds
    while not stopped and time.monotonic() < until:
        time.sleep(0.1)
