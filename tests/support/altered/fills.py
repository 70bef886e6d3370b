"""Forms that honest programs fill in, each in its own way of writing; and looks that say another number."""

from tests.support.altered import contract as c
from tests.support.altered.forgeries import Case, once, registering
from tests.support.altered.increments import first_free, increment, replaced, source_of, with_entry
from tests.support.altered.signing import signed

LOOK, APPEARANCE = "E_DOCUMENT_CHANGED", "E_APPEARANCE_CHANGED"
CASES: list[Case] = []
filling = registering(CASES)


def _amount(value: bytes, shown: bytes, entries: bytes = b"") -> bytes:
    field = replaced(source_of(once(), c.AMOUNT), rb"/V \(1000\)", b"/V (%b)" % value)
    return increment(once(), {c.AMOUNT: with_entry(field, entries), c.AMOUNT_LOOK: c.text_look(shown)})


def _numbers() -> None:
    """What shows a number, and what does not."""
    for name, value, shown, code in (
        ("number with groups and decimals", b"1200", b"1,200.00", LOOK),
        ("number with groups", b"1234567", b"1,234,567", LOOK),
        ("number with a decimal more", b"1234.5", b"1,234.50", LOOK),
        ("negative number in parentheses", b"-1200", rb"\(1,200\)", LOOK),
        ("per cent", b"0.05", b"5%", LOOK),
        ("date with strokes", b"20261201", b"2026/12/01", LOOK),
        ("number grouped otherwise", b"1200", b"12,00", APPEARANCE),
        ("number with groups of two", b"120000", b"1,20,000", APPEARANCE),
        ("number with points for groups", b"1200", b"1.200,00", APPEARANCE),
        ("number with a point", b"1200", b"12.00", APPEARANCE),
        ("number without its sign", b"-1200", b"1,200", APPEARANCE),
        ("number ten times larger", b"1200", b"12,000", APPEARANCE),
        ("number with zeros before it", b"0123", b"123", APPEARANCE),
        ("per cent of another number", b"5", b"5%", APPEARANCE),
    ):
        CASES.append(Case(name, lambda value=value, shown=shown: _amount(value, shown), code))  # type: ignore[misc]


_numbers()


@filling(LOOK)
def _date_of_the_change_beside_a_value() -> bytes:
    return _amount(b"1200", b"1200", b"/M (D:20261129201405)")


@filling(LOOK)
def _default_look_in_another_order() -> bytes:
    pdf = _amount(b"1200", b"1200")
    return increment(
        pdf, {c.AMOUNT: replaced(source_of(pdf, c.AMOUNT), rb"/Helv 10 Tf 0 g", b"0 g /Helv 10.00 Tf")}
    )


@filling(LOOK)
def _colours_rounded_beside_a_value() -> bytes:
    signed_so = signed(
        c.contract_with(o21=with_entry(c.OBJECTS[c.AMOUNT], b"/MK << /BG [0.8 0.843 1] >>")), "Signature1"
    )
    field = replaced(source_of(signed_so, c.AMOUNT), rb"0\.843", b"0.84")
    return increment(
        signed_so,
        {c.AMOUNT: replaced(field, rb"/V \(1000\)", b"/V (1200)"), c.AMOUNT_LOOK: c.text_look(b"1200")},
    )


def _commented(value: bytes, shown: bytes, comment: bytes) -> bytes:
    field = replaced(source_of(once(), c.AMOUNT), rb"/V \(1000\)", b"/V (%b)" % value)
    drawn = c.look(b"/Tx BMC q BT /Helv 10 Tf 0 g 2 5 Td %% (%b) Tj\n(%b) Tj ET Q EMC" % (comment, shown))
    return increment(once(), {c.AMOUNT: field, c.AMOUNT_LOOK: drawn})


@filling(LOOK)
def _comment_that_shows_nothing() -> bytes:
    return _commented(b"1200", b"1200", b"9000")


@filling(APPEARANCE)
def _value_in_a_comment_alone() -> bytes:
    return _commented(b"1200", b"9000", b"1200")


@filling(LOOK)
def _rich_text_beside_a_value() -> bytes:
    return _amount(b"1200", b"1200", b"/RV (<p>1200</p>)")


@filling("E_CHANGE_UNCLEAR")
def _viewers_asked_to_draw_in_a_write_of_its_own() -> bytes:
    pdf = _amount(b"1200", b"1200")
    return increment(pdf, {c.FORM: with_entry(source_of(pdf, c.FORM), b"/NeedAppearances true")})


def _viewers_asked_in_one_write(value: bytes) -> bytes:
    field = replaced(source_of(once(), c.AMOUNT), rb"/V \(1000\)", b"/V (%b)" % value)
    form = with_entry(source_of(once(), c.FORM), b"/NeedAppearances true")
    return increment(once(), {c.AMOUNT: field, c.AMOUNT_LOOK: c.text_look(value), c.FORM: form})


@filling(LOOK)
def _viewers_asked_to_draw_with_a_value() -> bytes:
    return _viewers_asked_in_one_write(b"1200")


@filling("")
def _what_is_meant_by_default_written_out() -> bytes:
    form = with_entry(source_of(once(), c.FORM), b"/NeedAppearances false")
    field = with_entry(source_of(once(), c.AMOUNT), b"/Ff 0")
    return increment(once(), {c.FORM: form, c.AMOUNT: field})


@filling("")
def _same_value_in_another_encoding() -> bytes:
    field = replaced(source_of(once(), c.AMOUNT), rb"\(1000\)", b"<FEFF0031003000300030>")
    return increment(once(), {c.AMOUNT: field})


def _in_japanese(encoding: bytes, octets: bytes) -> bytes:
    free = first_free(once())
    field = replaced(source_of(once(), c.AMOUNT), rb"/V \(1000\)", b"/V <FEFF5C717530>")
    shown = c.look(b"BT /K 10 Tf 2 5 Td <%b> Tj ET" % octets.hex().encode())
    font = (
        b"<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiKakuGo-W5 /Encoding /%b /DescendantFonts [<< /Type "
        b"/Font /Subtype /CIDFontType0 /BaseFont /HeiseiKakuGo-W5 /CIDSystemInfo << /Registry (Adobe) "
        b"/Ordering (Japan1) /Supplement 2 >> >>] >>" % encoding
    )
    return increment(
        once(),
        {
            c.AMOUNT: field,
            c.AMOUNT_LOOK: shown.replace(b"/Helv 10 0 R", b"/K %d 0 R" % free),
            free: font,
        },
    )


def _encodings() -> None:
    for encoding, codec in (
        ("90ms-RKSJ-H", "cp932"),
        ("90msp-RKSJ-H", "cp932"),
        ("UniJIS-UCS2-HW-H", "utf-16-be"),
        ("UniJIS2004-UTF16-H", "utf-16-be"),
        ("EUC-H", "euc_jp"),
    ):
        for word, code in (("山田", LOOK), ("川田", APPEARANCE)):
            octets = word.encode(codec)
            CASES.append(
                Case(
                    f"{word} in {encoding}",
                    lambda octets=octets, encoding=encoding: _in_japanese(encoding.encode(), octets),  # type: ignore[misc]
                    code,
                )
            )


_encodings()


@filling(LOOK)
def _font_that_cannot_be_read_beside_a_value() -> bytes:
    return _in_japanese(b"Identity-H", "山田".encode("utf-16-be"))


@filling(APPEARANCE)
def _default_look_with_its_last_colour_first() -> bytes:
    """Of two colours the last one counts."""
    twice = replaced(c.OBJECTS[c.AMOUNT], rb"0 g\)", b"1 g 0 g)")
    pdf = signed(c.contract_with(o21=twice), "Signature1")
    return increment(pdf, {c.AMOUNT: replaced(source_of(pdf, c.AMOUNT), rb"1 g 0 g", b"0 g 1 g")})
