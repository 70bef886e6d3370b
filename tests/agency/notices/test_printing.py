"""Batches: printed once with a manifest, handed to the post once, the same after a cut at any commit."""

import csv
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connections, transaction
from pytest_django import Settings

from honnin.agency.notices import printing
from honnin.agency.notices.models import Batch, Letter
from honnin.agency.notices.services import hand_to_post, record_return
from honnin.errors import Conflict, HonninError
from honnin.identifiers import PersonCode
from honnin.law.certificates.notices import DeliveryState, LetterKind, ReturnReason
from honnin.law.terms import LapseGround
from honnin.municipality.residents.addressees import addressee_of, tell_addresses
from honnin.simulator.town import HERE
from honnin.sites.chores.round import chore_of
from honnin.sites.declaration.chore import Outcome
from honnin.wire.line import line_to
from honnin.wire.messages.notices import TellAddresses
from tests.support.agency.letters import holders_due, ordered
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")
TWINS = ({"name": "見本　一郎"}, {"name": "見本　二郎"})
ACTOR = "test"


@pytest.fixture(autouse=True)
def letters_folder(tmp_path: Path, settings: Settings) -> Path:
    settings.HONNIN_LETTERS = tmp_path / "letters"
    return tmp_path / "letters"


def printed(town: Town) -> Batch:
    batch = printing.make_batch(actor=ACTOR, at=town.clock.now())
    assert batch is not None
    printing.print_batch(batch, actor=ACTOR, at=town.clock.now())
    return Batch.objects.get(pk=batch.pk)


def states() -> list[str]:
    return list(Letter.objects.order_by("pk").values_list("state", flat=True))


def test_a_batch_has_a_file_for_each_letter_and_manifests_that_fit(town: Town) -> None:
    letters = ordered(town, *TWINS)
    batch = printed(town)
    folder = printing.folder_of(batch)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert manifest["letters"] == len(letters) == 2
    assert manifest["pages"] == sum(each["pages"] for each in manifest["files"]) == 10
    with (folder / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [{**each, "pages": int(each["pages"])} for each in rows] == manifest["files"]
    for each in manifest["files"]:
        assert hashlib.sha256((folder / each["file"]).read_bytes()).hexdigest() == each["sha256"]
    assert batch.manifest == hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    assert not any(letter.name in (folder / "manifest.json").read_text("utf-8") for letter in letters)
    assert states() == [DeliveryState.PRINTED] * 2
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())


def test_nothing_is_printed_or_posted_twice(town: Town) -> None:
    ordered(town)
    batch = printed(town)
    assert printing.make_batch(actor=ACTOR, at=town.clock.now()) is None
    assert printing.finish_batches(actor=ACTOR, at=town.clock.now()) == []
    assert hand_to_post(batch, actor=ACTOR, at=town.clock.now()) == 1
    with pytest.raises(Conflict, match="E_BATCH_POSTED"):
        hand_to_post(batch, actor=ACTOR, at=town.clock.now())
    assert states() == [DeliveryState.POSTED]


def test_what_was_not_printed_is_not_handed_to_the_post(town: Town) -> None:
    ordered(town)
    batch = printing.make_batch(actor=ACTOR, at=town.clock.now())
    assert batch is not None
    with pytest.raises(Conflict, match="E_BATCH_NOT_PRINTED"):
        hand_to_post(batch, actor=ACTOR, at=town.clock.now())


def test_missing_and_damaged_files_of_a_batch_are_made_again_as_they_were(town: Town) -> None:
    ordered(town, *TWINS)
    batch = printed(town)
    files = {path: path.read_bytes() for path in printing.folder_of(batch).iterdir()}
    first, second = sorted(files)[:2]
    first.unlink()
    second.write_bytes(b"cut off")
    printing.print_batch(batch, actor=ACTOR, at=town.clock.now())
    assert {path: path.read_bytes() for path in printing.folder_of(batch).iterdir()} == files


@pytest.mark.alters_records
def test_a_letter_that_would_differ_from_what_was_printed_is_not_made(town: Town) -> None:
    (letter,) = ordered(town)
    batch = printed(town)
    Letter.objects.filter(pk=letter.pk).update(name="別人　一郎")
    with pytest.raises(Conflict, match="E_LETTER_DIFFERS"):
        printing.print_batch(batch, actor=ACTOR, at=town.clock.now())


def test_what_was_renewed_or_revoked_meanwhile_is_not_sent(town: Town) -> None:
    holder, other = holders_due(town, *TWINS)
    tell_addresses(town.clock.now())
    town.revoke(holder.resident)
    batch = printed(town)
    assert [each.person_code for each in batch.letters.all()] == [other.code]
    withheld = Letter.objects.get(state=DeliveryState.WITHHELD)
    assert (withheld.person_code, withheld.reason) == (holder.code, "E_LETTER_NEEDLESS")


def test_a_name_that_no_font_shows_holds_up_no_other_letter(town: Town) -> None:
    holders = holders_due(town, *TWINS)
    told = [addressee_of(each.resident, each.code) for each in holders]
    told[0] = replace(told[0], name="見本　\U00031350")
    line_to("agency", HERE).ask(TellAddresses(tuple(told)), "chores")
    batch = printed(town)
    assert [each.name for each in batch.letters.all()] == ["見本　二郎"]
    held_up = Letter.objects.get(batch=None)
    assert (held_up.state, held_up.reason) == (DeliveryState.ORDERED, "E_GLYPH_MISSING")
    assert printing.make_batch(actor=ACTOR, at=town.clock.now()) is None


def test_a_batch_has_no_more_letters_than_it_may_have(town: Town) -> None:
    ordered(town, *TWINS)
    for _each in TWINS:
        batch = printing.make_batch(actor=ACTOR, at=town.clock.now(), most=1)
        assert batch is not None
        assert batch.letters.count() == 1


def test_printing_that_was_cut_is_finished_by_the_chore(town: Town) -> None:
    ordered(town)
    assert printing.make_batch(actor=ACTOR, at=town.clock.now()) is not None
    chore, outcome = chore_of("letters"), Outcome()
    assert chore.due(town.clock) == 1
    chore.do(town.clock, outcome)
    assert [each.detail for each in outcome.done] == ["000001"]
    assert states() == [DeliveryState.PRINTED]
    assert chore.due(town.clock) == 0


# — What the post brings back ————————————————————————————————————————————————————————————————————————————


def posted(town: Town) -> Letter:
    hand_to_post(printed(town), actor=ACTOR, at=town.clock.now())
    return Letter.objects.get()


def test_a_letter_that_came_back_is_written_again_to_a_newer_address(town: Town) -> None:
    (holder,) = holders_due(town)
    tell_addresses(town.clock.now())
    letter = posted(town)
    record_return(letter.number.lower(), ReturnReason.MOVED, actor=ACTOR, at=town.clock.now())
    town.move(holder.resident, "みほん県みほん市新町二丁目1番")
    tell_addresses(town.clock.now())
    tell_addresses(town.clock.now())
    old, new = Letter.objects.order_by("pk")
    assert (old.state, old.reason) == (DeliveryState.REPLACED, ReturnReason.MOVED)
    assert (new.state, new.address) == (DeliveryState.ORDERED, "みほん県みほん市新町二丁目1番")
    assert (new.expiry_date, new.tells) == (old.expiry_date, old.tells)


def test_where_the_register_knows_no_other_address_it_ends_there(town: Town) -> None:
    ordered(town)
    letter = posted(town)
    record_return(letter.number, ReturnReason.UNKNOWN_ADDRESS, actor=ACTOR, at=town.clock.now())
    tell_addresses(town.clock.now())
    letter.refresh_from_db()
    assert (letter.state, letter.reason) == (DeliveryState.UNDELIVERABLE, ReturnReason.UNKNOWN_ADDRESS)
    assert Letter.objects.count() == 1


@pytest.mark.parametrize("number", ["", "L000000001-0", "L00000001-9", "x", "1", "L999999999-9"])
def test_a_number_that_was_mistyped_is_no_letter_s(town: Town, number: str) -> None:
    with pytest.raises(HonninError, match=r"E_LETTER_(NUMBER|UNKNOWN)"):
        record_return(number, ReturnReason.MOVED, actor=ACTOR, at=town.clock.now())


def test_what_was_not_posted_cannot_come_back(town: Town) -> None:
    (letter,) = ordered(town)
    with pytest.raises(Conflict, match="E_LETTER_STATE"):
        record_return(letter.number, ReturnReason.MOVED, actor=ACTOR, at=town.clock.now())


# — Cuts —————————————————————————————————————————————————————————————————————————————————————————————————


class Cut(OperationalError):
    """The process dies here: before a transaction begins, or before it is committed."""


@contextmanager
def cut_at(number: int) -> Iterator[list[str]]:
    """Dies at the `number`-th beginning or end of a transaction, of both roles; tells those it saw."""
    seen: list[str] = []

    def count(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith(("SAVEPOINT", "RELEASE")):
            seen.append(sql)
            if len(seen) == number:
                raise Cut
        return execute(sql, *rest)

    with connections["agency"].execute_wrapper(count), connections["municipality"].execute_wrapper(count):
        yield seen


def run(town: Town, *, holder: PersonCode) -> None:
    """A loss, the mailing, printing and the post, as often as it takes."""
    at = town.clock.now()
    if not Letter.objects.filter(kind=LetterKind.HOLD).exists():
        town.report_loss(holder)
    tell_addresses(at)
    printing.make_batch(actor=ACTOR, at=at)
    printing.finish_batches(actor=ACTOR, at=at)
    for batch in Batch.objects.filter(posted_at=None):
        hand_to_post(batch, actor=ACTOR, at=at)


def test_cut_at_every_commit_and_run_again_nothing_is_doubled_or_forgotten(town: Town) -> None:
    """Also the journal: `everything_written_is_told` looks at it after all cuts."""
    holder, other = holders_due(town, *TWINS)
    cuts = 0
    while True:
        with transaction_undone():
            with cut_at(cuts + 1) as seen, suppress(OperationalError, HonninError):
                run(town, holder=holder.code)
            if len(seen) <= cuts:
                break
            run(town, holder=holder.code)
            _require_whole(holder.code, other.code)
        cuts += 1
    run(town, holder=holder.code)
    _require_whole(holder.code, other.code)
    assert cuts >= 14


def _require_whole(*codes: str) -> None:
    found = sorted((each.person_code, each.kind, each.state) for each in Letter.objects.all())
    lost, _other = codes
    wanted = [(code, "expiry_notice", "posted") for code in codes] + [(lost, "hold", "posted")]
    assert found == sorted(wanted)
    for batch in Batch.objects.all():
        content = (printing.folder_of(batch) / printing.MANIFEST).read_bytes()
        assert batch.manifest == hashlib.sha256(content).hexdigest()
        assert batch.letters.count() == json.loads(content)["letters"]


@contextmanager
def transaction_undone() -> Iterator[None]:
    """Both databases are afterwards as they were."""
    with transaction.atomic(using="agency"), transaction.atomic(using="municipality"):
        yield
        transaction.set_rollback(True, using="agency")
        transaction.set_rollback(True, using="municipality")


def test_a_revocation_and_its_letter_are_one(town: Town) -> None:
    """Where the record of a revocation cannot be written there is no letter, and the reverse."""
    holder = town.with_certificates()
    for number in range(1, 8):
        with transaction_undone():
            with cut_at(number), suppress(OperationalError, HonninError):
                town.revoke(holder.resident)
            revoked = {each.status for each in town.records(holder).values()} == {"revoked"}
            assert Letter.objects.filter(tells__ground=LapseGround.REQUEST_OR_NOTICE).count() == revoked
