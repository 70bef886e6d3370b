"""`honnin up` as a newcomer runs it: it starts, serves, stops cleanly, and goes on where it was."""

import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import ocsp as read

from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport.card_file import CardFile
from honnin.cli.up import BETWEEN_CHORES, _reason
from honnin.errors import Unavailable, explain
from honnin.pkix import ocsp
from tests.cli.json_shapes import differences, shapes
from tests.support.processes import free_port, get, interrupted, plain_environment, said


@contextmanager
def up(
    home: Path, port: int = 0, ocsp_port: int = 0, *words: str, expected: str = "stopped"
) -> Iterator[str]:
    """The running installation; yields what it announced, and stops it by Ctrl-C.

    By then it must have said what is `expected`. Without ports it is started at those that it had before.
    """
    command = [sys.executable, "-m", "honnin", "up", "--population", "30", *words]
    is_whole = re.compile(r"^}$" if "--json" in words else "hotline operator", re.MULTILINE)
    if port:
        command += ["--port", str(port), "--ocsp-port", str(ocsp_port)]
    process = subprocess.Popen(
        command, env=plain_environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        announced = ""
        while not is_whole.search(announced):
            line = process.stdout.readline()
            assert line, f"it stopped by itself: {process.communicate()[1]}"
            announced += line
        yield announced
    finally:
        errors = interrupted(process)
    assert process.returncode == 0, errors
    assert expected in errors, errors


def test_it_starts_serves_stops_and_goes_on(tmp_path: Path) -> None:
    home, port, ocsp_port = tmp_path / "home", free_port(), free_port()
    with up(home, port, ocsp_port) as announced:
        assert f"http://127.0.0.1:{port}/" in announced
        assert b"<form" in get(f"http://127.0.0.1:{port}/")  # the sign-in page
        authority = x509.load_der_x509_certificate(
            get(f"http://127.0.0.1:{ocsp_port}/ca/authentication-ca.cer")
        )
        unissued = ocsp.request(ocsp.cert_id_of(authority, 999_999))
        asked = urllib.request.Request(f"http://127.0.0.1:{ocsp_port}/ocsp", data=unissued)
        with urllib.request.urlopen(asked, timeout=10) as response:
            answer = read.load_der_ocsp_response(response.read())
        assert answer.certificate_status is read.OCSPCertStatus.UNKNOWN
        first = x509.load_der_x509_crl(get(f"http://127.0.0.1:{ocsp_port}/crl/signature.crl"))
    for stopped in (port, ocsp_port):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", stopped)) != 0
    with up(
        home, expected="--population changes nothing"
    ) as again:  # at the ports that stand in the installation
        passwords = re.findall(r"[0-9a-f]{4}(?:-[0-9a-f]{4}){3}", announced)
        assert len(passwords) == 4
        assert [password for password in passwords if password not in again] == [], again
        second = x509.load_der_x509_crl(get(f"http://127.0.0.1:{ocsp_port}/crl/signature.crl"))
        assert second.last_update_utc >= first.last_update_utc
        assert get(f"http://127.0.0.1:{ocsp_port}/ca/authentication-ca.cer")


def test_ctrl_c_right_after_the_announcement_stops_it_cleanly(tmp_path: Path) -> None:
    for _ in range(2):
        with up(tmp_path / "home", free_port(), free_port()):
            pass
    port = free_port()
    with up(tmp_path / "home", port, free_port(), "--json") as announced:
        told = json.loads(announced)
    assert differences(told, shapes()["honnin up"]) == []
    assert told["screens"] == f"http://127.0.0.1:{port}/"
    assert {each["role"] for each in told["accounts"]} == {"clerk", "operator"}


def test_what_cannot_be_published_is_said_and_the_screens_go_on(tmp_path: Path) -> None:
    home, port, ocsp_port = tmp_path / "home", free_port(), free_port()
    with up(home, port, ocsp_port, expected=explain("E_PUBLICATION_FAILED").remedy):
        (home / "publication" / "signature-ca.cer.new").mkdir()  # whoever wants to write there cannot
        (home / "publication" / "signature.crl").unlink()
        time.sleep(3 * BETWEEN_CHORES)
        assert b"<form" in get(f"http://127.0.0.1:{port}/")
        (home / "publication" / "signature-ca.cer.new").rmdir()
        deadline = time.monotonic() + 30
        while not (home / "publication" / "signature.crl").exists():
            assert time.monotonic() < deadline, "it was not tried again"
            time.sleep(0.1)
        assert get(f"http://127.0.0.1:{ocsp_port}/crl/signature.crl")


def status_address(home: Path, card: str) -> str:
    """What the authentication certificate on a card says of where its status is told."""
    with CardFile.open(home / "cards" / f"{card}.json") as file:
        session = CardSession(file)
        session.select_jpki()
        certificate = x509.load_der_x509_certificate(session.read_certificate(KeySlot.AUTHENTICATION))
    access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    return str([each.access_location.value for each in access])


def test_a_rollover_by_another_process_is_noticed_by_those_that_run(tmp_path: Path) -> None:
    home, port, ocsp_port = tmp_path / "home", free_port(), free_port()
    with up(home, port, ocsp_port):
        before = said(home, "card", "create", "old-authority", "--roll-over").strip()
        after = said(home, "card", "create", "adult").strip()
        assert f"http://127.0.0.1:{ocsp_port}/ocsp" in status_address(home, after)
        for card in (before, after):
            asked = ("certificate", "check", card, "--slot", "authentication")
            assert "good" in said(home, *asked, "--ocsp", f"http://127.0.0.1:{ocsp_port}/ocsp")
            assert "good" in said(home, *asked)
        for number, generation in (("-1", 1), ("", 2)):
            listed = x509.load_der_x509_crl(
                get(f"http://127.0.0.1:{ocsp_port}/crl/authentication{number}.crl")
            )
            ca = x509.load_der_x509_certificate(
                get(f"http://127.0.0.1:{ocsp_port}/ca/authentication{number}-ca.cer")
            )
            key = ca.public_key()
            assert isinstance(key, RSAPublicKey)
            assert listed.is_signature_valid(key), generation
        assert get(f"http://127.0.0.1:{ocsp_port}/ca/authentication-2-with-1.cer")
        said(home, "status", "audit")


def test_a_chore_that_fails_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    error = Unavailable("E_PUBLICATION_FAILED")
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    assert _reason(error) == f"{error.sentence('ja')} [E_PUBLICATION_FAILED]"
    assert "[E_DISK_FULL]" in _reason(OSError(28, "No space left on device"))
    assert _reason(ValueError("a value of a row")) == "ValueError"


def test_two_servers_do_not_share_a_port(tmp_path: Path) -> None:
    port = str(free_port())
    done = subprocess.run(
        [sys.executable, "-m", "honnin", "up", "--port", port, "--ocsp-port", port],
        env=plain_environment(tmp_path / "home"),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, "must differ" in done.stderr) == (2, True)
    assert not (tmp_path / "home").exists()


def test_a_port_in_use_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "honnin", "up", "--port", str(port), "--ocsp-port", str(free_port())],
            env=plain_environment(tmp_path / "home"),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 8
    assert f"Port {port} is in use" in done.stderr
    assert not (tmp_path / "home").exists()
