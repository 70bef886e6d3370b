"""What becomes of card and certificates by an act, as they stand now: rows and sentences for who confirms it.

The law says what an event ends; the agency, how everything stands. Neither is said without the other.
"""

from collections.abc import Collection, Iterable
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from honnin.clock import day_in_japan
from honnin.law.cards.card_state import EVENT_OF_GROUND, CardEffect, card_state
from honnin.law.certificates.lapse import (
    EntryChange,
    Event,
    event_of_change,
    events_of_moving_out,
    ground_for_lapse,
    grounds_of,
    last_day_to_move_in,
)
from honnin.law.certificates.status import Status
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.facts import has_valid_card, purposes_of, standing, status_of
from honnin.municipality.counter.applications.models import Application, ApplicationState
from honnin.municipality.counter.applications.wording import CERTIFICATE, Row, day, language, state_of
from honnin.wire.messages.certificates import CertificateState, PersonState


def moving_out_rows(state: PersonState, moved_on: date, today: date) -> list[Row]:
    """What a notice of moving out, recorded today, does to card and certificates; until when they go on."""
    events = events_of_moving_out(moved_on, today)
    ended = [purpose for purpose in Purpose if any(ground_for_lapse(event, purpose) for event in events)]
    rows = [_card_row(state, events, today), *certificate_rows(state, ended, Purpose, today)]
    if Event.MOVE_NOT_COMPLETED not in events and has_valid_card(state, today):
        rows.append({"label": _("Last day to move in elsewhere"), "value": _term(moved_on)})
    if state.reported_lost:
        rows.append({"label": _("Loss of the card"), "value": _("Is reported here too, with the notice")})
    return rows


def pending_rows(applications: Iterable[Application], moved_on: date, today: date) -> list[Row]:
    """The applications that such a notice overtakes, and how each of them ends then."""
    events = events_of_moving_out(moved_on, today)
    ended = {purpose for purpose in Purpose if any(ground_for_lapse(event, purpose) for event in events)}
    return [_pending_row(each, ended) for each in applications]


def _pending_row(application: Application, ended: Collection[Purpose]) -> Row:
    said = {"state": state_of(application)[0], "left": _left_to_do(application, ended)}
    return {
        "label": application.number,
        "value": _("%(state)s: %(left)s") % said,
        "url": reverse("counter:application", args=[application.number]),
    }


def _left_to_do(application: Application, ended: Collection[Purpose]) -> str:
    if application.state == ApplicationState.SETTING_PINS:
        return _("PINs can be set only before this is recorded; afterwards end the application.")
    if application.state != ApplicationState.ISSUED:
        return _("It cannot be completed afterwards. Reject or withdraw it then.")
    if purposes_of(application) & set(ended):
        return _("The card can be handed over only before this is recorded; afterwards end the application.")
    return _("The card can still be handed over afterwards.")


def _term(moved_on: date) -> str:
    last = {"day": day(last_day_to_move_in(moved_on))}
    return (
        _(
            "%(day)s. After it, the card and its certificates end. Moving in is not recorded by this "
            "version, so nothing prevents that."
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


def _card_row(state: PersonState, events: Iterable[Event], today: date) -> Row:
    card = next(iter(state.cards), None)
    ends = any(ground in EVENT_OF_GROUND for event in events for ground in grounds_of(event))
    if card is None:
        return {"label": _("Card"), "value": _("None")}
    become = {
        CardEffect.VALID: _("Ends at once") if ends else _("Stays valid"),
        CardEffect.EXPIRED: _("Has expired already"),
        CardEffect.ENDED: _("Is revoked already"),
    }
    return {"label": _("Card"), "value": become[card_state(card.valid, card.expiry_date, today)]}


def certificate_rows(
    state: PersonState, ended: Collection[Purpose], shown: Iterable[Purpose], today: date
) -> list[Row]:
    """How a certificate of each purpose stands, and what becomes of it by an act that ends some purposes."""
    return [
        {
            "label": CERTIFICATE[purpose],
            "value": _becomes(newest(state, purpose, today), purpose in ended, today),
        }
        for purpose in shown
    ]


def newest(state: PersonState, purpose: Purpose, today: date) -> CertificateState | None:
    """The certificate of a purpose that stands, or else the last one that there was."""
    last = (each for each in state.certificates if each.purpose == purpose)
    return standing(state, today).get(purpose) or next(last, None)


def _becomes(certificate: CertificateState | None, ends: bool, today: date) -> str:
    if certificate is None:
        return _("None")
    return {
        Status.GOOD: _("Will be revoked") if ends else _("Stays valid"),
        Status.HELD: _("On hold; will be revoked") if ends else _("Stays on hold"),
        Status.REVOKED: _("Is revoked already"),
        Status.EXPIRED: _("Has expired already"),
    }[status_of(certificate, today)]


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
    return [_card_row(state, (), today), *certificate_rows(state, ended, Purpose, today)]


def is_revoked_by(state: PersonState, ended: Iterable[Purpose], today: date) -> bool:
    """Whether any of the purposes has a certificate left that an act could revoke."""
    return bool(set(standing(state, today)) & set(ended))


def undelivered_rows(applications: Iterable[Application], ended: Collection[Purpose]) -> list[Row]:
    """The applications that brought what such a change revokes before it was handed over."""
    return [
        _pending_row(each, ended)
        for each in applications
        if each.state == ApplicationState.ISSUED and purposes_of(each) & set(ended)
    ]


def told(
    before: PersonState, after: PersonState, today: date, *, receivable: Collection[Purpose] = ()
) -> str:
    """What became of each certificate that stood before an act, once it is done.

    `receivable`: those for which another one can be applied for here as things stand.
    """
    stood = standing(before, today)
    now = {(each.purpose, each.serial_number): each for each in after.certificates}
    found = [
        _told(purpose, status_of(now.get((purpose, was.serial_number), was), today), purpose in receivable)
        for purpose in Purpose
        if (was := stood.get(purpose)) is not None
    ]
    return sentences(*found) or _("There was no certificate that could be revoked.")


def _told(purpose: Purpose, effect: Status, receivable: bool) -> str:
    anew = _("%(certificate)s: revoked; a new one can be applied for.")
    return {
        Status.GOOD: _("%(certificate)s: stays valid."),
        Status.HELD: _("%(certificate)s: stays on hold."),
        Status.REVOKED: anew if receivable else _("%(certificate)s: revoked."),
        Status.EXPIRED: _("%(certificate)s: has expired."),
    }[effect] % {"certificate": CERTIFICATE[purpose]}


def sentences(*said: str) -> str:
    """One after the other, as the page's language sets them."""
    return ("" if language() == "ja" else " ").join(filter(None, said))


def signature_is_revoked(state: PersonState, today: date) -> bool:
    """Whether the last signature certificate is revoked, so that one who wants one applies anew."""
    last = newest(state, Purpose.SIGNATURE, today)
    return last is not None and status_of(last, today) is Status.REVOKED
