"""Everything that stands in the databases of an installation."""

from django.db import connections


def everything_in_every_database() -> list[bytes]:
    """Each value of each column of each row, as bytes."""
    values = []
    for alias in connections:
        with connections[alias].cursor() as cursor:
            for table in connections[alias].introspection.table_names(cursor):
                cursor.execute(f"SELECT * FROM {table}")
                for row in cursor.fetchall():
                    values += [v if isinstance(v, bytes) else str(v).encode() for v in row]
    return values
