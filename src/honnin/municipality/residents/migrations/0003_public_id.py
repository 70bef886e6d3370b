from typing import Any

from django.db import migrations, models

import honnin.console.opaque


def give_ids(apps: Any, schema_editor: Any) -> None:
    """Every resident of before gets an id of their own."""
    resident = apps.get_model("municipality_residents", "Resident")
    codes = list(resident.objects.order_by("pk").values_list("pk", flat=True))
    for first in range(0, len(codes), 1000):
        people = list(resident.objects.filter(pk__in=codes[first : first + 1000]))
        for person in people:
            person.public_id = honnin.console.opaque.new_opaque_id()
        resident.objects.bulk_update(people, ["public_id"], batch_size=200)


class Migration(migrations.Migration):
    dependencies = [("municipality_residents", "0002_card_outdated")]

    operations = [
        migrations.AddField(
            model_name="resident", name="public_id", field=models.CharField(max_length=32, null=True)
        ),
        migrations.RunPython(give_ids, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="resident",
            name="public_id",
            field=models.CharField(default=honnin.console.opaque.new_opaque_id, max_length=32, unique=True),
        ),
    ]
