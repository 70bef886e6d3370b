"""What applications for a revocation have of their own."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import ClassVar

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from honnin.errors import Refusal
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.registration import registration_refusals
from honnin.law.counter.revocation import refusals_to_revoke
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.amendments.forms import Amended
from honnin.municipality.counter.applications.facts import purposes_of
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.states import ApplicationState, Transitions
from honnin.municipality.counter.applications.wording import RECEIPT, came_by
from honnin.municipality.counter.cards.outcomes import certificate_rows, sentences
from honnin.municipality.counter.cards.wording import CERTIFICATE, short_names
from honnin.municipality.counter.declaration import Detail, Kind
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.revocation import wording
from honnin.municipality.counter.procedures.revocation.facts import revocation_facts
from honnin.municipality.counter.procedures.revocation.forms import AmendedRevocation
from honnin.municipality.counter.wording import Row
from honnin.municipality.residents.queries import registration_of
from honnin.wire.messages.certificates import PersonState

State = ApplicationState


class Revocation(Kind):
    """An application, or a notice of a compromised key, upon which certificates are revoked for good.

    It waits for no other application: who fears for a key is heard at once.
    """

    act = CounterAct.REVOKE
    page = "revoke"
    form_page = "new_revocation"
    beside_others = True
    transitions: ClassVar[Transitions] = {
        State.APPROVED: {CounterAct.REVOKE: State.CARRYING_OUT},
        State.CARRYING_OUT: {CounterAct.REVOKE: State.CARRIED_OUT, CounterAct.END: State.ENDED},
    }
    last_step = RECEIPT
    own_steps = wording.OWN_STEPS
    heading = gettext_lazy("Revocation of certificates")
    paper = gettext_lazy("Application form for the revocation of certificates")
    possible = gettext_lazy("The certificates can be revoked")
    next_step = gettext_lazy("The certificates are revoked next")
    onward = gettext_lazy("Continue to the revocation")
    accepted = gettext_lazy("The application was accepted. Nothing is revoked yet.")
    states: ClassVar[Mapping[str, tuple[str | Promise, str]]] = {
        State.APPROVED: (gettext_lazy("Accepted, to be revoked"), "warning"),
        State.CARRYING_OUT: (gettext_lazy("Revocation begun, to be finished"), "warning"),
        State.CARRIED_OUT: (gettext_lazy("Revocation done"), "success"),
    }
    results: ClassVar[Mapping[str, str]] = {State.CARRIED_OUT: "counter/revoked.html"}
    details: ClassVar[Mapping[str, Detail]] = {
        "came_by": Detail(gettext_lazy("How the application has come"), came_by),
        "why": Detail(gettext_lazy("Reason for the revocation"), wording.why),
        "form_received": Detail(gettext_lazy("Application form"), wording.here),
    }

    def paper_choices(self) -> Sequence[tuple[str | Promise, Sequence[str | Promise]]]:
        reasons = (_("Reason for the revocation"), list(wording.WHY.values()))
        return [(_("Certificates to revoke"), list(CERTIFICATE.values())), reasons]

    def refusals(
        self, application: Application, clerk: Clerk, state: PersonState, today: date
    ) -> tuple[Refusal, ...]:
        """Of one that was begun nothing is examined any more: the agency is owed the report."""
        if application.state == State.CARRYING_OUT:
            return ()
        return refusals_to_revoke(revocation_facts(application, clerk, state, today), today)

    def may_end(self, application: Application, state: Callable[[], PersonState], today: date) -> bool:
        """Where the person is another municipality's by now, which this one reports nothing of any more."""
        return bool(registration_refusals(registration_of(application.resident)))

    def amended(
        self, application: Application, on: date, data: QueryDict | None, *, sees_entry: bool
    ) -> Amended:
        return AmendedRevocation(application, on, *(() if data is None else (data,)))

    def asked(self, application: Application) -> Row:
        return {"label": _("Certificates to revoke"), "value": wording.names(application)}

    def asked_briefly(self, application: Application) -> str:
        named = purposes_of(application)
        names = (name for purpose, name in short_names().items() if purpose in named)
        return _("Revocation: %(certificates)s") % {"certificates": _(", ").join(names)}

    def entry_rows(self, application: Application) -> Sequence[Row]:
        return wording.form_rows(application)

    def panels(
        self, application: Application, state: PersonState, today: date
    ) -> Sequence[tuple[str, Mapping[str, object]]]:
        if application.state not in (State.UNDER_EXAMINATION, State.APPROVED, State.CARRYING_OUT):
            return []
        named = purposes_of(application)
        rows = certificate_rows(state, named, [each for each in Purpose if each in named], today)
        return [("counter/certificates_to_revoke.html", {"rows": rows})]

    def impossible(self, application: Application, number: int) -> str:
        return ngettext(
            "The certificates cannot be revoked, for %(number)s reason.",
            "The certificates cannot be revoked, for %(number)s reasons.",
            number,
        ) % {"number": number}

    def ending(self, *, gone: Sequence[str], against: bool, receivable: bool) -> str:
        means = _(
            "The revocation was begun here, and cannot be finished here. What was revoked stays revoked."
        )
        return sentences(means, *gone)

    def overtaken(self, application: Application, ended: Collection[Purpose]) -> str:
        if application.state != State.CARRYING_OUT:
            return ""
        return _("Finish it before this is recorded; afterwards end the application.")
