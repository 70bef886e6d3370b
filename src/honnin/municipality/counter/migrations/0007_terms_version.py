from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("municipality_counter", "0006_ended_applications"),
    ]

    operations = [
        migrations.AddField(
            model_name="application",
            name="terms_version",
            field=models.CharField(blank=True, max_length=20),
        ),
    ]
