"""Receiving a renewal, proving the PINs and writing the new certificates, and the receipt.

The PINs pass through on their way to the card: they are not kept, not shown again and not logged. A cut in
the middle leaves the old certificates or the new ones, says which, and the same page finishes the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from honnin.clock import day_in_japan
from honnin.console.entered.typed import refill
from honnin.console.instants import instant
from honnin.console.signing_in.admission import takes_copies
from honnin.console.signing_in.sign_in import SignInForm
from honnin.errors import Conflict, HonninError, NotAllowed
from honnin.law.cards.pins import PinKind
from honnin.law.citation import cites
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.renewal_pins import TO_SET_ANEW, awaits_answer, inquiry_refusals
from honnin.law.fees import FeeOccasion, certificate_fee
from honnin.law.terms import Generation
from honnin.law.wording import ErrorText
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications import queries, wording
from honnin.municipality.counter.applications.certificates.receipt import receipt_of
from honnin.municipality.counter.applications.desk import (
    TURNED_ROUND,
    clock,
    for_clerks,
    looked_at_application,
    looked_at_resident,
    only_post,
)
from honnin.municipality.counter.applications.evidence.scans import Scans
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.services import against_next_step
from honnin.municipality.counter.applications.states import ApplicationState
from honnin.municipality.counter.applications.views.application import overtaken
from honnin.municipality.counter.applications.views.card_and_pins import (
    failed_with,
    failure_of,
    keep_failure,
    own_card,
)
from honnin.municipality.counter.applications.views.receiving import foreseen, receive
from honnin.municipality.counter.cards import readers
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.cards.wording import PIN, card_rows
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.guards.staff import clerk_of
from honnin.municipality.counter.procedures.renewal import envelope, services
from honnin.municipality.counter.procedures.renewal import wording as renewal_wording
from honnin.municipality.counter.procedures.renewal.envelope import (
    inquiry_of,
    is_mismatched,
    is_opened,
    may_set_anew,
)
from honnin.municipality.counter.procedures.renewal.facts import (
    by_form,
    is_recorded,
    proofs_of,
    wanted_pins,
)
from honnin.municipality.counter.procedures.renewal.forms import NewRenewal, RenewalPins
from honnin.municipality.counter.procedures.renewal.kind import Renewal
from honnin.municipality.counter.procedures.renewal.proving import CardAndTyped, is_of_pin
from honnin.municipality.counter.procedures.renewal.services import against_renewal
from honnin.municipality.counter.wording import Row, person_rows, refusals


@takes_copies
@for_clerks
def new_renewal(request: HttpRequest, clerk: Clerk, public_id: str) -> HttpResponse:
    """What is to be renewed, and what was brought. Raises as `looked_at_resident`."""
    resident = looked_at_resident(request, clerk, public_id, CounterAct.RECEIVE)
    at = instant(request)
    scans, state = Scans(request, f"renewal of {public_id}"), person_state(clerk, resident.pk)
    form = NewRenewal(resident, day_in_japan(at), *scans.sent(), state=state)
    if request.method == "POST" and form.is_valid():
        return receive(request, clerk, resident, form, scans)
    refill(request, form)
    scans.keep(form)
    against = against_renewal(resident, clerk=clerk, at=at)
    context = {
        "form": form,
        "resident": resident,
        "about": resident.name,
        "person": person_rows(resident),
        **foreseen(request, clerk, resident, against, page=Renewal.form_page),
        "steps": wording.steps(wording.APPLICATION),
        "substitutes": form.substituted,
        "brought": renewal_wording.brings(),
    }
    return render(request, "counter/new_renewal.html", context)


@sensitive_post_parameters()
@for_clerks
def renew(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """Choose the card, have the PINs confirmed or set anew, and renew."""
    found = looked_at_application(request, clerk, number, "renew")
    if _is_done(found):  # a second click: the work is done
        return redirect("counter:renewal_receipt", found.number)
    try:
        guards.require(clerk, CounterAct.RENEW, found)
    except Conflict as error:
        return overtaken(request, clerk, found, error)
    state = person_state(clerk, found.resident_id)
    recorded = is_recorded(found, state)
    if not recorded and by_form(found) and not is_opened(found):
        return redirect("counter:open_envelope", found.number)
    wanted = [] if recorded else wanted_pins(found)
    anew = _set_anew(request, found, wanted)
    failed = _Failed(failed_with(request, found), next((kind for kind in wanted if kind not in anew), None))
    data = (request.POST,) if request.method == "POST" else ()
    writes = recorded or not wanted
    form = RenewalPins(
        wanted, anew, readers.choices(), own_card(found, state), *data, last_try=failed.last_try(request)
    )
    if request.method == "POST" and form.is_valid():
        return _renew(request, clerk, found, form)
    against = refusals(against_next_step(found, clerk=clerk, at=instant(request)))
    inquiry = _inquiry(found, day_in_japan(instant(request)))
    elsewhere = (*against, *inquiry.refusals) if inquiry else against
    context = {
        **_fields(found, form, anew),
        **_failure(request, found, form, failed, elsewhere, recorded=recorded),
        "application": found,
        "about": found.resident.name,
        "citizen": wording.citizen_rows(found),
        "done": renewal_wording.done_rows(found),
        "against": against,
        "recorded": recorded,
        "wanted": wanted,
        "heading": _("Writing to the card") if writes else _("Card and PINs"),
        "by_form": by_form(found),
        "inquiry": inquiry,
        "rejectable": found.may_start(CounterAct.REJECT),
        "button": _("Write the new certificates") if writes else _("Confirm and renew"),
        "card": card_rows(state, day_in_japan(instant(request))),
        "steps": wording.steps(wording.WRITING if writes else wording.CARD_AND_PINS),
    }
    turned = {} if by_form(found) or writes else TURNED_ROUND
    return render(request, "counter/renew.html", {**context, **turned})


def _is_done(found: Application) -> bool:
    """Whether it is a renewal, and carried out: another procedure's application has no receipt here."""
    return found.state == ApplicationState.CARRIED_OUT and isinstance(found.kind, Renewal)


def _set_anew(request: HttpRequest, found: Application, wanted: Sequence[PinKind]) -> list[PinKind]:
    """The PINs for which new ones are typed: as the holder asks, or all that a proxy's form did not open."""
    if by_form(found):
        answered = is_mismatched(found) and may_set_anew(found, day_in_japan(instant(request)))
        return list(wanted) if answered else []
    chosen, known = request.GET.getlist("anew"), request.GET.getlist("known")
    noted = _to_set_anew(found)
    return [kind for kind in wanted if kind in chosen or (kind in noted and kind not in known)]


def _to_set_anew(found: Application) -> set[PinKind]:
    """The PINs of which it was noted before the acceptance that their holder does not know them."""
    return {kind for kind, proof in proofs_of(found).items() if proof in TO_SET_ANEW}


@dataclass(frozen=True)
class _Inquiry:
    """What is done about a form whose PINs do not open the card."""

    rows: list[Row]
    refusals: tuple[ErrorText, ...]
    to_order: bool
    to_answer: bool


def _inquiry(found: Application, today: date) -> _Inquiry | None:
    """The same, while something is to be done about it."""
    if not is_mismatched(found) or may_set_anew(found, today):
        return None
    inquiry = inquiry_of(found)
    waits = awaits_answer(inquiry, today)
    against = refusals(inquiry_refusals(inquiry, today))
    return _Inquiry(renewal_wording.envelope_rows(found), against, to_order=not waits, to_answer=waits)


@sensitive_post_parameters()
@for_clerks
def open_envelope(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """Two clerks open the proxy's envelope: who asks, and a colleague with user name and password."""
    found = looked_at_application(request, clerk, number, "open_envelope")
    try:
        guards.require(clerk, CounterAct.RENEW, found)
    except Conflict as error:
        return overtaken(request, clerk, found, error)
    if not by_form(found) or is_opened(found):
        return redirect("counter:renew", found.number)
    form = SignInForm(request, *((request.POST,) if request.method == "POST" else ()), prefix="colleague")
    if request.method == "POST" and form.is_valid():
        second = clerk_of(form.get_user().get_username())
        envelope.open_envelope(found, second, clerk=clerk, at=instant(request))
        messages.success(request, _("The envelope was opened, and who was there is recorded."))
        return redirect("counter:renew", found.number)
    context = {
        "application": found,
        "about": found.resident.name,
        "form": form,
        "citizen": wording.citizen_rows(found),
        "against": refusals(against_next_step(found, clerk=clerk, at=instant(request))),
        "rejectable": found.may_start(CounterAct.REJECT),
        "steps": wording.steps(wording.CARD_AND_PINS),
    }
    return render(request, "counter/open_envelope.html", context)


@only_post
def order_inquiry(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """The holder is asked by post."""
    envelope.order_inquiry(queries.application(clerk, number), clerk=clerk, at=instant(request))
    messages.success(request, _("The document inquiry was ordered: a letter goes to the holder."))
    return redirect("counter:renew", number)


@only_post
def note_answer(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """The holder has answered."""
    envelope.note_answer(queries.application(clerk, number), clerk=clerk, at=instant(request))
    messages.success(request, _("The answer was recorded. The PINs can be set anew."))
    return redirect("counter:renew", number)


@dataclass(frozen=True)
class _Failed:
    """Why the last attempt was cut off, by its code, and the first PIN that is not confirmed: where it was
    the PIN, it was this one.
    """

    code: str
    kind: PinKind | None

    def last_try(self, request: HttpRequest) -> list[PinKind]:
        """The PINs whose last try the page offers to use."""
        offered = [self.kind] if self.code == "E_PIN_LAST_TRY" and self.kind else []
        return offered or [kind for kind in PinKind if f"{kind}_last_try" in request.POST]

    def name(self) -> str:
        return str(PIN[self.kind]) if self.kind and is_of_pin(self.code) else ""


def _fields(found: Application, form: RenewalPins, anew: Sequence[PinKind]) -> dict[str, object]:
    """The fields of the form; each PIN with the way to ask for it otherwise."""
    known = [
        (name, field, last_try, "" if by_form(found) else _url(found, [*anew, kind]))
        for kind, name, field, last_try in form.known_fields()
    ]
    others = [
        (*fields, "" if by_form(found) else _url(found, [each for each in anew if each != kind]))
        for kind, fields in zip(form.kinds, form.fieldsets(), strict=True)
    ]
    return {"form": form, "form_url": _url(found, anew), "known": known, "anew": others}


def _url(found: Application, anew: Sequence[PinKind]) -> str:
    """The page, on which these PINs are set anew, and those that were noted as not known are entered else."""
    noted = _to_set_anew(found)
    chosen = [("anew", kind.value) for kind in sorted(set(anew) - noted)]
    chosen += [("known", kind.value) for kind in sorted(noted - set(anew))]
    query = "" if by_form(found) else urlencode(chosen)
    return reverse("counter:renew", args=[found.number]) + (f"?{query}" if query else "")


def _failure(
    request: HttpRequest,
    found: Application,
    form: RenewalPins,
    failed: _Failed,
    against: Sequence[ErrorText],
    *,
    recorded: bool,
) -> dict[str, object]:
    """Why the last attempt was cut off, and what stands since."""
    refill(request, form)
    texts = tuple(each for each in failure_of(request, found, form) if each not in against)
    if recorded:
        title = _("The new certificates are issued, and not yet on the card")
        text = _("Remove the cause, put the card on the reader again, and write them. No PIN is needed.")
    elif failed.name():
        title = _("This PIN was not confirmed: %(pin)s") % {"pin": failed.name()}
        text = _("Nothing was renewed. What was confirmed before stays confirmed.")
    else:
        title = _("Nothing was renewed")
        text = _("The present certificates still work. Remove the cause, and try again.")
    return {"failure": texts, "failure_title": title, "failure_text": text, "failures": ()}


def _renew(request: HttpRequest, clerk: Clerk, found: Application, form: RenewalPins) -> HttpResponse:
    try:
        with readers.inserted(form.cleaned_data["card"]) as transport:
            typed = CardAndTyped(transport, form.known_pins(), form.pins(), form.last_tries())
            services.renew(found, typed, clerk=clerk, clock=clock())
    except NotAllowed:
        raise
    except HonninError as error:
        keep_failure(request, found, error, begun=False)
        return redirect(_url(found, form.kinds))
    messages.success(request, _("The certificates were renewed, and the new ones written to the card."))
    return redirect("counter:renewal_receipt", found.number)


@cites("S3-18a", "S3-18b")
@for_clerks
def renewal_receipt(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """The paper for the holder, with what may not work on the day; the application's page before."""
    found = looked_at_application(request, clerk, number, "receipt")
    if not _is_done(found):
        return overtaken(request, clerk, found, Conflict("E_APPLICATION_STATE", state=found.state))
    fee = certificate_fee(Generation.NUMBER_CARD, FeeOccasion.RENEWAL)
    context = {**receipt_of(found), "is_free": fee == 0, "steps": wording.steps(wording.RECEIPT + 1)}
    return render(request, "counter/renewal_receipt.html", context)
