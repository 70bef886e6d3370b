"""Whatever happens to certificates in whatever order: records, responder and lists say the same."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from honnin.agency.authority.services import authority
from honnin.agency.hotline.services import record_notice_of_loss
from honnin.agency.publication.services import revocation_list
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.revocation.services import record_lapse, release
from honnin.agency.status.responder import StatusResponder
from honnin.errors import HonninError, Refused
from honnin.identifiers import SerialNumber
from honnin.law.terms import LapseGround, Purpose
from honnin.municipality.counter.applications import services
from honnin.municipality.counter.applications.models import Application
from honnin.simulator.brought import BOTH
from honnin.simulator.onlooker import request_about
from honnin.sites.home import present_home
from honnin.sites.responder import make_responder
from tests.support.agency.world import Told, listed_in, read_answer, recorded, told_by
from tests.support.town import Holder, Town

pytestmark = pytest.mark.usefixtures("committed")

ACTS = st.one_of(
    st.tuples(st.just("hold"), st.none(), st.none()),
    st.tuples(st.just("release"), st.sampled_from(Purpose), st.booleans()),
    st.tuples(
        st.just("lapse"),
        st.sampled_from(LapseGround),
        st.sets(st.sampled_from(Purpose)),
    ),
    st.tuples(st.just("issue"), st.sampled_from(Purpose), st.none()),
    st.tuples(st.just("wait"), st.integers(1, 400), st.none()),
)


def carry_out(town: Town, holder: Holder, act: tuple[str, Any, Any]) -> None:
    """One act; whatever the law refuses is refused."""
    name, what, how = act
    try:
        if name == "hold":
            operator = town.operator()
            record_notice_of_loss(holder.code, operator=operator, at=town.clock.now())
        elif name == "release":
            release(
                holder.code,
                what,
                own_municipality=how,
                card_presented=True,
                actor="test",
                at=town.clock.now(),
            )
        elif name == "lapse":
            record_lapse(holder.code, what, tuple(how), actor="test", at=town.clock.now())
        elif name == "issue":
            application = town.receive(holder.resident, frozenset({what}))
            _approve_and_issue(town, application, holder)
        else:
            town.clock.move_to(town.clock.now() + timedelta(hours=what))
    except Refused:
        pass


def _approve_and_issue(town: Town, application: Application, holder: Holder) -> None:
    try:
        services.approve(application, clerk=town.clerk(), at=town.clock.now())
        town.issue(application, holder.reader())
    except HonninError:
        services.reject(application, "refused", clerk=town.clerk(), at=town.clock.now())


def seen(town: Town, holder: Holder, responder: StatusResponder) -> dict[tuple[str, SerialNumber], Told]:
    """What each certificate of a holder is, asserted to be the same wherever it is asked."""
    lists = {}
    for purpose in Purpose:
        key = authority().issuing(purpose)[0]
        content, _ = revocation_list(key, town.clock.now(), "test")
        lists[purpose] = x509.load_der_x509_crl(content)
    told = {}
    for record in IssuanceRecord.objects.filter(person_code=holder.code):
        story = recorded(record)
        assert told_by(read_answer(responder.answer(request_about(record)).body)) == story
        assert listed_in(lists[Purpose(record.purpose)], record.serial_number) == story
        told[record.purpose, record.serial_number] = story
    return told


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACTS, min_size=1, max_size=8))
def test_records_responder_and_lists_tell_one_story_and_no_revoked_certificate_comes_back(
    town: Town, acts: list[tuple[str, Any, Any]]
) -> None:
    holder = town.with_certificates(BOTH)
    responder = make_responder(present_home(), town.clock)
    before = seen(town, holder, responder)
    for act in acts:
        carry_out(town, holder, act)
        after = seen(town, holder, responder)
        for certificate, story in before.items():
            if story[0] == "revoked":
                assert after[certificate] == story  # with its reason and its time
        effective = IssuanceRecord.objects.filter(person_code=holder.code, effective=True)
        purposes = [record.purpose for record in effective]
        assert len(set(purposes)) == len(purposes)
        before = after
