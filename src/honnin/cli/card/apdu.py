"""`honnin card apdu`: commands as bytes, in one card session."""

import re
from dataclasses import dataclass

import click

from honnin.card.client.session import CardSession
from honnin.card.client.trace import Tracer, meaning_of
from honnin.card.client.tries import spends_a_try
from honnin.cli.terminal.cards import inserted_transport, reader_option
from honnin.cli.terminal.json_output import keep
from honnin.cli.terminal.options import (
    given,
    json_fields,
    last_try_option,
    present_language,
    print_json,
    refuse,
)
from honnin.cli.terminal.streams import say
from honnin.cli.terminal.typed import lines_of_stdin
from honnin.cli.terminal.words import FileName, _
from honnin.errors import CardError, Malformed
from honnin.widths import half_width

_EXPECTED = re.compile(r"[0-9A-FX]{4}")


@dataclass(frozen=True)
class Line:
    """A command, and the status word that it should have: four hexadecimal digits or x for any."""

    command: bytes
    expected: str | None

    @classmethod
    def parse(cls, text: str, number: int) -> "Line":
        """Raises Malformed E_APDU_TEXT; the text itself, which may hold a PIN, is not repeated."""
        written, equals, expected = half_width(text).partition("=")
        expected = expected.strip().upper()
        try:
            command = bytes.fromhex(written)
        except ValueError as error:
            raise Malformed("E_APDU_TEXT", number=number) from error
        if len(command) < 4 or (equals and not _EXPECTED.fullmatch(expected)):
            raise Malformed("E_APDU_TEXT", number=number)
        return cls(command, expected if equals else None)

    def is_met_by(self, status_word: str) -> bool:
        if self.expected is None:
            return True
        return all(want in ("X", got) for want, got in zip(self.expected, status_word, strict=True))


@click.command()
@click.argument("words", metavar="CARD 'HEX[=SW]'...", nargs=-1, type=FileName())
@reader_option
@last_try_option
@click.option("--decode", is_flag=True, help="Say on stderr what each command and answer means.")
@json_fields("answers")
def apdu(
    words: tuple[str, ...], reader: str | None, use_last_try: bool, decode: bool, *, as_json: bool
) -> None:
    """Send commands and print each answer as `DATA SW`; stop at the first that is not as expected.

    'HEX=SW' expects a status word, where x stands for any digit (63Cx). Without commands they are read from
    stdin, one a line; all are read and checked before the first is sent. With --reader no CARD is given.
    """
    card = None if reader else (words[0] if words else None)
    texts = words if reader else words[1:]
    lines = [Line.parse(text, number) for number, text in enumerate(texts or _from_stdin(), start=1)]
    if not lines:
        raise click.UsageError(_("no command: give some as arguments, or on stdin, one a line"))
    if not any(spends_a_try(line.command) for line in lines):
        refuse(given("use_last_try"), _("none of the commands sends a PIN"))
    tracer = Tracer()
    answers: list[dict[str, str]] = []
    keep(answers=answers)
    with inserted_transport(card, reader) as inserted:
        session = CardSession(inserted)
        for number, line in enumerate(lines, start=1):
            answer = session.transmit(line.command, use_last_try=use_last_try)
            data, status_word = answer[:-2].hex().upper(), answer[-2:].hex().upper()
            if decode:
                say(*tracer.exchange(line.command, answer).lines(present_language()), err=True)
            answers.append({"data": data, "status_word": status_word})
            if not as_json:
                say(f"{data} {status_word}".lstrip())
            if not line.is_met_by(status_word):
                raise CardError(
                    "E_APDU_UNEXPECTED",
                    number=number,
                    expected=str(line.expected).replace("X", "x"),
                    answered=status_word,
                    meaning=meaning_of(int(status_word, 16)),
                )
    if as_json:
        print_json({"answers": answers})


def _from_stdin() -> list[str]:
    return [line.strip() for line in lines_of_stdin() if line.strip()]
