"""Documents as programs write them and viewers open them: signed with the card, and verified."""

import io
from collections.abc import Callable

import pytest
from pyhanko.pdf_utils.crypt import (
    PubKeySecurityHandler,
    StandardSecurityHandler,
    StandardSecuritySettingsRevision,
)
from pyhanko.pdf_utils.crypt.pubkey import RecipientEncryptionPolicy
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PdfFileWriter, copy_into_new_writer
from pyhanko.sign import fields
from pyhanko.sign.fields import SigSeedValFlags, SigSeedValueSpec

from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot
from honnin.citizen.document import SignableDocument, signable
from honnin.citizen.sample_document import sample_document
from honnin.citizen.signing import sign
from honnin.errors import CardError, Malformed
from honnin.verifier import CertificateVerifier, DocumentVerifier
from honnin.verifier.document import changed_after_signing
from tests.citizen import cards
from tests.citizen.signer import encrypted, simple_signer
from tests.profile import specimen
from tests.verifier.altered import contract
from tests.verifier.altered.honest import HYBRID, with_field
from tests.verifier.altered.signing import signed as signed_elsewhere

PLAIN = sample_document("契約書", ["1000 yen"])
NAME = "署名欄"
BOX = (300, 300, 460, 350)
LEGACY = StandardSecuritySettingsRevision


def by_owner(revision: LEGACY, *, aes: bool, user: str = "") -> bytes:
    """The document as older programs protect it."""
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(PLAIN)))
    identifier = writer._document_id[0].original_bytes
    handler = StandardSecurityHandler.build_from_pw_legacy(
        revision, identifier, "owner", user, keylen_bytes=16, use_aes128=aes
    )
    writer._assign_security_handler(handler)
    return written(writer)


def by_owner_today() -> bytes:
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(PLAIN)))
    writer.encrypt(owner_pass="owner", user_pass="")
    return written(writer)


def written(writer: PdfFileWriter | IncrementalPdfFileWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def after(junk: bytes, *, counted: bool) -> bytes:
    """Octets before the header, which the table of contents counts or does not."""
    if not counted:
        return junk + PLAIN
    start = PLAIN.index(b"xref\n0")
    table = PLAIN[start : PLAIN.index(b"trailer")]
    moved = table
    for entry in table.split(b"\n"):
        if entry.endswith(b" 00000 n "):
            moved = moved.replace(entry, b"%010d 00000 n " % (int(entry[:10]) + len(junk)))
    return junk + PLAIN.replace(table, moved).replace(
        b"startxref\n%d" % start, b"startxref\n%d" % (start + len(junk))
    )


def text_field(name: bytes) -> bytes:
    amount = contract.OBJECTS[contract.AMOUNT].replace(b"(Amount)", name)
    form = contract.OBJECTS[contract.FORM].replace(b" 28 0 R 29 0 R]", b"]")
    return contract.contract_with(o21=amount, o20=form)


OPEN: dict[str, Callable[[], bytes]] = {
    "two tables in one": lambda: HYBRID,
    "owner's password, RC4": lambda: by_owner(LEGACY.RC4_EXTENDED, aes=False),
    "owner's password, AES-128": lambda: by_owner(LEGACY.RC4_OR_AES128, aes=True),
    "owner's password, AES-256": by_owner_today,
    "lines before the header": lambda: after(b"\r\n\r\n", counted=True),
    "letter before the header": lambda: after(b"HTTP/1.1 200 OK\r\n\r\n", counted=True),
    "zeros after the end": lambda: PLAIN + bytes(1500),
    "lines after the end": lambda: PLAIN + b"\r\n" * 700,
    "text after the end": lambda: PLAIN + b"<!-- sent by a server -->\n" * 80,
    "end marked twice": lambda: PLAIN + b"%%EOF\n",
    "one empty field": lambda: with_field(PLAIN, NAME),
    "one empty box": lambda: with_field(PLAIN, NAME, box=BOX),
    "field Signature1 of text": lambda: text_field(b"(Signature1)"),
    "field Signature1 in UTF-16": lambda: text_field("Signature1".encode("utf-16").join((b"(", b")"))),
}


@pytest.fixture
def documents(certificates: CertificateVerifier) -> DocumentVerifier:
    return DocumentVerifier(certificates)


def opened(pdf: bytes, **choice: str | None) -> SignableDocument:
    return signable(pdf, when=specimen.NOW, **choice)


def signed(document: SignableDocument) -> bytes:
    return sign(document, cards.session(), cards.SIGNATURE_PIN, reason=None, when=specimen.NOW)


@pytest.mark.parametrize("name", OPEN)
def test_what_viewers_open_is_signed_and_good(name: str, documents: DocumentVerifier) -> None:
    pdf = OPEN[name]()
    out = signed(opened(pdf))
    assert out.startswith(pdf)
    (signature,) = documents.verify(out).signatures
    assert signature.holder.basic_four.name == specimen.HANAKO.name
    assert not signature.modified_after
    twice = signed(opened(out))
    assert len(documents.verify(twice).signatures) == 2
    changed_after_signing(twice)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: b"", "E_DOCUMENT_NOT_PDF"),
        (lambda: b"<html>", "E_DOCUMENT_NOT_PDF"),
        (lambda: PLAIN[:400], "E_DOCUMENT_UNREADABLE"),
        (lambda: PLAIN.replace(b"/Kids [3 0 R]", b"/Kids [9 0 R]"), "E_DOCUMENT_UNREADABLE"),
        (lambda: encrypted(PLAIN), "E_DOCUMENT_PASSWORD"),
        (lambda: after(b"\xef\xbb\xbf", counted=False), "E_DOCUMENT_BEGINNING"),
    ],
)
def test_what_keeps_a_document_closed_is_told_by_its_name(
    make: Callable[[], bytes], code: str, documents: DocumentVerifier
) -> None:
    pdf = make()
    with pytest.raises(Malformed, match=code):
        opened(pdf)
    if b"/Kids [9 0 R]" not in pdf:  # a page that is missing keeps nobody from reading who signed
        with pytest.raises(Malformed, match=code):
            documents.examine(pdf)


@pytest.mark.parametrize(
    "make", [lambda: encrypted(PLAIN), lambda: by_owner(LEGACY.RC4_OR_AES128, aes=True, user="secret")]
)
def test_a_password_opens_what_it_protects(make: Callable[[], bytes], documents: DocumentVerifier) -> None:
    pdf = make()
    with pytest.raises(Malformed, match="E_DOCUMENT_PASSWORD_WRONG"):
        opened(pdf, password="another")
    out = signed(opened(pdf, password="secret"))
    with pytest.raises(Malformed, match=r"E_DOCUMENT_PASSWORD\b"):
        documents.verify(out)
    with pytest.raises(Malformed, match="E_DOCUMENT_PASSWORD_WRONG"):
        documents.verify(out, "another")
    assert len(documents.verify(out, "secret").signatures) == 1
    assert changed_after_signing(out, "secret") == 0


def test_a_cipher_that_takes_no_password_is_told_as_that(documents: DocumentVerifier) -> None:
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(PLAIN)))
    reader = simple_signer().signing_cert
    policy = RecipientEncryptionPolicy(ignore_key_usage=True)
    writer._assign_security_handler(PubKeySecurityHandler.build_from_certs([reader], policy=policy))
    pdf = written(writer)
    for refused in (opened, documents.examine):
        with pytest.raises(Malformed, match="E_DOCUMENT_ENCRYPTION"):
            refused(pdf)


def test_the_field_that_was_made_for_it_is_signed_and_its_box_shows_who(documents: DocumentVerifier) -> None:
    out = signed(opened(OPEN["one empty box"]()))
    (embedded,) = PdfFileReader(io.BytesIO(out)).embedded_regular_signatures
    assert embedded.field_name == NAME
    drawn = embedded.sig_field["/AP"]["/N"].data
    assert specimen.HANAKO.name.encode("utf-16-be").hex().encode() in drawn
    assert sorted(map(float, embedded.sig_field["/AP"]["/N"]["/BBox"])) == [0, 0, 50, 160]


def test_of_several_empty_fields_one_is_named(documents: DocumentVerifier) -> None:
    pdf = with_field(with_field(PLAIN, "Citizen"), "Company")
    with pytest.raises(Malformed, match="E_FIELD_AMBIGUOUS") as caught:
        opened(pdf)
    assert caught.value.context["fields"] == "“Citizen”, “Company”"
    out = signed(opened(pdf, field="Company"))
    assert [each.field_name for each in documents.verify(out).signatures] == ["Company"]
    assert opened(out).field_name == "Citizen"
    for name in ("Company", "Nobody"):
        with pytest.raises(Malformed, match="E_FIELD_UNKNOWN"):
            opened(out, field=name)


def test_what_a_field_demands_is_asked_before_the_card_is() -> None:
    demanding = SigSeedValueSpec(flags=SigSeedValFlags.DIGEST_METHOD, digest_methods=["sha512"])
    with pytest.raises(Malformed, match="E_DOCUMENT_NOT_SIGNABLE"):
        opened(with_field(PLAIN, NAME, seed_value_dict=demanding))


def test_a_field_that_an_earlier_signature_locks_is_not_signed() -> None:
    lock = fields.FieldMDPSpec(fields.FieldMDPAction.ALL)
    pdf = signed_elsewhere(with_field(PLAIN, "First", field_mdp_spec=lock), "First")
    with pytest.raises(Malformed, match="E_DOCUMENT_LOCKED"):
        opened(pdf)


def test_a_wrong_pin_is_tried_only_for_what_can_be_signed() -> None:
    session: CardSession = cards.session()
    for pdf in (b"", PLAIN[:400], encrypted(PLAIN)):
        with pytest.raises(Malformed):
            sign(opened(pdf), session, "WRONG1", reason=None, when=specimen.NOW)
    session.select_jpki()
    assert session.tries_left(KeySlot.SIGNATURE) == 5
    with pytest.raises(CardError, match="E_PIN_WRONG"):
        sign(opened(PLAIN), session, "WRONG1", reason=None, when=specimen.NOW)


def test_a_form_without_fields_or_with_a_broken_list_is_no_obstacle() -> None:
    for form in (b"<< >>", b"<< /Fields null >>", b"<< /Fields [] >>"):
        pdf = contract.contract_with(o20=form)
        assert opened(pdf).field_name == "Signature1"
