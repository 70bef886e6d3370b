"""Signed files that somebody tampered with, each as one published attack or one trick of the format does.

Hanako signed the contract; the functions make of it what somebody else would like to be taken for it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from tests.support.altered import contract as c
from tests.support.altered.increments import (
    first_free,
    increment,
    replaced,
    source_of,
    start_of_table,
    with_entry,
)
from tests.support.altered.signing import hand_signature, signed
from tests.support.pki.signer import simple_signer

ALTERED, UNREADABLE, UNCLEAR = "E_DOCUMENT_ALTERED", "E_SIGNATURE_UNREADABLE", "E_COVERAGE_UNCLEAR"
CHANGE, REMOVED, DAMAGED = "E_CHANGE_UNCLEAR", "E_SIGNATURE_REMOVED", "E_DOCUMENT_UNREADABLE"
FORGED = c.OBJECTS[c.HIDDEN]


@dataclass(frozen=True)
class Case:
    """A file, and the code of the gravest reservation about it ("" where it is as it was signed)."""

    name: str
    make: Callable[[], bytes]
    code: str


Maker = Callable[[], bytes]


def registering(cases: list[Case]) -> Callable[[str], Callable[[Maker], Maker]]:
    """A decorator that adds a file, named as its function, with the code that is expected of it."""

    def of(code: str) -> Callable[[Maker], Maker]:
        def register(make: Maker) -> Maker:
            cases.append(Case(make.__name__.replace("_", " ").strip(), make, code))
            return make

        return register

    return of


CASES: list[Case] = []
forgery = registering(CASES)


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
        b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached "
        b"/ByteRange [0 0000000000 0000000000 0000000000] /Contents "
        + value
        + after_value
        + b" /M (D:20260601030000Z) >>"
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


@forgery(REMOVED)
def _field_without_its_value() -> bytes:
    pdf = once()
    number = int(re.findall(rb"(\d+) 0 obj\s<<\s/FT /Sig\s/T \(Signature1\)", pdf)[-1])
    return increment(pdf, {number: replaced(source_of(pdf, number), rb"/V \d+ 0 R", b"")})


@forgery(REMOVED)
def _form_without_the_field() -> bytes:
    return increment(once(), {c.FORM: c.OBJECTS[c.FORM]})


@forgery(REMOVED)
def _catalog_without_a_form() -> bytes:
    pdf = once()
    return increment(pdf, {c.ROOT: replaced(source_of(pdf, c.ROOT), rb"/AcroForm 20 0 R", b"")})


@forgery("E_NOT_SIGNED")
def _cut_off_before_the_signature() -> bytes:
    return c.contract()


@forgery(REMOVED)
def _first_of_two_signatures_taken_away() -> bytes:
    pdf = signed(once(), "Signature2")
    number = int(re.findall(rb"(\d+) 0 obj\s<<\s/FT /Sig\s/T \(Signature1\)", pdf)[-1])
    return increment(pdf, {number: replaced(source_of(pdf, number), rb"/V \d+ 0 R", b"")})


@forgery("E_DOCUMENT_END")
def _cut_off_in_the_middle() -> bytes:
    return once()[:700]


@forgery(REMOVED)
def _signature_taken_away_before_the_next() -> bytes:
    """Whoever signs afterwards signs a document in which nothing is left of Hanako's signature."""
    return signed(_form_without_the_field(), "Signature2")


@forgery(REMOVED)
def _last_of_two_signatures_taken_away() -> bytes:
    pdf = signed(once(), "Signature2")
    return increment(pdf, {c.FORM: source_of(once(), c.FORM)})


@forgery(REMOVED)
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
