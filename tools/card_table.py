"""Writes the declared part of docs/reference/card.md from the card's data files; `--check` exits 1 when old.

What stands between the markers is made from `src/honnin/card/kinds/*.toml`; the rest of the page is written.
An entry that says neither where it is known from nor what of it is ours is refused, and so is a source that
`SOURCES` does not explain.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from honnin.card.chip.application.messaging import SET_SESSION_KEY
from honnin.card.kinds.declaration import (
    ApplicationDeclaration,
    FixedAnswer,
    KindDeclaration,
    Origin,
    kind,
    kinds,
)

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "card.md"
BEGIN, END = "<!-- declared: made by `make tables` -->", "<!-- /declared -->"
FILES = "| identifier | what | condition | source | our choice |\n|---|---|---|---|---|"
COMMANDS = "| command | answer | source | our choice |\n|---|---|---|---|"
SOURCES: Final = {
    "OSC": "OpenSC, its JPKI driver, and what its version 0.23 sends (github.com/OpenSC/OpenSC)",
    "MYR": "myna in Rust, since 0.6 (github.com/jpki/myna)",
    "MYG": "myna in Go, up to 0.5.1 (the same, folder `_go` of its history)",
    "MC": "myna-card, a survey of a test card, with JICSAP 1.1 quoted (github.com/soltia48/myna-card)",
    "JSA": "jsapdu, its constants and its tests with real cards (github.com/AokiApp/jsapdu)",
    "C3": "mynumbercard-idp, what its application asks real cards (github.com/c-3lab/mynumbercard-idp)",
    "PCT": "pcsc-tools, its list of answers to reset (github.com/LudovicRousseau/pcsc-tools)",
    "PS": "PocketSign's documentation of its Verify API",
    "DA": "manuals of the Digital Agency, as others quote them",
    "GP": "GlobalPlatform Card Specification 2.3.1 and Amendment D 1.1.1",
    "ISO": "ISO/IEC 7816-4:2020",
    "S0-22": "the [clause](clauses.md) of that number",
}


def declared() -> str:
    """All kinds of card, application by application, as Markdown. Raises ValueError without a source."""
    parts = [line for name in reversed(kinds()) for line in kind_lines(kind(name))]
    return "\n".join([BEGIN, "", *_legend(), *parts, END])


def _legend() -> Iterator[str]:
    yield "## Sources\n"
    yield "| key | who published it |\n|---|---|"
    yield from (f"| {key} | {who} |" for key, who in SOURCES.items())
    yield ""


def kind_lines(declaration: KindDeclaration) -> Iterator[str]:
    """One kind. Raises ValueError for an entry that says neither source nor choice, or an unknown source."""
    yield f"## {declaration.title}\n"
    atr, label = declaration.atr.hex().upper(), declaration.token_label
    yield f"Kind `{declaration.name}`.\n"
    yield "| | | source | our choice |\n|---|---|---|---|"
    for what, shown, name in (("answer to reset", atr, "atr"), ("token label", label, "token_label")):
        yield f"| {what} | `{shown}` | {_origin(name, declaration.origins.get(name, Origin()))} |"
    yield ""
    for application in declaration.applications.values():
        yield f"### {application.title}: `{application.aid.hex().upper()}`, number {application.number}\n"
        yield FILES
        yield from sorted(_rows(application))
        yield f"\n{COMMANDS}"
        yield from _commands(application)
        yield ""


def _rows(application: ApplicationDeclaration) -> Iterator[str]:
    for number, file in application.files.items():
        how = "by record, " if file.records else ""
        yield _row(application, number, file, (file.title, how + _condition(file.read)))
    for number, pin in application.pins.items():
        form = f"{pin.length} of {pin.characters}; {pin.tries} tries" if pin.tries else "63C0 and 6984"
        shown = f"PIN: {pin.title}", form + ("; never changed" * pin.fixed)
        yield _row(application, number, pin, shown)
    for number, key in application.keys.items():
        use = "; INTERNAL AUTHENTICATE" if key.authenticates else ""
        default = "; the default key" if number == application.default_key else ""
        yield _row(
            application, number, key, (f"key: {key.title}{use}{default}", _condition(key.pins, "signs"))
        )
    for number, bare in application.bare.items():
        yield _row(application, number, bare, (bare.title, "selected and nothing else: 6981"))


def _row(application: ApplicationDeclaration, number: int, known: Origin, shown: tuple[str, str]) -> str:
    what, condition = shown
    return f"| {number:04X} | {what} | {condition} | {_origin(f'{application.name} {number:04X}', known)} |"


def _origin(entry: str, known: Origin) -> str:
    """The last two columns. Raises ValueError for an entry of unknown origin."""
    keys = known.source.split()
    if strangers := set(keys) - SOURCES.keys():
        raise ValueError(f"{entry}: no source is called {min(strangers)}")
    if not keys and not known.choice:
        raise ValueError(f"{entry}: neither a source nor a choice")
    return f"{', '.join(keys)} | {known.choice}"


def _condition(pins: tuple[int, ...], free: str = "free") -> str:
    if not pins:
        return f"{free} without a PIN" if free != "free" else free
    return "PIN " + " or ".join(f"{pin:04X}" for pin in sorted(pins))


def _commands(application: ApplicationDeclaration) -> Iterator[str]:
    """What this application answers to, beside what all do."""
    rows = [("`00 A4 04` with its identifier", "selected", "aid")]
    if application.pins:
        cla, ins, p1 = application.change_header
        rows.append((f"`{cla:02X} {ins:02X} {p1:02X}`", "changes a PIN", "change"))
    if application.default_key is not None:
        rows.append(("`80 2A` with P2 00", f"signs with {application.default_key:04X}", "default_key"))
    for command, answer, name in rows:
        known = application.origins.get(name, Origin())
        yield f"| {command} | {answer} | {_origin(f'{application.name} {name}', known)} |"
    if application.messaging is not None:
        messaging = application.messaging
        answer = (
            f"{_condition(messaging.pins)}, a session key encrypted for {messaging.key:04X}; then class 08"
        )
        command = "{:02X} {:02X}".format(*SET_SESSION_KEY)
        yield f"| `{command}` | {answer} | {_origin(f'{application.name} messaging', messaging)} |"
    for (cla, ins), refusal in sorted(application.answers.items()):
        command = f"{cla:02X} {ins:02X}"
        yield f"| `{command}` | {_refusal(refusal)} | {_origin(f'{application.name} {command}', refusal)} |"


def _refusal(refusal: FixedAnswer) -> str:
    parts = [f"{refusal.word:04X}"]
    parts += [f"P1 P2 {parameters:04X} {word:04X}" for parameters, word in sorted(refusal.words.items())]
    return "; ".join(parts)


def page() -> str:
    """The whole page, with the declared part made anew."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    return before + declared() + rest.partition(END)[2]


def main() -> int:
    try:
        made = page()
    except ValueError as error:
        print(f"src/honnin/card/kinds: {error}")
        return 1
    if PAGE.read_text("utf-8") == made:
        return 0
    if "--check" in sys.argv:
        print("docs/reference/card.md is out of date; run: make tables")
        return 1
    PAGE.write_text(made, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
