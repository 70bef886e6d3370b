"""The words for corrections of an application: what stood before, what stands since, and by whom."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.law.cards.pins import PinKind
from honnin.law.counter.identity import IdentityDocument, ProxyKind
from honnin.municipality.counter.applications import wording
from honnin.municipality.counter.applications.evidence.wording import DOCUMENT, WHOSE
from honnin.municipality.counter.applications.models import Amendment, Application, EvidenceCopy, WhyWithdrawn
from honnin.municipality.counter.applications.states import ApplicationState
from honnin.municipality.counter.cards.wording import PIN
from honnin.municipality.counter.declaration import Detail
from honnin.municipality.counter.wording import Cell, moment

_COLUMN = {
    "signature": gettext_lazy("Signature certificate"),
    "user_authentication": gettext_lazy("User-authentication certificate"),
    "pins": gettext_lazy("PINs to reset"),
    "terms_accepted": gettext_lazy("Terms of use"),
    "terms_version": gettext_lazy("Version of the terms of use"),
    "recorded_name": gettext_lazy("Name to be recorded"),
    "recorded_address": gettext_lazy("Address to be recorded"),
    "substitutes_accepted": gettext_lazy("Substitute characters"),
    "ward_override": gettext_lazy("Adult ward"),
    "proxy_kind": gettext_lazy("Proxy"),
    "proxy_name": gettext_lazy("Name of the proxy"),
    "papers_set_aside": gettext_lazy("Documents that do not count"),
    "state": gettext_lazy("State"),
    "withdrawn_because": gettext_lazy("Why it was withdrawn"),
}


_UNKNOWN = Detail(gettext_lazy("A statement of a procedure that is not offered here"))


def paper(name: str, copied: bool) -> str:
    """A paper of an application as a choice says it (`evidence.paper`)."""
    words = _paper(name)
    return words if copied else _("%(paper)s (no copy)") % {"paper": words}


def columns() -> list[str]:
    return [_("Corrected"), _("What"), _("Before"), _("Since then")]


def cells(amendments: Iterable[Amendment]) -> list[list[Cell]]:
    """A table row for each column that an amendment changed, the oldest first."""
    return [
        [
            {"text": f"{moment(each.amended_at)} {each.amended_by.name}"},
            {"text": label},
            {"text": before, "long": True},
            {"text": since, "long": True},
        ]
        for each in amendments
        for label, before, since in _changes(each)
    ]


def _changes(amendment: Amendment) -> Iterator[tuple[object, object, object]]:
    """What each column that changed is called, said, and says since; the details of a kind one by one."""
    before, after = amendment.before, amendment.after
    for name in after:
        if name != "details":
            yield _COLUMN[name], _value(name, before), _value(name, after)
    words = amendment.application.kind.details
    kept, since = (each.get("details", {}) for each in (before, after))
    for name in kept | since:
        if kept.get(name) != since.get(name):
            detail = words.get(name, _UNKNOWN)
            first, then = (detail.words(each[name]) if name in each else "–" for each in (kept, since))
            yield detail.label, first, then


def latest_step(application: Application) -> str:
    """What happened to an application last, when, and by whom, as far as the application says it."""
    when, who = _latest(application)
    words = [str(wording.state_of(application)[0])]
    if application.state == ApplicationState.UNDER_EXAMINATION:
        words = [_("Under examination, corrected") if who else words[0]]
    words += [moment(when)] if when else []
    return " ".join([*words, who]).strip()


def _latest(application: Application) -> tuple[datetime | None, str]:
    state, last = ApplicationState, application.amendments.order_by("-pk").first()
    if application.state in (state.UNDER_EXAMINATION, state.WITHDRAWN) and last:
        return last.amended_at, last.amended_by.name
    if application.state in (state.APPROVED, state.REJECTED) and application.examined_by:
        return application.examined_at, application.examined_by.name
    if application.state == state.ISSUED:
        return application.issued_at, ""
    return application.handed_over_at, ""


def _value(name: str, values: Mapping[str, Any]) -> object:
    value = values[name]
    if isinstance(value, bool):
        return _yes_or_no(name, value)
    if name in _WORDS:
        return _WORDS[name](value) if value else "–"
    return value or "–"


def _yes_or_no(name: str, value: bool) -> str:
    if name in ("terms_accepted", "substitutes_accepted"):
        return _("Agreed") if value else _("Not agreed")
    if name == "ward_override":
        return _("Issued on examination in person") if value else "–"
    return _("Applied for") if value else _("Not applied for")


def _paper(name: str) -> str:
    whose, _slash, document = name.partition("/")
    if whose == EvidenceCopy.Whose.MANDATE:
        return str(WHOSE[EvidenceCopy.Whose.MANDATE])
    owner = WHOSE[EvidenceCopy.Whose(whose)]
    return f"{owner}: {DOCUMENT[IdentityDocument(document)]}"


_WORDS: Mapping[str, Callable[[Any], object]] = {
    "pins": lambda kinds: _(", ").join(str(PIN[PinKind(kind)]) for kind in kinds),
    "proxy_kind": lambda kind: wording.PROXY[ProxyKind(kind)],
    "papers_set_aside": lambda names: _(", ").join(map(_paper, names)),
    "state": lambda state: wording.STATE[ApplicationState(state)][0],
    "withdrawn_because": lambda because: wording.WITHDRAWN_BECAUSE[WhyWithdrawn(because)],
}
