from django.db import migrations


class Migration(migrations.Migration):
    """The table stays; `agency_card_updates` has it."""

    dependencies = [("agency_cards", "0002_errands")]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name="Errand")]),
    ]
