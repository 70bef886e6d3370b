"""Publishing lists and CA certificates: whole files or the old ones, numbered, due when something changed."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from django.conf import settings
from django.db import connections

from honnin.agency.authority.services import authority
from honnin.agency.publication.services import (
    _read_published,
    prove_journal,
    publication_is_due,
    publish,
    sign_journal,
)
from honnin.agency.records.models import JournalEntry, JournalTail
from honnin.agency.records.queries import not_good
from honnin.agency.records.services import list_entry
from honnin.agency.revocation.services import hold, record_lapse, release
from honnin.clock import end_of_day_in_japan
from honnin.errors import Unavailable, Untrusted
from honnin.law.terms import LapseGround, Purpose
from honnin.profile import crl
from honnin.simulator.onlooker import ca_of
from tests.support.agency.world import is_signed_by, listed_in, recorded
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")

FILES = {f"{name}{end}" for name in ("signature", "authentication") for end in ("-ca.cer", "-ca.pem", ".crl")}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "HONNIN_PUBLICATION", tmp_path / "publication")
    return tmp_path / "publication"


def read_list(folder: Path, name: str) -> x509.CertificateRevocationList:
    return x509.load_der_x509_crl((folder / f"{name}.crl").read_bytes())


def number_of(revocation_list: x509.CertificateRevocationList) -> int:
    return revocation_list.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


@pytest.mark.clause("act/16", "act/35")
def test_each_authority_publishes_its_list_and_its_certificate(town: Town, folder: Path) -> None:
    holder = town.with_certificates()
    record_lapse(holder.code, LapseGround.RECORD_ERROR, (), actor="test", at=town.clock.now())
    assert {path.name for path in publish(town.clock)} == FILES
    assert {path.name for path in folder.iterdir()} == FILES
    for purpose, name in (
        (Purpose.SIGNATURE, "signature"),
        (Purpose.USER_AUTHENTICATION, "authentication"),
    ):
        record = town.records(holder)[purpose]
        ca = x509.load_der_x509_certificate((folder / f"{name}-ca.cer").read_bytes())
        assert ca == x509.load_pem_x509_certificate((folder / f"{name}-ca.pem").read_bytes()) == ca_of(record)
        revocation_list = read_list(folder, name)
        assert is_signed_by(revocation_list, ca)
        assert listed_in(revocation_list, record.serial_number) == recorded(record)
        assert len(revocation_list) == 1


def test_a_list_is_made_of_ready_entries_and_reads_no_certificates(town: Town) -> None:
    holder = town.with_certificates()
    record_lapse(holder.code, LapseGround.RECORD_ERROR, (), actor="test", at=town.clock.now())
    record = town.records(holder)[Purpose.SIGNATURE]
    assert bytes(record.list_entry) == list_entry(record) != b""
    now = town.clock.now()
    made_of = not_good(Purpose.SIGNATURE, record.issuer_key_id, now, now).values_list("list_entry", flat=True)
    assert [bytes(entry) for entry in made_of] == [bytes(record.list_entry)]
    if connections["agency"].vendor == "sqlite":
        assert "USING COVERING INDEX content_of_lists" in made_of.explain()


def test_a_release_leaves_no_entry(town: Town) -> None:
    holder = town.with_certificates()
    hold(holder.code, actor="test", at=town.clock.now())
    assert bytes(town.records(holder)[Purpose.USER_AUTHENTICATION].list_entry) != b""
    release(
        holder.code,
        Purpose.USER_AUTHENTICATION,
        own_municipality=True,
        card_presented=True,
        actor="test",
        at=town.clock.now(),
    )
    assert bytes(town.records(holder)[Purpose.USER_AUTHENTICATION].list_entry) == b""


@pytest.mark.clause("act/16", "act/35")
def test_a_list_names_held_and_revoked_certificates_as_long_as_they_matter(town: Town, folder: Path) -> None:
    holder, other = town.with_certificates(), town.with_certificates()
    hold(holder.code, actor="test", at=town.clock.now())
    publish(town.clock)
    numbers = [number_of(read_list(folder, name)) for name in ("signature", "authentication")]
    assert [len(read_list(folder, name)) for name in ("signature", "authentication")] == [1, 1]
    release(
        holder.code,
        Purpose.USER_AUTHENTICATION,
        own_municipality=True,
        card_presented=True,
        actor="test",
        at=town.clock.now(),
    )
    publish(town.clock)
    assert [len(read_list(folder, name)) for name in ("signature", "authentication")] == [1, 0]
    later = [number_of(read_list(folder, name)) for name in ("signature", "authentication")]
    assert later == [number + 1 for number in numbers]
    expiry_date = town.records(other)[Purpose.SIGNATURE].expiry_date
    town.clock.move_to(end_of_day_in_japan(expiry_date))
    publish(town.clock)
    assert len(read_list(folder, "signature")) == 1


@pytest.mark.parametrize("before", [timedelta(0), timedelta(hours=5), timedelta(days=40)], ids=str)
@pytest.mark.parametrize("after", [timedelta(seconds=1), timedelta(days=40)], ids=str)
def test_an_entry_stays_until_it_was_on_one_list_made_after_the_certificates_expiry(
    town: Town, folder: Path, before: timedelta, after: timedelta
) -> None:
    """RFC 5280, 3.3: however long before and after the expiry no list was published."""
    holder = town.with_certificates()
    hold(holder.code, actor="test", at=town.clock.now())
    record = town.records(holder)[Purpose.SIGNATURE]
    expiry = end_of_day_in_japan(record.expiry_date)
    for moment, listed in ((expiry - before, 1), (expiry + after, 1), (expiry + after * 2, 0)):
        town.clock.move_to(moment)
        publish(town.clock)
        assert len(read_list(folder, "signature")) == listed
        if listed:
            assert listed_in(read_list(folder, "signature"), record.serial_number) == recorded(record)


def test_a_list_that_was_made_and_could_not_be_published_does_not_count(town: Town, folder: Path) -> None:
    holder = town.with_certificates()
    hold(holder.code, actor="test", at=town.clock.now())
    publish(town.clock)
    expiry = end_of_day_in_japan(town.records(holder)[Purpose.SIGNATURE].expiry_date)
    (folder / "signature.crl.new").mkdir()
    town.clock.move_to(expiry + timedelta(days=1))
    with pytest.raises(Unavailable, match="E_PUBLICATION_FAILED"):
        publish(town.clock)
    (folder / "signature.crl.new").rmdir()
    for listed in (1, 0):
        town.clock.move_to(town.clock.now() + timedelta(days=1))
        publish(town.clock)
        assert len(read_list(folder, "signature")) == listed


def test_publishing_is_journalled(town: Town, folder: Path) -> None:
    publish(town.clock)
    entries = JournalEntry.objects.filter(act="publish list")
    assert [entry.subject for entry in entries] == ["signature CA 1", "user_authentication CA 1"]


@pytest.mark.alters_records
def test_a_journal_that_was_altered_is_noticed_and_holds_up_no_list(town: Town, folder: Path) -> None:
    """Whoever relies on the lists needs them now."""
    publish(town.clock)
    sign_journal(town.clock)
    before = read_list(folder, "authentication")
    JournalTail.objects.update(sequence=0, entry_hash="0" * 64)
    with connections["agency"].cursor() as cursor:
        cursor.execute("DROP TRIGGER agency_records_journalentry_no_delete")
        cursor.execute("DELETE FROM agency_records_journalentry")
    publish(town.clock)
    assert number_of(read_list(folder, "authentication")) == number_of(before) + 1
    with pytest.raises(Untrusted, match="E_JOURNAL_ALTERED"):
        sign_journal(town.clock)


def test_the_journal_is_signed_again_when_its_newest_head_is_old_enough(town: Town) -> None:
    a_minute = timedelta(minutes=1)
    sign_journal(town.clock, not_before=a_minute)
    town.with_certificates()
    sign_journal(town.clock, not_before=a_minute)
    assert prove_journal().signed_heads == 2  # the opening's among them
    town.clock.move_to(town.clock.now() + a_minute)
    sign_journal(town.clock, not_before=a_minute)
    assert prove_journal().signed_heads == 3
    assert prove_journal().proved == JournalEntry.objects.count()


def test_a_long_list_rests_before_it_is_made_again_for_a_change(
    town: Town, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = town.with_certificates()
    publish(town.clock)
    monkeypatch.setattr(crl, "_OCTETS_A_SECOND", 10)
    start, size = town.clock.now(), (folder / "signature.crl").stat().st_size
    hold(holder.code, actor="test", at=start)
    town.clock.move_to(start + timedelta(seconds=size // 10 - 1))
    assert not publication_is_due(town.clock)
    town.clock.move_to(start + timedelta(seconds=size // 10 + 1))
    assert publication_is_due(town.clock)
    assert crl.rest(2**40) == crl.INTERVAL


def test_a_list_made_by_a_clock_that_was_set_back_names_no_instant_to_come(town: Town, folder: Path) -> None:
    holder, start = town.with_certificates(), town.clock.now()
    town.clock.move_to(start + timedelta(hours=2))
    hold(holder.code, actor="test", at=town.clock.now())
    town.clock.move_to(start)
    publish(town.clock)
    published = read_list(folder, "authentication")
    [entry] = published
    assert entry.revocation_date_utc == published.last_update_utc


def test_a_publication_is_due_when_missing_old_or_overtaken(town: Town, folder: Path) -> None:
    holder = town.with_certificates()
    start = town.clock.now()
    assert publication_is_due(town.clock)
    publish(town.clock)
    assert not publication_is_due(town.clock)
    town.clock.move_to(start + timedelta(days=1) - timedelta(seconds=1))
    assert not publication_is_due(town.clock)
    town.clock.move_to(start + timedelta(days=1))
    assert publication_is_due(town.clock)
    publish(town.clock)
    town.clock.move_to(start + timedelta(days=1, hours=1))
    hold(holder.code, actor="test", at=town.clock.now())
    assert publication_is_due(town.clock)
    town.clock.move_to(start + timedelta(days=1, hours=2))
    publish(town.clock)
    assert not publication_is_due(town.clock)
    release(
        holder.code,
        Purpose.USER_AUTHENTICATION,
        own_municipality=True,
        card_presented=True,
        actor="test",
        at=town.clock.now(),
    )
    assert publication_is_due(town.clock)  # changed in the very second of the list
    town.clock.move_to(start + timedelta(days=1, hours=2, seconds=1))
    publish(town.clock)
    assert not publication_is_due(town.clock)
    (folder / "authentication.crl").write_bytes(b"no list")
    assert publication_is_due(town.clock)
    (folder / "authentication.crl").unlink()
    assert publication_is_due(town.clock)


def full_disk(folder: Path) -> None:
    (folder / "signature.crl.new").symlink_to("/dev/full")


def folder_in_the_way(folder: Path) -> None:
    (folder / "signature.crl.new").mkdir()


def file_in_place_of_the_folder(folder: Path) -> None:
    folder.rename(folder.with_name("kept"))
    folder.write_bytes(b"")


@pytest.mark.parametrize("obstacle", [full_disk, folder_in_the_way, file_in_place_of_the_folder])
def test_what_cannot_be_written_leaves_the_old_list(
    town: Town, folder: Path, obstacle: Callable[[Path], object]
) -> None:
    holder = town.with_certificates()
    publish(town.clock)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    hold(holder.code, actor="test", at=town.clock.now())
    obstacle(folder)
    with pytest.raises(Unavailable, match="E_PUBLICATION_FAILED"):
        publish(town.clock)
    kept = folder.with_name("kept") if obstacle is file_in_place_of_the_folder else folder
    assert {name: (kept / name).read_bytes() for name in before} == before
    if obstacle is folder_in_the_way:
        (folder / "signature.crl.new").rmdir()
    if obstacle is file_in_place_of_the_folder:
        folder.unlink()
    publish(town.clock)
    assert len(read_list(folder, "signature")) == 1
    assert {path.name for path in folder.iterdir()} == FILES


def test_a_reader_never_meets_half_a_list(town: Town, folder: Path) -> None:
    """A file that somebody has open keeps its content: the new list is another file."""
    holder = town.with_certificates()
    publish(town.clock)
    with (folder / "signature.crl").open("rb") as reader:
        head = reader.read(20)
        hold(holder.code, actor="test", at=town.clock.now())
        publish(town.clock)
        content = head + reader.read()
    assert len(x509.load_der_x509_crl(content)) == 0
    assert len(read_list(folder, "signature")) == 1


def test_without_its_key_no_list_is_published(town: Town, folder: Path, tmp_path: Path) -> None:
    publish(town.clock)
    before = (folder / "signature.crl").read_bytes()
    moved = settings.HONNIN_KEYS.rename(tmp_path / "elsewhere")
    authority.cache_clear()
    try:
        with pytest.raises(Unavailable, match="E_KEY_UNAVAILABLE"):
            publish(town.clock)
    finally:
        moved.rename(settings.HONNIN_KEYS)
    assert (folder / "signature.crl").read_bytes() == before


def test_a_list_that_stays_is_read_once(town: Town) -> None:
    """Its age and length are asked for in every round of chores, and it may be of millions of entries."""
    publish(town.clock)
    assert not publication_is_due(town.clock)
    before = _read_published.cache_info()
    assert not publication_is_due(town.clock)
    after = _read_published.cache_info()
    assert (after.misses, after.hits) == (before.misses, before.hits + 2)
    path = settings.HONNIN_PUBLICATION / "signature.crl"
    path.write_bytes(path.read_bytes()[:-1])
    assert publication_is_due(town.clock)
