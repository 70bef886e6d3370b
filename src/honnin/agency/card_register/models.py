"""The register of cards."""

from django.db import models

from honnin.card.scp03 import FIRST_KEY_VERSION
from honnin.law.terms import Generation
from honnin.wire.messages.card_updates import CardUpdateKind


class Card(models.Model):
    """A card that was produced for a person. At most one is valid at a time."""

    card_number = models.CharField(max_length=15, primary_key=True)
    person_code = models.CharField(max_length=11)
    municipality_code = models.CharField(max_length=5)
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

    def __str__(self) -> str:
        return self.card_number


class Stage(models.TextChoices):
    """Where an errand stands. The table of steps stands in `errand`."""

    OPENING = "opening"  # the card was asked to open the secure channel
    READING = "reading"  # the card was asked what stands on it
    WRITING = "writing"  # the card was told what to change
    DONE = "done"


class Errand(models.Model):
    """The newest errand to a card: one at a time, and beginning another gives it up."""

    card = models.OneToOneField(Card, on_delete=models.PROTECT, primary_key=True)
    number = models.CharField(max_length=32, unique=True)
    work = models.CharField(max_length=12, choices=[(w.value, w.value) for w in CardUpdateKind])
    # What was asked for, with the holder's attributes where it needs them: emptied when done.
    request = models.BinaryField()
    stage = models.CharField(max_length=8, choices=Stage, default=Stage.OPENING)
    channel = models.JSONField(default=dict)  # as `conversation.Batch.kept`: emptied when done
    began_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.number
