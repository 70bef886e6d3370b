"""Opens an installation with one role more than there are, and prints as JSON what the new one has in it.

Run as `python -m tests.sites.roles.added_role_program` with an HONNIN_HOME that is not there yet.
"""

import json
import os
import sys
from typing import Any

import honnin.sites.roles
from tests.support.added_role import roles

os.environ["DJANGO_SETTINGS_MODULE"] = "honnin.sites.settings"
honnin.sites.roles.__path__ += [*roles.__path__]  # as if the declaration lay in sites/roles


def main() -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.db import connections
    from django.test import Client

    from honnin.cli.chores import _as_text
    from honnin.cli.journal import verify
    from honnin.clock import SystemClock
    from honnin.simulator.installation import open_installation
    from honnin.sites.audit.comparison import audit_status
    from honnin.sites.chores.round import do_chores
    from honnin.sites.chores.standing import standing
    from honnin.sites.journals import JOURNALS, prove
    from honnin.sites.staff.employing import accounts
    from honnin.sites.staff.logins import demo_logins

    clock = SystemClock()
    open_installation(clock, population=2)
    login = next(each for each in demo_logins(clock) if each.role == "librarian")
    outcome = do_chores(clock)
    client = Client(HTTP_HOST="127.0.0.1", headers={"accept-language": "en"})
    unknown = client.get("/library/").content.decode()
    client.post("/sign-in/", {"username": login.user_name, "password": login.password})
    page = client.get("/", follow=True)
    [role_option] = [option for option in verify.params if option.name == "role"]
    result: dict[str, Any] = {
        "files": sorted(path.name for path in settings.HOME.root.iterdir()),
        "keys": sorted(path.name for path in settings.HOME.keys.iterdir()),
        "tables": connections["library"].introspection.table_names(),
        "page": page.redirect_chain,
        "menu": ["Shelves" in text for text in (page.content.decode(), unknown)],
        "done": [[each.kind, each.detail] for each in outcome.done if each.kind == "dusting"],
        "due": standing(clock).due,
        "failures": [repr(failure) for failure in outcome.failures],
        "journals": [*JOURNALS],
        "choice": list(getattr(role_option.type, "choices", ())),
        "entries": prove("library").entries,
        "faults": [*prove("library").faults, *audit_status(clock).faults],
        "accounts": {each.user_name: each.role for each in accounts()},
    }
    json.dump(result, sys.stdout)
    sys.stdout.write("\n")
    for each in outcome.done:
        _as_text(each.kind, {"detail": each.detail, "named": str(each.named)})


if __name__ == "__main__":
    main()
