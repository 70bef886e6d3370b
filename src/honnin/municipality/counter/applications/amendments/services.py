"""Correcting an application before it is decided on, and taking it back before it is carried out.

What stood before is kept beside it (`Amendment`), bound to the act's entry in the journal. The entry names
the columns that were changed and what they said; of names and addresses it has a keyed digest.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from honnin.errors import Conflict
from honnin.journal.binding import changed
from honnin.law.counter.acts import CounterAct
from honnin.law.names.spelling import folded_name
from honnin.municipality.counter import guards
from honnin.municipality.counter.applications.evidence.copies import paper, papers_of
from honnin.municipality.counter.applications.models import Amendment, Application, EvidenceCopy, WhyWithdrawn
from honnin.municipality.counter.applications.request import ApplicationRequest, agreed_version
from honnin.municipality.counter.applications.services import held
from honnin.municipality.counter.applications.states import ApplicationState
from honnin.municipality.counter.declaration import Detail, receiving
from honnin.municipality.counter.guards.acts import about_application, about_resident, record
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.records.journal import DATABASE, JOURNAL
from honnin.municipality.residents.entered import require_entered

PERSONAL = frozenset({"recorded_name", "recorded_address", "proxy_name"})
_OF_PROXY = (EvidenceCopy.Whose.PROXY, EvidenceCopy.Whose.MANDATE)


def amend(
    application: Application,
    asked: ApplicationRequest,
    set_aside: Iterable[str] = (),
    *,
    same_proxy: bool = False,
    seen: int | None = None,
    clerk: Clerk,
    at: datetime,
) -> tuple[str, ...]:
    """Let the application say what `asked` says; returns the columns that changed, none if it said so before.

    `set_aside`: papers (`evidence.paper`) that do not count for it. Those of a former proxy never count for
    another one; `same_proxy` says that it is the same person, whose name was misspelt. Documents in
    `asked` are not looked at. Raises NotAllowed as `guards.require`, Conflict E_APPLICATION_STATE once it is
    decided on, and where more corrections were made than the clerk has `seen`.
    """
    guards.require_proxy(clerk, CounterAct.AMEND, asked.proxy_name)
    with transaction.atomic(using=DATABASE):
        locked = held(application, CounterAct.AMEND, clerk)
        require_entered({"proxy_name": asked.proxy_name}, locked)
        if seen is not None and seen != locked.amendments.count():
            raise Conflict("E_APPLICATION_STATE", state=locked.state)
        if receiving(asked)[1] is not locked.kind:
            raise ValueError("an application does not become one of another kind")
        aside = set(set_aside)
        if not same_proxy and _is_another_proxy(locked, asked):
            aside |= {each for each, _copied in papers_of(locked) if each.startswith(_PREFIXES)}
        columns = asked.columns() | {
            "terms_version": _version(locked, asked),
            "papers_set_aside": sorted(aside),
        }
        return _write(locked, columns, "amend", clerk, at)


def withdraw(application: Application, because: WhyWithdrawn, *, clerk: Clerk, at: datetime) -> None:
    """End an application that nobody decided against: its applicant wants it no more, or it was a mistake.

    Of one that was approved the agency issues nothing more, as for a rejection. Raises NotAllowed as
    `guards.require`, Conflict E_APPLICATION_STATE once it is carried out.
    """
    guards.require(clerk, CounterAct.WITHDRAW, application)
    if application.state != ApplicationState.UNDER_EXAMINATION:
        application.kind.abandon(application, clerk)
    with transaction.atomic(using=DATABASE):
        locked = held(application, CounterAct.WITHDRAW, clerk)
        if locked.state != application.state:
            raise Conflict("E_APPLICATION_STATE", state=locked.state)
        present: dict[str, object] = {
            "state": locked.after(CounterAct.WITHDRAW).value,
            "withdrawn_because": because.value,
        }
        _write(locked, present, "withdraw", clerk, at)


_PREFIXES = tuple(paper(whose, "") for whose in _OF_PROXY)


def _is_another_proxy(application: Application, asked: ApplicationRequest) -> bool:
    before = (application.proxy_kind, folded_name(application.proxy_name))
    return before != (asked.proxy_kind, folded_name(asked.proxy_name))


def _version(application: Application, asked: ApplicationRequest) -> str:
    """What was agreed to before stays agreed to; who agrees now agrees to the present version."""
    return (
        application.terms_version
        if application.terms_accepted and asked.terms_accepted
        else agreed_version(asked)
    )


def _write(
    locked: Application, columns: dict[str, object], act: str, clerk: Clerk, at: datetime
) -> tuple[str, ...]:
    """Write the columns that change, what they said before, and the entry that tells of both."""
    before = {name: getattr(locked, name) for name in columns}
    after = {name: value for name, value in columns.items() if value != before[name]}
    before = {name: before[name] for name in after}
    if not after:
        return ()
    for name, value in after.items():
        setattr(locked, name, value)
    locked.save(update_fields=list(after))
    kept = Amendment.objects.create(
        application=locked, amended_at=at, amended_by=clerk, before=before, after=after
    )
    journalled = _journalled_columns(before, locked.kind.details)
    person = about_resident(locked.resident)
    record(
        clerk, act, about_application(locked), at, changed(locked, *after), kept, person=person, **journalled
    )
    return tuple(after)


def _journalled_columns(before: Mapping[str, object], details: Mapping[str, Detail]) -> dict[str, str | int]:
    """What the columns said, as the journal says it; the details of a kind one by one."""
    kept = before.get("details", {})
    assert isinstance(kept, dict)
    columns = {
        f"before_{name}": _journalled(name, value) for name, value in before.items() if name != "details"
    }
    return columns | {
        f"before_details_{name}": _journalled(name, value, personal=details[name].personal)
        for name, value in kept.items()
    }


def _journalled(name: str, value: object, *, personal: bool = False) -> str | int:
    if (personal or name in PERSONAL) and value:
        return JOURNAL.binder.pseudonym("amended", name, str(value))
    return (
        int(value) if isinstance(value, bool) else " ".join(value) if isinstance(value, list) else str(value)
    )
