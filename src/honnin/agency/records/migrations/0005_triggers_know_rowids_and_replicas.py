"""The triggers that keep the journal append-only refuse also what goes by a row's own number, or as a replica."""

from typing import Any

from django.db import migrations

from honnin.journal import append_only

TABLE = "agency_records_journalentry"


def renew(apps: Any, schema_editor: Any) -> None:
    append_only.permit(schema_editor, TABLE)
    append_only.forbid(schema_editor, TABLE)


class Migration(migrations.Migration):
    dependencies = [("agency_records", "0004_rows_of_an_act")]
    operations = [migrations.RunPython(renew, migrations.RunPython.noop)]
