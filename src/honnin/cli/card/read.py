"""`honnin card read`: what can be read from a card, with or without a PIN."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import click
from cryptography import x509

from honnin.card import tlv
from honnin.card.client.files import Reading, attributes
from honnin.card.client.known_files import (
    APPLICATIONS,
    CARD,
    DATA_OBJECTS,
    Content,
    KnownApplication,
    KnownFile,
)
from honnin.card.client.session import CardSession
from honnin.card.status_word import StatusWord
from honnin.card.token_information import token_names
from honnin.cli.terminal import streams
from honnin.cli.terminal.cards import inserted_transport, reader_option
from honnin.cli.terminal.options import given, json_option, last_try_option, pin_option, print_json, refuse
from honnin.cli.terminal.typed import ask_pin
from honnin.cli.terminal.words import FileName, _, named, several
from honnin.translation import message

_PRESENCE = (message("signature"), message("authentication"), message("third"))
_NAMES = {
    "name": message("name"),
    "address": message("address"),
    "birth": message("birth"),
    "sex": message("sex"),
}
_UNTIL = message("{subject}, until {last_day}")
_SHOWN = 16
ABSENT = message("not on this card")
_EMPTY = {Content.PRESENCE: message("none"), Content.CERTIFICATE: message("no certificate")}


@dataclass(frozen=True)
class Wanted:
    """What to read of one application, and the PIN to verify before, if any."""

    application: KnownApplication
    files: tuple[KnownFile, ...]
    pin: KnownFile | None


@click.command()
@click.argument("words", metavar="[CARD] [APPLICATION[/FILE]]", nargs=-1, type=FileName())
@reader_option
@click.option("--verify", "pin_name", metavar="PIN", help="Verify this PIN first, by its name (text-pin).")
@pin_option
@last_try_option
@json_option
def read(
    words: tuple[str, ...],
    reader: str | None,
    pin_name: str | None,
    pin_fd: int | None,
    use_last_try: bool,
    as_json: bool,
) -> None:
    """Read a whole card, one application (jpki, text, visual, juki, common, card), or one file of it.

    A PIN is asked for when a file that needs one is named, or with --verify, or given with --pin-fd.
    """
    card, what = (None, words[0:]) if reader else (words[0] if words else None, words[1:])
    if len(what) > 1:
        raise click.UsageError(_("one application or one file at a time"))
    name, _slash, file_name = (what[0] if what else "").partition("/")
    if what and not name:
        raise click.UsageError(_("name the application before the file, for example text/attributes"))
    plan = _plan(name, file_name, pin_name, with_pin=pin_fd is not None)
    if not any(wanted.pin for wanted in plan):
        refuse(given("pin_name", "pin_fd", "use_last_try"), _("nothing that is read here takes a PIN"))
    found: dict[str, list[Reading] | None] = {}
    with inserted_transport(card, reader) as transport:
        session = CardSession(transport)
        if name in ("", CARD):
            found[CARD] = [each for each in session.data_objects() if file_name in ("", each.file.name)]
        for wanted in plan:
            found[wanted.application.name] = _read(session, wanted, pin_fd, use_last_try=use_last_try)
    if as_json:
        print_json({name: _as_json(readings) for name, readings in found.items()})
        return
    for line in _lines(found):
        streams.say(line)


def _plan(name: str, file_name: str, pin_name: str | None, *, with_pin: bool) -> list[Wanted]:
    """Raises click.UsageError for a name that nobody knows."""
    if name == CARD:
        names = [file.name for file in DATA_OBJECTS]
        if file_name not in ("", *names):
            raise _not_there(
                message("there is no {name} in {within}; there are {known}"), file_name, names, CARD
            )
        return []
    applications = [each for each in APPLICATIONS if name in ("", each.name)]
    if not applications:
        names = [*(each.name for each in APPLICATIONS), CARD]
        raise _not_there(message("there is no application {name}; there are {known}"), name, names)
    if not name and (pin_name is not None or with_pin):
        raise click.UsageError(_("a PIN belongs to one application: name it"))
    if not name:
        return [Wanted(each, each.readable, None) for each in applications]
    return [_wanted(applications[0], file_name, pin_name, with_pin=with_pin)]


def _wanted(application: KnownApplication, file_name: str, pin_name: str | None, *, with_pin: bool) -> Wanted:
    files = application.readable
    if file_name:
        files = tuple(file for file in files if file_name.lower() in (file.name, f"{file.number:04x}"))
        if not files:
            names = [file.name for file in application.readable]
            text = message("there is no file {name} in {within}; there are {known}")
            raise _not_there(text, file_name, names, application.name)
    if pin_name is not None:
        for pin in application.pins:
            if pin.name == pin_name:
                return Wanted(application, files, pin)
        names = [pin.name for pin in application.pins]
        text = message("there is no PIN {name} in {within}; there are {known}")
        raise _not_there(text, pin_name, names, application.name)
    guarding = [number for file in files for number in file.pins]
    asks = bool(file_name) or with_pin
    return Wanted(application, files, application.file(guarding[0]) if guarding and asks else None)


def _not_there(text: str, name: str, known: Iterable[str], within: str = "") -> click.UsageError:
    return click.UsageError(_(text).format(name=name, known=several(known), within=within))


def _read(
    session: CardSession, wanted: Wanted, pin_fd: int | None, *, use_last_try: bool
) -> list[Reading] | None:
    """The readings of an application, or None where the card does not have it."""
    if session.select(wanted.application) != StatusWord.OK:
        return None
    if wanted.pin is not None:
        session.require_pin_usable(wanted.application, wanted.pin)
        value = ask_pin(_(wanted.pin.title), pin_fd)
        session.verify(wanted.application, wanted.pin, value, use_last_try=use_last_try)
    return [session.read(file) for file in wanted.files]


def _lines(found: dict[str, list[Reading] | None]) -> Iterator[str]:
    for name, readings in found.items():
        if readings is None:
            yield named(name, _(ABSENT))
            continue
        for reading in readings:
            yield named(f"{name}/{reading.file.name}", _words(reading))


def _words(reading: Reading) -> str:
    if not reading.is_there:
        return _refusal(reading)
    empty = _EMPTY.get(reading.file.content)
    text = streams.printable(_content(reading, _)) or (_(empty) if empty else "")
    size = _("{count} bytes").format(count=len(reading.data))
    return _("{first}, {others}").format(first=size, others=text) if text else size


def _refusal(reading: Reading) -> str:
    word = reading.status_word
    if word in (StatusWord.FILE_NOT_FOUND, StatusWord.REFERENCED_DATA_NOT_FOUND):
        return _(ABSENT)
    if word == StatusWord.SECURITY_STATUS_NOT_SATISFIED:
        return _("closed without its PIN")
    return _("refused ({word})").format(word=f"{word:04X}")


def _content(reading: Reading, say: Callable[[str], str] = str) -> str:
    """A few words about what was read; empty where nothing but the size can be said. For people, who are told
    in their language, with `say`.
    """
    data = reading.data
    match reading.file.content:
        case Content.CERTIFICATE:
            return _certificate(data, say)
        case Content.TEXT | Content.NUMBER:
            # What is not printable is the length byte before, or filler after.
            return "".join(chr(byte) for byte in data if 0x20 <= byte < 0x7F).strip()
        case Content.INFORMATION:
            return ", ".join(token_names(data))
        case Content.ATTRIBUTES:
            return ", ".join(f"{say(_NAMES[name])} {value}" for name, value in attributes(data).items())
        case Content.PRESENCE:
            return ", ".join(say(name) for name, flag in zip(_PRESENCE, data, strict=False) if flag)
        case _:
            return data[:_SHOWN].hex().upper() + ("…" if len(data) > _SHOWN else "")


def _certificate(data: bytes, say: Callable[[str], str]) -> str:
    """The holder and the last day of a certificate at the start of a file; empty where there is none."""
    if not data:
        return ""
    try:
        certificate = x509.load_der_x509_certificate(data[: tlv.certificate_length(data)])
    except ValueError:
        return ""
    name, last_day = certificate.subject.rfc4514_string(), f"{certificate.not_valid_after_utc:%Y-%m-%d}"
    return say(_UNTIL).format(subject=name, last_day=last_day)


def _as_json(readings: list[Reading] | None) -> Any:
    if readings is None:
        return None
    return {
        each.file.name: {
            "file": f"{each.file.number:04X}",
            "status_word": f"{each.status_word:04X}",
            "data": each.data.hex().upper() if each.is_there else None,
            "text": streams.printable(_content(each)) if each.is_there else None,
        }
        for each in readings
    }
