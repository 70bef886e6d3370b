"""What applications for a renewal have of their own."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import ClassVar

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from honnin.errors import Refusal
from honnin.law.certificates.status import Status, hand_over_refusals
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.renewal import refusals_to_renew
from honnin.law.counter.renewal_pins import TO_SET_ANEW, acceptance_refusals
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.amendments.forms import Amended
from honnin.municipality.counter.applications.certificates.facts import substitute_refusals
from honnin.municipality.counter.applications.certificates.wording import substitute_rows, terms_row
from honnin.municipality.counter.applications.facts import brought_by, purposes_of
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.states import ApplicationState, Transitions
from honnin.municipality.counter.applications.wording import RECEIPT, came_by
from honnin.municipality.counter.cards.agency import ask_agency
from honnin.municipality.counter.cards.standing import status_of
from honnin.municipality.counter.cards.wording import CERTIFICATE, short_names
from honnin.municipality.counter.declaration import Detail, Kind
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.renewal import comparison, wording
from honnin.municipality.counter.procedures.renewal.envelope import is_opened
from honnin.municipality.counter.procedures.renewal.facts import (
    by_form,
    is_recorded,
    proofs_of,
    proxy_of_application,
    renewal_facts,
)
from honnin.municipality.counter.procedures.renewal.forms import AmendedRenewal
from honnin.municipality.counter.procedures.renewal.proving import OF_ACCEPTANCE
from honnin.municipality.counter.wording import Row
from honnin.wire.messages.certificates import PersonState
from honnin.wire.messages.issuance import AbandonIssuance

State = ApplicationState


def _unasked_pins(application: Application) -> tuple[Refusal, ...]:
    """What is missing of the PINs before an application is accepted."""
    if application.state != State.UNDER_EXAMINATION:
        return ()
    proxy = proxy_of_application(application)
    return acceptance_refusals(purposes_of(application), proofs_of(application), proxy=proxy)


class Renewal(Kind):
    """An application to renew certificates; the card stays with its holder."""

    act = CounterAct.RENEW
    page = "renew"
    form_page = "new_renewal"
    transitions: ClassVar[Transitions] = {
        State.UNDER_EXAMINATION: {CounterAct.PROVE_PINS: State.UNDER_EXAMINATION},
        State.APPROVED: {CounterAct.RENEW: State.CARRYING_OUT},
        State.CARRYING_OUT: {
            CounterAct.RENEW: State.CARRIED_OUT,
            CounterAct.REJECT: State.REJECTED,
            CounterAct.WITHDRAW: State.WITHDRAWN,
            CounterAct.END: State.ENDED,
        },
    }
    last_step = RECEIPT
    heading = gettext_lazy("Renewal of certificates")
    paper = gettext_lazy("Application form for the renewal of certificates")
    paper_agrees = True
    possible = gettext_lazy("The certificates can be renewed")
    next_step = gettext_lazy("The new certificates are written to the card next")
    states: ClassVar[Mapping[str, tuple[str | Promise, str]]] = {
        State.APPROVED: (gettext_lazy("Accepted, to be renewed"), "warning"),
        State.CARRYING_OUT: (gettext_lazy("Renewal begun, to be finished"), "warning"),
        State.CARRIED_OUT: (gettext_lazy("Renewed"), "success"),
    }
    results: ClassVar[Mapping[str, str]] = {State.CARRIED_OUT: "counter/renewed.html"}
    details: ClassVar[Mapping[str, Detail]] = {
        "came_by": Detail(gettext_lazy("How the application has come"), came_by),
        "card_presented": Detail(gettext_lazy("The card is here"), wording.yes_or_no),
        "expiry_notice": Detail(gettext_lazy("The expiry notice is here"), wording.yes_or_no),
        "envelope": Detail(gettext_lazy("Envelope with the inquiry form"), wording.envelope),
        "pins": Detail(gettext_lazy("PINs"), wording.proofs),
        "opened_by": Detail(gettext_lazy("Envelope opened by"), wording.opened_by),
        "opened_at": Detail(gettext_lazy("Envelope opened"), wording.opened_at),
        "inquiry": Detail(gettext_lazy("Document inquiry"), wording.inquiry),
    }

    def paper_choices(self) -> Sequence[tuple[str | Promise, Sequence[str | Promise]]]:
        return [(_("Certificates to renew"), list(CERTIFICATE.values()))]

    def refusals(
        self, application: Application, clerk: Clerk, state: PersonState, today: date
    ) -> tuple[Refusal, ...]:
        """Of one whose certificates are recorded only what stands against writing them; the PINs, that are to
        be asked for before it is accepted, once nothing else is missing.
        """
        brought = [status_of(each, today) for each in brought_by(application, state).values()]
        if brought:
            held = Status.HELD in brought
            return hand_over_refusals(brought) if held or not any(each.stands for each in brought) else ()
        facts = renewal_facts(application, clerk, state, today)
        found = (*refusals_to_renew(facts, today), *substitute_refusals(application))
        return found or _unasked_pins(application)

    def abandon(self, application: Application, clerk: Clerk) -> None:
        ask_agency(clerk, AbandonIssuance(application.number, application.resident_id))

    def may_end(self, application: Application, state: Callable[[], PersonState], today: date) -> bool:
        """Where the new certificates are recorded and none of them has effect any more."""
        brought = brought_by(application, state()).values()
        return bool(brought) and not any(status_of(each, today).stands for each in brought)

    def amended(
        self, application: Application, on: date, data: QueryDict | None, *, sees_entry: bool
    ) -> Amended:
        form = AmendedRenewal(application, on, *(() if data is None else (data,)))
        if not sees_entry:
            form.leave_out_entry()
        return form

    def asked(self, application: Application) -> Row:
        names = [CERTIFICATE[purpose] for purpose in Purpose if getattr(application, purpose)]
        return {"label": _("Certificates to renew"), "value": _(", ").join(map(str, names))}

    def asked_briefly(self, application: Application) -> str:
        names = (name for purpose, name in short_names().items() if getattr(application, purpose))
        return _("Renewal: %(certificates)s") % {"certificates": _(", ").join(names)}

    def consent_rows(self, application: Application) -> Sequence[Row]:
        return [terms_row(application)]

    def entry_rows(self, application: Application) -> Sequence[Row]:
        rows = wording.brought_rows(application)
        rows += substitute_rows(application) if application.substitutes_accepted else []
        if application.ward_override:
            rows.append({"label": _("Adult ward"), "value": _("Issued on examination in person")})
        return rows

    def panels(
        self, application: Application, state: PersonState, today: date
    ) -> Sequence[tuple[str, Mapping[str, object]]]:
        context = {
            "rows": comparison.rows(application, state, today),
            "recorded": is_recorded(application, state),
            "pins": wording.pin_tiles(application),
        }
        return [("counter/renewed_certificates.html", context)]

    def aside(
        self, application: Application, against: Sequence[Refusal], state: PersonState, today: date
    ) -> Sequence[tuple[str, Mapping[str, object]]]:
        card = ("counter/renewal_card.html", {"card": wording.card_rows(application, state, today)})
        if application.state != State.UNDER_EXAMINATION:
            return [card]
        checks = wording.check_rows(application, against, state, today)
        return [card, ("counter/renewal_checks.html", checks)]

    def title(self, application: Application) -> SafeString:
        examined = application.state == State.UNDER_EXAMINATION
        words = _("{name}: examination of the renewal") if examined else _("{name}: renewal of certificates")
        name = format_html('<span lang="ja">{}</span>', application.resident.name)
        return format_html(words, name=name)

    def then(self, application: Application) -> str:
        if by_form(application) and not is_opened(application):
            return _("The envelope is opened next, and the PINs on the form are tried")
        if set(proofs_of(application).values()) & TO_SET_ANEW:
            return _("The PINs that are not known are set anew next, and the new certificates written")
        return str(self.next_step)

    def missing(
        self, application: Application, against: Sequence[Refusal]
    ) -> tuple[str, Mapping[str, object]] | None:
        if {each.code for each in against} != {OF_ACCEPTANCE}:
            return None
        return "counter/renewal_missing.html", wording.missing(application)

    def impossible(self, application: Application, number: int) -> str:
        return ngettext(
            "The certificates cannot be renewed, for %(number)s reason.",
            "The certificates cannot be renewed, for %(number)s reasons.",
            number,
        ) % {"number": number}

    def ending(self, *, gone: Sequence[str], against: bool, receivable: bool) -> str:
        return _(
            "The new certificates were recorded and have no effect any more, so they are not written to the "
            "card. End this application; whoever wants certificates applies for them anew."
        )

    def overtaken(self, application: Application, ended: Collection[Purpose]) -> str:
        if application.state != State.CARRYING_OUT or not purposes_of(application) & set(ended):
            return ""
        return _("Renewed certificates that are not on the card yet are revoked with it; the others stay.")
