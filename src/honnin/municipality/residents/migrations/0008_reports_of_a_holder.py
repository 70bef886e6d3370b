"""What a holder reports or asks for at the counter waits for the agency as changes of the register do."""

from django.db import migrations, models

from honnin.law.terms import LapseGround

GROUNDS = [(each, each) for each in (*(ground.value for ground in LapseGround), "report_of_loss")]


class Migration(migrations.Migration):
    dependencies = [("municipality_residents", "0007_search_pairs")]

    operations = [
        migrations.AddField(
            model_name="changereport", name="purposes", field=models.CharField(default="", max_length=40)
        ),
        migrations.AlterField(
            model_name="changereport",
            name="ground",
            field=models.CharField(choices=GROUNDS, max_length=30),
        ),
    ]
