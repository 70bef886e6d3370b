"""Objects that take another role: a note that says it is a field, a field that a page draws with."""

from pyhanko.sign import fields

from tests.support.altered import contract as c
from tests.support.altered.forgeries import CHANGE, Case, once, registering
from tests.support.altered.increments import first_free, increment, replaced, source_of, with_entry
from tests.support.altered.signing import signed

CASES: list[Case] = []
forgery = registering(CASES)


def _with_field(pdf: bytes, body: bytes, *, page: bool = True, more: dict[int, bytes] | None = None) -> bytes:
    """A new entry among the form's fields, and on the page."""
    free = first_free(pdf)
    objects = {
        free: body,
        c.FORM: replaced(source_of(pdf, c.FORM), rb"/Fields \[", b"/Fields [ %d 0 R " % free),
    }
    if page:
        objects[c.PAGE] = replaced(source_of(pdf, c.PAGE), rb"/Annots \[", b"/Annots [ %d 0 R " % free)
    return increment(pdf, objects | (more or {}))


def _posing(subtype: bytes) -> bytes:
    return (
        b"<< /FT /Sig /T (New) /Type /Annot /Subtype /%b /F 4 /P 3 0 R /Rect [100 760 100 760] "
        b"/DA (/Helv 20 Tf 0 g) /TU (This contract is void) >>" % subtype
    )


@forgery(CHANGE)
def _note_that_says_it_is_a_signature_field() -> bytes:
    return _with_field(once(), _posing(b"Text"))


@forgery(CHANGE)
def _text_that_says_it_is_a_signature_field() -> bytes:
    return _with_field(once(), _posing(b"FreeText"))


@forgery(CHANGE)
def _stamp_that_says_it_is_a_signature_field() -> bytes:
    return _with_field(once(), _posing(b"Stamp"))


@forgery(CHANGE)
def _note_of_no_kind_that_says_it_is_a_signature_field() -> bytes:
    return _with_field(once(), _posing(b"Text").replace(b"/Subtype /Text", b""))


@forgery("E_CHANGE_NOT_PERMITTED")
def _note_that_says_it_is_a_field_in_a_certified_document() -> bytes:
    level = fields.MDPPerm.NO_CHANGES
    pdf = signed(c.contract(), "Signature1", certify=True, docmdp_permissions=level)
    return _with_field(pdf, _posing(b"Text"))


@forgery(CHANGE)
def _new_field_with_contents() -> bytes:
    body = _posing(b"Widget").replace(b"/TU", b"/Contents")
    return _with_field(once(), body)


@forgery(CHANGE)
def _note_adopted_by_a_new_field() -> bytes:
    note = b"<< /Type /Annot /Subtype /Widget /Rect [300 600 300 600] /Parent %d 0 R >>" % first_free(once())
    return _with_field(once(), b"<< /FT /Sig /T (New) /Kids [33 0 R] >>", page=False, more={c.NOTE: note})


_DRAWN_BY = b"<< /M 62 0 R >>"


def _page_that_draws_by_name(name: bytes, **more: bytes) -> bytes:
    """Signed while the page drew `/M` or `/AP`, as a dictionary of its own names it."""
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 "
        b"10 0 R >> /XObject %b >> /Annots [28 0 R 29 0 R] >>" % more.pop("drawn_by")
    )
    objects = {
        "o3": page,
        "o4": c.stream(b"q 1 0 0 1 100 700 cm /%b Do Q" % name),
        "o20": b"<< /Fields [28 0 R 29 0 R] >>",
        "o60": b"<< /Type /StructTreeRoot >>",
        "o61": _DRAWN_BY,
        "o62": c.text_look(b"Amount 1000 yen"),
        "o63": c.text_look(b"Amount 9000 yen"),
    }
    return signed(c.contract_with(**(objects | more)), "Signature1")


def _adopted(pdf: bytes, more: dict[int, bytes] | None = None) -> bytes:
    return _with_field(
        pdf,
        b"<< /FT /Sig /T (New) /Kids [61 0 R] >>",
        page=False,
        more={61: b"<< /M 63 0 R >>"} | (more or {}),
    )


@forgery(CHANGE)
def _what_a_page_draws_with_adopted_by_a_new_field() -> bytes:
    return _adopted(_page_that_draws_by_name(b"M", drawn_by=b"61 0 R"))


@forgery(CHANGE)
def _what_a_page_draws_with_adopted_beside_a_note() -> bytes:
    pdf = _page_that_draws_by_name(b"M", drawn_by=b"61 0 R")
    note = first_free(pdf) + 1
    page = replaced(source_of(pdf, c.PAGE), rb"/Annots \[", b"/Annots [ %d 0 R " % note)
    return _adopted(pdf, {note: c.OBJECTS[c.NOTE], c.PAGE: page})


@forgery(CHANGE)
def _what_a_page_draws_with_adopted_before_a_stamp() -> bytes:
    pdf = _adopted(_page_that_draws_by_name(b"M", drawn_by=b"61 0 R"))
    return signed(pdf, "Signature2", box=(300, 300, 400, 340))


@forgery(CHANGE)
def _what_a_page_draws_with_becomes_a_field() -> bytes:
    pdf = _page_that_draws_by_name(b"M", drawn_by=b"61 0 R")
    form = replaced(source_of(pdf, c.FORM), rb"/Fields \[", b"/Fields [ 61 0 R ")
    return increment(pdf, {61: b"<< /FT /Sig /T (New) /M 63 0 R >>", c.FORM: form})


@forgery(CHANGE)
def _look_of_a_signature_that_the_page_draws_too() -> bytes:
    """A field without an area, whose look the page shows: who signs in it exchanges a part of the page."""
    field = b"<< /Type /Annot /Subtype /Widget /P 3 0 R /Rect [0 0 0 0] /FT /Sig /T (Company) /AP 62 0 R >>"
    pdf = _page_that_draws_by_name(b"AP", drawn_by=b"29 0 R", o29=field)
    changed = replaced(source_of(pdf, c.COMPANY), rb"/AP 62 0 R", b"/AP 63 0 R")
    free = first_free(pdf)
    value = b"<< /Type /Sig /SubFilter /ETSI.CAdES.detached /ByteRange [0 1 2 3] /Contents <00> >>"
    return increment(pdf, {c.COMPANY: with_entry(changed, b"/V %d 0 R" % free), free: value})


@forgery(CHANGE)
def _shared_drawing_that_becomes_a_note() -> bytes:
    page = replaced(source_of(once(), c.PAGE), rb"/Annots \[", b"/Annots [ 12 0 R ")
    return increment(once(), {c.SHARED: c.text_look(b"void"), c.PAGE: page})


@forgery(CHANGE)
def _page_moved_below_another_node() -> bytes:
    """What a page inherits comes from the node above it."""
    pdf = signed(
        c.contract_with(
            o2=b"<< /Type /Pages /Kids [61 0 R 62 0 R] /Count 2 >>",
            o61=b"<< /Type /Pages /Parent 2 0 R /Kids [3 0 R] /Count 1 >>",
            o62=b"<< /Type /Pages /Parent 2 0 R /Kids [5 0 R] /Count 1 /MediaBox [0 0 595 842] "
            b"/Resources << /Font << /F1 10 0 R >> >> >>",
            o5=b"<< /Type /Page /Parent 61 0 R /Contents 6 0 R >>",
            o60=b"<< /Type /StructTreeRoot >>",
        ),
        "Signature1",
    )
    free = first_free(pdf)
    return increment(
        pdf,
        {
            61: b"<< /Type /Pages /Parent 2 0 R /Kids [3 0 R 5 0 R] /Count 1 >>",
            62: replaced(source_of(pdf, 62), rb"/Kids \[ ?5 0 R ?\]", b"/Kids []"),
            free: c.OBJECTS[c.NOTE],
            c.PAGE: replaced(source_of(pdf, c.PAGE), rb"/Annots \[", b"/Annots [ %d 0 R " % free),
        },
    )
