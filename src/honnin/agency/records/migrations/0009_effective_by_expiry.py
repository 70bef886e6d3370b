from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agency_records", "0008_kinds_of_compromise"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="issuancerecord",
            index=models.Index(
                condition=models.Q(("effective", True)), fields=["expiry_date"], name="effective_by_expiry"
            ),
        ),
    ]
