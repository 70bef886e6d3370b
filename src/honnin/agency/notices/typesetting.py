"""Makes the PDF of a letter: PDF/A-2a and PDF/UA-1, tagged, with the fonts of a package.

The same letter is the same PDF, byte for byte: whatever it says is in the record, no clock is read, and no
font of the machine takes part. What a name or an address holds is data to typst, never markup. Refuses to set
a name in a font that cannot show it as it is written.
"""

import hashlib
import json
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Final

import segno
import typst
from django.conf import settings
from pylopdf_fonts_jp import sans_path

from honnin.agency.notices.coverage import coverage_of
from honnin.agency.notices.models import Letter
from honnin.clock import JAPAN, day_in_japan
from honnin.errors import Unavailable
from honnin.law import information
from honnin.law.cards.pins import PinKind, pin_rule
from honnin.law.certificates.notices import LETTER_CODE, LetterKind, enclosures
from honnin.law.era import format_era_date
from honnin.law.terms import Generation
from honnin.law.validity import renewal_opens_on
from honnin.law.wording import format_day
from honnin.wire.messages.notices import InquirySubject

SHEETS: Final = Path(__file__).with_name("sheets")
STANDARDS: Final = ("a-2a", "ua-1")
_PINS: Final = (PinKind.SIGNATURE, PinKind.USER_AUTHENTICATION, PinKind.RESIDENT_REGISTER)
_SHEET: Final = {LetterKind.EXPIRY_NOTICE: "expiry", LetterKind.DOCUMENT_INQUIRY: "inquiry"}
_PAGES: Final = re.compile(rb"/Type\s*/Pages\b.*?/Count\s+([0-9]+)", re.DOTALL)
# Whoever gives new PINs in writing does so where the holder does not come in person.
_ASKS_PINS: Final = frozenset({InquirySubject.RENEWAL_BY_PROXY, InquirySubject.PIN_RESET})


@dataclass(frozen=True)
class Printed:
    """A letter as it leaves the typesetter: the PDF, its pages, its SHA-256 (hex)."""

    pdf: bytes
    pages: int
    sha256: str

    @classmethod
    def of(cls, pdf: bytes) -> "Printed":
        """Raises ValueError for what has no pages."""
        pages = max(int(count) for count in _PAGES.findall(pdf))
        return cls(pdf, pages, hashlib.sha256(pdf).hexdigest())


@dataclass(frozen=True)
class Font:
    """A font file, and the family by which typst knows it."""

    path: Path
    family: str


class Typesetter:
    """One compiler for many letters: it reads the sheets and the fonts once, and sets one after the other."""

    def __init__(self, fonts: tuple[Font, ...], *, is_test: bool = True) -> None:
        self._one_at_a_time = Lock()  # the compiler refuses two threads
        self._fonts = fonts
        self._is_test = is_test
        self._compiler = typst.Compiler(
            root=SHEETS,
            font_paths=typst.Fonts(
                include_system_fonts=False,
                include_embedded_fonts=False,
                font_paths=[str(font.path.parent) for font in fonts],
            ),
            ignore_system_fonts=True,
        )

    def set(self, letter: Letter) -> Printed:
        """The PDF of a letter that has an address.

        Raises Unavailable E_GLYPH_MISSING where no font shows the name and address, E_LETTER_NOT_SET where
        typst refuses the sheet.
        """
        content = self.content(letter)
        try:
            return Printed.of(self.compiled(content, letter.ordered_at))
        except (typst.TypstError, ValueError) as error:
            raise Unavailable("E_LETTER_NOT_SET", number=letter.number) from error

    def compiled(self, content: str, at: datetime) -> bytes:
        """What typst makes of the content of a letter (JSON)."""
        with self._one_at_a_time:
            pdf = self._compiler.compile(
                input=str(SHEETS / "main.typ"),
                format="pdf",
                sys_inputs={"letter": content},
                pdf_standards=list(STANDARDS),
                timestamp=int(at.timestamp()),
            )
        if not isinstance(pdf, bytes):
            raise ValueError("one file was expected")
        return pdf

    def font_for(self, text: str) -> Font:
        """The first font that shows a text as it is written. Raises Unavailable E_GLYPH_MISSING."""
        first_missing = None
        for font in self._fonts:
            position = coverage_of(font.path).missing(text)
            if position is None:
                return font
            first_missing = first_missing or position
        raise Unavailable("E_GLYPH_MISSING", position=first_missing or 1)

    def content(self, letter: Letter) -> str:
        """What the sheets are filled in with, as JSON; raises as `font_for`."""
        kind, tells = LetterKind(letter.kind), letter.tells
        return json.dumps(
            {
                "sheet": _SHEET.get(kind, "status"),
                "kind": kind,
                "number": letter.number,
                "qr": _qr(letter.number),
                "test": self._is_test,
                "issuers": list(information.ISSUERS),
                "letter_code": LETTER_CODE,
                "fonts": [font.family for font in self._fonts],
                "to": _addressee(letter, self.font_for),
                "dated": format_era_date(day_in_japan(letter.ordered_at)),
                "certificates": [
                    each | {"day": format_day(date.fromisoformat(each["expiry"]), "ja")}
                    for each in tells.get("certificates", ())
                ],
                "pins": _pins(),
                "lines": _lines(),
                "notices": self._notices(),
                **_of_kind(letter, tells),
            },
            ensure_ascii=False,
        )

    def _notices(self) -> list[dict[str, str]]:
        """The notice of the line in other languages, in each language that a font can show."""
        found = []
        for language, text in information.NOTICES.items():
            with suppress(Unavailable):
                found.append({"language": language, "text": text, "font": self.font_for(text).family})
        return found


def _addressee(letter: Letter, font_for: Any) -> dict[str, str]:
    return {
        "name": letter.name,
        "address": letter.address,
        "name_font": font_for(letter.name).family,
        "address_font": font_for(letter.address).family,
    }


def _of_kind(letter: Letter, tells: dict[str, Any]) -> dict[str, object]:
    """What only letters of this kind say."""
    if letter.kind == LetterKind.EXPIRY_NOTICE and letter.expiry_date is not None:
        first = min(date.fromisoformat(each["expiry"]) for each in tells["certificates"])
        return {
            "enclosures": list(enclosures()),
            "opens": format_day(renewal_opens_on(first), "ja"),
            "expiry": format_day(letter.expiry_date, "ja"),
            "expiry_english": f"{letter.expiry_date.day} {letter.expiry_date:%B %Y}",
            "card_ends_too": tells.get("card_expiry") == letter.expiry_date.isoformat(),
        }
    if letter.kind == LetterKind.DOCUMENT_INQUIRY and letter.answer_by is not None:
        return {
            "subject": tells["subject"],
            "application_number": tells["application_number"],
            "answer_by": format_day(letter.answer_by, "ja"),
            "asks_pins": InquirySubject(tells["subject"]) in _ASKS_PINS,
        }
    at = datetime.fromisoformat(tells["at"]).astimezone(JAPAN)
    return {"at_day": format_era_date(at.date()), "at_time": f"{at.hour}時{at.minute:02}分"}


def _qr(number: str) -> str:
    """The letter's number as a QR code (SVG): who takes it in at the mail room or the counter scans it."""
    return str(segno.make(f"HONNIN {number}", error="m", micro=False).svg_inline(scale=4, border=2))


def _pins() -> list[dict[str, object]]:
    rules = ((kind, pin_rule(kind, Generation.NUMBER_CARD)) for kind in _PINS)
    return [{"kind": kind, "shortest": rule.shortest, "longest": rule.longest} for kind, rule in rules]


def _lines() -> dict[str, str]:
    return {
        "free": information.FREE_LINE,
        "instead": information.INSTEAD_OF_A_LINE,
        "other_languages": information.LINE_IN_OTHER_LANGUAGES,
        "weekdays": _hours(information.WEEKDAYS),
        "other_days": _hours(information.OTHER_DAYS),
        "site": information.CARD_SITE,
    }


def _hours(hours: tuple[time, time]) -> str:
    first, last = hours
    return f"{first.hour}時{first.minute:02}分～{last.hour}時{last.minute:02}分"


@cache
def typesetter() -> Typesetter:
    """The typesetter of this process. Raises Unavailable E_FONT_MISSING."""
    paths = [sans_path()]
    if settings.HONNIN_FONT:
        paths.append(Path(settings.HONNIN_FONT))
    fonts = tuple(Font(path, _family(path)) for path in paths)
    return Typesetter(fonts, is_test=settings.HONNIN_IS_TEST)


def _family(path: Path) -> str:
    """Raises Unavailable E_FONT_MISSING for what typst does not take for a font."""
    if not path.is_file():
        raise Unavailable("E_FONT_MISSING")
    faces = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(path.parent)]
    ).fonts()
    for face in faces:
        if face.path is not None and Path(face.path) == path:
            return face.family
    raise Unavailable("E_FONT_MISSING")
