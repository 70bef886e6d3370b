"""The hotline's pages: find the caller, hold, say what the status service answers now.

Open to operators only, at every hour. Sending a hold twice changes nothing, and the page says so.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date, datetime
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from honnin.agency.card_register.queries import cards_of
from honnin.agency.hotline import looks, queries, services
from honnin.agency.hotline.forms import HolderSearch
from honnin.agency.hotline.models import Holder, Operator
from honnin.agency.hotline.queries import Caller, Remark
from honnin.agency.records.persons import reports_about
from honnin.agency.records.queries import records_of
from honnin.agency.status.inquiry import AnsweredStatus, ask_status
from honnin.clock import day_in_japan
from honnin.console import failures, searches
from honnin.console.entered.typed import is_shown_again, refill
from honnin.console.error_pages import error_on_page
from honnin.console.instants import instant
from honnin.console.readers import read_by
from honnin.console.signing_in.signing_in_again import signed_in_only
from honnin.errors import HonninError, Reader, language_of
from honnin.identifiers import PersonCode
from honnin.law.certificates.hold import HoldOutcome, hold_outcome
from honnin.law.certificates.status import Status, status_on
from honnin.law.terms import Purpose
from honnin.law.wording import format_day, format_instant

P = ParamSpec("P")
Cell = dict[str, object]
SEARCH = "holders"

CERTIFICATE = {
    Purpose.SIGNATURE: gettext_lazy("Signature certificate"),
    Purpose.USER_AUTHENTICATION: gettext_lazy("User-authentication certificate"),
}
REMARK = {
    Remark.ADDRESS_FITS_NOBODY: gettext_lazy(
        "The address fits nobody who was found: everybody is shown. Compare it once more."
    ),
    Remark.CARD_UNKNOWN: gettext_lazy("There is no card of this number. Ask for it once more."),
    Remark.CARD_OF_ANOTHER: gettext_lazy(
        "The holder of this card has another name or date of birth. Ask for both once more."
    ),
    Remark.MAY_BE_MORE: gettext_lazy("There may be more. Ask for the full name."),
}
STATUS: dict[Status, tuple[object, str]] = {
    Status.GOOD: (gettext_lazy("Valid"), "success"),
    Status.HELD: (gettext_lazy("On hold"), "warning"),
    Status.REVOKED: (gettext_lazy("Revoked"), "error"),
    Status.EXPIRED: (gettext_lazy("Expired"), "neutral"),
    Status.UNKNOWN: (gettext_lazy("Unknown"), "neutral"),
}


def for_operators(
    page: Callable[Concatenate[HttpRequest, Operator, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Decorator: the page gets the operator behind the account. Raises NotAllowed E_NOT_AN_OPERATOR."""

    @wraps(page)
    def admitted(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        operator = queries.operator_of(request.user.get_username())
        read_by(request, Reader.OPERATOR)
        return page(request, operator, *args, **kwargs)

    return require_http_methods(["GET", "HEAD", "POST"])(signed_in_only(admitted))


@for_operators
def search(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Whom to look for. What is sent is kept and shown under an address of its own, which does not say it."""
    if request.method == "POST":
        fields = tuple(HolderSearch.base_fields)
        return redirect("hotline:found", searches.keep(request, SEARCH, request.POST, fields))
    return _show_search(request, HolderSearch(), None)


@for_operators
def found(request: HttpRequest, operator: Operator, handle: str) -> HttpResponse:
    """Whom name and date of birth fit, or whose the card is."""
    terms = searches.kept(request, SEARCH, handle)
    if terms is None:
        messages.info(request, _("This search is no longer kept. Enter it again."))
        return redirect("hotline:search")
    form = HolderSearch(terms)
    if not form.is_valid():
        return _show_search(request, form, None)
    try:
        hits = looks.search(operator, **form.cleaned_data, at=instant(request))
    except HonninError as error:  # what was typed stays, to be asked again
        failures.note(request, error)
        return error_on_page(request, error, _show_search(request, form, None))
    return _show_search(request, form, hits)


def _show_search(
    request: HttpRequest, form: HolderSearch, hits: list[tuple[Holder, Caller]] | None
) -> HttpResponse:
    asked = form.cleaned_data if hits is not None else {}
    found = queries.remarks([caller for _holder, caller in hits or ()], **asked) if asked else ()
    if is_shown_again(request):  # what was typed since, beside what was found
        form = HolderSearch()
        refill(request, form)
    context = {
        "form": form,
        "remarks": [REMARK[each] for each in found],
        "searched": hits is not None,
        "columns": [_("Name"), _("Name in katakana"), _("Date of birth"), _("Address")],
        "hits": [_hit(holder, caller) for holder, caller in hits or ()],
    }
    return render(request, "hotline/search.html", context)


def _hit(holder: Holder, caller: Caller) -> list[Cell]:
    url = reverse("hotline:confirm", args=[holder.pk])
    return [
        {"text": _named(caller), "url": url, "hidden_text": _("choose")},
        {"text": caller.reading or "–"},
        {"text": _day(caller)},
        {"text": caller.address or "–", "long": True},
    ]


@for_operators
def confirm(request: HttpRequest, operator: Operator, public_id: str) -> HttpResponse:
    """Ask once whether this is the caller; then hold."""
    caller = _looked_at(request, operator, public_id, "confirm")
    if request.method == "POST":
        changed = services.record_notice_of_loss(
            caller.person_code, operator=operator, at=instant(request), asked_at=_asked_at(request)
        )
        if changed:
            messages.success(request, _("The report was recorded. Nobody can use the certificates any more."))
        else:
            messages.info(request, _noted(caller))
        return redirect("hotline:holder", public_id)
    answered = ask_status(records_of(caller.person_code), settings.HONNIN_CLOCK)
    today = day_in_japan(instant(request))
    outcomes = {
        hold_outcome(Purpose(each.record.purpose)) for each in answered if _status(each, today) is Status.GOOD
    }
    context = {
        "about": _named(caller),
        "public_id": public_id,
        "asked_at": instant(request).isoformat(),
        "person": _person(caller),
        "columns": _columns(),
        "certificates": list(_rows(answered, today)),
        "card_left": any(card.valid for card in cards_of(caller.person_code)),
        "never_issued": not answered,
        "holds": HoldOutcome.HELD in outcomes,
        "revokes": HoldOutcome.REVOKED in outcomes,
    }
    return render(request, "hotline/confirm.html", context)


def _asked_at(request: HttpRequest) -> datetime | None:
    """When the page that was sent had been drawn."""
    with suppress(ValueError):
        drawn = datetime.fromisoformat(request.POST.get("asked_at", ""))
        return drawn if drawn.tzinfo else None
    return None


@for_operators
def holder(request: HttpRequest, operator: Operator, public_id: str) -> HttpResponse:
    """How the certificates stand, as the status service answers it to the world."""
    caller = _looked_at(request, operator, public_id, "holder")
    answered = ask_status(records_of(caller.person_code), settings.HONNIN_CLOCK)
    today = day_in_japan(instant(request))
    statuses = [_status(answer, today) for answer in answered]
    context = {
        "about": _named(caller),
        "public_id": public_id,
        "person": _person(caller),
        "columns": _columns(),
        "certificates": list(_rows(answered, today)),
        "held": Status.HELD in statuses,
        "revoked": Status.REVOKED in statuses,
        "call": queries.newest_call(caller.person_code),
    }
    return render(request, "hotline/holder.html", context)


@for_operators
def calls(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Losses that were not reported at a counter yet, all of them, page by page."""
    page = Paginator(queries.open_calls(), queries.ON_ONE_PAGE).get_page(request.GET.get("page"))
    waiting = list(page.object_list)
    holders = looks.at_calls(operator, waiting, at=instant(request))
    rows = [
        [
            {
                "text": str(call.pk),
                "url": reverse("hotline:holder", args=[holders[call.person_code].pk]),
                "hidden_text": _("open"),
            },
            {"text": _moment(call.received_at)},
            {"text": _name(call.person_code)},
            {"text": call.operator.name},
        ]
        for call in waiting
    ]
    columns = [_("Call number"), _("Received"), _("Holder"), _("Operator")]
    return render(request, "hotline/calls.html", {"page": page, "columns": columns, "rows": rows})


def _looked_at(request: HttpRequest, operator: Operator, public_id: str, page: str) -> Caller:
    """Whom a page is about; the look is in the journal. Raises Http404 for nobody."""
    shown = queries.holder_of(public_id)
    caller = queries.caller(shown.person_code) if shown else None
    if shown is None or caller is None:
        raise Http404
    looks.at_holder(operator, shown, page, at=instant(request))
    return caller


def _name(person_code: PersonCode) -> str:
    caller = queries.caller(person_code)
    return _named(caller) if caller else "–"


def _named(caller: Caller) -> str:
    """By name, or by the card where the agency knows nothing else."""
    return caller.name or _("Card %(number)s") % {"number": caller.card_number}


def _noted(caller: Caller) -> str:
    """What a call has done that found no certificate to hold or revoke."""
    if reports_about(caller.person_code).reported_lost:
        return _(
            "No certificate was left to hold or revoke, so nothing was changed. The call was noted, "
            "and nothing new is issued until the holder reports the loss at a counter."
        )
    return _("The card had ended already, and no certificate was left. The call was noted.")


def _day(caller: Caller) -> str:
    return format_day(caller.birth_date, language_of(get_language())) if caller.birth_date else "–"


def _moment(at: datetime) -> str:
    return format_instant(at, language_of(get_language()))


def _person(caller: Caller) -> list[dict[str, object]]:
    if not caller.name:
        unknown = _("Not known here: no certificate was ever issued to the holder")
        return [
            {"label": _("Card number"), "value": caller.card_number or ""},
            {"label": _("Name"), "value": unknown},
        ]
    return [
        {"label": _("Name"), "value": caller.name},
        {"label": _("Name in katakana"), "value": caller.reading},
        {"label": _("Date of birth"), "value": _day(caller)},
        {"label": _("Address"), "value": caller.address},
    ]


def _columns() -> list[str]:
    return [_("Certificate"), _("Serial number"), _("State"), _("In this state since"), _("Valid until")]


def _rows(answered: Iterable[AnsweredStatus], today: date) -> Iterable[list[Cell]]:
    for answer in answered:
        text, kind = STATUS[_status(answer, today)]
        since = answer.since or answer.record.issued_at
        yield [
            {"text": CERTIFICATE[Purpose(answer.record.purpose)]},
            {"text": str(answer.record.serial_number)},
            {"text": text, "badge": kind},
            {"text": _moment(since)},
            {"text": format_day(answer.record.expiry_date, language_of(get_language()))},
        ]


def _status(answer: AnsweredStatus, today: date) -> Status:
    """How a certificate stands today; UNKNOWN where the status service does not know it."""
    return status_on(answer.status, answer.record.expiry_date, today)
