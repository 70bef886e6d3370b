"""Breaks the databases of an opened installation one after the other, and says in JSON what the pages said.

Runs in a process of its own (`python -m tests.console.broken_databases`, HONNIN_HOME names the installation),
since its connections are to be the real ones. On stderr stands what the log gets, under a line for each
thing that was done.
"""

import json
import sqlite3
import sys

import django

django.setup()

from django.conf import settings  # noqa: E402 - the framework is started first
from django.db import connections  # noqa: E402
from django.test import Client  # noqa: E402

from tests.support.responses import Response  # noqa: E402

COUNTER, HOTLINE = "/counter/applications/", "/hotline/calls/"
PAGES = {
    "accounts": ("hanako", COUNTER),
    "agency": ("operator", HOTLINE),
    "municipality": ("hanako", COUNTER),
}
WAYS = ("missing", "missing under an open connection", "damaged", "empty")


def browser() -> Client:
    return Client(headers={"accept-language": "en"}, raise_request_exception=False, SERVER_NAME="127.0.0.1")


def signed_in(name: str) -> Client:
    logins = json.loads((settings.HOME.keys / "demo-logins.json").read_bytes())
    [password] = (login["password"] for login in logins if login["user_name"] == name)
    client = browser()
    assert client.post("/sign-in/", {"username": name, "password": password}).status_code == 302
    return client


def said(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.content.decode().partition('class="code">')[2].partition("<")[0]


def disconnect(role: str) -> None:
    connections["default" if role == "accounts" else role].close()


def break_database(role: str, way: str, client: Client) -> dict[str, object]:
    """Break it, look at a page, mend it, look again."""
    path = settings.HOME.database(role)
    if way != "missing under an open connection":
        disconnect(role)
    kept = {file: file.read_bytes() for file in path.parent.glob(f"{path.name}*")}
    for file in kept:
        file.unlink()
    if way == "damaged":
        path.write_bytes(b"no database at all" * 500)
    elif way == "empty":
        path.touch()
    answered = said(client.get(PAGES[role][1]))
    made = path.exists() and way.startswith("missing")
    disconnect(role)
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()
    for file, content in kept.items():
        file.write_bytes(content)
    return {"said": answered, "made": made, "after": client.get(PAGES[role][1]).status_code}


def lock_accounts() -> tuple[int, str]:
    """Somebody else writes and does not end; nobody waits ten seconds for a test."""
    holder = sqlite3.connect(settings.HOME.database("accounts"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    disconnect("accounts")
    connections.settings["default"]["OPTIONS"]["init_command"] = "PRAGMA busy_timeout=200"
    answered = said(browser().post("/sign-in/", {"username": "hanako", "password": "wrong"}))
    holder.close()
    return answered


def main() -> None:
    clients = {name: signed_in(name) for name in ("hanako", "operator")}
    found: dict[str, object] = {}
    for role, (name, _page) in PAGES.items():
        for way in WAYS:
            sys.stderr.write(f"{role} {way}\n")
            found[f"{role} {way}"] = break_database(role, way, clients[name])
    sys.stderr.write("locked\n")
    found["locked"] = {"said": lock_accounts()}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
