"""Forms that were sent, so that each is carried out once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0003_kept_files"),
    ]

    operations = [
        migrations.CreateModel(
            name="SentForm",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("sent_at", models.DateTimeField(db_index=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("led_to", models.TextField(default="")),
            ],
        ),
    ]
