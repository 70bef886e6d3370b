"""The site that the browser visits, and who visits it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import BrowserContext


@dataclass
class Site:
    """Where the console answers, its folder, its accounts and its pages by what they show."""

    origin: str
    home: Path
    passwords: dict[str, str]
    addresses: dict[str, str]
    people: dict[str, str]
    """Where the page of each one is who comes in a walk (`cast`), by what they come for."""
    looked_at: set[str] = field(default_factory=set)
    """The kinds of pages that axe has seen in walks."""


COLLEAGUE = ("kana", "the password of a colleague")
"""A second clerk of the same counter."""


Visitors = Callable[..., BrowserContext]
