"""The card updates under way, one for each card."""

from django.db import models

from honnin.agency.card_register.models import Card
from honnin.wire.messages.card_updates import CardUpdateKind


class Stage(models.TextChoices):
    """Where a card update stands. The table of stages stands in `services`."""

    OPENING = "opening"  # the card was asked to open the secure channel
    READING = "reading"  # the card was asked what stands on it
    WRITING = "writing"  # the card was sent what to change
    DONE = "done"


class CardUpdate(models.Model):
    """The newest update of a card: one at a time, and beginning another gives it up."""

    card = models.OneToOneField(Card, on_delete=models.PROTECT, primary_key=True)
    number = models.CharField(max_length=32, unique=True)
    kind = models.CharField(
        max_length=12, choices=[(k.value, k.value) for k in CardUpdateKind], db_column="work"
    )
    # What was asked for, with the holder's attributes where it needs them: emptied when done.
    request = models.BinaryField()
    stage = models.CharField(max_length=8, choices=Stage, default=Stage.OPENING)
    channel = models.JSONField(default=dict)  # as `channel.Batch.kept`: emptied when done
    began_at = models.DateTimeField()

    class Meta:
        db_table = "agency_cards_errand"  # as it was called first

    def __str__(self) -> str:
        return self.number
