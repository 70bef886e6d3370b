"""Sentences for people: English in the code, Japanese in the catalogue beside this module.

What is marked or said here stands in `locale/ja/LC_MESSAGES/honnin.po`, and so do the sentences of
`errors.toml` and all that `--help` shows. Pages say theirs by Django's gettext, from the catalogues of their
rooms. `python -m tools.translations check` finds every sentence, whoever says it. No language is guessed
here: whoever asks knows which one.
"""

import errno
import gettext as standard
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal, Self

Language = Literal["ja", "en"]
DOMAIN = "honnin"
FOLDER = Path(__file__).parent / "locale"


def message(text: str) -> str:
    """Marks a sentence for the catalogue; `gettext` translates it elsewhere."""
    return text


def pmessage(_context: str, text: str) -> str:
    """The same for words that have several meanings."""
    return text


_OF_SYSTEM = {
    errno.EACCES: message("Permission denied"),
    errno.EBADF: message("Bad file descriptor"),
    errno.EBUSY: message("Device or resource busy"),
    errno.ECONNREFUSED: message("Connection refused"),
    errno.ECONNRESET: message("Connection reset by peer"),
    errno.EDQUOT: message("Disk quota exceeded"),
    errno.EEXIST: message("File exists"),
    errno.EFBIG: message("File too large"),
    errno.EHOSTUNREACH: message("No route to host"),
    errno.EINVAL: message("Invalid argument"),
    errno.EIO: message("Input/output error"),
    errno.EISDIR: message("Is a directory"),
    errno.ELOOP: message("Too many levels of symbolic links"),
    errno.EMFILE: message("Too many open files"),
    errno.ENAMETOOLONG: message("File name too long"),
    errno.ENETUNREACH: message("Network is unreachable"),
    errno.ENFILE: message("Too many open files in system"),
    errno.ENOENT: message("No such file or directory"),
    errno.ENOMEM: message("Cannot allocate memory"),
    errno.ENOSPC: message("No space left on device"),
    errno.ENOTDIR: message("Not a directory"),
    errno.ENXIO: message("No such device or address"),
    errno.EPERM: message("Operation not permitted"),
    errno.EPIPE: message("Broken pipe"),
    errno.EROFS: message("Read-only file system"),
    errno.ETXTBSY: message("Text file busy"),
}


class CatalogueMissing(Exception):
    """A catalogue was not compiled: without it sentences would silently be English."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


class Sentence(str):
    """A sentence that is filled in: in English as a string, for programs too, and in any language to people.

    `text` is as the catalogue has it; a detail may be a sentence itself, and one that is missing is "–".
    """

    text: str
    details: Mapping[str, object]

    def __new__(cls, text: str, **details: object) -> Self:
        sentence = super().__new__(cls, filled(text, details))
        sentence.text, sentence.details = text, details
        return sentence

    def __deepcopy__(self, _memo: object) -> Self:
        return self  # nothing of it changes


class Name(Sentence):
    """What a program calls something. In English as it has it; else a word for it with that name behind,
    「失効日時（revoked_at）」.
    """

    name: str
    context: str

    def __new__(cls, word: str, name: str, *, english: str = "", context: str = "") -> Self:
        """`word` stands in the catalogue, in a `context` if it has one; `english` where that is no word."""
        named = super().__new__(cls, english or word)
        named.text, named.name, named.context = word, name, context
        return named


_NAMED, _PART = message("{word} ({name})"), message(", ")


class Several(Sentence):
    """Several things, parted as a language does it."""

    parts: Sequence[str]


def listed(parts: Sequence[str]) -> Several:
    """All parts joined in one text; an empty text without parts."""
    made = Several.__new__(Several, "{listed}", listed=_PART.join(parts))
    made.parts = parts
    return made


def in_language(text: object, language: Language) -> object:
    """A sentence in a language; whatever is none, as it is. Raises CatalogueMissing."""
    if not isinstance(text, Sentence):
        return text
    if isinstance(text, Name):
        return _name_in(text, language)
    if isinstance(text, Several):
        return gettext(_PART, language).join(str(in_language(part, language)) for part in text.parts)
    details = {name: in_language(value, language) for name, value in text.details.items()}
    return filled(gettext(text.text, language), details)


def _name_in(name: Name, language: Language) -> str:
    if language == "en":
        return str(name)
    word = pgettext(name.context, name.text, language) if name.context else gettext(name.text, language)
    return filled(gettext(_NAMED, language), {"word": word, "name": name.name})


def reason_of(error: OSError) -> Sentence:
    """What the system says of a failure, in words."""
    return (
        Sentence(_OF_SYSTEM[error.errno])
        if error.errno in _OF_SYSTEM
        else Sentence("{reason}", reason=error.strerror)
    )


def filled(text: str, details: Mapping[str, object]) -> str:
    """A text with its gaps filled; a gap without a detail is left visible as "–"."""
    return text.format_map(_Known(details))


class _Known(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "–"


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


def is_outdated(package: Path) -> bool:
    """Whether a catalogue below this folder was changed after it was compiled: what is new is English."""
    return any(
        source.with_suffix(".mo").exists()
        and source.stat().st_mtime_ns > source.with_suffix(".mo").stat().st_mtime_ns
        for source in package.rglob("locale/*/LC_MESSAGES/*.po")
    )


@cache
def _catalogue(language: Language) -> standard.NullTranslations:
    try:
        return standard.translation(DOMAIN, FOLDER, [language])
    except FileNotFoundError as error:
        raise CatalogueMissing(FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.mo") from error
