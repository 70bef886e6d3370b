"""Many renew at once over HTTPS, on an installation of its own; prints what came of them as JSON.

Run as `python -m tests.agency.renewals_over_https COUNT` with HONNIN_HOME and HONNIN_AGENCY_DATABASE.
"""

import json
import os
import sys
import threading
from collections import Counter
from datetime import UTC, datetime

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "honnin.sites.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connections  # noqa: E402

from honnin.agency.records.journal import JOURNAL  # noqa: E402
from honnin.agency.records.models import IssuanceRecord  # noqa: E402
from honnin.card.client.session import relay  # noqa: E402
from honnin.clock import FixedClock  # noqa: E402
from honnin.errors import HonninError  # noqa: E402
from honnin.identifiers import MunicipalityCode  # noqa: E402
from honnin.journal.rows import row_faults  # noqa: E402
from honnin.simulator.installation import fill_register  # noqa: E402
from honnin.sites.lines.wiring import connect_in_process  # noqa: E402
from honnin.sites.opening import migrate, open_roles  # noqa: E402
from honnin.wire.line import line_to  # noqa: E402
from honnin.wire.messages.issuance import IssuanceStep, RelayAnswers  # noqa: E402
from honnin.wire.messages.renewal import RequestRenewal  # noqa: E402
from tests.agency.renewals_at_once import due_by_card, renewal  # noqa: E402
from tests.support.agency.renewals import Renewal  # noqa: E402
from tests.support.card.keys import KeyPool  # noqa: E402
from tests.support.servers.lines import agency_over_https  # noqa: E402
from tests.support.town import Town  # noqa: E402

CLOCK = FixedClock(datetime(2026, 6, 2, 1, 0, tzinfo=UTC))
HERE = MunicipalityCode("99101")


def over_the_line(each: Renewal, request: RequestRenewal) -> None:
    """A counter that has examined everything: it asks, and relays to the end."""
    line, reader = line_to("agency", HERE), each.holder.reader()
    step: IssuanceStep = line.ask(request, "hanako")
    while not step.done:
        step = line.ask(RelayAnswers(step.procedure, relay(reader, step.commands)), "hanako")


def at_once(renewals: list[Renewal]) -> Counter[str]:
    """How each ended: `done` or the code of its error, or the name of one that has none."""
    ends: list[str] = []
    start = threading.Barrier(len(renewals))

    def run(each: Renewal, request: RequestRenewal) -> None:
        start.wait()
        try:
            over_the_line(each, request)
            ends.append("done")
        except HonninError as error:
            ends.append(error.code)
        except Exception as error:
            ends.append(f"unnamed: {error!r}")

    threads = [threading.Thread(target=run, args=(each, each.request())) for each in renewals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(ends)


def main() -> None:
    migrate()
    open_roles(CLOCK)
    fill_register((), at=CLOCK.now())
    connect_in_process(CLOCK)
    town = Town(CLOCK, KeyPool())
    renewals = [renewal(town, due_by_card(town)) for _ in range(int(sys.argv[1]))]
    with agency_over_https(settings.HOME.root / "test-peers", CLOCK, HERE):
        ends = at_once(renewals)
        for each in renewals:  # whatever was refused for a reason is finished by asking again
            over_the_line(each, each.request())
    for each in renewals:
        each.require_renewed()
    brought = IssuanceRecord.objects.filter(application_number__in=[each.number for each in renewals])
    told = {
        "vendor": connections["agency"].vendor,
        "ends": ends,
        "brought": brought.count(),
        "faults": list(row_faults(JOURNAL)),
    }
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
