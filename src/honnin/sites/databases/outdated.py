"""Whether the records are those of an earlier version: `up` and `authority init` bring them up to date."""

import sys

from honnin.errors import HonninError


def is_outdated(fault: HonninError) -> bool:
    """Whether a fault of a database comes from there. Asks the databases only then."""
    if fault.code != "E_RECORDS_UNAVAILABLE" or "django" not in sys.modules:
        return False
    import django.db
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    try:
        executors = [MigrationExecutor(connections[alias]) for alias in connections]
        return any(each.migration_plan(each.loader.graph.leaf_nodes()) for each in executors)
    except django.db.Error:
        return False
