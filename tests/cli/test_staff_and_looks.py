"""`honnin staff resident` and `honnin journal looks`, and the test account who is a resident."""

import json
import os
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from honnin.agency.hotline.models import Operator
from honnin.agency.records.models import JournalEntry as AgencyEntry
from honnin.cli import staff
from honnin.cli.journal import looks as journal_looks
from honnin.cli.terminal.wrong import together
from honnin.console.signing_in.sign_in_log import log_id
from honnin.errors import HonninError, NotAllowed, Refused
from honnin.municipality.counter import guards
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.records.models import JournalEntry
from honnin.municipality.residents.models import Resident
from honnin.simulator.installation import fill_register
from honnin.simulator.population import invent
from honnin.sites.declaration.login import RESIDENT_CLERK
from honnin.sites.staff.logins import demo_logins, kept_logins
from tests.support.console import Console, page
from tests.support.full_width import full_width
from tests.support.instants import NOW

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
    assert CliRunner().invoke(staff.command, ["resident", full_width("HANAKO"), "--none"]).exit_code == 0


@pytest.mark.parametrize(
    ("account", "code", "error"),
    [("nobody", "", NotAllowed), ("hanako", "99999999999", Refused)],
)
def test_nobody_and_an_unknown_code_are_refused(
    console: Console, account: str, code: str, error: type[HonninError]
) -> None:
    resident = console.town.move_in()
    console.town.clerk()
    ended = CliRunner().invoke(staff.command, ["resident", account], input=f"{code or resident.pk}\n")
    assert isinstance(ended.exception, error)
    assert ended.exception.code == ("E_RESIDENT_CODE_UNKNOWN" if code else "E_ACCOUNT_NOT_A_CLERK")
    assert not JournalEntry.objects.filter(act="note residence").exists()


def test_the_id_of_an_account_in_the_log_is_told() -> None:
    typed = CliRunner().invoke(staff.command, ["log-id", full_width("HANAKO")])
    assert (typed.exit_code, typed.output) == (0, f"{log_id('hanako')}\n")


def test_nothing_on_stdin_is_said() -> None:
    commands = ((staff.command, ["resident", "hanako"]), (journal_looks.command, ["--person"]))
    for command, arguments in commands:
        ended = CliRunner().invoke(command, arguments, input="")
        assert ended.exit_code == 2
        assert "read from stdin" in ended.output


def test_looks_at_a_person_are_listed_in_words_and_as_json(console: Console) -> None:
    resident, other = console.town.move_in(), console.town.move_in()
    client = console.clerk()
    page(client, "resident", resident.public_id)
    page(client, "resident", other.public_id)
    ended = CliRunner().invoke(journal_looks.command, ["--person"], input=f"{full_width(resident.pk)}\n")
    [line] = ended.output.splitlines()
    told = line.split("  ")[1:]
    who = "municipality/99101/hanako"
    assert told == [who, "looked at a resident", f"resident {resident.public_id}", "page: the resident"]
    in_japanese = {"LC_ALL": "ja_JP.UTF-8"}
    ended = CliRunner().invoke(
        journal_looks.command, ["--person"], input=f"{full_width(resident.pk)}\n", env=in_japanese
    )
    told = ended.output.strip().split("  ")[1:]
    assert told == [who, "住民を閲覧", f"住民 {resident.public_id}", "画面：住民"]
    ended = CliRunner().invoke(journal_looks.command, ["--staff", "hanako", "--json"])
    told = json.loads(ended.output)
    assert {look["act"] for look in told} == {"look at person"}
    assert [look["subject"] for look in told] == [f"resident {each.public_id}" for each in (resident, other)]
    assert resident.pk not in ended.output


@pytest.mark.parametrize(
    ("words", "typed", "code"),
    [
        (["--staff", "nobody"], "", "E_ACCOUNT_UNKNOWN"),
        (["--staff", ""], "", "E_ACCOUNT_UNKNOWN"),
        (["--staff", "%"], "", "E_ACCOUNT_UNKNOWN"),
        (["--person"], "99999999999", "E_RESIDENT_CODE_UNKNOWN"),
        (["--person", "--json"], "abc", "E_RESIDENT_CODE_UNKNOWN"),
    ],
)
def test_looks_of_nobody_are_not_answered_by_silence(
    console: Console, words: list[str], typed: str, code: str
) -> None:
    console.clerk()
    ended = CliRunner().invoke(journal_looks.command, words, input=f"{typed}\n")
    assert getattr(ended.exception, "code", "") == code, ended.output


def test_that_there_are_no_looks_is_said(console: Console) -> None:
    resident = console.town.move_in()
    console.clerk()
    for words, typed in (["--staff", "hanako"], ""), (["--person"], resident.pk):
        ended = CliRunner().invoke(journal_looks.command, words, input=f"{typed}\n")
        assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "", "No looks were found.\n")


PASSWORD = "a long enough password"


def invoke(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(staff.command, list(words), input=typed)


def added(account: str, *words: str, password: str = PASSWORD) -> Result:
    read, write = os.pipe()
    os.write(write, f"{password}\n".encode())
    os.close(write)
    try:
        return invoke("add", account, *words, "--password-fd", str(read))
    finally:
        os.close(read)


@pytest.mark.parametrize(
    ("words", "leads_to"),
    [
        (("--clerk", "99101"), "/counter/applications/"),
        (("--clerk", "みほん市"), "/counter/applications/"),
        (("--operator",), "/hotline/"),
    ],
)
def test_an_account_is_made_signs_in_and_is_listed(
    console: Console, words: tuple[str, ...], leads_to: str
) -> None:
    ended = added("Kei　", *words, "--name", "窓口 計")
    assert (ended.exit_code, ended.output) == (0, "kei\n"), ended.exception
    client = Client()
    client.post("/sign-in/", {"username": "kei", "password": PASSWORD})
    assert client.get("/").headers["Location"] == leads_to
    (line,) = (line for line in invoke("list").output.splitlines() if line.startswith("kei "))
    assert "窓口 計" in line
    assert "last signed in" in line
    told = {each["user_name"]: each for each in json.loads(invoke("list", "--json").output)}
    assert told["kei"]["role"] == ("operator" if "--operator" in words else "clerk")
    acts = [
        *JournalEntry.objects.values_list("act", "actor"),
        *AgencyEntry.objects.values_list("act", "actor"),
    ]
    assert [actor for act, actor in acts if act in ("appoint clerk", "employ operator")][-1].startswith(
        "command/"
    )


@pytest.mark.parametrize(
    ("account", "words", "password", "code"),
    [
        ("hanako", ("--operator",), PASSWORD, "E_ACCOUNT_EXISTS"),
        ("ＨＡＮＡＫＯ", ("--clerk", "99101"), PASSWORD, "E_ACCOUNT_EXISTS"),
        ("　", ("--operator",), PASSWORD, "E_ACCOUNT_NAME"),
        ("x" * 151, ("--operator",), PASSWORD, "E_ACCOUNT_NAME"),
        ("x\udcff\udcfey", ("--operator",), PASSWORD, "E_ACCOUNT_NAME"),
        ("\u202eabc", ("--clerk", "99101"), PASSWORD, "E_ACCOUNT_NAME"),
        ("ab\u3164c", ("--operator",), PASSWORD, "E_ACCOUNT_NAME"),
        ("kei", ("--clerk", "どこか市"), PASSWORD, "E_MUNICIPALITY_UNKNOWN"),
        ("kei", ("--clerk", "99101"), "short", "E_PASSWORD_SHORT"),
        ("kei", ("--operator",), "short", "E_PASSWORD_SHORT"),
        ("kei", ("--operator",), "x" * 1025, "E_SECRET_TOO_LONG"),
    ],
)
def test_an_account_that_cannot_be_is_not_made(
    console: Console, account: str, words: tuple[str, ...], password: str, code: str
) -> None:
    console.town.clerk()
    before = (User.objects.count(), Clerk.objects.count(), Operator.objects.count())
    ended = added(account, *words, "--name", "窓口 計", password=password)
    assert getattr(ended.exception, "code", "") == code, ended.output
    assert (User.objects.count(), Clerk.objects.count(), Operator.objects.count()) == before


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--clerk", "99101", "--operator"),
        ("--operator", "--name", " "),
        ("--operator", "--counter", "市民課"),
    ],
)
def test_an_account_is_one_thing_and_has_a_name(console: Console, words: tuple[str, ...]) -> None:
    assert added("kei", *(words if "--name" in words else (*words, "--name", "計"))).exit_code == 2


@pytest.mark.usefixtures("test_accounts")
def test_another_password_ends_sessions_and_is_told_nowhere(console: Console) -> None:
    (login,) = (each for each in kept_logins() if each.user_name == "hanako")
    client = Client()
    client.post("/sign-in/", {"username": "hanako", "password": login.password})
    assert client.get("/").headers["Location"] == "/counter/applications/"
    assert isinstance(invoke("password", "nobody").exception, NotAllowed)
    read, write = os.pipe()
    os.write(write, PASSWORD.encode())
    os.close(write)
    ended = invoke("password", "hanako", "--password-fd", str(read))
    os.close(read)
    assert (ended.exit_code, ended.output) == (0, "")
    assert "/sign-in/" in client.get("/counter/applications/").headers["Location"]
    assert client.post("/sign-in/", {"username": "hanako", "password": PASSWORD}).status_code == 302
    assert JournalEntry.objects.get(act="set password").subject == "clerk hanako"
    kept = (settings.HOME.keys / "demo-logins.json").read_text("utf-8")
    assert PASSWORD not in kept
    assert login.password not in kept
    assert [each.password for each in demo_logins(console.town.clock) if each.user_name == "hanako"] == [""]


@pytest.fixture
def test_accounts(console: Console) -> Iterator[None]:
    """The accounts of a test installation with a few residents; their file of passwords goes afterwards."""
    fill_register(invent(30, on=NOW.date()), at=NOW)
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


def test_all_that_is_wrong_with_an_account_is_named_at_once(
    console: Console,
) -> None:
    read, write = os.pipe()
    os.write(write, b"short\n")
    os.close(write)
    words = ["add", "", "--clerk", "no such place", "--name", "窓口", "--password-fd", str(read)]
    with pytest.raises(HonninError) as found:
        staff.command.main(words, standalone_mode=False)
    os.close(read)
    codes = [each.code for each in together(found.value) if isinstance(each, HonninError)]
    assert codes == ["E_ACCOUNT_NAME", "E_MUNICIPALITY_UNKNOWN", "E_PASSWORD_SHORT"]
