"""A host that nobody here wrote opens the secure channel: yubikit (Yubico's yubikey-manager, BSD-2-Clause).

It speaks SCP03 with AES-128, short or extended lengths, pads and encrypts where there is no data, and sends
no Le. Its PUT KEY has another layout than Amendment D 7.2 and is not tried.
"""

from datetime import date

import pytest
from yubikit.core import TRANSPORT, BadResponseError
from yubikit.core import Version as FirmwareVersion
from yubikit.core.smartcard import ApduError, SmartCardConnection, SmartCardProtocol
from yubikit.core.smartcard import scp as host

from honnin.card.chip.card import Card
from honnin.card.issuer import commands as card_commands
from honnin.card.issuer import key_rotation
from honnin.card.issuer.production import blank_card
from honnin.card.kinds.declaration import KeySlot
from honnin.card.scp03 import StaticKeys, derive_card_keys
from honnin.card.secure_channel import ISSUER_AID
from honnin.card.transport import Transport
from honnin.card.transport.in_process import InProcess
from honnin.identifiers import CardNumber
from tests.support.card.certificates import Authority
from tests.support.card.faults import Altering, FaultyStore
from tests.support.card.keys import KeyPool

pytestmark = pytest.mark.conformance

NUMBER = CardNumber("TEST00000000001")
KEYS = derive_card_keys(bytes(range(16)), NUMBER)
EXTENDED_SINCE = FirmwareVersion(5, 7, 2)


class Reader(SmartCardConnection):
    """What yubikit takes for a reader."""

    transport = TRANSPORT.USB

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def send_and_receive(self, apdu: bytes) -> tuple[bytes, int]:
        answer = self._transport.transmit(apdu)
        return answer[:-2], int.from_bytes(answer[-2:], "big")


@pytest.fixture
def card(key_pool: KeyPool) -> Card:
    state = blank_card(NUMBER, KEYS, date(2035, 3, 31))
    return Card(state, FaultyStore(state), generate_key=key_pool)


@pytest.fixture(params=["short", "extended"])
def extended(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "extended")


def opened(transport: Transport, keys: StaticKeys, *, extended: bool, version: int = 0) -> SmartCardProtocol:
    protocol = SmartCardProtocol(Reader(transport))
    if extended:
        protocol.configure(EXTENDED_SINCE)
    protocol.select(ISSUER_AID)
    theirs = host.StaticKeys(keys.enc, keys.mac, keys.dek)
    protocol.init_scp(host.Scp03KeyParams(host.KeyRef(host.ScpKid.SCP03, version), theirs))
    return protocol


def ask(protocol: SmartCardProtocol, command: bytes) -> bytes:
    """A plain command of ours through their channel; they choose lengths and Le."""
    cla, ins, p1, p2, *rest = command
    has_data = len(rest) > 3 and rest[0]
    return bytes(protocol.send_apdu(cla, ins, p1, p2, bytes(rest[1 : 1 + rest[0]]) if has_data else b""))


@pytest.mark.parametrize("version", [0x00, 0x30])
def test_the_card_is_read_through_their_channel(card: Card, extended: bool, version: int) -> None:
    protocol = opened(InProcess(card), KEYS, extended=extended, version=version)
    report = card_commands.card_report(ask(protocol, card_commands.read_state()))
    assert (report.card_number, report.expiry_date) == (NUMBER, date(2035, 3, 31))


def test_a_slot_is_personalised_through_their_channel(
    card: Card, extended: bool, authority: Authority
) -> None:
    slot = KeySlot.AUTHENTICATION
    protocol = opened(InProcess(card), KEYS, extended=extended)
    public_key = card_commands.public_key(ask(protocol, card_commands.generate_key(slot)))
    certificate = authority.issue(public_key, "TEST")
    for command in card_commands.certificate_writes(slot, certificate, authority.certificate):
        assert ask(protocol, command) == b""
    ask(protocol, card_commands.activate(slot))
    assert card.state.slots[slot].certificate == certificate
    with pytest.raises(ApduError) as error:
        ask(protocol, card_commands.read_pending_key(slot))
    assert error.value.sw == 0x6A88
    assert card_commands.card_report(ask(protocol, card_commands.read_state())).slots[slot].has_certificate


def test_new_keys_are_brought_in_and_used_through_their_channel(card: Card, extended: bool) -> None:
    new = derive_card_keys(bytes(range(16)), NUMBER, 0x31)
    protocol = opened(InProcess(card), KEYS, extended=extended)
    key_rotation.check_replaced(new, ask(protocol, key_rotation.put_key(KEYS, new)))
    again = opened(InProcess(card), new, extended=extended, version=0x31)
    assert card_commands.card_report(ask(again, card_commands.read_state())).card_number == NUMBER
    with pytest.raises(ValueError, match="Incorrect SCP parameters"):
        opened(InProcess(card), KEYS, extended=extended)


def test_they_notice_an_altered_answer(card: Card, extended: bool) -> None:
    alters = False

    def alter(answer: bytes) -> bytes:
        return bytes((answer[0] ^ 1,)) + answer[1:] if alters else answer

    protocol = opened(Altering(card, answer=alter), KEYS, extended=extended)
    alters = True
    with pytest.raises(BadResponseError, match="Wrong MAC"):
        ask(protocol, card_commands.read_state())


def test_a_plain_command_between_theirs_ends_their_channel(card: Card, extended: bool) -> None:
    reader = InProcess(card)
    protocol = opened(reader, KEYS, extended=extended)
    assert reader.transmit(bytes.fromhex("0084000008")) == b"\x69\x82"
    with pytest.raises(ApduError) as error:
        ask(protocol, card_commands.read_state())
    assert error.value.sw == 0x6982
