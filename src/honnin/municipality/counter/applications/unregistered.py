"""Applications of a procedure that is not in the registry: shown as they stand, and not carried out."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import ClassVar, NoReturn

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.errors import Refusal, Refused
from honnin.law.counter.acts import CounterAct
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.states import ApplicationState
from honnin.municipality.counter.declaration import Kind
from honnin.municipality.counter.wording import Row
from honnin.wire.messages.certificates import PersonState

REFUSAL = Refusal("E_PROCEDURE_NOT_OFFERED")


class Unregistered(Kind):
    """An application that no procedure of the registry receives."""

    registered = False
    page = form_page = ""
    transitions: ClassVar[Mapping[ApplicationState, Mapping[CounterAct, ApplicationState]]] = {}
    last_step = 3  # the examination: the steps beyond it are those of procedures
    heading = gettext_lazy("Application of a procedure that is not offered here")
    possible = next_step = ""

    def refusals(
        self, application: object, clerk: object, state: PersonState, today: date
    ) -> tuple[Refusal, ...]:
        return (REFUSAL,)

    def may_end(self, application: object, state: Callable[[], PersonState], today: date) -> bool:
        return False

    def amended(self, application: object, on: date, data: QueryDict | None, *, sees_entry: bool) -> NoReturn:
        """Raises Refused E_PROCEDURE_NOT_OFFERED."""
        raise Refused(REFUSAL)

    def asked(self, application: object) -> Row:
        return {"label": _("Applied for"), "value": self.asked_briefly(application)}

    def asked_briefly(self, application: object) -> str:
        return _("A procedure that is not offered here")

    def impossible(self, application: object, number: int) -> str:
        return _("This application cannot be carried out here")

    def ending(self, *, gone: Sequence[str], against: bool, receivable: bool) -> str:
        return ""

    def overtaken(self, application: object, ended: Collection[Purpose]) -> str:
        return _("It cannot be carried out here, before this is recorded or afterwards.")
