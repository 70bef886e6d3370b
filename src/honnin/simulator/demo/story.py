"""The order of the story. What happens in a step stands in `today` and `later`."""

from honnin.errors import Language
from honnin.simulator.demo.later import Later
from honnin.simulator.demo.stage import Step
from honnin.simulator.demo.today import Today
from honnin.simulator.demo.world import World


def steps(world: World, language: Language) -> list[Step]:
    """Every step from the key ceremony to the last day."""
    return [*Today(world, language).steps(), *Later(world, language).steps()]
