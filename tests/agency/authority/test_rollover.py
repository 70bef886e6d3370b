"""Rollover: the next generation of an authority, and what those before go on doing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from cryptography import x509
from django.conf import settings
from django.db import DatabaseError, connections

from honnin.agency.authority.models import IssuingKey
from honnin.agency.authority.queries import ca_certificate, certificate_of, keys_in_service, roll_over_by
from honnin.agency.authority.rollover import roll_over
from honnin.agency.authority.services import authority, open_authorities, renew_responder
from honnin.agency.publication.services import publication_is_due, publish
from honnin.agency.records.models import JournalEntry
from honnin.agency.revocation.services import hold
from honnin.agency.status.inquiry import ask_status
from honnin.clock import FixedClock
from honnin.errors import Conflict, Unavailable
from honnin.law.calendar import nth_birthday_after
from honnin.law.terms import Purpose
from honnin.profile.layout import Kind
from honnin.profile.lint import Linter
from honnin.simulator.brought import BOTH, SIGNATURE
from honnin.simulator.onlooker import request_about
from honnin.sites.home import present_home
from honnin.sites.responder import make_responder
from honnin.verifier import CertificateVerifier, CRLSource, TrustStore
from tests.support.agency.world import is_signed_by, listed_in, read_answer, recorded, told_by
from tests.support.instants import NOW
from tests.support.town import Town, footprint

rolled_back = pytest.mark.django_db(databases="__all__")
committed = pytest.mark.usefixtures("committed")
# The authorities were opened on 1 April 2026, for ten years.
END = datetime(2036, 3, 31, 14, 59, 59, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "HONNIN_PUBLICATION", tmp_path / "publication")
    return tmp_path / "publication"


def key_of(purpose: Purpose, generation: int) -> IssuingKey:
    return IssuingKey.objects.get(purpose=purpose, generation=generation)


def load(encoded: bytes | memoryview | None) -> x509.Certificate:
    assert encoded is not None
    return x509.load_der_x509_certificate(bytes(encoded))


def everything() -> tuple[object, ...]:
    return (*footprint(), list(IssuingKey.objects.order_by("id").values()))


@rolled_back
@pytest.mark.usefixtures("town")
def test_until_when_every_certificate_fits_into_a_generation() -> None:
    """The longest is a renewed one of somebody whose birthday was the day before: to the sixth from then."""
    first = key_of(Purpose.SIGNATURE, 1)
    by, end = roll_over_by(first), certificate_of(first).not_valid_after_utc.date()
    assert by == date(2030, 3, 31)
    births = [date(2000, 1, 1) + timedelta(days) for days in range(366)]
    longest = {
        day: max(nth_birthday_after(birth, day, 6) for birth in births) for day in (by, by + timedelta(1))
    }
    assert longest[by] <= end < longest[by + timedelta(1)]


# — The act ———————————————————————————————————————————————————————————————————————————————————————————


@rolled_back
@pytest.mark.parametrize("purpose", Purpose)
def test_the_next_generation_has_the_same_name_another_key_and_ten_years_of_its_own(
    town: Town, purpose: Purpose
) -> None:
    roll_over(list(Purpose), town.clock)
    old, new = (certificate_of(key_of(purpose, generation)) for generation in (1, 2))
    assert old.subject == new.subject == new.issuer
    assert old.public_key() != new.public_key()
    new.verify_directly_issued_by(new)
    assert new.not_valid_before_utc == NOW
    assert new.not_valid_after_utc == datetime(2036, 6, 1, 14, 59, 59, tzinfo=UTC)
    key = key_of(purpose, 2)
    responder = load(key.responder_certificate)
    responder.verify_directly_issued_by(new)
    assert authority().keys.load(key.responder_key_name).public_key() == responder.public_key()


@rolled_back
@pytest.mark.parametrize("purpose", Purpose)
def test_each_generation_certifies_the_key_of_the_other_until_the_older_ends(
    town: Town, purpose: Purpose
) -> None:
    roll_over(list(Purpose), town.clock)
    old, new = (key_of(purpose, generation) for generation in (1, 2))
    for link, signing, certified in ((new.new_with_old, old, new), (new.old_with_new, new, old)):
        certificate = load(link)
        certificate.verify_directly_issued_by(certificate_of(signing))
        assert certificate.public_key() == certificate_of(certified).public_key()
        linter = Linter(Kind.LINK, authority().issuer_of(signing))
        assert linter.certificate_findings(bytes(link or b"")) == ()
        assert (certificate.not_valid_before_utc, certificate.not_valid_after_utc) == (NOW, END)
    assert (old.new_with_old, old.old_with_new) == (None, None)


@rolled_back
def test_all_of_it_is_numbered_in_the_authoritys_one_sequence(town: Town) -> None:
    before, after = town.with_certificates(), None
    roll_over(list(Purpose), town.clock)
    after = town.with_certificates()
    for purpose in Purpose:
        key = key_of(purpose, 2)
        made = (key.certificate, key.new_with_old, key.old_with_new, key.responder_certificate)
        numbers = [load(each).serial_number for each in made]
        first = town.records(before)[purpose].serial_number + 1
        assert numbers == list(range(first, first + 4))
        assert town.records(after)[purpose].serial_number == first + 4


@rolled_back
def test_the_rollover_stands_in_the_journal(town: Town) -> None:
    before = JournalEntry.objects.count()
    roll_over(SIGNATURE, town.clock, actor="notary")
    told = JournalEntry.objects.filter(sequence__gt=before).order_by("sequence")
    assert list(told.values_list("actor", "act", "subject")) == [
        ("notary", "open CA", "signature CA 2"),
        ("notary", "link CA", "signature CA 2 with 1"),
        ("notary", "link CA", "signature CA 1 with 2"),
        ("notary", "renew responder", "signature CA 2"),
    ]


@rolled_back
def test_one_authority_may_roll_over_alone(town: Town) -> None:
    assert [str(key) for key in roll_over(SIGNATURE, town.clock)] == ["signature CA 2"]
    assert [str(key) for key in keys_in_service(NOW)] == [
        "signature CA 1",
        "signature CA 2",
        "user_authentication CA 1",
    ]


@rolled_back
def test_asked_twice_it_is_done_once(town: Town) -> None:
    roll_over(SIGNATURE, town.clock)
    before = everything()
    for purposes in (SIGNATURE, BOTH):
        with pytest.raises(Conflict, match="E_ROLLED_OVER"):
            roll_over(purposes, town.clock)
    assert everything() == before


@rolled_back
def test_a_generation_that_has_issued_may_be_followed(town: Town) -> None:
    for generation in (2, 3):
        town.with_certificates()
        roll_over(BOTH, town.clock)
        key = key_of(Purpose.SIGNATURE, generation)
        before = key_of(Purpose.SIGNATURE, generation - 1)
        load(key.new_with_old).verify_directly_issued_by(certificate_of(before))


@rolled_back
@pytest.mark.alters_records
def test_what_was_never_opened_has_no_next_generation(town: Town) -> None:
    IssuingKey.objects.filter(purpose=Purpose.SIGNATURE).delete()
    before = everything()
    with pytest.raises(Unavailable, match="E_AUTHORITY_NOT_OPEN"):
        roll_over(BOTH, town.clock)
    assert everything() == before


@contextmanager
def no_entry(subject: str) -> Iterator[None]:
    with connections["agency"].cursor() as cursor:
        cursor.execute(
            "CREATE TRIGGER full_journal BEFORE INSERT ON agency_records_journalentry "
            f"WHEN NEW.subject = '{subject}' BEGIN SELECT RAISE(ABORT, 'no room'); END"
        )
        yield
        cursor.execute("DROP TRIGGER full_journal")


@rolled_back
@pytest.mark.parametrize("subject", ["user_authentication CA 2", "signature CA 1 with 2", "signature CA 2"])
def test_a_cut_leaves_keys_that_nobody_certified_and_nothing_else(town: Town, subject: str) -> None:
    before, keys = everything(), set(settings.HONNIN_KEYS.glob("*.pem"))
    with no_entry(subject), pytest.raises(DatabaseError, match="no room"):
        roll_over(BOTH, town.clock)
    assert everything() == before
    assert authority().issuing(Purpose.SIGNATURE)[0].generation == 1
    left = {path.stem for path in set(settings.HONNIN_KEYS.glob("*.pem")) - keys}
    assert len(left) == 4
    roll_over(BOTH, town.clock)
    used = IssuingKey.objects.values_list("key_name", "responder_key_name")
    assert left.isdisjoint(name for names in used for name in names)


@committed
def test_of_two_who_ask_at_once_one_is_refused(clock: FixedClock) -> None:
    start = Barrier(2)

    def ask(_: int) -> str:
        start.wait()
        try:
            return " ".join(str(key) for key in roll_over(SIGNATURE, clock))
        except Conflict as error:
            return error.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(ask, range(2))) == ["E_ROLLED_OVER", "signature CA 2"]
    assert IssuingKey.objects.filter(purpose=Purpose.SIGNATURE).count() == 2


# — Before and after, in one process ——————————————————————————————————————————————————————————————————


@committed
def test_before_and_after_are_good_and_a_hold_shows_without_any_restart(town: Town, folder: Path) -> None:
    responder = make_responder(present_home(), town.clock)
    before = town.with_certificates()
    roll_over(BOTH, town.clock)
    after = town.with_certificates()
    publish(town.clock)
    for holder, generation in ((before, 1), (after, 2)):
        for purpose, record in town.records(holder).items():
            assert record.issuer_key_id == key_of(purpose, generation).key_id
            load(record.certificate).verify_directly_issued_by(certificate_of(key_of(purpose, generation)))
            assert told_by(read_answer(responder.answer(request_about(record)).body))[0] == "good"
    hold(before.code, actor="test", at=town.clock.now())
    publish(town.clock)
    for holder, number in ((before, "-1"), (after, "")):
        for purpose, name in (
            (Purpose.SIGNATURE, "signature"),
            (Purpose.USER_AUTHENTICATION, "authentication"),
        ):
            record = town.records(holder)[purpose]
            assert told_by(read_answer(responder.answer(request_about(record)).body)) == recorded(record)
            listed = x509.load_der_x509_crl((folder / f"{name}{number}.crl").read_bytes())
            assert is_signed_by(listed, load(ca_certificate(record.issuer_key_id)))
            assert listed_in(listed, record.serial_number) == recorded(record)
            assert len(listed) == (1 if holder is before else 0)
    told = {answer.status for answer in ask_status(town.records(after).values(), town.clock)}
    assert told == {"good"}


@rolled_back
def test_a_process_notices_the_rollover_of_another(town: Town) -> None:
    office = authority()
    assert office.issuing(Purpose.SIGNATURE)[0].generation == 1
    authority.cache_clear()
    roll_over(SIGNATURE, town.clock)
    assert authority() is not office
    key, issuer = office.issuing(Purpose.SIGNATURE)
    assert (key.generation, issuer.certificate) == (2, certificate_of(key))


@committed
def test_a_strangers_questions_do_not_make_the_responder_read_its_generations_all_the_time(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = town.records(town.with_certificates())[Purpose.SIGNATURE]
    responder = make_responder(present_home(), town.clock)
    stranger = request_about(record).replace(bytes.fromhex(record.issuer_key_id), bytes(20))
    looks: list[datetime] = []
    look = responder._read_issuers
    assert look is not None

    def counted() -> object:
        looks.append(town.clock.now())
        return look()

    monkeypatch.setattr(responder, "_read_issuers", counted)
    for milliseconds in (0, 0, 999, 1000, 1001, 2000):
        town.clock.move_to(NOW + timedelta(milliseconds=milliseconds))
        responder.answer(stranger)
    assert looks == [NOW + timedelta(seconds=seconds) for seconds in (0, 1, 2)]


@committed
def test_relying_parties_verify_both_generations_from_what_is_published(town: Town, folder: Path) -> None:
    before = town.with_certificates()
    roll_over(BOTH, town.clock)
    after = town.with_certificates()
    publish(town.clock)
    trust = TrustStore.load(authority().deployment, sorted(folder.glob("*-ca.pem")))
    verifier = CertificateVerifier(trust, CRLSource(*sorted(folder.glob("*.crl"))), town.clock)
    for holder in (before, after):
        records = town.records(holder)
        signature, authentication = (bytes(records[purpose].certificate) for purpose in Purpose)
        verifier.verify_signature_certificate(signature)
        verifier.verify_authentication_certificate(authentication)


# — What is published —————————————————————————————————————————————————————————————————————————————————


@rolled_back
def test_the_newest_keeps_the_names_and_the_one_before_gets_a_number(town: Town, folder: Path) -> None:
    publish(town.clock)
    assert not publication_is_due(town.clock)
    roll_over(SIGNATURE, town.clock)
    assert publication_is_due(town.clock)
    written = [path.name for path in publish(town.clock) if path.name.startswith("signature")]
    assert not publication_is_due(town.clock)
    certificates = ["1-ca", "ca", "2-with-1", "1-with-2"]
    names = {f"signature-{name}{end}" for name in certificates for end in (".cer", ".pem")}
    assert set(written) == names | {"signature.crl", "signature-1.crl"}
    # Before the list of generation 1 is replaced under its old name it stands under the new one.
    assert written.index("signature-1.crl") < written.index("signature.crl")
    for file, expected in (
        ("signature-1-ca.cer", key_of(Purpose.SIGNATURE, 1).certificate),
        ("signature-ca.cer", key_of(Purpose.SIGNATURE, 2).certificate),
        ("signature-2-with-1.cer", key_of(Purpose.SIGNATURE, 2).new_with_old),
        ("signature-1-with-2.cer", key_of(Purpose.SIGNATURE, 2).old_with_new),
    ):
        assert (folder / file).read_bytes() == bytes(expected or b"")


@rolled_back
def test_another_generations_list_in_the_place_of_one_is_due(town: Town, folder: Path) -> None:
    roll_over(SIGNATURE, town.clock)
    publish(town.clock)
    (folder / "signature.crl").write_bytes((folder / "signature-1.crl").read_bytes())
    assert publication_is_due(town.clock)


# — The end of a generation ———————————————————————————————————————————————————————————————————————————


@rolled_back
def test_a_generation_is_in_service_until_its_certificate_ends(town: Town, folder: Path) -> None:
    town.clock.move_to(NOW + timedelta(days=4 * 365))
    roll_over(BOTH, town.clock)
    assert len(keys_in_service(END)) == 4
    town.clock.move_to(END + timedelta(seconds=1))
    assert {key.generation for key in keys_in_service(town.clock.now())} == {2}
    assert {path.name for path in publish(town.clock) if path.suffix == ".crl"} == {
        "signature.crl",
        "authentication.crl",
    }


@rolled_back
def test_a_responder_ends_with_its_authority_and_is_not_renewed_for_ever(town: Town) -> None:
    key = key_of(Purpose.SIGNATURE, 1)
    for days, renewed in ((91, True), (50, False), (29, True), (28, False), (0, False)):
        assert renew_responder(key, END - timedelta(days=days), "test") is renewed, days
        assert load(key.responder_certificate).not_valid_after_utc <= END
    assert load(key.responder_certificate).not_valid_after_utc == END


@rolled_back
def test_opening_again_renews_the_responders_of_all_in_service(town: Town) -> None:
    roll_over(BOTH, town.clock)
    before = set(IssuingKey.objects.values_list("responder_key_name", flat=True))
    open_authorities(FixedClock(NOW + timedelta(days=80)))
    after = set(IssuingKey.objects.values_list("responder_key_name", flat=True))
    assert len(after) == 4
    assert before.isdisjoint(after)


@rolled_back
def test_after_one_that_has_ended_there_is_nothing_to_link(town: Town) -> None:
    town.clock.move_to(END + timedelta(days=1))
    roll_over(SIGNATURE, town.clock)
    new = key_of(Purpose.SIGNATURE, 2)
    assert (new.new_with_old, new.old_with_new) == (None, None)
    assert [str(key) for key in keys_in_service(town.clock.now())] == ["signature CA 2"]
