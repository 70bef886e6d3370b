"""The responder that cannot answer: without records or key, and with records that nobody understands."""

import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from django.conf import settings

from honnin.agency.authority.queries import keys_in_service
from honnin.agency.authority.services import renew_responder
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.revocation.services import hold
from honnin.agency.status.index import SQLiteIndex
from honnin.agency.status.responder import READ_ANEW, Issuer, StatusResponder
from honnin.errors import Unavailable
from honnin.simulator.onlooker import request_about
from honnin.sites.home import Home, present_home
from honnin.sites.responder import make_responder
from tests.agency.status.questions import ask
from tests.support.agency.world import error_of, read_answer
from tests.support.town import Holder, Town

pytestmark = pytest.mark.usefixtures("committed")


# — When the records are out of reach —————————————————————————————————————————————————————————————————


def test_without_records_it_says_try_later(
    responder: StatusResponder, record: IssuanceRecord, town: Town, tmp_path: Path
) -> None:
    link = tmp_path / "agency.sqlite3"
    fresh_index = StatusResponder(responder._issuers.values(), SQLiteIndex(str(link)), town.clock)
    assert error_of(fresh_index.answer(request_about(record)).body) == "TRY_LATER"
    link.symlink_to(present_home().database("agency"))
    assert ask(fresh_index, record)[0] == "good"  # and recovers by itself


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
