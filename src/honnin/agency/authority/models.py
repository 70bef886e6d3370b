"""The authorities' generations and their sequences of serial numbers."""

from django.db import models

from honnin.law.terms import Purpose

PURPOSES = [(p.value, p.value) for p in Purpose]


class IssuingKey(models.Model):
    """One generation of one certification authority: its certificate and the name of its key in custody."""

    purpose = models.CharField(max_length=20, choices=PURPOSES)
    generation = models.PositiveSmallIntegerField()
    key_id = models.CharField(max_length=40, unique=True)  # subjectKeyIdentifier, hex
    key_name = models.CharField(max_length=60)
    certificate = models.BinaryField()
    # Of every generation but the first, made at the rollover (RFC 4210, 4.4): its key certified by the
    # generation before, and the key of the generation before certified by it. None where that one had ended.
    new_with_old = models.BinaryField(null=True)
    old_with_new = models.BinaryField(null=True)
    responder_certificate = models.BinaryField(null=True)
    responder_key_name = models.CharField(max_length=60, blank=True)
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purpose", "generation"], name="one_key_per_generation")
        ]

    def __str__(self) -> str:
        return f"{self.purpose} CA {self.generation}"


class SerialSequence(models.Model):
    """The next serial number of a CA. Grows only; CA and end-entity certificates share it."""

    purpose = models.CharField(max_length=20, choices=PURPOSES, primary_key=True)
    next_serial_number = models.BigIntegerField(default=1)


class ListSequence(models.Model):
    """The next CRLNumber of an issuing key (RFC 5280 5.2.3), and what its last published list was."""

    issuing_key = models.OneToOneField(IssuingKey, on_delete=models.PROTECT, primary_key=True)
    next_crl_number = models.BigIntegerField(default=1)
    published_at = models.DateTimeField(null=True)  # the list's thisUpdate
    # The last entry of the journal that it takes into account: entries have an order, whatever clocks say.
    published_through = models.BigIntegerField(null=True)
