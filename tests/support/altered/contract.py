"""A contract of two pages with a form of every kind of field, and whatever else a PDF can have to be changed.

Written object by object, so that a test can say which octets it changes.
"""

from functools import cache

ROOT, PAGES, PAGE, CONTENT, OTHER_PAGE, OTHER_CONTENT = 1, 2, 3, 4, 5, 6
FONT, SHARED, HIDDEN = 10, 12, 14
FORM, AMOUNT, TERM, AGREE, PLAN, CITY, ITEMS, GO, CITIZEN, COMPANY = 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
BASIC, FULL, NOTE, LINK = 31, 32, 33, 34
AMOUNT_LOOK, TERM_LOOK, YES_LOOK, OFF_LOOK, CITY_LOOK, ITEMS_LOOK, GO_LOOK = 40, 41, 42, 43, 44, 45, 46
NAMES, FILES, FILE, SCRIPTS, OUTLINES, FILE_DATA, LAYERS, LAYER, BOOKMARK = 50, 51, 52, 53, 54, 55, 56, 57, 58
STRUCTURE, ELEMENT, METADATA, INFO = 60, 61, 70, 71
FREE = 980
"""In alterations this and the next stand for numbers that are nobody's."""
SIZE = 80


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<< %b /Length %d >>\nstream\n%b\nendstream" % (entries, len(content), content)


def look(content: bytes, entries: bytes = b"") -> bytes:
    """An appearance of 100 by 20 points."""
    head = b"/Type /XObject /Subtype /Form /BBox [0 0 100 20] /Resources << /Font << /Helv 10 0 R >> %b >>"
    return stream(content, head % entries)


def text_look(text: bytes) -> bytes:
    return look(b"/Tx BMC q BT /Helv 10 Tf 0 g 2 5 Td (%b) Tj ET Q EMC" % text)


def xmp(title: bytes, date: bytes = b"2026-06-01T00:00:00Z") -> bytes:
    return stream(
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        b'xmlns:dc="http://purl.org/dc/elements/1.1/"><xmp:ModifyDate>%b</xmp:ModifyDate>'
        b"<dc:title>%b</dc:title></rdf:Description></rdf:RDF></x:xmpmeta>" % (date, title),
        b"/Type /Metadata /Subtype /XML",
    )


def widget(number: int, rest: bytes) -> bytes:
    bottom = 700 - 30 * number
    return b"<< /Type /Annot /Subtype /Widget /F 4 /P 3 0 R /Rect [100 %d 200 %d] %b >>" % (
        bottom,
        bottom + 20,
        rest,
    )


OBJECTS = {
    ROOT: b"<< /Type /Catalog /Pages 2 0 R /AcroForm 20 0 R /Names 50 0 R /Outlines 54 0 R "
    b"/OpenAction [3 0 R /Fit] /OCProperties 56 0 R /StructTreeRoot 60 0 R /Metadata 70 0 R /Lang (ja) >>",
    PAGES: b"<< /Type /Pages /Kids [3 0 R 5 0 R] /Count 2 >>",
    PAGE: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 "
    b"10 0 R >> /XObject << /X1 12 0 R >> /Properties << /L1 57 0 R >> >> /Annots [21 0 R 22 0 R 23 0 R "
    b"31 0 R 32 0 R 25 0 R 26 0 R 27 0 R 28 0 R 29 0 R 33 0 R 34 0 R] /StructParents 0 >>",
    CONTENT: stream(
        b"BT /F1 12 Tf 100 760 Td (Amount: 1000 yen) Tj ET "
        b"/OC /L1 BDC BT /F1 9 Tf 100 730 Td (draft) Tj ET EMC "
        b"q 1 0 0 1 300 700 cm /X1 Do Q"
    ),
    OTHER_PAGE: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 6 0 R "
    b"/Resources << /Font << /F1 10 0 R >> >> >>",
    OTHER_CONTENT: stream(b"BT /F1 12 Tf 100 760 Td (Place: Aoba) Tj ET"),
    FONT: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    SHARED: look(b"BT /Helv 10 Tf 2 5 Td (seal) Tj ET"),
    HIDDEN: stream(b"BT /F1 12 Tf 100 760 Td (Amount: 9000 yen) Tj ET"),
    FORM: b"<< /Fields [21 0 R 22 0 R 23 0 R 24 0 R 25 0 R 26 0 R 27 0 R 28 0 R 29 0 R] "
    b"/DR << /Font << /Helv 10 0 R >> >> /DA (/Helv 10 Tf 0 g) >>",
    AMOUNT: widget(0, b"/FT /Tx /T (Amount) /V (1000) /DA (/Helv 10 Tf 0 g) /AP << /N 40 0 R >>"),
    TERM: widget(
        1, b"/FT /Tx /T (Term) /MaxLen 20 /V (2027-03-31) /DA (/Helv 10 Tf 0 g) /AP << /N 41 0 R >>"
    ),
    AGREE: widget(
        2,
        b"/FT /Btn /T (Agree) /V /Off /AS /Off /MK << /CA (4) >> /AP << /N << /Yes 42 0 R /Off 43 0 R >> >>",
    ),
    PLAN: b"<< /FT /Btn /T (Plan) /Ff 49152 /V /Basic /Kids [31 0 R 32 0 R] >>",
    CITY: widget(
        5, b"/FT /Ch /T (City) /Ff 131072 /Opt [[(a) (Aoba)] [(m) (Midori)]] /V (a) /AP << /N 44 0 R >>"
    ),
    ITEMS: widget(6, b"/FT /Ch /T (Items) /Opt [(one) (two)] /V (one) /AP << /N 45 0 R >>"),
    GO: widget(
        7,
        b"/FT /Btn /T (Go) /Ff 65536 /MK << /CA (Go) >> /AP << /N 46 0 R >> "
        b"/A << /S /URI /URI (https://a.example) >>",
    ),
    CITIZEN: widget(8, b"/FT /Sig /T (Citizen)"),
    COMPANY: widget(9, b"/FT /Sig /T (Company)"),
    BASIC: widget(3, b"/Parent 24 0 R /AS /Basic /AP << /N << /Basic 42 0 R /Off 43 0 R >> >>"),
    FULL: widget(4, b"/Parent 24 0 R /AS /Off /AP << /N << /Full 42 0 R /Off 43 0 R >> >>"),
    NOTE: b"<< /Type /Annot /Subtype /Text /Rect [300 600 320 620] /Contents (please check) >>",
    LINK: b"<< /Type /Annot /Subtype /Link /Rect [300 500 400 520] "
    b"/A << /S /URI /URI (https://a.example) >> >>",
    AMOUNT_LOOK: text_look(b"1000"),
    TERM_LOOK: text_look(b"2027-03-31"),
    YES_LOOK: look(b"q 2 2 10 10 re f Q"),
    OFF_LOOK: look(b""),
    CITY_LOOK: text_look(b"Aoba"),
    ITEMS_LOOK: look(b"/Tx BMC BT /Helv 10 Tf 2 12 Td (one) Tj 0 -10 Td (two) Tj ET EMC"),
    GO_LOOK: text_look(b"Go"),
    NAMES: b"<< /EmbeddedFiles 51 0 R /JavaScript 53 0 R >>",
    FILES: b"<< /Names [(terms.txt) 52 0 R] >>",
    FILE: b"<< /Type /Filespec /F (terms.txt) /EF << /F 55 0 R >> >>",
    SCRIPTS: b"<< /Names [(begin) << /S /JavaScript /JS (var a = 1;) >>] >>",
    OUTLINES: b"<< /Type /Outlines /First 58 0 R /Last 58 0 R /Count 1 >>",
    FILE_DATA: stream(b"These are the terms.", b"/Type /EmbeddedFile"),
    LAYERS: b"<< /OCGs [57 0 R] /D << /ON [57 0 R] /Order [57 0 R] >> >>",
    LAYER: b"<< /Type /OCG /Name (draft) >>",
    BOOKMARK: b"<< /Title (Amount) /Parent 54 0 R /Dest [3 0 R /Fit] >>",
    STRUCTURE: b"<< /Type /StructTreeRoot /K 61 0 R >>",
    ELEMENT: b"<< /Type /StructElem /S /P /P 60 0 R /Pg 3 0 R /K 0 /ActualText (Amount: 1000 yen) >>",
    METADATA: xmp(b"Contract"),
    INFO: b"<< /Title (Contract) /ModDate (D:20260601000000Z) >>",
}


@cache
def contract() -> bytes:
    """The contract, before anybody signs it."""
    return _file(OBJECTS)


def contract_with(**changed: bytes) -> bytes:
    """The contract written with other objects from the start: `contract_with(o21=b"…")`."""
    return _file(OBJECTS | {int(name[1:]): source for name, source in changed.items()})


def _file(objects: dict[int, bytes]) -> bytes:
    written = bytearray(b"%PDF-1.7\n%\xe6\x9c\xac\xe4\xba\xba\n")
    offsets = {}
    for number, source in objects.items():
        offsets[number] = len(written)
        written += b"%d 0 obj\n%b\nendobj\n" % (number, source)
    start = len(written)
    written += b"xref\n0 1\n0000000000 65535 f \n"
    for number, offset in sorted(offsets.items()):
        written += b"%d 1\n%010d 00000 n \n" % (number, offset)
    written += b"trailer\n<< /Size %d /Root 1 0 R /Info 71 0 R /ID [<01> <01>] >>\n" % SIZE
    return bytes(written + b"startxref\n%d\n%%%%EOF\n" % start)
