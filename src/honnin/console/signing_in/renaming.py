"""For migrations: names of accounts that were kept as they were typed are kept normalised from now on.

Of two that become the same, the one that already was normalised keeps the name, else the older; the other
stays as it is, and nobody can sign in with it.
"""

from collections.abc import Callable
from typing import Any

from honnin.console.account_name import account_name


def normalised(app: str, model: str, field: str) -> Callable[[Any, Any], None]:
    """The act of a migration, for `RunPython`."""

    def rename(apps: Any, schema_editor: Any) -> None:
        rows = apps.get_model(app, model).objects.using(schema_editor.connection.alias)
        names = dict(rows.order_by("pk").values_list("pk", field))
        taken = set(names.values())
        for key, name in names.items():
            if account_name(name) not in taken:
                rows.filter(pk=key).update(**{field: account_name(name)})
                taken.add(account_name(name))

    return rename
