"""Connects the actors that this process plays, with each other and with those that others play."""

from honnin.clock import Clock, SystemClock
from honnin.sites.home import present_home
from honnin.sites.joined import JoinedLines
from honnin.sites.roles import every_role, plays
from honnin.wire.line import InProcessLine, plug


def connect() -> None:
    """Plug a line to every role: in this process to those that it plays, to others by what it has joined."""
    for role in every_role():
        if not plays(role.name):
            plug(role.name, JoinedLines(present_home().lines))
    connect_in_process()


def connect_in_process(clock: Clock | None = None) -> None:
    """Plug the line to every role of this process to the rooms that answer it."""
    for role in every_role():
        if plays(role.name):
            plug(role.name, InProcessLine(role.messages(clock or SystemClock())))
