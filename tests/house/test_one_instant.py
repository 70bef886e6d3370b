"""An act has one instant: the edge reads the clock once, services take `at`, and the law takes a day."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from honnin.clock import day_in_japan
from honnin.municipality.records.models import JournalEntry
from tests.support.console import Console

SOURCE = Path(__file__).parents[2] / "src" / "honnin"
# What begins to speak with a card and what it ends with are two acts. The others do many acts, one by one.
SEVERAL_ACTS = {
    "agency.authority.services.open_authorities",
    "agency.publication.services.publish",
    "cli.register_areas._carry_out",
    "municipality.counter.applications.passing_on.carry_out_changes",
    "municipality.residents.areas.carry_out",
    "municipality.counter.procedures.card_work.services.update",
    "municipality.counter.procedures.pin_reset.services.set_pins",
    "municipality.counter.procedures.issuing.services.issue",
    "municipality.counter.procedures.renewal.services.renew",
    "sites.declaration.chore.heads",
    "simulator.demo.later.marries",
    "simulator.demo.later.moves",
    "simulator.demo.renewed.by_proxy",
}
# Rooms whose services are given the instant: none of their functions asks a clock, but these.
ROOMS = (
    "municipality/counter",
    "municipality/residents",
    "agency/hotline",
    "agency/issuance",
    "agency/revocation",
)
GIVEN_A_CLOCK = {
    *(name for name in SEVERAL_ACTS if name.startswith("municipality.counter")),
    "municipality.counter.procedures.card_work.services.clear",
    "municipality.residents.areas.carry_out",
    "municipality.counter.procedures.card_work.services.take_back",
}


def functions(folder: Path = SOURCE) -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in sorted(folder.rglob("*.py")):
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield f"{module}.{node.name}", node


def readings(function: ast.FunctionDef) -> int:
    """How often the text of a function reads a clock."""
    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
    return sum(isinstance(call.func, ast.Attribute) and call.func.attr == "now" for call in calls)


def test_no_function_reads_the_clock_twice_for_one_act() -> None:
    assert {name for name, function in functions() if readings(function) > 1} - SEVERAL_ACTS == set()


def test_services_are_given_the_instant_and_no_clock() -> None:
    asking = {
        name
        for room in ROOMS
        for name, function in functions(SOURCE / room)
        if "clock" in {each.arg for each in (*function.args.args, *function.args.kwonlyargs)}
    }
    assert asking == GIVEN_A_CLOCK


@dataclass
class Leaping:
    """A clock that is a day on whenever it is read."""

    instant: datetime
    read: int = field(default=0)

    def now(self) -> datetime:
        self.read += 1
        return self.instant + timedelta(days=self.read - 1)


@pytest.mark.django_db(databases="__all__")
def test_an_application_is_received_on_one_day_whatever_midnight_does(
    console: Console, settings: Settings
) -> None:
    console.town.clock.move_to(datetime(2026, 5, 31, 14, 59, 59, tzinfo=UTC))
    client = console.clerk()
    resident, _card = console.resident()
    settings.HONNIN_CLOCK = clock = Leaping(console.town.clock.instant)
    console.apply(client, resident)
    application = resident.applications.get()
    assert clock.read == 1
    assert f"-{day_in_japan(application.received_at):%Y%m%d}-" in application.number
    looked_and_received = JournalEntry.objects.order_by("-sequence")[:2].values_list("recorded_at", flat=True)
    assert set(looked_and_received) == {application.received_at}
