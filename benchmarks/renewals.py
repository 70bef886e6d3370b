"""What a renewal costs: agency, line and card together, key generation aside; in raw RSA-2048 signatures.

From the municipality's request until it has the agency's word that the new certificates are on the card: four
messages and their answers, the card's answers to every command, and all that is made durable in between. Each
renews both certificates of somebody else. Not in it: making key pairs on the card (they are made before), and
what the clerk's pages and the person do before the request. A raw signature is timed in turns with them.
"""

import itertools
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.db import transaction
from tests.support.servers.lines import agency_over_https

from benchmarks.cards import PINS, TRIES
from benchmarks.limits import Figure
from honnin.agency.card_register.models import Card as RegisteredCard
from honnin.agency.card_register.services import produce_card
from honnin.agency.issuance.services import Order, issue_in_one_transaction
from honnin.agency.records.journal import append_all
from honnin.agency.records.services import write_delivery
from honnin.card.chip.card import Card
from honnin.card.chip.state import PinRecord, SlotContent
from honnin.card.client.session import relay
from honnin.card.transport.in_process import InProcess
from honnin.clock import SystemClock, day_in_japan
from honnin.identifiers import PersonCode
from honnin.law.terms import Purpose
from honnin.law.validity import Stay, StayStatus
from honnin.simulator.population import MUNICIPALITIES, SPECIMEN
from honnin.sites.lines.wiring import connect_in_process
from honnin.wire.line import line_to
from honnin.wire.messages.issuance import ApplicationForm, IssuanceStep, RelayAnswers
from honnin.wire.messages.renewal import RequestRenewal

LIMIT, RENEWALS = 25, 40
HERE = MUNICIPALITIES[0]
_NUMBERS = itertools.count(500_000)
Renewal = Callable[[], object]


def renewal_figure() -> Figure:
    """A renewal over the line inside one process; the same over HTTPS, for which nothing is promised."""
    clock = SystemClock()
    connect_in_process(clock)
    key = rsa.generate_private_key(65537, 2048)
    ratio, spent, passed = _measured(key)
    with (
        tempfile.TemporaryDirectory(prefix="honnin-bench-") as folder,
        agency_over_https(Path(folder) / "peers", clock, HERE.code),
    ):
        over_https, _, waited = _measured(key)
    note = (
        f"{spent * 1e3:.1f} ms, {passed * 1e3:.0f} passed; HTTPS {over_https:.0f}, {waited * 1e3:.0f} passed"
    )
    return Figure("renewal of both certificates, keys aside", ratio, LIMIT, "raw RSA", note=note)


def _measured(key: rsa.RSAPrivateKey) -> tuple[float, float, float]:
    """Medians: the processor's time of a renewal in raw signatures of the same moment, and in seconds, and
    the time that passed until all was durable.
    """
    times = []
    for renewal in [due() for _ in range(RENEWALS)]:
        raw = statistics.median(_seconds(lambda: _raw(key), time.process_time) for _ in range(20))
        began = time.perf_counter()
        times.append((_seconds(renewal, time.process_time), raw, time.perf_counter() - began))
    ratio = statistics.median(mine / theirs for mine, theirs, _ in times)
    return ratio, statistics.median(each[0] for each in times), statistics.median(each[2] for each in times)


def _seconds(act: Callable[[], object], clock: Callable[[], float]) -> float:
    began = clock()
    act()
    return clock() - began


def _raw(key: rsa.RSAPrivateKey) -> bytes:
    return key.sign(bytes(900), padding.PKCS1v15(), hashes.SHA256())


def due() -> Renewal:
    """Somebody whose certificates end with the card in two months, and the renewal of both."""
    number, at = next(_NUMBERS), SystemClock().now()
    reader, card = _card(PersonCode(f"98{number:09d}"), at)
    form = ApplicationForm(
        application_number=f"{HERE.code}-BENCH-{number}",
        received_on=day_in_japan(at),
        person_code=card.person_code,
        name=SPECIMEN.name,
        birth_date=SPECIMEN.birth_date,
        sex=SPECIMEN.sex,
        address=SPECIMEN.address,
        recorded_name=SPECIMEN.name,
        name_flags="0" * len(SPECIMEN.name),
        recorded_address=SPECIMEN.address,
        address_flags="0" * len(SPECIMEN.address),
        prefecture_romaji=HERE.prefecture_romaji,
        municipality_romaji=HERE.romaji,
    )
    old = replace(form, application_number=f"{form.application_number}-OLD")
    public_key = _KEYS[0].public_key()
    with transaction.atomic(using="agency"):
        order = Order(old, card, HERE.code, "bench", at)
        for record in issue_in_one_transaction(order, dict.fromkeys(Purpose, public_key)):
            append_all(write_delivery(record, actor="bench", at=at), at)
    purposes = (Purpose.USER_AUTHENTICATION, Purpose.SIGNATURE)
    request = RequestRenewal(form, card.card_number, purposes, 0)
    return lambda: _renew(request, reader)


def _renew(request: RequestRenewal, reader: InProcess) -> None:
    line = line_to("agency", HERE.code)
    step: IssuanceStep = line.ask(request, "bench")
    while not step.done:
        answers = relay(reader, step.commands)
        step = line.ask(RelayAnswers(step.procedure, answers, reader.longest_data), "bench")


_KEYS = [rsa.generate_private_key(65537, 2048) for _ in range(4)]
_IN_TURN = itertools.cycle(_KEYS)


def _card(person_code: PersonCode, at: datetime) -> tuple[InProcess, RegisteredCard]:
    """A card with PINs, as its holder has them, and no key: that it has none of before changes nothing."""
    stay = Stay(StayStatus.MEDIUM_OR_LONG_TERM, day_in_japan(at) + timedelta(days=60))
    state = produce_card(person_code, HERE.code, date(1990, 3, 15), at=at, actor="bench", stay=stay)
    for slot, pin in PINS.items():
        state = state.with_slot(slot, SlotContent(PinRecord(pin, TRIES[slot])))
    card = Card(state, lambda _state: None, generate_key=lambda: next(_IN_TURN))
    return InProcess(card), RegisteredCard.objects.get(card_number=state.card_number)
