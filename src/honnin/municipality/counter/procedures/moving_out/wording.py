"""What is confirmed before a notice of moving out is recorded, and what it makes of card and certificates."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from honnin.law.certificates.lapse import Event, events_of_moving_out, ground_for_lapse, last_day_to_move_in
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.pending import pending_row
from honnin.municipality.counter.cards.outcomes import card_row, certificate_rows
from honnin.municipality.counter.cards.standing import has_valid_card, standing
from honnin.municipality.counter.wording import Row, day, person_rows
from honnin.municipality.residents.models import Resident
from honnin.wire.messages.certificates import PersonState


def notice_rows(resident: Resident, entered: Mapping[str, Any]) -> list[Row]:
    """What is confirmed: who moves, where to, on which day. What it ends, `outcome_rows` says."""
    return [
        *person_rows(resident)[:3],
        {"label": _("Address after the move"), "value": entered["destination"]},
        {"label": _("Day of the move"), "value": day(entered["moved_on"])},
    ]


def outcome_rows(state: PersonState, moved_on: date, today: date) -> list[Row]:
    """What a notice of moving out, recorded today, does to card and certificates; until when they go on."""
    events = events_of_moving_out(moved_on, today)
    ended = [purpose for purpose in Purpose if any(ground_for_lapse(event, purpose) for event in events)]
    rows = [card_row(state, events, today), *certificate_rows(state, ended, Purpose, today)]
    if moved_on > today:
        ending = _("On the day of the move, by itself: the entry, and the signature certificate")
        rows.append({"label": _("Ends"), "value": ending})
    if Event.MOVE_NOT_COMPLETED not in events and has_valid_card(state, today):
        rows.append({"label": _("Last day to move in elsewhere"), "value": _term(moved_on)})
    if state.reported_lost:
        rows.append({"label": _("Loss of the card"), "value": _("Is reported here too, with the notice")})
    return rows


def pending_rows(applications: Iterable[Application], moved_on: date, today: date) -> list[Row]:
    """The applications that such a notice overtakes, and how each of them ends then; none before its day."""
    if moved_on > today:
        return []
    events = events_of_moving_out(moved_on, today)
    ended = {purpose for purpose in Purpose if any(ground_for_lapse(event, purpose) for event in events)}
    return [pending_row(each, ended) for each in applications]


def _term(moved_on: date) -> str:
    last = {"day": day(last_day_to_move_in(moved_on))}
    return (
        _(
            "%(day)s. After it, the card and its certificates end, unless the person has moved in elsewhere "
            "by then."
        )
        % last
    )


def overdue_warning(state: PersonState, moved_on: date, today: date) -> str:
    """That everything ends at once, where the time to move in has passed and anything is left to end."""
    overdue = Event.MOVE_NOT_COMPLETED in events_of_moving_out(moved_on, today)
    if not overdue or not (has_valid_card(state, today) or standing(state, today)):
        return ""
    days = {"moved": day(moved_on), "last": day(last_day_to_move_in(moved_on))}
    return (
        _(
            "The day of the move is %(moved)s, so the last day to move in elsewhere was %(last)s. What ends "
            "here does not come back. Check year, month and day."
        )
        % days
    )
