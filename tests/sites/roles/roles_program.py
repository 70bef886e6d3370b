"""Opens an installation of its own with the roles of HONNIN_ROLES, and prints as JSON what became of it.

Run as `python -m tests.sites.roles.roles_program` with an HONNIN_HOME that is not there yet: settings are
read at import, so each choice of roles needs a process of its own.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

HOME = Path(os.environ["HONNIN_HOME"])
os.environ["DJANGO_SETTINGS_MODULE"] = "honnin.sites.settings"
FOREIGN = {"municipality": ("journal.pem", "signature-ca-1-00000000.pem", "card-master-key")}.get(
    os.environ["HONNIN_ROLES"], ()
)
_opened: set[str] = set()


def _note(event: str, told: tuple[Any, ...]) -> None:
    if event == "open" and isinstance(told[0], str) and Path(told[0]).parent == HOME / "keys":
        _opened.add(Path(told[0]).name)


def main() -> None:
    sys.addaudithook(_note)
    import honnin.sites.settings

    told: dict[str, Any] = {"made_by_settings": HOME.exists()}
    import django

    django.setup()
    told["made_by_setup"] = HOME.exists()
    from django.conf import settings
    from django.db import connections
    from django.test import Client
    from django.urls import get_resolver

    from honnin.clock import SystemClock
    from honnin.simulator.installation import open_installation
    from honnin.sites.chores.round import CHORES, do_chores
    from honnin.sites.chores.standing import standing
    from honnin.sites.staff.logins import demo_logins

    open_installation(SystemClock(), population=4)
    for name in FOREIGN:  # as where one folder keeps the keys of both
        (settings.HOME.keys / name).write_text("not to be read")
        _opened.discard(name)
    open_installation(SystemClock(), population=4)
    logins = demo_logins(SystemClock())
    outcome = do_chores(SystemClock())
    client = Client(HTTP_HOST="127.0.0.1")
    client.get("/sign-in/")
    entered = client.post("/sign-in/", {"username": logins[0].user_name, "password": logins[0].password})
    pages = ("/counter/applications/", "/hotline/", "/terms/", "/guide/")
    told |= {
        "settings": sorted(vars(honnin.sites.settings).keys() & _OF_A_ROLE),
        "tables": {alias: connections[alias].introspection.table_names() for alias in connections},
        "files": sorted(path.name for path in HOME.iterdir()),
        "keys": sorted({path.name for path in settings.HOME.keys.iterdir()} - {*FOREIGN}),
        "opened": sorted(_opened),
        "addresses": sorted(get_resolver().namespace_dict),
        "logins": [login.role for login in logins],
        "leads_to": client.get("/", follow=True).redirect_chain[-1:],
        "signed_in": entered.status_code,
        "pages": {page: client.get(page).status_code for page in pages},
        "chores": [chore.kind for chore in CHORES],
        "failures": [repr(failure) for failure in outcome.failures],
        "due": standing(SystemClock()).due,
        "rooms": sorted({name.split(".")[1] for name in sys.modules if _is_room(name)}),
    }
    json.dump(told, sys.stdout)


_OF_A_ROLE = {
    "HONNIN_CARD_MASTER_KEY_TOKEN",
    "HONNIN_JOURNAL_HEADS",
    "HONNIN_PUBLICATION",
    "HONNIN_MUNICIPALITY_JOURNAL_HEADS",
}


def _is_room(name: str) -> bool:
    return name.startswith(("honnin.agency.", "honnin.municipality.")) and name.endswith(".models")


if __name__ == "__main__":
    main()
