"""Signed files whose objects are packed into streams, and what was exchanged in them."""

import io
import re
from functools import cache

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from tests.support.altered import contract as c
from tests.support.altered.forgeries import (
    CHANGE,
    FORGED,
    Case,
    registering,
)
from tests.support.altered.increments import (
    first_free,
    increment_by_stream,
    reference_in_trailer,
    source_of,
    with_entry,
)
from tests.support.altered.signing import signed

CASES: list[Case] = []
forgery = registering(CASES)


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
