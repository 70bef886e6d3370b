"""`honnin certificate`: whatever a file holds, it is told by its name."""

import json
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from honnin.cli import main
from honnin.law.terms import Purpose
from tests.support.pki import specimen
from tests.support.pki.files import pem

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command, called here: (exit code, stdout, stderr)."""
    monkeypatch.setenv("HONNIN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LC_ALL", "en.UTF-8")
    authority = pem(tmp_path / "ca.pem", specimen.authority(Purpose.SIGNATURE).certificate)

    def call(word: str, file: Path, *words: str) -> tuple[int, str, str]:
        options = ["--ca", str(authority)] if word == "check" else []
        monkeypatch.setattr(sys, "argv", ["honnin", "certificate", word, str(file), *options, *words])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def self_made(*extensions: x509.ExtensionType) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An invented company")])
    key = specimen.key("An invented company")
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), 7, specimen.NOW, specimen.NOW + timedelta(9)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, SHA256())


@pytest.mark.parametrize(
    ("make", "purpose", "code"),
    [
        (self_made, None, "E_ISSUER_UNKNOWN"),
        (
            lambda: self_made(x509.BasicConstraints(ca=True, path_length=None)),
            "certification_authority",
            "E_CERT_NOT_OF_HOLDER",
        ),
        (
            lambda: specimen.authority(Purpose.SIGNATURE).certificate,
            "certification_authority",
            "E_CERT_NOT_OF_HOLDER",
        ),
        (
            lambda: specimen.responder_certificate(Purpose.SIGNATURE),
            "status_service",
            "E_CERT_NOT_OF_HOLDER",
        ),
        (specimen.signature_certificate, "signature", "E_STATUS_NOT_NAMED"),
    ],
)
def test_a_certificate_of_any_kind_is_shown_and_judged_by_its_name(
    tmp_path: Path, run: Run, make: Callable[[], x509.Certificate], purpose: str | None, code: str
) -> None:
    for encoding in (Encoding.DER, Encoding.PEM):
        file = tmp_path / "certificate"
        file.write_bytes(make().public_bytes(encoding))
        ended, printed, _ = run("show", file, "--json")
        assert (ended, json.loads(printed)["purpose"]) == (0, purpose)
        ended, printed, said = run("check", file, "--json")
        told = json.loads(printed)
        assert (ended, told["result"], told["code"], told["error"]) == (6, "not_good", code, None)
        assert f"[{code}]" in said


def test_a_file_of_another_kind_is_named_with_what_it_holds(tmp_path: Path, run: Run) -> None:
    file = tmp_path / "request.pem"
    made = x509.CertificateSigningRequestBuilder(x509.Name([])).sign(specimen.key("anybody"), SHA256())
    file.write_bytes(made.public_bytes(Encoding.PEM))
    for word in ("show", "check"):
        code, printed, said = run(word, file)
        assert (code, printed) == (5, "")
        assert f"{file}: The file holds no certificate but something else (CERTIFICATE REQUEST)." in said


@pytest.mark.parametrize("word", ["show", "check", "export"])
@pytest.mark.parametrize("options", [("--slot", "authentication"), ("--pin-fd", "3", "--use-last-try")])
def test_options_of_a_card_are_refused_by_name_with_a_file(
    tmp_path: Path, run: Run, word: str, options: tuple[str, ...]
) -> None:
    file = pem(tmp_path / "certificate.pem", specimen.signature_certificate())
    code, printed, said = run(word, file, *options)
    assert (code, printed) == (2, "")
    named = ", ".join(each for each in options if each.startswith("--"))
    assert f"leave out {named}: {file} is no card" in said


def test_a_pin_is_refused_by_name_for_the_certificate_that_takes_none(run: Run, card: Path) -> None:
    code, _, said = run("show", card, "--pin-fd", "3")
    assert (code, "leave out --pin-fd: only the signature certificate" in said) == (2, True)
    assert run("show", card, "--slot", "authentication")[0] == 0
