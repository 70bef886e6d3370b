"""`python -m tests.municipality.residents.left_before_program`: people who left in homes of earlier versions.

One version told the agency grounds and numbered nothing, the next one numbered events, and the agency kept
only of who moved within Japan that they had left. Prints, as JSON, what became of each at another
municipality. A process of its own: it works on another HONNIN_HOME than the tests.
"""

import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import django

THEN, NOW = datetime(2026, 6, 2, tzinfo=UTC), datetime(2026, 6, 12, tzinfo=UTC)
LEFT_ON = date(2026, 6, 2)
PLACES = ("99101", "99102", "99103")
BY_GROUND = {
    "moved out": ("change_of_entry", LEFT_ON, True),
    "moved out at an unknown time": ("change_of_entry", LEFT_ON, False),
    "died": ("removal_of_entry", False, True),
    "moved out, came back and died": ("removal_of_entry", date(2025, 4, 1), True),
    "moved within": ("change_of_entry", None, True),
}
"""The ground told; the day of a notice of moving out, None: the entry stands; whether its time is kept."""
BY_NUMBER = {
    "moved abroad": ("moved_abroad",),
    "died later": ("entry_corrected", "removed_otherwise"),
    "overdue": ("move_not_completed",),
    "corrected": ("entry_corrected",),
    "abroad, and the code changed": ("moved_abroad",),
}


def person(number: int) -> str:
    return f"990000000{number:02d}"


class Then:
    """The models of a version, and its journals."""

    def __init__(self, database: str, room: str, last: str) -> None:
        from django.core.management import call_command
        from django.db import connections
        from django.db.migrations.executor import MigrationExecutor

        call_command("migrate", room, last, database=database, verbosity=0)
        loader = MigrationExecutor(connections[database]).loader
        node = next(each for each in loader.graph.nodes if each[0] == room and each[1].startswith(last))
        self._apps, self._room, self._database = loader.project_state(node).apps, room, database

    def create(self, model: str, **values: Any) -> Any:
        return self._apps.get_model(self._room, model).objects.using(self._database).create(**values)


def settle(then: Then) -> None:
    """Municipalities, and everybody in the first of them."""
    from django.db import transaction

    from honnin.municipality.records.journal import DATABASE, Act, append

    with transaction.atomic(using=DATABASE):
        rows = [
            then.create(
                "Municipality",
                code=code,
                name=f"{code}市",
                prefecture="県",
                romaji="Shi",
                prefecture_romaji="Ken",
            )
            for code in PLACES
        ]
        for number in range(len(BY_GROUND) + len(BY_NUMBER)):
            columns = {"name": "見本", "kana": "ミホン", "birth_date": date(1990, 3, 15), "sex": "2"}
            columns |= {"address": "県99101市１", "municipality_id": PLACES[0], "name_key": b"1"}
            rows.append(then.create("Resident", person_code=person(number), **columns))
        append(Act("population", "settle", "register", {}), THEN, *rows)


def tell_grounds(then: Then, agency: dict[str, Then]) -> None:
    """As it was before events were numbered."""
    from django.db import transaction

    from honnin.agency.records.journal import Act as AgencyAct
    from honnin.agency.records.journal import append as append_at_agency
    from honnin.agency.records.persons import name_of
    from honnin.identifiers import PersonCode
    from honnin.journal.binding import changed
    from honnin.municipality.records.journal import Act, append

    for number, (ground, moved_on, has_time) in enumerate(BY_GROUND.values()):
        code = PersonCode(person(number))
        with transaction.atomic(using="municipality"):
            entry = then._apps.get_model(then._room, "Resident").objects.using("municipality").get(pk=code)
            rows: list[Any] = []
            if moved_on is not None:
                entry.removed_on = LEFT_ON
                entry.save()
                rows.append(changed(entry, "removed_on"))
            if moved_on:
                rows.append(then.create("Departure", resident=entry, destination="県", moved_on=moved_on))
            told = {"ground": ground, "clerk": "hanako", "delivered": True}
            rows.append(
                then.create("ChangeReport", resident=entry, known_at=THEN if has_time else None, **told)
            )
            append(Act("municipality/99101/hanako", "change entry", "resident", {}), THEN, *rows)
        with transaction.atomic(using="agency"):
            known = agency["records"].create("Person", person_code=code, notices=1)
            act = AgencyAct("municipality/99101/hanako", "report of lapse", name_of(code), {"ground": ground})
            append_at_agency(act, THEN, known, _card(agency, code))


def _card(agency: dict[str, Then], code: str) -> Any:
    return agency["cards"].create(
        "Card",
        card_number=f"TEST{code}",
        person_code=code,
        municipality_code=PLACES[0],
        generation="number_card",
        created_on=date(2026, 6, 1),
        expiry_date=date(2036, 3, 15),
    )


def hear_events(agency: dict[str, Then]) -> None:
    """As it was when nobody noted of who went abroad or died that they had left."""
    from django.db import transaction

    from honnin.agency.records.journal import Act, append
    from honnin.agency.records.persons import name_of
    from honnin.agency.revocation.models import HeardEvent
    from honnin.identifiers import PersonCode

    for number, events in enumerate(BY_NUMBER.values(), start=len(BY_GROUND)):
        code = PersonCode(person(number))
        with transaction.atomic(using="agency"):
            known = agency["records"].create("Person", person_code=code, notices=len(events))
            feed = agency["revocation"].create(
                "Feed", person_code=code, municipality_code=PLACES[0], heard=len(events)
            )
            rows = [known, feed, _card(agency, code)]
            for turn, event in enumerate(events, start=1):
                heard = {"feed_id": feed.pk, "number": turn, "content": "0" * 64, "heard_at": THEN}
                rows.append(HeardEvent.objects.create(**heard))
                detail: dict[str, str | int] = {"event": event, "number": turn}
                append(Act("municipality/99101/hanako", "register event", name_of(code), detail), THEN, *rows)
                rows = []


def answers() -> Iterator[tuple[str, str]]:
    """What is said to each who moves in at the second municipality, or there after the code has changed."""
    from honnin.agency.card_register.queries import cards_of
    from honnin.agency.revocation.events import hear_event
    from honnin.errors import HonninError
    from honnin.identifiers import MunicipalityCode, PersonCode
    from honnin.law.certificates.lapse import Event
    from honnin.wire.line import Sender
    from honnin.wire.messages.register import ReportEvent

    first, second, third = (Sender("municipality", MunicipalityCode(code)) for code in PLACES)

    def hear(sender: Sender, code: str, number: int, event: Event, hours: int) -> None:
        at = NOW + timedelta(hours=hours)
        hear_event(sender, ReportEvent(PersonCode(code), number, event, (), at.date(), at), at)

    for number, name in enumerate((*BY_GROUND, *BY_NUMBER)):
        code = person(number)
        try:
            if "code" in name:
                hear(first, code, 2, Event.PASSED_ON, 1)
                hear(third, code, 1, Event.TAKEN_OVER, 2)
            hear(second, code, 1, Event.MOVED_IN, 3)
            yield name, str(cards_of(PersonCode(code))[0].municipality_code)
        except HonninError as error:
            yield name, error.code


def main() -> None:
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    from honnin.agency.records.journal import JOURNAL, KEY_NAME
    from honnin.clock import FixedClock
    from honnin.custody.key_files import KeyFiles
    from honnin.journal.rows import row_faults
    from honnin.municipality.records.services import open_journal
    from honnin.municipality.residents.models import ChangeReport
    from honnin.municipality.residents.services import deliver_reports
    from honnin.sites.lines.wiring import connect_in_process
    from honnin.sites.opening import migrate
    from honnin.sites.roles import played

    clock = FixedClock(NOW)
    call_command("migrate", database="default", verbosity=0)
    call_command("migrate", "municipality_records", database="municipality", verbosity=0)
    agency = {
        "records": Then("agency", "agency_records", "0009"),
        "cards": Then("agency", "agency_cards", "0004"),
        "revocation": Then("agency", "agency_revocation", "0001"),
    }
    KeyFiles(settings.HONNIN_KEYS, settings.HONNIN_KEY_PASSPHRASE).create_journal_key(KEY_NAME)
    open_journal(clock)
    numbered_nothing = Then("municipality", "municipality_residents", "0010")
    settle(numbered_nothing)
    tell_grounds(numbered_nothing, agency)
    hear_events(agency)
    migrate()
    for role in played():
        if role.name == "municipality":
            role.open(clock)
            role.open(clock)
    connect_in_process(clock)
    events = ChangeReport.objects.filter(number__isnull=False).order_by("resident")
    noted = list(events.values_list("event", flat=True))
    deliver_reports(NOW)
    found = dict(answers())
    faults = [str(fault) for fault in row_faults(JOURNAL)]
    connections.close_all()
    json.dump({"noted": noted, "found": found, "faults": faults}, sys.stdout)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "honnin.sites.settings"
    django.setup()
    from honnin.sites.initialisation import initialise

    initialise()
    main()
