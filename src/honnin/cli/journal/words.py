"""Output of `honnin journal looks`: journal entries about looks at persons, in plain words."""

from collections.abc import Iterator, Mapping
from typing import Final

from honnin.translation import Sentence, message

ACTS: Final = {
    "search residents": message("searched for residents"),
    "reason to look": message("said why a resident must be looked at"),
    "look at receptions": message("looked at the list of applications"),
    "look at name": message("looked at a resident's name and municipality"),
    "look at person": message("looked at a resident"),
    "look at application": message("looked at an application"),
    "look at copy": message("looked at the copy of a document"),
    "search holders": message("searched for holders"),
    "look at calls": message("looked at the list of calls"),
    "look at holder": message("looked at a holder"),
}
SUBJECTS: Final = {
    "register": message("the resident register"),
    "receptions": message("applications"),
    "holders": message("holders"),
}
_NAMED: Final = {  # of a subject that is one of many, with its number
    "resident": message("resident {number}"),
    "application": message("application {number}"),
    "copy": message("copy {number}"),
    "holder": message("holder {number}"),
}
DETAILS: Final = {
    "hits": message("found: {value}"),
    "terms": message("searched for (as a digest): {value}"),
    "shown": message("shown: {value}"),
    "page": message("page: {value}"),
    "reason": message("reason: {value}"),
    "application": message("application: {value}"),
    "person": message("of: {value}"),
}
PAGES: Final = {
    "amend": message("correcting or withdrawing the application"),
    "application": message("the application"),
    "change_address": message("change of address"),
    "confirm": message("before a call is recorded"),
    "holder": message("the holder"),
    "issue": message("issuing"),
    "move_out": message("moving out"),
    "receipt": message("the receipt"),
    "receive": message("receiving an application"),
    "release": message("release of a hold"),
    "report_loss": message("report of loss"),
    "resident": message("the resident"),
    "revoke": message("revocation"),
    "set_pins": message("resetting PINs"),
    "take_card_back": message("taking the card back"),
    "update_card": message("updating the card"),
    "clear_card": message("clearing the card"),
}
REASONS: Final = {
    "correction": message("two persons must be told apart"),
    "moving_in": message("the person is moving into the municipality"),
    "official_inquiry": message("another office asks on a lawful ground"),
    "wrong_counter": message("the person is here and must be told where to go"),
}
_VALUES: Final = {"page": PAGES, "reason": REASONS}


def act(name: str) -> str:
    """What was done; an act that is none of these by its name."""
    return Sentence(ACTS[name]) if name in ACTS else name


def subject(name: str) -> str:
    """To what it was done."""
    kind, _space, number = name.partition(" ")
    if name in SUBJECTS:
        return Sentence(SUBJECTS[name])
    return Sentence(_NAMED[kind], number=number) if kind in _NAMED and number else name


def details(detail: Mapping[str, str | int]) -> Iterator[str]:
    """What else the entry says; nothing of what is empty."""
    for name, value in detail.items():
        if value == "":
            continue
        text = Sentence(_VALUES[name][str(value)]) if str(value) in _VALUES.get(name, ()) else value
        if name == "person":
            text = subject(str(value))
        yield Sentence(DETAILS[name], value=text) if name in DETAILS else f"{name}={value}"
