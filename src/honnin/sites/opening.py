"""Opens an installation: the databases of its roles, and what each role must have.

Everything here may run again: what exists is kept, what is missing is added.
"""

from django.conf import settings
from django.db import connections

from honnin.clock import Clock
from honnin.errors import Unavailable
from honnin.sites.addresses import keep_chosen
from honnin.sites.databases.own_migrations import migrate_own
from honnin.sites.databases.schema import require_own
from honnin.sites.initialisation import initialise
from honnin.sites.roles import played


def migrate() -> None:
    """Bring every role's database to the present shape. Quick when there is nothing to do.

    Before the first database the secrets are made that must be there from then on. Raises Unavailable
    E_DATABASE_MISSING for an empty database beside the keys of an authority, Untrusted
    E_DATABASE_OF_ANOTHER_ROLE, and as `initialise` and what the roles need before their tables.
    """
    initialise()
    if settings.HOME.has_authority:
        for alias in connections:
            _require_tables(alias)
    for role in reversed(played()):
        role.prepare()
    for alias in connections:
        require_own(alias)
    for alias in connections:
        migrate_own(connections[alias])
    for role in played():
        role.require_keys()


def _require_tables(alias: str) -> None:
    if not connections[alias].introspection.table_names():
        raise Unavailable("E_DATABASE_MISSING", database=str(connections[alias].settings_dict["NAME"]))


def open_roles(clock: Clock) -> None:
    """The authorities, each role's journal, the addresses, and by what people are found whom an earlier
    version knew.

    Runs again without harm: what exists is kept.
    """
    for role in reversed(played()):  # the agency first, to which others speak
        role.open(clock)
    keep_chosen(settings.HOME)
