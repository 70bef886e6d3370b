"""Answers that are kept: how long, for whom, and how many octets of them."""

import tracemalloc
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509

from honnin.agency.records.models import IssuanceRecord
from honnin.agency.revocation.services import hold, record_lapse
from honnin.agency.status.index import StatusEntry
from honnin.agency.status.responder import REFRESH, StatusResponder
from honnin.law.certificates.status import Status
from honnin.law.terms import LapseGround
from honnin.pkix import ocsp
from honnin.simulator.onlooker import ca_of, request_about
from tests.support.agency.world import error_of, read_answer, told_by
from tests.support.instants import NOW
from tests.support.town import Holder, Town

pytestmark = pytest.mark.usefixtures("committed")


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
