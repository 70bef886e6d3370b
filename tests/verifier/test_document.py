"""Signed documents: who signed, and is it what they signed?"""

import io
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

from honnin.card.client.session import CardSession
from honnin.citizen.sample_document import sample_document
from honnin.citizen.signing import sign_pdf
from honnin.clock import FixedClock
from honnin.errors import Malformed, Untrusted
from honnin.law.terms import Purpose
from honnin.pin import Pin
from honnin.pkix.ocsp import CertStatus, RevokedInfo
from honnin.verifier import CertificateVerifier, ChangeKind, DocumentVerifier, TrustStore
from tests.support.pki import cards, specimen
from tests.support.pki.signer import simple_signer
from tests.support.pki.sources import SmallResponder

PLAIN = sample_document("転入届", ["みほん県あおば市長 様", "Amount: 1000 yen"])
WHEN = datetime(2026, 6, 1, 2, 59, 58, tzinfo=UTC)


def signed(pdf: bytes = PLAIN, **certificates: x509.Certificate) -> bytes:
    _, transport = cards.card(**certificates)  # type: ignore[arg-type]
    session = CardSession(transport)
    return sign_pdf(pdf, session, Pin(cards.SIGNATURE_PIN), reason="転入の届出", when=WHEN)


@pytest.fixture
def documents(certificates: CertificateVerifier) -> DocumentVerifier:
    return DocumentVerifier(certificates)


def untrusted(documents: DocumentVerifier, pdf: bytes) -> str:
    with pytest.raises(Untrusted) as caught:
        documents.verify(pdf)
    return caught.value.code


def test_signed_document_names_its_signer(documents: DocumentVerifier) -> None:
    document = documents.verify(signed())
    (signature,) = document.signatures
    assert signature.holder.basic_four == specimen.HANAKO
    assert signature.claimed_signing_time == WHEN
    assert signature.field_name == "Signature1"
    assert not signature.modified_after
    assert not document.modified_after


def test_second_signature_leaves_the_first_good(documents: DocumentVerifier) -> None:
    document = documents.verify(signed(signed()))
    assert [signature.field_name for signature in document.signatures] == ["Signature1", "Signature2"]
    assert [signature.modified_after for signature in document.signatures] == [True, False]
    assert not document.modified_after


def test_unsigned_document(documents: DocumentVerifier) -> None:
    assert untrusted(documents, PLAIN) == "E_NOT_SIGNED"


@pytest.mark.clause("S0-1")
def test_altered_document(documents: DocumentVerifier) -> None:
    digits = b"1000 yen".hex().encode()
    assert digits in signed()
    altered = signed().replace(digits, b"9000 yen".hex().encode())
    assert untrusted(documents, altered) == "E_DOCUMENT_ALTERED"


def test_one_bad_signature_of_two_spoils_the_document(documents: DocumentVerifier) -> None:
    twice = signed(signed())
    altered = twice.replace(b"1000 yen".hex().encode(), b"9000 yen".hex().encode())
    assert untrusted(documents, altered) == "E_DOCUMENT_ALTERED"


def test_page_exchanged_after_signing(documents: DocumentVerifier) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(signed()))
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"0 0 m 9 9 l S"))
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    assert untrusted(documents, out.getvalue()) == "E_CHANGE_UNCLEAR"


def test_empty_signature_field_after_signing_is_said(documents: DocumentVerifier) -> None:
    """An unseen signature field more is a change that a signature allows; nobody has signed it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(signed()))
    fields.append_signature_field(writer, fields.SigFieldSpec("Later"))
    out = io.BytesIO()
    writer.write(out)
    document = documents.verify(out.getvalue())
    assert document.modified_after
    assert document.signatures[0].modified_after


@pytest.mark.parametrize("pdf", [b"%PDF-1.7\n%%EOF", PLAIN[:400]])
def test_unreadable_document(documents: DocumentVerifier, pdf: bytes) -> None:
    with pytest.raises(Malformed, match="E_DOCUMENT_END"):
        documents.verify(pdf)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (RevokedInfo(WHEN, x509.ReasonFlags.certificate_hold), "E_CERT_HELD"),
        (RevokedInfo(WHEN, x509.ReasonFlags.affiliation_changed), "E_CERT_REVOKED"),
        (CertStatus.UNKNOWN, "E_STATUS_UNKNOWN"),
    ],
)
def test_signers_certificate_must_be_good(
    documents: DocumentVerifier, responder: SmallResponder, status: RevokedInfo | CertStatus, code: str
) -> None:
    responder.statuses[Purpose.SIGNATURE, specimen.signature_certificate().serial_number] = status
    assert untrusted(documents, signed()) == code


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (RevokedInfo(WHEN, x509.ReasonFlags.certificate_hold), "E_CERT_HELD"),
        (RevokedInfo(WHEN, x509.ReasonFlags.affiliation_changed), "E_CERT_REVOKED"),
        (CertStatus.UNKNOWN, "E_STATUS_UNKNOWN"),
    ],
)
def test_status_of_each_signer_is_told_by_itself(
    documents: DocumentVerifier, responder: SmallResponder, status: RevokedInfo | CertStatus, code: str
) -> None:
    another = specimen.signature_certificate(0x2A)
    responder.statuses[Purpose.SIGNATURE, 0x2A] = status
    first, second = documents.examine(signed(signed(signature=another))).signatures
    assert (first.problem and first.problem.code) == code
    assert second.holder.basic_four == specimen.HANAKO
    with pytest.raises(Untrusted, match=code):
        _ = first.holder
    assert [change.kind for change in first.after] == [ChangeKind.SIGNATURE]


def test_a_document_nobody_signed_is_examined_too(documents: DocumentVerifier) -> None:
    report = documents.examine(PLAIN)
    assert (report.signatures, report.modified_after) == ((), False)
    assert (report.reservation and report.reservation.code) == "E_NOT_SIGNED"


def test_expired_certificate(documents: DocumentVerifier, clock: FixedClock) -> None:
    clock.move_to(datetime(2031, 2, 18, tzinfo=UTC))
    assert untrusted(documents, signed()) == "E_CERT_EXPIRED"


def test_without_a_source_of_status_no_document_is_good(trust: TrustStore, clock: FixedClock) -> None:
    assert (
        untrusted(DocumentVerifier(CertificateVerifier(trust, None, clock)), signed()) == "E_STATUS_UNKNOWN"
    )


def with_another_signer(
    key_name: str, certificate: x509.Certificate, *, algorithm: str = "sha256", **choice: Any
) -> bytes:
    """Signed by pyHanko's own signer with a key in memory."""
    signer = simple_signer(key_name, certificate, **choice)
    metadata = signers.PdfSignatureMetadata(
        field_name="Other", md_algorithm=algorithm, subfilter=fields.SigSeedSubFilter.PADES
    )
    out: io.BytesIO = signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(PLAIN)), metadata, signer)
    return out.getvalue()


def test_signature_of_the_authentication_key_is_not_a_signature(documents: DocumentVerifier) -> None:
    pdf = with_another_signer("holder authentication", specimen.user_authentication_certificate())
    assert untrusted(documents, pdf) == "E_PURPOSE_NOT_ALLOWED"


def test_generic_name_of_the_same_algorithm(documents: DocumentVerifier) -> None:
    pdf = with_another_signer(
        "holder signature", specimen.signature_certificate(), mechanism="rsassa_pkcs1v15"
    )
    assert documents.verify(pdf).signatures[0].holder.basic_four == specimen.HANAKO


def test_self_made_certificate_is_not_trusted(documents: DocumentVerifier) -> None:
    forger = specimen.Authority(specimen.authority(Purpose.SIGNATURE).issuer, "a forger's")
    pdf = with_another_signer("holder signature", forger.certify(specimen.signature_tbs()))
    assert untrusted(documents, pdf) == "E_SIGNATURE_BROKEN"


@pytest.mark.clause("S0-1")
def test_certificate_of_somebody_else_in_the_signature(documents: DocumentVerifier) -> None:
    """A good certificate beside a signature by another key."""
    pdf = with_another_signer("a thief's", specimen.signature_certificate())
    assert untrusted(documents, pdf) == "E_DOCUMENT_ALTERED"


@pytest.mark.parametrize(
    "choice",
    [
        {"algorithm": "sha512"},
        {"algorithm": "sha512", "mechanism": "rsassa_pkcs1v15"},
        {"prefer_pss": True},
    ],
)
def test_algorithms_that_the_card_does_not_make(documents: DocumentVerifier, choice: dict[str, Any]) -> None:
    pdf = with_another_signer("holder signature", specimen.signature_certificate(), **choice)
    assert untrusted(documents, pdf) == "E_ALG_NOT_ALLOWED"


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=timedelta(seconds=5),
    max_examples=60,
)
@given(st.data())
def test_damage_never_verifies_as_another_document(documents: DocumentVerifier, data: st.DataObject) -> None:
    pdf = bytearray(SIGNED_ONCE)
    for _ in range(data.draw(st.integers(1, 3))):
        pdf[data.draw(st.integers(0, len(pdf) - 1))] = data.draw(st.integers(0, 255))
    try:
        document = documents.verify(bytes(pdf))
    except (Malformed, Untrusted):
        return
    start, end = contents_of(SIGNED_ONCE)
    assert bytes(pdf[:start]) == SIGNED_ONCE[:start]
    assert bytes(pdf[end:]) == SIGNED_ONCE[end:]
    assert document.signatures[0].holder.basic_four == specimen.HANAKO


SIGNED_ONCE = signed()


def contents_of(pdf: bytes) -> tuple[int, int]:
    """Where the signature itself stands, which alone it does not cover."""
    start = pdf.index(b"/Contents <") + len(b"/Contents ")
    return start, pdf.index(b">", start) + 1


def test_nothing_is_logged_about_bad_documents(
    documents: DocumentVerifier, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        for pdf in (b"", PLAIN, signed().replace(b"1000 yen".hex().encode(), b"9000 yen".hex().encode())):
            with pytest.raises((Malformed, Untrusted)):
                documents.verify(pdf)
    assert caplog.records == []
