"""What applications for certificates have of their own."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import ClassVar

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from honnin.errors import Refusal
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.eligibility import refusals_to_issue
from honnin.law.counter.registration import registration_refusals
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.amendments.forms import Amended
from honnin.municipality.counter.applications.certificates.facts import substitute_refusals
from honnin.municipality.counter.applications.certificates.forms import AmendedCertificates
from honnin.municipality.counter.applications.certificates.wording import substitute_rows, terms_row
from honnin.municipality.counter.applications.facts import purposes_of
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.states import ApplicationState, Transitions
from honnin.municipality.counter.applications.wording import RECEIPT, came_by
from honnin.municipality.counter.cards.agency import ask_agency
from honnin.municipality.counter.cards.outcomes import sentences
from honnin.municipality.counter.cards.prospects import against_certificates
from honnin.municipality.counter.cards.wording import CERTIFICATE, short_names
from honnin.municipality.counter.declaration import Asked, Detail, Kind
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.issuing.facts import application_facts
from honnin.municipality.counter.procedures.issuing.services import lapsed_in
from honnin.municipality.counter.wording import Row
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.queries import registration_of
from honnin.wire.messages.certificates import PersonState
from honnin.wire.messages.issuance import AbandonIssuance

State = ApplicationState


class Certificates(Kind):
    """An application for certificates, which are issued onto a card and handed over with it."""

    act = CounterAct.ISSUE
    page = "issue"
    form_page = "new_application"
    transitions: ClassVar[Transitions] = {
        State.APPROVED: {CounterAct.ISSUE: State.ISSUED},
        State.ISSUED: {CounterAct.HAND_OVER: State.HANDED_OVER, CounterAct.END: State.ENDED},
    }
    last_step = RECEIPT
    heading = gettext_lazy("Application for certificates")
    paper = gettext_lazy("Application form for the issue of certificates")
    paper_agrees = True
    possible = gettext_lazy("The certificates can be issued")
    next_step = gettext_lazy("The certificates are issued to the card next")
    details: ClassVar[Mapping[str, Detail]] = {
        "came_by": Detail(gettext_lazy("How the application has come"), came_by)
    }
    results = {State.ISSUED: "counter/to_receipt.html", State.HANDED_OVER: "counter/receipt_again.html"}

    def claims(self, asked: Asked) -> bool:
        return not asked.pins

    def paper_choices(self) -> Sequence[tuple[str | Promise, Sequence[str | Promise]]]:
        return [(_("Certificates to issue"), list(CERTIFICATE.values()))]

    def refusals(
        self, application: Application, clerk: Clerk, state: PersonState, today: date
    ) -> tuple[Refusal, ...]:
        if not purposes_of(application):
            return (Refusal("E_FORM_INCOMPLETE", ("S4-3.1",)),)
        facts = application_facts(application, clerk, state, today)
        return (*refusals_to_issue(facts, today), *substitute_refusals(application))

    def lapsed(self, application: Application, state: PersonState, today: date) -> tuple[Refusal, ...]:
        return lapsed_in(application, state, today)

    def abandon(self, application: Application, clerk: Clerk) -> None:
        ask_agency(clerk, AbandonIssuance(application.number, application.resident_id))

    def may_end(self, application: Application, state: Callable[[], PersonState], today: date) -> bool:
        """What is merely on hold may yet be released and handed over, while the person is registered."""
        against = lapsed_in(application, state(), today)
        final = registration_refusals(registration_of(application.resident))
        return any(final or refusal.code != "E_CERT_HELD" for refusal in against)

    def receivable(self, resident: Resident, clerk: Clerk, at: datetime) -> bool:
        return not against_certificates(resident, clerk=clerk, at=at)

    def amended(
        self, application: Application, on: date, data: QueryDict | None, *, sees_entry: bool
    ) -> Amended:
        form = AmendedCertificates(application, on, *(() if data is None else (data,)))
        if not sees_entry:
            form.leave_out_entry()
        return form

    def asked(self, application: Application) -> Row:
        names = [CERTIFICATE[purpose] for purpose in Purpose if getattr(application, purpose)]
        return {"label": _("Certificates applied for"), "value": _(", ").join(map(str, names))}

    def asked_briefly(self, application: Application) -> str:
        return _(", ").join(name for purpose, name in short_names().items() if getattr(application, purpose))

    def consent_rows(self, application: Application) -> Sequence[Row]:
        return [terms_row(application)]

    def entry_rows(self, application: Application) -> Sequence[Row]:
        rows = substitute_rows(application) if application.substitutes_accepted else []
        if application.ward_override:
            rows.append({"label": _("Adult ward"), "value": _("Issued on examination in person")})
        return rows

    def impossible(self, application: Application, number: int) -> str:
        if application.state == State.ISSUED:
            return _("This cannot be handed over")
        return ngettext(
            "The certificates cannot be issued, for %(number)s reason.",
            "The certificates cannot be issued, for %(number)s reasons.",
            number,
        ) % {"number": number}

    def ending(self, *, gone: Sequence[str], against: bool, receivable: bool) -> str:
        means = _(
            "Not all certificates of this application are valid any more, so they cannot be handed over. "
            "Those that are valid stay valid."
        )
        anew = _("For the others, receive a new application after ending this one.") if receivable else ""
        return sentences(means, *(gone or (anew,)))

    def overtaken(self, application: Application, ended: Collection[Purpose]) -> str:
        if application.state != State.ISSUED:
            return ""
        if purposes_of(application) & set(ended):
            return _(
                "The card can be handed over only before this is recorded; afterwards end the application."
            )
        return _("The card can still be handed over afterwards.")
