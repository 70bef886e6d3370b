"""The order of the story. What happens in a step stands in `issued`, `used`, `later` and `renewed`."""

from honnin.errors import Language
from honnin.simulator.demo.issued import Issued
from honnin.simulator.demo.later import Ending, Later
from honnin.simulator.demo.renewed import Renewed
from honnin.simulator.demo.stage import Step
from honnin.simulator.demo.used import Used
from honnin.simulator.demo.world import World


def steps(world: World, language: Language) -> list[Step]:
    """Every step from the key ceremony to the last day."""
    return [step for part in (Issued, Used, Later, Renewed, Ending) for step in part(world, language).steps()]
