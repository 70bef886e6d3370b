"""Something else happens while a renewal goes on, between any two commands to the card: a loss, a move, a
death, midnight, a colleague. Nothing is doubled, nobody is left without what the event itself does not end,
and the application comes to an end.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from honnin.agency.issuance.models import Stage
from honnin.agency.records.models import IssuanceRecord
from honnin.clock import day_in_japan
from honnin.errors import HonninError, Refused
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications import services
from honnin.municipality.counter.applications.states import ApplicationState as State
from honnin.municipality.counter.procedures.loss.services import report_loss
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.services import record_removal
from tests.support.agency.renewals import undone
from tests.support.agency.visits import OF_ADULTS, Meanwhile, PulledIn, Visit, Way, due_at_once
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")
LAST_SECOND = datetime(2031, 3, 15, 14, 59, 59, tzinfo=UTC)
"""Of the old certificates' last day in Japan."""


def said(act: Callable[[], object]) -> set[str]:
    """The codes with which an act is refused; none where it is done."""
    try:
        act()
    except Refused as error:
        return {each.code for each in error.refusals}
    except HonninError as error:
        return {error.code}
    return set()


def lost(visit: Visit) -> None:
    visit.town.report_loss(visit.holder.code)


def moved(visit: Visit) -> None:
    visit.town.move(resident(visit), "みほん県みほん市例示町９－９")


def died(visit: Visit) -> None:
    town, on = visit.town, day_in_japan(visit.town.clock.now())
    record_removal(resident(visit), on, clerk="mei", at=town.clock.now())


def midnight(visit: Visit) -> None:
    visit.town.clock.move_to(visit.town.clock.now() + timedelta(seconds=1))


def rejected(visit: Visit) -> None:
    """By a colleague, who may find that it is too late."""
    mei, at, found = visit.town.clerk("mei"), visit.town.clock.now(), visit.application
    assert said(lambda: services.reject(found, "a reason", clerk=mei, at=at)) <= {"E_RENEWAL_RECORDED"}


def renewed_by_a_colleague(visit: Visit) -> None:
    visit.go_on(clerk="jiro")


def resident(visit: Visit) -> Resident:
    return Resident.objects.get(pk=visit.holder.code)


@dataclass(frozen=True)
class Event:
    """What happens, what may be said of it to whoever renews, which certificates end by it, and whether the
    card is taken to another reader for it.
    """

    happens: Callable[[Visit], object]
    said: frozenset[str]
    ends: frozenset[Purpose] = frozenset()
    takes_card: bool = False


SIGNATURE, ALL = frozenset({Purpose.SIGNATURE}), frozenset(Purpose)
EVENTS = {
    "loss": Event(
        lost, frozenset({"E_OVERTAKEN", "E_CARD_REPORTED_LOST", "E_CERT_HELD", "E_CERT_REVOKED"}), SIGNATURE
    ),
    "move": Event(moved, frozenset({"E_OVERTAKEN", "E_CERT_REVOKED", "E_CARD_OUTDATED"}), SIGNATURE),
    "death": Event(
        died, frozenset({"E_OVERTAKEN", "E_CERT_REVOKED", "E_CARD_INVALID", "E_ENTRY_REMOVED"}), ALL
    ),
    "midnight": Event(midnight, frozenset({"E_CERT_EXPIRED"})),
    "rejection": Event(rejected, frozenset({"E_APPLICATION_STATE", "E_PROCEDURE_ABANDONED"})),
    "colleague": Event(renewed_by_a_colleague, frozenset({"E_CARD_REMOVED"}), takes_card=True),
}


def go_on(visit: Visit, event: Event, at: int) -> bool:
    """Renew, while it happens before the `at`-th command, if there are so many; what is refused then has a
    name that says why.
    """
    inserted = visit.holder.reader()

    def happens() -> None:
        if event.takes_card:
            inserted.remove()
        event.happens(visit)

    reader = Meanwhile(inserted, at, happens)
    assert said(lambda: visit.go_on(reader)) <= event.said
    return reader.commands > at


def require_one_of_each(visit: Visit, event: Event) -> None:
    for purpose in Purpose:
        found = IssuanceRecord.objects.filter(person_code=visit.holder.code, purpose=purpose, effective=True)
        assert found.count() == 1 or (purpose in event.ends and not found)
    brought = IssuanceRecord.objects.filter(application_number=visit.renewal.number)
    assert brought.count() in (0, 2)


def come_to_an_end(visit: Visit, event: Event) -> None:
    """It is asked for again; what cannot be done any more is ended, or rejected."""
    clerk, at = visit.town.clerk("taeko"), visit.town.clock.now()
    if event.happens is lost:
        report_loss(resident(visit), clerk=clerk, at=at)
    against = said(lambda: visit.go_on(clerk="taeko"))
    assert against <= event.said
    found = visit.application
    if services.may_end(found, clerk=clerk, at=at):
        services.end(found, clerk=clerk, at=at)
    elif against and found.state != State.REJECTED:
        services.reject(found, "a reason", clerk=clerk, at=at)
    assert visit.application.state in (State.CARRIED_OUT, State.REJECTED, State.ENDED)


def require_on_the_card(visit: Visit) -> None:
    """What was renewed and has effect is on the card, which signs with it."""
    for purpose, record in visit.renewal.new.items():
        if record.effective:
            visit.renewal.require_signature(purpose, [record])


def near_the_end(town: Town) -> Holder:
    holder = town.give_complete_card(town.move_in())
    town.issue(town.approved(holder.resident), holder.reader())
    return holder


def happens_at(town: Town, way: Way, name: str, positions: list[int]) -> int:
    """How often the event came, each time from the same beginning."""
    holder, event, times = near_the_end(town), EVENTS[name], 0
    for at in positions:
        town.clock.move_to(LAST_SECOND)
        with undone(holder):
            visit = Visit(town, holder, way)
            came = go_on(visit, event, at)
            times += came
            require_one_of_each(visit, event)
            if came:
                come_to_an_end(visit, event)
                require_one_of_each(visit, event)
                require_on_the_card(visit)
    return times


@pytest.mark.clause("practice/3")
@pytest.mark.parametrize("stage", [Stage.KEYS, Stage.WRITING])
def test_the_agents_authority_ends_with_the_minority(town: Town, stage: Stage) -> None:
    """Until the recording the holder comes themselves from then on; afterwards only the writing is left."""
    town.clock.move_to(datetime(2026, 6, 10, 14, 59, 59, tzinfo=UTC))
    holder = due_at_once(town, birth_date=date(2008, 6, 11))
    visit = Visit(town, holder, Way.BY_AGENT)
    assert visit.is_cut(PulledIn(visit, stage, 1))
    midnight(visit)
    if stage is Stage.KEYS:
        with pytest.raises(Refused, match="E_AGENT_UNKNOWN_TO_LAW"):
            visit.go_on(clerk="jiro")
        visit.require_old_or_new()
        rejected(visit)
        visit = Visit(town, holder)
    visit.go_on(clerk="jiro")
    visit.require_renewed()


FEW = [12, 21, 40]
"""While the PINs are proved, before the keys are made, while the new certificates are written."""


@pytest.mark.parametrize("name", EVENTS)
def test_it_happens_in_the_middle(town: Town, name: str) -> None:
    assert happens_at(town, Way.BY_PROXY, name, FEW) == len(FEW)


@pytest.mark.long
@pytest.mark.parametrize("way", OF_ADULTS)
@pytest.mark.parametrize("name", EVENTS)
def test_it_happens_before_any_command(town: Town, name: str, way: Way) -> None:
    assert 50 < happens_at(town, way, name, list(range(100))) < 100
