"""Applications, their corrections, and the copies of evidence that must be kept."""

from django.db import models

from honnin.console.opaque import LENGTH, new_opaque_id
from honnin.fields import CardNumberField
from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.applications.states import ApplicationState, after, may_start
from honnin.municipality.counter.applications.unregistered import Unregistered
from honnin.municipality.counter.declaration import Kind, receiving
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.residents.models import Municipality, Resident


class WhyWithdrawn(models.TextChoices):
    """Why an application is taken back before it was carried out. Our choice."""

    APPLICANT = "applicant"
    MISTAKE = "mistake"


class Application(models.Model):
    """An application received at a counter: for what, its kind reads from the columns of what was asked.

    `procedure` received it; the column is empty in those of before it came. `details` is what the kind alone
    has to say (`Kind.details`).
    """

    number = models.CharField(max_length=40, primary_key=True)
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+")
    resident = models.ForeignKey(Resident, on_delete=models.PROTECT, related_name="applications")
    signature = models.BooleanField()
    user_authentication = models.BooleanField()
    pins = models.JSONField(default=list)  # kinds of PIN
    procedure = models.CharField(max_length=40, blank=True)
    details = models.JSONField(default=dict)
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
    found_false = models.BooleanField(default=False)  # rejected, for something stated in it is untrue
    card_number = CardNumberField(max_length=15, blank=True)
    issued_at = models.DateTimeField(null=True)
    outcome = models.JSONField(default=list)
    handed_over_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-received_at"]
        indexes = [
            models.Index(fields=["municipality", "-received_at"]),
            models.Index(fields=["municipality", "procedure", "state"], name="application_by_procedure"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def kind(self) -> Kind:
        """What differs between applications is asked of it; of one that no procedure receives, too."""
        try:
            return receiving(self)[1]
        except LookupError:
            return Unregistered()

    def may_start(self, act: CounterAct) -> bool:
        """Whether an act may start from where it stands, and belongs to what was applied for."""
        return may_start(self.kind, self.state, act)

    def after(self, act: CounterAct) -> ApplicationState:
        """Where an act leads it. Raises KeyError for one that may not start: the guard has seen to that."""
        return after(self.kind, self.state, act)

    def amendable(self) -> dict[str, object]:
        """What a correction may change, by the names of the columns, as it stands."""
        return {name: getattr(self, name) for name in AMENDABLE}


AMENDABLE = (
    "signature",
    "user_authentication",
    "pins",
    "details",
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
