"""Receiving and examining: the list, a new application, evidence, acceptance or refusal."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from honnin.clock import day_in_japan
from honnin.console import failures
from honnin.console.entered.typed import is_shown_again, refill
from honnin.console.error_pages import error_on_page, typed_fields
from honnin.console.instants import instant
from honnin.console.signing_in.admission import takes_copies
from honnin.errors import Conflict, Refusal
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.identity import DOCUMENTS_WANTED
from honnin.law.counter.registration import registration_refusals
from honnin.law.wording import ErrorText
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications import prospects, queries, services, wording
from honnin.municipality.counter.applications.amendments import wording as amendment_wording
from honnin.municipality.counter.applications.amendments.forms import Withdrawal
from honnin.municipality.counter.applications.desk import for_clerks, looked_at_resident, only_post
from honnin.municipality.counter.applications.evidence.scans import Scans
from honnin.municipality.counter.applications.facts import standing
from honnin.municipality.counter.applications.forms import AddEvidence, NewApplication, PinReset, Rejection
from honnin.municipality.counter.applications.models import PENDING, Application, ApplicationState, Clerk
from honnin.municipality.counter.guards import looks
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.queries import registration_of

State = ApplicationState
# Styles are the browser's own, with which it places a picture.
_ABLE_TO_DO_NOTHING = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
_SHOWN = {
    "image/jpeg": ("jpg", "inline"),
    "image/png": ("png", "inline"),
    "application/pdf": ("pdf", "attachment"),
}
_STEP = {
    State.UNDER_EXAMINATION: wording.EXAMINATION,
    State.REJECTED: wording.EXAMINATION,
    State.APPROVED: wording.CARD_AND_PINS,
    State.ISSUED: wording.RECEIPT,
    State.HANDED_OVER: wording.RECEIPT + 1,
    State.SETTING_PINS: wording.CARD_AND_PINS,
    State.PINS_SET: wording.CARD_AND_PINS + 1,
    State.WITHDRAWN: wording.EXAMINATION,
    State.ENDED: wording.RECEIPT,
}


@for_clerks
def applications(request: HttpRequest, clerk: Clerk) -> HttpResponse:
    """What the municipality's counters received."""
    pages = Paginator(queries.applications_at(clerk), queries.ON_ONE_PAGE)
    page = pages.get_page(request.GET.get("page"))
    shown = list(page.object_list)
    looks.at_list(clerk, shown, at=instant(request))
    context = {
        "page": page,
        "columns": wording.application_columns(),
        "rows": wording.application_cells(shown),
    }
    return render(request, "counter/applications.html", context)


@takes_copies
@for_clerks
def new_application(request: HttpRequest, clerk: Clerk, public_id: str) -> HttpResponse:
    """What a resident asks for and brought. Raises as `looked_at_resident`."""
    resident = looked_at_resident(request, clerk, public_id, CounterAct.RECEIVE)
    today = day_in_japan(instant(request))
    scans = Scans(request, f"application of {public_id}")
    present = standing(services.person_state(clerk, resident.pk), today).values()
    form = NewApplication(resident, today, *scans.sent(), present=present)
    if request.method == "POST" and form.is_valid():
        return receive(request, clerk, resident, form, scans)
    refill(request, form)
    scans.keep(form)
    against = prospects.against_certificates(resident, clerk=clerk, at=instant(request))
    context = {
        "form": form,
        "resident": resident,
        "about": resident.name,
        "person": wording.person_rows(resident),
        **foreseen(clerk, resident, against),
        "steps": wording.steps(wording.APPLICATION),
        "substitutes": form.substituted,
    }
    return render(request, "counter/new_application.html", context)


def foreseen(clerk: Clerk, resident: Resident, against: Collection[Refusal]) -> dict[str, object]:
    """What stands against an application whatever is shown for it, and the act that would end that."""
    codes = {each.code for each in against}
    acts = {"E_CARD_REPORTED_LOST": CounterAct.REPORT_LOSS, "E_CERT_HELD": CounterAct.RELEASE}
    first = next(
        (act for code, act in acts.items() if code in codes and guards.may(clerk, act, resident)), ""
    )
    return {"against": wording.refusals(against), "first": first}


def receive(
    request: HttpRequest, clerk: Clerk, resident: Resident, form: NewApplication | PinReset, scans: Scans
) -> HttpResponse:
    """Take it, or show the one that is under way already, which is what a second click finds; where a
    colleague received that, beside what was typed.
    """
    try:
        application = services.receive_application(resident, form.wish(), clerk=clerk, at=instant(request))
    except Conflict as error:
        present = queries.open_application(clerk, resident)
        if present is None:
            raise
        if present.received_by != clerk:
            return overtaken(request, clerk, present, error, unsent=wording.changed_rows(form))
        failures.carry(request, error)
        return redirect("counter:application", present.number)
    scans.forget()
    messages.success(request, _("The application was received."))
    return redirect("counter:application", application.number)


@takes_copies
@for_clerks
def application(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """One application: who, what, the evidence, everything that stands against it, and what can be done."""
    found = queries.application(clerk, number)
    return show(request, clerk, found)


def show(
    request: HttpRequest,
    clerk: Clerk,
    found: Application,
    bound: Form | None = None,
    unsent: Sequence[wording.Row] = (),
) -> HttpResponse:
    """The page of an application; `bound` is the one of its forms that was sent with faults, `unsent` what
    was typed on another page of it and cannot be recorded any more.
    """
    looks.at_application(clerk, found, "application", at=instant(request))
    failures.note_carried(request)
    evidence_form = bound if isinstance(bound, AddEvidence) else AddEvidence(bool(found.proxy_kind))
    rejection_form = bound if isinstance(bound, Rejection) else Rejection()
    withdrawal_form = bound if isinstance(bound, Withdrawal) else Withdrawal()
    refill(request, evidence_form, rejection_form, withdrawal_form)
    _scans_of(request, found).keep(evidence_form)
    may = guards.allowed(clerk, found)
    no_place = (
        *wording.unsent_rows(evidence_form, may[CounterAct.ADD_EVIDENCE]),
        *wording.unsent_rows(rejection_form, may[CounterAct.REJECT]),
        *wording.unsent_rows(withdrawal_form, may[CounterAct.WITHDRAW]),
    )
    left = unsent or (no_place if is_shown_again(request) else ())
    copies = list(found.evidence.defer("content").order_by("pk"))
    faulty = (each for each in (evidence_form, rejection_form, withdrawal_form) if each.is_bound)
    context = {
        "application": found,
        "about": found.resident.name,
        "rows": wording.application_rows(found),
        **of_the_applicant(request, clerk, found.resident),
        "copies": wording.copy_cells(copies, queries.names_of(each.copied_by for each in copies)),
        "copy_columns": [_("Document"), _("Whose document"), _("Copied")],
        **_next_step(request, clerk, found),
        "oneself": guards.is_oneself(clerk, found.resident),
        "amendments": amendment_wording.cells(found.amendments.select_related("amended_by").order_by("pk")),
        "amendment_columns": amendment_wording.columns(),
        "corrections": found.amendments.count(),
        "unsent": left,
        "typed": list(typed_fields(request)) if left else (),
        "switch_url": request.path if unsent else "",
        "failures": moved_on(failures.error_texts(request), found),
        "evidence_form": evidence_form,
        "rejection_form": rejection_form,
        "withdrawal_form": withdrawal_form,
        "page_url": reverse("counter:application", args=[found.number]),
        "form": next(faulty, None),
        "steps": wording.steps(_STEP[State(found.state)], resets_pins=found.resets_pins),
    }
    return render(request, "counter/application.html", context)


def overtaken(
    request: HttpRequest,
    clerk: Clerk,
    found: Application,
    error: Conflict,
    unsent: Sequence[wording.Row] = (),
) -> HttpResponse:
    """The page of an application that stands otherwise by now, with what cannot be done any more."""
    failures.note(request, error)
    return error_on_page(request, error, show(request, clerk, found, unsent=unsent))


def moved_on(said: tuple[ErrorText, ...], found: Application, then: str = "") -> tuple[ErrorText, ...]:
    """Why something could not be done, on a page that shows how the application stands now: what happened to
    it last, when, and by whom; and what to do `then`.
    """
    here = _("%(step)s. Nothing of this was recorded. This page shows how the application stands now.")
    remedies = {
        "E_APPLICATION_STATE": (then or here) % {"step": amendment_wording.latest_step(found)},
        "E_APPLICATION_OPEN": _(
            "This is the application under way, and nothing else was recorded. Continue it here; or "
            "withdraw it, if the applicant no longer wants it."
        ),
    }
    return tuple(replace(each, remedy=remedies.get(each.code, each.remedy)) for each in said)


def _next_step(request: HttpRequest, clerk: Clerk, found: Application) -> dict[str, object]:
    """What can be done with an application, what stands against that, and what is left where nothing can."""
    may, against = (
        guards.allowed(clerk, found),
        prospects.against_next_step(found, clerk=clerk, at=instant(request)),
    )
    gone = registration_refusals(registration_of(found.resident)) if found.state in PENDING else ()
    return {
        "may": may,
        "examining": found.state == State.UNDER_EXAMINATION,
        "ways": _ways_forward(found, may, [] if gone else [each.code for each in against]),
        "gone": wording.refusals(gone),
        **ways_to_end(request, clerk, found, against),
    }


def _ways_forward(found: Application, may: Mapping[str, bool], codes: Sequence[str]) -> list[dict[str, str]]:
    """The acts that end what stands against an application. The last one is put forward: what has to be done
    elsewhere, else what ends the first reason.
    """
    amend = {"url": reverse("counter:amend", args=[found.number]), "label": _("Correct the application")}
    add = {"url": "#add", "label": _("Add the missing document")}
    release = {
        "url": reverse("counter:release", args=[found.resident.public_id]),
        "label": _("Release the hold"),
    }
    lacks = may[CounterAct.ADD_EVIDENCE] and not DOCUMENTS_WANTED.isdisjoint(codes)
    corrected = (amend,) if may[CounterAct.AMEND] else ()
    added = (add,) if lacks else ()
    first_is_document = bool(codes) and codes[0] in DOCUMENTS_WANTED
    put_right = (*corrected, *added) if first_is_document else (*added, *corrected)
    held = may[CounterAct.RELEASE] and "E_CERT_HELD" in codes
    return [*put_right, release] if held else [*put_right]


def ways_to_end(
    request: HttpRequest, clerk: Clerk, found: Application, against: Collection[Refusal]
) -> dict[str, object]:
    """Whether an application can only be ended, and what is said then: no next step that cannot be done."""
    at, said = instant(request), wording.refusals(against)
    may_end = services.may_end(found, clerk=clerk, at=at)
    receivable = may_end and not prospects.against_certificates(found.resident, clerk=clerk, at=at)
    if may_end and not receivable and found.state == State.ISSUED:
        said = tuple(replace(each, remedy="", contact="") for each in said)
    return {"against": said, "may_end": may_end, "receivable": receivable}


def of_the_applicant(request: HttpRequest, clerk: Clerk, resident: Resident) -> dict[str, object]:
    """What an application's page shows of the applicant's present entry and card: who has moved away since is
    another municipality's resident.
    """
    now = instant(request)
    if not looks.sees_entry(clerk, resident, now):
        return {"person": wording.elsewhere_rows(resident), "card": []}
    state = services.person_state(clerk, resident.pk)
    return {"person": wording.person_rows(resident), "card": wording.card_rows(state, day_in_japan(now))}


def _scans_of(request: HttpRequest, found: Application) -> Scans:
    return Scans(request, f"evidence of {found.number}")


@takes_copies
@only_post
def evidence(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """Add a copy."""
    found = queries.application(clerk, number)
    guards.require(clerk, CounterAct.ADD_EVIDENCE, found)
    scans = _scans_of(request, found)
    form = AddEvidence(bool(found.proxy_kind), *scans.sent())
    if not form.is_valid():
        return show(request, clerk, found, form)
    services.add_evidence(found, (form.shown(),), clerk=clerk, at=instant(request))
    scans.forget()
    messages.success(request, _("The copy was kept."))
    return redirect("counter:application", number)


@for_clerks
def evidence_copy(request: HttpRequest, clerk: Clerk, number: str, copy_id: str) -> HttpResponse:
    """A kept copy, shown as it is and able to do nothing: no script, no form, no address of ours.

    A PDF is handed out as a file, because browsers show none in such a page.
    """
    copy = queries.evidence_copy(clerk, number, copy_id)
    extension, shown = _SHOWN[copy.media_type]
    response = HttpResponse(looks.at_copy(clerk, copy, at=instant(request)), content_type=copy.media_type)
    response.headers["Content-Disposition"] = f'{shown}; filename="{number}-{copy_id[:8]}.{extension}"'
    response.headers["Content-Security-Policy"] = _ABLE_TO_DO_NOTHING
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@only_post
def approve(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """Accept, where nothing stands against it."""
    found = queries.application(clerk, number)
    _require_as_shown(request, found)
    services.approve(found, clerk=clerk, at=instant(request))
    messages.success(request, _("The application was accepted. Put the applicant's card on the reader."))
    return redirect("counter:set_pins" if found.resets_pins else "counter:issue", number)


def _require_as_shown(request: HttpRequest, found: Application) -> None:
    """What the clerk accepts is what their page showed. Raises Conflict E_APPLICATION_STATE where it was
    corrected since.
    """
    shown = request.POST.get("corrections")
    if shown is not None and shown != str(found.amendments.count()):
        raise Conflict("E_APPLICATION_STATE", state=found.state)


@only_post
def reject(request: HttpRequest, clerk: Clerk, number: str) -> HttpResponse:
    """Do not accept, and say why."""
    found = queries.application(clerk, number)
    guards.require(clerk, CounterAct.REJECT, found)
    form = Rejection(request.POST)
    if not form.is_valid():
        return show(request, clerk, found, form)
    services.reject(found, form.cleaned_data["reason"], clerk=clerk, at=instant(request))
    messages.success(request, _("The application was rejected. Tell the applicant the reason."))
    return redirect("counter:application", number)
