"""The site that the browser visits, and who visits it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext


@dataclass
class Site:
    """Where the console answers, its folder, its accounts and its pages by what they show."""

    origin: str
    home: Path
    passwords: dict[str, str]
    addresses: dict[str, str]


Visitors = Callable[..., BrowserContext]
