"""Certificates that are none, or not quite, written to the card and activated: refused, whatever they are."""

from collections.abc import Sequence

import pytest
from cryptography import x509
from hypothesis import example, given
from hypothesis import strategies as st

from honnin.card.chip.application.certificate_check import belong_together
from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.card.issuer import commands as card_commands
from honnin.card.kinds.declaration import KeySlot
from honnin.card.scp03 import StaticKeys
from honnin.card.transport.in_process import InProcess
from honnin.errors import CardError
from tests.support.card.cards import encoded
from tests.support.card.desk import Desk
from tests.support.card.faults import FaultyStore
from tests.support.card.small_keys import altered, certificate_for, only_key

SLOT = KeySlot.AUTHENTICATION
VERSION_3 = bytes.fromhex("A003020102")
alterations = st.tuples(st.integers(0, 3), st.integers(0, 1500), st.integers(0, 255))
HOLDER, CA = 0, 1


def written(state: CardState, keys: StaticKeys, certificates: list[bytes]) -> tuple[Card, str]:
    """The card after an activation, and its status word."""
    card = Card(state, FaultyStore(state), generate_key=only_key)
    desk = Desk(InProcess(card), keys)
    desk.ask(card_commands.generate_key(SLOT))
    desk.write(SLOT, *certificates)
    try:
        desk.activate(SLOT)
    except CardError as error:
        return card, str(error.context["status_word"])
    return card, "9000"


def signed_part(certificates: Sequence[bytes]) -> bytes:
    """What the signature of the holder's covers; around it a bit may be of no account."""
    return x509.load_der_x509_certificate(certificates[HOLDER]).tbs_certificate_bytes


@pytest.mark.parametrize("version", [0x03, 0x07, 0xFF])
@pytest.mark.parametrize("which", [HOLDER, CA])
def test_a_certificate_of_a_version_that_does_not_exist(
    issued_state: CardState, static_keys: StaticKeys, which: int, version: int
) -> None:
    certificates = list(certificate_for(encoded(only_key())))
    place = certificates[which].index(VERSION_3) + len(VERSION_3) - 1
    certificates[which] = altered(certificates[which], 0, place, version)
    card, word = written(issued_state, static_keys, certificates)
    assert word == "6A80"
    assert card.state.slot(SLOT).certificate == issued_state.slot(SLOT).certificate


@given(st.sampled_from((HOLDER, CA)), alterations)
def test_an_altered_certificate_is_refused_and_the_card_lives(
    issued_state: CardState, static_keys: StaticKeys, which: int, alteration: tuple[int, int, int]
) -> None:
    """What is not the holder's is read by others only, and may be what it was but for its signature."""
    right = certificate_for(encoded(only_key()))
    certificates = list(right)
    certificates[which] = altered(certificates[which], *alteration)
    card, word = written(issued_state, static_keys, certificates)
    if word == "9000":
        assert signed_part(certificates) == signed_part(right)
        assert card.state.slot(SLOT).certificate == certificates[HOLDER]
    else:
        assert word == "6A80"
        assert card.state.slot(SLOT).certificate == issued_state.slot(SLOT).certificate
    assert Desk(InProcess(card), static_keys).report().slots[SLOT].has_certificate


@pytest.mark.parametrize("which", [HOLDER, CA])
def test_every_byte_of_a_certificate_altered_in_some_ways(which: int) -> None:
    """Through the check alone, for there are many."""
    right = certificate_for(encoded(only_key()))
    public_key = only_key().public_key()
    for place in range(len(right[which])):
        for value in {right[which][place] ^ 1 << bit for bit in range(8)} | {0x00, 0x80, 0xFF}:
            certificates = list(right)
            certificates[which] = altered(right[which], 0, place, value)
            fits = belong_together(certificates[0], certificates[1], public_key)
            assert not fits or signed_part(certificates) == signed_part(right)
        for end in (place, -place):
            certificates[which] = right[which][:end]
            assert not belong_together(certificates[0], certificates[1], public_key)


@given(st.binary(min_size=256, max_size=2000))
@example(bytes(300))
def test_any_bytes_are_no_certificate(octets: bytes) -> None:
    certificate, ca_certificate = certificate_for(encoded(only_key()))
    public_key = only_key().public_key()
    assert belong_together(certificate, ca_certificate, public_key)
    assert not belong_together(octets, ca_certificate, public_key)
    assert not belong_together(certificate, octets, public_key)
