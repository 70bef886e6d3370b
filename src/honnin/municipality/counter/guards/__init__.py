"""May this clerk do this to this person, or with this application? One answer, for services and screens.

Who may what is the law's table (`law.counter.acts`), from which state an act may start is that of
`applications.states`. A service asks `require`, a screen asks `may` and draws no button for what would be
refused.

Not known here: a clerk's household, a second account of the same person, and who a proxy really is. A proxy
is compared with the clerk by name.
"""

from typing import TYPE_CHECKING

from honnin.errors import Conflict, HonninError, NotAllowed, Refusal, Refused
from honnin.law.counter.acts import ActFacts, CounterAct, refusals_to_act
from honnin.law.names.spelling import is_same_name
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.residents.models import Resident

if TYPE_CHECKING:
    from honnin.municipality.counter.applications.models import Application


def require(
    clerk: Clerk, act: CounterAct, subject: "Resident | Application", *, reason_given: bool = False
) -> None:
    """Raises NotAllowed with the first reason why this clerk may not, then Conflict E_APPLICATION_STATE, or
    Refused E_PROCEDURE_NOT_OFFERED where no procedure that is registered receives such applications.
    """
    if found := _standing_against(clerk, act, subject, reason_given=reason_given):
        raise found


def may(
    clerk: Clerk, act: CounterAct, subject: "Resident | Application", *, reason_given: bool = False
) -> bool:
    """Whether `require` would let the act through."""
    return _standing_against(clerk, act, subject, reason_given=reason_given) is None


def allowed(clerk: Clerk, subject: "Resident | Application") -> dict[str, bool]:
    """Every act by its name, and whether this clerk may do it now: what a screen draws buttons by."""
    return {act.value: may(clerk, act, subject) for act in CounterAct}


def require_proxy(clerk: Clerk, act: CounterAct, proxy_name: str) -> None:
    """Raises NotAllowed E_OWN_PROXY for a proxy of the clerk's name, before there is an application."""
    facts = ActFacts(own_municipality=True, proxy_is_clerk=is_named(clerk, proxy_name))
    for refusal in refusals_to_act(act, facts):
        raise NotAllowed(refusal.code)


def is_oneself(clerk: Clerk, resident: Resident) -> bool:
    """Whether the clerk is this resident, as far as the clerk's entry says so."""
    return bool(clerk.person_code) and clerk.person_code == resident.pk


def is_named(clerk: Clerk, name: str) -> bool:
    """Whether a name is the clerk's, among colleagues or in the register, however it is written."""
    registered = Resident.objects.filter(pk=clerk.person_code).values_list("name", flat=True)
    return any(is_same_name(name, each) for each in (clerk.name, *registered))


def _standing_against(
    clerk: Clerk, act: CounterAct, subject: "Resident | Application", *, reason_given: bool = False
) -> HonninError | None:
    for refusal in refusals_to_act(act, _facts(clerk, subject, reason_given)):
        return NotAllowed(refusal.code)
    if not isinstance(subject, Resident) and not subject.may_start(act):
        if not subject.kind.registered:
            return Refused(Refusal("E_PROCEDURE_NOT_OFFERED"))
        return Conflict("E_APPLICATION_STATE", state=subject.state)
    return None


def _facts(clerk: Clerk, subject: "Resident | Application", reason_given: bool) -> ActFacts:
    resident = subject if isinstance(subject, Resident) else subject.resident
    proxy_name = "" if isinstance(subject, Resident) else subject.proxy_name
    return ActFacts(
        own_municipality=subject.municipality_id == clerk.municipality_id,
        oneself=is_oneself(clerk, resident),
        proxy_is_clerk=bool(proxy_name) and is_named(clerk, proxy_name),
        reason_given=reason_given,
    )
