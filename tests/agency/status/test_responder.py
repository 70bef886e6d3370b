"""The status responder on the real records: what it answers, and what it does when it cannot answer."""

import sqlite3
import subprocess
import sys
import time
import tracemalloc
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509 import ocsp as read
from django.conf import settings

from honnin.agency.authority.queries import keys_in_service
from honnin.agency.authority.services import renew_responder
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.revocation.services import hold, record_lapse, release
from honnin.agency.status.index import SQLiteIndex, StatusEntry
from honnin.agency.status.responder import LIFETIME, READ_ANEW, REFRESH, Issuer, StatusResponder
from honnin.errors import Unavailable
from honnin.law.certificates.status import Status
from honnin.law.terms import LapseGround, Purpose
from honnin.pkix import ocsp
from honnin.simulator.brought import AUTHENTICATION
from honnin.simulator.onlooker import ca_of, request_about
from honnin.sites.home import Home, present_home
from honnin.sites.responder import make_responder
from tests.support.agency.world import error_of, read_answer, told_by
from tests.support.instants import NOW
from tests.support.town import Holder, Town

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def holder(town: Town) -> Holder:
    return town.with_certificates()


@pytest.fixture
def responder(holder: Holder, town: Town) -> StatusResponder:
    return make_responder(present_home(), town.clock)


@pytest.fixture
def record(holder: Holder, town: Town) -> IssuanceRecord:
    return town.records(holder)[Purpose.USER_AUTHENTICATION]


def ask(responder: StatusResponder, record: IssuanceRecord) -> tuple[str, str, object]:
    return told_by(read_answer(responder.answer(request_about(record)).body))


@pytest.mark.parametrize("hash_name", ["sha1", "sha256"])
def test_good(responder: StatusResponder, record: IssuanceRecord, town: Town, hash_name: str) -> None:
    response = read_answer(responder.answer(request_about(record, hash_name=hash_name)).body)
    assert told_by(response) == ("good", "", None)
    assert response.serial_number == record.serial_number
    assert response.this_update_utc == response.produced_at_utc == town.clock.now()
    assert response.next_update_utc == town.clock.now() + LIFETIME
    response.certificates[0].verify_directly_issued_by(ca_of(record))


def test_revoked_with_reason_and_time(responder: StatusResponder, holder: Holder, town: Town) -> None:
    at = town.clock.now()
    record_lapse(holder.code, LapseGround.KEY_COMPROMISE_NOTICE, (), actor="test", at=town.clock.now())
    town.clock.move_to(at + timedelta(days=3))
    for record in town.records(holder).values():
        assert ask(responder, record) == ("revoked", "keyCompromise", at)


def test_a_hold_shows_with_the_very_next_request_and_so_does_its_release(
    responder: StatusResponder, holder: Holder, record: IssuanceRecord, town: Town
) -> None:
    """Although the answer "good" is in the cache and has most of its life before it."""
    at = town.clock.now()
    assert ask(responder, record) == ("good", "", None)
    hold(holder.code, actor="hotline", at=town.clock.now())
    assert ask(responder, record) == ("held", "certificateHold", at)
    release(
        holder.code,
        Purpose.USER_AUTHENTICATION,
        own_municipality=True,
        card_presented=True,
        actor="test",
        at=town.clock.now(),
    )
    assert ask(responder, record) == ("good", "", None)


def test_a_serial_number_that_was_never_issued_is_unknown(
    responder: StatusResponder, record: IssuanceRecord
) -> None:
    for serial_number in (record.serial_number + 1, 2**31, 2**63 - 1, 2**63, 2**159 - 1):
        asked = replace(ocsp.cert_id_of(ca_of(record), 1), serial_number=serial_number)
        answer = responder.answer(ocsp.request(asked))
        assert told_by(read_answer(answer.body)) == ("unknown", "", None)
        assert answer.max_age == 0


def test_a_serial_number_of_the_other_authority_is_not_confused(town: Town) -> None:
    only = town.with_certificates(AUTHENTICATION)
    record = town.records(only)[Purpose.USER_AUTHENTICATION]
    responder = make_responder(present_home(), town.clock)
    other = town.with_certificates()
    other_ca = ca_of(town.records(other)[Purpose.SIGNATURE])
    asked = ocsp.cert_id_of(other_ca, record.serial_number + 1000)
    assert told_by(read_answer(responder.answer(ocsp.request(asked)).body))[0] == "unknown"


@pytest.mark.alters_records
def test_a_record_of_another_generation_is_unknown_to_this_one(
    responder: StatusResponder, record: IssuanceRecord
) -> None:
    request = request_about(record)
    IssuanceRecord.objects.filter(pk=record.pk).update(issuer_key_id="00" * 20)
    assert told_by(read_answer(responder.answer(request).body))[0] == "unknown"


def test_about_another_issuer_it_is_not_authorised_to_answer(
    responder: StatusResponder, record: IssuanceRecord
) -> None:
    asked = ocsp.cert_id_of(ca_of(record), record.serial_number)
    for stranger in (
        replace(asked, issuer_key_hash=bytes(20)),
        replace(asked, issuer_name_hash=bytes(20)),
    ):
        assert error_of(responder.answer(ocsp.request(stranger)).body) == "UNAUTHORIZED"


@pytest.mark.parametrize(
    "garbage", [b"", b"\x00", b"\x30\x00", b"GET / HTTP/1.1", bytes(5000), b"\x30\x82\x10\x00" + bytes(4096)]
)
def test_garbage_is_a_malformed_request(responder: StatusResponder, garbage: bytes) -> None:
    answer = responder.answer(garbage)
    assert (error_of(answer.body), answer.max_age) == ("MALFORMED_REQUEST", 0)


def test_a_request_with_any_byte_changed_never_raises(
    responder: StatusResponder, record: IssuanceRecord
) -> None:
    request = request_about(record, nonce=b"n" * 16)
    for place in range(len(request)):
        for bit in (0x01, 0x80):
            altered = request[:place] + bytes((request[place] ^ bit,)) + request[place + 1 :]
            response = read.load_der_ocsp_response(responder.answer(altered).body)
            assert response.response_status.name in ("SUCCESSFUL", "MALFORMED_REQUEST", "UNAUTHORIZED")


# — Nonces and what is kept ———————————————————————————————————————————————————————————————————————————


def test_a_nonce_comes_back_and_such_an_answer_is_never_kept(
    responder: StatusResponder, record: IssuanceRecord
) -> None:
    for nonce in (b"1", b"n" * 32, b"m" * 128):
        answer = responder.answer(request_about(record, nonce=nonce))
        response = read_answer(answer.body)
        assert response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == nonce
        assert answer.max_age == 0
    plain = read_answer(responder.answer(request_about(record)).body)
    assert list(plain.extensions) == []


def test_a_nonce_that_is_too_long_is_malformed(responder: StatusResponder, record: IssuanceRecord) -> None:
    answer = responder.answer(request_about(record, nonce=b"n" * 129))
    assert error_of(answer.body) == "MALFORMED_REQUEST"


def test_a_fresh_answer_is_given_again_for_half_of_its_life(
    responder: StatusResponder, record: IssuanceRecord, town: Town
) -> None:
    start, request = town.clock.now(), request_about(record)
    first = responder.answer(request).body
    town.clock.move_to(start + REFRESH - timedelta(seconds=1))
    assert responder.answer(request).body == first
    town.clock.move_to(start + REFRESH)
    second = responder.answer(request).body
    assert second != first
    assert read_answer(second).this_update_utc == start + REFRESH


def test_no_answer_is_given_before_its_time(
    responder: StatusResponder, record: IssuanceRecord, town: Town
) -> None:
    """A clock that was set back does not hand out answers of the future."""
    start, request = town.clock.now(), request_about(record)
    responder.answer(request)
    town.clock.move_to(start - timedelta(hours=1))
    assert read_answer(responder.answer(request).body).this_update_utc == start - timedelta(hours=1)


def test_others_keep_revoked_until_its_next_update_and_everything_else_not_at_all(
    responder: StatusResponder, holder: Holder, record: IssuanceRecord, town: Town
) -> None:
    request = request_about(record)
    assert responder.answer(request).max_age == 0
    hold(holder.code, actor="hotline", at=town.clock.now())
    assert responder.answer(request).max_age == 0
    record_lapse(holder.code, LapseGround.REQUEST_OR_NOTICE, (), actor="test", at=town.clock.now())
    for minutes in (0, 3, 7, 8, 20):
        answer = responder.answer(request)
        until = town.clock.now() + timedelta(seconds=answer.max_age)
        assert until == read_answer(answer.body).next_update_utc
        town.clock.move_to(town.clock.now() + timedelta(minutes=minutes))


class Everything:
    """An index in which every serial number below a limit is good."""

    def __init__(self, key_id: str, below: int) -> None:
        self.key_id, self.below, self.since = key_id, below, NOW

    def find(self, purpose: str, serial_number: int) -> StatusEntry | None:
        if serial_number >= self.below:
            return None
        return StatusEntry(self.key_id, Status.GOOD, "", self.since)


def test_what_is_kept_is_bounded_in_octets(
    responder: StatusResponder, record: IssuanceRecord, town: Town
) -> None:
    most, index = 100_000, Everything(record.issuer_key_id, 2**150)
    small = StatusResponder(responder._issuers.values(), index, town.clock, most_kept=most)
    asked = ocsp.cert_id_of(ca_of(record), 1)
    tracemalloc.start()
    try:
        for number in range(200):
            small.answer(ocsp.request(replace(asked, serial_number=2**149 + number)))
        first = tracemalloc.take_snapshot()
        last = small.answer(ocsp.request(replace(asked, serial_number=2**149 + 199))).body
        octets = sum(trace.size for trace in first.traces)
    finally:
        tracemalloc.stop()
    assert 20 < len(small._issued) < 60
    assert octets < 2 * most
    assert small.answer(ocsp.request(replace(asked, serial_number=2**149 + 199))).body == last
    index.since += timedelta(days=1)  # the same certificates, over and over, with another status
    for number in range(200):
        small.answer(ocsp.request(replace(asked, serial_number=2**149 + number)))
        kept = small._issued._kept.values()
        assert sum(one.octets for one in kept) == small._issued.octets <= most


def test_what_was_never_issued_does_not_push_out_what_was(
    responder: StatusResponder, record: IssuanceRecord, town: Town
) -> None:
    index = Everything(record.issuer_key_id, 10)
    small = StatusResponder(responder._issuers.values(), index, town.clock, most_kept=20_000)
    asked = ocsp.cert_id_of(ca_of(record), 1)
    first = small.answer(ocsp.request(asked)).body
    for number in range(100):
        small.answer(ocsp.request(replace(asked, serial_number=2**158 + number)))
        assert small._unknown.octets <= 20_000
    assert len(small._issued) == 1
    assert small.answer(ocsp.request(asked)).body == first
    index.below = 2**159  # what was unknown a moment ago has been issued
    last = small.answer(ocsp.request(replace(asked, serial_number=2**158 + 99))).body
    assert told_by(read_answer(last))[0] == "good"


@pytest.mark.parametrize("octets", [21, 100, 3900])
def test_a_serial_number_of_more_than_twenty_octets_is_malformed(
    responder: StatusResponder, record: IssuanceRecord, octets: int
) -> None:
    asked = replace(ocsp.cert_id_of(ca_of(record), 1), serial_number=1 << (8 * octets - 2))
    for nonce in (None, b"n" * 16):
        assert error_of(responder.answer(ocsp.request(asked, nonce)).body) == "MALFORMED_REQUEST"
    assert len(responder._issued) == len(responder._unknown) == 0


# — When the records are out of reach —————————————————————————————————————————————————————————————————


def test_without_records_it_says_try_later(
    responder: StatusResponder, record: IssuanceRecord, town: Town, tmp_path: Path
) -> None:
    link = present_home().database("agency")
    target = link.readlink()
    link.unlink()
    try:
        fresh_index = StatusResponder(responder._issuers.values(), SQLiteIndex(str(link)), town.clock)
        assert error_of(fresh_index.answer(request_about(record)).body) == "TRY_LATER"
        link.symlink_to(target)
        assert ask(fresh_index, record)[0] == "good"  # and recovers by itself
    finally:
        if not link.is_symlink():
            link.symlink_to(target)


def test_records_that_are_no_database_are_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "agency.sqlite3"
    path.write_bytes(b"this is no database, and was never one" * 100)
    with pytest.raises(Unavailable, match="E_DATABASE_UNREADABLE"):
        SQLiteIndex(str(path)).find("signature", 1)


def test_locked_records_are_waited_for_only_a_moment(tmp_path: Path) -> None:
    path = tmp_path / "agency.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE agency_records_issuancerecord (purpose, serial_number)")
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        with pytest.raises(Unavailable, match="E_DATABASE_BUSY"):
            SQLiteIndex(str(path)).find("signature", 1)
        assert time.monotonic() - began < 3


def test_without_its_key_it_says_try_later(record: IssuanceRecord, town: Town, tmp_path: Path) -> None:
    responder = make_responder(present_home(), town.clock)
    moved = settings.HONNIN_KEYS.rename(tmp_path / "elsewhere")
    try:
        answer = responder.answer(request_about(record)).body
    finally:
        moved.rename(settings.HONNIN_KEYS)
    assert error_of(answer) == "TRY_LATER"
    assert ask(responder, record)[0] == "good"


def test_a_renewed_key_is_taken_up_within_a_minute_and_nobody_waits_for_it(
    responder: StatusResponder, record: IssuanceRecord, town: Town
) -> None:
    def signer() -> int:
        response = read_answer(responder.answer(request_about(record, nonce=b"8 octets")).body)
        return response.certificates[0].serial_number

    key = next(key for key in keys_in_service(town.clock.now()) if key.purpose == record.purpose)
    before = signer()
    assert renew_responder(key, town.clock.now() + timedelta(days=70), "test")
    assert signer() == before
    town.clock.move_to(town.clock.now() + READ_ANEW)
    assert key.responder_certificate is not None
    assert (
        signer() == x509.load_der_x509_certificate(bytes(key.responder_certificate)).serial_number != before
    )


def test_records_that_cannot_be_read_anew_keep_nobody_from_an_answer(
    responder: StatusResponder, record: IssuanceRecord, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> list[Issuer]:
        raise Unavailable("E_RECORDS_UNAVAILABLE")

    monkeypatch.setattr(responder, "_read_issuers", gone)
    town.clock.move_to(town.clock.now() + READ_ANEW)
    assert ask(responder, record)[0] == "good"


def test_an_installation_that_was_never_opened_has_no_responder(town: Town, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="E_AUTHORITY_NOT_OPEN"):
        make_responder(Home(tmp_path), town.clock)


@pytest.mark.parametrize("name", ["with space", "hash#mark", "question?mark", "per%20cent"])
def test_the_records_may_lie_in_any_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    source = sqlite3.connect(present_home().database("agency"))
    with sqlite3.connect(folder / "agency.sqlite3") as copy:
        source.backup(copy)
    copy.close()
    source.close()
    assert SQLiteIndex(str(folder / "agency.sqlite3")).find("signature", 999_999) is None


def test_the_responder_needs_no_framework() -> None:
    program = (
        "import sys; sys.path.insert(0, 'src')\n"
        "import honnin.agency.status.app, honnin.agency.status.index, honnin.agency.status.responder\n"
        "import honnin.sites.responder\n"
        "print([name for name in sys.modules if name.split('.')[0] == 'django'])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


@pytest.mark.alters_records
@pytest.mark.parametrize("status", ["good", "held"])
def test_of_a_record_that_cannot_be_understood_it_says_nothing(
    responder: StatusResponder, record: IssuanceRecord, holder: Holder, town: Town, status: str
) -> None:
    """SQLite keeps whatever it is given. The next certificate is answered for as ever."""
    if status == "held":
        hold(holder.code, actor="test", at=town.clock.now())
    [other] = [each for each in town.records(holder).values() if each.pk != record.pk]
    told = ask(responder, other)
    for column in NONE_OF_OURS if status == "held" else NONE_OF_OURS[:-2]:
        with closing(sqlite3.connect(settings.HOME.database("agency"))) as database, database:
            before = database.execute(f"SELECT * FROM {RECORDS} WHERE id = ?", (record.pk,)).fetchone()
            database.execute(f"UPDATE {RECORDS} SET {column} WHERE id = ?", (record.pk,))
        assert error_of(responder.answer(request_about(record)).body) == "INTERNAL_ERROR", column
        assert ask(responder, other) == told
        with closing(sqlite3.connect(settings.HOME.database("agency"))) as database, database:
            places = ", ".join("?" * len(before))
            database.execute(f"REPLACE INTO {RECORDS} VALUES ({places})", before)
    assert ask(responder, record)[0] == status


RECORDS = "agency_records_issuancerecord"
NONE_OF_OURS = [
    "status_changed_at = CAST(status_changed_at AS BLOB)",
    "status_changed_at = 'x'",
    "status_changed_at = 7",
    "status = 'x'",
    "status = CAST('good' AS BLOB)",
    "issuer_key_id = CAST(issuer_key_id AS BLOB)",
    "crl_reason = x'00'",
    "crl_reason = 'x'",
    "crl_reason = 'x' || char(0)",
]
