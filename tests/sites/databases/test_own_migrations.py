"""A role's database is made by the migrations of its own rooms, and by no others."""

import pytest
from django.db import connections, router
from django.db.migrations.recorder import MigrationRecorder

from honnin.sites.databases.own_migrations import is_outdated, migrate_own
from honnin.sites.databases.schema import known_tables, present_tables

pytestmark = pytest.mark.django_db(databases="__all__")
ALIASES = ("default", "agency", "municipality")


@pytest.mark.parametrize("alias", ALIASES)
def test_its_own_rooms_alone_have_run_there(alias: str) -> None:
    connection = connections[alias]
    rooms = {room for room, _ in MigrationRecorder(connection).applied_migrations()}
    assert rooms
    assert {room for room in rooms if not router.allow_migrate(alias, room)} == set()
    assert set(present_tables(connection)) == known_tables(alias) | {"django_migrations"}


@pytest.mark.parametrize("alias", ALIASES)
def test_one_that_was_opened_with_every_room_lacks_nothing(alias: str) -> None:
    """As versions before did."""
    recorder = MigrationRecorder(connections[alias])
    others = {
        node for other in ALIASES for node in MigrationRecorder(connections[other]).applied_migrations()
    }
    for node in others - set(recorder.applied_migrations()):
        recorder.record_applied(*node)
    assert not is_outdated(connections[alias])
    migrate_own(connections[alias])


def test_one_that_lacks_its_last_migration_is_outdated() -> None:
    recorder = MigrationRecorder(connections["agency"])
    last = max(node for node in recorder.applied_migrations() if node[0] == "agency_records")
    recorder.record_unapplied(*last)
    assert is_outdated(connections["agency"])
