"""Does the look of a field show its value? (ISO 32000-2, 12.7.4.3; text 9.4, fonts 9.5 to 9.10)

The text that an appearance stream shows is read and compared with the value. Whatever is not read here (an
image, a shape drawn over the text, a font of the document's own drawing) does not show it: the answer "yes"
is given only for what was understood. How the text is placed and coloured is not judged.
"""

import re
from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils import generic

from honnin.verifier.document.opening import Id, entry, is_null, items_of, raw_entry, resolved, text_of

_COMBO, _PASSWORD = 1 << 17, 1 << 13
_TOKEN = re.compile(
    rb"%[^\r\n]*|<<|>>|<[0-9A-Fa-f\s]*>|\[|\]|/[^\s()<>\[\]{}/%]*|[-+]?\d*\.?\d+|[A-Za-z'\"*][A-Za-z0-9'\"*]*|\("
)
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_PAINTS = {b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*"}
_PICTURES = {b"sh", b"Do", b"BI"}
_SHOWS = {b"Tj", b"TJ", b"'", b'"'}
_UNSEEN = {3, 7}
_Widget = tuple[Id | None, Any]


class NotUnderstood(Exception):
    """The appearance has something that is not read here."""


def shows_value(
    field_type: str, flags: int, value: Any, node: Any, widgets: list[_Widget], resources: Any
) -> bool:
    """Whether all widgets of a field show its value, as far as they have a look of their own.

    A widget without any appearance has it made by the viewer, from the value.
    """
    if field_type == "/Btn":
        return all(_shows_state(widget, text_of(value)) for _, widget in widgets)
    wanted = [_squeezed(text) for text in _labels(field_type, value, node)]
    for _, widget in widgets:
        stream = entry(entry(widget, "/AP"), "/N")
        if is_null(stream):
            continue
        try:
            shown = _squeezed("".join(_shown_text(stream, resources)))
        except (NotUnderstood, ValueError, KeyError, TypeError, IndexError):
            return False
        listed = field_type == "/Ch" and not flags & _COMBO
        if flags & _PASSWORD and field_type == "/Tx":
            return False
        if not (all(label in shown for label in wanted) if listed else _is_said(shown, "".join(wanted))):
            return False
    return True


def _is_said(shown: str, value: str) -> bool:
    """Whether a text says a value: the same, or the same number as forms write it (12,000 yen)."""
    if _NUMBER.fullmatch(value):
        return re.sub("[,，¥￥$€円]", "", shown) == value
    return shown == value


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
    """Raises `NotUnderstood` for what draws a picture, paints over shown text, or shows text unseen."""
    if operator in _PICTURES or (shown and operator in _PAINTS):
        raise NotUnderstood
    if operator == b"Tr" and int(operands[-1]) in _UNSEEN:
        raise NotUnderstood


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
        by_name = "utf-16-be" if re.search(r"-(UTF16|UCS2)-[HV]$", text_of(encoding)) else None
        if not codes and by_name is None:
            raise NotUnderstood
        return _Decoder(2, codes, None if codes else by_name)
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
