"""The words of the counter's screens: labels of choices, badges of states, rows of lists.

Translates what others decided into cells and rows that the components draw; decides nothing.
"""

from collections.abc import Iterable, Sequence

from django.forms import Field, Form
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.law.counter.channels import Channel
from honnin.law.counter.eligibility import false_application_refusals
from honnin.law.counter.identity import ProxyKind
from honnin.municipality.counter.applications.models import Application, WhyWithdrawn
from honnin.municipality.counter.applications.states import ApplicationState
from honnin.municipality.counter.wording import Cell, Row, moment
from honnin.municipality.residents.models import Resident

PROXY = {
    ProxyKind.MANDATED: gettext_lazy("Proxy with a mandate"),
    ProxyKind.STATUTORY_AGENT: gettext_lazy("Statutory agent"),
    ProxyKind.HOUSEHOLD_MEMBER: gettext_lazy("Member of the same household, with a moving notice"),
}
STATE: dict[str, tuple[object, str]] = {
    ApplicationState.UNDER_EXAMINATION: (gettext_lazy("Under examination"), "info"),
    ApplicationState.REJECTED: (gettext_lazy("Rejected"), "error"),
    ApplicationState.APPROVED: (gettext_lazy("Accepted, to be issued"), "warning"),
    ApplicationState.ISSUED: (gettext_lazy("Issued, to be handed over"), "warning"),
    ApplicationState.HANDED_OVER: (gettext_lazy("Handed over"), "success"),
    ApplicationState.SETTING_PINS: (gettext_lazy("PINs are being set"), "warning"),
    ApplicationState.PINS_SET: (gettext_lazy("PINs reset"), "success"),
    ApplicationState.CARRYING_OUT: (gettext_lazy("Being carried out"), "warning"),
    ApplicationState.CARRIED_OUT: (gettext_lazy("Carried out"), "success"),
    ApplicationState.WITHDRAWN: (gettext_lazy("Withdrawn"), "neutral"),
    ApplicationState.ENDED: (gettext_lazy("Ended without being completed"), "neutral"),
}
CAME_BY = {
    Channel.COUNTER: gettext_lazy("Brought to the counter"),
    Channel.POST: gettext_lazy("By post"),
    Channel.TELEPHONE: gettext_lazy("By telephone"),
    Channel.ONLINE: gettext_lazy("By smartphone or computer"),
}
WITHDRAWN_BECAUSE = {
    WhyWithdrawn.APPLICANT: gettext_lazy("The applicant no longer wants it"),
    WhyWithdrawn.MISTAKE: gettext_lazy("It was received by mistake"),
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


def steps(current: int, last: int = RECEIPT, own: Sequence[object] = ()) -> list[dict[str, object]]:
    """The steps of a procedure that takes the first `last`, or its `own` after the examination; a number
    beyond means that all are done.
    """
    labels = (*STEPS[:EXAMINATION], *own) if own else STEPS[:last]
    states = ("done" if number < current else "todo" for number in range(1, len(labels) + 1))
    shown = ("current" if number == current else state for number, state in enumerate(states, 1))
    return [{"label": label, "state": state} for label, state in zip(labels, shown, strict=True)]


def application_rows(application: Application) -> list[Row]:
    """What was applied for, when, and what became of it."""
    state, kind = state_of(application)
    rows: list[Row] = [
        {"label": _("Application number"), "value": application.number},
        {"label": _("State"), "value": state, "badge": kind},
        application.kind.asked(application),
        {
            "label": _("Received"),
            "value": f"{moment(application.received_at)} {application.received_by.name}",
        },
    ]
    if application.details.get("came_by"):
        way = came_by(application.details["came_by"])
        rows.append({"label": _("How the application has come"), "value": way})
    rows += application.kind.consent_rows(application)
    if application.proxy_kind:
        rows.append(_proxy(application))
    rows += application.kind.entry_rows(application)
    if application.examined_by is not None:
        examined = f"{moment(application.examined_at)} {application.examined_by.name}"
        rows.append({"label": _("Examined"), "value": examined})
    if application.withdrawn_because:
        because = WITHDRAWN_BECAUSE[WhyWithdrawn(application.withdrawn_because)]
        rows.append({"label": _("Why it was withdrawn"), "value": because})
    rows += [
        {
            "label": _("Ground of the rejection"),
            "value": _("False application (%(code)s)") % {"code": refusal.code},
        }
        for refusal in false_application_refusals(application.found_false)
    ]
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


def came_by(value: str) -> object:
    """How an application has come; those of before it was asked were brought."""
    return CAME_BY[Channel(value or Channel.COUNTER)]


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
    return application.kind.states.get(application.state) or STATE[application.state]


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
        rows.append(
            [
                {
                    "text": application.number,
                    "url": reverse("counter:application", args=[application.number]),
                    "hidden_text": _("open"),
                    "number": True,
                },
                _applicant(application.resident),
                {"text": application.kind.asked_briefly(application)},
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


def application_columns() -> list[str]:
    return [_("Application number"), _("Applicant"), _("Applied for"), _("State"), _("Time received")]
