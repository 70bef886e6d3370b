"""One change each: objects of the contract written anew after its end, and what is to be said of it.

An alteration is a function of the file that may have been signed already; most only name the objects.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.support.altered import contract as c
from tests.support.altered.increments import (
    first_free,
    increment,
    reference_in_trailer,
    replaced,
    source_of,
    with_entry,
)

Change = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Alteration:
    """`kind` is what must be told of it; `weight` is "look" or "refused" (or "nothing" for honest ones)."""

    name: str
    kind: str
    change: Change
    weight: str = "refused"


def _objects(**made: Callable[[bytes], bytes] | bytes) -> Change:
    """Writes the objects `o3=…` anew, each from what it was or as given; 980, 981: free numbers."""

    def change(pdf: bytes) -> bytes:
        free, info = first_free(pdf), reference_in_trailer(pdf, b"Info")
        numbers = {c.FREE: free, c.FREE + 1: free + 1, c.INFO: info}
        sources = {}
        for name, make in made.items():
            number = numbers.get(int(name[1:]), int(name[1:]))
            source = make if isinstance(make, bytes) else make(source_of(pdf, number))
            sources[number] = re.sub(
                rb"\b(980|981) 0 R", lambda found: b"%d 0 R" % numbers[int(found.group(1))], source
            )
        return increment(pdf, sources)

    return change


def _swap(pattern: bytes, replacement: bytes) -> Callable[[bytes], bytes]:
    return lambda source: replaced(source, pattern, replacement)


def _add(entry: bytes) -> Callable[[bytes], bytes]:
    return lambda source: with_entry(source, entry)


def _onto_page(annotation: bytes) -> Change:
    return _objects(o3=_swap(rb"/Annots \[", b"/Annots [ 980 0 R "), o980=annotation)


def _layer_off(source: bytes) -> bytes:
    return replaced(source, rb"/ON \[57 0 R\]", b"/OFF [57 0 R]")


_OPAQUE = c.look(b"1 1 1 rg 0 0 100 20 re f BT /Helv 10 Tf 0 g 2 5 Td (9000) Tj ET")
_SCRIPT = b"/S /JavaScript /JS (app.alert(1);)"

CONTENT = (
    Alteration("page content", "other", _objects(o4=_swap(rb"1000", b"9000"))),
    Alteration("contents of a page", "other", _objects(o3=_swap(rb"/Contents 4 0 R", b"/Contents 14 0 R"))),
    Alteration("more contents of a page", "other", _objects(o3=_swap(rb"4 0 R", b"[4 0 R 14 0 R]"))),
    Alteration("content of the other page", "other", _objects(o6=_swap(rb"Aoba", b"Mori"))),
    Alteration("font", "other", _objects(o10=_swap(rb"Helvetica", b"Symbol"))),
    Alteration(
        "encoding of a font", "other", _objects(o10=_swap(rb"/WinAnsiEncoding", b"/MacRomanEncoding"))
    ),
    Alteration("picture on a page", "other", _objects(o12=c.look(b"BT /Helv 10 Tf 2 5 Td (void) Tj ET"))),
    Alteration("resources of a page", "other", _objects(o3=_swap(rb"/X1 12 0 R", b"/X1 43 0 R"))),
    Alteration("rotation", "other", _objects(o3=_add(b"/Rotate 180"))),
    Alteration("size of the page", "other", _objects(o3=_swap(rb"595 842 ?\]", b"595 300]"))),
    Alteration("visible part of the page", "other", _objects(o3=_add(b"/CropBox [0 0 595 300]"))),
    Alteration("rotation of all pages", "other", _objects(o2=_add(b"/Rotate 90"))),
    Alteration("order of pages", "other", _objects(o2=_swap(rb"3 0 R 5 0 R", b"5 0 R 3 0 R"))),
    Alteration(
        "page taken away", "other", _objects(o2=_swap(rb"3 0 R 5 0 R\] /Count 2", b"3 0 R] /Count 1"))
    ),
    Alteration(
        "page added",
        "other",
        _objects(o2=_swap(rb"5 0 R\] /Count 2", b"5 0 R 980 0 R] /Count 3"), o980=c.OBJECTS[c.OTHER_PAGE]),
    ),
    Alteration("action of a page", "other", _objects(o3=_add(b"/AA << /O << " + _SCRIPT + b" >> >>"))),
    Alteration("user unit", "other", _objects(o5=_add(b"/UserUnit 2"))),
)

DOCUMENT = (
    Alteration(
        "action on opening",
        "other",
        _objects(o1=_swap(rb"/OpenAction \[.*?\]", b"/OpenAction << " + _SCRIPT + b" >>")),
    ),
    Alteration(
        "actions of the document", "other", _objects(o1=_add(b"/AA << /WP << " + _SCRIPT + b" >> >>"))
    ),
    Alteration("script of the document", "other", _objects(o53=_swap(rb"var a = 1;", b"app.alert\\(1\\);"))),
    Alteration("names", "other", _objects(o50=_add(b"/Dests << /Names [(x) [3 0 R /Fit]] >>"))),
    Alteration("attached file", "other", _objects(o55=_swap(rb"These", b"Those"))),
    Alteration("attached file's name", "other", _objects(o52=_swap(rb"terms", b"other"))),
    Alteration("attached file added", "other", _objects(o51=_swap(rb"\]", b"(b.txt) 52 0 R]"))),
    Alteration("layer switched off", "other", _objects(o56=_layer_off)),
    Alteration("name of a layer", "other", _objects(o57=_swap(rb"draft", b"final"))),
    Alteration("text for reading aloud", "other", _objects(o61=_swap(rb"1000 yen", b"9000 yen"))),
    Alteration("structure", "other", _objects(o60=_add(b"/RoleMap << /P /H1 >>"))),
    Alteration("bookmark", "other", _objects(o58=_swap(rb"Amount", b"Price"))),
    Alteration("language", "other", _objects(o1=_swap(rb"\(ja\)", b"(en)"))),
    Alteration("marked as tagged", "other", _objects(o1=_add(b"/MarkInfo << /Marked true >>"))),
    Alteration(
        "viewer preferences", "other", _objects(o1=_add(b"/ViewerPreferences << /HideToolbar true >>"))
    ),
    Alteration("catalog's unknown entry", "other", _objects(o1=_add(b"/Unknown 1"))),
    Alteration("earlier version", "other", _objects(o1=_add(b"/Version /1.0x"))),
    Alteration("title", "other", _objects(o71=b"<< /Title (Another) >>")),
    Alteration("title in metadata", "other", _objects(o70=c.xmp(b"Another"))),
    Alteration("metadata taken away", "other", _objects(o1=_swap(rb"/Metadata 70 0 R", b""))),
    Alteration("extensions", "other", _objects(o1=_add(b"/Collection << /View /T >>"))),
    Alteration("validation data of another shape", "other", _objects(o1=_add(b"/DSS << /Pages 2 0 R >>"))),
    Alteration("permissions of the document", "other", _objects(o1=_add(b"/Perms << /UR3 << /P 1 >> >>"))),
)

FORM = (
    Alteration("look of a text field", "appearance", _objects(o40=c.text_look(b"9000"))),
    Alteration(
        "another look of a text field", "appearance", _objects(o21=_swap(rb"/N 40", b"/N 980"), o980=_OPAQUE)
    ),
    Alteration("look shared with a page", "appearance", _objects(o21=_swap(rb"/N 40", b"/N 12"))),
    Alteration("look taken away", "appearance", _objects(o21=_swap(rb"/AP << /N 40 0 R >>", b""))),
    Alteration(
        "look of a pressed field", "appearance", _objects(o21=_swap(rb"/N 40 0 R", b"/N 40 0 R /D 14 0 R"))
    ),
    Alteration("look of a ticked box", "appearance", _objects(o42=c.look(b""))),
    Alteration("look of an empty box", "appearance", _objects(o43=c.look(b"q 2 2 10 10 re f Q"))),
    Alteration("state of a box", "appearance", _objects(o23=_swap(rb"/AS /Off", b"/AS /Yes"))),
    Alteration(
        "looks of a box exchanged",
        "appearance",
        _objects(o23=_swap(rb"/Yes 42 0 R /Off 43 0 R", b"/Yes 43 0 R /Off 42 0 R")),
    ),
    Alteration(
        "states of a choice of one",
        "appearance",
        _objects(o31=_swap(rb"/AS /Basic", b"/AS /Off"), o32=_swap(rb"/AS /Off", b"/AS /Full")),
    ),
    Alteration("look of a list", "appearance", _objects(o45=c.text_look(b"three"))),
    Alteration("look of a drop-down list", "appearance", _objects(o44=c.text_look(b"Midori"))),
    Alteration("look of a button", "appearance", _objects(o46=c.text_look(b"Stop"))),
    Alteration("label of a button", "appearance", _objects(o27=_swap(rb"\(Go\) >>", b"(Stop) >>"))),
    Alteration("action of a button", "other", _objects(o27=_swap(rb"a\.example", b"b.example"))),
    Alteration("default look", "appearance", _objects(o21=_swap(rb"0 g\)", b"1 g)"))),
    Alteration("alignment", "appearance", _objects(o21=_add(b"/Q 2"))),
    Alteration("place of a field", "appearance", _objects(o21=_swap(rb"/Rect \[100", b"/Rect [300"))),
    Alteration("hidden field", "appearance", _objects(o21=_swap(rb"/F 4", b"/F 2"))),
    Alteration("flags of a field", "other", _objects(o21=_add(b"/Ff 1"))),
    Alteration("length of a field", "other", _objects(o22=_swap(rb"/MaxLen 20", b"/MaxLen 4"))),
    Alteration("options of a list", "other", _objects(o25=_swap(rb"\(Aoba\)", b"(Mori)"))),
    Alteration("script of a field", "other", _objects(o21=_add(b"/AA << /F << " + _SCRIPT + b" >> >>"))),
    Alteration("layer of a field", "other", _objects(o21=_add(b"/OC 57 0 R"))),
    Alteration("name of a field", "other", _objects(o21=_swap(rb"\(Amount\)", b"(Price)"))),
    Alteration("label of a field", "other", _objects(o21=_add(b"/TU (Fee)"))),
    Alteration("type of a field", "other", _objects(o21=_swap(rb"/FT /Tx", b"/FT /Ch"))),
    Alteration("field taken away", "other", _objects(o20=_swap(rb"21 0 R", b""))),
    Alteration(
        "field added",
        "other",
        _objects(o20=_swap(rb"/Fields \[", b"/Fields [ 980 0 R "), o980=b"<< /FT /Tx /T (New) /V (9000) >>"),
    ),
    Alteration("field taken off its page", "appearance", _objects(o3=_swap(rb"21 0 R", b""))),
    Alteration(
        "default resources",
        "other",
        _objects(
            o20=_swap(rb"/Helv 10 0 R", b"/Helv 980 0 R"),
            o980=b"<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>",
        ),
    ),
    Alteration(
        "default look of the form", "other", _objects(o20=_swap(rb"Helv 10 Tf 0 g\)", b"Helv 10 Tf 1 g)"))
    ),
    Alteration("order of calculation", "other", _objects(o20=_add(b"/CO [21 0 R]"))),
    Alteration("looks to be made anew", "other", _objects(o20=_add(b"/NeedAppearances true"))),
    Alteration(
        "form of another kind", "other", _objects(o20=_add(b"/XFA 980 0 R"), o980=c.stream(b"<xdp/>"))
    ),
    Alteration("value with the old look", "appearance", _objects(o21=_swap(rb"/V \(1000\)", b"/V (9000)"))),
    Alteration(
        "value with another look",
        "appearance",
        _objects(o21=_swap(rb"/V \(1000\)", b"/V (9000)"), o40=c.text_look(b"5000")),
    ),
    Alteration(
        "value with an opaque look",
        "appearance",
        _objects(
            o21=_swap(rb"/V \(1000\)", b"/V (9000)"),
            o40=c.look(b"BT /Helv 10 Tf 2 5 Td (9000) Tj ET 0 0 9 9 re f"),
        ),
    ),
    Alteration(
        "value shown unseen",
        "appearance",
        _objects(
            o21=_swap(rb"/V \(1000\)", b"/V (9000)"), o40=c.look(b"BT 3 Tr /Helv 10 Tf 2 5 Td (9000) Tj ET")
        ),
    ),
    Alteration(
        "value shown by a picture",
        "appearance",
        _objects(o21=_swap(rb"/V \(1000\)", b"/V (9000)"), o40=c.look(b"/X Do", b"/XObject << /X 12 0 R >>")),
    ),
    Alteration("box ticked with the old state", "appearance", _objects(o23=_swap(rb"/V /Off", b"/V /Yes"))),
)

NOTES = (
    Alteration("note added", "annotation", _onto_page(c.OBJECTS[c.NOTE]), "look"),
    Alteration(
        "text laid over a page",
        "annotation",
        _onto_page(
            b"<< /Type /Annot /Subtype /FreeText /Rect [100 750 300 780] /Contents (9000) "
            b"/AP << /N 12 0 R >> >>"
        ),
        "look",
    ),
    Alteration(
        "picture laid over a page",
        "annotation",
        _onto_page(b"<< /Type /Annot /Subtype /Stamp /Rect [100 750 300 780] /AP << /N 12 0 R >> >>"),
        "look",
    ),
    Alteration(
        "link added",
        "annotation",
        _onto_page(
            b"<< /Type /Annot /Subtype /Link /Rect [0 0 595 842] /A << /S /URI /URI (https://b.example) >> >>"
        ),
        "look",
    ),
    Alteration(
        "text struck out",
        "annotation",
        _onto_page(
            b"<< /Type /Annot /Subtype /StrikeOut /Rect [100 750 200 780] "
            b"/QuadPoints [100 780 200 780 100 750 200 750] >>"
        ),
        "look",
    ),
    Alteration("note changed", "annotation", _objects(o33=_swap(rb"please check", b"agreed")), "look"),
    Alteration("look of a note", "annotation", _objects(o33=_add(b"/AP << /N 12 0 R >>")), "look"),
    Alteration("target of a link", "annotation", _objects(o34=_swap(rb"a\.example", b"b.example")), "look"),
    Alteration("note taken away", "annotation", _objects(o3=_swap(rb" 33 0 R", b"")), "look"),
    Alteration(
        "field that is in no form",
        "other",
        _onto_page(c.widget(0, b"/FT /Tx /T (Amount) /V (9000) /AP << /N 40 0 R >>")),
    ),
)

FILLED = (
    Alteration(
        "text filled in",
        "form_filled",
        _objects(o21=_swap(rb"/V \(1000\)", b"/V (1200)"), o40=c.text_look(b"1200")),
        "look",
    ),
    Alteration(
        "text filled in with a new look",
        "form_filled",
        _objects(
            o22=lambda s: replaced(replaced(s, rb"2027-03-31", b"2027-09-30"), rb"/N 41", b"/N 980"),
            o980=c.text_look(b"2027-09-30"),
        ),
        "look",
    ),
    Alteration(
        "text filled in, viewer draws",
        "form_filled",
        _objects(
            o21=lambda s: replaced(replaced(s, rb"1000", b"1200"), rb"40 0 R", b"980 0 R"),
            o980=c.look(b"BT /Helv 9 Tf 2 5 Td [(12) -5 (0) 3 <30>] TJ ET"),
        ),
        "look",
    ),
    Alteration(
        "number filled in as forms write it",
        "form_filled",
        _objects(o21=_swap(rb"/V \(1000\)", b"/V (12000)"), o40=c.text_look(b"12,000")),
        "look",
    ),
    Alteration(
        "box ticked",
        "form_filled",
        _objects(o23=lambda s: replaced(replaced(s, rb"/V /Off", b"/V /Yes"), rb"/AS /Off", b"/AS /Yes")),
        "look",
    ),
    Alteration(
        "one of two chosen",
        "form_filled",
        _objects(
            o24=_swap(rb"/V /Basic", b"/V /Full"),
            o31=_swap(rb"/AS /Basic", b"/AS /Off"),
            o32=_swap(rb"/AS /Off", b"/AS /Full"),
        ),
        "look",
    ),
    Alteration(
        "chosen from a drop-down list",
        "form_filled",
        _objects(o25=_swap(rb"/V \(a\)", b"/V (m)"), o44=c.text_look(b"Midori")),
        "look",
    ),
    Alteration("chosen from a list", "form_filled", _objects(o26=_swap(rb"/V \(one\)", b"/V (two)")), "look"),
)

HARMLESS = (
    Alteration(
        "same objects written again", "technical", _objects(o4=lambda s: s, o21=lambda s: s), "nothing"
    ),
    Alteration(
        "dates of the file",
        "technical",
        _objects(o71=_swap(rb"D:2026[^)]*|D\\07226[^)]*|D\\0722026[^)]*", b"D:20261129000000Z")),
        "nothing",
    ),
    Alteration("an object that nobody uses", "technical", _objects(o980=b"<< /Nothing true >>"), "nothing"),
    Alteration(
        "validation data",
        "validation_data",
        _objects(o1=_add(b"/DSS << /Type /DSS /Certs [980 0 R] >>"), o980=c.stream(b"0")),
        "nothing",
    ),
)

ALL = CONTENT + DOCUMENT + FORM + NOTES + FILLED + HARMLESS
