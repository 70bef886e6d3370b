"""Compiles the translations, and checks that every sentence of every screen has one.

`python -m tools.translations compile` writes the .mo files; `… check` fails when a template or a view
has a sentence without a Japanese translation, or a translation is left over or uncertain.
"""

import re
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

# Babel heads a catalogue with the minute in which it was read, unless it is given another; the same sources
# are to make the same wheel.
_UNDATED = datetime(1970, 1, 1, tzinfo=UTC)

SOURCE = Path(__file__).resolve().parent.parent / "src" / "honnin"


def catalogues() -> dict[Path, Catalog]:
    found = {}
    for path in sorted(SOURCE.rglob("*.po")):
        with path.open("rb") as file:
            found[path] = read_po(file, locale=path.parent.parent.name)
    return found


def compiled() -> dict[Path, bytes]:
    """Each .mo file that belongs beside a .po file, and its content."""
    made = {}
    for path, catalogue in catalogues().items():
        content = BytesIO()
        catalogue.creation_date = _UNDATED
        write_mo(content, catalogue)
        made[path.with_suffix(".mo")] = content.getvalue()
    return made


def compile_all() -> None:
    for path, content in compiled().items():
        path.write_bytes(content)


def faults() -> list[str]:
    """Sentences without a translation, and translations that nobody uses."""
    known: dict[str, str] = {}
    wrong = []
    for path, catalogue in catalogues().items():
        for message in catalogue:
            if not message.id:
                continue
            text = message.id if isinstance(message.id, str) else message.id[0]
            if not message.string or message.fuzzy:
                wrong.append(f"{path.name}: no certain translation for {text!r}")
            known[text] = str(message.string)
    used = sentences_in_use()
    wrong += [f"not translated: {text!r}" for text in sorted(used - known.keys())]
    wrong += [f"translated but not used: {text!r}" for text in sorted(known.keys() - used)]
    return wrong


def sentences_in_use() -> set[str]:
    """Every msgid in templates and Python, read by Django's own template lexer and by Babel."""
    from babel.messages.extract import extract
    from django.utils.translation import template

    used: set[str] = set()
    calls = {"_": None, "gettext": None, "gettext_lazy": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
    for path in SOURCE.rglob("*.html"):
        source = template.templatize(path.read_text("utf-8"), origin=str(path))
        used |= _extracted(extract, source, calls)
    for path in SOURCE.rglob("*.py"):
        text = path.read_text("utf-8")
        if re.search(r"gettext", text):
            used |= _extracted(extract, text, calls)
    return used


def _extracted(extract, source, calls) -> set[str]:  # type: ignore[no-untyped-def]
    found = set()
    for _line, message, _comments, _context in extract("python", BytesIO(source.encode("utf-8")), calls):
        found.add(message if isinstance(message, str) else message[0])
    return found


if __name__ == "__main__":
    if sys.argv[1:] == ["compile"]:
        compile_all()
    else:
        wrong = faults()
        print("\n".join(wrong) or "translations: complete")
        sys.exit(bool(wrong))
