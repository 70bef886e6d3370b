"""Documents as programs write them and viewers open them: signed with the card, and verified."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from pyhanko.pdf_utils.crypt import (
    PubKeySecurityHandler,
    StandardSecurityHandler,
    StandardSecuritySettingsRevision,
)
from pyhanko.pdf_utils.crypt.pubkey import RecipientEncryptionPolicy
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter, copy_into_new_writer
from pyhanko.sign import fields
from pyhanko.sign.fields import SigCertConstraints, SigSeedValFlags, SigSeedValueSpec

from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot
from honnin.citizen.document import SignableDocument, signable
from honnin.citizen.sample_document import sample_document
from honnin.citizen.signing import sign
from honnin.errors import CardError, Malformed
from honnin.pin import Pin
from honnin.verifier import CertificateVerifier, DocumentVerifier
from honnin.verifier.document import changed_after_signing
from tests.support.altered import contract
from tests.support.altered.honest import HYBRID, with_field
from tests.support.altered.signing import signed as signed_elsewhere
from tests.support.pki import cards, specimen
from tests.support.pki.signer import encrypted, simple_signer
from tests.support.pki.sources import serving

PLAIN = sample_document("契約書", ["1000 yen"])
NAME = "署名欄"
NO_ROOM = b"/Sig /T (Plan) /Subtype /Widget /Rect [10 10 10.001 10.001] /P 3 0 R"
NOWHERE = "http://127.0.0.1:9/"
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


def written(writer: BasePdfFileWriter) -> bytes:
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


def one_form(number: int, old: bytes, new: bytes) -> bytes:
    """The contract with one object changed, and without its two empty signature fields."""
    form = contract.OBJECTS[contract.FORM].replace(b" 28 0 R 29 0 R]", b"]")
    objects = {contract.FORM: form} | {number: contract.OBJECTS[number].replace(old, new)}
    return contract.contract_with(**{f"o{key}": value for key, value in objects.items()})


def demanding(**what: Any) -> bytes:
    """With an empty field that demands something of its signature."""
    return with_field(PLAIN, NAME, seed_value_dict=SigSeedValueSpec(**what))


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
    "field Signature1 of text": lambda: one_form(contract.AMOUNT, b"Amount", b"Signature1"),
    "form that stands nowhere": lambda: one_form(contract.ROOT, b"20 0 R", b"99 0 R"),
    "time stamp of somebody, if one likes": lambda: demanding(timestamp_server_url=NOWHERE),
    "field Signature1 in UTF-16": lambda: one_form(contract.AMOUNT, b"Amount", "Signature1".encode("utf-16")),
}


@pytest.fixture
def documents(certificates: CertificateVerifier) -> DocumentVerifier:
    return DocumentVerifier(certificates)


def opened(pdf: bytes, **choice: str | None) -> SignableDocument:
    return signable(pdf, when=specimen.NOW, **choice)


def signed(document: SignableDocument) -> bytes:
    return sign(document, cards.session(), Pin(cards.SIGNATURE_PIN), reason=None, when=specimen.NOW)


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
    "make",
    [
        lambda: one_form(contract.AMOUNT, b"(Amount)", b"<FEFF530069>"),  # a name that is no text
        lambda: re.sub(rb"/Size \d+", b"/Size 2", PLAIN),  # a trailer that counts too few objects
    ],
)
def test_what_is_read_in_spite_of_a_fault_is_signed_and_can_be_verified(
    make: Callable[[], bytes], documents: DocumentVerifier
) -> None:
    pdf = make()
    out = signed(opened(pdf))
    assert out.startswith(pdf)
    assert [each.field_name for each in documents.verify(out).signatures] == ["Signature1"]


@pytest.mark.parametrize(
    ("turned", "expected"),
    [
        (b"/MK << /R 90 >>", b"0 1 -1 0 100.00 0 cm"),
        (b"/MK << /R 0 >>", b"1 0 0 1 0 0 cm"),
        (b"", b"0 -1 1 0 0 20.00 cm"),
        (b"/F 20", b"1 0 0 1 0 0 cm"),
    ],
)
def test_the_name_in_the_box_is_upright_on_a_turned_page(turned: bytes, expected: bytes) -> None:
    page = contract.OBJECTS[contract.PAGE].replace(b"/StructParents 0", b"/Rotate 270")
    field = contract.widget(8, b"/FT /Sig /T (Citizen) " + turned)
    field = field.replace(b"/F 4 ", b"") if b"/F " in turned else field
    form = b"<< /Fields [28 0 R] >>"
    out = signed(opened(contract.contract_with(o3=page, o28=field, o20=form)))
    (embedded,) = PdfFileReader(io.BytesIO(out)).embedded_regular_signatures
    assert embedded.sig_field["/AP"]["/N"].data.startswith(b"q " + expected)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: b"", "E_DOCUMENT_NOT_PDF"),
        (lambda: b"<html>", "E_DOCUMENT_NOT_PDF"),
        (lambda: PLAIN[:400], "E_DOCUMENT_END"),
        (lambda: PLAIN[: PLAIN.rindex(b"%%EOF")], "E_DOCUMENT_END"),
        (lambda: PLAIN.replace(b"startxref", b"endxref  "), "E_DOCUMENT_END"),
        (lambda: PLAIN.replace(b"startxref\n", b"startxref\n9"), "E_DOCUMENT_UNREADABLE"),
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


@pytest.mark.parametrize(
    "make",
    [
        lambda: demanding(flags=SigSeedValFlags.DIGEST_METHOD, digest_methods=["sha512"]),
        lambda: demanding(timestamp_server_url=NOWHERE, timestamp_required=True),
        lambda: demanding(cert=SigCertConstraints()).replace(b"/Ff 0\n>>\n/V 1", b"/Issuer [(x)]>>"),
        lambda: one_form(contract.PLAN, b"/Btn /T (Plan) /Ff 49152 /V /Basic /Kids [31 0 R 32 0 R]", NO_ROOM),
        lambda: one_form(contract.PLAN, b"/Btn /T (Plan) /Ff 49152 /V /Basic", b"/Sig /T (Plan)"),
    ],
)
def test_what_a_field_demands_is_asked_before_the_card_is(make: Callable[[], bytes]) -> None:
    with pytest.raises(Malformed, match="E_DOCUMENT_NOT_SIGNABLE"):
        opened(make())


def test_a_document_without_a_page_is_told_as_that() -> None:
    with pytest.raises(Malformed, match="E_DOCUMENT_WITHOUT_PAGE"):
        opened(PLAIN.replace(b"/Kids [3 0 R] /Count 1", b"/Kids [     ] /Count 0"))


def test_a_document_that_is_signed_makes_no_connection() -> None:
    with serving(pytest.fail) as address:
        assert signed(opened(demanding(timestamp_server_url=address)))


def test_a_field_that_an_earlier_signature_locks_is_not_signed() -> None:
    lock = fields.FieldMDPSpec(fields.FieldMDPAction.ALL)
    pdf = signed_elsewhere(with_field(PLAIN, "First", field_mdp_spec=lock), "First")
    with pytest.raises(Malformed, match="E_DOCUMENT_LOCKED"):
        opened(pdf)


def test_a_wrong_pin_is_tried_only_for_what_can_be_signed() -> None:
    session: CardSession = cards.session()
    for pdf in (b"", PLAIN[:400], encrypted(PLAIN)):
        with pytest.raises(Malformed):
            sign(opened(pdf), session, Pin("WRONG1"), reason=None, when=specimen.NOW)
    session.select_jpki()
    assert session.tries_left(KeySlot.SIGNATURE) == 5
    with pytest.raises(CardError, match="E_PIN_WRONG"):
        sign(opened(PLAIN), session, Pin("WRONG1"), reason=None, when=specimen.NOW)


def test_a_form_without_fields_or_with_a_broken_list_is_no_obstacle() -> None:
    for form in (b"<< >>", b"<< /Fields null >>", b"<< /Fields [] >>"):
        pdf = contract.contract_with(o20=form)
        assert opened(pdf).field_name == "Signature1"
