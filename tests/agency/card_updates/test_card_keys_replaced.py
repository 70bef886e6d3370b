"""Cards get the newest issuer keys when they are next opened, whatever is cut in between."""

from pathlib import Path

import django.conf
import pytest
from django.conf import LazySettings

from honnin.agency.card_channel.channel import ChannelContext, authenticate
from honnin.agency.card_register.models import Card
from honnin.agency.card_register.services import security_code
from honnin.agency.card_updates.models import CardUpdate
from honnin.agency.keys.master_keys import make_next_version, master_keys, require_versions
from honnin.agency.records.models import JournalEntry
from honnin.card.chip.state import CardState
from honnin.card.client.session import relay
from honnin.card.scp03 import FIRST_KEY_VERSION
from honnin.card.transport import Transport
from honnin.errors import CardError, Unavailable, Untrusted
from honnin.law.cards.pins import PinKind
from honnin.municipality.counter.procedures.card_work import services as card_work
from honnin.municipality.counter.procedures.pin_reset.services import permit_pins
from honnin.simulator.holder import PulledAfter
from honnin.wire.messages.card_updates import CardUpdateKind, RequestCardUpdate
from tests.support.agency import speaking
from tests.support.card.faults import Fault, PowerCutError, is_gone
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")

SECOND, THIRD = FIRST_KEY_VERSION + 1, FIRST_KEY_VERSION + 2


@pytest.fixture(autouse=True)
def own_master_keys(settings: LazySettings, tmp_path: Path, town: Town) -> None:
    """Master keys of this test alone; the first is that of all tests."""
    for name in ("card-master-key", "evidence-key"):
        (tmp_path / name).write_bytes((settings.HONNIN_KEYS / name).read_bytes())
    settings.HONNIN_KEYS = tmp_path


def versions(holder: Holder) -> tuple[int, int]:
    """On the card, and in the register."""
    entry = Card.objects.get(pk=holder.card.state.card_number)
    return holder.card.state.issuer_keys.version, entry.key_version


def open_card(town: Town, holder: Holder, reader: Transport | None = None) -> None:
    """Any work opens the card; this one changes nothing else on it."""
    card_work.clear(holder.resident, reader or holder.reader(), clerk=town.clerk(), clock=town.clock)


def replace_master_key(town: Town) -> int:
    return make_next_version(town.clock, actor="test")


def test_a_card_opened_after_the_replacement_has_the_new_keys(town: Town) -> None:
    holder = town.holder()
    open_card(town, holder)
    assert versions(holder) == (FIRST_KEY_VERSION, FIRST_KEY_VERSION)
    assert replace_master_key(town) == SECOND
    open_card(town, holder)
    assert versions(holder) == (SECOND, SECOND)
    number = holder.card.state.card_number
    assert holder.card.state.issuer_keys == master_keys().card_keys(number, SECOND)
    assert JournalEntry.objects.filter(act="replace card keys", subject=number).count() == 1
    open_card(town, holder)
    assert JournalEntry.objects.filter(act="replace card keys", subject=number).count() == 1


def test_issuing_replaces_them_too(town: Town) -> None:
    holder = town.holder()
    replace_master_key(town)
    town.issue(town.approved(holder.resident), holder.reader())
    assert versions(holder) == (SECOND, SECOND)
    assert all(content.certificate for content in holder.card.state.slots.values())


def test_a_new_card_gets_the_newest_keys_at_once(town: Town) -> None:
    replace_master_key(town)
    holder = town.holder()
    assert versions(holder) == (SECOND, SECOND)
    open_card(town, holder)


def test_a_card_may_miss_versions(town: Town) -> None:
    holder = town.holder()
    replace_master_key(town)
    replace_master_key(town)
    open_card(town, holder)
    assert versions(holder) == (THIRD, THIRD)


def test_the_printed_code_stays_the_same(town: Town) -> None:
    holder = town.give_complete_card(town.move_in())
    code = security_code(holder.card.state.card_number)
    files = {name: each.files for name, each in holder.card.state.applications.items()}
    replace_master_key(town)
    open_card(town, holder)
    assert security_code(holder.card.state.card_number) == code
    assert card_work.update(holder.resident, holder.reader(), clerk=town.clerk(), clock=town.clock) == 0
    assert {name: each.files for name, each in holder.card.state.applications.items()} == files


@pytest.mark.parametrize("answer_lost", [False, True], ids=["before the command", "after it, answer lost"])
def test_pulled_out_at_every_command(town: Town, answer_lost: bool) -> None:
    replaced = 0
    for commands in range(20):
        holder = town.holder()
        replace_master_key(town)
        try:
            open_card(town, holder, PulledAfter(holder.card, commands, answer_lost=answer_lost))
            break
        except CardError as error:
            if not is_gone(error):
                raise
        on_card, in_force = versions(holder)
        assert on_card >= in_force
        replaced += on_card != in_force
        open_card(town, holder)
        newest = master_keys().newest_version
        assert versions(holder) == (newest, newest)
        journalled = JournalEntry.objects.filter(
            act="replace card keys", subject=holder.card.state.card_number
        )
        assert journalled.count() == 1
    assert commands == 7  # number (2), channel (3), state, keys
    assert replaced == answer_lost


@pytest.mark.parametrize("fault", Fault)
def test_a_fault_at_every_write(town: Town, fault: Fault) -> None:
    for write in (1, 2):  # the channel's counter, the keys
        holder = town.holder()
        replace_master_key(town)
        holder.damage(fault, write)
        with pytest.raises((CardError, PowerCutError)):
            open_card(town, holder)
        holder.revive()
        on_card, in_force = versions(holder)
        assert on_card >= in_force
        open_card(town, holder)
        newest = master_keys().newest_version
        assert versions(holder) == (newest, newest)


def test_another_replacement_before_the_first_was_confirmed(town: Town) -> None:
    """The card took the second version, and nobody heard of it; then there is a third."""
    holder = town.holder()
    replace_master_key(town)
    with pytest.raises(CardError):
        open_card(town, holder, PulledAfter(holder.card, 6, answer_lost=True))
    assert versions(holder) == (SECOND, FIRST_KEY_VERSION)
    replace_master_key(town)
    open_card(town, holder)
    assert versions(holder) == (THIRD, THIRD)
    entries = JournalEntry.objects.filter(act="replace card keys", subject=holder.card.state.card_number)
    assert [entry.detail for entry in entries] == ['{"version": "31"}', '{"version": "32"}']


def test_a_card_with_keys_that_were_replaced_is_not_genuine(town: Town) -> None:
    """A copy made before: whoever learned the old master key could make such a card."""
    holder = town.holder()
    copy: CardState = holder.card.state
    replace_master_key(town)
    open_card(town, holder)
    with pytest.raises(Untrusted, match="E_CARD_NOT_GENUINE"):
        open_card(town, town.pocket(holder.resident, copy))


def test_an_answer_of_before_that_comes_late_takes_nothing_back(town: Town) -> None:
    """Two openings under way: the older one is delivered after the card has got newer keys."""
    holder, clerk = town.holder(), speaking.sender(town.clerk())
    reader = holder.reader()
    number = holder.card.state.card_number
    late = speaking.ask(clerk, RequestCardUpdate(number, holder.code, CardUpdateKind.CLEAR))
    entry = CardUpdate.objects.get(card_id=number)
    answers = relay(reader, late.commands)
    kept = entry.channel
    replace_master_key(town)
    with pytest.raises(CardError):
        open_card(town, holder, PulledAfter(holder.card, 6, answer_lost=True))
    replace_master_key(town)
    context = ChannelContext(Card.objects.get(pk=number), kept, "test", town.clock.now())
    authenticate(context, answers)
    assert versions(holder) == (SECOND, FIRST_KEY_VERSION)
    open_card(town, holder)
    assert versions(holder) == (THIRD, THIRD)


@pytest.mark.alters_records
def test_a_register_that_lost_its_newest_entries_still_knows_the_card(town: Town) -> None:
    """As after a backup was restored: the card has newer keys than the register remembers."""
    holder = town.holder()
    replace_master_key(town)
    open_card(town, holder)
    Card.objects.filter(pk=holder.card.state.card_number).update(key_version=FIRST_KEY_VERSION)
    open_card(town, holder)
    assert versions(holder) == (SECOND, SECOND)


def test_a_version_that_was_lost_is_named_and_not_passed_over(town: Town) -> None:
    replace_master_key(town)
    require_versions()
    (django.conf.settings.HONNIN_KEYS / "card-master-key-31").unlink()
    with pytest.raises(Unavailable, match="E_KEY_UNAVAILABLE"):
        require_versions()


def test_pins_are_permitted_through_the_new_keys(town: Town) -> None:
    holder = town.holder()
    replace_master_key(town)
    reader = holder.reader()
    application = town.approved(holder.resident, frozenset(), pins=frozenset({PinKind.SIGNATURE}))
    permit_pins(application, reader, clerk=town.clerk(), at=town.clock.now())
    assert versions(holder) == (SECOND, SECOND)
    session = holder.session()
    assert session.tries_left(next(iter(holder.card.state.slots))) == 0
