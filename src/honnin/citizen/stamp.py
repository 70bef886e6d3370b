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
from pyhanko.pdf_utils.misc import PdfReadError
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
_NO_ROTATE = 1 << 4
"""The flag of an annotation that stays as it is on a turned page (ISO 32000-2, 12.5.3)."""


@dataclass(frozen=True)
class Stamp(StaticStampStyle):
    """The style that pyHanko asks for a stamp of the size of a box."""

    name: str = ""
    when: datetime | None = None
    turned: int = 0
    """Degrees against the clock, 0, 90, 180 or 270, by which the text stands in the box."""

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
        box_width, box_height = float(self.box.width), float(self.box.height)
        width, height = (box_width, box_height)[:: -1 if self.style.turned % 180 else 1]
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
        turn = _turn(self.style.turned, box_width, box_height)
        return f"q {turn} cm {frame} BT /JP {size:.2f} Tf 0.1 g {shown} ET Q".encode("ascii")


def turned_of(widget: Any) -> int:
    """How a field's box turns what is in it, so that it is read upright: as the box says, else as its page.

    ISO 32000-2, 12.5.6.19 (`R` of `MK`, against the clock) and 7.7.3.3 (`Rotate` of a page, with it).
    """
    own = _number(entry_of(entry_of(widget, "/MK"), "/R"))
    if own is None and not (_number(entry_of(widget, "/F")) or 0) & _NO_ROTATE:
        page = entry_of(widget, "/P")
        for _ in range(32):  # a page's parents, as deep as a tree of pages may reasonably be
            own = _number(entry_of(page, "/Rotate"))
            if own is not None or page is None:
                break
            page = entry_of(page, "/Parent")
    return (own or 0) % 360 // 90 * 90


def _turn(turned: int, width: float, height: float) -> str:
    return {
        0: "1 0 0 1 0 0",
        90: f"0 1 -1 0 {width:.2f} 0",
        180: f"-1 0 0 -1 {width:.2f} {height:.2f}",
        270: f"0 -1 1 0 0 {height:.2f}",
    }[turned]


def entry_of(container: Any, key: str) -> Any:
    """An entry of a dictionary; None for null and for what nothing stands at (ISO 32000-2, 7.3.10)."""
    try:
        return container[key] if isinstance(container, generic.DictionaryObject) else None
    except (KeyError, PdfReadError):
        return None


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, generic.NumberObject) else None


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
