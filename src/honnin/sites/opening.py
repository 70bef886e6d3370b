"""Opens an installation: its roles, and for a test one an invented population with cards.

Everything here may run again: what exists is kept, what is missing is added.
"""

from collections.abc import Callable

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from honnin.clock import Clock, day_in_japan
from honnin.errors import Unavailable
from honnin.sites.addresses import keep_chosen
from honnin.sites.initialisation import initialise
from honnin.sites.roles import played, plays
from honnin.sites.schema import require_own

POPULATION = 300
CARDS = 60
Report = Callable[[str], None]


def migrate() -> None:
    """Bring every role's database to the present shape. Quick when there is nothing to do.

    Before the first database the secrets are made that must be there from then on. Raises Unavailable
    E_DATABASE_MISSING for an empty database beside the keys of an authority, Untrusted
    E_DATABASE_OF_ANOTHER_ROLE, and as `initialise` and what the roles need before their tables.
    """
    initialise()
    if settings.HOME.has_authority:
        for alias in connections:
            _require_tables(alias)
    for role in reversed(played()):
        role.prepare()
    for alias in connections:
        require_own(alias)
    for alias in connections:
        call_command("migrate", database=alias, verbosity=0)
    for role in played():
        role.require_keys()


def _require_tables(alias: str) -> None:
    if not connections[alias].introspection.table_names():
        raise Unavailable("E_DATABASE_MISSING", database=str(connections[alias].settings_dict["NAME"]))


def open_installation(clock: Clock, report: Report, *, population: int = POPULATION) -> None:
    """Make an installation ready for use, telling each step that takes time."""
    migrate()
    open_roles(clock)
    if plays("municipality"):
        populate(clock, report, population=population)
    if plays("municipality") and plays("agency"):
        from honnin.sites.card_production import produce_cards

        produce_cards(clock, min(CARDS, population))
    for role in played():
        role.begin(clock)


def open_roles(clock: Clock) -> None:
    """The authorities, each role's journal, the addresses, and by what people are found whom an earlier
    version knew.

    Runs again without harm: what exists is kept.
    """
    for role in reversed(played()):  # the agency first, to which others speak
        role.open(clock)
    keep_chosen(settings.HOME)


def populate(clock: Clock, report: Report = lambda step: None, *, population: int = POPULATION) -> None:
    """Fill an empty register with invented people."""
    from honnin.municipality.residents.models import Resident
    from honnin.municipality.residents.population import invent
    from honnin.municipality.residents.services import settle

    if not Resident.objects.exists():
        report("population")
        at = clock.now()
        settle(invent(population, on=day_in_japan(at)), at=at)
