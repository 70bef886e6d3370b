"""Makes what an installation must have before it is opened: its folder, and the secrets of its roles.

Nothing else makes a secret, and reading the settings makes nothing at all.
"""

import os

from honnin.sites.home import Home
from honnin.sites.privacy import private_home
from honnin.sites.roles import played, with_screens

SESSION_SECRET, PASSPHRASE = "session-secret", "passphrase"


def initialise() -> Home:
    """The installation of this process: private to its user, with the secrets of the roles that are played.

    Runs again without harm: they are made before it is opened and never again. Raises Unavailable
    E_KEY_UNAVAILABLE for one that is lost, and as `private_home`.
    """
    home = private_home()
    if with_screens():
        home.secret(SESSION_SECRET)
        if not os.environ.get("HONNIN_KEY_PASSPHRASE"):
            home.secret(PASSPHRASE)
    for role in played():
        for name in role.secrets(home):
            home.secret_key(name)
    return home
