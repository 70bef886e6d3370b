"""The demo as a newcomer runs it, and its evidence before judges that nobody here wrote."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509

from tests.support.card.reader import MODULE, VirtualReader

pytestmark = pytest.mark.conformance

HONNIN = (sys.executable, "-m", "honnin")
EVIDENCE = (
    "signature-ca.pem authentication-ca.pem signature.pem authentication.pem signature.crl "
    "authentication.crl ocsp-good.der ocsp-held.der signed.pdf login-token.json card.json pins.json "
    "letter.pdf report.json"
).split()
OTHER = {"signature": "authentication", "authentication": "signature"}
both = pytest.mark.parametrize("name", ["signature", "authentication"])


def plain_environment() -> dict[str, str]:
    """A newcomer's, without what this test run has set for itself."""
    ours = ("HONNIN_", "DJANGO_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=plain_environment() | environment,
    )


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "evidence"
    done = run(*HONNIN, "demo", "--out", folder, LC_ALL="C.UTF-8")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_all_evidence_is_there_and_every_step_was_well(out: Path) -> None:
    assert [name for name in EVIDENCE if not (out / name).is_file()] == []
    report = json.loads((out / "report.json").read_text("utf-8"))
    assert report["ok"] is True
    assert len(report["steps"]) >= 15
    assert all(step["ok"] and step["detail"] and step["clauses"] for step in report["steps"])


def test_it_speaks_japanese_in_a_japanese_locale(tmp_path: Path) -> None:
    done = run(*HONNIN, "demo", "--out", tmp_path / "demo", LC_ALL="ja_JP.UTF-8", PYTHONUTF8="1")
    assert done.returncode == 0, done.stderr
    assert "すべて確かめました" in done.stdout
    assert "Everything was checked" not in done.stdout


def test_it_does_not_empty_a_folder_that_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"precious")
    done = run(*HONNIN, "demo", "--out", tmp_path)
    assert done.returncode == 2
    assert (tmp_path / "holiday.jpg").read_bytes() == b"precious"


def test_poppler_reads_the_letter_as_tagged_and_in_japanese(out: Path) -> None:
    told = run("pdfinfo", out / "letter.pdf").stdout
    assert re.search(r"^Tagged: +yes$", told, re.MULTILINE)
    assert "有効期限" in run("pdftotext", "-enc", "UTF-8", out / "letter.pdf", "-").stdout


@both
def test_openssl_verifies_each_certificate_under_its_own_authority_only(out: Path, name: str) -> None:
    own, other, leaf = out / f"{name}-ca.pem", out / f"{OTHER[name]}-ca.pem", out / f"{name}.pem"
    listed = ("-crl_check", "-CRLfile", out / f"{name}.crl")
    assert run("openssl", "verify", "-CAfile", own, leaf).returncode == 0
    assert run("openssl", "verify", "-CAfile", own, *listed, leaf).returncode == 0
    assert run("openssl", "verify", "-CAfile", other, leaf).returncode != 0


@both
def test_openssl_verifies_each_list_under_its_own_authority_only(out: Path, name: str) -> None:
    command = ("openssl", "crl", "-in", out / f"{name}.crl", "-noout", "-CAfile")
    assert "verify OK" in run(*command, out / f"{name}-ca.pem").stderr
    assert "verify OK" not in run(*command, out / f"{OTHER[name]}-ca.pem").stderr


@pytest.mark.parametrize(
    ("answer", "says", "reason"), [("good", ": good", ""), ("held", ": revoked", "certificateHold")]
)
def test_openssl_reads_the_answers_before_and_after_the_call(
    out: Path, answer: str, says: str, reason: str
) -> None:
    issuer = out / "authentication-ca.pem"
    asked = ("-respin", out / f"ocsp-{answer}.der", "-issuer", issuer, "-cert", out / "authentication.pem")
    command = ("openssl", "ocsp", *asked, "-CAfile")
    accepted = run(*command, issuer)
    assert "Response verify OK" in accepted.stderr
    assert says in accepted.stdout
    assert reason in accepted.stdout
    refused = run(*command, out / "signature-ca.pem")
    assert "Response Verify Failure" in refused.stdout + refused.stderr


@pytest.mark.parametrize(("authority", "trusted"), [("signature", True), ("authentication", False)])
def test_pyhanko_trusts_the_document_under_our_authority_only(
    out: Path, authority: str, trusted: bool
) -> None:
    # The certificates name their list by directory name, as the real ones do: nobody can fetch it from there.
    done = run(
        *(sys.executable, "-m", "pyhanko", "sign", "validate", "--soft-revocation-check", "--trust-replace"),
        *("--trust", out / f"{authority}-ca.pem", out / "signed.pdf"),
    )
    said = done.stdout + done.stderr
    assert (done.returncode == 0) is trusted, said
    assert ("INTACT:TRUSTED" in said) is trusted, said


def test_honnin_verify_shows_the_holder_and_knows_the_lists(out: Path) -> None:
    command = (*HONNIN, "verify", out / "signed.pdf", "--ca", out / "signature-ca.pem", "--json")
    done = run(*command, "--crl", out / "signature.crl")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["signatures"][0]
    certificate = x509.load_pem_x509_certificate((out / "signature.pem").read_bytes())
    assert told["serial_number"] == f"{certificate.serial_number:08X}"
    assert all(told[item] for item in ("name", "address", "birth_date", "sex"))
    # Another authority's list says nothing of this certificate, and nothing is not "good".
    assert run(*command, "--crl", out / "authentication.crl").returncode == 6


@contextmanager
def in_the_reader(reader: VirtualReader, card: Path, home: Path) -> Iterator[None]:
    """`honnin card insert`, as a user starts and interrupts it."""
    command = [*HONNIN, "card", "insert", str(card), "--vpcd", f"127.0.0.1:{reader.port}"]
    environment = plain_environment() | {"HONNIN_HOME": str(home)}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 15
        while not reader.sees_card(0):
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline, "no card was seen"
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=15)
    assert process.returncode == 0, errors
    assert reader.is_empty(0)


def test_the_card_of_the_demo_works_in_a_reader(out: Path, reader: VirtualReader, tmp_path: Path) -> None:
    pins = json.loads((out / "pins.json").read_text("utf-8"))
    message = tmp_path / "message"
    message.write_bytes(b"to be signed")
    with in_the_reader(reader, out / "card.json", tmp_path):
        tokens = reader.read("pkcs11-tool", "--module", MODULE, "--list-token-slots")
        assert "JPKI (User Authentication PIN)" in tokens
        assert "JPKI (Digital Signature PIN)" in tokens
        for index, identifier, name in (("0", "01", "authentication"), ("1", "02", "signature")):
            signature = tmp_path / name
            reader.read(
                *("pkcs11-tool", "--module", MODULE, "--slot-index", index, "--login", "--pin", pins[name]),
                *("--id", identifier, "--sign", "--mechanism", "SHA256-RSA-PKCS"),
                *("--input-file", message, "--output-file", signature),
            )
            certificate = x509.load_pem_x509_certificate((out / f"{name}.pem").read_bytes())
            key = tmp_path / f"{name}.pub"
            key.write_bytes(_public_key(certificate))
            checked = run("openssl", "dgst", "-sha256", "-verify", key, "-signature", signature, message)
            assert "Verified OK" in checked.stdout


def _public_key(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_a_reader_that_is_not_there_is_named(out: Path, tmp_path: Path) -> None:
    done = run(
        *HONNIN, "card", "insert", out / "card.json", "--vpcd", "127.0.0.1:1", HONNIN_HOME=str(tmp_path)
    )
    assert done.returncode == 8
    assert "E_READER_NOT_FOUND" in done.stderr
