"""What becomes of card and certificates by an act, as they stand now: rows and sentences for who confirms it.

The law says what an event ends; the agency, how everything stands. Neither is said without the other.
"""

from collections.abc import Collection, Iterable
from datetime import date

from django.utils.translation import gettext as _

from honnin.law.cards.card_state import EVENT_OF_GROUND, CardEffect, card_state
from honnin.law.certificates.lapse import Event, grounds_of
from honnin.law.certificates.status import Status
from honnin.law.counter.notices import applies_with_the_notice
from honnin.law.terms import Purpose
from honnin.municipality.counter.cards.standing import standing, status_of
from honnin.municipality.counter.cards.wording import CERTIFICATE
from honnin.municipality.counter.wording import Row, language
from honnin.wire.messages.certificates import CertificateState, PersonState


def card_row(state: PersonState, events: Iterable[Event], today: date) -> Row:
    card = next(iter(state.cards), None)
    ends = ends_card(events)
    if card is None:
        return {"label": _("Card"), "value": _("None")}
    become = {
        CardEffect.VALID: _("Ends at once") if ends else _("Stays valid"),
        CardEffect.EXPIRED: _("Has expired already"),
        CardEffect.ENDED: _("Is revoked already"),
    }
    return {"label": _("Card"), "value": become[card_state(card.valid, card.expiry_date, today)]}


def ends_card(events: Iterable[Event]) -> bool:
    """Whether the card loses its validity by one of these events."""
    return any(ground in EVENT_OF_GROUND for event in events for ground in grounds_of(event))


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


def after_act(
    before: PersonState, after: PersonState, today: date, *, receivable: Collection[Purpose] = ()
) -> str:
    """What became of each certificate that stood before an act, once it is done.

    `receivable`: those for which another one can be applied for here as things stand.
    """
    stood = standing(before, today)
    now = {(each.purpose, each.serial_number): each for each in after.certificates}
    found = [
        _after(purpose, status_of(now.get((purpose, was.serial_number), was), today), purpose in receivable)
        for purpose in Purpose
        if (was := stood.get(purpose)) is not None
    ]
    return sentences(*found) or _("There was no certificate that could be revoked.")


def _after(purpose: Purpose, effect: Status, receivable: bool) -> str:
    anew = _("%(certificate)s: revoked; a new one can be applied for.")
    return {
        Status.GOOD: _("%(certificate)s: stays valid."),
        Status.HELD: _("%(certificate)s: stays on hold."),
        Status.REVOKED: anew if receivable else _("%(certificate)s: revoked."),
        Status.EXPIRED: _("%(certificate)s: has expired."),
    }[effect] % {"certificate": CERTIFICATE[purpose]}


def sentences(*each: str) -> str:
    """One after the other, as the page's language sets them."""
    return ("" if language() == "ja" else " ").join(filter(None, each))


def signature_is_revoked(state: PersonState, today: date) -> bool:
    """Whether the last signature certificate is revoked, so that one who wants one applies anew."""
    last = newest(state, Purpose.SIGNATURE, today)
    return last is not None and status_of(last, today) is Status.REVOKED


def application_with_the_notice(after: PersonState, today: date, receivable: Collection[Purpose]) -> str:
    """That a new signature certificate is applied for now, where the law leads there after a notice."""
    if not applies_with_the_notice(receivable, revoked=signature_is_revoked(after, today)):
        return ""
    return _("Now the person can apply for the new signature certificate, in the same visit.")
