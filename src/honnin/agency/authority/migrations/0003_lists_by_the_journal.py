from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agency_authority", "0002_links")]

    operations = [
        migrations.AddField("listsequence", "published_through", models.BigIntegerField(null=True)),
    ]
