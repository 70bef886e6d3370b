"""Writing more to a PDF that is there: objects and a table of contents after its end (ISO 32000-2, 7.5.6)."""

import re

Table = list[tuple[int, int, int]]
"""Entries of a cross-reference table: number, generation, offset; offset -1 for an object that is freed."""


def source_of(pdf: bytes, number: int) -> bytes:
    """An object as it was written last."""
    written = re.findall(rb"(?<!\d)%d 0 obj\s(.*?)\sendobj" % number, pdf, re.S)
    return bytes(written[-1])


def with_entry(source: bytes, entry: bytes) -> bytes:
    """A dictionary with an entry more."""
    assert source.endswith(b">>")
    return source[:-2] + entry + b" >>"


def replaced(source: bytes, pattern: bytes, replacement: bytes) -> bytes:
    """An object's source with the first match replaced; there must be one."""
    new, count = re.subn(pattern, replacement, source, count=1, flags=re.S)
    assert count == 1, (pattern, source[:200])
    return new


def start_of_table(pdf: bytes) -> int:
    """Where the newest table of contents stands."""
    return int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])


def first_free(pdf: bytes) -> int:
    """The first number that no object has."""
    return max(int(size) for size in re.findall(rb"/Size (\d+)", pdf))


def reference_in_trailer(pdf: bytes, key: bytes) -> int:
    """The number of the object that the newest trailer names."""
    return int(re.findall(rb"/%b (\d+) 0 R" % key, pdf)[-1])


def trailer_of(pdf: bytes) -> bytes:
    """The newest trailer without what every increment says anew."""
    source = re.findall(rb"trailer\s*<<(.*?)>>\s*startxref", pdf, re.S)[-1]
    return re.sub(rb"/(Prev|Size|XRefStm) \d+", b"", source)


def increment(
    pdf: bytes,
    objects: dict[int, bytes],
    *,
    trailer: bytes | None = None,
    table: Table | None = None,
    more: Table | None = None,
    previous: int | None = None,
    generation: int = 0,
) -> bytes:
    """The file with objects written after its end. `table` replaces the entries, `more` adds to them."""
    written = bytearray(pdf if pdf.endswith(b"\n") else pdf + b"\n")
    entries: Table = []
    for number, source in objects.items():
        entries.append((number, generation, len(written)))
        written += b"%d %d obj\n%b\nendobj\n" % (number, generation, source)
    entries = entries if table is None else table
    entries = [*entries, *(more or [])]
    start = len(written)
    written += b"xref\n0 1\n0000000000 65535 f \n"
    for number, of_generation, offset in entries:
        if offset < 0:
            written += b"%d 1\n0000000000 %05d f \n" % (number, of_generation + 1)
        else:
            written += b"%d 1\n%010d %05d n \n" % (number, offset, of_generation)
    size = max([first_free(pdf), *(number + 1 for number, _, _ in entries)])
    written += b"trailer\n<< /Size %d /Prev %d %b >>\n" % (
        size,
        start_of_table(pdf) if previous is None else previous,
        trailer_of(pdf) if trailer is None else trailer,
    )
    return bytes(written + b"startxref\n%d\n%%%%EOF\n" % start)


def increment_by_stream(
    pdf: bytes, objects: dict[int, bytes], *, packed: dict[int, tuple[int, int]]
) -> bytes:
    """As `increment`, with a cross-reference stream; `packed` says in which object stream an object is."""
    written = bytearray(pdf)
    rows = {0: (0, 0, 65535)}
    for number, source in objects.items():
        rows[number] = (1, len(written), 0)
        written += b"%d 0 obj\n%b\nendobj\n" % (number, source)
    rows |= {number: (2, holder, index) for number, (holder, index) in packed.items()}
    own = max([first_free(pdf), *rows]) + 1
    start = len(written)
    rows[own] = (1, start, 0)
    index = b" ".join(b"%d 1" % number for number in sorted(rows))
    data = b"".join(
        kind.to_bytes(1, "big") + first.to_bytes(4, "big") + second.to_bytes(2, "big")
        for _, (kind, first, second) in sorted(rows.items())
    )
    root, info = (re.findall(rb"/%b (\d+ 0 R)" % key, pdf)[-1] for key in (b"Root", b"Info"))
    head = b"/Type /XRef /W [1 4 2] /Index [%b] /Size %d /Prev %d /Root %b /Info %b /ID [<01> <01>]" % (
        index,
        own + 1,
        start_of_table(pdf),
        root,
        info,
    )
    written += b"%d 0 obj\n<< %b /Length %d >>\nstream\n%b\nendstream\nendobj\n" % (
        own,
        head,
        len(data),
        data,
    )
    return bytes(written + b"startxref\n%d\n%%%%EOF\n" % start)
