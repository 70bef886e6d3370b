"""What was done to a person or a certificate is found in the journal without reading all of it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agency_records", "0009_effective_by_expiry"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="journalentry",
            index=models.Index(fields=["subject"], name="acts_on_a_subject"),
        ),
    ]
