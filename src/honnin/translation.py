"""Sentences for people: English in the code, Japanese in the catalogue beside this module.

What is marked or said here stands in `locale/ja/LC_MESSAGES/honnin.po`, and so do the sentences of
`errors.toml` and all that `--help` shows. Pages say theirs by Django's gettext, from the catalogues of their
rooms. `python -m tools.translations check` finds every sentence, whoever says it. No language is guessed
here: whoever asks knows which one.
"""

import gettext as standard
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal

Language = Literal["ja", "en"]
DOMAIN = "honnin"
FOLDER = Path(__file__).parent / "locale"


class CatalogueMissing(Exception):
    """A catalogue was not compiled: without it sentences would silently be English."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


def message(text: str) -> str:
    """Marks a sentence that is said elsewhere, by `gettext`."""
    return text


def gettext(text: str, language: Language) -> str:
    """A sentence in a language. Raises CatalogueMissing."""
    return text if language == "en" else _catalogue(language).gettext(text)


def pgettext(context: str, text: str, language: Language) -> str:
    """The same for words that have several meanings. Raises CatalogueMissing."""
    return text if language == "en" else _catalogue(language).pgettext(context, text)


def require_compiled(packages: Iterable[Path]) -> None:
    """Raises CatalogueMissing where one of these folders has a catalogue that was not compiled."""
    for package in packages:
        for source in package.glob("locale/*/LC_MESSAGES/*.po"):
            if not source.with_suffix(".mo").exists():
                raise CatalogueMissing(source.with_suffix(".mo"))


@cache
def _catalogue(language: Language) -> standard.NullTranslations:
    try:
        return standard.translation(DOMAIN, FOLDER, [language])
    except FileNotFoundError as error:
        raise CatalogueMissing(FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.mo") from error
