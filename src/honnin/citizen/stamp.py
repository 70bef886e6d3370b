"""What a signature shows in the box of a field that was made for one: who signed, and when they say so.

Drawn in a font of every Japanese viewer (HeiseiKakuGo-W5), which is not embedded. It proves nothing: the
signature does.
"""

import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyhanko.pdf_utils import content, generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.stamp import StaticContentStamp, StaticStampStyle

from honnin.clock import JAPAN

_DESCRIPTOR = (
    b"<< /Type /FontDescriptor /FontName /HeiseiKakuGo-W5 /Flags 4 /FontBBox [-92 -250 1010 922] "
    b"/ItalicAngle 0 /Ascent 752 /Descent -221 /CapHeight 737 /StemV 114 >>"
)
# The Latin letters of Adobe-Japan1 are its first 230 characters; in this font each takes half of an em.
_DESCENDANT = (
    b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HeiseiKakuGo-W5 /DW 1000 /W [1 230 500] "
    b"/CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 5 >> /FontDescriptor %d 0 R >>"
)
_FONT = (
    b"<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiKakuGo-W5-UniJIS-UTF16-H "
    b"/Encoding /UniJIS-UTF16-H /DescendantFonts [%d 0 R] >>"
)
_MARGIN = 4
_LEADING = 1.4
_LARGEST = 14


@dataclass(frozen=True)
class Stamp(StaticStampStyle):
    """The style that pyHanko asks for a stamp of the size of a box."""

    name: str = ""
    when: datetime | None = None

    def create_stamp(self, writer: Any, box: Any, text_params: dict[str, Any]) -> "DrawnStamp":
        return DrawnStamp(writer=writer, style=self, box=box)


class DrawnStamp(StaticContentStamp):
    """Name and time in as large letters as fit, up to 14 points, within a thin frame."""

    style: Stamp

    def render(self) -> bytes:
        self.set_resource(content.ResourceType.FONT, pdf_name("/JP"), _font(self._ensure_writer))
        lines = ["電子署名", self.style.name]
        if self.style.when is not None:
            lines.append(f"{self.style.when.astimezone(JAPAN):%Y-%m-%d %H:%M:%S} JST")
        width, height = float(self.box.width), float(self.box.height)
        longest = max(_ems(line) for line in lines)
        size = min(
            _LARGEST, (width - 2 * _MARGIN) / longest, (height - 2 * _MARGIN) / (_LEADING * len(lines))
        )
        size = max(size, 1.0)
        frame = f"q 0.0 0.09 0.53 RG 0.8 w 0.4 0.4 {width - 0.8:.2f} {height - 0.8:.2f} re S Q"
        top = (height + size * _LEADING * len(lines)) / 2 - size
        shown = " ".join(
            f"1 0 0 1 {_MARGIN} {top - row * size * _LEADING:.2f} Tm <{line.encode('utf-16-be').hex()}> Tj"
            for row, line in enumerate(lines)
        )
        return f"{frame} q BT /JP {size:.2f} Tf 0.1 g {shown} ET Q".encode("ascii")


def _ems(line: str) -> float:
    """The width of a line in ems; Latin letters take half of one in this font."""
    return sum(0.5 if " " <= each <= "~" else 1 for each in line) or 1


def _font(writer: Any) -> Any:
    """A reference to the font, written into the document as the objects of `sample_document` are."""
    descriptor = _added(writer, _DESCRIPTOR)
    descendant = _added(writer, _DESCENDANT % descriptor.idnum)
    return _added(writer, _FONT % descendant.idnum)


def _added(writer: Any, text: bytes) -> Any:
    written = generic.read_object(io.BytesIO(text), generic.Reference(0, 0, writer))
    return writer.add_object(written)
