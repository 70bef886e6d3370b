"""Registers of hundreds of thousands, made by the database itself: one resident is put in and copied.

Knows SQLite alone. No journal tells of these rows.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any, Final

import django
from django.db import connections, transaction
from django.db.models import Model

Copies = Iterator[tuple[Model, Mapping[str, str]]]
"""A row, and of its copies the columns that differ, in SQL over `numbers.value`."""
_CODE: Final = "printf('99%%09d', numbers.value)"
_FIRST: Final = "98999999999"
_LEFT = date(2026, 4, 1)
ENDING_WITHIN: Final = 80
"""Days over which the certificates end, each of as many residents."""


def fill(before: int, count: int, at: datetime) -> None:
    """Bring an installation from so many residents to `count`; from none, it is opened."""
    django.setup()
    from honnin.clock import FixedClock
    from honnin.simulator.installation import open_installation
    from honnin.sites.staff.logins import demo_logins

    if not before:
        open_installation(FixedClock(at), population=0, cards=0)
        demo_logins(FixedClock(at))
    for database, copies in (("municipality", _register(at)), ("agency", _records(at))):
        connection = connections[database]
        connection.ensure_connection()
        connection.connection.create_function("digest", 1, _digest_at(at), deterministic=True)
        with transaction.atomic(using=database), connection.cursor() as cursor:
            first = []
            for row, differing in copies:
                row.save(force_insert=True)
                first.append(row)
                _copy(cursor, row, differing, range(before, count))
            for row in reversed(first):
                row.delete()
            cursor.execute("ANALYZE")


def _copy(cursor: Any, row: Model, differing: Mapping[str, str], numbers: range) -> None:
    """Put the row in again for each number."""
    table, key = row._meta.db_table, row._meta.pk.column
    columns = [str(field.column) for field in row._meta.concrete_fields]
    copied = [name for name in columns if name in differing or name != key]
    chosen = ", ".join(differing.get(name, f'first."{name}"') for name in copied)
    cursor.execute(
        "WITH RECURSIVE numbers(value) AS "
        "(VALUES (%s) UNION ALL SELECT value + 1 FROM numbers WHERE value < %s) "
        f"""INSERT INTO {table} ({", ".join(f'"{name}"' for name in copied)}) SELECT {chosen} """
        f'FROM numbers JOIN {table} AS first ON first."{key}" = %s',
        [numbers.start, numbers.stop - 1, row.pk],
    )


def _digest_at(at: datetime) -> Callable[[str], str]:
    """What the agency notes of one event of each person."""
    from honnin.identifiers import PersonCode
    from honnin.law.certificates.lapse import Event
    from honnin.wire.messages.register import NOTHING_HEARD, ReportEvent, digest_after

    def digest(code: str) -> str:
        event = ReportEvent(PersonCode(code), 1, Event.MOVED_OUT_BY_NOTICE, (), _LEFT, at)
        return digest_after(NOTHING_HEARD, event.content())

    return digest


def _register(at: datetime) -> Copies:
    """Somebody who moved away, the notice, and the event that was told."""
    from honnin.law.certificates.lapse import Event
    from honnin.municipality.residents.models import ChangeReport, Departure, Resident

    resident = Resident(
        person_code=_FIRST,
        municipality_id="99101",
        name="見本　花子",
        kana="ミホン　ハナコ",
        birth_date=date(1980, 5, 1),
        sex="2",
        address="みほん県みほん市見本町１",
        removed_on=_LEFT,
    )
    yield resident, {"person_code": _CODE, "public_id": "printf('be0c%028d', numbers.value)"}
    of_resident = {"resident_id": _CODE}
    yield Departure(resident=resident, destination="ほかの県ほかの市１", moved_on=_LEFT), of_resident
    report = ChangeReport(
        resident=resident,
        municipality_id="99101",
        number=1,
        event=Event.MOVED_OUT_BY_NOTICE,
        on=_LEFT,
        clerk="hanako",
        delivered=True,
        known_at=at,
    )
    yield report, of_resident


def _records(at: datetime) -> Copies:
    """What the agency has of the same: the event, a card, and two certificates that end in one of the next
    days.
    """
    from honnin.agency.card_register.models import Card
    from honnin.agency.records.models import IssuanceRecord
    from honnin.agency.revocation.models import Feed
    from honnin.law.terms import Generation, Purpose

    common = {"person_code": _FIRST, "municipality_code": "99101"}
    of_person = {"person_code": _CODE}
    feed = Feed(heard=1, digest="", standing=Feed.Standing.LEFT, **common)
    yield feed, of_person | {"digest": f"digest({_CODE})"}
    expiry = f"date('{at.date()}', '+' || (1 + numbers.value % {ENDING_WITHIN}) || ' days')"
    card = Card(
        card_number="TEST99999999999",
        generation=Generation.NUMBER_CARD,
        created_on=date(2021, 8, 1),
        expiry_date=date(2031, 8, 1),
        **common,
    )
    number = "printf('TEST%%011d', numbers.value)"
    yield card, of_person | {"card_number": number}
    for purpose in Purpose:
        record = IssuanceRecord(
            purpose=purpose,
            serial_number=10**9,
            issuer_key_id="bench",
            certificate=bytes(1900),
            application_number="bench",
            card_number=card.card_number,
            issued_at=at - timedelta(days=1700),
            expiry_date=at.date() + timedelta(1),
            delivered_at=at - timedelta(days=1700),
            status_changed_at=at - timedelta(days=1700),
            **common,
        )
        serial_number = "1000001000 + numbers.value"
        yield (
            record,
            of_person | {"card_number": number, "serial_number": serial_number, "expiry_date": expiry},
        )


def place_of(number: int, at: datetime) -> str:
    """The place of a resident in the counter's list of who is due, as the address of a page has it."""
    expiry = at.date() + timedelta(1 + number % ENDING_WITHIN)
    return f"{expiry.isoformat()}.be0c{number:028d}"


@contextmanager
def registered() -> Iterator[None]:
    """Everybody has an entry again, as who is due for renewal has."""
    from honnin.municipality.residents.models import Resident

    Resident.objects.update(removed_on=None)
    try:
        yield
    finally:
        Resident.objects.update(removed_on=_LEFT)
