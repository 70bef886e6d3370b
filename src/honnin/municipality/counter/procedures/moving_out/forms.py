"""Where somebody moves to, and on which day."""

from typing import Any

from django.utils.translation import gettext_lazy

from honnin.console.forms import EntryField
from honnin.law.names.addresses import OF_THE_DAY_OF_MOVE, moving_out_refusals
from honnin.municipality.counter.residents.moves import Move
from honnin.municipality.counter.wording import sentence
from honnin.municipality.residents.services import place_names


class MovingOut(Move):
    """A notice of moving to another municipality: where to, and on which day."""

    destination = EntryField(
        "destination",
        label=gettext_lazy("Address after the move"),
        help_text=gettext_lazy("Begin with the prefecture."),
        error_messages={"required": gettext_lazy("Enter the address after the move.")},
    )
    field_order = ("destination", "moved_on")

    def __init__(self, *data: Any) -> None:
        super().__init__(*data)
        ahead = gettext_lazy("For example 2026-06-01 or 令和8年6月1日. It may be a day to come.")
        self.fields["moved_on"].help_text = ahead

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("destination") and cleaned.get("moved_on"):
            own, day, born = (
                self.resident.municipality.written(),
                cleaned["moved_on"],
                self.resident.birth_date,
            )
            for refusal in moving_out_refusals(
                cleaned["destination"], own, place_names(), moved_on=day, on=self.on, born=born
            ):
                self.add_error(
                    "moved_on" if refusal.code in OF_THE_DAY_OF_MOVE else "destination", sentence(refusal)
                )
        return cleaned
