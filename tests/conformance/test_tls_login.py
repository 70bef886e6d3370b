"""Login by a TLS client certificate whose key is on the card: OpenSC, and a server of Python's ssl.

The client is curl, and Chromium through NSS.
"""

import json
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.card.kinds.declaration import KeySlot
from tests.support.card.certificates import Authority
from tests.support.card.keys import KeyPool
from tests.support.card.reader import MODULE, VirtualReader, require
from tests.support.chromium import CHROMIUM

pytestmark = pytest.mark.conformance

ALGORITHMS = """
openssl_conf = modules
[modules]
ssl_conf = contexts
[contexts]
system_default = every_context
[every_context]
ClientSignatureAlgorithms = RSA+SHA256
"""
TOKEN = "pkcs11:token=JPKI%20%28User%20Authentication%20PIN%29;id=%01"
ROOT = Path(__file__).parents[2]
BROWSING = (CHROMIUM, "Xvfb", "xdotool", "certutil", "modutil")
ONE_PIN = MODULE.with_name("onepin-opensc-pkcs11.so")


@pytest.fixture
def server(tmp_path: Path, authority: Authority, key_pool: KeyPool) -> Iterator[str]:
    """The address of a server that trusts the throw-away CA."""
    key = key_pool()
    (tmp_path / "openssl.cnf").write_text(ALGORITHMS)
    (tmp_path / "ca.pem").write_text(ssl.DER_cert_to_PEM_cert(authority.certificate))
    (tmp_path / "server.pem").write_text(ssl.DER_cert_to_PEM_cert(authority.issue_server(key.public_key())))
    encoded = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "server.key").write_bytes(encoded)
    program = Path(__file__).with_name("programs") / "tls_server.py"
    files = [str(tmp_path / name) for name in ("server.pem", "server.key", "ca.pem")]
    process = subprocess.Popen(
        [sys.executable, str(program), *files, "0"],
        stdout=subprocess.PIPE,
        env={**os.environ, "OPENSSL_CONF": str(tmp_path / "openssl.cnf")},
        text=True,
    )
    assert process.stdout is not None
    try:
        yield f"https://localhost:{process.stdout.readline().strip()}/"
    finally:
        process.terminate()
        process.wait(15)
        process.stdout.close()


def curl(reader: VirtualReader, address: str, folder: Path, *, pin: str) -> subprocess.CompletedProcess[str]:
    return reader.run(
        *("curl", "--silent", "--show-error", "--noproxy", "*", "--cacert", folder / "ca.pem"),
        *("--engine", "pkcs11", "--key-type", "ENG", "--cert-type", "ENG"),
        *("--cert", f"{TOKEN};type=cert;pin-value={pin}"),
        *("--key", f"{TOKEN};type=private;pin-value={pin}", address),
    )


def assert_saw(answer: str, state: CardState) -> None:
    """What the server says it saw is the authentication certificate of the first card."""
    seen = json.loads(answer)
    encoded = state.slots[KeySlot.AUTHENTICATION].certificate
    assert encoded is not None
    certificate = x509.load_der_x509_certificate(encoded)
    names = [pair for relative in seen["subject"] for pair in relative]
    assert ["commonName", "TEST1 authentication"] in names
    assert int(seen["serial_number"], 16) == certificate.serial_number


def test_curl_logs_in_with_the_card_and_not_without(
    reader: VirtualReader, card: Card, states: tuple[CardState, CardState], server: str, tmp_path: Path
) -> None:
    assert curl(reader, server, tmp_path, pin="1234").returncode != 0
    with reader.insert(card):
        answer = curl(reader, server, tmp_path, pin="1234")
    assert answer.returncode == 0, answer.stderr
    assert_saw(answer.stdout, states[0])


def test_a_wrong_pin_does_not_log_in(reader: VirtualReader, card: Card, server: str, tmp_path: Path) -> None:
    with reader.insert(card):
        assert curl(reader, server, tmp_path, pin="9999").returncode != 0
        assert card.state.slots[KeySlot.AUTHENTICATION].pin.tries_left < 3
        assert curl(reader, server, tmp_path, pin="1234").returncode == 0


@pytest.fixture
def home(reader: VirtualReader, server: str, tmp_path: Path) -> Path:
    """A home whose NSS database has OpenSC's module for one PIN and trusts the throw-away CA."""
    require([program for program in BROWSING if shutil.which(program) is None])
    database = tmp_path / "home" / ".pki" / "nssdb"
    database.mkdir(parents=True)
    where = f"sql:{database}"
    reader.read("certutil", "-N", "-d", where, "--empty-password")
    reader.read(
        *("certutil", "-A", "-d", where, "-n", "throw-away", "-t", "C,,"), "-i", tmp_path / "ca.pem", "-a"
    )
    reader.read("modutil", "-dbdir", where, "-add", "OpenSC", "-libfile", ONE_PIN, "-force")
    return tmp_path / "home"


def browse(reader: VirtualReader, address: str, home: Path, *, pin: str) -> dict[str, Any]:
    """What tests/conformance/programs/browser.py says."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.conformance.programs.browser", address, pin, str(home)],
        env={**reader.environment, "HOME": str(home)},
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen | {"screen": str(home / "screen.png")}


def test_chromium_logs_in_with_the_card(
    reader: VirtualReader, card: Card, states: tuple[CardState, CardState], server: str, home: Path
) -> None:
    with reader.insert(card):
        seen = browse(reader, server, home, pin="1234")
    assert seen["page"], seen
    assert_saw(seen["page"], states[0])
    assert card.state.slots[KeySlot.AUTHENTICATION].pin.tries_left == 3


def test_a_wrong_pin_in_chromium_costs_one_try_and_does_not_log_in(
    reader: VirtualReader, card: Card, server: str, home: Path
) -> None:
    with reader.insert(card):
        seen = browse(reader, server, home, pin="9999")
    assert (seen["page"], seen["refused"]) == ("", True), seen
    assert "ERR_BAD_SSL_CLIENT_AUTH_CERT" in seen["error"], seen
    assert card.state.slots[KeySlot.AUTHENTICATION].pin.tries_left == 2
