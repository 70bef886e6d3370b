"""Signing a document with the card."""

import asyncio
import io
from datetime import UTC, datetime

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers

from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot
from honnin.citizen.sample_document import sample_document
from honnin.citizen.signing import sign_pdf
from honnin.errors import CardError, Malformed
from honnin.law.terms import Purpose
from honnin.pin import Pin
from tests.support.pki import cards, specimen
from tests.support.pki.signer import encrypted, simple_signer

PLAIN = sample_document("申請書", ["Application"])
WHEN = datetime(2026, 6, 1, 3, 0, 0, 123_456, tzinfo=UTC)


def sign(pdf: bytes, session: CardSession, pin: str = cards.SIGNATURE_PIN) -> bytes:
    return sign_pdf(pdf, session, Pin(pin), reason="申請", when=WHEN)


@pytest.mark.clause("S1-E1.1", "S2-1.1", "S4-11.2")
def test_signature_is_a_pades_revision_with_both_certificates() -> None:
    pdf = sign(PLAIN, cards.session())
    assert pdf.startswith(PLAIN)
    (embedded,) = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
    assert embedded.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert embedded.sig_object["/Reason"] == "申請"
    assert embedded.self_reported_timestamp == WHEN.replace(microsecond=0)
    signer = embedded.signer_info
    assert signer["digest_algorithm"]["algorithm"].native == "sha256"
    assert signer["signature_algorithm"]["algorithm"].native == "sha256_rsa"
    assert len(signer["signature"].native) * 8 == 2048
    assert embedded.signer_cert.dump() == specimen.encoded(specimen.signature_certificate())
    others = [certificate.dump() for certificate in embedded.other_embedded_certs]
    assert others == [specimen.encoded(specimen.authority(Purpose.SIGNATURE).certificate)]
    attributes = {attribute["type"].native for attribute in signer["signed_attrs"]}
    assert {"message_digest", "content_type", "signing_certificate_v2"} <= attributes
    assert "signing_time" not in attributes  # ETSI EN 319 142-1, 6.3: the time is in the signature dictionary


def test_each_signature_adds_a_revision() -> None:
    session = cards.session()
    once = sign(PLAIN, session)
    twice = sign(once, session)
    assert twice.startswith(once)
    assert len(PdfFileReader(io.BytesIO(twice)).embedded_regular_signatures) == 2


def test_card_forgets_the_pin_afterwards() -> None:
    session = cards.session()
    sign(PLAIN, session)
    with pytest.raises(CardError, match="E_PIN_REQUIRED"):
        session.sign_sha256(KeySlot.SIGNATURE, b"more")


@pytest.mark.parametrize(
    ("pdf", "code"),
    [
        (b"", "E_DOCUMENT_NOT_PDF"),
        (b"hello", "E_DOCUMENT_NOT_PDF"),
        (b"%PDF-1.7\n%%EOF", "E_DOCUMENT_END"),
        (PLAIN[:400], "E_DOCUMENT_END"),
        (encrypted(PLAIN), "E_DOCUMENT_PASSWORD"),
    ],
)
def test_unreadable_document_costs_no_pin(pdf: bytes, code: str) -> None:
    session = cards.session()
    with pytest.raises(Malformed, match=code):
        sign(pdf, session, "WRONG1")
    session.select_jpki()
    assert session.tries_left(KeySlot.SIGNATURE) == 5


def test_document_that_is_broken_deep_inside() -> None:
    broken = PLAIN.replace(b"/Kids [3 0 R]", b"/Kids [9 0 R]")
    with pytest.raises(Malformed, match="E_DOCUMENT_UNREADABLE"):
        sign(broken, cards.session())


def test_document_that_allows_no_further_signature() -> None:
    metadata = signers.PdfSignatureMetadata(
        field_name="Final",
        md_algorithm="sha256",
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )
    out = signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(PLAIN)), metadata, simple_signer())
    session = cards.session()
    with pytest.raises(Malformed, match="E_DOCUMENT_LOCKED"):
        sign(out.getvalue(), session, "WRONG1")
    session.select_jpki()
    assert session.tries_left(KeySlot.SIGNATURE) == 5


@pytest.mark.clause("S1-E2.1a", "S2-2.1a")
def test_wrong_pin_is_said_by_the_card() -> None:
    with pytest.raises(CardError, match="E_PIN_WRONG") as caught:
        sign(PLAIN, cards.session(), "WRONG1")
    assert caught.value.context["tries_left"] == 4


def test_removed_card() -> None:
    _, reader = cards.card()
    reader.remove()
    with pytest.raises(CardError, match="E_CARD_REMOVED"):
        sign(PLAIN, CardSession(reader))


@pytest.mark.clause("S4-2.4")
def test_key_that_does_not_belong_to_the_certificate() -> None:
    _, reader = cards.card(signature_key="somebody else's")
    with pytest.raises(CardError, match="E_CARD_KEY_MISMATCH"):
        sign(PLAIN, CardSession(reader))


def test_it_signs_also_where_an_event_loop_is_running() -> None:
    async def at_work() -> bytes:
        return sign(PLAIN, cards.session())

    assert asyncio.run(at_work()).startswith(b"%PDF")
