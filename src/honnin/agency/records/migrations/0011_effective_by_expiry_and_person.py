from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agency_records", "0010_acts_on_a_subject"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="issuancerecord", name="effective_by_expiry"),
        migrations.AddIndex(
            model_name="issuancerecord",
            index=models.Index(
                condition=models.Q(("effective", True)),
                fields=["expiry_date", "person_code"],
                name="effective_by_expiry_and_person",
            ),
        ),
    ]
