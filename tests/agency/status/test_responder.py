"""The status responder on the real records: what it answers to a question about a certificate."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.x509 import ocsp as read

from honnin.agency.records.models import IssuanceRecord
from honnin.agency.revocation.services import hold, record_lapse, release
from honnin.agency.status.responder import LIFETIME, StatusResponder
from honnin.law.terms import LapseGround, Purpose
from honnin.pkix import ocsp
from honnin.simulator.brought import AUTHENTICATION
from honnin.simulator.onlooker import ca_of, request_about
from honnin.sites.home import present_home
from honnin.sites.responder import make_responder
from tests.agency.status.questions import ask
from tests.support.agency.world import error_of, read_answer, told_by
from tests.support.town import Holder, Town

pytestmark = pytest.mark.usefixtures("committed")


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
    record_lapse(holder.code, LapseGround.KEY_LEAKED, (), actor="test", at=town.clock.now())
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


@pytest.mark.parametrize("octets", [21, 100, 3900])
def test_a_serial_number_of_more_than_twenty_octets_is_malformed(
    responder: StatusResponder, record: IssuanceRecord, octets: int
) -> None:
    asked = replace(ocsp.cert_id_of(ca_of(record), 1), serial_number=1 << (8 * octets - 2))
    for nonce in (None, b"n" * 16):
        assert error_of(responder.answer(ocsp.request(asked, nonce)).body) == "MALFORMED_REQUEST"
    assert len(responder._issued) == len(responder._unknown) == 0
