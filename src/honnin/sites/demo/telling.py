"""What every part of the story has: the world it plays in, and the language it is told in."""

from honnin.errors import Language
from honnin.sites.demo.world import World


class Telling:
    """A part of the story."""

    def __init__(self, world: World, language: Language) -> None:
        self.world = world
        self.language = language

    def say(self, *, ja: str, en: str) -> str:
        """One of the two, by the language of the telling."""
        return ja if self.language == "ja" else en
