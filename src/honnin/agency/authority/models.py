"""The authorities' generations and their sequences of serial numbers."""

from django.db import models

from honnin.law.terms import Compromise, Purpose

PURPOSES = [(p.value, p.value) for p in Purpose]
COMPROMISES = [(each.value, each.value) for each in Compromise]


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
    # Once its leakage, loss or damage is recorded; then it issues nothing more.
    compromise = models.CharField(max_length=10, choices=COMPROMISES, blank=True, default="")

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


class KeyCompromise(models.Model):
    """The leakage, loss or damage of an issuer's key: who asked for its recording upon which forecast, who
    confirmed it, and how far the revocation of everything that it signed has come.
    """

    issuing_key = models.ForeignKey(IssuingKey, on_delete=models.PROTECT, related_name="compromises")
    kind = models.CharField(max_length=10, choices=COMPROMISES)
    # The forecast: certificates that have effect, that are on hold, and a digest of all of it.
    good = models.PositiveIntegerField()
    held = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    # By somebody else: from then on the key issues nothing, and what it signed is revoked.
    confirmed_by = models.CharField(max_length=150, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    revoked = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    # Before it was confirmed.
    withdrawn_by = models.CharField(max_length=150, blank=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["issuing_key", "kind"],
                condition=models.Q(withdrawn_at=None),
                name="one_compromise_of_a_kind",
            ),
            models.UniqueConstraint(
                fields=["issuing_key"],
                condition=models.Q(withdrawn_at=None, confirmed_at=None),
                name="one_compromise_to_confirm",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.issuing_key}"
