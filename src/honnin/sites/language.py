"""The language of whoever sits at the terminal."""

import locale
import os

from honnin.errors import Language, language_of


def present_language() -> Language:
    """Japanese in a Japanese locale, else English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return "ja" if os.environ[name].startswith("ja") else "en"
    return language_of(locale.getlocale()[0] or "en")
