"""Lives a while on an installation of its own, then alters it again and again; prints what was found as JSON.

Run as `python -m tests.journal.edits_program SEED EDITS` with HONNIN_HOME and, for PostgreSQL, the addresses
of the databases: settings are read at import, so each engine needs a process of its own.
"""

import json
import os
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from honnin.identifiers import MunicipalityCode, PersonCode

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "honnin.sites.settings")

import django

django.setup()

from django.db import connections  # noqa: E402

from honnin.agency.authority import compromise  # noqa: E402
from honnin.agency.authority.rollover import roll_over  # noqa: E402
from honnin.agency.card_register.services import produce_card  # noqa: E402
from honnin.agency.hotline.looks import search as search_holders  # noqa: E402
from honnin.agency.hotline.queries import caller  # noqa: E402
from honnin.agency.hotline.services import end_loss, record_notice_of_loss  # noqa: E402
from honnin.agency.publication.services import publish  # noqa: E402
from honnin.agency.records.journal import JOURNAL  # noqa: E402
from honnin.agency.revocation.services import record_lapse  # noqa: E402
from honnin.clock import FixedClock, day_in_japan  # noqa: E402
from honnin.journal.heads import sign_head  # noqa: E402
from honnin.journal.journal import Journal  # noqa: E402
from honnin.journal.proof import verify  # noqa: E402
from honnin.journal.rows import form_faults, row_faults, tables  # noqa: E402
from honnin.law.cards.loss import LossEvent  # noqa: E402
from honnin.law.cards.pins import PinKind  # noqa: E402
from honnin.law.certificates.lapse import EntryChange  # noqa: E402
from honnin.law.terms import Compromise, LapseGround, Purpose, Sex  # noqa: E402
from honnin.municipality.counter.applications.amendments.services import withdraw  # noqa: E402
from honnin.municipality.counter.applications.models import WhyWithdrawn  # noqa: E402
from honnin.municipality.counter.guards.looks import give_reason  # noqa: E402
from honnin.municipality.counter.guards.models import ReasonToLook  # noqa: E402
from honnin.municipality.records.journal import JOURNAL as MUNICIPALITY  # noqa: E402
from honnin.municipality.residents.addressees import tell_addresses  # noqa: E402
from honnin.municipality.residents.areas import AreaNotice, ask, carry_out  # noqa: E402
from honnin.municipality.residents.changes import Newcomer, record_move_in  # noqa: E402
from honnin.municipality.residents.reconciliation import reconcile  # noqa: E402
from honnin.municipality.residents.services import record_change_of_address, record_move_out  # noqa: E402
from honnin.simulator.brought import AUTHENTICATION  # noqa: E402
from honnin.simulator.installation import fill_register  # noqa: E402
from honnin.sites.lines.wiring import connect_in_process  # noqa: E402
from honnin.sites.opening import migrate, open_roles  # noqa: E402
from honnin.wire.line import Sender  # noqa: E402
from honnin.wire.messages.card_updates import CardUpdateKind, RequestCardUpdate  # noqa: E402
from tests.journal.edits import Edit, Editor, Refused, edited_heads  # noqa: E402
from tests.journal.page import AUDIT, VERIFY, seen_by  # noqa: E402
from tests.support.agency import kiosks, speaking  # noqa: E402
from tests.support.card.keys import KeyPool  # noqa: E402
from tests.support.town import Holder, Town  # noqa: E402

CLOCK = FixedClock(datetime(2026, 6, 2, 1, 0, tzinfo=UTC))
JOURNALS = (JOURNAL, MUNICIPALITY)
OF_HEADS = 0.03
"""How many edits are of the file of heads."""


def live() -> None:
    """A little of everything: no table of the roles stays empty."""
    migrate()
    open_roles(CLOCK)
    fill_register((), at=CLOCK.now())
    connect_in_process(CLOCK)
    town, here = Town(CLOCK, KeyPool()), Sender("municipality", MunicipalityCode("99101"), "hanako")
    holders = [town.with_certificates(), town.with_certificates(), town.with_certificates(AUTHENTICATION)]
    kiosks.reserve(town, holders[0])
    kiosks.prove(town, holders[0].reader(), PinKind.SIGNATURE)
    record_notice_of_loss(holders[0].code, operator=town.operator(), at=CLOCK.now())
    record_notice_of_loss(holders[1].code, operator=town.operator(), at=CLOCK.now())
    end_loss(holders[1].code, LossEvent.REPORT, actor=str(here), at=CLOCK.now())
    sign_heads()
    number = holders[2].card.state.card_number
    speaking.ask(here, RequestCardUpdate(number, holders[2].code, CardUpdateKind.CLEAR))
    record_lapse(holders[1].code, LapseGround.CARD_INVALID, (), actor="test", at=CLOCK.now())
    produce_card(
        holders[1].code, MunicipalityCode("99101"), date(1990, 3, 15), at=CLOCK.now(), actor="production"
    )
    application = town.approved(town.holder().resident)
    application.refresh_from_db()
    withdraw(application, WhyWithdrawn.APPLICANT, clerk=town.clerk(), at=CLOCK.now())
    look_and_move(town, holders[2])
    tell_addresses(CLOCK.now())
    town.post_letters()
    key = compromise.generation_of(Purpose.SIGNATURE, 1)
    compromise.ask(key, Compromise.LEAKAGE, by="one", actor="test", at=CLOCK.now())
    compromise.withdraw(key, by="one", actor="test", at=CLOCK.now())
    publish(CLOCK)
    sign_heads()
    roll_over([Purpose.SIGNATURE], CLOCK)
    publish(CLOCK)
    sign_heads()


def look_and_move(town: Town, holder: Holder) -> None:
    """What fills the tables of those who look, and the report that a move owes."""
    form = caller(holder.code)
    assert form is not None
    search_holders(town.operator(), form.name, form.birth_date, "", at=CLOCK.now())
    give_reason(town.neighbour(), holder.resident, ReasonToLook.CORRECTION, "誤り", at=CLOCK.now())
    record_change_of_address(holder.resident, "みほん県みほん市見本町９", clerk="hanako", at=CLOCK.now())
    today, leaving = day_in_japan(CLOCK.now()), town.move_in()
    record_move_out(leaving, "みほん県ためし市１", today, clerk="hanako", at=CLOCK.now())

    newcomer = Newcomer(
        PersonCode("99000765432"),
        "例示　次郎",
        "レイジ　ジロウ",
        date(1980, 5, 1),
        Sex.MALE,
        "ほかの県ほかの市１",
        "みほん県みほん市見本町３",
        left_on=today,
        moved_in_on=today,
    )
    entered, _state = record_move_in(newcomer, MunicipalityCode("99101"), clerk="hanako", at=CLOCK.now())
    place = entered.municipality.written()
    pair = (f"{place}見本町３", f"{place}新町３")
    renumbered = AreaNotice(entered.municipality, (pair,), EntryChange.LOT_RENUMBERED, today)
    carry_out(ask(renumbered, actor="test", at=CLOCK.now()), CLOCK, actor="test")
    reconcile(MunicipalityCode("99101"), actor="test", at=CLOCK.now())


def sign_heads() -> None:
    CLOCK.move_to(CLOCK.now() + timedelta(minutes=1))
    for journal in JOURNALS:
        sign_head(journal, CLOCK.now())


@dataclass
class Told:
    """What came of the edits."""

    edits: int = 0
    found: int = 0
    unseen: int = 0
    same: int = 0
    refused: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)


def checks(journal: Journal) -> dict[str, Callable[[], list[str]]]:
    """The functions of `honnin journal verify` and `honnin status audit`, by the page's column."""
    return {
        VERIFY: lambda: list(verify(journal).faults),
        AUDIT: lambda: [*form_faults(journal), *row_faults(journal)],
    }


def judge(edit: Edit, told: Told, journal: Journal) -> None:
    """What the page says of these columns is what is so."""
    by = {check for column in edit.columns for check in seen_by(column)}
    if edit.is_same:
        told.same += 1
        return
    told.edits += 1
    told.kinds[edit.what] += 1
    if not by:
        told.unseen += 1
    elif (all if len(edit.columns) == 1 else any)(checks(journal)[check]() for check in by):
        told.found += 1
    else:
        told.missed.append(f"{edit.columns}: {edit.what}, and not by {sorted(by)}")


def alter(journal: Journal, editor: Editor, dice: random.Random, told: Told) -> None:
    try:
        if dice.random() < OF_HEADS:
            alter_heads(journal, dice, told)
        else:
            with editor.edited() as edit:
                judge(edit, told, journal)
    except Refused:
        told.refused += 1


def alter_heads(journal: Journal, dice: random.Random, told: Told) -> None:
    kept = Path(shutil.copy(journal.heads, journal.heads.with_suffix(".kept")))
    try:
        what = edited_heads(journal.heads, dice)
        judge(Edit((f"{journal.heads.name}.signature",), f"heads: {what}"), told, journal)
    finally:
        shutil.move(kept, journal.heads)


def main(seed: int, edits: int) -> None:
    live()
    dice, told = random.Random(seed), Told()
    editors = {}
    for journal in JOURNALS:
        for check in checks(journal).values():
            assert check() == []
        altered = [journal.entries, journal.tails, *tables(journal)]
        assert [table.__name__ for table in altered if not table._default_manager.exists()] == []
        editors[journal] = Editor(journal.database, altered, dice)
        editors[journal].make_each_value()
    begun = time.monotonic()
    while told.edits < edits:
        journal = dice.choice(JOURNALS)
        alter(journal, editors[journal], dice, told)
    for journal in JOURNALS:
        assert [check() for check in checks(journal).values()] == [[], []]
    vendor, seconds = connections["agency"].vendor, round(time.monotonic() - begun, 1)
    json.dump({"vendor": vendor, "seed": seed, "seconds": seconds} | vars(told), sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
