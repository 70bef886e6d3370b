"""The same form at the same moment, to one server process and to two; prints what came of it as JSON.

Run as `python -m tests.console.entered.once_program` with HONNIN_HOME and, for PostgreSQL, the addresses of
the databases. Each test client has a chain of middleware of its own, as each server process has.
"""

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "honnin.sites.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connections  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from honnin.agency.hotline.services import record_notice_of_loss  # noqa: E402
from honnin.agency.records.models import StatusChange  # noqa: E402
from honnin.card.client.session import CardSession  # noqa: E402
from honnin.card.kinds.declaration import KeySlot  # noqa: E402
from honnin.card.transport.card_file import CardFile  # noqa: E402
from honnin.card.transport.in_process import InProcess  # noqa: E402
from honnin.clock import FixedClock  # noqa: E402
from honnin.console.models import SentForm  # noqa: E402
from honnin.simulator.installation import fill_register  # noqa: E402
from honnin.sites.lines.wiring import connect_in_process  # noqa: E402
from honnin.sites.opening import migrate, open_roles  # noqa: E402
from tests.support.card.keys import KeyPool  # noqa: E402
from tests.support.console import Console  # noqa: E402
from tests.support.responses import Response  # noqa: E402
from tests.support.town import Town  # noqa: E402

CLOCK = FixedClock(datetime(2026, 6, 2, 1, 0, tzinfo=UTC))


def at_once(acts: list[Callable[[], Response]]) -> list[Response]:
    start, answers = Barrier(len(acts)), []

    def run(act: Callable[[], Response]) -> None:
        start.wait()
        try:
            answers.append(act())
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


class Release:
    """The page on which the PIN of a found card is proved: a wrong one costs a try."""

    def __init__(self, console: Console) -> None:
        self.client, resident, application = console.issued()
        operator = console.town.operator()
        record_notice_of_loss(resident.pk, operator=operator, at=console.town.clock.now())
        self.address = reverse("counter:release", args=[resident.public_id])
        self.card, self._file = application.card_number, console.cards / f"{application.card_number}.json"
        self.person_code = resident.pk

    def form(self) -> str:
        """The id of the form on the page as it is drawn now."""
        page = self.client.get(self.address).content.decode()
        return page.partition('name="form_id" value="')[2].partition('"')[0]

    def sending(self, client: Client, form: str, pin: str, **more: str) -> Callable[[], Response]:
        sent = {"card": self.card, "pin": pin, "form_id": form, **more}
        return lambda: client.post(self.address, sent)

    def process(self) -> Client:
        """The same browser, at another server process."""
        other = Client(headers={"accept-language": "en"})
        other.cookies = self.client.cookies
        return other

    def tries_left(self) -> int:
        with CardFile.open(self._file) as file:
            session = CardSession(InProcess(file.card))
            session.select_jpki()
            return session.tries_left(KeySlot.AUTHENTICATION)

    def changes(self) -> int:
        return StatusChange.objects.filter(record__person_code=self.person_code, status="good").count()


def told(release: Release) -> dict[str, Any]:
    one, two = release.client, release.process()
    tries = [release.tries_left()]
    form = release.form()
    thrice = at_once([release.sending(one, form, "0000")] * 3)
    tries.append(release.tries_left())
    CLOCK.move_to(CLOCK.now() + timedelta(minutes=1))
    form = release.form()
    both = at_once([release.sending(each, form, "0000") for each in (one, two)])
    tries.append(release.tries_left())
    said = [sorted(answer.status_code for answer in answers) for answers in (thrice, both)]
    again = sum(b"E_FORM_SENT_TWICE" in answer.content for answer in both)
    CLOCK.move_to(CLOCK.now() + timedelta(minutes=1))
    last = {"use_last_try": "on"}
    right = at_once([release.sending(each, form, "1234", **last) for each in (one, two)])
    late = release.sending(two, form, "1234", **last)()
    return {
        "tries": tries,
        "said": said,
        "again": again,
        "right": [(answer.status_code, answer.headers.get("Location")) for answer in (*right, late)],
        "released": release.changes(),
        "rows": SentForm.objects.count(),
    }


def main() -> None:
    migrate()
    open_roles(CLOCK)
    fill_register((), at=CLOCK.now())
    connect_in_process(CLOCK)
    settings.HONNIN_CARDS, settings.HONNIN_CLOCK = Path(settings.HOME.root) / "wallet", CLOCK
    settings.HONNIN_CARDS.mkdir()
    settings.ALLOWED_HOSTS = ["testserver"]
    release = Release(Console(Town(CLOCK, KeyPool()), settings.HONNIN_CARDS))
    content = told(release) | {"vendor": connections["default"].vendor}
    connections.close_all()
    json.dump(content, sys.stdout)


if __name__ == "__main__":
    main()
