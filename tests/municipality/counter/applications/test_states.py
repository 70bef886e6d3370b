"""What a clerk may do, in which state of an application, with whose application."""

import pytest

from honnin.errors import Conflict, NotAllowed
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.queries import application as find_application
from honnin.municipality.counter.applications.queries import applications_at
from honnin.municipality.counter.applications.states import ApplicationState, every_transition
from honnin.municipality.counter.guards.staff import clerk_of
from tests.support.applications import ACTS, TABLE, application_in
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.mark.clause("S4-4.2", "S4-4.3")
@pytest.mark.parametrize("state", every_transition())
@pytest.mark.parametrize("act", ACTS)
def test_the_table_of_states_and_acts(town: Town, act: str, state: ApplicationState) -> None:
    holder = town.holder()
    application = application_in(town, holder, state)
    card_before = holder.card.state
    target = TABLE.get((act, state))
    if target is not None:
        ACTS[act](town, application, town.clerk(), holder)
        application.refresh_from_db()
        assert application.state == target
        return
    with pytest.raises(Conflict, match="E_APPLICATION_STATE"):
        ACTS[act](town, application, town.clerk(), holder)
    assert Application.objects.get(pk=application.pk).state == state
    assert holder.card.state == card_before


@pytest.mark.parametrize(("act", "state"), TABLE)
def test_nobody_decides_on_their_own_application(town: Town, act: str, state: ApplicationState) -> None:
    holder = town.holder()
    application = application_in(town, holder, state)
    oneself = town.clerk("self", person_code=holder.code)
    with pytest.raises(NotAllowed, match="E_OWN_APPLICATION"):
        ACTS[act](town, application, oneself, holder)
    assert Application.objects.get(pk=application.pk).state == state


@pytest.mark.parametrize(("act", "state"), TABLE)
def test_another_municipalitys_clerk_does_nothing(town: Town, act: str, state: ApplicationState) -> None:
    holder = town.holder()
    application = application_in(town, holder, state)
    with pytest.raises(NotAllowed, match="E_OFFICE_WRONG"):
        ACTS[act](town, application, town.neighbour(), holder)
    assert Application.objects.get(pk=application.pk).state == state


def test_another_municipality_does_not_even_see_it(town: Town) -> None:
    application = town.receive(town.move_in())
    assert find_application(town.clerk(), application.number) == application
    for clerk, number in ((town.neighbour(), application.number), (town.clerk(), "99101-20260602-000000")):
        with pytest.raises(NotAllowed, match="E_OFFICE_WRONG"):
            find_application(clerk, number)
    assert list(applications_at(town.clerk())) == [application]
    assert list(applications_at(town.neighbour())) == []


def test_an_account_that_is_no_clerks_is_refused(town: Town) -> None:
    assert clerk_of(town.clerk().user_name) == town.clerk()
    with pytest.raises(NotAllowed, match="E_NOT_A_CLERK"):
        clerk_of("nobody")
