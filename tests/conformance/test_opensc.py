"""Unmodified OpenSC through a real pcscd must see a number card."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState, SlotContent
from honnin.card.issuer.production import blank_card
from honnin.card.kinds.declaration import KeySlot
from honnin.card.scp03 import derive_card_keys
from honnin.card.transport.card_file import CardFile
from honnin.card.transport.pcsc import PcscCard
from honnin.identifiers import CardNumber
from tests.conformance.tokens import IDENTIFIER, PINS, TOKEN_INDEX, TOKENS, keep_public_key, sign
from tests.support.card.certificates import Authority
from tests.support.card.desk import Desk
from tests.support.card.faults import FaultyStore
from tests.support.card.keys import KeyPool
from tests.support.card.reader import MODULE, VirtualReader

pytestmark = pytest.mark.conformance

WRONG = {KeySlot.AUTHENTICATION: "9999", KeySlot.SIGNATURE: "ZZZ999"}
CA_IDENTIFIER = {KeySlot.AUTHENTICATION: "03", KeySlot.SIGNATURE: "04"}
FULL = {KeySlot.AUTHENTICATION: 3, KeySlot.SIGNATURE: 5}
ROOT = Path(__file__).parents[2]
both_slots = pytest.mark.parametrize("slot", list(KeySlot))


def der(pem: str) -> bytes:
    return x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)


def tries_left(reader: VirtualReader, slot: KeySlot) -> int:
    """What the dump says of a PIN."""
    dump = reader.read("pkcs15-tool", "--dump")
    name = {KeySlot.AUTHENTICATION: "User Authentication PIN", KeySlot.SIGNATURE: "Digital Signature PIN"}
    found = re.search(rf"PIN \[{name[slot]}\].*?Tries left\s*: (\d)", dump, re.DOTALL)
    assert found, dump
    return int(found[1])


def log_in(reader: VirtualReader, slot: KeySlot, pin: str) -> subprocess.CompletedProcess[str]:
    token = ("--slot-index", TOKEN_INDEX[slot])
    return reader.run("pkcs11-tool", "--module", MODULE, *token, "--login", "--pin", pin, "--list-objects")


def test_the_driver_and_both_tokens_are_found(reader: VirtualReader, card: Card) -> None:
    with reader.insert(card):
        assert reader.read("opensc-tool", "--reader", "0", "--name").strip() == "jpki"
        assert reader.read("opensc-tool", "--reader", "0", "--atr").strip() == "3b:e0:00:ff:81:31:fe:45:14"
        labels = re.findall(r"token label\s*: (.*)", reader.read("pkcs11-tool", "--module", MODULE, "-L"))
    assert tuple(labels) == TOKENS


def test_the_dump_shows_certificates_keys_and_pins(reader: VirtualReader, card: Card) -> None:
    with reader.insert(card):
        dump = reader.read("pkcs15-tool", "--dump")
    for name in ("User Authentication", "Digital Signature"):
        assert f"PIN [{name} PIN]" in dump
        assert f"Private RSA Key [{name} Key]" in dump
        assert f"X.509 Certificate [{name} Certificate]" in dump
        assert f"X.509 Certificate [{name} Certificate CA]" in dump
    assert re.findall(r"Tries left\s*: (\d)", dump) == ["3", "5"]


def test_a_damaged_chip_is_seen_and_fails_cleanly(reader: VirtualReader, card: Card) -> None:
    damaged = replace(card.state, damaged=True)
    with reader.insert(Card(damaged, FaultyStore(damaged))):
        assert reader.read("opensc-tool", "--reader", "0", "--atr").strip() == "3b:e0:00:ff:81:31:fe:45:14"
        login = ("--login", "--pin", "1234", "--list-objects")
        for words in (("pkcs15-tool", "--dump"), ("pkcs11-tool", "--module", MODULE, *login)):
            done = reader.run(*words)
            assert done.returncode == 1, done.stdout
        assert "token label" not in reader.run("pkcs11-tool", "--module", MODULE, "-L").stdout
    with reader.insert(card):  # the reader is not harmed
        assert reader.read("opensc-tool", "--reader", "0", "--name").strip() == "jpki"


@both_slots
def test_certificates_come_out_byte_for_byte(reader: VirtualReader, card: Card, slot: KeySlot) -> None:
    read = ("pkcs15-tool", "--read-certificate")
    login = ("--verify-pin", "--auth-id", IDENTIFIER[slot], "--pin", PINS[slot])
    with reader.insert(card):
        certificate = reader.read(*read, IDENTIFIER[slot], *login)
        ca_certificate = reader.read(*read, CA_IDENTIFIER[slot])
    content = card.state.slots[slot]
    assert (der(certificate), der(ca_certificate)) == (content.certificate, content.ca_certificate)


def test_the_issuer_works_through_a_real_reader(
    reader: VirtualReader,
    authority: Authority,
    key_pool: KeyPool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Key, certificate and PIN come to a blank card through pcscd, and OpenSC uses them."""
    keys = derive_card_keys(bytes(16), CardNumber("TEST3"))
    state = blank_card(CardNumber("TEST3"), keys, date(2035, 3, 31))
    card = Card(state, FaultyStore(state), generate_key=key_pool)
    slot = KeySlot.AUTHENTICATION
    for name, value in reader.environment.items():
        monkeypatch.setenv(name, value)
    with reader.insert(card):
        with PcscCard("Virtual PCD 00 00") as transport:
            certificate = Desk(transport, keys).issue(slot, authority)
            Desk(transport, keys).set_pin(slot, PINS[slot])
        assert der(reader.read("pkcs15-tool", "--read-certificate", "01")) == certificate
        keep_public_key(card.state, slot, tmp_path)
        assert sign(reader, slot, tmp_path)


def test_the_signature_certificate_is_closed_without_its_pin(reader: VirtualReader, card: Card) -> None:
    with reader.insert(card):
        assert reader.run("pkcs15-tool", "--read-certificate", "02").returncode != 0
        assert reader.run("pkcs15-tool", "--read-certificate", "01").returncode == 0


@both_slots
def test_signatures_verify_with_openssl(
    reader: VirtualReader, card: Card, tmp_path: Path, slot: KeySlot
) -> None:
    keep_public_key(card.state, slot, tmp_path)
    with reader.insert(card):
        assert sign(reader, slot, tmp_path)
        (tmp_path / "message").write_bytes(b"something else")
        checked = reader.run(
            *("openssl", "dgst", "-sha256", "-verify", tmp_path / "key.pem"),
            *("-signature", tmp_path / "signature", tmp_path / "message"),
        )
    assert checked.returncode != 0


@contextmanager
def inserted_by_another_process(reader: VirtualReader, card_file: Path) -> Iterator[None]:
    """The same card file, in the hands of a new process."""
    command = [sys.executable, "-m", "tests.conformance.programs.reading", str(card_file), str(reader.port)]
    environment = {**reader.environment, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment, cwd=ROOT)
    assert process.stdin is not None
    try:
        while not reader.sees_card(0):
            assert process.poll() is None
        yield
    finally:
        process.stdin.close()
        assert process.wait(15) == 0
    assert reader.is_empty(0)


@both_slots
def test_wrong_pins_count_down_across_pulling_and_processes(
    reader: VirtualReader, card_file: Path, slot: KeySlot
) -> None:
    left = FULL[slot]
    with CardFile.open(card_file) as file, reader.insert(file.card):
        assert tries_left(reader, slot) == left
        refused = log_in(reader, slot, WRONG[slot])
        assert "CKR_PIN_INCORRECT" in refused.stdout + refused.stderr
        left -= 1
        assert tries_left(reader, slot) == left
    with inserted_by_another_process(reader, card_file):
        assert tries_left(reader, slot) == left
        log_in(reader, slot, WRONG[slot])
        left -= 1
    with CardFile.open(card_file) as file, reader.insert(file.card):
        assert tries_left(reader, slot) == left
        while left:
            assert log_in(reader, slot, WRONG[slot]).returncode != 0
            left -= 1
            assert tries_left(reader, slot) == left
        assert log_in(reader, slot, PINS[slot]).returncode != 0  # blocked: the right one is no use
        assert "user PIN locked" in reader.read("pkcs11-tool", "--module", MODULE, "-L")
    with inserted_by_another_process(reader, card_file):
        assert tries_left(reader, slot) == 0


@both_slots
def test_the_right_pin_gives_all_tries_back(reader: VirtualReader, card: Card, slot: KeySlot) -> None:
    with reader.insert(card):
        log_in(reader, slot, WRONG[slot])
        assert tries_left(reader, slot) == FULL[slot] - 1
        assert log_in(reader, slot, PINS[slot]).returncode == 0
        assert tries_left(reader, slot) == FULL[slot]


def test_a_card_pulled_during_use_and_put_back(reader: VirtualReader, card: Card) -> None:
    command = [
        sys.executable,
        str(Path(__file__).with_name("programs") / "pkcs11_session.py"),
        str(MODULE),
        "1234",
    ]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=reader.environment, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def ask_for_a_signature() -> str:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    try:
        with reader.insert(card):
            assert ask_for_a_signature() == "signed"
            assert ask_for_a_signature() == "signed"
        assert ask_for_a_signature() == "DeviceRemoved"
        assert ask_for_a_signature() == "NoSuchToken"
        with reader.insert(card):
            assert ask_for_a_signature() == "signed"
    finally:
        process.stdin.close()
        process.wait(15)
        process.stdout.close()


def test_two_cards_at_once(
    reader: VirtualReader, states: tuple[CardState, CardState], tmp_path: Path
) -> None:
    cards = [Card(state, FaultyStore(state)) for state in states]
    with reader.insert(cards[0], 0), reader.insert(cards[1], 1):
        labels = re.findall(r"token label\s*: (.*)", reader.read("pkcs11-tool", "--module", MODULE, "-L"))
        assert labels == [*TOKENS, *TOKENS]
        for number, state in enumerate(states):
            read = reader.read("pkcs15-tool", "--reader", str(number), "--read-certificate", "01")
            assert der(read) == state.slots[KeySlot.AUTHENTICATION].certificate
            keep_public_key(state, KeySlot.AUTHENTICATION, tmp_path)
            assert sign(reader, KeySlot.AUTHENTICATION, tmp_path, token_index=str(2 * number))
            assert not sign(reader, KeySlot.AUTHENTICATION, tmp_path, token_index=str(2 - 2 * number))


def test_a_card_without_a_signature_certificate_still_logs_in(
    reader: VirtualReader, states: tuple[CardState, CardState], tmp_path: Path
) -> None:
    """A holder too young for a signature certificate: the other token works as ever."""
    state = states[0].with_slot(KeySlot.SIGNATURE, SlotContent())
    keep_public_key(state, KeySlot.AUTHENTICATION, tmp_path)
    with reader.insert(Card(state, FaultyStore(state))):
        assert tries_left(reader, KeySlot.SIGNATURE) == 0
        assert TOKENS[0] in reader.read("pkcs11-tool", "--module", MODULE, "-L")
        assert sign(reader, KeySlot.AUTHENTICATION, tmp_path)
        assert log_in(reader, KeySlot.AUTHENTICATION, "1234").returncode == 0
        assert reader.run("pkcs15-tool", "--read-certificate", "02").returncode != 0
        assert reader.run("pkcs15-tool", "--read-certificate", "04").returncode != 0


def test_a_card_without_any_certificate_is_still_a_card(
    reader: VirtualReader, states: tuple[CardState, CardState]
) -> None:
    state = states[0]
    for slot in KeySlot:
        state = state.with_slot(slot, SlotContent())
    with reader.insert(Card(state, FaultyStore(state))):
        assert reader.read("opensc-tool", "--reader", "0", "--name").strip() == "jpki"
        assert re.findall(r"Tries left\s*: (\d)", reader.read("pkcs15-tool", "--dump")) == ["0", "0"]
