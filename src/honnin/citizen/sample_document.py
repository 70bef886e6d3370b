"""A pleasant one-page PDF to sign, for demonstrations and tests.

A4, a title and lines of Japanese and Latin text, the same bytes for the same words. Fonts are not
embedded: Japanese is set in HeiseiKakuGo-W5 by the predefined CMap UniJIS-UTF16-H (ISO 32000-2, 9.7.5.2),
Latin in Helvetica, which every viewer knows. For a document of legal weight use one with embedded fonts.
"""

from collections.abc import Sequence
from itertools import groupby

_WIDTH, _HEIGHT = 595, 842  # A4 in points
_MARGIN = 71
_LINE = 24
_LATIN, _JAPANESE = "F1", "F2"
_HELVETICA_WIDTH = 0.556  # of an em, what most letters of Helvetica take


def sample_document(title: str, lines: Sequence[str]) -> bytes:
    """One page with a title, a rule under it, and up to 26 lines of up to 37 full-width characters.

    Raises ValueError when there are more lines than the page holds.
    """
    if len(lines) > 26:
        raise ValueError("a sample document has at most 26 lines")
    return _file(_objects(_content(title, lines)))


def _content(title: str, lines: Sequence[str]) -> bytes:
    top = _HEIGHT - 110
    parts = [
        b"0.0 0.09 0.53 rg 0 826 595 16 re f",  # a band of deep blue across the top
        b"0.10 0.10 0.11 rg",
        _text(title, 22, top),
        b"0.0 0.09 0.53 RG 1.5 w %d %d m %d %d l S" % (_MARGIN, top - 16, _WIDTH - _MARGIN, top - 16),
    ]
    parts += [_text(line, 12, top - 52 - _LINE * row) for row, line in enumerate(lines)]
    return b"\n".join(parts)


def _text(text: str, size: int, y: int) -> bytes:
    """One line of text, changing between the two fonts."""
    shown, x = [], float(_MARGIN)
    for latin, characters in groupby(text, key=_is_latin):
        run = "".join(characters)
        font = _LATIN if latin else _JAPANESE
        encoded = run.encode("ascii" if latin else "utf-16-be")
        shown.append(f"/{font} {size} Tf 1 0 0 1 {x:.1f} {y} Tm <{encoded.hex()}> Tj")
        x += size * len(run) * (_HELVETICA_WIDTH if latin else 1)
    return f"BT {' '.join(shown)} ET".encode("ascii")


def _is_latin(character: str) -> bool:
    return " " <= character <= "~"


def _objects(content: bytes) -> list[bytes]:
    return [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (ja) >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>" % (_WIDTH, _HEIGHT),
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiKakuGo-W5-UniJIS-UTF16-H "
        b"/Encoding /UniJIS-UTF16-H /DescendantFonts [7 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HeiseiKakuGo-W5 /DW 1000 "
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 5 >> /FontDescriptor 8 0 R >>",
        b"<< /Type /FontDescriptor /FontName /HeiseiKakuGo-W5 /Flags 4 /FontBBox [-92 -250 1010 922] "
        b"/ItalicAngle 0 /Ascent 752 /Descent -221 /CapHeight 737 /StemV 114 >>",
    ]


def _file(objects: list[bytes]) -> bytes:
    written = bytearray(b"%PDF-1.7\n%\xe6\x9c\xac\xe4\xba\xba\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    written += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    written += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    return bytes(written + b"startxref\n%d\n%%%%EOF\n" % start)
