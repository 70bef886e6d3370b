"""On which day a resident moved within the municipality."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("municipality_residents", "0008_reports_of_a_holder")]

    operations = [
        migrations.AddField(model_name="resident", name="address_since", field=models.DateField(null=True))
    ]
