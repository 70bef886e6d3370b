"""Signed files whose structure was tampered with, each as one published attack or one trick of the format does.

Hanako signed the contract; the functions make of it what somebody else would like to be taken for it.
"""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from tests.citizen.signer import simple_signer
from tests.profile import specimen
from tests.verifier.altered import contract as c
from tests.verifier.altered.increments import (
    first_free,
    increment,
    increment_by_stream,
    reference_in_trailer,
    replaced,
    source_of,
    start_of_table,
    trailer_of,
    with_entry,
)
from tests.verifier.altered.signing import company, hand_signature, signed

ALTERED, UNREADABLE, UNCLEAR = "E_DOCUMENT_ALTERED", "E_SIGNATURE_UNREADABLE", "E_COVERAGE_UNCLEAR"
CHANGE, NOT_SIGNED, DAMAGED = "E_CHANGE_UNCLEAR", "E_NOT_SIGNED", "E_DOCUMENT_UNREADABLE"
FORGED = c.OBJECTS[c.HIDDEN]


@dataclass(frozen=True)
class Case:
    """A file, and the code of the gravest reservation about it ("" where it is as it was signed)."""

    name: str
    make: Callable[[], bytes]
    code: str


CASES: list[Case] = []


def forgery(code: str) -> Callable[[Callable[[], bytes]], Callable[[], bytes]]:
    def register(make: Callable[[], bytes]) -> Callable[[], bytes]:
        CASES.append(Case(make.__name__.replace("_", " ").strip(), make, code))
        return make

    return register


@cache
def once() -> bytes:
    """The contract signed by Hanako."""
    return signed(c.contract(), "Signature1")


def value_number(pdf: bytes, field: bytes = b"Signature1") -> int:
    """The number of the object with a signature's value."""
    found = re.findall(rb"/T \(%b\).*?/V (\d+) 0 R" % field, pdf, re.S)
    return int(found[-1])


def hole(pdf: bytes) -> tuple[int, int]:
    """Where the last signature's value stands, with its angle brackets."""
    start = pdf.rindex(b"/Contents <") + len(b"/Contents ")
    return start, pdf.index(b">", start) + 1


def edited(pdf: bytes, at: int, octets: bytes) -> bytes:
    return pdf[:at] + octets + pdf[at + len(octets) :]


def with_ranges(ranges: bytes) -> bytes:
    """Other numbers in the place of the signature's."""
    pdf = once()
    old = re.findall(rb"/ByteRange \[[^\]]*\] *", pdf)[-1]
    return pdf.replace(old, (b"/ByteRange " + ranges).ljust(len(old)))


def numbers_of(pdf: bytes) -> list[int]:
    return [int(each) for each in re.findall(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)", pdf)[-1]]


# Octets under the signature.


@forgery(ALTERED)
def _octet_of_a_page() -> bytes:
    return once().replace(b"1000 yen) Tj", b"9000 yen) Tj", 1)


@forgery(ALTERED)
def _octet_after_the_value() -> bytes:
    return once().replace(b"/Adobe.PPKLite", b"/Adobe.PPKLitE")


@forgery(ALTERED)
def _octet_of_the_signature_itself() -> bytes:
    start, end = hole(once())
    value = once()[start:end].rstrip(b"0>")
    at = start + len(value) - 20
    return edited(once(), at, b"0" if once()[at : at + 1] != b"0" else b"1")


@forgery(ALTERED)
def _certificate_of_somebody_else() -> bytes:
    return signed(c.contract(), "Signature1", signer=simple_signer("a thief's"))


# What the signature says that it covers.


@forgery(UNREADABLE)
def _no_ranges() -> bytes:
    return once().replace(b"/ByteRange", b"/ByteRangX")


@forgery(UNREADABLE)
def _ranges_that_are_null() -> bytes:
    return with_ranges(b"null")


@forgery(UNREADABLE)
def _ranges_that_are_no_numbers() -> bytes:
    return with_ranges(b"[/a /b /c /d]")


@forgery(ALTERED)
def _one_range_only() -> bytes:
    return with_ranges(b"[%d %d]" % tuple(numbers_of(once())[:2]))


@forgery(ALTERED)
def _negative_ranges() -> bytes:
    return with_ranges(b"[0 -1 0 -1]")


@forgery(ALTERED)
def _ranges_beyond_the_end() -> bytes:
    _, first, second, _ = numbers_of(once())
    return with_ranges(b"[0 %d %d 99999]" % (first, second))


@forgery(ALTERED)
def _ranges_of_nothing() -> bytes:
    return with_ranges(b"[0 0 0 0]")


@forgery(ALTERED)
def _ranges_that_overlap() -> bytes:
    _, first, second, length = numbers_of(once())
    return with_ranges(b"[0 %d %d %d]" % (first, second - 50, length + 50))


@forgery(ALTERED)
def _range_that_does_not_begin_at_the_beginning() -> bytes:
    _, first, second, length = numbers_of(once())
    return with_ranges(b"[9 %d %d %d]" % (first - 9, second, length))


def _signed_by_hand(*, after_value: bytes = b"", move: int = 0, cut: int = 0) -> bytes:
    """Signed by Hanako's key with ranges that leave out more than the value: `after_value` too, `move` octets
    after the hole, `cut` octets at the end."""
    pdf = c.contract()
    free = first_free(pdf)
    value = b"<" + b"0" * 12000 + b">"
    dictionary = (
        b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /ByteRange [0 0000000000 0000000000 "
        b"0000000000] /Contents " + value + after_value + b" /M (D:20260601030000Z) >>"
    )
    made = increment(
        pdf,
        {
            c.PAGE: replaced(source_of(pdf, c.PAGE), rb"/Annots \[", b"/Annots [%d 0 R " % (free + 1)),
            c.FORM: with_entry(
                replaced(source_of(pdf, c.FORM), rb"/Fields \[", b"/Fields [%d 0 R " % (free + 1)),
                b"/SigFlags 3",
            ),
            free: dictionary,
            free + 1: b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Signature1) /F 132 /Rect [0 0 0 0] "
            b"/P 3 0 R /V %d 0 R >>" % free,
        },
    )
    first = made.index(b"/Contents <000") + len(b"/Contents ")
    second = first + len(value) + len(after_value) + move
    length = len(made) - second - cut
    made = made.replace(
        b"[0 0000000000 0000000000 0000000000]", b"[0 %010d %010d %010d]" % (first, second, length)
    )
    digest = sha256(made[:first] + made[second : second + length]).digest()
    container = hand_signature(digest)
    return edited(made, first + 1, container.hex().encode())


@forgery("")
def _signed_by_hand_as_it_should_be() -> bytes:
    return _signed_by_hand()


@forgery(UNCLEAR)
def _hole_wider_than_the_value() -> bytes:
    return _signed_by_hand(after_value=b" /Reason (anything)").replace(b"(anything)", b"(whatever)")


@forgery(UNCLEAR)
def _hole_that_swallows_what_follows() -> bytes:
    return _signed_by_hand(move=16)


@forgery(UNCLEAR)
def _end_left_out() -> bytes:
    return _signed_by_hand(cut=20)


# The value: forged universally, padded, not readable.


@forgery(UNREADABLE)
def _value_that_is_null() -> bytes:
    start, end = hole(once())
    return edited(once(), start, b"null".ljust(end - start))


@forgery(UNREADABLE)
def _no_value() -> bytes:
    return once().replace(b"/Contents <3", b"/ContentX <3")


@forgery(UNREADABLE)
def _value_of_zeros() -> bytes:
    start, end = hole(once())
    return edited(once(), start + 1, b"0" * (end - start - 2))


@forgery(UNREADABLE)
def _value_that_is_no_signature() -> bytes:
    start, _ = hole(once())
    return edited(once(), start + 1, b"DEADBEEF")


@forgery(UNREADABLE)
def _value_that_is_a_reference() -> bytes:
    start, end = hole(once())
    return edited(once(), start, b"4 0 R".ljust(end - start))


@forgery("E_DOCUMENT_CHANGED")
def _padding_that_says_something() -> bytes:
    _, end = hole(once())
    return edited(once(), end - 21, b"68656C6C6F")


@forgery("E_DOCUMENT_CHANGED")
def _one_bit_of_the_padding() -> bytes:
    _, end = hole(once())
    return edited(once(), end - 2, b"1")


@forgery(UNCLEAR)
def _blanks_in_the_padding() -> bytes:
    _, end = hole(once())
    return edited(once(), end - 21, b"  ")


# Wrapping: the signed octets stay, and stand for something else.


@forgery(UNCLEAR)
def _value_written_again_later() -> bytes:
    pdf = once()
    return increment(pdf, {value_number(pdf): source_of(pdf, value_number(pdf)), c.CONTENT: FORGED})


@forgery(UNCLEAR)
def _second_part_moved_away() -> bytes:
    pdf = once()
    _, first, second, length = numbers_of(pdf)
    between = b"\n4 0 obj\n" + FORGED + b"\nendobj\n"
    wrapped = pdf[:second] + between + pdf[second:]
    value = replaced(
        source_of(pdf, value_number(pdf)),
        rb"/ByteRange \[[^\]]*\]",
        b"/ByteRange [0 %d %d %d]" % (first, second + len(between), length),
    )
    return increment(
        wrapped,
        {value_number(pdf): value},
        more=[(c.CONTENT, 0, second + 1)],
        previous=start_of_table(pdf) + len(between),
    )


@forgery(UNCLEAR)
def _value_in_a_field_of_its_own() -> bytes:
    """A new field whose value copies the old one: the octets are signed, the field is not among them."""
    pdf = once()
    free = first_free(pdf)
    return increment(
        pdf,
        {
            c.FORM: replaced(source_of(pdf, c.FORM), rb"/Fields \[", b"/Fields [ %d 0 R " % free),
            free: b"<< /FT /Sig /T (Copy) /V %d 0 R >>" % (free + 1),
            free + 1: source_of(pdf, value_number(pdf)),
        },
    )


# Stripped.


@forgery(NOT_SIGNED)
def _field_without_its_value() -> bytes:
    pdf = once()
    number = int(re.findall(rb"(\d+) 0 obj\s<<\s/FT /Sig\s/T \(Signature1\)", pdf)[-1])
    return increment(pdf, {number: replaced(source_of(pdf, number), rb"/V \d+ 0 R", b"")})


@forgery(NOT_SIGNED)
def _form_without_the_field() -> bytes:
    return increment(once(), {c.FORM: c.OBJECTS[c.FORM]})


@forgery(NOT_SIGNED)
def _catalog_without_a_form() -> bytes:
    pdf = once()
    return increment(pdf, {c.ROOT: replaced(source_of(pdf, c.ROOT), rb"/AcroForm 20 0 R", b"")})


@forgery(NOT_SIGNED)
def _cut_off_before_the_signature() -> bytes:
    return c.contract()


@forgery(CHANGE)
def _first_of_two_signatures_taken_away() -> bytes:
    pdf = signed(once(), "Signature2")
    number = int(re.findall(rb"(\d+) 0 obj\s<<\s/FT /Sig\s/T \(Signature1\)", pdf)[-1])
    return increment(pdf, {number: replaced(source_of(pdf, number), rb"/V \d+ 0 R", b"")})


@forgery(DAMAGED)
def _cut_off_in_the_middle() -> bytes:
    return once()[:700]


@forgery(CHANGE)
def _value_of_another_signature() -> bytes:
    pdf = signed(once(), "Signature2")
    number = int(re.findall(rb"(\d+) 0 obj\s<<\s/FT /Sig\s/T \(Signature1\)", pdf)[-1])
    other = value_number(pdf, b"Signature2")
    free = first_free(pdf)
    return increment(
        pdf,
        {
            number: replaced(source_of(pdf, number), rb"/V \d+ 0 R", b"/V %d 0 R" % free),
            free: source_of(pdf, other),
        },
    )


# Saving more without telling: incremental saving attacks.


@forgery(CHANGE)
def _objects_after_the_end_without_a_table() -> bytes:
    return once() + b"4 0 obj\n" + FORGED + b"\nendobj\n"


@forgery(DAMAGED)
def _objects_and_a_trailer_without_a_table() -> bytes:
    return once() + b"4 0 obj\n" + FORGED + b"\nendobj\ntrailer\n<< /Root 1 0 R /Size 99 >>\n%%EOF\n"


@forgery(CHANGE)
def _objects_before_the_old_table_again() -> bytes:
    tail = b"startxref\n%d\n%%%%EOF\n" % start_of_table(once())
    return once() + b"4 0 obj\n" + FORGED + b"\nendobj\n" + tail


@forgery(CHANGE)
def _words_after_the_end() -> bytes:
    return once() + b"% This contract is void.\n"


# Tables of contents.


@cache
def _with_a_second_content() -> bytes:
    """Signed while the forged page lay unused in the file, as an object of the same number."""
    pdf = c.contract()
    made = increment(pdf, {c.CONTENT: FORGED})
    made = increment(made, {}, table=[(c.CONTENT, 0, pdf.index(b"\n4 0 obj") + 1)])
    return signed(made, "Signature1")


@forgery(CHANGE)
def _table_that_leads_to_hidden_content() -> bytes:
    pdf = _with_a_second_content()
    return increment(pdf, {}, table=[(c.CONTENT, 0, pdf.rindex(b"\n4 0 obj") + 1)])


@forgery(CHANGE)
def _hidden_content_between_two_signatures() -> bytes:
    return signed(_table_that_leads_to_hidden_content(), "Signature2")


@forgery(CHANGE)
def _number_listed_twice() -> bytes:
    pdf = once()
    grown = pdf + b"4 0 obj\n" + FORGED + b"\nendobj\n"
    old = pdf.index(b"\n4 0 obj") + 1
    return increment(grown, {}, table=[(c.CONTENT, 0, len(pdf)), (c.CONTENT, 0, old)])


@forgery(CHANGE)
def _object_of_another_generation() -> bytes:
    return increment(once(), {c.CONTENT: FORGED}, generation=1)


@forgery(CHANGE)
def _object_freed() -> bytes:
    return increment(once(), {}, table=[(c.CONTENT, 0, -1)])


@forgery(CHANGE)
def _font_freed() -> bytes:
    return increment(once(), {}, table=[(c.FONT, 0, -1)])


@forgery(UNCLEAR)
def _signed_revision_passed_over() -> bytes:
    """The new table leads past the signed one to the one before it, and lists the signed one's objects itself."""
    pdf, first = once(), start_of_table(c.contract())
    listed = [
        (int(number), 0, at.start() + 1)
        for at in re.finditer(rb"\n(\d+) 0 obj", pdf)
        if at.start() >= len(c.contract()) - 1
        for number in [at.group(1)]
    ]
    return increment(pdf, {c.CONTENT: FORGED}, more=listed, previous=first)


@forgery(CHANGE)
def _table_of_two_kinds() -> bytes:
    """A hybrid increment: its stream names another object than readers of tables see."""
    pdf = once()
    grown = bytearray(pdf)
    at = len(grown)
    grown += b"4 0 obj\n" + FORGED + b"\nendobj\n"
    number, start = first_free(pdf), len(grown)
    row = b"\x01" + at.to_bytes(4, "big") + b"\0\0"
    grown += (
        b"%d 0 obj\n<< /Type /XRef /W [1 4 2] /Index [4 1] /Size %d /Length 7 >>\nstream\n%b\nendstream\nendobj\n"
        % (
            number,
            number + 1,
            row,
        )
    )
    trailer = trailer_of(pdf) + b" /XRefStm %d" % start
    return increment(bytes(grown), {c.OTHER_CONTENT: c.OBJECTS[c.OTHER_CONTENT]}, trailer=trailer)


@forgery(CHANGE)
def _catalog_of_another_number() -> bytes:
    pdf = once()
    free = first_free(pdf)
    root = replaced(source_of(pdf, c.ROOT), rb"/Pages 2 0 R", b"/Pages %d 0 R" % (free + 1))
    trailer = replaced(trailer_of(pdf), rb"/Root \d+ 0 R", b"/Root %d 0 R" % free)
    pages = b"<< /Type /Pages /Kids [5 0 R] /Count 1 >>"
    return increment(pdf, {free: root, free + 1: pages}, trailer=trailer)


@forgery(CHANGE)
def _trailer_with_more() -> bytes:
    return increment(
        once(), {c.CONTENT: source_of(once(), c.CONTENT)}, trailer=trailer_of(once()) + b" /Auth 1"
    )


@forgery(UNCLEAR)
def _object_that_is_to_come() -> bytes:
    """Signed while the table led beyond the end; what stands there came later."""

    def prepared(offset: int) -> bytes:
        pdf = c.contract_with(
            o3=replaced(c.OBJECTS[c.PAGE], rb"/Contents 4 0 R", b"/Contents [4 0 R 990 0 R]")
        )
        made = increment(pdf, {}, table=[(990, 0, offset)])
        return signed(made, "Signature1", strict=False)

    length = len(prepared(10**9))
    return prepared(length) + b"990 0 obj\n" + FORGED + b"\nendobj\n"


# Files with cross-reference streams and packed objects.


@cache
def packed() -> bytes:
    """The contract with packed objects, signed."""
    writer = copy_into_new_writer(
        PdfFileReader(io.BytesIO(c.contract())), writer_kwargs={"stream_xrefs": True}
    )
    stream = writer.prepare_object_stream(compress=False)
    writer.add_object(_pdf_dictionary(), obj_stream=stream)
    writer.root["/Collected"] = writer.add_object(_pdf_dictionary(), obj_stream=stream)
    out = io.BytesIO()
    writer.write(out)
    return signed(out.getvalue(), "Signature1")


def _pdf_dictionary() -> generic.DictionaryObject:
    return generic.DictionaryObject({generic.NameObject("/Says"): generic.TextStringObject("1000 yen")})


@forgery("")
def _packed_contract() -> bytes:
    return packed()


@forgery(CHANGE)
def _stream_of_packed_objects_exchanged() -> bytes:
    pdf = packed()
    number = int(re.findall(rb"(\d+) 0 obj\s<<(?:(?!endobj).)*?/Type /ObjStm", pdf, re.S)[0])
    source = source_of(pdf, number)
    return increment_by_stream(pdf, {number: source.replace(b"1000 yen", b"9000 yen")}, packed={})


@forgery(CHANGE)
def _content_of_the_packed_contract() -> bytes:
    pdf = packed()
    number = next(
        int(at.group(1))
        for at in re.finditer(rb"(\d+) 0 obj", pdf)
        if b"1000 yen) Tj" in pdf[at.end() : at.end() + 900]
    )
    return increment_by_stream(pdf, {number: FORGED}, packed={})


@forgery(CHANGE)
def _object_packed_into_a_new_stream() -> bytes:
    pdf = packed()
    free = first_free(pdf)
    root = reference_in_trailer(pdf, b"Root")
    body = source_of(pdf, root)
    body = with_entry(re.sub(rb"/Lang \S+", b"/Lang (xx)", body), b"/URI << /Base (https://b.example) >>")
    head = b"%d 0 " % root
    stream = c.stream(head + body, b"/Type /ObjStm /N 1 /First %d" % len(head))
    return increment_by_stream(pdf, {free: stream}, packed={root: (free, 0)})


# Signatures that others made.


@forgery("E_ISSUER_UNKNOWN")
def _company_alone() -> bytes:
    return signed(c.contract(), "Signature1", signer=company())


@forgery("E_ISSUER_UNKNOWN")
def _company_after_hanako() -> bytes:
    return signed(once(), "Signature2", signer=company())


@forgery("E_ISSUER_UNKNOWN")
def _company_before_hanako() -> bytes:
    return signed(_company_alone(), "Signature2")


@forgery("E_APPEARANCE_CHANGED")
def _company_after_a_changed_look() -> bytes:
    return signed(increment(once(), {c.AMOUNT_LOOK: c.text_look(b"9000")}), "Signature2", signer=company())


@forgery("E_PURPOSE_NOT_ALLOWED")
def _key_for_logging_in() -> bytes:
    signer = simple_signer("holder authentication", specimen.user_authentication_certificate())
    return signed(c.contract(), "Signature1", signer=signer)


@forgery("E_SIGNATURE_BROKEN")
def _authority_of_the_same_name() -> bytes:
    forger = specimen.Authority(specimen.authority("signature").issuer, "a forger's")
    return signed(
        c.contract(), "Signature1", signer=simple_signer(certificate=forger.certify(specimen.signature_tbs()))
    )


@forgery(CHANGE)
def _signature_that_is_nothing_after_hanako() -> bytes:
    pdf = once()
    free = first_free(pdf)
    return increment(
        pdf,
        {
            c.FORM: replaced(source_of(pdf, c.FORM), rb"/Fields \[", b"/Fields [ %d 0 R " % free),
            free: b"<< /FT /Sig /T (Nobody) /V << /Type /Sig /Contents <00> /ByteRange [0 1 2 3] >> >>",
        },
    )


@forgery(ALTERED)
def _octets_of_the_second_signature() -> bytes:
    pdf = signed(once(), "Signature2", signer=company())
    return edited(pdf, pdf.rindex(b"/Adobe.PPKLite"), b"/Adobe.PPKLitE")
