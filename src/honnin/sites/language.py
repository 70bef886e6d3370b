"""The language of the user at the terminal, and whether the Japanese catalogues are compiled."""

import locale
import os
from collections.abc import Iterable
from pathlib import Path

from honnin.errors import Language, Unavailable, language_of
from honnin.translation import CatalogueMissing, require_compiled


def present_language() -> Language:
    """Japanese in a Japanese locale, else English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return "ja" if os.environ[name].startswith("ja") else "en"
    return language_of(locale.getlocale()[0] or "en")


def require_catalogues(packages: Iterable[Path]) -> None:
    """Raises Unavailable E_CATALOGUE_MISSING where a package's sentences would silently be English."""
    try:
        require_compiled(packages)
    except CatalogueMissing as missing:
        raise Unavailable("E_CATALOGUE_MISSING", path=str(missing.path)) from missing
