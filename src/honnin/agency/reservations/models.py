"""Reservations, one that can be used for each PIN of a card, and what became of each at a kiosk."""

from django.db import models
from django.db.models import Q

from honnin.agency.card_register.models import Card
from honnin.law.cards.kiosk import PINS_AT_KIOSKS, StoreChain

LONGEST_MODULE = 60


class Reservation(models.Model):
    """One reservation, from the challenge on. Kept are when, and by whose
    comparison of faces: no PIN, no picture, no signature."""

    number = models.CharField(max_length=32, unique=True)
    card = models.ForeignKey(Card, on_delete=models.PROTECT)
    pin = models.CharField(max_length=20, choices=[(pin.value, pin.value) for pin in sorted(PINS_AT_KIOSKS)])
    challenge = models.BinaryField()
    asked_at = models.DateTimeField()
    reserved_at = models.DateTimeField(null=True)
    face_module = models.CharField(max_length=LONGEST_MODULE, blank=True)
    # Cancelled, or another took its place. That its time has passed is asked of the law.
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["card", "pin"],
                condition=Q(reserved_at=None),
                name="one_challenge_per_card_and_pin",
            ),
            models.UniqueConstraint(
                fields=["card", "pin"],
                condition=Q(reserved_at__isnull=False, cancelled_at=None),
                name="one_reservation_per_card_and_pin",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pin} {self.card_id}"


class Stage(models.TextChoices):
    """Where the reset of a reserved PIN stands."""

    ASKED = "asked"  # the other PIN is to be proved
    OPENING = "opening"
    READING = "reading"
    WRITING = "writing"  # the card was sent the permission
    PERMITTED = "permitted"  # the card has it
    DONE = "done"


class PinReset(models.Model):
    """The use of a reservation: one row for each, so that none is used twice, by however many kiosks."""

    reservation = models.OneToOneField(Reservation, on_delete=models.PROTECT, primary_key=True)
    number = models.CharField(max_length=32, unique=True)  # of the newest try
    chain = models.CharField(max_length=16, choices=[(chain.value, chain.value) for chain in StoreChain])
    challenge = models.BinaryField(default=bytes)
    stage = models.CharField(max_length=9, choices=Stage, default=Stage.ASKED)
    channel = models.JSONField(default=dict)  # as `channel.Batch.kept`: emptied when done
    began_at = models.DateTimeField()
    proved_at = models.DateTimeField(null=True)
    permitted_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.number
