"""The register of cards."""

from django.db import models

from honnin.card.scp03 import FIRST_KEY_VERSION
from honnin.fields import CardNumberField, MunicipalityCodeField, PersonCodeField
from honnin.law.terms import Generation


class Card(models.Model):
    """A card that was produced for a person. At most one is valid at a time."""

    card_number = CardNumberField(max_length=15, primary_key=True)
    person_code = PersonCodeField(max_length=11)
    municipality_code = MunicipalityCodeField(max_length=5)
    generation = models.CharField(max_length=12, choices=[(g.value, g.value) for g in Generation])
    created_on = models.DateField()
    expiry_date = models.DateField()
    valid = models.BooleanField(default=True)
    # The newest issuer keys that the card proved: it is taken with these or newer ones.
    key_version = models.PositiveSmallIntegerField(default=FIRST_KEY_VERSION)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person_code"], condition=models.Q(valid=True), name="one_valid_card_per_person"
            )
        ]
        indexes = [
            models.Index(fields=["person_code", "-created_on", "-card_number"], name="cards_of_a_person")
        ]

    def __str__(self) -> str:
        return self.card_number
