"""Compiles the translations, and checks that every sentence that a person reads has one.

`python -m tools.translations compile` writes the .mo files; `… check` fails when a sentence of a page, of the
command line, of `--help` or of `errors.toml` has no Japanese translation, when a translation is left over,
uncertain, or fills in other names than its sentence.
"""

import ast
import inspect
import os
import re
import string
import sys
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

# Babel heads a catalogue with the minute in which it was read, unless it is given another; the same sources
# are to make the same wheel.
_UNDATED = datetime(1970, 1, 1, tzinfo=UTC)

SOURCE = Path(__file__).resolve().parent.parent / "src" / "honnin"
PAGES, OURS = "django", "honnin"  # domains: whose gettext looks a sentence up
Key = tuple[str, str]  # a context, mostly empty, and a sentence
_CALLS: dict[str, Any] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    "pgettext": ((1, "c"), 2),
}
# By whose gettext a module says its sentences: Django's, ours, or each by its own names.
_IMPORTS = (
    r'^ *from django\.utils\.translation|translation\("django"',
    r"^from honnin\.(translation|cli\.terminal\.words) import|^def message\(",
)
_NAMED_OURS = {"message", "Sentence"}
_SAY = {"_", "gettext", "message", "say", "Sentence"}


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
    """Sentences without a translation, translations that nobody uses, and those that do not fit."""
    known: dict[str, set[Key]] = {PAGES: set(), OURS: set()}
    wrong = []
    for path, catalogue in catalogues().items():
        for message in catalogue:
            if message.id:
                wrong += [f"{path.relative_to(SOURCE)}: {fault}" for fault in faults_of(message)]
                known[path.stem].add((message.context or "", _first(message.id)))
    for domain, used in sentences_in_use().items():
        wrong += [f"not translated: {text!r}" for _, text in sorted(used - known[domain])]
        wrong += [f"translated but not used: {text!r}" for _, text in sorted(known[domain] - used)]
    return wrong


def faults_of(message: Message) -> Iterator[str]:
    texts, strings = _each(message.id), _each(message.string)
    if not all(strings) or message.fuzzy:
        yield f"no certain translation for {texts[0]!r}"
        return
    for translated in strings:
        if _filled_in(translated) not in [_filled_in(text) for text in texts]:
            yield f"the translation of {texts[0]!r} fills in {sorted(_filled_in(translated))}"


def _each(text: str | Iterable[str] | None) -> list[str]:
    return [text] if isinstance(text, str) else list(text or [""])


def _filled_in(text: str) -> set[str]:
    """The names of a sentence's gaps: `{name}`, `%(name)s`."""
    try:
        braces = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError:  # it is no format, but has a brace
        braces = set()
    return braces | set(re.findall(r"%\((\w+)\)", text))


def sentences_in_use() -> dict[str, set[Key]]:
    """Every sentence by the domain in which it is looked up: those of templates and of Python, read by
    Django's own template lexer and by Babel; of commands, samples and cards, as they stand in memory.
    """
    from django.utils.translation import template

    used: dict[str, set[Key]] = {PAGES: set(), OURS: set()}
    for path in SOURCE.rglob("*.html"):
        source = template.templatize(path.read_text("utf-8"), origin=str(path))
        used[PAGES] |= _extracted(source)
    for path in SOURCE.rglob("*.py"):
        text = path.read_text("utf-8")
        by_pages, by_ours = (re.search(pattern, text, re.MULTILINE) for pattern in _IMPORTS)
        if by_pages:
            used[PAGES] |= _extracted(text)
        if by_ours:
            used[OURS] |= set(_of_ours(text, _NAMED_OURS if by_pages else _SAY))
    used[PAGES] |= set(of_fields())
    used[OURS] |= {("", text) for text in (*of_click(), *of_help(), *of_errors(), *of_declarations())}
    used[OURS] |= set(of_tables())
    return used


def of_click() -> Iterator[str]:
    """What click says by itself."""
    import click

    for path in Path(click.__file__).parent.glob("*.py"):
        for _context, text in _extracted(path.read_text("utf-8")):
            yield text


def of_fields() -> Iterator[Key]:
    """What Django's form fields say by themselves: ours comes before its own translation."""
    from django.core import validators
    from django.forms import fields

    yield from _extracted(inspect.getsource(fields))
    for kind in ("MinLengthValidator", "MaxLengthValidator", "ProhibitNullCharactersValidator"):
        yield from _extracted(inspect.getsource(getattr(validators, kind)))


def of_help() -> Iterator[str]:
    """Help of every command and option."""
    import importlib

    from honnin.cli import COMMANDS, group

    for command in (group, *(importlib.import_module(module).command for module, _ in COMMANDS.values())):
        yield from _help_of(command)


def _help_of(command: Any) -> Iterator[str]:
    from honnin.cli.terminal.words import help_paragraphs

    yield from help_paragraphs(command.help)
    for parameter in command.params:
        yield from help_paragraphs(getattr(parameter, "help", None))
    for below in getattr(command, "commands", {}).values():
        yield from _help_of(below)


def of_errors() -> Iterator[str]:
    """What is said of every error code."""
    from honnin.errors import catalogue

    for sentences in catalogue().values():
        yield from sentences.values()


def of_tables() -> Iterator[Key]:
    """What the tables are called of which an audit tells, and their columns."""
    import django
    from django.apps import apps

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "honnin.sites.settings")
    django.setup()
    for model in apps.get_models():
        if model.__module__.startswith("honnin.") and model._meta.app_label.startswith(("agency", "munic")):
            yield "", str(model._meta.verbose_name)
            yield from (("column", str(field.verbose_name)) for field in model._meta.concrete_fields)


def of_declarations() -> Iterator[str]:
    """What cards, their files and PINs and samples are called, and what status words mean."""
    from honnin.card.client.known_files import APPLICATIONS, DATA_OBJECTS
    from honnin.card.kinds.declaration import kind, kinds
    from honnin.card.status_word import StatusWord
    from honnin.simulator.samples import sample, samples

    yield from (sample(name).title for name in samples())
    yield from (word.meaning for word in StatusWord)
    yield from (file.title for file in DATA_OBJECTS)
    for known in APPLICATIONS:
        yield from (known.title, *(file.title for file in known.files))
    for name in kinds():
        for application in kind(name).applications.values():
            yield from (pin.title for pin in application.pins.values())


def _of_ours(source: str, names: Collection[str]) -> Iterator[Key]:
    """The sentences of a module that says them by `honnin.translation`, by these names."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ("pgettext", "pmessage"):
                yield from product(_either(node.args[0]), _either(node.args[1]))
            elif name == "check" and len(node.args) > 1:
                yield from (("", text) for text in _either(node.args[1]))
            elif name in names:
                yield from (("", text) for text in _either(node.args[0]))


def _either(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.IfExp):
        yield from (*_either(node.body), *_either(node.orelse))


def _extracted(source: str) -> set[Key]:
    """The sentences of a module, or of a template made one, that says them by names as Django's."""
    from babel.messages.extract import extract

    found = set()
    for _line, message, _comments, context in extract("python", BytesIO(source.encode()), _CALLS):
        found.add((context or "", _first(message)))
    return found


def _first(text: str | Iterable[str]) -> str:
    return text if isinstance(text, str) else next(iter(text))


if __name__ == "__main__":
    if sys.argv[1:] == ["compile"]:
        compile_all()
    else:
        wrong = faults()
        print("\n".join(wrong) or "translations: complete")
        sys.exit(bool(wrong))
