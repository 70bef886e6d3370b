"""A record keeps its entry in the revocation list as it was encoded when the status changed."""

from typing import Any

from django.db import migrations, models

from honnin.agency.records.services import list_entry


def encode(apps: Any, schema_editor: Any) -> None:
    """The entries of what was held or revoked before records kept them."""
    records = apps.get_model("agency_records", "IssuanceRecord").objects.using(schema_editor.connection.alias)
    for record in records.exclude(status="good").iterator(1000):
        record.list_entry = list_entry(record)
        record.save(update_fields=["list_entry"])


class Migration(migrations.Migration):
    dependencies = [("agency_records", "0005_triggers_know_rowids_and_replicas")]
    operations = [
        migrations.AddField("issuancerecord", "list_entry", models.BinaryField(default=bytes)),
        migrations.RunPython(encode, migrations.RunPython.noop),
        migrations.AddIndex(
            "issuancerecord",
            models.Index(
                fields=["purpose", "issuer_key_id", "serial_number", "expiry_date", "status", "list_entry"],
                condition=~models.Q(status="good"),
                name="content_of_lists",
            ),
        ),
    ]
