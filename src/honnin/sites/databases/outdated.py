"""Whether the records are those of an earlier version: `up` and `authority init` bring them up to date."""

import sys

from honnin.errors import HonninError


def is_outdated(fault: HonninError) -> bool:
    """Whether a fault of a database comes from there. Asks the databases only then."""
    if fault.code != "E_RECORDS_UNAVAILABLE" or "django" not in sys.modules:
        return False
    import django.db
    from django.db import connections

    from honnin.sites.databases import own_migrations

    try:
        return any(own_migrations.is_outdated(connections[alias]) for alias in connections)
    except django.db.Error:
        return False
