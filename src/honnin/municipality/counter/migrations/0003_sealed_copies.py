import hashlib
from typing import Any

import django.db.models.deletion
from django.db import migrations, models

import honnin.console.opaque
from honnin.municipality.counter.applications.evidence import sealing


def seal_copies(apps: Any, schema_editor: Any) -> None:
    """Copies of before get an id and are sealed.

    One that is not what its digest says is sealed so that it does not open: it was altered before, and says so
    as before.
    """
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(
            "PRAGMA secure_delete = ON"
        )  # the plain copies are written over, not left behind
    copies = apps.get_model("municipality_counter", "EvidenceCopy").objects
    for key in list(copies.order_by("pk").values_list("pk", flat=True)):
        copy = copies.get(pk=key)
        copy.public_id = honnin.console.opaque.new_opaque_id()
        content = bytes(copy.content)
        if hashlib.sha256(content).hexdigest() == copy.sha256:
            sealing.seal(copy, content)
        else:
            sealing.seal(copy, content, purpose=sealing.ALTERED)
        copy.save(update_fields=["public_id", "content"])


class Migration(migrations.Migration):
    dependencies = [
        ("municipality_counter", "0002_pin_reset"),
        ("municipality_residents", "0003_public_id"),
    ]

    operations = [
        migrations.AddField(
            model_name="evidencecopy", name="public_id", field=models.CharField(max_length=32, null=True)
        ),
        migrations.RunPython(seal_copies),
        migrations.AlterField(
            model_name="evidencecopy",
            name="public_id",
            field=models.CharField(default=honnin.console.opaque.new_opaque_id, max_length=32, unique=True),
        ),
        migrations.RemoveField(model_name="evidencecopy", name="sha256"),
        migrations.CreateModel(
            name="ReasonedLook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("moving_in", "Moving In"),
                            ("wrong_counter", "Wrong Counter"),
                            ("official_inquiry", "Official Inquiry"),
                            ("correction", "Correction"),
                        ],
                        max_length=20,
                    ),
                ),
                ("explanation", models.CharField(max_length=200)),
                ("given_at", models.DateTimeField()),
                (
                    "clerk",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="municipality_counter.clerk",
                    ),
                ),
                (
                    "resident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="municipality_residents.resident",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["clerk", "resident", "-given_at"], name="municipalit_clerk_i_b3add5_idx"
                    )
                ]
            },
        ),
    ]
