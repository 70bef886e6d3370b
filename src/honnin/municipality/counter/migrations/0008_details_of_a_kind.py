from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("municipality_counter", "0007_terms_version"),
    ]

    operations = [
        migrations.AddField(
            model_name="application",
            name="procedure",
            field=models.CharField(blank=True, default="", max_length=40),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="application",
            name="details",
            field=models.JSONField(default=dict),
        ),
        migrations.AlterField(
            model_name="application",
            name="state",
            field=models.CharField(
                choices=[
                    ("under_examination", "Under Examination"),
                    ("rejected", "Rejected"),
                    ("approved", "Approved"),
                    ("issued", "Issued"),
                    ("handed_over", "Handed Over"),
                    ("setting_pins", "Setting Pins"),
                    ("pins_set", "Pins Set"),
                    ("carrying_out", "Carrying Out"),
                    ("carried_out", "Carried Out"),
                    ("withdrawn", "Withdrawn"),
                    ("ended", "Ended"),
                ],
                default="under_examination",
                max_length=20,
            ),
        ),
    ]
