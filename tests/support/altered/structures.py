"""Signed files whose structure was tampered with: more written after the end, and tables that mislead."""

import re
from functools import cache
from pathlib import Path

from tests.support.altered import contract as c
from tests.support.altered.forgeries import (
    CHANGE,
    DAMAGED,
    FORGED,
    UNCLEAR,
    Case,
    edited,
    once,
    registering,
)
from tests.support.altered.increments import (
    first_free,
    increment,
    increment_by_stream,
    replaced,
    source_of,
    start_of_table,
    trailer_of,
)
from tests.support.altered.signing import signed

CASES: list[Case] = []
forgery = registering(CASES)


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


def _hidden_object() -> bytes:
    """An object that no table lists, and a write that changes nothing."""
    return increment(once() + b"4 0 obj\n" + FORGED + b"\nendobj\n", {})


@forgery(CHANGE)
def _object_that_no_table_lists() -> bytes:
    return _hidden_object()


@forgery(CHANGE)
def _object_that_no_table_lists_and_a_second_signature() -> bytes:
    return signed(_hidden_object(), "Signature2")


@forgery(CHANGE)
def _end_moved_away_from_an_object_that_no_table_lists() -> bytes:
    return _hidden_object() + bytes(6000)


@forgery(CHANGE)
def _end_moved_away_by_lines() -> bytes:
    return _with_a_second_content() + b"\n" * 990


@forgery(CHANGE)
def _end_moved_away_from_hidden_content() -> bytes:
    """No octet but zeros was added: readers that do not find the end look at all objects of the file."""
    return _with_a_second_content() + bytes(70_000)


@forgery(CHANGE)
def _entry_that_leads_nowhere() -> bytes:
    return increment(once(), {}, table=[(first_free(once()), 0, 3)])


@forgery(CHANGE)
def _entry_that_leads_beyond_the_end() -> bytes:
    return increment(once(), {}, table=[(first_free(once()), 0, 99_999_999)])


@forgery(CHANGE)
def _unused_object_that_cannot_be_read() -> bytes:
    return increment(once(), {first_free(once()): b"<< /A (( >> \0 ]] /B <</C"})


@forgery(CHANGE)
def _mark_of_the_end_that_leads_beside_the_table() -> bytes:
    pdf = increment(once(), {})
    start = start_of_table(pdf)
    return pdf.replace(b"startxref\n%d\n" % start, b"startxref\n%d\n" % (start - 1))


@forgery(CHANGE)
def _size_smaller_than_what_there_is() -> bytes:
    pdf = increment(once(), {})
    at = pdf.rindex(b"/Size")
    return pdf[:at] + re.sub(rb"/Size \d+", b"/Size 5", pdf[at:], count=1)


@forgery(CHANGE)
def _object_freed_for_some_readers_only() -> bytes:
    pdf = increment(once(), {}, table=[(c.CONTENT, 0, -1)])
    at = pdf.rindex(b"00001 f")
    return edited(pdf, at, b"00000 f")


@forgery(CHANGE)
def _length_that_ends_before_the_stream() -> bytes:
    more = b" BT /F1 9 Tf 100 620 Td (void) Tj ET\nendstream"
    return increment(once(), {c.CONTENT: source_of(once(), c.CONTENT).replace(b"\nendstream", more)})


def _page_named_twice(pdf: bytes, trailer: bytes | None = None) -> bytes:
    """A page with two contents: for some readers the first counts, for others the last."""
    free, page = first_free(pdf), source_of(pdf, c.PAGE)
    twice = replaced(page, rb"/Contents 4 0 R", b"/Contents 4 0 R /Contents %d 0 R" % free)
    return increment(pdf, {c.PAGE: twice, free: FORGED}, trailer=trailer)


@forgery(CHANGE)
def _key_named_twice() -> bytes:
    return _page_named_twice(once())


@forgery(CHANGE)
def _key_named_twice_as_word_writes() -> bytes:
    pdf = signed(Path(__file__).with_name("hybrid.pdf").read_bytes(), "Signature1", strict=False)
    root = re.findall(rb"/Root \d+ 0 R", pdf)[-1]
    name = re.findall(rb"/ID \[[^\]]*\]", pdf)[-1]
    return _page_named_twice(pdf, trailer=root + b" " + name)


def _packed_page(head: bytes, bodies: bytes, index: int) -> bytes:
    pdf = once()
    free = first_free(pdf)
    objects = {free: FORGED, free + 1: c.stream(head + bodies, b"/Type /ObjStm /N 2 /First %d" % len(head))}
    return increment_by_stream(pdf, objects, packed={c.PAGE: (free + 1, index)})


@forgery(CHANGE)
def _number_packed_twice() -> bytes:
    page = source_of(once(), c.PAGE)
    forged = replaced(page, rb"/Contents 4 0 R", b"/Contents %d 0 R" % first_free(once()))
    return _packed_page(b"3 0 3 %d " % (len(page) + 1), page + b" " + forged, 0)


@forgery(CHANGE)
def _number_packed_and_not_listed() -> bytes:
    page = source_of(once(), c.PAGE)
    return _packed_page(b"3 0 4 %d " % (len(page) + 1), page + b" << /Length 0 >>", 0)


@forgery(CHANGE)
def _number_packed_at_another_place() -> bytes:
    page = source_of(once(), c.PAGE)
    return _packed_page(b"99 0 3 4 ", b"<<>>" + page, 0)


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
    """The new table leads past the signed one, and lists the signed one's objects itself."""
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
        b"%d 0 obj\n<< /Type /XRef /W [1 4 2] /Index [4 1] /Size %d /Length 7 >>\n"
        b"stream\n%b\nendstream\nendobj\n"
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
