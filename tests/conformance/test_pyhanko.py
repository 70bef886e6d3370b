"""pyHanko's own judgement of a document signed by the card, and a second parser's of the certificates."""

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext

from honnin.citizen.sample_document import sample_document
from honnin.citizen.signing import sign_pdf
from honnin.law.terms import Purpose
from honnin.pin import Pin
from tests.support.pki import cards, specimen
from tests.support.pki.files import pem, revocation_list, run, script

pytestmark = pytest.mark.conformance
PLAIN = sample_document("転入届", ["みほん県あおば市長 様"])
SERIAL = specimen.signature_certificate().serial_number


def signed(pdf: bytes = PLAIN) -> bytes:
    return sign_pdf(pdf, cards.session(), Pin(cards.SIGNATURE_PIN), reason="転入の届出", when=specimen.NOW)


def judged(tmp_path: Path, pdf: bytes, purpose: Purpose) -> tuple[int, str]:
    anchor = pem(tmp_path / "ca.pem", specimen.authority(purpose).certificate)
    path = tmp_path / "signed.pdf"
    path.write_bytes(pdf)
    options = ("--trust-replace", "--no-revocation-check", "--validation-time", specimen.NOW.isoformat())
    return run(script("pyhanko"), "sign", "validate", "--pretty-print", "--trust", anchor, *options, path)


@pytest.mark.parametrize("times", [1, 2])
def test_command_says_intact_and_trusted(tmp_path: Path, times: int) -> None:
    pdf = PLAIN
    for _ in range(times):
        pdf = signed(pdf)
    code, output = judged(tmp_path, pdf, Purpose.SIGNATURE)
    assert output.count("The signature is judged VALID.") == times
    assert output.count("The signature is cryptographically sound.") == times
    assert output.count("The signer's certificate is trusted.") == times
    assert code == 0


def test_command_does_not_trust_it_under_the_other_authority(tmp_path: Path) -> None:
    code, output = judged(tmp_path, signed(), Purpose.USER_AUTHENTICATION)
    assert "The signature is judged INVALID." in output
    assert code != 0


@pytest.mark.parametrize("revoked", [False, True])
def test_library_follows_our_partitioned_list(revoked: bool) -> None:
    """With revocation information required, the municipality's list decides."""
    encoded = revocation_list(Purpose.SIGNATURE, *([SERIAL] if revoked else [5]))
    anchor = specimen.encoded(specimen.authority(Purpose.SIGNATURE).certificate)
    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(anchor)],
        crls=[asn1_crl.CertificateList.load(encoded)],
        revocation_mode="require",
        moment=specimen.NOW,
    )
    (embedded,) = PdfFileReader(io.BytesIO(signed())).embedded_regular_signatures
    settings = KeyUsageConstraints(key_usage={"non_repudiation"})
    # In a thread of its own: pyHanko starts an event loop, and a browser test may have left one running here.
    with ThreadPoolExecutor(1) as apart:
        status = apart.submit(validate_pdf_signature, embedded, context, key_usage_settings=settings).result()
    assert status.intact
    assert status.valid
    assert status.bottom_line is not revoked
    assert status.revoked is revoked


def test_second_parser_reads_the_six_attributes() -> None:
    certificate = asn1_x509.Certificate.load(specimen.encoded(specimen.signature_certificate()))
    names = [name.chosen for name in certificate.subject_alt_name_value]
    read = [(name["type_id"].dotted, name["value"].native) for name in names]
    arc = "1.2.392.200149.8.5.5"
    assert read == [
        (f"{arc}.1", "見本　花子"),
        (f"{arc}.4", "319800217"),
        (f"{arc}.3", "2"),
        (f"{arc}.5", "みほん県あおば市みどり町１丁目２番３号"),
        (f"{arc}.2", "10000"),
        (f"{arc}.6", "0" * 19),
    ]


def test_second_parser_reads_names_and_policy() -> None:
    certificate = asn1_x509.Certificate.load(specimen.encoded(specimen.user_authentication_certificate()))
    assert [(rdn[0]["type"].native, rdn[0]["value"].name) for rdn in certificate.subject.chosen] == [
        ("country_name", "printable_string"),
        ("common_name", "utf8_string"),
    ]
    (policy,) = certificate.certificate_policies_value
    assert policy["policy_identifier"].dotted == specimen.DEPLOYMENT.user_authentication_policy
    assert policy["policy_qualifiers"][0]["qualifier"].native == specimen.DEPLOYMENT.cps_uri
    assert certificate.key_usage_value.native == {"digital_signature"}
