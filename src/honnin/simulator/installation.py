"""An installation with people in it: the roles are opened, and for a test one there are residents with cards.

Everything here may run again: what exists is kept, what is missing is added.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from honnin.clock import Clock, day_in_japan
from honnin.municipality.residents.entries import ResidentEntry
from honnin.sites.opening import migrate, open_roles
from honnin.sites.roles import played, plays

POPULATION = 300
CARDS = 60
Report = Callable[[str], None]


def open_installation(
    clock: Clock,
    report: Report = lambda step: None,
    *,
    population: int = POPULATION,
    cards: int = CARDS,
) -> None:
    """Make an installation ready for use, telling each step that takes time.

    It has so many residents, of whom the first have cards.
    """
    migrate()
    open_roles(clock)
    if plays("municipality"):
        populate(clock, report, population=population)
    if plays("municipality") and plays("agency"):
        from honnin.simulator.card_production import produce_cards

        produce_cards(clock, min(cards, population))
    for role in played():
        role.begin(clock)


def populate(clock: Clock, report: Report = lambda step: None, *, population: int = POPULATION) -> None:
    """Fill an empty register with invented people."""
    from honnin.municipality.residents.models import Resident
    from honnin.simulator.population import invent

    if not Resident.objects.exists():
        report("population")
        at = clock.now()
        fill_register(invent(population, on=day_in_japan(at)), at=at)


def fill_register(people: Iterable[ResidentEntry], *, at: datetime) -> int:
    """Fill an empty register with people of the invented municipalities; returns how many moved in."""
    from honnin.municipality.residents import filling  # an agency alone has no register
    from honnin.simulator.population import MUNICIPALITIES

    return filling.fill_register(MUNICIPALITIES, people, at=at)
