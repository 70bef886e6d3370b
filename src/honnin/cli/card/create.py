"""`honnin card create` and `samples`: test cards with any holder, in the states that people's cards have."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import click

from honnin.card.chip.state import CardState
from honnin.card.kinds.declaration import NUMBER_CARD
from honnin.cli.terminal.installation import start_django
from honnin.cli.terminal.options import (
    Day,
    json_fields,
    json_option,
    naming,
    print_json,
    require_writable,
    text_of_at_most,
)
from honnin.cli.terminal.output import is_stdout
from honnin.cli.terminal.streams import done, print_name, say
from honnin.cli.terminal.typed import read_lines
from honnin.cli.terminal.words import _, named
from honnin.cli.terminal.wrong import Wrong
from honnin.clock import Clock, SystemClock, day_in_japan
from honnin.errors import CardError, Refused
from honnin.law.cards.pins import PinKind, normalise_pin, pin_format_refusals
from honnin.law.era import SOLAR_CALENDAR_FROM
from honnin.law.terms import Purpose, Sex
from honnin.law.validity import WITHOUT_END, Stay, StayStatus
from honnin.pin import Pin
from honnin.simulator.samples import Holder, Sample, sample, samples
from honnin.sites.home import present_home
from honnin.translation import Sentence, message

NAME_MAX, ADDRESS_MAX = 100, 200  # what the register holds
ROLLED_OVER = message(
    "After this card was issued both authorities of this installation were rolled over. Its certificates "
    "and CA certificates are of the generation before, and good: honnin authority show."
)
ROLLS_OVER = message(
    "making this card opens the next generation of both authorities of this installation, which stays:"
    " say --roll-over if that is meant"
)
ELSEWHERE = message(
    "The holder of a test card lives in the first municipality of this installation: give an --address there."
)
PIN_NAMES = {
    PinKind.SIGNATURE: message("signature PIN"),
    PinKind.USER_AUTHENTICATION: message("authentication PIN"),
}
HINTS = {
    "E_SUBSTITUTE_CONSENT": message(
        "This command agrees to no substitutes: give a --name that a certificate can bear as it is, or "
        "apply on the counter's screens (honnin up)."
    ),
    "E_CARD_EXPIRED": message("The card ends with --stay-until: give a day that is not over."),
    "E_UNDER_AGE": message("For a holder of that age (--birth-date): honnin card create child."),
}
_DAY = Day()


@click.command("samples")
@json_option
def list_samples(as_json: bool) -> None:
    """List the cards that `create` makes."""
    found = {name: sample(name).title for name in samples()}
    if as_json:
        print_json(found)
        return
    for name, title in found.items():
        say(named(name, _(title)))


@click.command()
@click.argument("name", metavar="SAMPLE", type=click.Choice(samples()))
@click.option("--name", "holder_name", callback=text_of_at_most(NAME_MAX), help="The holder's name.")
@click.option("--birth-date", type=_DAY, metavar="YYYY-MM-DD", help="The holder's date of birth.")
@click.option("--sex", type=click.Choice([each.name.lower() for each in Sex]), help="The holder's sex.")
@click.option("--address", callback=text_of_at_most(ADDRESS_MAX), help="The holder's address.")
@click.option("--stay-until", type=_DAY, metavar="YYYY-MM-DD", help="Last day of a foreign resident's stay.")
@click.option(
    "--stay-status",
    type=click.Choice([each.value.replace("_", "-") for each in StayStatus]),
    help="On what the stay rests; permanent, special-permanent and highly-skilled-2 have no last day.",
)
@click.option(
    "--received-on",
    type=_DAY,
    metavar="YYYY-MM-DD",
    help="The day on which the card was applied for: before 2022-04-01 ten birthdays begin at the age of 20.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Card file to write, instead of one named by the card's number.",
)
@click.option("--roll-over", is_flag=True, help="Allow old-authority to roll both authorities over.")
@click.option(
    "--pin-fd",
    type=int,
    metavar="N",
    help="Read PINs from file descriptor N: a line for each certificate, signature first.",
)
@json_fields("name", "file", "card_number", "sample", "kind", "expiry_date", "rolled_over", "pins")
def create(
    name: str, out: Path | None, roll_over: bool, pin_fd: int | None, as_json: bool, **entered: Any
) -> None:
    """Make a test card as SAMPLE says (`honnin card samples`), with this holder, and print its name.

    The holder moves in and applies at the counter of this installation; where the law refuses, nothing is
    made. The PINs are told on stderr, once; with --json in the document alone.
    """
    chosen, clock = sample(name), SystemClock()
    wrong = Wrong(_not_fitting(chosen, entered, roll_over=roll_over))
    if out is not None:
        wrong.unless(lambda: _require_new(out))
    holder = _holder(chosen, entered, day_in_japan(clock.now()), wrong)
    if pin_fd is not None:
        pins = wrong.unless(lambda: _pins(chosen, pin_fd))
    wrong.require_none()
    if pin_fd is not None and pins is not None:
        chosen = replace(chosen, pins=pins)
    with _hints():
        state = _made(chosen, holder, clock, out)
    # What a sample is called says something of its own holder, and need not be so of another.
    another = _("made from the sample {sample}").format(sample=chosen.name)
    title = another if any(entered.values()) else _(chosen.title)
    facts = _facts(chosen, state, out)
    done(facts["file"], *_secret_lines(title, state))
    if as_json:
        print_json(facts)
        return
    print_name(out or state.card_number)
    say(*_secret_lines(title, state), err=True)
    if chosen.rollover:
        say(_(ROLLED_OVER), err=True)


def _not_fitting(
    chosen: Sample, entered: Mapping[str, Any], *, roll_over: bool
) -> Iterator[click.UsageError]:
    """Options that this sample has no use for, or lacks."""
    if chosen.made_on is not None and (entered["stay_until"] or entered["stay_status"]):
        yield click.UsageError(_("--stay-until and --stay-status are for cards that are made today"))
    if entered["stay_until"] and (entered["stay_status"] or "").replace("-", "_") in WITHOUT_END:
        yield click.UsageError(_("--stay-status {stay_status} knows no --stay-until").format(**entered))
    if chosen.kind != NUMBER_CARD and any(entered.values()):
        yield click.UsageError(_("nothing on this card says whose it is"))
    if chosen.rollover is not roll_over:
        yield click.UsageError(
            _(ROLLS_OVER) if chosen.rollover else _("{sample} rolls nothing over").format(sample=chosen.name)
        )


def _pins(chosen: Sample, descriptor: int) -> dict[Purpose, Pin]:
    """What the holder chooses at the counter: a line for each certificate; an empty one is the sample's own.

    Raises click.UsageError where there is no certificate, or more lines than certificates; Malformed
    E_PIN_UNREADABLE, E_SECRET_TOO_LONG; CardError E_PIN_FORMAT.
    """
    purposes = [purpose for purpose in Purpose if purpose in chosen.pins]
    if not purposes or chosen.pin_state == "unset":
        problem = _("{sample} has no PIN that somebody chooses").format(sample=chosen.name)
        raise click.UsageError(problem)
    lines = read_lines(descriptor)
    if len(lines) > len(purposes):
        problem = _("{sample} has {pins} PINs, and {lines} lines came")
        raise click.UsageError(problem.format(sample=chosen.name, pins=len(purposes), lines=len(lines)))
    wrong, pins = Wrong(), dict(chosen.pins)
    for purpose, line in zip(purposes, lines, strict=False):
        if line:
            pins[purpose] = wrong.unless(partial(_pin, line, PinKind(purpose))) or Pin("")
    wrong.require_none()
    return pins


def _pin(typed: str, kind: PinKind) -> Pin:
    """Raises CardError E_PIN_FORMAT, naming the PIN."""
    pin = normalise_pin(typed, kind)
    for refusal in pin_format_refusals(pin, kind):
        with naming(Sentence(PIN_NAMES[kind])):
            raise CardError(refusal.code, **dict(refusal.details))
    return pin


def _holder(chosen: Sample, entered: Mapping[str, Any], today: date, wrong: Wrong) -> Holder:
    """The sample's person, but for what was entered; notes what of that is wrong."""
    person, name, sex, stay = chosen.person, entered["holder_name"], entered["sex"], entered["stay_until"]
    last_day = stay.date() if stay else _sample_stay(chosen, today)
    return Holder(
        name=name or person.name,
        kana="" if name else person.kana,
        birth_date=wrong.unless(lambda: _birth_date(entered["birth_date"], chosen, today)) or today,
        sex=Sex[sex.upper()] if sex else person.sex,
        address=entered["address"] or person.address,
        stay=wrong.unless(lambda: _stay(entered["stay_status"], last_day)),
        received_on=wrong.unless(lambda: _received_on(entered["received_on"], chosen.made_on or today)),
    )


def _made(chosen: Sample, holder: Holder, clock: Clock, out: Path | None) -> CardState:
    start_django("agency", "municipality")
    from honnin.simulator.samples.making import make_card_file
    from honnin.sites.lines.wiring import connect_in_process

    connect_in_process(clock)
    cards = present_home().cards
    cards.mkdir(parents=True, exist_ok=True, mode=0o700)
    return make_card_file(chosen, holder, clock, lambda state: out or cards / f"{state.card_number}.json")


def _birth_date(given: datetime | None, chosen: Sample, today: date) -> date:
    born = given.date() if given else date(today.year - chosen.person.age, 1, 1)
    if not SOLAR_CALENDAR_FROM <= born <= (chosen.made_on or today):
        between = _("it is not between {first} and the day of the card").format(first=SOLAR_CALENDAR_FROM)
        raise click.BadParameter(between, param_hint="--birth-date")
    return born


@contextmanager
def _hints() -> Iterator[None]:
    """Prints a hint on stderr when the law refuses what the options ask for."""
    try:
        yield
    except Refused as error:
        for hint in (HINTS[each.code] for each in error.refusals if each.code in HINTS):
            say(_(hint), err=True)
        if any("place" in dict(each.details) for each in error.refusals):
            say(_(ELSEWHERE), err=True)
        raise


def _require_new(out: Path) -> None:
    if is_stdout(out):
        raise click.BadParameter(_("a card is a file, and stdout is none"), param_hint="--out")
    if os.path.lexists(out):
        raise click.BadParameter(_("{path} exists already").format(path=out), param_hint="--out")
    require_writable(out)


def _sample_stay(chosen: Sample, today: date) -> date | None:
    """The last day of the stay that a sample says."""
    return None if chosen.stay_days is None else today + timedelta(days=chosen.stay_days)


def _stay(status_name: str | None, day: date | None) -> Stay | None:
    """A foreign resident's stay, a medium or long one unless said otherwise; None for a Japanese national."""
    if status_name is None:
        return None if day is None else Stay(StayStatus.MEDIUM_OR_LONG_TERM, day)
    status = StayStatus(status_name.replace("-", "_"))
    if status in WITHOUT_END:
        return Stay(status)
    if day is None:
        raise click.UsageError(
            _("--stay-status {status} needs its day: --stay-until").format(status=status_name)
        )
    return Stay(status, day)


def _received_on(given: datetime | None, made_on: date) -> date | None:
    if given is not None and given.date() > made_on:
        raise click.BadParameter(_("it is after the day of the card"), param_hint="--received-on")
    return given.date() if given else None


def _facts(chosen: Sample, state: CardState, out: Path | None) -> dict[str, Any]:
    """The card that was made, for programs, with its PINs and codes as `card read` names them."""
    file = out or present_home().cards / f"{state.card_number}.json"
    return {
        "name": file.stem,
        "file": str(file),
        "card_number": state.card_number,
        "sample": chosen.name,
        "kind": state.kind_name,
        "expiry_date": state.expiry_date.isoformat(),
        "rolled_over": chosen.rollover,
        "pins": [
            {
                "application": name,
                "file": f"{number:04X}",
                "name": pin.name,
                "value": content.pins[number].value,
                "tries_left": content.pins[number].tries_left,
            }
            for name, content in state.applications.items()
            for number, pin in sorted(state.kind.applications[name].pins.items())
            if number in content.pins and content.pins[number].value is not None
        ],
    }


def _secret_lines(title: str, state: CardState) -> Iterator[str]:
    """Lines with the PINs and codes of the card, which cannot be read from it."""
    yield _("TEST CARD: {title}; until {expiry_date}").format(title=title, expiry_date=state.expiry_date)
    for name, content in state.applications.items():
        declared = state.kind.applications[name].pins
        for file, pin in sorted(content.pins.items()):
            if pin.value is not None:
                blocked = "" if pin.tries_left else _(" (blocked)")
                what = _("{first}, {others}").format(
                    first=f"{name} {file:04X}", others=_(declared[file].title)
                )
                yield "  " + named(what, f"{pin.value}{blocked}")
