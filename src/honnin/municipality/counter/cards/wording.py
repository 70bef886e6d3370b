"""The words for cards, certificates and PINs: rows, cells and badges."""

from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.law.cards.card_state import CardEffect, card_state
from honnin.law.cards.pins import PinKind
from honnin.law.certificates.status import Status
from honnin.law.terms import Purpose
from honnin.municipality.counter.cards.standing import standing, status_of
from honnin.municipality.counter.wording import Cell, Row, day, moment
from honnin.wire.messages.certificates import CardFacts, CertificateState, PersonState

CERTIFICATE = {
    Purpose.SIGNATURE: gettext_lazy("Signature certificate"),
    Purpose.USER_AUTHENTICATION: gettext_lazy("User-authentication certificate"),
}


PIN = {
    PinKind.SIGNATURE: gettext_lazy("Signature certificate"),
    PinKind.USER_AUTHENTICATION: gettext_lazy("User-authentication certificate"),
    PinKind.RESIDENT_REGISTER: gettext_lazy("Resident register"),
    PinKind.CARD_FACE_ENTRY: gettext_lazy("Card-face entry"),
}


def rows_of_card(state: PersonState, today: date) -> list[Row]:
    """The person's newest card."""
    card = next(iter(state.cards), None)
    if card is None:
        return [{"label": _("Card"), "value": _("None"), "badge": "error"}]
    text, kind = card_badge(card, today)
    rows: list[Row] = [
        {"label": _("Card"), "value": text, "badge": kind},
        {"label": _("Card number"), "value": card.card_number},
        {"label": _("Valid until"), "value": day(card.expiry_date)},
    ]
    if state.reported_lost:
        rows.append({"label": _("Loss"), "value": _("Reported by telephone"), "badge": "warning"})
    return rows


def card_rows(state: PersonState, today: date) -> list[Row]:
    """The same with the certificates that stand on a day."""
    rows = rows_of_card(state, today)
    if not state.cards:
        return rows
    for purpose, name in (
        (Purpose.SIGNATURE, _("Signature")),
        (Purpose.USER_AUTHENTICATION, _("User authentication")),
    ):
        present = standing(state, today).get(purpose)
        text, kind = effect_badge(present, today) if present else (_("None"), "")
        rows.append({"label": name, "value": text, "badge": kind})
    return rows


def card_badge(card: CardFacts, today: date) -> tuple[str, str]:
    """The word and the colour of a card's state on a day."""
    return {
        CardEffect.VALID: (_("Valid"), "success"),
        CardEffect.EXPIRED: (_("Expired"), "neutral"),
        CardEffect.ENDED: (_("Revoked"), "error"),
    }[card_state(card.valid, card.expiry_date, today)]


def effect_badge(certificate: CertificateState, today: date) -> tuple[str, str]:
    """The word and the colour of how a certificate stands on a day."""
    return {
        Status.GOOD: (_("Valid"), "success"),
        Status.HELD: (_("On hold"), "warning"),
        Status.REVOKED: (_("Revoked"), "error"),
        Status.EXPIRED: (_("Expired"), "neutral"),
    }[status_of(certificate, today)]


def present_certificates(certificates: Iterable[CertificateState], today: date) -> str:
    """What an applicant has already, for the form on which certificates are applied for."""
    return " ".join(
        (
            _("%(certificate)s: there is one on hold.")
            if status_of(each, today) is Status.HELD
            else _("%(certificate)s: there is one that is valid until %(day)s.")
        )
        % {"certificate": CERTIFICATE[each.purpose], "day": day(each.expiry_date)}
        for each in certificates
    )


def certificate_cells(certificates: Iterable[CertificateState], today: date) -> list[list[Cell]]:
    """A table row for each certificate."""
    rows: list[list[Cell]] = []
    for certificate in certificates:
        text, kind = effect_badge(certificate, today)
        rows.append(
            [
                {"text": short_names()[certificate.purpose]},
                {"text": str(certificate.serial_number)},
                {"text": text, "badge": kind},
                {"text": day(certificate.expiry_date)},
                {"text": moment(certificate.issued_at)},
                {"text": moment(certificate.status_changed_at)},
            ]
        )
    return rows


def certificate_columns() -> list[str]:
    return [
        _("Certificate"),
        _("Serial number"),
        _("State"),
        _("Valid until"),
        _("Issued"),
        _("In this state since"),
    ]


def short_names() -> dict[Purpose, str]:
    return {Purpose.SIGNATURE: _("Signature"), Purpose.USER_AUTHENTICATION: _("User authentication")}
