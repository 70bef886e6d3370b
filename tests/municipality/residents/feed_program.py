"""The feed over a faulty line, and letters, in an installation of their own; prints what came of it as JSON.

Run as `python -m tests.municipality.residents.feed_program PEOPLE EVENTS SHARE` with HONNIN_HOME and, for
PostgreSQL, the addresses of the databases: settings are read at import, so each engine needs a process of its
own.
"""

import json
import os
import sys
import time
from datetime import UTC, datetime

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "honnin.sites.settings")

import django

django.setup()

from django.db import connections  # noqa: E402

from honnin.clock import FixedClock  # noqa: E402
from honnin.municipality.residents.models import ChangeReport  # noqa: E402
from honnin.simulator.installation import fill_register  # noqa: E402
from honnin.sites.lines.wiring import connect_in_process  # noqa: E402
from honnin.sites.opening import migrate, open_roles  # noqa: E402
from tests.support.agency.feeding import run  # noqa: E402
from tests.support.card.keys import KeyPool  # noqa: E402
from tests.support.town import Town  # noqa: E402

CLOCK = FixedClock(datetime(2026, 6, 2, 1, 0, tzinfo=UTC))


def main(people: int, events: int, share: float) -> None:
    migrate()
    open_roles(CLOCK)
    fill_register((), at=CLOCK.now())
    connect_in_process(CLOCK)
    began = time.monotonic()
    line, rounds = run(Town(CLOCK, KeyPool()), people, events, share)
    told = {
        "vendor": connections["agency"].vendor,
        "faults": line.faults,
        "rounds": rounds,
        "events": ChangeReport.objects.filter(number__isnull=False).count(),
        "seconds": round(time.monotonic() - began),
    }
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
