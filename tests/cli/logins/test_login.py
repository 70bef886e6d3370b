"""`honnin login`: whom it answers, and what it refuses before anybody types a PIN."""

import json
import os
import subprocess
import sys
from base64 import b64decode
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from honnin.card.transport.card_file import CardFile
from tests.support.login import NONCE
from tests.support.pki import cards, specimen
from tests.support.processes import plain_environment


@pytest.fixture
def card(tmp_path: Path) -> Path:
    path = tmp_path / "card.json"
    CardFile.create(path, cards.card()[0].state).close()
    return path


def login(card: Path, url: str, nonce: str = NONCE) -> subprocess.CompletedProcess[str]:
    """With the right PIN waiting to be read, and nobody at the keyboard."""
    reading, writing = os.pipe()
    os.write(writing, f"{cards.AUTHENTICATION_PIN}\n".encode())
    os.close(writing)
    try:
        words = ["login", url, "--nonce", nonce, "--card", str(card), "--pin-fd", str(reading)]
        return subprocess.run(
            [sys.executable, "-m", "honnin", *words],
            env=plain_environment(card.parent / "home"),
            stdin=subprocess.DEVNULL,
            pass_fds=(reading,),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    finally:
        os.close(reading)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://portal.example", "https://portal.example"),
        ("HTTPS://Portal.Example:443/login?next=/", "https://portal.example"),
        ("https://portal.example:8443/login", "https://portal.example:8443"),
        ("http://localhost:80/", "http://localhost"),
        ("http://[::1]:8600/", "http://[::1]:8600"),
    ],
)
def test_the_token_is_for_the_origin_that_a_browser_would_name(card: Path, url: str, origin: str) -> None:
    done = login(card, url)
    assert done.returncode == 0, done.stderr
    assert f"Logging in to {origin}\n" in done.stderr
    signature = b64decode(json.loads(done.stdout)["signature"])
    key = specimen.user_authentication_certificate().public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    signed = sha256(origin.encode()).digest() + sha256(NONCE.encode()).digest()
    key.verify(signature, signed, padding.PKCS1v15(), SHA256())


def require_untouched(card: Path) -> None:
    with CardFile.open(card) as file:
        assert file.card.state == cards.card()[0].state


@pytest.mark.parametrize(
    "url",
    [
        "portal.example",
        "https://",
        "https://:443",
        "https://portal.example:",
        "https://portal.example:99999",
        "https://portal.example:0",
        "https://portal.example:x",
        "https://portal.example:443:443",
        "https://someone@portal.example",
        "https://portal example",
        "https://[::1",
        "http://portal.example",
    ],
)
def test_what_is_no_address_of_a_site_is_wrong_usage(card: Path, url: str) -> None:
    done = login(card, url)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is not the address of a site that may ask for a login" in done.stderr
    assert "Logging in" not in done.stderr
    require_untouched(card)


@pytest.mark.parametrize("nonce", ["", "x", "k" * 43, "k" * 129, "k" * 43 + " ", "ｋ" * 44, "=" * 44])
def test_a_challenge_that_is_none_is_not_answered(card: Path, nonce: str) -> None:
    done = login(card, "https://portal.example", nonce)
    assert (done.returncode, done.stdout) == (5, "")
    assert "E_CHALLENGE_MALFORMED" in done.stderr
    assert "Logging in" not in done.stderr  # that, and the PIN, come after
    require_untouched(card)
