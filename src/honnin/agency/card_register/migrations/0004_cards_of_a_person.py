from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agency_cards", "0003_updates_have_their_room"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="card",
            index=models.Index(
                fields=["person_code", "-created_on", "-card_number"], name="cards_of_a_person"
            ),
        ),
    ]
