"""The page of a notice: what is typed, once more what it ends, and the record. Each procedure has its own.

What is said of card and certificates is asked of the law and of the agency, for the notice's events.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from honnin.clock import day_in_japan
from honnin.console.days import DayField
from honnin.console.entered.typed import refill
from honnin.console.instants import instant
from honnin.law.certificates.lapse import EntryChange, Event, ground_by_register
from honnin.law.counter.acts import CounterAct
from honnin.law.terms import Purpose
from honnin.law.wording import format_entered_day
from honnin.municipality.counter.applications import queries
from honnin.municipality.counter.applications.desk import looked_at_resident
from honnin.municipality.counter.applications.pending import pending_row
from honnin.municipality.counter.cards import outcomes
from honnin.municipality.counter.cards.agency import person_state
from honnin.municipality.counter.cards.prospects import receivable
from honnin.municipality.counter.cards.standing import has_valid_card, standing
from honnin.municipality.counter.declaration import Words
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.residents.moves import CONFIRMED
from honnin.municipality.counter.wording import Row, language, person_rows
from honnin.municipality.residents.models import Resident
from honnin.wire.messages.certificates import PersonState

Happening = tuple[Event, Collection[EntryChange]]
"""An event, and what was changed by it."""


class OfSomebody(forms.Form):
    """What a notice says of a resident, recorded on a day."""

    def __init__(self, resident: Resident, on: date, *data: Any) -> None:
        super().__init__(*data)
        self.resident, self.on = resident, on
        for field in self.fields.values():
            if isinstance(field, DayField) and field.required and not data:
                field.initial = format_entered_day(on, language())

    @property
    def stood(self) -> str:
        """What the entry says, in short: by it somebody who was faster is noticed."""
        return ""

    def happenings(self) -> Sequence[Happening]:
        """What the notice is, of those fields that were understood."""
        raise NotImplementedError


@dataclass(frozen=True)
class NoticePage:
    """How one procedure's page differs from the others'.

    `rows`: what is confirmed. `record`: the act. `sent_again`: whether what was confirmed stands already, of
    which `already` tells. `leaves`: whether the person is in the register no longer afterwards. `later`: that
    what ends does so on a day to come.
    """

    act: CounterAct
    title: Words
    button: Words
    recorded: Words
    form: type[OfSomebody]
    rows: Callable[[Resident, Any], list[Row]]
    record: Callable[[Resident, Any, Clerk, datetime], PersonState | None]
    sent_again: Callable[[Any], bool] = lambda _form: False
    already: Words = ""
    leaves: Callable[[Any], bool] = lambda _form: False
    also_abroad: bool = False
    intro: Words = ""
    later: Words = ""


def notice(request: HttpRequest, clerk: Clerk, public_id: str, page: NoticePage) -> HttpResponse:
    """Draw the page of a notice, or record it. Raises as `looked_at_resident` and the page's act."""
    person = looked_at_resident(request, clerk, public_id, page.act, also_abroad=page.also_abroad)
    data = (request.POST,) if request.method == "POST" else ()
    form = page.form(person, day_in_japan(instant(request)), *data)
    confirming = request.method == "POST" and form.is_valid()
    if CONFIRMED in request.POST and page.sent_again(form):
        messages.info(request, str(page.already))
        return after_notice(clerk, person, leaves=False)
    if confirming and CONFIRMED in request.POST:
        messages.success(request, _record(request, clerk, person, form, page))
        return after_notice(clerk, person, leaves=page.leaves(form))
    if not confirming:
        refill(request, form)
    context = {
        "resident": person,
        "about": person.name,
        "page": page,
        "stood": form.stood if form.is_bound else request.POST.get("stood", form.stood),
        "person": person_rows(person),
        "form": form,
        **(_to_confirm(request, clerk, person, form, page) if confirming else {}),
    }
    return render(request, "counter/notice.html", context)


def after_notice(clerk: Clerk, person: Resident, *, leaves: bool) -> HttpResponse:
    """To the person, whose page offers what comes next; of who is gone to the application that is left."""
    if not leaves:
        return redirect("counter:resident", person.public_id)
    left = queries.open_application(clerk, person)
    return redirect("counter:application", left.number) if left else redirect("counter:residents")


def _record(request: HttpRequest, clerk: Clerk, person: Resident, form: OfSomebody, page: NoticePage) -> str:
    """Record it, and say what became of the certificates."""
    now = instant(request)
    today, before = day_in_japan(now), person_state(clerk, person.pk)
    after = page.record(person, form, clerk, now) or before
    anew = () if page.leaves(form) else receivable(person, after, clerk, today)
    became = outcomes.after_act(before, after, today, receivable=anew)
    application = outcomes.application_with_the_notice(after, today, anew)
    return outcomes.sentences(str(page.recorded), became, application)


def _to_confirm(
    request: HttpRequest, clerk: Clerk, person: Resident, form: OfSomebody, page: NoticePage
) -> dict[str, object]:
    """What will be recorded, and what becomes of card and certificates as they stand now."""
    today, state = day_in_japan(instant(request)), person_state(clerk, person.pk)
    happenings = form.happenings()
    ended = ended_by(state, happenings, today)
    leaves = page.leaves(form)
    gone = leaves or outcomes.ends_card([event for event, _changes in happenings])
    pending = queries.pending_applications(clerk, person) if gone or ended else []
    return {
        "rows": [*page.rows(person, form), *outcome_rows(state, happenings, today)],
        "ends": bool(set(standing(state, today)) & ended) or (gone and has_valid_card(state, today)),
        "pending": [pending_row(each, ended) for each in pending] if leaves else [],
        "leaves": leaves,
    }


def ended_by(state: PersonState, happenings: Iterable[Happening], today: date) -> frozenset[Purpose]:
    """The purposes whose certificate, as it was issued, such events end; of none that was, as of today."""
    found = set()
    for purpose in Purpose:
        last = outcomes.newest(state, purpose, today)
        issued_on = day_in_japan(last.issued_at) if last else today
        if any(ground_by_register(event, changes, purpose, issued_on) for event, changes in happenings):
            found.add(purpose)
    return frozenset(found)


def outcome_rows(state: PersonState, happenings: Sequence[Happening], today: date) -> list[Row]:
    """What such events do to card and certificates, as they stand now."""
    events = [event for event, _changes in happenings]
    ended = ended_by(state, happenings, today)
    return [outcomes.card_row(state, events, today), *outcomes.certificate_rows(state, ended, Purpose, today)]
