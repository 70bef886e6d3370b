"""What was heard of the registers of residents."""

from django.db import models

from honnin.fields import MunicipalityCodeField, PersonCodeField


class Feed(models.Model):
    """The events about one person from one municipality's register: through which number they were heard.

    `digest`: of what they said. `repeated` came again, `early` came before their turn; neither did anything.
    `standing`: what the events say of whose resident the person is; nothing, while none does. PASSED: the
    municipality has another code, or the area has passed to another one, which has not taken over yet.
    PAST: that the person had been there was heard after the person had moved on, and nothing of it acts.
    `arrived_at`: when the register knew of the newest arrival of the person; of an earlier version, unknown.
    """

    class Standing(models.TextChoices):
        UNKNOWN = ""
        HERE = "here"
        LEFT = "left"
        PASSED = "passed"
        ELSEWHERE = "elsewhere"
        PAST = "past"

    person_code = PersonCodeField(max_length=11)
    municipality_code = MunicipalityCodeField(max_length=5)
    heard = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, default="")
    repeated = models.PositiveIntegerField(default=0)
    early = models.PositiveIntegerField(default=0)
    standing = models.CharField(max_length=9, choices=Standing.choices, default=Standing.UNKNOWN)
    arrived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["municipality_code", "person_code"], name="one_feed_per_municipality_and_person"
            )
        ]
        indexes = [models.Index(fields=["person_code"], name="feeds_of_a_person")]


class HeardEvent(models.Model):
    """One event that was heard, by its number and the SHA-256 of what it said."""

    feed = models.ForeignKey(Feed, on_delete=models.PROTECT, related_name="events")
    number = models.PositiveIntegerField()
    content = models.CharField(max_length=64)
    heard_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["feed", "number"], name="an_event_is_heard_once")]
