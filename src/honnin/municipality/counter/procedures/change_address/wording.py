"""What is confirmed before another address is recorded, and what it makes of card and certificates."""

from collections.abc import Collection, Iterable
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.clock import day_in_japan
from honnin.law.certificates.lapse import EntryChange, event_of_change, ground_for_lapse
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.facts import purposes_of
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.pending import pending_row
from honnin.municipality.counter.applications.states import ApplicationState
from honnin.municipality.counter.cards.outcomes import card_row, certificate_rows, newest
from honnin.municipality.counter.cards.standing import standing
from honnin.municipality.counter.wording import Row, day, person_rows
from honnin.municipality.residents.models import Resident
from honnin.wire.messages.certificates import PersonState

ADDRESS_CHANGE = {
    EntryChange.ADDRESS: gettext_lazy("The person has moved within the municipality"),
    EntryChange.RESIDENCE_INDICATION: gettext_lazy("The indication of residence was introduced or changed"),
    EntryChange.AREA_RENAMED: gettext_lazy("The area, town or section was renamed"),
    EntryChange.LOT_RENUMBERED: gettext_lazy("The lot was renumbered"),
    EntryChange.BUILDING_NAME: gettext_lazy("The name of the building was changed or added"),
    EntryChange.STANDARD_CHARACTER: gettext_lazy("A character was replaced by its standard form"),
    EntryChange.CHARACTER_IDENTIFIED: gettext_lazy("A character was identified with another"),
}


RECORDED_CHANGE = ADDRESS_CHANGE | {
    EntryChange.SPELLING: gettext_lazy("Only the writing: it is the same address"),
}
"""With what the law finds by itself, whatever was declared."""


def new_address_rows(
    resident: Resident, address: str, change: EntryChange, moved_on: date | None
) -> list[Row]:
    """What is confirmed: whose address becomes which, why, and for a move on which day."""
    rows: list[Row] = [
        *person_rows(resident)[:3],
        {"label": _("Address in the register now"), "value": resident.address},
        {"label": _("New address"), "value": address},
        {"label": _("What has changed"), "value": RECORDED_CHANGE.get(change, change)},
    ]
    if change is EntryChange.ADDRESS and moved_on is not None:
        rows.append({"label": _("Day of the move"), "value": day(moved_on)})
    return rows


def ended_by_change(state: PersonState, change: EntryChange, today: date) -> list[Purpose]:
    """The purposes whose certificate, as it was issued, such a change of the entry ends."""
    return [
        purpose
        for purpose in Purpose
        if (certificate := newest(state, purpose, today)) is not None
        and ground_for_lapse(event_of_change(change, day_in_japan(certificate.issued_at)), purpose)
    ]


def change_rows(state: PersonState, change: EntryChange, today: date) -> list[Row]:
    """What a change of an entry does to card and certificates."""
    ended = ended_by_change(state, change, today)
    return [card_row(state, (), today), *certificate_rows(state, ended, Purpose, today)]


def is_revoked_by(state: PersonState, ended: Iterable[Purpose], today: date) -> bool:
    """Whether any of the purposes has a certificate left that an act could revoke."""
    return bool(set(standing(state, today)) & set(ended))


def undelivered_rows(applications: Iterable[Application], ended: Collection[Purpose]) -> list[Row]:
    """The applications that brought what such a change revokes before it was handed over."""
    return [
        pending_row(each, ended)
        for each in applications
        if each.state == ApplicationState.ISSUED and purposes_of(each) & set(ended)
    ]
