"""`honnin up`: every role on this machine, until Ctrl-C."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING

import click

from honnin.cli.terminal.installation import start_django, warn_if_moved
from honnin.cli.terminal.options import given, json_fields, present_language, print_json
from honnin.cli.terminal.stopping import Stops, on_stop_signal
from honnin.cli.terminal.streams import say
from honnin.cli.terminal.words import _, in_present_language
from honnin.cli.terminal.wrong import Wrong
from honnin.clock import SystemClock
from honnin.errors import Unavailable
from honnin.faults import named
from honnin.sites.addresses import OCSP_PORT, PORT, Addresses, chosen_addresses
from honnin.sites.home import present_home
from honnin.sites.privacy import private_home
from honnin.sites.processes.child_log import Folded
from honnin.sites.processes.children import End, adopt_orphans
from honnin.sites.processes.serving import TIMEOUT, Server, require_free_port
from honnin.sites.processes.supervision import Event, Keeper, start_together, stop_together
from honnin.sites.roles import played, plays, with_screens
from honnin.translation import Sentence, message
from honnin.widths import padded

if TYPE_CHECKING:
    from honnin.sites.chores.rounds import Rounds
    from honnin.sites.declaration.login import Login

BETWEEN_CHORES = 2.0
LEFTOVERS = 3.0  # seconds in which the servers of one that was killed have surely ended
PORTS = click.IntRange(1, 65535)

WORDS = {
    "opening": message("opening the installation in {home}"),
    "population": message("inventing a population"),
    "populated": message("this is not the first start: --population changes nothing, the residents stay"),
    "ready": message("ready. Ctrl-C stops; the data stays in {home}."),
    "at": message("{what}:  {address}"),
    "follow": message("{what}:"),
    "screens": message("{names} screens"),
    "screens_of_several": message("{names} and {last} screens"),
    "comma": message(", "),
    "status": message("status service (OCSP, lists)"),
    "named": message("its address in certificates"),
    "logins": message("accounts to try it with"),
    "changed": message("(changed)"),
    "chore": message("a chore failed and will be tried again: {error}"),
    "last_chore": message("what is due before the end could not be done: {error}"),
    "unfinished": message("what is due before the end takes more than {seconds} s: the next start does it"),
    "stopping": message("stopping"),
    "stopped": message("stopped"),
    "broken_off": message("stopped before it was ready; the next start goes on from there"),
    "screens_log": message("screens"),
    "status_log": message("status service"),
    "by_signal": message("{whose} was ended by signal {number} ({signal})"),
    "by_itself": message("{whose} ended with exit code {code}{words}"),
    "last_words": message(": {words}"),
    "no_answer": message("it did not answer"),
    "its_process": message("its process"),
    "its_worker": message("its worker"),
    "ended": message("{name}: {cause}; started again in {pause} s"),
    "silent": message("{name}: it gave no sign of life any more and was ended; started again in {pause} s"),
    "no_process": message("{name}: no process can be started ({words}); tried again in {pause} s"),
    "port_taken": message("{name}: another program uses port {port} now; tried again until it is free"),
    "again": message("{name}: answers again"),
}


@click.command()
@click.option("--port", type=PORTS, help=f"Port of the screens; default: as before, at first {PORT}.")
@click.option(
    "--ocsp-port", type=PORTS, help=f"Port of the status service; default: as before, at first {OCSP_PORT}."
)
@click.option(
    "--population",
    type=click.IntRange(1, 100_000),
    default=300,
    show_default=True,
    help="Invented residents, at the first start.",
)
@click.option("--ask-password", is_flag=True, help="No button of the start page signs in.")
@json_fields("home", "screens", "status_service", "ocsp_uri", "accounts")
def command(
    port: int | None, ocsp_port: int | None, population: int, *, ask_password: bool, as_json: bool
) -> None:
    """Start every role on this machine, or those of HONNIN_ROLES: screens, registers, status service.

    The first start makes an installation in HONNIN_HOME (default var/honnin); later ones continue it. Its
    ports stand in it, and so does the status service's address, which every certificate names.
    """
    played()  # errors of HONNIN_ROLES come before anything is made
    addresses = chosen_addresses(present_home(), port=port, ocsp_port=ocsp_port)
    if addresses.port == addresses.ocsp_port:
        raise click.UsageError(_("--port and --ocsp-port must differ"))
    os.environ["HONNIN_START_PAGE"] = "rooms" if ask_password else "buttons"
    announce = _announce_json if as_json else _announce
    stops = Stops()
    with on_stop_signal(stops.hear):  # before anything is begun that would have to be ended
        wrong = Wrong()
        for wanted in _ports(addresses):
            wrong.unless(partial(require_free_port, wanted, LEFTOVERS))
        wrong.require_none()
        with private_home().held() if with_screens() else nullcontext():  # who only reads may run beside
            logins = _opened(addresses, population, stops)
            was_ready = logins is not None and _serve(addresses, logins, stops, announce)
    if not was_ready:
        _print("broken_off")
        sys.exit(128 + stops.numbers[0])
    _print("stopped")


def _opened(addresses: Addresses, population: int, stops: Stops) -> "list[Login] | None":
    """The accounts of the installation, which is open then; None when that was broken off.

    It may be broken off anywhere: each part of it is whole or not there, and the next start adds what is
    missing. What it raises once a signal has come, the signal has caused.
    """
    try:
        with stops.breakable(), warn_if_moved():
            _print("opening", home=present_home().root)
            if not with_screens():
                return []
            start_django(opening=True, addresses=addresses)
            from honnin.simulator.installation import open_installation
            from honnin.sites.staff.logins import demo_logins

            steps: list[str] = []
            open_installation(SystemClock(), partial(_step, steps), population=population)
            if given("population") and "population" not in steps:
                _print("populated")
            return demo_logins(SystemClock())
    except BaseException:
        if stops:
            return None
        raise


def _serve(addresses: Addresses, logins: "list[Login]", stops: Stops, announce: Callable[..., None]) -> bool:
    """Serve until there is a signal; whether everything had been ready by then.

    Raises Unavailable E_SERVER_NOT_STARTED, E_PORT_IN_USE when a server does not start at all.
    """
    adopt_orphans()
    rounds, keepers = _rounds(), list(_keepers(addresses))
    try:
        if rounds:
            rounds.start()
        if failed := start_together(keepers, stops.__bool__):
            raise _not_started(failed)
        was_ready = not stops
        if was_ready:
            _print("ready", home=present_home().root)
            announce(addresses, logins)
        while not stops:
            for keeper in keepers:
                keeper.tend()
            time.sleep(0.1)
        _print("stopping")
    finally:
        stop_together(keepers)
        if rounds and not rounds.finish(TIMEOUT):
            _print("unfinished", seconds=round(TIMEOUT))
    return was_ready


def _rounds() -> "Rounds | None":
    """The chores of the roles that are played; the status service alone has none."""
    if not with_screens():
        return None
    from honnin.sites.chores.rounds import Rounds
    from honnin.sites.databases.closing import close_databases

    close_databases()  # of this thread, which needs none any more
    return Rounds(SystemClock(), BETWEEN_CHORES, _chore_failed, _last_chore_failed)


def _ports(addresses: Addresses) -> Iterator[int]:
    if with_screens():
        yield addresses.port
    if plays("status"):
        yield addresses.ocsp_port


def _keepers(addresses: Addresses) -> Iterator[Keeper]:
    """A server for the screens of all roles that have any, and one for the status service."""
    if with_screens():
        screens = "honnin.sites.asgi:application"
        yield _keeper("screens", Server(screens, addresses.port, interface="asgi", asked="/sign-in/"))
    if plays("status"):
        responder = "honnin.sites.responder:application"
        yield _keeper("status", Server(responder, addresses.ocsp_port, interface="asgi"))


def _keeper(role: str, server: Server) -> Keeper:
    """Keeps a role's server running, and tells of it and what it writes by the role's name."""
    name = _(WORDS[f"{role}_log"])
    server.hear = Folded(lambda line: _write(f"{name}: {line}"))
    return Keeper(server, lambda event: _print_event(name, event))


def _print_event(name: str, event: Event) -> None:
    words = event.end.last_words if event.end else ""
    details = {"pause": f"{event.pause:g}", "port": event.port, "words": words, "cause": _cause(event.end)}
    _print(event.kind, name=name, **details)


def _cause(end: End | None) -> Sentence:
    if end is None:
        return Sentence(WORDS["no_answer"])
    whose = Sentence(WORDS["its_worker" if end.of_worker else "its_process"])
    if end.code < 0:
        named = signal.strsignal(-end.code) or "?"
        return Sentence(WORDS["by_signal"], whose=whose, number=-end.code, signal=named)
    words = Sentence(WORDS["last_words"], words=end.last_words) if end.last_words else ""
    return Sentence(WORDS["by_itself"], whose=whose, code=end.code, words=words)


def _not_started(event: Event) -> Unavailable:
    if event.kind == "port_taken":
        return Unavailable("E_PORT_IN_USE", port=event.port)
    return Unavailable("E_SERVER_NOT_STARTED", port=event.port, reason=_cause(event.end))


def _chore_failed(failure: Exception) -> None:
    _print("chore", error=_reason(failure))


def _last_chore_failed(failure: Exception) -> None:
    _print("last_chore", error=_reason(failure))


def _print(word: str, **details: object) -> None:
    _write(f"honnin: {in_present_language(Sentence(WORDS[word], **details))}")


def _step(seen: list[str], step: str) -> None:
    seen.append(step)
    _print(step)


def _write(line: str) -> None:
    """To stderr, if it is still there: a terminal that was closed keeps nothing from being done."""
    with suppress(OSError, ValueError):
        say(line, err=True)


def _screens(names: list[str]) -> str:
    """What the address of the screens is called: by the roles whose pages it has."""
    *others, last = names
    if not others:
        return _(WORDS["screens"]).format(names=last)
    return _(WORDS["screens_of_several"]).format(names=_(WORDS["comma"]).join(others), last=last)


def _announce(addresses: Addresses, logins: "list[Login]") -> None:
    lines = []
    if with_screens():
        screens = f"http://127.0.0.1:{addresses.port}/"
        what = _screens([_(role.screens) for role in with_screens()])
        lines.append(_(WORDS["at"]).format(what=what, address=screens))
    if plays("status"):
        address = addresses.served_ocsp_uri
        lines.append(_(WORDS["at"]).format(what=_(WORDS["status"]), address=address))
    if addresses.ocsp_uri != addresses.served_ocsp_uri:
        lines.append(_(WORDS["at"]).format(what=_(WORDS["named"]), address=addresses.ocsp_uri))
    if logins:
        lines.append(_(WORDS["follow"]).format(what=_(WORDS["logins"])))
    titles = {role.staff_role: role.account_title for role in with_screens()}
    for login in logins:
        role = _(titles[login.role])
        password = login.password or _(WORDS["changed"])
        lines.append(f"  {padded(login.user_name, 10)} {padded(password, 22)} {role} {login.place}".rstrip())
    say(*lines)
    sys.stdout.flush()


def _announce_json(addresses: Addresses, logins: "list[Login]") -> None:
    accounts = [
        {
            "user_name": each.user_name,
            "role": each.role,
            "place": each.place,
            "password": each.password or None,
        }
        for each in logins
    ]
    print_json(
        {
            "home": str(present_home().root),
            "screens": f"http://127.0.0.1:{addresses.port}/" if with_screens() else None,
            "status_service": addresses.served_ocsp_uri if plays("status") else None,
            "ocsp_uri": addresses.ocsp_uri,
            "accounts": accounts,
        }
    )


def _reason(failure: Exception) -> str:
    """Its sentence where it has a name; what an exception says by itself may hold values of rows."""
    fault = named(failure)
    if fault is None:
        return type(failure).__name__
    return f"{fault.sentence(present_language())} [{fault.code}]"
