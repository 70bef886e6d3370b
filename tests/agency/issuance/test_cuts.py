"""Issuing is cut at every point, and begun again: old state or new, never half, never twice."""

from dataclasses import replace

import pytest
from cryptography import x509

from honnin.agency.authority.models import IssuingKey
from honnin.agency.authority.rollover import roll_over
from honnin.agency.authority.services import authority
from honnin.agency.records.models import IssuanceRecord
from honnin.card.chip.state import SlotContent
from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport import Transport
from honnin.errors import CardError, Conflict, Unavailable, Untrusted
from honnin.law.certificates.status import Status
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.models import Application
from honnin.pin import Pin
from honnin.simulator.brought import BOTH, SIGNATURE
from honnin.simulator.holder import PulledAfter
from honnin.sites.lines.wiring import connect_in_process
from honnin.wire.line import plug
from honnin.wire.messages.card_updates import SLOT
from tests.agency.issuance.outcomes import NAMED, require_finished, require_old_or_new
from tests.support.agency.broken_lines import CutLine, Forgetful
from tests.support.card.faults import Fault, PowerCutError, is_gone, is_refused_write
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")
MOST_COMMANDS = 80


def slots(holder: Holder) -> dict[KeySlot, SlotContent]:
    """The slots without pending keys: what anyone can use."""
    return {slot: replace(content, pending_key=None) for slot, content in holder.card.state.slots.items()}


def others_than_the_effective_were_given_up(holder: Holder) -> bool:
    lost = IssuanceRecord.objects.filter(person_code=holder.code, effective=False)
    return all(
        record.status == Status.REVOKED and record.changes.get().ground == "not_delivered" for record in lost
    )


def is_cut(town: Town, application: Application, reader: Transport) -> bool:
    """Issue; whether the card went away or failed on the way. Any other error is a fault."""
    try:
        town.issue(application, reader)
    except (PowerCutError, CardError) as error:
        if is_gone(error) or is_refused_write(error):
            return True
        raise
    return False


@pytest.mark.parametrize("answer_lost", [False, True], ids=["before the command", "after it, answer lost"])
def test_the_card_pulled_out_at_every_command(town: Town, answer_lost: bool) -> None:
    cuts = 0
    for commands in range(MOST_COMMANDS):
        holder = town.holder()
        application = town.approved(holder.resident)
        if not is_cut(town, application, PulledAfter(holder.card, commands, answer_lost=answer_lost)):
            break
        cuts += 1
        require_old_or_new(holder, town)
        assert IssuanceRecord.objects.filter(person_code=holder.code, effective=True).count() in (0, 2)
        town.issue(application, holder.reader())
        require_finished(holder, town)
        assert not IssuanceRecord.objects.filter(person_code=holder.code, effective=False).exists()
    assert 30 < cuts < MOST_COMMANDS


@pytest.mark.parametrize("fault", Fault)
def test_a_fault_of_the_cards_memory_at_every_write(town: Town, fault: Fault) -> None:
    cuts = 0
    for write in range(1, MOST_COMMANDS):
        holder = town.holder()
        application = town.approved(holder.resident)
        holder.damage(fault, write)
        if not is_cut(town, application, holder.reader()):
            break
        cuts += 1
        holder.revive()
        require_old_or_new(holder, town)
        town.issue(application, holder.reader())
        require_finished(holder, town)
        assert others_than_the_effective_were_given_up(holder)
    assert cuts == 7  # channel, two keys, two activations, two PINs


def test_cut_again_at_each_of_many_retries(town: Town) -> None:
    """The card is pulled one command later each time, always on the same application."""
    holder = town.holder()
    application = town.approved(holder.resident)
    for commands in range(MOST_COMMANDS):
        if not is_cut(town, application, PulledAfter(holder.card, commands, answer_lost=True)):
            break
        require_old_or_new(holder, town)
    assert commands > 20
    require_finished(holder, town)
    assert IssuanceRecord.objects.filter(person_code=holder.code).count() == 2


def test_a_key_that_the_card_lost_after_its_certificate_was_issued(town: Town) -> None:
    """Nobody can ever use that certificate: it is revoked, and issued anew for the key the card has."""
    holder = town.holder()
    application = town.approved(holder.resident)
    with pytest.raises(CardError):
        town.issue(application, PulledAfter(holder.card, 9))
    assert IssuanceRecord.objects.filter(person_code=holder.code, effective=True).count() == 2
    state = holder.card.state
    holder.store.kept = state.with_slot(KeySlot.SIGNATURE, SlotContent())
    holder.revive()
    town.issue(application, holder.reader())
    require_finished(holder, town)
    given_up = IssuanceRecord.objects.get(person_code=holder.code, effective=False)
    assert (given_up.purpose, given_up.crl_reason) == ("signature", "unspecified")
    assert others_than_the_effective_were_given_up(holder)


@pytest.mark.parametrize("purposes", [BOTH, SIGNATURE], ids=["both", "signature"])
def test_the_card_gets_the_authoritys_certificate_of_the_generation_that_issued(
    town: Town, purposes: frozenset[Purpose]
) -> None:
    """The card is pulled after its certificates were issued; before it comes back there is a rollover."""
    holder = town.holder()
    application = town.approved(holder.resident)
    with pytest.raises(CardError):
        town.issue(application, PulledAfter(holder.card, 9))
    issued_before = town.records(holder)
    assert len(issued_before) == 2
    roll_over(purposes, town.clock)
    town.issue(application, holder.reader())
    require_finished(holder, town)
    assert town.records(holder) == issued_before
    for purpose, slot in SLOT.items():
        content = holder.card.state.slots[slot]
        ca = x509.load_der_x509_certificate(content.ca_certificate or b"")
        x509.load_der_x509_certificate(content.certificate or b"").verify_directly_issued_by(ca)
        newest = authority().issuing(purpose)[1].certificate
        assert (ca == newest) is (purpose not in purposes)


def test_a_certificate_that_is_issued_anew_is_the_next_generations(town: Town) -> None:
    """The card lost one key of two, and there was a rollover: on it are two generations then."""
    holder = town.holder()
    application = town.approved(holder.resident)
    with pytest.raises(CardError):
        town.issue(application, PulledAfter(holder.card, 9))
    roll_over(BOTH, town.clock)
    holder.store.kept = holder.card.state.with_slot(KeySlot.SIGNATURE, SlotContent())
    holder.revive()
    town.issue(application, holder.reader())
    require_finished(holder, town)
    for purpose, generation in ((Purpose.SIGNATURE, 2), (Purpose.USER_AUTHENTICATION, 1)):
        key = IssuingKey.objects.get(purpose=purpose, generation=generation)
        assert town.records(holder)[purpose].issuer_key_id == key.key_id
        assert holder.card.state.slots[SLOT[purpose]].ca_certificate == bytes(key.certificate)


def test_issuing_a_second_time_changes_nothing(town: Town) -> None:
    holder = town.holder()
    application = town.approved(holder.resident)
    town.issue(application, holder.reader())
    before = holder.card.state
    pins = {Purpose.SIGNATURE: Pin("XYZ789"), Purpose.USER_AUTHENTICATION: Pin("9876")}
    with pytest.raises(Conflict, match="E_APPLICATION_STATE"):
        town.issue(application, holder.reader(), pins)
    assert holder.card.state == before


# — The agency's memory ———————————————————————————————————————————————————————————————————————————————


def test_nothing_that_the_agency_holds_in_memory_matters(town: Town) -> None:
    holder = town.holder()
    application = town.approved(holder.resident)
    plug("agency", Forgetful(town.clock))
    town.issue(application, holder.reader())
    connect_in_process(town.clock)
    require_finished(holder, town)


@pytest.mark.parametrize("answer_lost", [False, True], ids=["question lost", "answer lost"])
@pytest.mark.parametrize("messages", range(5))
def test_the_line_cut_at_every_message(town: Town, messages: int, answer_lost: bool) -> None:
    holder = town.holder()
    application = town.approved(holder.resident)
    plug("agency", CutLine(messages, answer_lost=answer_lost))
    with pytest.raises(Unavailable):
        town.issue(application, holder.reader())
    connect_in_process(town.clock)
    require_old_or_new(holder, town)
    town.issue(application, holder.reader())
    require_finished(holder, town)
    assert IssuanceRecord.objects.filter(person_code=holder.code).count() == 2


class Swapped:
    """A reader whose card is exchanged for another before the n-th command (from 0)."""

    def __init__(self, first: Holder, second: Holder, commands: int) -> None:
        self._readers, self._left = (first.reader(), second.reader()), commands

    def transmit(self, command: bytes) -> bytes:
        self._left -= 1
        return self._readers[self._left < 0].transmit(command)


@pytest.mark.parametrize("commands", range(2, 38, 4))
def test_another_genuine_card_put_in_half_way_gets_nothing(town: Town, commands: int) -> None:
    holder, other = town.holder(), town.holder()
    application = town.approved(holder.resident)
    with pytest.raises((CardError, Untrusted)) as caught:
        town.issue(application, Swapped(holder, other, commands))
    assert caught.value.code in NAMED
    assert all(content == SlotContent() for content in other.card.state.slots.values())
    town.issue(application, holder.reader())
    require_finished(holder, town)
