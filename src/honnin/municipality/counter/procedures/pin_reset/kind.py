"""What applications to set PINs again have of their own."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import ClassVar

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from honnin.errors import Refusal
from honnin.law.cards.pins import PinKind
from honnin.law.counter.acts import CounterAct
from honnin.law.counter.pin_reset import refusals_to_reset_pins
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.amendments.forms import Amended
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.states import ApplicationState, Transitions
from honnin.municipality.counter.applications.wording import CARD_AND_PINS, came_by
from honnin.municipality.counter.cards.wording import PIN
from honnin.municipality.counter.declaration import Asked, Detail, Kind
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.counter.procedures.pin_reset.facts import pin_reset_facts
from honnin.municipality.counter.procedures.pin_reset.forms import AmendedPinReset
from honnin.municipality.counter.wording import Row
from honnin.wire.messages.certificates import PersonState

State = ApplicationState


class Pins(Kind):
    """An application to set PINs again that were forgotten or blocked; it asks for no certificate."""

    act = CounterAct.SET_PINS
    page = "set_pins"
    form_page = "new_pin_reset"
    transitions: ClassVar[Transitions] = {
        State.APPROVED: {CounterAct.SET_PINS: State.SETTING_PINS},
        State.SETTING_PINS: {CounterAct.SET_PINS: State.PINS_SET, CounterAct.END: State.ENDED},
    }
    last_step = CARD_AND_PINS
    heading = gettext_lazy("Application for a PIN reset")
    paper = gettext_lazy("Application form for a PIN reset")
    possible = gettext_lazy("The PINs can be reset")
    next_step = gettext_lazy("The new PINs are set next")
    details: ClassVar[Mapping[str, Detail]] = {
        "came_by": Detail(gettext_lazy("How the application has come"), came_by)
    }
    states = {State.APPROVED: (gettext_lazy("Accepted, PINs to be set"), "warning")}

    def claims(self, asked: Asked) -> bool:
        return bool(asked.pins)

    def paper_choices(self) -> Sequence[tuple[str | Promise, Sequence[str | Promise]]]:
        return [(_("PINs to reset"), list(PIN.values()))]

    def refusals(
        self, application: Application, clerk: Clerk, state: PersonState, today: date
    ) -> tuple[Refusal, ...]:
        return refusals_to_reset_pins(pin_reset_facts(application, clerk, state), today)

    def may_end(self, application: Application, state: Callable[[], PersonState], today: date) -> bool:
        """Whether the card is at hand the clerk sees."""
        return True

    def amended(
        self, application: Application, on: date, data: QueryDict | None, *, sees_entry: bool
    ) -> Amended:
        return AmendedPinReset(application, on, *(() if data is None else (data,)))

    def asked(self, application: Application) -> Row:
        names = [PIN[PinKind(kind)] for kind in application.pins]
        return {"label": _("PINs to reset"), "value": _(", ").join(map(str, names))}

    def asked_briefly(self, application: Application) -> str:
        return _("PINs to reset")

    def impossible(self, application: Application, number: int) -> str:
        return ngettext(
            "The PINs cannot be reset, for %(number)s reason.",
            "The PINs cannot be reset, for %(number)s reasons.",
            number,
        ) % {"number": number}

    def ending(self, *, gone: Sequence[str], against: bool, receivable: bool) -> str:
        if gone or against:
            return _("End the application: each PIN is either the old or the new one.")
        return _(
            "If the card is no longer at hand, end the application: "
            "each PIN is either the old or the new one."
        )

    def overtaken(self, application: Application, ended: Collection[Purpose]) -> str:
        if application.state != State.SETTING_PINS:
            return ""
        return _("PINs can be set only before this is recorded; afterwards end the application.")
