"""What every part of the story has: its steps in order, the world it plays in, the language it is told in."""

from collections.abc import Callable
from typing import TypeVar

from honnin.errors import Language
from honnin.sites.demo.stage import Step
from honnin.sites.demo.world import World

T = TypeVar("T", bound="Telling")
Act = Callable[[T], str]


def told(name: str, *clauses: str, ja: str, en: str) -> Callable[[Act[T]], Act[T]]:
    """Makes a method a step of the story: its name in the report, the clauses it shows, its titles."""

    def mark(act: Act[T]) -> Act[T]:
        act.__told__ = (name, clauses, {"ja": ja, "en": en})  # type: ignore[attr-defined]
        return act

    return mark


class Telling:
    """A part of the story; its steps are the methods marked `told`, in the order in which they stand."""

    def __init__(self, world: World, language: Language) -> None:
        self.world = world
        self.language = language

    def say(self, *, ja: str, en: str) -> str:
        """One of the two, by the language of the telling."""
        return ja if self.language == "ja" else en

    def steps(self) -> list[Step]:
        """The steps of this part, in order."""
        marked = [name for name, method in vars(type(self)).items() if hasattr(method, "__told__")]
        acts = [getattr(self, name) for name in marked]
        return [Step(name, clauses, title, act) for act in acts for name, clauses, title in (act.__told__,)]
