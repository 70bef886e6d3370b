"""Municipalities and their residents."""

from django.db import models
from django.db.models import Q

from honnin.console.opaque import LENGTH, new_opaque_id
from honnin.fields import MunicipalityCodeField, PersonCodeField
from honnin.law.terms import BasicFour, LapseGround, Sex
from honnin.municipality.residents.keys import SearchKey, initial


class Municipality(models.Model):
    """A municipality, with the romanised names that certificates and CRL distribution points use."""

    code = MunicipalityCodeField(max_length=5, primary_key=True)
    name = models.CharField(max_length=40)
    prefecture = models.CharField(max_length=20)
    romaji = models.CharField(max_length=60)
    prefecture_romaji = models.CharField(max_length=40)

    def __str__(self) -> str:
        return self.name

    def written(self) -> str:
        """The name with the prefecture's, as addresses begin with it."""
        return f"{self.prefecture}{self.name}"


class Resident(models.Model):
    """One person in the register. `person_code` is the 住民票コード; test numbers begin with 99.

    `public_id` stands for the person in addresses.
    """

    person_code = PersonCodeField(max_length=11, primary_key=True)
    public_id = models.CharField(max_length=LENGTH, unique=True, default=new_opaque_id)
    # Without an index: an engine would take it for the rarest thing that is asked for.
    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, related_name="residents", db_index=False
    )
    name = models.CharField(max_length=100)
    kana = models.CharField(max_length=100)
    birth_date = models.DateField()
    sex = models.CharField(max_length=1, choices=[(s.value, s.name) for s in Sex])
    address = models.CharField(max_length=200)
    # 住所を定めた年月日: the day of the last move within the municipality, where one was recorded here.
    address_since = models.DateField(null=True)
    adult_ward = models.BooleanField(default=False)
    removed_on = models.DateField(null=True)
    # What a card says was written before the entry changed, and not since.
    card_outdated = models.BooleanField(default=False)
    name_key = SearchKey(of="name", start=0)
    given_name_key = SearchKey(of="name", start=1)
    further_name_key = SearchKey(of="name", start=2)
    reading_key = SearchKey(of="kana", start=0)
    given_reading_key = SearchKey(of="kana", start=1)
    further_reading_key = SearchKey(of="kana", start=2)
    address_key = SearchKey(of="address")

    class Meta:
        # Each has the order of the hits in it, so that the first twenty are read and no more.
        indexes = [
            models.Index(fields=["name_key", "reading_key"], name="resident_name"),
            models.Index(fields=["reading_key", "name_key"], name="resident_reading"),
            models.Index(fields=["address_key", "reading_key"], name="resident_address"),
            models.Index(fields=["birth_date", "reading_key"], name="resident_birth_date"),
            *(
                models.Index(
                    fields=[key, then], name=f"resident_{word}", condition=Q(**{f"{key}__isnull": False})
                )
                for word, key, then in (
                    ("given_name", "given_name_key", "reading_key"),
                    ("given_reading", "given_reading_key", "name_key"),
                    ("further_name", "further_name_key", "reading_key"),
                    ("further_reading", "further_reading_key", "name_key"),
                )
            ),
            *(
                models.Index(
                    initial(whole),
                    part,
                    then,
                    name=f"resident_{word}",
                    condition=Q(**{f"{part}__isnull": False}),
                )
                for word, whole, part, then in (
                    ("pair_name", "name_key", "given_name_key", "reading_key"),
                    ("pair_reading", "reading_key", "given_reading_key", "name_key"),
                    ("pair_further_name", "name_key", "further_name_key", "reading_key"),
                    ("pair_further_reading", "reading_key", "further_reading_key", "name_key"),
                )
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    def basic_four(self) -> BasicFour:
        """The four attributes as certificates carry them."""
        return BasicFour(self.name, self.birth_date, Sex(self.sex), self.address)


class Departure(models.Model):
    """A notice that a resident moved to another municipality: where to, and on which day."""

    resident = models.OneToOneField(Resident, on_delete=models.PROTECT)
    destination = models.CharField(max_length=200)
    moved_on = models.DateField()
    # The time in which to move in elsewhere has passed, and what follows from that was recorded.
    over = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["moved_on"], name="departure_open", condition=Q(over=False))]


REPORT_OF_LOSS = "report_of_loss"
"""What a report tells that gives no ground: the holder reported the loss of the card at the counter, too."""


class ChangeReport(models.Model):
    """A change that must be reported to the agency: written with the act and kept until it is delivered.

    `ground`: for what certificates lapse, or `REPORT_OF_LOSS`. `purposes`: those that a holder wants to have
    revoked, with a + between them; empty for all that the law names.
    """

    resident = models.ForeignKey(Resident, on_delete=models.PROTECT)
    ground = models.CharField(
        max_length=30, choices=[(each, each) for each in (*(g.value for g in LapseGround), REPORT_OF_LOSS)]
    )
    clerk = models.CharField(max_length=80)
    delivered = models.BooleanField(default=False)
    purposes = models.CharField(max_length=40, default="")
    # Since when the counter knows; unknown of reports of an earlier version.
    known_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["delivered"])]
