"""Connects the actors that this process plays, with each other and with those that others play.

A line is bound here to the role that speaks on it; over HTTPS the invitation has said that already.
"""

from collections.abc import Mapping
from functools import partial
from typing import cast

from django.utils.functional import SimpleLazyObject

from honnin.clock import Clock, SystemClock
from honnin.sites.home import present_home
from honnin.sites.lines.joined import JoinedLines
from honnin.sites.roles import every_role, played, plays
from honnin.wire.line import Handler, InProcessLines, plug


def connect() -> None:
    """Plug the lines of every role that is played: inside this process to those that it plays too, to others
    by what it has joined.
    """
    for name, speakers in _speakers().items():
        if not plays(name):
            plug(name, JoinedLines(present_home().lines, *speakers))
    connect_in_process()


def connect_in_process(clock: Clock | None = None) -> None:
    """Plug the lines between the roles of this process."""
    answering = {role.name: role for role in every_role() if plays(role.name)}
    for name, speakers in _speakers().items():
        if name in answering:
            # Whose rooms are loaded when somebody speaks: most commands never do.
            reception = SimpleLazyObject(partial(answering[name].messages, clock or SystemClock()))
            plug(name, InProcessLines(cast(Mapping[type, Handler], reception), *speakers))


def _speakers() -> dict[str, list[str]]:
    """To each role, the roles of this process that speak to it."""
    names = {name for speaker in played() for name in speaker.speaks_to}
    return {name: [each.name for each in played() if name in each.speaks_to] for name in sorted(names)}
