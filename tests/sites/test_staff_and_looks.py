"""`honnin staff resident` and `honnin journal looks`, and the test account who is a resident."""

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from django.conf import settings

from honnin.errors import NotAllowed, Refused
from honnin.municipality.counter import guards
from honnin.municipality.counter.models import Clerk
from honnin.municipality.records.models import JournalEntry
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.population import invent
from honnin.municipality.residents.services import settle
from honnin.sites.commands import journal_looks, staff
from honnin.sites.opening import RESIDENT_CLERK, demo_logins
from tests.conftest import NOW
from tests.console import Console, page
from tests.full_width import full_width

pytestmark = pytest.mark.django_db(databases="__all__")


def test_which_resident_a_clerk_is_is_read_from_stdin(console: Console) -> None:
    resident, clerk = console.town.move_in(), console.town.clerk()
    ended = CliRunner().invoke(staff.command, ["resident", "hanako"], input=f"{full_width(resident.pk)}\n")
    assert ended.exit_code == 0, ended.output
    assert guards.is_oneself(Clerk.objects.get(pk=clerk.pk), resident)
    entry = JournalEntry.objects.get(act="note residence")
    assert entry.actor.startswith("command/")
    assert resident.pk not in entry.subject + entry.detail
    assert CliRunner().invoke(staff.command, ["resident", "hanako", "--none"]).exit_code == 0
    assert Clerk.objects.get(pk=clerk.pk).person_code == ""


@pytest.mark.parametrize(
    ("account", "code", "error"),
    [("nobody", "", NotAllowed), ("hanako", "99999999999", Refused)],
)
def test_nobody_and_an_unknown_code_are_refused(
    console: Console, account: str, code: str, error: type[Exception]
) -> None:
    resident = console.town.move_in()
    console.town.clerk()
    ended = CliRunner().invoke(staff.command, ["resident", account], input=f"{code or resident.pk}\n")
    assert isinstance(ended.exception, error)
    assert not JournalEntry.objects.filter(act="note residence").exists()


def test_nothing_on_stdin_is_said() -> None:
    for command in ([staff.command, ["resident", "hanako"]], [journal_looks.command, ["--person"]]):
        ended = CliRunner().invoke(*command, input="")
        assert ended.exit_code == 2
        assert "read from stdin" in ended.output


def test_looks_at_a_person_are_listed_in_words_and_as_json(console: Console) -> None:
    resident, other = console.town.move_in(), console.town.move_in()
    client = console.clerk()
    page(client, "resident", resident.public_id)
    page(client, "resident", other.public_id)
    ended = CliRunner().invoke(journal_looks.command, ["--person"], input=f"{full_width(resident.pk)}\n")
    [line] = ended.output.splitlines()
    assert line.split()[1:4] == ["municipality/99101/hanako", "look", "at"]
    assert resident.public_id in line
    ended = CliRunner().invoke(journal_looks.command, ["--staff", "hanako", "--json"])
    told = json.loads(ended.output)
    assert [look["subject"] for look in told] == [f"resident {each.public_id}" for each in (resident, other)]
    assert resident.pk not in ended.output


@pytest.fixture
def test_accounts(console: Console) -> Iterator[None]:
    """The accounts of a test installation with a few residents; their file of passwords goes afterwards."""
    settle(invent(30, on=NOW.date()), at=NOW)
    demo_logins(console.town.clock)
    yield
    (settings.HOME.keys / "demo-logins.json").unlink()


@pytest.mark.usefixtures("test_accounts")
def test_one_of_the_test_accounts_is_a_resident_of_the_own_town(console: Console) -> None:
    clerk = Clerk.objects.get(user_name=RESIDENT_CLERK)
    resident = Resident.objects.get(pk=clerk.person_code)
    assert (resident.name, resident.municipality_id) == (clerk.name, clerk.municipality_id)
    client = console.clerk(clerk)
    assert "This is your own entry" in page(client, "resident", resident.public_id)
    assert [each.person_code for each in Clerk.objects.exclude(pk=clerk.pk)] == [""] * (
        Clerk.objects.count() - 1
    )
