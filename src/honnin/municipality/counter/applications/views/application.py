"""What was received: the list, and the page of one application with the next step."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
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
from honnin.municipality.counter.applications import queries, services, wording
from honnin.municipality.counter.applications.amendments import wording as amendment_wording
from honnin.municipality.counter.applications.amendments.forms import Withdrawal
from honnin.municipality.counter.applications.desk import for_clerks
from honnin.municipality.counter.applications.evidence.scans import scans_of
from honnin.municipality.counter.applications.evidence.wording import copy_cells
from honnin.municipality.counter.applications.forms import AddEvidence, Rejection
from honnin.municipality.counter.applications.looks import at_application, at_list
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.services import against_next_step
from honnin.municipality.counter.applications.states import PENDING, UNFINISHED, ApplicationState
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.cards.wording import card_rows
from honnin.municipality.counter.declaration import remedies
from honnin.municipality.counter.guards import looks
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.guards.staff import names_of
from honnin.municipality.counter.wording import Row, elsewhere_rows, person_rows, refusals, summary
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.queries import registration_of

State = ApplicationState
_STEP = {
    State.UNDER_EXAMINATION: wording.EXAMINATION,
    State.REJECTED: wording.EXAMINATION,
    State.APPROVED: wording.CARD_AND_PINS,
    State.ISSUED: wording.RECEIPT,
    State.HANDED_OVER: wording.RECEIPT + 1,
    State.SETTING_PINS: wording.CARD_AND_PINS,
    State.PINS_SET: wording.CARD_AND_PINS + 1,
    State.CARRYING_OUT: wording.CARD_AND_PINS,
    State.CARRIED_OUT: wording.RECEIPT + 1,
    State.WITHDRAWN: wording.EXAMINATION,
    State.ENDED: wording.RECEIPT,
}


@for_clerks
def applications(request: HttpRequest, clerk: Clerk) -> HttpResponse:
    """What the municipality's counters received."""
    pages = Paginator(queries.applications_at(clerk), queries.ON_ONE_PAGE)
    page = pages.get_page(request.GET.get("page"))
    shown = list(page.object_list)
    at_list(clerk, shown, at=instant(request))
    context = {
        "page": page,
        "columns": wording.application_columns(),
        "rows": wording.application_cells(shown),
    }
    return render(request, "counter/applications.html", context)


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
    unsent: Sequence[Row] = (),
) -> HttpResponse:
    """The page of an application; `bound` is the one of its forms that was sent with faults, `unsent` what
    was typed on another page of it and cannot be recorded any more.
    """
    at_application(clerk, found, "application", at=instant(request))
    failures.note_carried(request)
    evidence_form = bound if isinstance(bound, AddEvidence) else AddEvidence(bool(found.proxy_kind))
    rejection_form = bound if isinstance(bound, Rejection) else Rejection()
    withdrawal_form = bound if isinstance(bound, Withdrawal) else Withdrawal()
    refill(request, evidence_form, rejection_form, withdrawal_form)
    scans_of(request, found).keep(evidence_form)
    may = guards.allowed(clerk, found)
    no_place = (
        *wording.unsent_rows(evidence_form, may[CounterAct.ADD_EVIDENCE]),
        *wording.unsent_rows(rejection_form, may[CounterAct.REJECT]),
        *wording.unsent_rows(withdrawal_form, may[CounterAct.WITHDRAW]),
    )
    left = unsent or (no_place if is_shown_again(request) else ())
    against = against_next_step(found, clerk=clerk, at=instant(request))
    copies = list(found.evidence.defer("content").order_by("pk"))
    faulty = (each for each in (evidence_form, rejection_form, withdrawal_form) if each.is_bound)
    context = {
        "application": found,
        "about": found.resident.name,
        "title": found.kind.title(found),
        "rows": wording.application_rows(found),
        **of_the_applicant(request, clerk, found.resident),
        **_panels(request, clerk, found, against),
        "copies": copy_cells(copies, names_of(each.copied_by for each in copies)),
        "copy_columns": [_("Document"), _("Whose document"), _("Copied")],
        **_next_step(request, clerk, found, against),
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
        "steps": wording.steps(_STEP[State(found.state)], found.kind.last_step, found.kind.own_steps),
    }
    return render(request, "counter/application.html", context)


def overtaken(
    request: HttpRequest,
    clerk: Clerk,
    found: Application,
    error: Conflict,
    unsent: Sequence[Row] = (),
) -> HttpResponse:
    """The page of an application that stands otherwise by now, with what cannot be done any more."""
    failures.note(request, error)
    return error_on_page(request, error, show(request, clerk, found, unsent=unsent))


def moved_on(why: tuple[ErrorText, ...], found: Application, then: str = "") -> tuple[ErrorText, ...]:
    """Why something could not be done, on a page that shows how the application stands now: what happened to
    it last, when, and by whom; and what to do `then`.
    """
    here = _("%(step)s. Nothing of this was recorded. This page shows how the application stands now.")
    then_do = {
        "E_APPLICATION_STATE": (then or here) % {"step": amendment_wording.latest_step(found)},
        "E_APPLICATION_OPEN": _(
            "This is the application under way, and nothing else was recorded. Continue it here; or "
            "withdraw it, if the applicant no longer wants it."
        ),
    }
    return tuple(replace(each, remedy=then_do.get(each.code, each.remedy)) for each in why)


def _next_step(
    request: HttpRequest, clerk: Clerk, found: Application, against: Sequence[Refusal]
) -> dict[str, object]:
    """What can be done with an application, what stands against that, and what is left where nothing can."""
    may = guards.allowed(clerk, found)
    kind, shown = found.kind, found.state in PENDING and found.kind.registered
    missing = kind.missing(found, against) if against and may[CounterAct.APPROVE] else None
    gone = registration_refusals(registration_of(found.resident)) if shown else ()
    carries_out = kind.registered and may[kind.act]
    result = kind.results.get(found.state)
    return {
        "may": may,
        "kind": kind,
        "then": kind.then(found),
        "missing": _drawn(request, found, missing) if missing else "",
        "impossible": kind.impossible(found, len(against)),
        "carry_out_url": reverse(f"counter:{kind.page}", args=[found.number]) if carries_out else "",
        "result": render_to_string(result, {"application": found}, request) if result else "",
        "carried_out": found.state in PENDING and found.state not in UNFINISHED,
        "rejectable": found.may_start(CounterAct.REJECT),
        "examining": found.state == State.UNDER_EXAMINATION,
        "ways": _ways_forward(found, may, [] if gone else [each.code for each in against]),
        "gone": refusals(gone),
        **ways_to_end(request, clerk, found, against),
    }


def _ways_forward(found: Application, may: Mapping[str, bool], codes: Sequence[str]) -> list[dict[str, str]]:
    """The acts that end what stands against an application. The last one is put forward: what has to be done
    elsewhere, else what ends the first reason.
    """
    amend = {"url": reverse("counter:amend", args=[found.number]), "label": _("Correct the application")}
    add = {"url": "#add", "label": _("Add the missing document")}
    lacks = may[CounterAct.ADD_EVIDENCE] and not DOCUMENTS_WANTED.isdisjoint(codes)
    corrected = (amend,) if may[CounterAct.AMEND] else ()
    added = (add,) if lacks else ()
    first_is_document = bool(codes) and codes[0] in DOCUMENTS_WANTED
    put_right = (*corrected, *added) if first_is_document else (*added, *corrected)
    elsewhere = (
        {
            "url": reverse(f"counter:{each.page}", args=[found.resident.public_id, *each.words]),
            "label": str(each.label),
        }
        for each in remedies()
        if each.page and may[each.act] and each.code in codes
    )
    return [*put_right, *elsewhere]


def ways_to_end(
    request: HttpRequest, clerk: Clerk, found: Application, against: Collection[Refusal]
) -> dict[str, object]:
    """Whether an application can only be ended, and what is said then: no next step that cannot be done."""
    at, why = instant(request), refusals(against)
    may_end = services.may_end(found, clerk=clerk, at=at)
    receivable = may_end and found.kind.receivable(found.resident, clerk, at)
    if may_end and not receivable and found.state == State.ISSUED:
        why = tuple(replace(each, remedy="", contact="") for each in why)
    gone = registration_refusals(registration_of(found.resident)) if may_end else ()
    causes = [str(each.cause) for each in refusals(gone)]
    ending = found.kind.ending(gone=causes, against=bool(against), receivable=receivable) if may_end else ""
    return {"against": why, "may_end": may_end, "ending": ending}


def _panels(
    request: HttpRequest, clerk: Clerk, found: Application, against: Sequence[Refusal]
) -> dict[str, object]:
    """What its kind shows, while the applicant is this municipality's: below the next step, and beside it."""
    now = instant(request)
    if not looks.sees_entry(clerk, found.resident, now):
        return {"panels": [], "aside": []}
    state, today = person_state(clerk, found.resident_id), day_in_japan(now)
    panels, aside = found.kind.panels(found, state, today), found.kind.aside(found, against, state, today)
    return {
        "panels": [_drawn(request, found, each) for each in panels],
        "aside": [_drawn(request, found, each) for each in aside],
        "summary": summary(found.resident, today),
    }


def _drawn(request: HttpRequest, found: Application, shown: tuple[str, Mapping[str, object]]) -> SafeString:
    template, context = shown
    return render_to_string(template, {**context, "application": found}, request)


def of_the_applicant(request: HttpRequest, clerk: Clerk, resident: Resident) -> dict[str, object]:
    """What an application's page shows of the applicant's present entry and card: who has moved away since is
    another municipality's resident.
    """
    now = instant(request)
    if not looks.sees_entry(clerk, resident, now):
        return {"person": elsewhere_rows(resident), "card": []}
    state = person_state(clerk, resident.pk)
    return {"person": person_rows(resident), "card": card_rows(state, day_in_japan(now))}
