"""The base of each part of the demo's story: its steps in order, its world and its language."""

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from honnin.law.era import format_era_date
from honnin.simulator.demo.stage import Step
from honnin.simulator.demo.world import World
from honnin.translation import Language, gettext

T = TypeVar("T", bound="StoryPart")
Act = Callable[[T], str]


def story_step(name: str, *clauses: str, title: str) -> Callable[[Act[T]], Act[T]]:
    """Makes a method a step of the story: its name in the report, the clauses it shows, its title."""

    def mark(act: Act[T]) -> Act[T]:
        act.__story_step__ = (name, clauses, title)  # type: ignore[attr-defined]
        return act

    return mark


class StoryPart:
    """A part of the story; its steps are its `story_step` methods, in their order."""

    def __init__(self, world: World, language: Language) -> None:
        self.world = world
        self.language = language

    def say(self, text: str, **details: object) -> str:
        """A sentence in the language of the story, filled in; days in its calendar."""
        values = {
            name: format_era_date(value) if isinstance(value, date) and self.language == "ja" else value
            for name, value in details.items()
        }
        return gettext(text, self.language).format(**values)

    def steps(self) -> list[Step]:
        """The steps of this part, in order."""
        marked = [name for name, method in vars(type(self)).items() if hasattr(method, "__story_step__")]
        acts = [getattr(self, name) for name in marked]
        return [
            Step(name, clauses, title, act) for act in acts for name, clauses, title in (act.__story_step__,)
        ]
