"""What a running installation does by itself."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from django.conf import settings as installation
from django.db import connections

from honnin.agency.authority.models import IssuingKey
from honnin.agency.authority.services import authority
from honnin.agency.publication.services import prove_journal
from honnin.agency.records.models import JournalEntry
from honnin.errors import Malformed, Unavailable, catalogue
from honnin.law.terms import Purpose
from honnin.municipality.residents.models import ChangeReport
from honnin.municipality.residents.services import record_change_of_address
from honnin.sites.chores.round import do_chores
from honnin.sites.declaration.chore import Outcome
from honnin.sites.lines.wiring import connect_in_process
from honnin.wire.line import InProcessLines, plug
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")
Obstacle = Callable[[Path, Town], AbstractContextManager[str]]


@pytest.fixture(autouse=True)
def fresh_process() -> Iterator[None]:
    """A process remembers its issuing keys; after a test they are not what the databases say."""
    authority.cache_clear()
    yield
    authority.cache_clear()


@pytest.fixture
def publication(settings: Any, tmp_path: Path) -> Path:
    settings.HONNIN_PUBLICATION = tmp_path / "publication"
    return tmp_path / "publication"


def what_was_done(outcome: Outcome) -> list[tuple[str, str]]:
    assert outcome.failures == []
    return [(each.kind, each.detail) for each in outcome.done]


def numbers(folder: Path) -> list[int]:
    found = []
    for name in ("signature.crl", "authentication.crl"):
        revocation_list = x509.load_der_x509_crl((folder / name).read_bytes())
        found.append(revocation_list.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number)
    return found


def test_lists_are_published_when_they_are_due_and_not_before(publication: Path, town: Town) -> None:
    do_chores(town.clock)
    first = numbers(publication)
    do_chores(town.clock)
    assert numbers(publication) == first
    town.clock.move_to(town.clock.now() + timedelta(days=1))
    do_chores(town.clock)
    assert numbers(publication) == [number + 1 for number in first]


def test_a_change_that_the_agency_did_not_hear_is_told_again(publication: Path, town: Town) -> None:
    holder = town.with_certificates()
    plug("agency", InProcessLines({}, "municipality"))
    with pytest.raises(Exception, match="E_MESSAGE_MALFORMED"):
        record_change_of_address(
            holder.resident, "みほん県みほん市手本通９－９－９", clerk="hanako", at=town.clock.now()
        )
    assert ChangeReport.objects.filter(delivered=False).count() == 1
    assert town.records(holder)[Purpose.SIGNATURE].status == "good"
    connect_in_process(town.clock)
    do_chores(town.clock)
    assert not ChangeReport.objects.filter(delivered=False).exists()
    assert town.records(holder)[Purpose.SIGNATURE].status == "revoked"


def test_responders_are_renewed_in_time_and_the_service_is_told(publication: Path, town: Town) -> None:
    do_chores(town.clock)
    assert what_was_done(do_chores(town.clock)) == []
    before = set(IssuingKey.objects.values_list("responder_key_name", flat=True))
    town.clock.move_to(town.clock.now() + timedelta(days=61))
    assert what_was_done(do_chores(town.clock)) == [
        ("list", "signature.crl"),
        ("list", "authentication.crl"),
        ("responder", "signature CA 1"),
        ("responder", "user_authentication CA 1"),
        ("head", "agency 16"),
    ]
    assert before.isdisjoint(IssuingKey.objects.values_list("responder_key_name", flat=True))
    assert what_was_done(do_chores(town.clock)) == []


def test_a_full_disk_is_said_and_the_former_lists_stay(publication: Path, town: Town) -> None:
    do_chores(town.clock)
    before = numbers(publication)
    town.clock.move_to(town.clock.now() + timedelta(days=1))
    (publication / "signature-ca.cer.new").mkdir()  # whoever wants to write there cannot
    [failure] = do_chores(town.clock).failures
    assert isinstance(failure, Unavailable)
    assert failure.code == "E_PUBLICATION_FAILED"
    assert numbers(publication) == before


# — One chore fails ———————————————————————————————————————————————————————————————————————————————————


def journal(statement: str) -> None:
    with connections["agency"].cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def no_disk_for_lists(publication: Path, town: Town) -> Iterator[str]:
    obstacle = publication / "signature-ca.cer.new"
    obstacle.mkdir(parents=True)
    yield "E_PUBLICATION_FAILED"
    obstacle.rmdir()


@contextmanager
def no_entry_for_a_responder(publication: Path, town: Town) -> Iterator[str]:
    journal(
        "CREATE TRIGGER full_journal BEFORE INSERT ON agency_records_journalentry WHEN NEW.act = "
        "'renew responder' AND NEW.subject LIKE 'signature%' BEGIN SELECT RAISE(ABORT, 'no room'); END"
    )
    yield "no room"
    journal("DROP TRIGGER full_journal")


@contextmanager
def no_agency_for_reports(publication: Path, town: Town) -> Iterator[str]:
    plug("agency", InProcessLines({}, "municipality"))
    yield "E_MESSAGE_MALFORMED"
    connect_in_process(town.clock)


def all_is_due(town: Town) -> dict[str, str]:
    """Lists were never published, the responders are old, a report waits; the responders' key names."""
    holder = town.with_certificates()
    plug("agency", InProcessLines({}, "municipality"))
    with pytest.raises(Malformed, match="E_MESSAGE_MALFORMED"):
        record_change_of_address(
            holder.resident, "みほん県みほん市手本通９－９－９", clerk="hanako", at=town.clock.now()
        )
    connect_in_process(town.clock)
    town.clock.move_to(town.clock.now() + timedelta(days=61))
    return dict(IssuingKey.objects.values_list("purpose", "responder_key_name"))


def still_due(publication: Path, responders: dict[str, str]) -> set[str]:
    names = dict(IssuingKey.objects.values_list("purpose", "responder_key_name"))
    due = {f"responder of {purpose}" for purpose in Purpose if names[purpose] == responders[purpose]}
    if not (publication / "authentication.crl").exists():
        due.add("lists")
    if ChangeReport.objects.filter(delivered=False).exists():
        due.add("reports")
    return due


@pytest.mark.parametrize(
    ("obstacle", "undone"),
    [
        (no_disk_for_lists, "lists"),
        (no_entry_for_a_responder, "responder of signature"),
        (no_agency_for_reports, "reports"),
    ],
)
def test_a_chore_that_fails_holds_up_no_other_and_is_made_up_for(
    publication: Path, town: Town, obstacle: Obstacle, undone: str
) -> None:
    responders = all_is_due(town)
    with obstacle(publication, town) as reason:
        outcome = do_chores(town.clock)
        assert {reason in str(failure) for failure in outcome.failures} == {True}
        assert "responder" in {each.kind for each in outcome.done}
        assert still_due(publication, responders) == {undone}
    assert do_chores(town.clock).failures == []
    assert still_due(publication, responders) == set()


def test_a_journal_that_cannot_be_signed_holds_up_no_list(publication: Path, town: Town) -> None:
    installation.HONNIN_JOURNAL_HEADS.unlink()
    [failure] = do_chores(town.clock).failures
    assert "E_JOURNAL_HEADS_MISSING" in str(failure)
    assert len(numbers(publication)) == 2
    assert not installation.HONNIN_JOURNAL_HEADS.exists()


def test_all_that_failed_is_told(publication: Path, town: Town) -> None:
    all_is_due(town)
    with ExitStack() as obstacles:
        for obstacle in (no_disk_for_lists, no_entry_for_a_responder, no_agency_for_reports):
            obstacles.enter_context(obstacle(publication, town))
        assert len(do_chores(town.clock).failures) == 4
    assert all(
        code in catalogue()
        for code in json.loads((installation.HOME.root / "chores.json").read_text())["failed"]
    )


def test_what_happened_is_signed_for_within_a_minute(publication: Path, town: Town) -> None:
    do_chores(town.clock)
    town.with_certificates()
    do_chores(town.clock)
    assert prove_journal().proved < JournalEntry.objects.count()
    town.clock.move_to(town.clock.now() + timedelta(minutes=1))
    do_chores(town.clock)
    assert prove_journal().proved == JournalEntry.objects.count()
