"""Stories, told from the counter, the telephone and the card; everything behind them is real.

Each is told twice: with the agency in the same process, and at the other end of a line over HTTPS.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from honnin.agency.hotline.models import Call
from honnin.agency.hotline.queries import callers
from honnin.agency.hotline.services import record_notice_of_loss
from honnin.agency.publication.services import prove_journal, publish
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.status.responder import StatusResponder
from honnin.card.kinds.declaration import KeySlot
from honnin.errors import CardError, NotAllowed, Refused
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications import services
from honnin.municipality.counter.applications.evidence.copies import ShownDocument
from honnin.municipality.counter.applications.models import Application, EvidenceCopy
from honnin.municipality.counter.procedures.change_address.services import change_address
from honnin.municipality.counter.procedures.issuing.services import hand_over
from honnin.municipality.counter.procedures.loss.services import release
from honnin.pin import Pin
from honnin.simulator.brought import AUTHENTICATION, BOTH, PINS, SIGNATURE
from honnin.simulator.holder import PulledAfter
from honnin.simulator.onlooker import request_about
from honnin.sites.audit.comparison import audit_status
from honnin.sites.home import present_home
from honnin.sites.responder import make_responder
from tests.support.agency.renewals import Renewal, due
from tests.support.agency.world import read_answer, told_by
from tests.support.servers.lines import agency_over_https
from tests.support.town import LICENCE, Holder, Town

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture(autouse=True, params=["in process", "https"])
def line(request: pytest.FixtureRequest, committed: None, town: Town, tmp_path: Path) -> Iterator[None]:
    """Between the counter and the agency."""
    if request.param == "in process":
        yield
    else:
        with agency_over_https(tmp_path / "peers", town.clock, "99101", "99102"):
            yield


class Onlooker:
    """A relying party: knows nothing but what the status service answers."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._responder: StatusResponder = make_responder(present_home(), town.clock)

    def sees(self, holder: Holder) -> dict[Purpose, str]:
        return {
            purpose: told_by(read_answer(self._responder.answer(request_about(record)).body))[0]
            for purpose, record in self._town.records(holder).items()
        }

    def sees_of(self, records: Iterable[IssuanceRecord]) -> list[str]:
        return [told_by(read_answer(self._responder.answer(request_about(each)).body))[0] for each in records]


def require_whole(town: Town) -> None:
    """In the end journal, records, responder and lists are whole and agree."""
    town.clock.move_to(town.clock.now() + timedelta(minutes=1))
    publish(town.clock)
    assert prove_journal().faults == ()
    audit = audit_status(town.clock)
    assert (audit.waiting, audit.faults) == (0, [])


@pytest.mark.clause("S4-8.1.1", "S4-8.1.2", "S4-5.1.2")
def test_moves_to_another_street_and_gets_a_new_signature_certificate(town: Town) -> None:
    holder = town.with_certificates()
    onlooker = Onlooker(town)
    before = town.records(holder)
    assert onlooker.sees(holder) == {Purpose.SIGNATURE: "good", Purpose.USER_AUTHENTICATION: "good"}

    # In autumn she moves; the same minute nobody accepts a signature with the old address any more.
    town.clock.move_to(town.clock.now() + timedelta(days=120))
    change_address(
        holder.resident,
        "みほん県みほん市手本通４－５－６",
        moved_on=date(2026, 6, 1),
        clerk=town.clerk(),
        at=town.clock.now(),
    )
    assert onlooker.sees(holder) == {Purpose.SIGNATURE: "revoked", Purpose.USER_AUTHENTICATION: "good"}

    # She logs in as before, and applies for a signature certificate with the new address.
    holder.session().verify_pin(KeySlot.AUTHENTICATION, PINS[Purpose.USER_AUTHENTICATION])
    application = town.approved(holder.resident, SIGNATURE)
    town.issue(application, holder.reader(), {Purpose.SIGNATURE: Pin("NEW2026")})
    hand_over(Application.objects.get(pk=application.pk), clerk=town.clerk(), at=town.clock.now())

    after = town.records(holder)
    assert after[Purpose.USER_AUTHENTICATION].pk == before[Purpose.USER_AUTHENTICATION].pk
    assert after[Purpose.SIGNATURE].serial_number > before[Purpose.SIGNATURE].serial_number
    # The login certificate, which stays, is the cap.
    assert after[Purpose.SIGNATURE].expiry_date == before[Purpose.USER_AUTHENTICATION].expiry_date
    session = holder.session()
    session.verify_pin(KeySlot.SIGNATURE, Pin("NEW2026"))
    certificate = session.read_certificate(KeySlot.SIGNATURE)
    assert "手本通４－５－６".encode() in certificate
    assert "見本町".encode() not in certificate
    assert onlooker.sees(holder) == {Purpose.SIGNATURE: "good", Purpose.USER_AUTHENTICATION: "good"}
    require_whole(town)


@pytest.mark.clause("S4-9a", "S4-9b", "S1-C5.1a", "S1-C5.1b", "S1-C5.1d")
def test_the_card_is_lost_at_night_and_found(town: Town) -> None:
    holder = town.with_certificates()
    onlooker = Onlooker(town)

    # Half past two on New Year's morning, from a taxi: she does not know her own code, nor need she.
    town.clock.move_to(town.clock.now().replace(month=12, day=31, hour=17, minute=30))
    operator = town.operator()
    [caller] = callers("見本花子", date(1990, 3, 15), "見本町")
    assert caller.person_code == holder.code
    record_notice_of_loss(caller.person_code, operator=operator, at=town.clock.now())
    assert onlooker.sees(holder) == {Purpose.SIGNATURE: "revoked", Purpose.USER_AUTHENTICATION: "held"}
    night = town.records(holder)[Purpose.USER_AUTHENTICATION].status_changed_at

    # She calls again at six, not trusting it: nothing changes.
    town.clock.move_to(town.clock.now() + timedelta(hours=4))
    record_notice_of_loss(caller.person_code, operator=operator, at=town.clock.now())
    assert town.records(holder)[Purpose.USER_AUTHENTICATION].status_changed_at == night
    assert Call.objects.count() == 2

    # Found in the coat, after the holidays. The neighbouring city may not release it; her own may.
    town.clock.move_to(town.clock.now() + timedelta(days=4))
    both, pin = (holder.resident, Purpose.USER_AUTHENTICATION), PINS[Purpose.USER_AUTHENTICATION]
    with pytest.raises(NotAllowed, match="E_OFFICE_WRONG"):
        release(*both, holder.reader(), pin, clerk=town.neighbour(), at=town.clock.now())
    with pytest.raises(Refused, match="E_CARD_OTHERS"):
        release(*both, town.with_certificates().reader(), pin, clerk=town.clerk(), at=town.clock.now())
    release(*both, holder.reader(), pin, clerk=town.clerk(), at=town.clock.now())
    assert onlooker.sees(holder) == {Purpose.SIGNATURE: "revoked", Purpose.USER_AUTHENTICATION: "good"}

    # The signature certificate does not come back; a new one does.
    with pytest.raises(Refused, match="E_HOLD_NOT_RELEASABLE"):
        release(
            holder.resident, Purpose.SIGNATURE, holder.reader(), pin, clerk=town.clerk(), at=town.clock.now()
        )
    town.issue(town.approved(holder.resident, SIGNATURE), holder.reader())
    assert set(onlooker.sees(holder).values()) == {"good"}
    require_whole(town)


def comes_with_mother(town: Town, child: Holder, purposes: frozenset[Purpose]) -> Application:
    """The mother shows the register, her licence and the child's document."""
    mandate = ShownDocument(EvidenceCopy.Whose.MANDATE, "family_register", b"%PDF-1.7 register %%EOF")
    mothers = ShownDocument(EvidenceCopy.Whose.PROXY, "driving_licence", LICENCE.content)
    return town.receive(
        child.resident,
        purposes,
        shown=(LICENCE, mandate, mothers),
        proxy_kind="statutory_agent",
        proxy_name="見本　花子",
    )


def test_a_child_under_15(town: Town) -> None:
    child = town.holder(name="見本　葵", birth_date=date(2015, 8, 20))
    clerk = town.clerk()
    # Alone, and with a signature certificate: two things stand against it.
    alone = town.receive(child.resident)
    assert {refusal.code for refusal in services.examine(alone, clerk=clerk, at=town.clock.now())} == {
        "E_UNDER_AGE",
        "E_AGENT_REQUIRED",
    }
    services.reject(alone, "to come back with a parent", clerk=clerk, at=town.clock.now())

    # With the mother, for the login certificate: it lasts until the card does, five birthdays.
    with_mother = comes_with_mother(town, child, AUTHENTICATION)
    services.approve(with_mother, clerk=clerk, at=town.clock.now())
    town.issue(with_mother, child.reader())
    assert town.records(child).keys() == AUTHENTICATION
    assert town.records(child)[Purpose.USER_AUTHENTICATION].expiry_date == date(2030, 8, 20)
    assert child.card.state.expiry_date == date(2030, 8, 20)

    # Not even the mother gets the child a signature certificate; on the 15th birthday the child does.
    again = comes_with_mother(town, child, SIGNATURE)
    with pytest.raises(Refused, match="E_UNDER_AGE"):
        services.approve(again, clerk=clerk, at=town.clock.now())
    services.reject(again, "under age", clerk=clerk, at=town.clock.now())
    town.clock.move_to(town.clock.now().replace(year=2030, month=8, day=20))
    town.issue(town.approved(child.resident, SIGNATURE), child.reader())
    assert town.records(child)[Purpose.SIGNATURE].expiry_date == date(2030, 8, 20)
    require_whole(town)


def test_the_clerk_errs_and_starts_again(town: Town) -> None:
    holder, next_in_line = town.holder(), town.holder(name="例示　太郎")
    clerk = town.clerk()
    # The wrong box was ticked: only one certificate. Rejected, and taken anew.
    wrong = town.approved(holder.resident, AUTHENTICATION)
    services.reject(Application.objects.get(pk=wrong.pk), "wrong box", clerk=clerk, at=town.clock.now())
    application = town.approved(holder.resident, BOTH)

    # The card of the next in line lies on the reader; then the own one, with a slip in the PIN.
    with pytest.raises(Refused, match="E_CARD_OTHERS"):
        town.issue(application, next_in_line.reader())
    with pytest.raises(Refused, match="E_PIN_FORMAT"):
        town.issue(application, holder.reader(), PINS | {Purpose.USER_AUTHENTICATION: Pin("123")})
    # Then somebody takes the card away too early, twice.
    for commands in (14, 25):
        with pytest.raises(CardError, match="E_CARD_REMOVED"):
            town.issue(application, PulledAfter(holder.card, commands))
    certificates = town.issue(application, holder.reader())

    assert [each.purpose for each in certificates] == [Purpose.USER_AUTHENTICATION, Purpose.SIGNATURE]
    assert len(town.records(holder)) == 2
    assert town.records(next_in_line) == {}
    assert next_in_line.session().certificates_present() == frozenset()
    for purpose, slot in (
        (Purpose.SIGNATURE, KeySlot.SIGNATURE),
        (Purpose.USER_AUTHENTICATION, KeySlot.AUTHENTICATION),
    ):
        holder.session().verify_pin(slot, PINS[purpose])
    hand_over(Application.objects.get(pk=application.pk), clerk=clerk, at=town.clock.now())
    assert set(Onlooker(town).sees(holder).values()) == {"good"}
    require_whole(town)


def test_renews_in_the_last_three_months_and_the_card_is_pulled_out(town: Town) -> None:
    """Until the new ones are recorded everybody accepts the old ones, afterwards the new ones alone."""
    holder = due(town)
    onlooker = Onlooker(town)
    renewal = Renewal(town, holder)
    good = dict.fromkeys(Purpose, "good")
    with pytest.raises(CardError):
        renewal.carry_out(PulledAfter(holder.card, 5))  # before it has answered with its new keys
    assert not renewal.new
    assert onlooker.sees(holder) == good
    with pytest.raises(CardError):
        renewal.carry_out(PulledAfter(holder.card, 15))  # amid the writing
    assert onlooker.sees_of(renewal.old.values()) == ["revoked", "revoked"]
    assert onlooker.sees(holder) == good
    renewal.require_old_or_new()

    # She comes again on another day, to another clerk.
    town.clock.move_to(town.clock.now() + timedelta(days=3))
    renewal.clerk = "jiro"
    renewal.carry_out()
    renewal.require_renewed()
    assert onlooker.sees(holder) == good
    require_whole(town)
