"""Connects the actors that this process plays."""

from honnin.clock import Clock, SystemClock
from honnin.wire.line import InProcessLine, plug


def connect_in_process(clock: Clock | None = None) -> None:
    """Plug every role's line to the service that answers it, in this process."""
    from honnin.agency.reception import reception

    plug("agency", InProcessLine(reception(clock or SystemClock())))
