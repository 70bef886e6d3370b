"""A renewal is cut at every point, and asked for again: the old certificates work, or the new ones do."""

from collections.abc import Iterator

import pytest
from cryptography import x509

from honnin.agency.authority.rollover import roll_over
from honnin.agency.authority.services import authority
from honnin.agency.issuance.models import Stage
from honnin.agency.records.models import IssuanceRecord
from honnin.card.apdu import EXTENDED_LC_MAX, SHORT_LC_MAX
from honnin.card.chip.state import SlotContent
from honnin.card.kinds.declaration import KeySlot
from honnin.errors import CardError, Unavailable
from honnin.law.certificates.status import Status
from honnin.law.terms import Purpose
from honnin.simulator.brought import AUTHENTICATION, BOTH
from honnin.simulator.holder import PulledAfter
from honnin.sites.lines.wiring import connect_in_process
from honnin.wire.line import plug
from honnin.wire.messages.card_updates import SLOT
from tests.support.agency.broken_lines import CutLine, Forgetful
from tests.support.agency.renewals import Renewal, due, undone
from tests.support.card.faults import Fault, PowerCutError, is_gone, is_refused_write
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")
MOST_COMMANDS = 80
OF_EVERY = 7
"""What asks which card it is, opens the channel, asks for the card's state and has keys made."""
readers = pytest.mark.parametrize(
    ("longest_data", "commands"), [(EXTENDED_LC_MAX, 9), (SHORT_LC_MAX, 21)], ids=["extended", "short"]
)
"""How long commands may be, and how many there are for an authentication certificate."""


def is_cut(renewal: Renewal, reader: PulledAfter | None = None) -> bool:
    """Renew; whether the card went away or failed on the way. Any other error is a fault."""
    try:
        renewal.carry_out(reader)
    except (PowerCutError, CardError) as error:
        if is_gone(error) or is_refused_write(error):
            return True
        raise
    return False


def attempts(renewal: Renewal, most: int) -> Iterator[int]:
    """One attempt after the other from the same beginning, until one is not cut."""
    for number in range(most):
        with undone(renewal.holder):
            yield number


def cut_at_every_command(renewal: Renewal, *, answer_lost: bool, longest_data: int) -> int:
    """Returns at how many commands the card was pulled."""
    for commands in attempts(renewal, MOST_COMMANDS):
        reader = PulledAfter(renewal.holder.card, commands, answer_lost=answer_lost)
        reader.longest_data = longest_data
        if not is_cut(renewal, reader):
            return commands
        renewal.require_old_or_new()
        renewal.carry_out()
        renewal.require_renewed()
        assert IssuanceRecord.objects.filter(application_number=renewal.number).count() == len(
            renewal.purposes
        )
    raise AssertionError("cut for ever")


@pytest.mark.parametrize("answer_lost", [False, True], ids=["before the command", "after it, answer lost"])
@readers
def test_the_card_pulled_out_at_every_command(
    town: Town, answer_lost: bool, longest_data: int, commands: int
) -> None:
    renewal = Renewal(town, due(town, AUTHENTICATION), AUTHENTICATION)
    assert cut_at_every_command(renewal, answer_lost=answer_lost, longest_data=longest_data) == commands


@pytest.mark.long
@pytest.mark.parametrize("answer_lost", [False, True], ids=["before the command", "after it, answer lost"])
@readers
@pytest.mark.parametrize("purposes", [BOTH, *({each} for each in Purpose)], ids=["both", *Purpose])
def test_the_card_with_both_pulled_out_at_every_command(
    town: Town, purposes: frozenset[Purpose], answer_lost: bool, longest_data: int, commands: int
) -> None:
    renewal = Renewal(town, due(town), frozenset(purposes))
    counted = cut_at_every_command(renewal, answer_lost=answer_lost, longest_data=longest_data)
    assert counted >= OF_EVERY + (commands - OF_EVERY) * len(purposes)


@pytest.mark.parametrize("fault", Fault)
def test_a_fault_of_the_cards_memory_at_every_write(town: Town, fault: Fault) -> None:
    renewal, writes = Renewal(town, due(town)), 0
    for write in attempts(renewal, MOST_COMMANDS):
        renewal.holder.damage(fault, write + 1)
        if not is_cut(renewal):
            writes = write
            break
        renewal.holder.revive()
        renewal.require_old_or_new()
        renewal.carry_out()
        renewal.require_renewed()
    assert writes == 4  # channel, keys, two activations


def test_cut_again_at_each_of_many_retries(town: Town) -> None:
    """The card is pulled one command later each time, always on the same application."""
    renewal = Renewal(town, due(town))
    for commands in range(MOST_COMMANDS):
        if not is_cut(renewal, PulledAfter(renewal.holder.card, commands, answer_lost=True)):
            break
        renewal.require_old_or_new()
    assert commands >= 10
    renewal.require_renewed()
    assert IssuanceRecord.objects.filter(application_number=renewal.number).count() == 2


def test_a_key_that_the_card_lost_after_its_certificate_was_recorded(town: Town) -> None:
    """Made anew, and to the same last day also when a birthday has passed since."""
    renewal = Renewal(town, due(town))
    renewal.relay(renewal.carry_out_to(Stage.KEYS))
    lost = renewal.new[Purpose.SIGNATURE]
    content = renewal.holder.card.state.slots[KeySlot.SIGNATURE]
    emptied = SlotContent(content.pin, content.private_key, content.certificate, content.ca_certificate)
    renewal.holder.store.kept = renewal.holder.card.state.with_slot(KeySlot.SIGNATURE, emptied)
    renewal.holder.revive()
    town.clock.move_to(town.clock.now().replace(year=2031, month=3, day=16))
    renewal.carry_out()
    lost.refresh_from_db()
    assert (lost.status, lost.crl_reason) == (Status.REVOKED, "unspecified")
    assert renewal.new[Purpose.SIGNATURE].expiry_date == lost.expiry_date
    renewal.require_renewed()


def test_the_card_gets_the_authoritys_certificate_of_the_generation_that_issued(town: Town) -> None:
    renewal = Renewal(town, due(town))
    renewal.relay(renewal.carry_out_to(Stage.KEYS))
    roll_over(BOTH, town.clock)
    renewal.carry_out()
    renewal.require_renewed()
    for purpose, slot in SLOT.items():
        ca = x509.load_der_x509_certificate(renewal.holder.card.state.slots[slot].ca_certificate or b"")
        assert ca != authority().issuing(purpose)[1].certificate


def test_nothing_that_the_agency_holds_in_memory_matters(town: Town) -> None:
    renewal = Renewal(town, due(town))
    plug("agency", Forgetful(town.clock))
    renewal.carry_out()
    connect_in_process(town.clock)
    renewal.require_renewed()


@pytest.mark.parametrize("answer_lost", [False, True], ids=["question lost", "answer lost"])
def test_the_line_cut_at_every_message(town: Town, answer_lost: bool) -> None:
    renewal = Renewal(town, due(town))
    for messages in attempts(renewal, 6):
        plug("agency", CutLine(messages, answer_lost=answer_lost))
        try:
            renewal.carry_out()
            break
        except Unavailable:
            pass
        finally:
            connect_in_process(town.clock)
        renewal.require_old_or_new()
        renewal.carry_out()
        renewal.require_renewed()
    assert messages == 4
