"""A role's database and the migrations of its own rooms: whether one is lacking, and running them.

Django runs every room's migrations on every database and lets the router keep out their tables; most of the
time goes into describing tables that are then not made.
"""

from typing import Any

from django.db import router
from django.db.migrations.executor import MigrationExecutor


def is_outdated(connection: Any) -> bool:
    """Whether the database lacks a migration of the present version. Raises what the database raises."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(_last_of_own_rooms(executor)))


def migrate_own(connection: Any) -> None:
    """Run what is lacking; on an empty database, everything. Raises what the database raises."""
    executor = MigrationExecutor(connection)
    executor.loader.check_consistent_history(connection)
    executor.migrate(_last_of_own_rooms(executor))


def _last_of_own_rooms(executor: MigrationExecutor) -> list[tuple[str, str]]:
    alias = executor.connection.alias
    return [node for node in executor.loader.graph.leaf_nodes() if router.allow_migrate(alias, node[0])]
