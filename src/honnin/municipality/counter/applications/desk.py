"""Who stands at the counter, and what time it is there."""

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from types import MappingProxyType
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from honnin.clock import Clock
from honnin.console import failures
from honnin.console.error_pages import error_on_page
from honnin.console.instants import instant
from honnin.console.readers import read_by
from honnin.console.signing_in.signing_in_again import signed_in_only
from honnin.errors import Malformed, Reader, Refusal, Refused
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.registration import Registration, registration_refusals
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications import queries
from honnin.municipality.counter.applications.looks import at_application
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.declaration import remedies
from honnin.municipality.counter.guards import looks
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.guards.staff import clerk_of
from honnin.municipality.counter.wording import moment
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.queries import entry_of, resident_of

TURNED_ROUND: Mapping[str, object] = MappingProxyType(
    {"navigation": (), "operator": "", "home_url": "", "leads_nowhere": True, "turned_round": True}
)
"""What a page does not show that the citizen reads and types on: the clerk's menu and any way out."""
_NOT_THERE = {registration_refusals(each) for each in Registration if each is not Registration.RECORDED}
P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, Clerk, P], HttpResponse]


def for_clerks(page: Page[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Decorator: the page gets the clerk behind the account. Raises NotAllowed E_NOT_A_CLERK for others."""

    @wraps(page)
    def admitted(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        clerk = clerk_of(request.user.get_username())
        read_by(request, Reader.CLERK)
        _require_whole_upload(request)
        try:
            return page(request, clerk, *args, **kwargs)
        except Refused as refused:
            if refused.refusals not in _NOT_THERE or "public_id" not in kwargs:
                raise
            return _not_in_the_register(request, clerk, refused, str(kwargs["public_id"]))

    return require_http_methods(["GET", "HEAD", "POST"])(signed_in_only(admitted))


def _not_in_the_register(
    request: HttpRequest, clerk: Clerk, refused: Refused, public_id: str
) -> HttpResponse:
    """Whose entry is no longer there has no page to go back to: what is left is an application to end, or to
    look for somebody else. The own municipality's clerks see who recorded that somebody moved out, and when.
    """
    failures.note(request, refused)
    person = entry_of(public_id)
    context: dict[str, object] = {}
    if person is not None and person.municipality_id == clerk.municipality_id:
        at, who = queries.moving_out_recorded(person)
        context = {"recorded_at": moment(at), "recorded_by": who}
        context["left"] = queries.open_application(clerk, person)
        context["ways"] = ways_on(clerk, person, refused.refusals)
    return error_on_page(request, refused, render(request, "counter/not_in_the_register.html", context))


def ways_on(clerk: Clerk, person: Resident, found: Iterable[Refusal]) -> list[dict[str, object]]:
    """The pages on which something is done all the same about who is refused so, and may be by this clerk."""
    codes = {each.code for each in found}
    return [
        {"url": reverse(f"counter:{each.page}", args=[person.public_id]), "label": each.label}
        for each in remedies()
        if each.page and each.code in codes and guards.may(clerk, each.act, person)
    ]


def only_post(page: Page[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Decorator: an act without a page of its own; who merely looks there is led to the application."""
    act = for_clerks(page)

    @wraps(page)
    def posted(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method == "POST":
            return act(request, *args, **kwargs)
        return HttpResponseRedirect(reverse("counter:application", args=args, kwargs=kwargs))

    return posted


def looked_at_resident(
    request: HttpRequest, clerk: Clerk, public_id: str, act: CounterAct, *, also_abroad: bool = False
) -> Resident:
    """The person that a page is about, whom this clerk may do this to; the look is in the journal.

    `also_abroad`: it may be about who lives abroad with a card that goes on. Raises Refused as
    `queries.resident_of`, NotAllowed as `guards.require`.
    """
    person = resident_of(public_id, also_abroad=also_abroad)
    guards.require(clerk, act, person)
    looks.at_person(clerk, person, act, at=instant(request))
    return person


def looked_at_application(request: HttpRequest, clerk: Clerk, number: str, page: str) -> Application:
    """The application that a page is about; the look is in the journal. Raises NotAllowed."""
    found = queries.application(clerk, number)
    at_application(clerk, found, page, at=instant(request))
    return found


def _require_whole_upload(request: HttpRequest) -> None:
    """Beyond the limit the framework drops the files silently; none of them may be taken for missing."""
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if request.method == "POST" and length > settings.FILE_UPLOAD_MAX_MEMORY_SIZE:
        raise Malformed("E_EVIDENCE_UNREADABLE")


def clock() -> Clock:
    """The clock of this process, for what takes its time: speaking with a card."""
    present: Clock = settings.HONNIN_CLOCK
    return present
