"""The words of the counter's screens: labels of choices, badges of states, rows of lists.

Translates what others decided into cells and rows that the components draw; decides nothing.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.forms import Field, Form
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from honnin.errors import HonninError, Language, Reader, Refusal, language_of
from honnin.law.cards.card_state import CardEffect, card_state
from honnin.law.cards.pins import PinKind
from honnin.law.certificates.lapse import EntryChange
from honnin.law.certificates.status import Status
from honnin.law.counter.identity import IdentityDocument, ProxyKind
from honnin.law.terms import LapseGround, Purpose, Sex
from honnin.law.wording import ErrorText, explain_error, explain_refusals, format_day, format_instant
from honnin.municipality.counter.applications.facts import recorded_form, standing, status_of
from honnin.municipality.counter.applications.models import (
    Application,
    ApplicationState,
    EvidenceCopy,
    ReasonToLook,
    WhyWithdrawn,
)
from honnin.municipality.residents.models import Resident
from honnin.wire.messages.certificates import CardFacts, CertificateState, PersonState

Cell = dict[str, object]
Row = dict[str, object]

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
DOCUMENT = {
    IdentityDocument.NUMBER_CARD: gettext_lazy("My Number Card"),
    IdentityDocument.DRIVING_LICENCE: gettext_lazy("Driving licence"),
    IdentityDocument.DRIVING_RECORD: gettext_lazy("Driving record certificate"),
    IdentityDocument.PASSPORT: gettext_lazy("Passport"),
    IdentityDocument.RESIDENCE_CARD: gettext_lazy("Residence card"),
    IdentityDocument.SPECIAL_PERMANENT_RESIDENT_CERTIFICATE: gettext_lazy(
        "Special permanent resident certificate"
    ),
    IdentityDocument.DISABILITY_CERTIFICATE: gettext_lazy("Disability certificate"),
    IdentityDocument.OTHER_LICENCE: gettext_lazy("Other licence or qualification with a photograph"),
    IdentityDocument.ELECTRONIC_DOCUMENT: gettext_lazy("Identity document shown on a device"),
    IdentityDocument.OTHER_PHOTO_DOCUMENT: gettext_lazy("Other official document with a photograph"),
    IdentityDocument.INQUIRY_ANSWER: gettext_lazy("Answered inquiry form"),
    IdentityDocument.HEALTH_INSURANCE: gettext_lazy("Health insurance certificate"),
    IdentityDocument.PENSION_BOOK: gettext_lazy("Pension book"),
    IdentityDocument.BIRTH_NOTIFICATION: gettext_lazy("Proof of birth notification"),
    IdentityDocument.OTHER_DOCUMENT: gettext_lazy("Other document that the mayor accepts"),
}
PROXY = {
    ProxyKind.MANDATED: gettext_lazy("Proxy with a mandate"),
    ProxyKind.STATUTORY_AGENT: gettext_lazy("Statutory agent"),
    ProxyKind.HOUSEHOLD_MEMBER: gettext_lazy("Member of the same household, with a moving notice"),
}
WHOSE = {
    EvidenceCopy.Whose.APPLICANT: gettext_lazy("Applicant"),
    EvidenceCopy.Whose.PROXY: gettext_lazy("Proxy"),
    EvidenceCopy.Whose.MANDATE: gettext_lazy("Mandate or proof of agency"),
}
MANDATE = "mandate"
STATE: dict[str, tuple[object, str]] = {
    ApplicationState.UNDER_EXAMINATION: (gettext_lazy("Under examination"), "info"),
    ApplicationState.REJECTED: (gettext_lazy("Rejected"), "error"),
    ApplicationState.APPROVED: (gettext_lazy("Accepted, to be issued"), "warning"),
    ApplicationState.ISSUED: (gettext_lazy("Issued, to be handed over"), "warning"),
    ApplicationState.HANDED_OVER: (gettext_lazy("Handed over"), "success"),
    ApplicationState.SETTING_PINS: (gettext_lazy("PINs are being set"), "warning"),
    ApplicationState.PINS_SET: (gettext_lazy("PINs reset"), "success"),
    ApplicationState.WITHDRAWN: (gettext_lazy("Withdrawn"), "neutral"),
    ApplicationState.ENDED: (gettext_lazy("Ended without being completed"), "neutral"),
}
GROUND = {
    LapseGround.REQUEST_OR_NOTICE: gettext_lazy("The holder no longer wants to use it"),
    LapseGround.KEY_COMPROMISE_NOTICE: gettext_lazy("The key or the PIN may be known to others"),
}
WITHDRAWN_BECAUSE = {
    WhyWithdrawn.APPLICANT: gettext_lazy("The applicant no longer wants it"),
    WhyWithdrawn.MISTAKE: gettext_lazy("It was received by mistake"),
}
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
"""With what the law finds by itself, whatever was said."""
REASON = {
    ReasonToLook.MOVING_IN: gettext_lazy("The person is moving into this municipality"),
    ReasonToLook.WRONG_COUNTER: gettext_lazy("The person is here and must be told where to go"),
    ReasonToLook.OFFICIAL_INQUIRY: gettext_lazy("Another office asks on a lawful ground"),
    ReasonToLook.CORRECTION: gettext_lazy("Two persons must be told apart"),
}
SEX = {
    Sex.MALE: gettext_lazy("Male"),
    Sex.FEMALE: gettext_lazy("Female"),
    Sex.UNKNOWN: gettext_lazy("Unknown"),
}
STEPS = (
    gettext_lazy("Applicant"),
    gettext_lazy("Application and identity"),
    gettext_lazy("Examination"),
    gettext_lazy("Card and PINs"),
    gettext_lazy("Issue to the card"),
    gettext_lazy("Receipt"),
)
APPLICANT, APPLICATION, EXAMINATION, CARD_AND_PINS, WRITING, RECEIPT = range(1, 7)


def language() -> Language:
    """The language of this page's sentences."""
    return language_of(get_language())


def refusals(found: Iterable[Refusal]) -> tuple[ErrorText, ...]:
    """Why the law says no, as a clerk reads it."""
    return explain_refusals(found, language(), Reader.CLERK)


def error(found: HonninError) -> tuple[ErrorText, ...]:
    """What went wrong, as a clerk reads it."""
    return explain_error(found, language(), Reader.CLERK)


def day(value: date) -> str:
    """A legal day in both calendars."""
    return format_day(value, language())


def moment(value: datetime | None) -> str:
    """An instant in Japan's time, to the minute."""
    return format_instant(value, language()) if value else ""


def steps(current: int, *, resets_pins: bool = False) -> list[dict[str, object]]:
    """The procedure's six steps; a number beyond them means that all are done. PINs take the first four."""
    labels = STEPS[:CARD_AND_PINS] if resets_pins else STEPS
    states = ("done" if number < current else "todo" for number in range(1, len(labels) + 1))
    said = ("current" if number == current else state for number, state in enumerate(states, 1))
    return [{"label": label, "state": state} for label, state in zip(labels, said, strict=True)]


def person_rows(resident: Resident) -> list[Row]:
    """Who it is, as the register says."""
    return [
        {"label": _("Name"), "value": resident.name},
        {"label": _("Name in katakana"), "value": resident.kana},
        {"label": _("Date of birth"), "value": day(resident.birth_date)},
        {"label": _("Sex"), "value": SEX[Sex(resident.sex)]},
        {"label": _("Address"), "value": resident.address},
        *_since(resident),
        {"label": _("Resident record code"), "value": resident.person_code},
        {"label": _("Municipality"), "value": resident.municipality.name},
    ]


def _since(resident: Resident) -> list[Row]:
    """Since when the address is theirs, where that is known."""
    since = resident.address_since
    return [{"label": _("At this address since"), "value": day(since)}] if since else []


def moving_out_rows(resident: Resident, entered: Mapping[str, Any]) -> list[Row]:
    """What is confirmed: who moves, where to, on which day. What it ends, `becomes` says."""
    return [
        *person_rows(resident)[:3],
        {"label": _("Address after the move"), "value": entered["destination"]},
        {"label": _("Day of the move"), "value": day(entered["moved_on"])},
    ]


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


def elsewhere_rows(resident: Resident) -> list[Row]:
    """What a clerk sees of another municipality's resident without a reason, also of who lived here once."""
    return [
        {"label": _("Name"), "value": resident.name},
        {"label": _("Municipality"), "value": resident.municipality.name},
    ]


def application_rows(application: Application) -> list[Row]:
    """What was applied for, when, and what became of it."""
    state, kind = state_of(application)
    rows: list[Row] = [
        {"label": _("Application number"), "value": application.number},
        {"label": _("State"), "value": state, "badge": kind},
        _asked(application),
        {
            "label": _("Received"),
            "value": f"{moment(application.received_at)} {application.received_by.name}",
        },
    ]
    if not application.resets_pins:
        rows.append(_terms(application))
    if application.proxy_kind:
        rows.append(_proxy(application))
    if application.substitutes_accepted:
        rows += _substitute_rows(application)
    if application.ward_override:
        rows.append({"label": _("Adult ward"), "value": _("Issued on examination in person")})
    if application.examined_by is not None:
        examined = f"{moment(application.examined_at)} {application.examined_by.name}"
        rows.append({"label": _("Examined"), "value": examined})
    if application.withdrawn_because:
        because = WITHDRAWN_BECAUSE[WhyWithdrawn(application.withdrawn_because)]
        rows.append({"label": _("Why it was withdrawn"), "value": because})
    if application.rejection_reason:
        rows.append({"label": _("Reason for rejecting it"), "value": application.rejection_reason})
    return rows


def unsent_rows(form: Form, drawn: bool) -> list[Row]:
    """What was typed into a form that the page has no place for any more."""
    typed = () if drawn else ((form[name], value) for name, value in form.initial.items() if value)
    return [{"label": field.label, "value": _chosen(field.field, value)} for field, value in typed]


def changed_rows(form: Form) -> list[Row]:
    """What was typed into a form that is bound, where it differs from what stood there before."""
    return [
        {"label": form[name].label, "value": _chosen(form.fields[name], form[name].value()) or "–"}
        for name in form.changed_data
    ]


def _chosen(field: Field, value: object) -> object:
    """The words of a choice, or of several; anything else as it was typed."""
    words = dict(getattr(field, "choices", ()))
    if isinstance(value, list):
        return _(", ").join(str(words.get(each, each)) for each in value)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return words.get(value, value)


def _terms(application: Application) -> Row:
    agreed = _("Agreed") if application.terms_accepted else _("Not agreed")
    if application.terms_version:
        version = application.terms_version
        agreed = _("Agreed to version %(version)s") % {"version": version}
        return {"label": _("Terms of use"), "value": agreed, "url": reverse("terms_version", args=[version])}
    return {"label": _("Terms of use"), "value": agreed, "url": reverse("terms_of_use")}


def citizen_rows(application: Application) -> list[Row]:
    """Whose certificates and PINs they are, and who has come, for the person at the screen to recognise."""
    rows: list[Row] = [{"label": _("Applicant"), "value": application.resident.name}]
    if application.proxy_kind:
        rows.append(_proxy(application))
    return rows


def _proxy(application: Application) -> Row:
    kind = PROXY[ProxyKind(application.proxy_kind)]
    return {"label": _("Proxy"), "value": f"{application.proxy_name} ({kind})"}


def state_of(application: Application) -> tuple[object, str]:
    """The word and the colour of an application's state."""
    if application.resets_pins and application.state == ApplicationState.APPROVED:
        return _("Accepted, PINs to be set"), "warning"
    return STATE[application.state]


def _asked(application: Application) -> Row:
    if application.resets_pins:
        names = [PIN[PinKind(kind)] for kind in application.pins]
        return {"label": _("PINs to reset"), "value": _(", ").join(map(str, names))}
    names = [CERTIFICATE[purpose] for purpose in Purpose if getattr(application, purpose)]
    return {"label": _("Certificates applied for"), "value": _(", ").join(map(str, names))}


def _substitute_rows(application: Application) -> list[Row]:
    name, address = application.resident.name, application.resident.address
    return [
        {"label": _("Name in the certificate"), "value": recorded_form(name, application.recorded_name)},
        {
            "label": _("Address in the certificate"),
            "value": recorded_form(address, application.recorded_address),
        },
    ]


def card_rows(state: PersonState, today: date) -> list[Row]:
    """The person's newest card and the certificates that stand on a day."""
    card = next(iter(state.cards), None)
    if card is None:
        return [{"label": _("Card"), "value": _("None"), "badge": "error"}]
    text, kind = card_badge(card, today)
    rows: list[Row] = [
        {"label": _("Card"), "value": text, "badge": kind},
        {"label": _("Card number"), "value": card.card_number},
        {"label": _("Valid until"), "value": day(card.expiry_date)},
    ]
    for purpose, name in (
        (Purpose.SIGNATURE, _("Signature")),
        (Purpose.USER_AUTHENTICATION, _("User authentication")),
    ):
        present = standing(state, today).get(purpose)
        text, kind = effect_badge(present, today) if present else (_("None"), "")
        rows.append({"label": name, "value": text, "badge": kind})
    if state.reported_lost:
        rows.append({"label": _("Loss"), "value": _("Reported by telephone"), "badge": "warning"})
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
                {"text": _short()[certificate.purpose]},
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


def cells_of_one_applicant(applications: Iterable[Application]) -> list[list[Cell]]:
    """The same on the page of the applicant, who needs no column there."""
    return [[*row[:1], *row[2:]] for row in application_cells(applications)]


def columns_of_one_applicant() -> list[str]:
    return [application_columns()[0], *application_columns()[2:]]


def application_cells(applications: Iterable[Application]) -> list[list[Cell]]:
    """A table row for each application of the list."""
    rows: list[list[Cell]] = []
    for application in applications:
        text, kind = state_of(application)
        asked = [name for purpose, name in _short().items() if getattr(application, purpose)]
        if application.resets_pins:
            asked = [_("PINs to reset")]
        rows.append(
            [
                {
                    "text": application.number,
                    "url": reverse("counter:application", args=[application.number]),
                    "hidden_text": _("open"),
                    "number": True,
                },
                _applicant(application.resident),
                {"text": _(", ").join(asked)},
                {"text": text, "badge": kind},
                {"text": moment(application.received_at)},
            ]
        )
    return rows


def _applicant(resident: Resident) -> Cell:
    """The name, which leads to the person while the register has them."""
    if resident.removed_on is not None:
        return {"text": resident.name, "name": True}
    return {
        "text": resident.name,
        "name": True,
        "url": reverse("counter:resident", args=[resident.public_id]),
    }


def _short() -> dict[Purpose, str]:
    return {Purpose.SIGNATURE: _("Signature"), Purpose.USER_AUTHENTICATION: _("User authentication")}


def application_columns() -> list[str]:
    return [_("Application number"), _("Applicant"), _("Applied for"), _("State"), _("Time received")]


def resident_cells(residents: Iterable[Resident], own: str) -> list[list[Cell]]:
    """A table row for each person found; of another municipality's resident name and municipality alone."""
    return [
        [
            {
                "text": resident.name,
                "url": reverse("counter:resident", args=[resident.public_id]),
                "hidden_text": _("choose"),
            },
            {"text": resident.municipality.name},
            *_rest(resident, own),
        ]
        for resident in residents
    ]


def _rest(resident: Resident, own: str) -> tuple[Cell, ...]:
    if resident.municipality_id != own:
        return tuple({"text": "–"} for _each in range(3))
    return (
        {"text": resident.kana},
        {"text": day(resident.birth_date)},
        {"text": resident.address, "long": True},
    )


def resident_columns() -> list[str]:
    return [_("Name"), _("Municipality"), _("Name in katakana"), _("Date of birth"), _("Address")]


def copy_cells(copies: Iterable[EvidenceCopy], names: Mapping[str, str]) -> list[list[Cell]]:
    """A table row for each copy that was kept, each leading to the copy; `names`: of clerks, by account."""
    return [
        [
            {
                "text": _document_name(copy),
                "url": reverse("counter:evidence_copy", args=[copy.application_id, copy.public_id]),
                "hidden_text": _("show the copy"),
            },
            {"text": WHOSE[EvidenceCopy.Whose(copy.whose)]},
            {"text": f"{moment(copy.copied_at)} {names.get(copy.copied_by, copy.copied_by)}"},
        ]
        for copy in copies
    ]


def _document_name(copy: EvidenceCopy) -> object:
    if copy.whose == EvidenceCopy.Whose.MANDATE:
        return WHOSE[EvidenceCopy.Whose.MANDATE]
    return DOCUMENT[IdentityDocument(copy.document)]
