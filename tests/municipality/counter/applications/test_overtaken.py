"""What happens between two commands to the card: a report that comes meanwhile is never lost."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date

import pytest
from cryptography import x509

from honnin.agency.hotline.services import record_notice_of_loss
from honnin.agency.records.models import IssuanceRecord
from honnin.card.transport.in_process import InProcess
from honnin.errors import CardError, Conflict, HonninError, Refused
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications import services
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.applications.states import ApplicationState
from honnin.municipality.counter.cards.agency import ask_agency
from honnin.municipality.counter.procedures.change_address.services import change_address
from honnin.municipality.counter.procedures.issuing.services import hand_over
from honnin.municipality.counter.procedures.loss.services import release, report_loss
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.services import record_removal
from honnin.profile.holder import basic_four
from honnin.simulator.brought import PINS, SIGNATURE
from honnin.simulator.holder import PulledAfter
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")

NEW_ADDRESS = "みほん県みほん市仮名町８－８"
COMMANDS = 46  # more than an issuing has


class Meanwhile:
    """The card in a reader; something else happens before the `at`-th command."""

    def __init__(self, holder: Holder, at: int, act: Callable[[], object]) -> None:
        self._reader = InProcess(holder.card)
        self._at, self._act = at, act
        self.asked = 0

    def transmit(self, command: bytes) -> bytes:
        if self.asked == self._at:
            self._act()
        self.asked += 1
        return self._reader.transmit(command)


def issue_meanwhile(town: Town, holder: Holder, at: int, act: Callable[[], object]) -> Application:
    """Issue, while something happens before the `at`-th command; the clerk presses the button once more."""
    application = town.approved(holder.resident)
    reader = Meanwhile(holder, at, act)
    for transport in (reader, holder.reader()):
        with suppress(HonninError):
            town.issue(application, transport)
            break
    return Application.objects.get(pk=application.pk)


def good(holder: Holder) -> dict[Purpose, IssuanceRecord]:
    records = IssuanceRecord.objects.filter(person_code=holder.code, status="good")
    return {Purpose(record.purpose): record for record in records}


def address_in(record: IssuanceRecord) -> str:
    return basic_four(x509.load_der_x509_certificate(bytes(record.certificate))).address


def test_the_count_covers_every_command(town: Town) -> None:
    holder = town.holder()
    reader = Meanwhile(holder, -1, lambda: None)
    town.issue(town.approved(holder.resident), reader)
    assert reader.asked <= COMMANDS


@pytest.mark.clause("S4-8.1.2")
@pytest.mark.parametrize("at", range(COMMANDS))
def test_a_move_meanwhile_leaves_no_certificate_with_the_old_address(town: Town, at: int) -> None:
    holder = town.holder()

    def move() -> None:
        resident = Resident.objects.get(pk=holder.code)
        change_address(
            resident, NEW_ADDRESS, moved_on=date(2026, 6, 1), clerk=town.clerk(), at=town.clock.now()
        )

    issue_meanwhile(town, holder, at, move)
    if holder.resident.address != Resident.objects.get(pk=holder.code).address:
        assert all(address_in(r) == NEW_ADDRESS for p, r in good(holder).items() if p is Purpose.SIGNATURE)


@pytest.mark.parametrize("at", range(COMMANDS))
def test_a_removal_meanwhile_leaves_no_certificate(town: Town, at: int) -> None:
    holder, removed = town.holder(), []

    def remove() -> None:
        removed.append(
            record_removal(
                Resident.objects.get(pk=holder.code), date(2026, 6, 2), clerk="taro", at=town.clock.now()
            )
        )

    issue_meanwhile(town, holder, at, remove)
    assert not (removed and good(holder))


@pytest.mark.parametrize("at", range(COMMANDS))
def test_a_loss_meanwhile_leaves_no_certificate_good(town: Town, at: int) -> None:
    holder, told = town.holder(), []

    def lose() -> None:
        told.append(record_notice_of_loss(holder.code, operator=town.operator(), at=town.clock.now()))

    issue_meanwhile(town, holder, at, lose)
    assert not (told and good(holder))


@pytest.mark.clause("S4-4.2")
@pytest.mark.parametrize("at", range(COMMANDS))
def test_a_rejection_meanwhile_counts_or_is_refused(town: Town, at: int) -> None:
    """Rejected and nothing stands, or issued and the rejection was a conflict; nothing in between."""
    holder, ends = town.holder(), []

    def reject() -> None:
        application = Application.objects.get(resident=holder.resident)
        try:
            services.reject(application, "a reason", clerk=town.clerk("mei"), at=town.clock.now())
            ends.append("rejected")
        except Conflict:
            ends.append("conflict")

    application = issue_meanwhile(town, holder, at, reject)
    rejected = ends == ["rejected"]
    assert application.state == (ApplicationState.REJECTED if rejected else ApplicationState.ISSUED)
    assert len(good(holder)) == (0 if rejected else 2)


def test_a_cut_and_then_a_move_is_no_dead_end(town: Town) -> None:
    """What was begun with the old address cannot go on: it is rejected, and another application does it."""
    holder = town.holder()
    application = town.approved(holder.resident)
    with pytest.raises(CardError):
        town.issue(application, PulledAfter(holder.card, 12))
    change_address(
        Resident.objects.get(pk=holder.code),
        NEW_ADDRESS,
        moved_on=date(2026, 6, 1),
        clerk=town.clerk(),
        at=town.clock.now(),
    )
    with pytest.raises(Conflict, match="E_FORM_CHANGED"):
        town.issue(application, holder.reader())
    application.refresh_from_db()
    services.reject(application, "moved", clerk=town.clerk(), at=town.clock.now())
    town.issue(town.approved(Resident.objects.get(pk=holder.code)), holder.reader())
    assert address_in(good(holder)[Purpose.SIGNATURE]) == NEW_ADDRESS
    assert len(good(holder)) == 2


def test_a_card_reported_lost_gets_nothing_until_its_holder_comes(town: Town) -> None:
    holder = town.holder()
    application = town.approved(holder.resident)
    record_notice_of_loss(holder.code, operator=town.operator(), at=town.clock.now())
    with pytest.raises(Refused) as refused:
        town.issue(application, holder.reader())
    assert [refusal.code for refusal in refused.value.refusals] == ["E_CARD_REPORTED_LOST"]
    assert report_loss(holder.resident, clerk=town.clerk(), at=town.clock.now()) == 1
    town.issue(application, holder.reader())
    assert len(good(holder)) == 2


def test_a_lost_card_gets_no_other_certificate_until_its_hold_is_released(town: Town) -> None:
    holder = town.with_certificates()
    record_notice_of_loss(holder.code, operator=town.operator(), at=town.clock.now())
    application = town.receive(holder.resident, SIGNATURE)
    codes = {each.code for each in services.examine(application, clerk=town.clerk(), at=town.clock.now())}
    assert codes == {"E_CARD_REPORTED_LOST", "E_CERT_HELD"}
    report_loss(holder.resident, clerk=town.clerk(), at=town.clock.now())
    codes = {each.code for each in services.examine(application, clerk=town.clerk(), at=town.clock.now())}
    assert codes == {"E_CERT_HELD"}
    pin = PINS[Purpose.USER_AUTHENTICATION]
    release(
        holder.resident,
        Purpose.USER_AUTHENTICATION,
        holder.reader(),
        pin,
        clerk=town.clerk(),
        at=town.clock.now(),
    )
    assert services.examine(application, clerk=town.clerk(), at=town.clock.now()) == ()


@pytest.mark.clause("S4-4.3")
@pytest.mark.parametrize(("lost", "code"), [(False, "E_CERT_REVOKED"), (True, "E_CERT_HELD")])
def test_what_has_no_effect_is_not_handed_over(town: Town, lost: bool, code: str) -> None:
    holder = town.with_certificates(frozenset({Purpose.USER_AUTHENTICATION}))
    if lost:
        record_notice_of_loss(holder.code, operator=town.operator(), at=town.clock.now())
    else:
        record_removal(
            Resident.objects.get(pk=holder.code), date(2026, 6, 2), clerk="taro", at=town.clock.now()
        )
    with pytest.raises(Conflict, match=code):
        hand_over(Application.objects.get(resident=holder.resident), clerk=town.clerk(), at=town.clock.now())
    assert Application.objects.get(resident=holder.resident).state == ApplicationState.ISSUED


@pytest.mark.alters_records
def test_a_change_that_the_agency_has_not_heard_of_is_told_first(town: Town) -> None:
    """A report that waited would otherwise revoke the certificate that already bears the new address."""
    from honnin.municipality.residents.models import ChangeReport

    holder = town.holder()
    application = town.approved(holder.resident)
    Resident.objects.filter(pk=holder.code).update(address=NEW_ADDRESS)
    ChangeReport.objects.create(resident=holder.resident, ground="change_of_entry", clerk="hanako")
    town.issue(application, holder.reader())
    assert not ChangeReport.objects.filter(delivered=False).exists()
    assert address_in(good(holder)[Purpose.SIGNATURE]) == NEW_ADDRESS


def test_a_card_that_only_claims_the_number_releases_nothing(town: Town) -> None:
    """Neither a card without the key nor a signature for another hold."""
    holder = town.with_certificates()
    record_notice_of_loss(holder.code, operator=town.operator(), at=town.clock.now())
    message = town.release_message(holder, Purpose.USER_AUTHENTICATION)
    pin = PINS[Purpose.USER_AUTHENTICATION]
    release(
        holder.resident,
        Purpose.USER_AUTHENTICATION,
        holder.reader(),
        pin,
        clerk=town.clerk(),
        at=town.clock.now(),
    )
    town.clock.move_to(town.clock.now().replace(hour=3))
    record_notice_of_loss(holder.code, operator=town.operator(), at=town.clock.now())
    with pytest.raises(Refused) as refused:
        ask_agency(town.clerk(), message)  # the signature of the first hold, played again
    assert [refusal.code for refusal in refused.value.refusals] == ["E_CARD_MISSING"]
    assert town.records(holder)[Purpose.USER_AUTHENTICATION].status == "held"
