"""Plays acts at once on an installation of its own and prints what came of them as JSON.

Run as `python -m tests.agency.engine_program` with HONNIN_HOME and, for PostgreSQL, HONNIN_AGENCY_DATABASE
and HONNIN_MUNICIPALITY_DATABASE: settings are read at import, so each engine needs a process of its own.
"""

import asyncio
import json
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from honnin.identifiers import MunicipalityCode, PersonCode

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "honnin.sites.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connections  # noqa: E402

from honnin.agency.authority.rollover import roll_over  # noqa: E402
from honnin.agency.card_channel.conversation import Conversation  # noqa: E402
from honnin.agency.card_register.models import Card  # noqa: E402
from honnin.agency.card_register.services import produce_card  # noqa: E402
from honnin.agency.card_updates.models import CardUpdate  # noqa: E402
from honnin.agency.card_updates.services import Updating  # noqa: E402
from honnin.agency.issuance.models import Procedure  # noqa: E402
from honnin.agency.issuance.procedure import Issuing  # noqa: E402
from honnin.agency.issuance.services import Order, issue_in_one_transaction  # noqa: E402
from honnin.agency.publication.services import publish, sign_journal  # noqa: E402
from honnin.agency.records.models import IssuanceRecord, JournalEntry, StatusChange  # noqa: E402
from honnin.agency.revocation.services import hold, record_lapse  # noqa: E402
from honnin.agency.status.app import StatusApplication  # noqa: E402
from honnin.agency.status.index import PostgreSQLIndex, SQLiteIndex  # noqa: E402
from honnin.card.client.session import CardSession, relay  # noqa: E402
from honnin.clock import FixedClock  # noqa: E402
from honnin.errors import HonninError, Unavailable  # noqa: E402
from honnin.law.terms import LapseGround, Purpose, Sex  # noqa: E402
from honnin.municipality.counter.applications.certificates.form import application_form  # noqa: E402
from honnin.municipality.counter.applications.certificates.form import wanted as issuing_wanted  # noqa: E402
from honnin.pkix import ocsp  # noqa: E402
from honnin.simulator.brought import BOTH  # noqa: E402
from honnin.simulator.installation import fill_register  # noqa: E402
from honnin.simulator.onlooker import ca_of, request_about  # noqa: E402
from honnin.sites.audit.comparison import audit_status  # noqa: E402
from honnin.sites.lines.wiring import connect_in_process  # noqa: E402
from honnin.sites.opening import migrate, open_roles  # noqa: E402
from honnin.sites.responder import make_application, make_responder  # noqa: E402
from honnin.wire.messages.card_updates import CardUpdateKind, RequestCardUpdate  # noqa: E402
from honnin.wire.messages.issuance import ApplicationForm, RequestIssuance  # noqa: E402
from tests.agency import letters_at_once, locks_at_once, renewals_at_once  # noqa: E402
from tests.agency.alterations import (  # noqa: E402
    faults,
    faults_after_tampering,
    refuses_to_alter_the_journal,
    unseen_beside_rows,
)
from tests.agency.killed_compromise import compromised  # noqa: E402
from tests.support.agency import speaking  # noqa: E402
from tests.support.agency.feeding import run as feed  # noqa: E402
from tests.support.agency.world import error_of, read_answer, told_by  # noqa: E402
from tests.support.card.keys import KeyPool  # noqa: E402
from tests.support.town import Holder, Town  # noqa: E402

CLOCK = FixedClock(datetime(2026, 6, 2, 1, 0, tzinfo=UTC))
POOL = KeyPool()
PUBLIC_KEYS = [POOL().public_key() for _ in range(4)]
KEYS = dict(zip(Purpose, PUBLIC_KEYS, strict=False))
THREADS = 6


def at_once(acts: Iterable[Callable[[], object]]) -> Counter[str]:
    """Run acts in threads that start together; how each ended: `done` or its error."""
    acts = list(acts)
    start, ends = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        start.wait()
        try:
            act()
            ends.append("done")
        except HonninError as error:
            ends.append(error.code)
        except Exception as error:
            ends.append(type(error).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return Counter(ends)


def order(number: str, card: Card) -> Order:
    form = ApplicationForm(
        application_number=number,
        received_on=date(2026, 6, 2),
        person_code=card.person_code,
        name="見本　花子",
        birth_date=date(1990, 3, 15),
        sex=Sex.FEMALE,
        address="みほん県みほん市見本町１－２－３",
        recorded_name="見本　花子",
        name_flags="00000",
        recorded_address="みほん県みほん市見本町１－２－３",
        address_flags="0" * 16,
        prefecture_romaji="Mihon-ken",
        municipality_romaji="Mihon-shi",
    )
    return Order(form, card, MunicipalityCode("99101"), f"municipality/99101/{number}", CLOCK.now())


def new_card(person: int) -> Card:
    state = produce_card(
        PersonCode(f"98{person:09d}"),
        MunicipalityCode("99101"),
        date(1990, 3, 15),
        at=CLOCK.now(),
        actor="test",
    )
    return Card.objects.get(card_number=state.card_number)


def two_clerks(person: int) -> dict[str, int]:
    """Several clerks issue both certificates to one person at once."""
    card = new_card(person)
    orders = [order(f"CLERK-{person}-{clerk}", card) for clerk in range(THREADS)]
    return dict(at_once([partial(issue_in_one_transaction, each, KEYS) for each in orders]))


def everything_at_once(play: int) -> dict[str, int]:
    """Issuing in every combination, holds, lapses and new cards: nothing waits for itself."""
    acts: list[Callable[[], object]] = []
    for place in range(THREADS):
        card = new_card(1000 + 100 * play + place)
        purposes = ([Purpose.USER_AUTHENTICATION], [Purpose.SIGNATURE], list(Purpose))[place % 3]
        keys = dict.fromkeys(purposes, PUBLIC_KEYS[place % 4])
        moved = partial(record_lapse, card.person_code, LapseGround.CHANGE_OF_ENTRY, ())
        acts += [
            partial(issue_in_one_transaction, order(f"MIX-{play}-{place}", card), keys),
            partial(hold, card.person_code, actor="hotline", at=CLOCK.now()),
            partial(moved, actor="register", at=CLOCK.now()),
            partial(new_card, 2000 + 100 * play + place),
        ]
    return dict(at_once(acts))


def one_certificate_revoked_at_once(person: int) -> list[object]:
    """Several report the same lapse: it is recorded once."""
    card = new_card(person)
    issue_in_one_transaction(order(f"LAPSE-{person}", card), {Purpose.SIGNATURE: PUBLIC_KEYS[0]})
    grounds = [LapseGround.CHANGE_OF_ENTRY, LapseGround.KEY_LEAKED, LapseGround.RECORD_ERROR] * 2
    report = partial(record_lapse, card.person_code, purposes=(), actor="test", at=CLOCK.now())
    ends = at_once([partial(report, ground=ground) for ground in grounds])
    return [dict(ends), StatusChange.objects.filter(record__person_code=card.person_code).count()]


def through_the_counter(town: Town) -> dict[str, object]:
    """One whole issuing by messages and card; what the responder says before and after a hold."""
    holder = town.with_certificates(BOTH)
    record = town.records(holder)[Purpose.USER_AUTHENTICATION]
    responder = make_responder(settings.HOME, CLOCK)

    def told() -> str:
        return told_by(read_answer(responder.answer(request_about(record)).body))[0]

    statuses = [told()]
    hold(holder.code, actor="hotline", at=CLOCK.now())
    statuses.append(told())
    CLOCK.move_to(CLOCK.now() + timedelta(minutes=1))
    publish(CLOCK)
    audit = audit_status(CLOCK)
    return {"statuses": statuses, "audit": [audit.waiting, audit.faults], "compared": audit.certificates}


def rolled_over() -> dict[str, object]:
    """A rollover amid issuing, then three at once; what a status service says that was started before."""
    responder = make_responder(settings.HOME, CLOCK)
    issue = [
        partial(issue_in_one_transaction, order(f"ROLL-{person}", new_card(person)), KEYS)
        for person in range(4000, 4002 + THREADS)
    ]
    amid = at_once([partial(roll_over, BOTH, CLOCK), *issue[2:]])
    issue[0]()
    together = at_once([partial(roll_over, BOTH, CLOCK)] * 3)
    issue[1]()
    records = IssuanceRecord.objects.filter(application_number__startswith="ROLL-")
    CLOCK.move_to(CLOCK.now() + timedelta(minutes=1))
    told = Counter(told_by(read_answer(responder.answer(request_about(each)).body))[0] for each in records)
    publish(CLOCK)
    return {"amid": amid, "together": together, "told": told, "audit": audit_status(CLOCK).faults}


def same_answers_at_once(town: Town) -> dict[str, object]:
    """Several requests that read the same stage bring its answers: issuing, then clearing, to the end."""
    holder = town.holder()
    application = town.approved(holder.resident)
    number = CardSession(holder.reader()).card_number()
    wanted = issuing_wanted(application)
    sender = speaking.sender(town.clerk())
    said = speaking.ask(sender, RequestIssuance(application_form(application), number, wanted, 0))
    issuing = raced(
        holder,
        said,
        lambda: Procedure.objects.get(pk=application.number),
        partial(continued, Issuing),
    )
    record_lapse(holder.code, LapseGround.REQUEST_OR_NOTICE, (), actor="test", at=CLOCK.now())
    begun = speaking.ask(sender, RequestCardUpdate(number, holder.code, CardUpdateKind.CLEAR))
    clearing = raced(
        holder,
        begun,
        lambda: CardUpdate.objects.get(pk=number),
        partial(continued, Updating),
    )
    told = ("authorise PINs", "deliver", "clear card: sent", "clear card: done")
    acts = JournalEntry.objects.filter(actor="test", act__in=told).values_list("act", flat=True)
    return {"issuing": issuing, "clearing": clearing, "acts": Counter(acts)}


def continued(kind: type[Conversation[Any]], row: object, answers: tuple[bytes, ...]) -> Any:
    return kind(row, "test", CLOCK.now(), answers).go_on()


def raced(
    holder: Holder, step: Any, row: Callable[[], object], go: Callable[[object, tuple[bytes, ...]], object]
) -> list[Counter[str]]:
    """How several requests ended at each stage of a conversation with a card."""
    ends, reader, steps = [], holder.reader(), [step]

    def bring(read: object, answers: tuple[bytes, ...]) -> None:
        steps.append(go(read, answers))

    while not steps[-1].done:
        answers = relay(reader, steps[-1].commands)
        ends.append(at_once([partial(bring, row(), answers) for _ in range(THREADS)]))
    return ends


def two_applications_at_once(town: Town) -> dict[str, int]:
    """Two counters take an application of one person at once."""
    resident, clerk = town.move_in(), town.clerk()
    town.give_card(resident)
    return dict(at_once([lambda: town.receive(resident, clerk=clerk)] * 3))


def an_index_whose_database_is_gone() -> list[str]:
    """The look-up without a database, and the responder when its connection was cut."""
    address = os.environ.get("HONNIN_AGENCY_DATABASE")
    gone = PostgreSQLIndex(f"{address}x") if address else SQLiteIndex("/nonexistent/agency.sqlite3")
    ends = []
    try:
        gone.find("signature", 1)
    except Unavailable as error:
        ends.append(error.code)
    if address:
        record = IssuanceRecord.objects.all()[0]
        responder = make_responder(settings.HOME, CLOCK)
        responder.answer(request_about(record))
        with connections["agency"].cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        CLOCK.move_to(CLOCK.now() + timedelta(hours=1))
        ends.append(error_of(responder.answer(request_about(record)).body))
        ends.append(told_by(read_answer(responder.answer(request_about(record)).body))[0])
        unknown = replace(ocsp.cert_id_of(ca_of(record), 1), serial_number=2**70)
        ends.append(told_by(read_answer(responder.answer(ocsp.request(unknown)).body))[0])
    return ends


def while_the_records_are_locked() -> list[object]:
    """Two OCSP requests and a list, of a service whose PostgreSQL table somebody else has locked."""
    import psycopg

    record = IssuanceRecord.objects.all()[0]
    application = make_application(settings.HOME, CLOCK)
    asked = [("POST", "/ocsp", request_about(record))] * 2 + [("GET", "/crl/authentication.crl", b"")]
    with psycopg.connect(os.environ["HONNIN_AGENCY_DATABASE"]) as other:
        other.execute("LOCK TABLE agency_records_issuancerecord IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        replies = all_at_once(application, asked)
        waited = time.monotonic() - began
    after = all_at_once(application, asked[:1])
    ocsp_errors = [error_of(body) for body, _ in replies[:2]]
    status = told_by(read_answer(after[0][0]))[0]
    return [ocsp_errors, replies[2][1] - began < 1, waited < 4, status]


def all_at_once(
    application: StatusApplication, asked: list[tuple[str, str, bytes]]
) -> list[tuple[bytes, float]]:
    """The answers' bodies, and when each came."""

    async def answer(method: str, path: str, content: bytes) -> tuple[bytes, float]:
        told: list[dict[str, Any]] = []

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(event: dict[str, Any]) -> None:
            told.append(event)

        await application({"type": "http", "method": method, "path": path}, receive, send)
        return told[1]["body"], time.monotonic()

    async def every() -> list[tuple[bytes, float]]:
        return await asyncio.gather(*(answer(*one) for one in asked))

    return asyncio.run(every())


def read_only(town: Town) -> list[object]:
    """The records cannot be written: nothing is issued, the card keeps its state."""
    holder = town.holder()
    application = town.approved(holder.resident)
    before = IssuanceRecord.objects.count(), JournalEntry.objects.count(), holder.card.state
    on, off = (f"SET default_transaction_read_only = {value}" for value in ("on", "off"))
    if connections["agency"].vendor == "sqlite":
        on, off = "PRAGMA query_only = ON", "PRAGMA query_only = OFF"
    with connections["agency"].cursor() as cursor:
        cursor.execute(on)
    try:
        town.issue(application, holder.reader())
        end = "done"
    except HonninError as error:
        end = error.code
    with connections["agency"].cursor() as cursor:
        cursor.execute(off)
    same = before == (IssuanceRecord.objects.count(), JournalEntry.objects.count(), holder.card.state)
    return [end, same, len(town.issue(application, holder.reader()))]


def main() -> None:
    migrate()
    open_roles(CLOCK)
    fill_register((), at=CLOCK.now())
    connect_in_process(CLOCK)
    town = Town(CLOCK, POOL)
    told: dict[str, object] = {"vendor": connections["agency"].vendor}
    told["two_clerks"] = [two_clerks(person) for person in range(5)]
    told["everything_at_once"] = [everything_at_once(play) for play in range(3)]
    told["one_lapse"] = one_certificate_revoked_at_once(3000)
    told["two_applications"] = two_applications_at_once(town)
    told["same_answers"] = same_answers_at_once(town)
    told["renewals"] = renewals_at_once.told(town, at_once, settings.HOME.root)
    told["locks"] = locks_at_once.told(town)
    told["counter"] = through_the_counter(town)
    told["letters"] = letters_at_once.told(town, at_once)
    line, rounds = feed(town, people=2, events=14, share=0.6)
    told["feed"] = {"faults": sorted(line.faults), "rounds": rounds}
    told["read_only"] = read_only(town)
    told["numbers"] = {
        purpose: sorted(
            IssuanceRecord.objects.filter(purpose=purpose).values_list("serial_number", flat=True)
        )
        for purpose in Purpose
    }
    told["cards"] = sorted(Card.objects.values_list("card_number", flat=True))
    told["effective_twice"] = [
        key
        for key, count in Counter(
            IssuanceRecord.objects.filter(effective=True).values_list("person_code", "purpose")
        ).items()
        if count > 1
    ]
    told["rolled_over"] = rolled_over()
    told["compromised"] = compromised(CLOCK)
    told["refused"] = refuses_to_alter_the_journal()
    sign_journal(CLOCK)
    told["faults"] = faults()
    if connections["agency"].vendor == "postgresql":
        told["locked"] = while_the_records_are_locked()
    told["gone"] = an_index_whose_database_is_gone()
    told["unseen"] = unseen_beside_rows()
    told["tampered"] = faults_after_tampering()
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
