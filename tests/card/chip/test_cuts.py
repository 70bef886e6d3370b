"""A whole issuing, cut at every command and at every write: the card is old or new, never between.

After each cut the card gets power again and the issuing is done once more, to its end.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from cryptography import x509

from honnin.card.chip.card import Card
from honnin.card.chip.private_keys import load_key
from honnin.card.chip.state import CardState, SlotContent
from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot
from honnin.card.scp03 import StaticKeys
from honnin.card.transport import Transport
from honnin.card.transport.in_process import InProcess
from honnin.errors import CardError
from honnin.pin import Pin
from honnin.simulator.holder import PulledAfter
from tests.support.card.certificates import Authority
from tests.support.card.desk import Desk
from tests.support.card.faults import Fault, FaultyStore, PowerCutError, is_gone, is_refused_write
from tests.support.card.keys import KeyPool

SLOT = KeySlot.SIGNATURE
NEW_PIN = "NEWPIN1"
MANY = 10_000


def issue(transport: Transport, keys: StaticKeys, authority: Authority) -> None:
    """A new key, its certificate and a new PIN for the signature slot."""
    desk = Desk(transport, keys)
    desk.issue(SLOT, authority, "NEW HOLDER")
    desk.set_pin(SLOT, NEW_PIN)


class Counting:
    """Counts the commands of a whole issuing."""

    def __init__(self, card: Card) -> None:
        self._reader = InProcess(card)
        self.commands = 0

    def transmit(self, command: bytes) -> bytes:
        self.commands += 1
        return self._reader.transmit(command)


@pytest.fixture(params=["blank", "renewal"])
def old(request: pytest.FixtureRequest, blank_state: CardState, issued_state: CardState) -> CardState:
    """The card before the issuing."""
    return blank_state if request.param == "blank" else issued_state


@contextmanager
def going_away() -> Iterator[None]:
    """The fault must happen, and must show itself as what it is."""
    with pytest.raises((CardError, PowerCutError)) as raised:
        yield
    error = raised.value
    assert is_gone(error) or is_refused_write(error)


def assert_old_or_new(content: SlotContent, old: SlotContent) -> None:
    """Key, certificate and CA certificate are all the old ones or all the new ones, and fit together."""
    shown = (content.private_key, content.certificate, content.ca_certificate)
    if shown == (old.private_key, old.certificate, old.ca_certificate):
        return
    assert content.private_key is not None
    assert content.certificate is not None
    assert content.ca_certificate is not None
    assert content.pending_key is None
    certificate = x509.load_der_x509_certificate(content.certificate)
    assert "NEW HOLDER" in certificate.subject.rfc4514_string()
    assert certificate.public_key() == load_key(content.private_key).public_key()


def assert_retry_finishes(
    state: CardState, keys: StaticKeys, authority: Authority, key_pool: KeyPool
) -> None:
    store = FaultyStore(state)
    reader = InProcess(Card(state, store, generate_key=key_pool))
    issue(reader, keys, authority)
    session = CardSession(reader)
    session.select_jpki()
    session.verify_pin(SLOT, Pin(NEW_PIN))
    held = x509.load_der_x509_certificate(session.read_certificate(SLOT))
    assert "NEW HOLDER" in held.subject.rfc4514_string()
    assert len(session.sign_sha256(SLOT, b"works")) == 256
    assert CardState.from_json(store.kept.to_json()) == store.kept


def test_the_card_is_pulled_after_every_command(
    old: CardState, static_keys: StaticKeys, authority: Authority, key_pool: KeyPool
) -> None:
    whole = Counting(Card(old, FaultyStore(old), generate_key=key_pool))
    issue(whole, static_keys, authority)
    assert whole.commands > 15
    for commands in range(whole.commands):
        for answer_lost in (False, True):
            store = FaultyStore(old)
            card = Card(old, store, generate_key=key_pool)
            with going_away():
                issue(PulledAfter(card, commands, answer_lost=answer_lost), static_keys, authority)
            assert card.state == store.kept
            assert_old_or_new(store.kept.slots[SLOT], old.slots[SLOT])
            assert_retry_finishes(store.kept, static_keys, authority, key_pool)


@pytest.mark.parametrize("fault", list(Fault))
def test_every_write_fails_or_is_cut(
    old: CardState, static_keys: StaticKeys, authority: Authority, key_pool: KeyPool, fault: Fault
) -> None:
    counting = FaultyStore(old)
    issue(InProcess(Card(old, counting, generate_key=key_pool)), static_keys, authority)
    assert counting.writes == 4  # the channel, the key, the activation, the PIN
    for at in range(1, counting.writes + 1):
        store = FaultyStore(old, fault, at)
        card = Card(old, store, generate_key=key_pool)
        with going_away():
            issue(InProcess(card), static_keys, authority)
        assert fault is Fault.CUT_AFTER or card.state == store.kept
        assert_old_or_new(store.kept.slots[SLOT], old.slots[SLOT])
        other = KeySlot.AUTHENTICATION
        assert store.kept.slots[other] == old.slots[other]
        assert_retry_finishes(store.kept, static_keys, authority, key_pool)


def test_a_cut_right_after_activation_shows_the_new_certificate(
    blank_state: CardState, static_keys: StaticKeys, authority: Authority, key_pool: KeyPool
) -> None:
    """What the issuer sees when the answer to ACTIVATE was lost: no pending key, the new fingerprint."""
    store = FaultyStore(blank_state, Fault.CUT_AFTER, 3)
    with pytest.raises(PowerCutError):
        issue(InProcess(Card(blank_state, store, generate_key=key_pool)), static_keys, authority)
    report = Desk(InProcess(Card(store.kept, store)), static_keys).report().slots[SLOT]
    assert report.has_certificate
    assert not report.has_pending_key
