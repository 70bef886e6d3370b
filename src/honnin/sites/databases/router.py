"""One database for each role: no query crosses from one into another."""

from typing import Any

from django.db import connections


class RoleRouter:
    """Sends each model to its role's database, by the prefix of its app label."""

    def _database(self, app_label: str) -> str:
        role = app_label.partition("_")[0]
        return role if role in connections else "default"

    def db_for_read(self, model: Any, **_hints: object) -> str:
        return self._database(model._meta.app_label)

    db_for_write = db_for_read

    def allow_relation(self, first: Any, second: Any, **_hints: object) -> bool:
        return self._database(first._meta.app_label) == self._database(second._meta.app_label)

    def allow_migrate(self, db: str, app_label: str, **_hints: object) -> bool:
        return self._database(app_label) == db
