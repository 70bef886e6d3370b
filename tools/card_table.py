"""Writes the declared part of docs/reference/card.md from the card's data files; `--check` exits 1 when old.

What stands between the markers is made from `src/honnin/card/kinds/*.toml`; the rest of the page is written.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from honnin.card.declaration import ApplicationDeclaration, KindDeclaration, kind, kinds

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "card.md"
BEGIN, END = "<!-- declared: made by `make tables` -->", "<!-- /declared -->"
HEAD = "| identifier | what | condition | source |\n|---|---|---|---|"


def declared() -> str:
    """All kinds of card, application by application, as Markdown."""
    parts = [line for name in reversed(kinds()) for line in _kind(kind(name))]
    return "\n".join([BEGIN, "", *parts, END])


def _kind(declaration: KindDeclaration) -> Iterator[str]:
    yield f"## {declaration.title}\n"
    atr, label = declaration.atr.hex().upper(), declaration.token_label
    yield f"Kind `{declaration.name}`, ATR `{atr}`, label `{label}`.\n"
    for application in declaration.applications.values():
        yield f"### {application.title}: `{application.aid.hex().upper()}`, number {application.number}\n"
        yield HEAD
        yield from sorted(_rows(application))
        yield f"\n{_commands(application)}\n"


def _rows(application: ApplicationDeclaration) -> Iterator[str]:
    for number, file in application.files.items():
        how = "by record, " if file.records else ""
        yield _row(number, file.title, how + _condition(file.read), file.choice)
    for number, pin in application.pins.items():
        form = f"{pin.length} of {pin.characters}; {pin.tries} tries" if pin.tries else "63C0 and 6984"
        yield _row(number, f"PIN: {pin.title}", form + ("; never changed" * pin.fixed), pin.choice)
    for number, key in application.keys.items():
        use = "; INTERNAL AUTHENTICATE" if key.authenticates else ""
        default = "; the default key" if number == application.default_key else ""
        yield _row(number, f"key: {key.title}{use}{default}", _condition(key.pins, "signs"), key.choice)
    for number in application.bare:
        yield _row(number, "exists, without a function here", "never readable, 6981", "")


def _row(number: int, what: str, condition: str, choice: str) -> str:
    return f"| {number:04X} | {what} | {condition} | {f'our choice: {choice}' if choice else 'real'} |"


def _condition(pins: tuple[int, ...], free: str = "free") -> str:
    if not pins:
        return f"{free} without a PIN" if free != "free" else free
    return "PIN " + " or ".join(f"{pin:04X}" for pin in sorted(pins))


def _commands(application: ApplicationDeclaration) -> str:
    cla, ins = application.change
    said = [f"A PIN is changed by `{cla:02X} {ins:02X}`."]
    for (answered, command), refusal in sorted(application.answers.items()):
        source = " (our choice)" if refusal.choice else ""
        said.append(f"`{answered:02X} {command:02X}` is answered {refusal.word:04X}{source}.")
    return " ".join(said)


def page() -> str:
    """The whole page, with the declared part made anew."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    return before + declared() + rest.partition(END)[2]


def main() -> int:
    if PAGE.read_text("utf-8") == page():
        return 0
    if "--check" in sys.argv:
        print("docs/reference/card.md is out of date; run: make tables")
        return 1
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
