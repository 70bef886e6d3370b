"""The issuer's side of the tests: opens a channel, issues into a slot, sets PINs."""

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from honnin.card.chip.card import Card
from honnin.card.client.session import CardSession, relay
from honnin.card.issuer import commands as card_commands
from honnin.card.issuer.channel import HostChannel
from honnin.card.kinds.declaration import KeySlot
from honnin.card.kinds.slot import LAYOUT
from honnin.card.scp03 import StaticKeys
from honnin.card.transport import Transport
from honnin.pin import Pin
from tests.support.card.certificates import Authority

PINS = {KeySlot.SIGNATURE: "ABC123", KeySlot.AUTHENTICATION: "1234"}


class Desk:
    """Opens a channel to the card on the transport and speaks to it, one command at a time."""

    def __init__(self, transport: Transport, keys: StaticKeys) -> None:
        self._transport = transport
        self.keys = keys
        opening = HostChannel.begin(keys)
        answers = relay(transport, opening.commands)
        self.channel, authenticate = HostChannel.open(keys, opening.host_challenge, answers[-1])
        HostChannel.check_opened(transport.transmit(authenticate))

    def ask(self, command: bytes) -> bytes:
        """The plain answer to a plain command. Raises what `unwrap` raises."""
        index = len(self.channel.command_macs)
        return self.channel.unwrap(index, self._transport.transmit(self.channel.wrap(command)))

    def send(self, commands: list[bytes]) -> list[bytes]:
        return [self.ask(command) for command in commands]

    def report(self) -> card_commands.CardReport:
        return card_commands.card_report(self.ask(card_commands.read_state()))

    def generate(self, slot: KeySlot) -> RSAPublicKey:
        return card_commands.public_key(self.ask(card_commands.generate_key(slot)))

    def write(self, slot: KeySlot, certificate: bytes, ca_certificate: bytes) -> None:
        for command in card_commands.certificate_writes(slot, certificate, ca_certificate):
            self.ask(command)

    def activate(self, slot: KeySlot) -> None:
        self.ask(card_commands.activate(slot))

    def issue(self, slot: KeySlot, authority: Authority, common_name: str = "TEST HOLDER") -> bytes:
        """A new key and its certificate, put in force. Returns the certificate."""
        certificate = authority.issue(self.generate(slot), common_name)
        self.write(slot, certificate, authority.certificate)
        self.activate(slot)
        return certificate

    def set_pin(self, slot: KeySlot, pin: str) -> None:
        """Authorise, and set the PIN as the holder does at the keypad. Closes the channel."""
        self.ask(card_commands.authorise_pin(slot))
        CardSession(self._transport).set_authorised_pin("jpki", LAYOUT[slot].pin_file, Pin(pin))


def exchange(card: Card, command: str) -> str:
    """Hexadecimal in, hexadecimal out; spaces and slashes only help the eye."""
    return card.transmit(octets(command)).hex().upper()


def octets(text: str) -> bytes:
    return bytes.fromhex(text.replace("/", " ").replace("|", " "))


SELECT_JPKI = "00A4040C / 0A D392F000260100000001"


def select(card: Card, file: str) -> None:
    assert exchange(card, f"00A4020C 02 {file}") == "9000"


def verify(card: Card, slot: KeySlot, pin: str | None = None) -> str:
    """VERIFY against the slot's PIN file; returns the status word."""
    select(card, {KeySlot.SIGNATURE: "001B", KeySlot.AUTHENTICATION: "0018"}[slot])
    value = (PINS[slot] if pin is None else pin).encode()
    return exchange(card, f"00200080 {len(value):02X} {value.hex()}")
