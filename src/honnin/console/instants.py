"""The instant of a request: the clock is read once, and every act of the request happens then.

So one act never falls on two days at midnight.
"""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest

from honnin.clock import Clock

_KEPT = "honnin_instant"


def instant(request: HttpRequest) -> datetime:
    """When this request came, by the installation's clock; the same however often it is asked."""
    present: datetime | None = getattr(request, _KEPT, None)
    if present is None:
        clock: Clock = settings.HONNIN_CLOCK
        present = clock.now()
        setattr(request, _KEPT, present)
    return present
