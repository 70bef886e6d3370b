"""Clerks, applications, and the copies of evidence that must be kept."""

from django.db import models

from honnin.console.models import AccountNameField
from honnin.console.opaque import LENGTH, new_opaque_id
from honnin.fields import CardNumberField, PersonCodeField
from honnin.municipality.residents.models import Municipality, Resident


class Clerk(models.Model):
    """受付窓口の職員: who may act at which municipality's counter.

    `user_name` is the account of the site; `person_code` is set when the clerk is in a register of the
    installation, so that nobody acts on their own papers (`honnin staff resident`).
    """

    user_name = AccountNameField(max_length=150, unique=True)
    name = models.CharField(max_length=100)
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    counter_name = models.CharField(max_length=40)
    person_code = PersonCodeField(max_length=11, blank=True)

    def __str__(self) -> str:
        return self.user_name


class ApplicationState(models.TextChoices):
    """The life of an application. The table of steps stands in `life`."""

    UNDER_EXAMINATION = "under_examination"
    REJECTED = "rejected"
    APPROVED = "approved"
    ISSUED = "issued"
    HANDED_OVER = "handed_over"
    SETTING_PINS = "setting_pins"  # the card may have some of the new PINs, or all
    PINS_SET = "pins_set"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"  # what it brought lapsed before the hand-over, or its PINs cannot be set any more


UNFINISHED = (ApplicationState.UNDER_EXAMINATION, ApplicationState.APPROVED, ApplicationState.SETTING_PINS)
PENDING = (*UNFINISHED, ApplicationState.ISSUED)


class WhyWithdrawn(models.TextChoices):
    """Why an application is taken back before it was carried out. Our choice."""

    APPLICANT = "applicant"
    MISTAKE = "mistake"


class Application(models.Model):
    """An application received at a counter: for certificates, or for PINs to be set again (`pins`)."""

    number = models.CharField(max_length=40, primary_key=True)
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+")
    resident = models.ForeignKey(Resident, on_delete=models.PROTECT, related_name="applications")
    signature = models.BooleanField()
    user_authentication = models.BooleanField()
    pins = models.JSONField(default=list)  # kinds of PIN
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(Clerk, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        max_length=20, choices=ApplicationState, default=ApplicationState.UNDER_EXAMINATION
    )
    identity_documents = models.JSONField(default=list)
    proxy_kind = models.CharField(max_length=20, blank=True)
    proxy_name = models.CharField(max_length=100, blank=True)
    proxy_documents = models.JSONField(default=list)
    terms_accepted = models.BooleanField()
    terms_version = models.CharField(max_length=20, blank=True)  # of the terms that were agreed to
    recorded_name = models.CharField(max_length=100)
    recorded_address = models.CharField(max_length=200)
    substitutes_accepted = models.BooleanField(default=False)
    ward_override = models.BooleanField(default=False)
    examined_by = models.ForeignKey(Clerk, null=True, on_delete=models.PROTECT, related_name="+")
    examined_at = models.DateTimeField(null=True)
    papers_set_aside = models.JSONField(default=list)  # as `evidence.paper`: kept, and count no more
    withdrawn_because = models.CharField(max_length=20, choices=WhyWithdrawn, blank=True)
    rejection_reason = models.CharField(max_length=200, blank=True)
    card_number = CardNumberField(max_length=15, blank=True)
    issued_at = models.DateTimeField(null=True)
    outcome = models.JSONField(default=list)
    handed_over_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-received_at"]
        indexes = [models.Index(fields=["municipality", "-received_at"])]

    def __str__(self) -> str:
        return self.number

    @property
    def resets_pins(self) -> bool:
        """Whether it asks for PINs to be set again, and for no certificate."""
        return bool(self.pins)

    def amendable(self) -> dict[str, object]:
        """What a correction may change, by the names of the columns, as it stands."""
        return {name: getattr(self, name) for name in AMENDABLE}


AMENDABLE = (
    "signature",
    "user_authentication",
    "pins",
    "terms_accepted",
    "terms_version",
    "recorded_name",
    "recorded_address",
    "substitutes_accepted",
    "ward_override",
    "proxy_kind",
    "proxy_name",
    "papers_set_aside",
)


class Amendment(models.Model):
    """A correction or withdrawal of an application: what was before, and what is since, by column.

    A row is never changed. The journal's entry of the act is bound to it.
    """

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="amendments")
    amended_at = models.DateTimeField()
    amended_by = models.ForeignKey(Clerk, on_delete=models.PROTECT, related_name="+")
    before = models.JSONField()
    after = models.JSONField()


class EvidenceCopy(models.Model):
    """A copy of a document that was shown (terms 3(2), 3(6)): kept ten years (Rules 82).

    `content` is sealed (`sealing`); `public_id` stands for the copy in addresses.
    """

    class Whose(models.TextChoices):
        APPLICANT = "applicant"
        PROXY = "proxy"
        MANDATE = "mandate"

    public_id = models.CharField(max_length=LENGTH, unique=True, default=new_opaque_id)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="evidence")
    whose = models.CharField(max_length=10, choices=Whose)
    document = models.CharField(max_length=40)
    media_type = models.CharField(max_length=40)
    content = models.BinaryField()
    copied_at = models.DateTimeField()
    copied_by = models.CharField(max_length=150)


class ReasonToLook(models.TextChoices):
    """Why a clerk may need more than name and town of another municipality's resident. Our choice."""

    MOVING_IN = "moving_in"
    WRONG_COUNTER = "wrong_counter"
    OFFICIAL_INQUIRY = "official_inquiry"
    CORRECTION = "correction"


class ReasonedLook(models.Model):
    """What a clerk said before looking at another municipality's resident; good for a few minutes."""

    clerk = models.ForeignKey(Clerk, on_delete=models.PROTECT, related_name="+")
    resident = models.ForeignKey(Resident, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=20, choices=ReasonToLook)
    explanation = models.CharField(max_length=200)
    given_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["clerk", "resident", "-given_at"])]
