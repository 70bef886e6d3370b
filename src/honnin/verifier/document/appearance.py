"""Does the look of a field show its value? (ISO 32000-2, 12.7.4.3; text 9.4, fonts 9.5 to 9.10)

The text that an appearance stream shows is read and compared with the value. The answer is "yes" only for
what was understood, "no" only for what shows something else, hides it or is a picture, and "unknown" for the
rest (a font of the document's own drawing, a date written otherwise). How the text is placed and coloured is
not judged.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from enum import IntEnum
from typing import Any

from pyhanko.pdf_utils import generic

from honnin.verifier.document.opening import Id, entry, is_null, items_of, raw_entry, resolved, text_of

_COMBO = 1 << 17
_TOKEN = re.compile(
    rb"%[^\r\n]*|<<|>>|<[0-9A-Fa-f\s]*>|\[|\]|/[^\s()<>\[\]{}/%]*|[-+]?\d*\.?\d+|[A-Za-z'\"*][A-Za-z0-9'\"*]*|\("
)
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_WRITTEN_NUMBER = re.compile(r"(-?)(0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(\.[0-9]+)?(%?)")
_PAINTS = {b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*"}
_PICTURES = {b"sh", b"Do", b"BI"}
_SHOWS = {b"Tj", b"TJ", b"'", b'"'}
_UNSEEN = {3, 7}
_BY_NAME = (
    (r"-(UTF16|UCS2)(-HW)?-[HV]$", "utf-16-be"),
    (r"-RKSJ-[HV]$", "cp932"),
    (r"^EUC-[HV]$", "euc_jp"),
)
_Widget = tuple[Id | None, Any]


class NotUnderstood(Exception):
    """The appearance has something that is not read here."""


class Unseen(Exception):
    """The appearance hides what it shows, or shows a picture instead."""


class Shown(IntEnum):
    """Whether a look shows a value; of several widgets the least counts."""

    NO = 0
    UNKNOWN = 1
    YES = 2


def shows_value(
    field_type: str, flags: int, value: Any, node: Any, widgets: list[_Widget], resources: Any
) -> Shown:
    """Whether all widgets of a field show its value, as far as they have a look of their own.

    A widget without any appearance has it made by the viewer, from the value.
    """
    if field_type == "/Btn":
        return (
            Shown.YES
            if all(_shows_state(widget, text_of(value).removeprefix("/")) for _, widget in widgets)
            else Shown.NO
        )
    wanted = [_squeezed(text) for text in _labels(field_type, value, node)]
    listed = field_type == "/Ch" and not flags & _COMBO
    looks = [entry(entry(widget, "/AP"), "/N") for _, widget in widgets]
    return min(
        (_shown(look, wanted, resources, listed) for look in looks if not is_null(look)), default=Shown.YES
    )


def _shown(stream: Any, wanted: list[str], resources: Any, listed: bool) -> Shown:
    try:
        shown = _squeezed("".join(_shown_text(stream, resources)))
    except Unseen:
        return Shown.NO
    except (NotUnderstood, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return Shown.UNKNOWN
    if listed:
        return Shown.YES if all(label in shown for label in wanted) else Shown.NO
    return _matches(shown, "".join(wanted))


def _matches(shown: str, value: str) -> Shown:
    """Whether a text says a value: the same, or the same number or date as forms write it."""
    if shown == value:
        return Shown.YES
    if _PLAIN_NUMBER.fullmatch(value) and _number(shown) == Decimal(value):
        return Shown.YES
    # A date, a telephone number: the same digits, parted by what parts no number.
    same_digits = value.isascii() and value.isdigit() and re.sub("[-/()年月日]", "", shown) == value
    return Shown.UNKNOWN if same_digits else Shown.NO


def _number(shown: str) -> Decimal | None:
    """The number that a text writes: `1,200`, `¥1,200.00`, `(1,200)` for less than nothing, `5%`."""
    bare = re.sub("[¥￥$€円]", "", shown).replace("，", ",")
    negative = re.fullmatch(r"\((.*)\)", bare)
    found = _WRITTEN_NUMBER.fullmatch(negative.group(1) if negative else bare)
    if found is None or (negative and found.group(1)):
        return None
    number = Decimal(found.group(1) + found.group(2).replace(",", "") + (found.group(3) or ""))
    number = number / 100 if found.group(4) else number
    return -number if negative else number


def _squeezed(text: str) -> str:
    return "".join(text.split()).replace("\0", "")


def _labels(field_type: str, value: Any, node: Any) -> list[str]:
    """What a person should read for a value: the option's label for one that is chosen from a list."""
    found = resolved(value)
    chosen = [text_of(item) for item in items_of(found)] or [text_of(found)]
    labels = {}
    for option in items_of(raw_entry(node, "/Opt")) if field_type == "/Ch" else []:
        pair = items_of(option)
        if len(pair) == 2:
            labels[text_of(pair[0])] = text_of(pair[1])
    return [labels.get(each, each) for each in chosen]


def _shows_state(widget: Any, value: str) -> bool:
    states = entry(entry(widget, "/AP"), "/N")
    shown = text_of(raw_entry(widget, "/AS")) or "Off"
    known = isinstance(states, generic.DictionaryObject) and not isinstance(states, generic.StreamObject)
    return shown == (value if known and f"/{value}" in states else "Off")


def _shown_text(stream: Any, resources: Any) -> Iterator[str]:
    """The text that a content stream shows, in the order of the stream. Raises `NotUnderstood`."""
    if not isinstance(stream, generic.StreamObject):
        raise NotUnderstood
    fonts = [entry(entry(stream, "/Resources"), "/Font"), entry(resolved(resources), "/Font")]
    font: Any = None
    kept: list[Any] = []
    shown = False
    for operator, operands in _operations(stream.data):
        _require_seen(operator, operands, shown=shown)
        if operator == b"q":
            kept.append(font)
        elif operator == b"Q":
            font = kept.pop() if kept else None
        elif operator == b"Tf":
            name = operands[0].decode("ascii")
            font = next((found for each in fonts if not is_null(found := entry(each, name))), None)
        elif operator in _SHOWS:
            decode = _decoder(font)
            shown = True
            yield from (decode(bytes(text)) for text in operands if isinstance(text, _Text))


def _require_seen(operator: bytes, operands: list[bytes], *, shown: bool) -> None:
    """Raises `Unseen` for what draws a picture, paints over shown text, or shows text unseen."""
    if operator in _PICTURES or (shown and operator in _PAINTS):
        raise Unseen
    if operator == b"Tr" and int(operands[-1]) in _UNSEEN:
        raise Unseen


class _Text(bytes):
    """A string of a content stream, unlike a name or a number."""


def _operations(content: bytes) -> Iterator[tuple[bytes, list[bytes]]]:
    operands: list[bytes] = []
    at = 0
    while found := _TOKEN.search(content, at):
        token, at = found.group(), found.end()
        if token.startswith(b"%") or token in (b"[", b"]", b"<<", b">>"):
            continue
        if token == b"(":
            text, at = _literal(content, at)
            operands.append(_Text(text))
        elif token.startswith(b"<"):
            digits = re.sub(rb"\s", b"", token[1:-1]).decode("ascii")
            operands.append(_Text(bytes.fromhex(digits + "0" * (len(digits) % 2))))
        elif token[:1] in b"/+-.0123456789":
            operands.append(token)
        else:
            yield token, operands
            operands = []


_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def _literal(content: bytes, start: int) -> tuple[bytes, int]:
    """The string that begins after a parenthesis, and where it ends (7.3.4.2)."""
    text, depth, at = bytearray(), 1, start
    while at < len(content):
        octet = content[at : at + 1]
        if octet == b"\\":
            octal = re.compile(rb"[0-7]{1,3}").match(content, at + 1)
            if octal:
                text.append(int(octal.group(), 8) & 0xFF)
                at = octal.end()
                continue
            escaped = content[at + 1 : at + 2]
            text += b"" if escaped in b"\r\n" else _ESCAPES.get(escaped, escaped)
            at += 2
            continue
        depth += (octet == b"(") - (octet == b")")
        at += 1
        if not depth:
            return bytes(text), at
        text += octet
    raise NotUnderstood


class _Decoder:
    """Octets of a shown string to text, for one font."""

    def __init__(self, width: int, codes: dict[int, str], encoding: str | None) -> None:
        self._width, self._codes, self._encoding = width, codes, encoding

    def __call__(self, octets: bytes) -> str:
        if not self._codes and self._encoding:
            return octets.decode(self._encoding, "replace")
        return "".join(self._one(octets[at : at + self._width]) for at in range(0, len(octets), self._width))

    def _one(self, octets: bytes) -> str:
        code = int.from_bytes(octets, "big")
        if code in self._codes:
            return self._codes[code]
        if self._encoding is None:
            raise NotUnderstood
        return octets.decode(self._encoding, "replace")


def _decoder(font: Any) -> _Decoder:
    subtype, encoding = text_of(raw_entry(font, "/Subtype")), entry(font, "/Encoding")
    to_unicode = entry(font, "/ToUnicode")
    codes = _to_unicode(to_unicode.data) if isinstance(to_unicode, generic.StreamObject) else {}
    if subtype == "Type0":
        by_name = next((to for name, to in _BY_NAME if re.search(name, text_of(encoding))), None)
        if not codes and by_name is None:
            raise NotUnderstood
        return _Decoder(2, {} if by_name else codes, by_name)
    if subtype not in ("Type1", "TrueType", "MMType1"):
        raise NotUnderstood
    base = encoding
    if isinstance(encoding, generic.DictionaryObject):
        base = entry(encoding, "/BaseEncoding")
        codes = {**_differences(entry(encoding, "/Differences")), **codes}
    return _Decoder(1, codes, "mac_roman" if text_of(base) == "MacRomanEncoding" else "cp1252")


def _differences(array: Any) -> dict[int, str]:
    """Codes of an encoding's differences: letters by their own name, the rest by what nothing equals."""
    codes, code = {}, 0
    for item in (resolved(raw) for raw in items_of(array)):
        if isinstance(item, generic.NumberObject):
            code = int(item)
            continue
        name = text_of(item)
        codes[code] = name if len(name) == 1 else {"space": " "}.get(name, "\ufffd")
        code += 1
    return codes


def _to_unicode(cmap: bytes) -> dict[int, str]:
    """What the codes of an appearance's font mean, by its ToUnicode map (ISO 32000-1, 9.10.3)."""
    codes: dict[int, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.S):
        for code, text in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            codes[int(code, 16)] = _utf16(text)
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", cmap, re.S):
        for low, high, first in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            start, length = int(first, 16), len(first)
            for offset in range(min(int(high, 16) - int(low, 16) + 1, 0x10000)):
                codes[int(low, 16) + offset] = _utf16(b"%0*x" % (length, start + offset))
        for low, _, listed in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*\[([^\]]*)\]", block):
            for offset, text in enumerate(re.findall(rb"<([0-9A-Fa-f]+)>", listed)):
                codes[int(low, 16) + offset] = _utf16(text)
    return codes


def _utf16(digits: bytes) -> str:
    return bytes.fromhex(digits.decode("ascii")).decode("utf-16-be", "replace")
