from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agency_records", "0002_journal_is_append_only")]
    operations = [
        migrations.CreateModel(
            name="Person",
            fields=[
                ("person_code", models.CharField(max_length=11, primary_key=True, serialize=False)),
                ("notices", models.PositiveIntegerField(default=0)),
                ("reported_lost", models.BooleanField(default=False)),
            ],
        ),
    ]
