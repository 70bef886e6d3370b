"""Cards as people have them: what `honnin card create` makes. One sample is one data file here.

Nothing of the law stands in a sample: it says who comes to the counter, with what, for which certificates,
and in which state the card is afterwards.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

from honnin.card.kinds.declaration import NUMBER_CARD
from honnin.law.terms import Purpose, Sex
from honnin.law.validity import Stay
from honnin.pin import Pin

_FOLDER: Final = files("honnin.simulator.samples")
PinState = Literal["set", "blocked", "unset"]
Afterwards = Literal["", "reported_lost", "revoked"]


@dataclass(frozen=True)
class Person:
    """The holder of a sample, invented; `age` in years on the day the card is made."""

    name: str
    kana: str
    sex: Sex
    address: str
    age: int


@dataclass(frozen=True)
class Holder:
    """Who the card is for. `received_on`: the day on which it was applied for, if not when it is made."""

    name: str = field(repr=False)
    kana: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: Sex = field(repr=False)
    address: str = field(repr=False)
    stay: Stay | None = None
    received_on: date | None = None


@dataclass(frozen=True)
class Agent:
    """The statutory agent who comes along, and the document with a photo that they show."""

    name: str
    document: str


@dataclass(frozen=True)
class Sample:
    """One sample.

    `document` is what the holder shows at the counter, `pins` what they choose there for the certificates
    applied for. `stay_days`: a stay of that many days ends the card. `label`: a token that is JPKI alone,
    with this label. `made_on`: a card of that day; see `making` for what it can have. `damaged`: its chip
    broke after the holder got it. `afterwards`: the holder reported the card lost by telephone, or had the
    certificates revoked at the counter. `rollover`: afterwards both authorities are rolled over, so that what
    is on the card is of the generation before.
    """

    name: str
    title: str
    person: Person
    document: str = ""
    agent: Agent | None = None
    pins: Mapping[Purpose, Pin] = field(default_factory=dict)
    pin_state: PinState = "set"
    stay_days: int | None = None
    label: str | None = None
    kind: str = NUMBER_CARD
    made_on: date | None = None
    damaged: bool = False
    afterwards: Afterwards = ""
    rollover: bool = False


def samples() -> tuple[str, ...]:
    """The names of all samples there are."""
    names = (path.name for path in _FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@cache
def sample(name: str) -> Sample:
    """A sample by its name. Raises KeyError when there is none."""
    if name not in samples():
        raise KeyError(name)
    return _sample(name, tomllib.loads((_FOLDER / f"{name}.toml").read_text("utf-8")))


def _sample(name: str, raw: Mapping[str, Any]) -> Sample:
    person = raw["person"]
    parts: dict[str, Any] = {
        "person": Person(**{**person, "sex": Sex[person["sex"].upper()]}),
        "pins": {Purpose(purpose): Pin(pin) for purpose, pin in raw.get("pins", {}).items()},
        "agent": Agent(**raw["agent"]) if "agent" in raw else None,
    }
    return Sample(name, **{**raw, **parts})
