"""Makes what an installation must have before it is opened: its folder, and the secrets of its roles.

Nothing else makes a secret, and reading the settings makes nothing at all.
"""

import json
import os

from honnin.errors import Conflict
from honnin.files import write_private
from honnin.sites.home import Home
from honnin.sites.privacy import private_home
from honnin.sites.roles import every_role, played, with_memory, with_screens
from honnin.translation import Sentence

SESSION_SECRET, PASSPHRASE = "session-secret", "passphrase"


def initialise() -> Home:
    """The installation of this process: private to its user, with the secrets of the roles that are played.

    Runs again without harm: they are made before it is opened and never again. Raises Unavailable
    E_KEY_UNAVAILABLE for one that is lost, Conflict E_ROLE_NOT_OPENED for a role that was not played when it
    was opened, and as `private_home`.
    """
    home = private_home()
    if home.is_opened:
        _require_opened(home)
    else:
        _note_roles(home)
    if with_screens():
        home.secret(SESSION_SECRET)
        if not os.environ.get("HONNIN_KEY_PASSPHRASE"):
            home.secret(PASSPHRASE)
    for role in played():
        for name in role.secrets(home):
            home.secret_key(name)
    return home


def _note_roles(home: Home) -> None:
    """A secret that was never made here is not a lost one: so it is noted which roles there are."""
    opened = {role.name for role in with_memory()}
    if opened == {role.name for role in with_memory(every_role())}:
        home.roles.unlink(missing_ok=True)
    else:
        write_private(home.roles, json.dumps(sorted(opened)).encode() + b"\n")


def _require_opened(home: Home) -> None:
    """Every role was, in an installation without a note, or with one that cannot be read."""
    try:
        opened = json.loads(home.roles.read_bytes())
    except (OSError, ValueError):
        return
    for role in with_memory():
        if isinstance(opened, list) and role.name not in opened:
            raise Conflict("E_ROLE_NOT_OPENED", role=Sentence(role.title))
