"""What its applications have of their own: two details, two ways of their own, and the words for them."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import ClassVar

from django.http import QueryDict

from honnin.errors import Refusal
from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.applications.amendments.forms import Amended
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.states import ApplicationState, Transitions
from honnin.municipality.counter.applications.wording import EXAMINATION
from honnin.municipality.counter.declaration import Detail, Kind
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.wording import Row
from honnin.wire.messages.certificates import PersonState
from tests.support.procedures.printed.forms import AmendedCopies

State = ApplicationState


class PrintedCopies(Kind):
    act = CounterAct.CLEAR_CARD
    page = "print_copies"
    form_page = "new_printed"
    transitions: ClassVar[Transitions] = {
        State.APPROVED: {act: State.CARRYING_OUT},
        State.CARRYING_OUT: {act: State.CARRIED_OUT, CounterAct.END: State.ENDED},
    }
    last_step = EXAMINATION
    heading = "Application for printed copies"
    possible = "The copies can be printed"
    next_step = "They are printed next"
    states = {State.CARRYING_OUT: ("Copies in the printer", "warning")}
    details: ClassVar = {"copies": Detail("Copies"), "addressee": Detail("For whom", personal=True)}

    def refusals(
        self, application: Application, clerk: Clerk, state: PersonState, today: date
    ) -> tuple[Refusal, ...]:
        return () if state.certificates else (Refusal("E_CERT_REVOKED"),)

    def may_end(self, application: Application, state: Callable[[], PersonState], today: date) -> bool:
        return True

    def amended(
        self, application: Application, on: date, data: QueryDict | None, *, sees_entry: bool
    ) -> Amended:
        return AmendedCopies(application, *(() if data is None else (data,)))

    def asked(self, application: Application) -> Row:
        words = f"{application.details['copies']} for {application.details['addressee']}"
        return {"label": "Printed copies", "value": words}

    def asked_briefly(self, application: Application) -> str:
        return "Printed copies"

    def impossible(self, application: Application, number: int) -> str:
        return "Nothing can be printed."

    def ending(self, *, gone: Sequence[str], against: bool, receivable: bool) -> str:
        return "End it: some copies may have been printed."
