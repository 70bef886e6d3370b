"""The order of the story. What happens in a step stands in `issued`, `used` and `later`."""

from honnin.errors import Language
from honnin.simulator.demo.issued import Issued
from honnin.simulator.demo.later import Later
from honnin.simulator.demo.stage import Step
from honnin.simulator.demo.used import Used
from honnin.simulator.demo.world import World


def steps(world: World, language: Language) -> list[Step]:
    """Every step from the key ceremony to the last day."""
    return [step for part in (Issued, Used, Later) for step in part(world, language).steps()]
