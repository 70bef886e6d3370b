"""Municipalities and their residents."""

from django.db import models
from django.db.models import Q

from honnin.console.opaque import LENGTH, new_opaque_id
from honnin.fields import MunicipalityCodeField, PersonCodeField
from honnin.law.counter.notices import Notice
from honnin.law.terms import BasicFour, LapseGround, Sex
from honnin.law.validity import StayStatus
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
    # 旧氏・通称: recorded beside the name where the person asked for it.
    former_surname = models.CharField(max_length=100, default="")
    alias = models.CharField(max_length=100, default="")
    # Of foreign residents: on what the stay rests, and its last day; None where it has no end.
    stay_status = models.CharField(
        max_length=20, default="", choices=[(each.value, each.value) for each in StayStatus]
    )
    stay_until = models.DateField(null=True)
    # 居所: where letters go instead of the address, for who is registered there (violence, disaster, care).
    place_of_stay = models.CharField(max_length=200, default="")
    # 世帯: a number that its members have in common, and what each is to its head.
    household = models.CharField(max_length=20, default="")
    relationship = models.CharField(max_length=40, default="")
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


class FormerEntry(models.Model):
    """What stood in an entry before it was changed: each column that was, and its value.

    `on`: the day from which it is otherwise, as the notice says; unknown where it says none.
    """

    resident = models.ForeignKey(Resident, on_delete=models.PROTECT, related_name="former")
    before = models.JSONField()
    notice = models.CharField(max_length=20, choices=[(each.value, each.value) for each in Notice])
    on = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    clerk = models.CharField(max_length=80)


class Departure(models.Model):
    """A notice that a resident moves, or moved, away: where to, and on which day.

    `planned`: the day has not come, or never came, for the entry was removed before: the notice did nothing.
    `notified_on`: when it was given; unknown of notices of earlier versions. `keeps_card`: abroad, with a
    card that goes on there. `completed_on`: the day on which the person moved in elsewhere, where that is
    known here.
    """

    resident = models.ForeignKey(Resident, on_delete=models.PROTECT)
    destination = models.CharField(max_length=200)
    moved_on = models.DateField()
    notified_on = models.DateField(null=True)
    planned = models.BooleanField(default=False)
    abroad = models.BooleanField(default=False)
    keeps_card = models.BooleanField(default=False)
    completed_on = models.DateField(null=True)
    # All that follows from it was recorded: the time in which to move in elsewhere has passed or is kept, or
    # the day of moving abroad has come.
    over = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["moved_on"], name="departure_open", condition=Q(over=False))]


class Arrival(models.Model):
    """A notice of moving in: from where and on which day, and whether the card was shown for it since."""

    resident = models.ForeignKey(Resident, on_delete=models.PROTECT)
    origin = models.CharField(max_length=200)
    moved_in_on = models.DateField()
    notified_on = models.DateField()
    card_shown = models.BooleanField(default=False)
    # The time in which to show it has passed, and what follows from that was recorded.
    over = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(
                fields=["notified_on"], name="arrival_open", condition=Q(over=False, card_shown=False)
            )
        ]


class AreaChange(models.Model):
    """Addresses of a whole area that are written otherwise from a day (`on`), of all its entries at once.

    `pairs`: how an address begins until then, and from then on. `into`: the municipality that the area is
    part of from then on, where it is another. `digest`: SHA-256 of what was asked for. `through`: up to whose
    code the register was gone through; `changed`: how many entries are written otherwise.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+")
    into = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+", null=True)
    kind = models.CharField(max_length=30)
    pairs = models.JSONField()
    on = models.DateField()
    digest = models.CharField(max_length=64, unique=True)
    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    through = PersonCodeField(max_length=11, default="")
    changed = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["on"], name="area_change_open", condition=Q(finished_at=None))]

    def __str__(self) -> str:
        return f"area change {self.pk}"


REPORT_OF_LOSS = "report_of_loss"
"""What a report tells that gives no ground: the holder reported the loss of the card at the counter, too."""


class ChangeReport(models.Model):
    """A change that must be reported to the agency: written with the act and kept until it is delivered.

    An event of the register has the municipality that tells it, its `number` among those of the person, from
    1, what was changed (`changes`, with a + between them) and the day that a notice names (`on`); what it
    ends the agency decides. Anything else has a `ground`: for what certificates lapse, or `REPORT_OF_LOSS`;
    and the `purposes` that a holder wants to have revoked, empty for all that the law names.
    """

    resident = models.ForeignKey(Resident, on_delete=models.PROTECT)
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, null=True, db_index=False)
    number = models.PositiveIntegerField(null=True)
    event = models.CharField(max_length=30, default="")
    changes = models.CharField(max_length=200, default="")
    on = models.DateField(null=True)
    ground = models.CharField(
        max_length=30,
        default="",
        choices=[(each, each) for each in (*(g.value for g in LapseGround), REPORT_OF_LOSS)],
    )
    clerk = models.CharField(max_length=80)
    delivered = models.BooleanField(default=False)
    purposes = models.CharField(max_length=40, default="")
    # Since when the counter knows; unknown of reports of an earlier version.
    known_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["delivered"])]
        constraints = [
            models.UniqueConstraint(
                fields=["municipality", "resident", "number"], name="events_are_numbered_by_person"
            )
        ]


class Reconciliation(models.Model):
    """A comparison of all events of a municipality with what the agency has heard, and what it found.

    `persons` and `events` were compared. `dropped` were not heard and are told again; `unmarked` were heard,
    and counted as waiting here; of `differing` persons the agency heard something else. `repeated` came again
    and `early` before their turn, since ever.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    at = models.DateTimeField()
    persons = models.PositiveIntegerField()
    events = models.PositiveIntegerField()
    dropped = models.PositiveIntegerField()
    unmarked = models.PositiveIntegerField()
    repeated = models.PositiveIntegerField()
    early = models.PositiveIntegerField()
    differing = models.PositiveIntegerField()
