"""What happened to a form between two revisions: filled in, signed, or changed otherwise.

(ISO 32000-2, 12.7) A field has a value and a look. A look that changes while the value stays is a change
that nobody can justify: what a reader sees is not what the form says. A value that was filled in is told with
what it was before, and its look must show it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pyhanko.pdf_utils import generic

from honnin.verifier.document.appearance import Shown, shows_value
from honnin.verifier.document.objects import Comparison
from honnin.verifier.document.opening import (
    Id,
    entry,
    id_of,
    is_null,
    items_of,
    raw_entry,
    resolved,
    text_of,
)
from honnin.verifier.document.report import Change, ChangeKind

_LINKS = {"/Kids", "/Parent", "/P"}
_LOOK = {"/AP", "/AS", "/MK", "/DA", "/DS", "/RV", "/Q", "/BS", "/Border", "/Rect", "/F", "/BM", "/CA", "/ca"}
_STATE = {"/AP", "/AS"}
_WITH_A_VALUE = {"/I", "/TI", "/M"}
_DRAWN_WITH_A_VALUE = {"/AP", "/AS", "/DA", "/MK", "/BS", "/Border", "/RV", "/DS"}
_OF_A_SIGNATURE_FIELD = (
    _LOOK
    | _LINKS
    | {
        *("/FT", "/T", "/TU", "/TM", "/Ff", "/V", "/Lock", "/SV", "/Type", "/Subtype", "/NM", "/M", "/H"),
        *("/StructParent", "/DR"),
    }
)
_PUSH_BUTTON = 1 << 16
_DEEPEST = 40
_STAMP_FORMAT = "ETSI.RFC3161"


@dataclass
class Field:
    """A field of a form by its full name; inherited entries are filled in. A widget is (id, dictionary)."""

    name: str
    id: Id | None
    node: Any
    field_type: str
    flags: int
    value: Any
    widgets: list[tuple[Id | None, Any]] = field(default_factory=list)


def fields_of(root: Any) -> dict[str, Field]:
    """All fields of a document's form by full name; of those that share a name, the later get `#2` …"""
    found: dict[str, Field] = {}
    seen: set[Id] = set()
    top = Field("", None, generic.NullObject(), "", 0, generic.NullObject())
    for raw in items_of(raw_entry(entry(root, "/AcroForm"), "/Fields")):
        _gather(raw, top, found, seen, 0)
    return found


def _gather(raw: Any, parent: Field, found: dict[str, Field], seen: set[Id], depth: int) -> None:
    node, own = resolved(raw), id_of(raw)
    if not isinstance(node, generic.DictionaryObject) or depth > _DEEPEST or own in seen:
        return
    if own is not None:
        seen.add(own)
    if "/T" not in node and depth:
        parent.widgets.append((own, node))
        return
    name = ".".join(part for part in (parent.name.partition("#")[0], text_of(raw_entry(node, "/T"))) if part)
    flags = entry(node, "/Ff")
    this = Field(
        name=_free_name(name, found),
        id=own,
        node=node,
        field_type=str(entry(node, "/FT")) if "/FT" in node else parent.field_type,
        flags=int(flags) if isinstance(flags, generic.NumberObject) else parent.flags,
        value=raw_entry(node, "/V") if "/V" in node else parent.value,
    )
    found[this.name] = this
    if "/Kids" not in node or "/Rect" in node:
        this.widgets.append((own, node))
    for kid in items_of(raw_entry(node, "/Kids")):
        _gather(kid, this, found, seen, depth + 1)


def _free_name(name: str, found: dict[str, Field]) -> str:
    number, free = 1, name
    while free in found:
        number += 1
        free = f"{name}#{number}"
    return free


class FormComparison:
    """The form of one revision against that of the next."""

    def __init__(
        self, old_root: Any, new_root: Any, comparison: Comparison, existed: Callable[[Id], bool]
    ) -> None:
        self._existed = existed
        self._old_form, self._new_form = entry(old_root, "/AcroForm"), entry(new_root, "/AcroForm")
        self.old, self.new = fields_of(old_root), fields_of(new_root)
        self._comparison = comparison
        self._resources = raw_entry(self._new_form, "/DR")
        self._filled = False

    def changes(self) -> Iterator[Change]:
        """All that happened to the form, field by field, then to the form as a whole."""
        for name, old in self.old.items():
            new = self.new.get(name)
            if new is None:
                yield Change(ChangeKind.OTHER, name, "/AcroForm/Fields")
            elif old.field_type == "/Sig" and new.field_type == "/Sig":
                yield from self._signature_field(old, new)
            else:
                yield from self._field(old, new)
        for name, new in self.new.items():
            if name not in self.old:
                yield from self._new_field(new)
        yield from self._whole()

    def signature_widgets(self) -> set[Id]:
        """Widgets that may come onto a page: of signature fields that are new or newly signed."""
        allowed = set()
        for name, new in self.new.items():
            old = self.old.get(name)
            if new.field_type == "/Sig" and (old is None or is_null(resolved(old.value))):
                allowed |= {own for own, _ in new.widgets if own is not None}
        return allowed

    # Signature fields.

    def _signature_field(self, old: Field, new: Field) -> Iterator[Change]:
        newly_signed = is_null(resolved(old.value)) and not is_null(resolved(new.value))
        differing = set(self._differing(old, new, but={"/V"}))
        if newly_signed:
            drawn = bool(differing & {"/AP", "/AS", "/Rect"} or not old.widgets) and _draws(new)
            yield Change(_signature_kind(new), new.name, drawn=drawn)
            yield from _of_subtype(new)
            differing -= {"/AP", "/AS", "/M"}
        elif not self._comparison.same(old.value, new.value):
            yield Change(ChangeKind.OTHER, new.name, "/V")
        yield from _look_changes(new.name, differing)

    def _new_field(self, new: Field) -> Iterator[Change]:
        if new.field_type != "/Sig":
            yield Change(ChangeKind.OTHER, new.name, "/AcroForm/Fields")
            return
        foreign = {key for node in (new.node, *(node for _, node in new.widgets)) for key in node}
        foreign -= _OF_A_SIGNATURE_FIELD
        if foreign:
            yield Change(ChangeKind.OTHER, new.name, " ".join(sorted(foreign)))
        owners = [new.id, *(own for own, _ in new.widgets)]
        if any(own is not None and self._existed(own) for own in owners):
            # What was something else before, or lay there for nobody.
            yield Change(ChangeKind.OTHER, new.name, "/AcroForm/Fields")
        yield from _of_subtype(new)
        empty = is_null(resolved(new.value))
        kind = ChangeKind.SIGNATURE_FIELD if empty else _signature_kind(new)
        yield Change(kind, new.name, drawn=_draws(new))

    # All other fields.

    def _field(self, old: Field, new: Field) -> Iterator[Change]:
        if old.field_type != new.field_type:
            yield Change(ChangeKind.OTHER, new.name, "/FT")
            return
        differing = set(self._differing(old, new, but={"/V"}))
        same = self._same_value(old.value, new.value)
        if same or new.flags & _PUSH_BUTTON:
            if not same:
                differing.add("/V")
            yield from _look_changes(new.name, differing)
            return
        differing -= _WITH_A_VALUE
        shown = shows_value(new.field_type, new.flags, new.value, new.node, new.widgets, self._resources)
        beside = differing & _DRAWN_WITH_A_VALUE
        if shown is Shown.NO:
            beside, differing = set(), differing | {"/AP"}
        elif shown is Shown.YES:
            beside -= _STATE if new.field_type != "/Btn" else {"/AS"}
        place = " ".join(["/V", *sorted(beside), *self._viewers_draw()])
        before, now = _shown(old.value), _shown(new.value)
        yield Change(ChangeKind.FORM_FILLED, new.name, place, before=before, now=now)
        self._filled = True
        yield from _look_changes(
            new.name, differing - (_DRAWN_WITH_A_VALUE if shown is not Shown.NO else set())
        )

    def _same_value(self, old: Any, new: Any) -> bool:
        before, now = resolved(old), resolved(new)
        if isinstance(before, generic.TextStringObject) and isinstance(now, generic.TextStringObject):
            return str(before) == str(now)
        return self._comparison.same(old, new)

    def _viewers_draw(self) -> list[str]:
        """Where viewers are told to draw all fields anew, or no longer to."""
        asked = [entry(form, "/NeedAppearances") for form in (self._old_form, self._new_form)]
        return ["/NeedAppearances"] if _is_true(asked[0]) is not _is_true(asked[1]) else []

    def _differing(self, old: Field, new: Field, *, but: set[str]) -> Iterator[str]:
        pairs = [(old.node, new.node)]
        if len(old.widgets) != len(new.widgets):
            yield "/Kids"
        for (old_id, before), (new_id, now) in zip(old.widgets, new.widgets, strict=False):
            if old_id != new_id:
                yield "/Kids"
            pairs.append((before, now))
        for before, now in pairs:
            for key in sorted({*before, *now} - but - _LINKS):
                if not self._same_entry(key, before, now) and not (
                    key == "/Ff" and old.flags == new.flags and before is old.node
                ):
                    yield key
            for key in ("/P", "/Parent"):
                if id_of(raw_entry(before, key)) != id_of(raw_entry(now, key)):
                    yield key

    def _same_entry(self, key: str, old: Any, new: Any) -> bool:
        before, now = raw_entry(old, key), raw_entry(new, key)
        if self._comparison.same(before, now):
            return True
        if key == "/DA":
            return _operations(text_of(before)) == _operations(text_of(now)) != []
        if key == "/BS" and "/Border" not in old and "/Border" not in new:
            return _border(resolved(before)) == _border(resolved(now)) is not None
        return False

    # The form's own entries.

    def _whole(self) -> Iterator[Change]:
        old, new = self._old_form, self._new_form
        if is_null(old) and is_null(new):
            return
        keys = {*_keys(old), *_keys(new)} - {"/Fields", "/SigFlags"}
        if not self.old:
            # Nothing was there that these could give another look to.
            keys -= {"/DR", "/DA", "/Q"}
        for key in sorted(keys):
            before, now = raw_entry(old, key), raw_entry(new, key)
            if key == "/DR" and self._only_adds(resolved(before), resolved(now)):
                continue
            if key == "/NeedAppearances" and (self._filled or not self._viewers_draw()):
                continue
            where = self._comparison.difference(before, now)
            if where is not None:
                yield Change(ChangeKind.OTHER, "", f"/AcroForm{key}{where.rstrip('/')}")
        before, now = entry(old, "/SigFlags"), entry(new, "/SigFlags")
        if not self._comparison.same(before, now) and not _grows(before, now):
            yield Change(ChangeKind.OTHER, "", "/AcroForm/SigFlags")

    def _only_adds(self, old: Any, new: Any) -> bool:
        """Whether default resources were only added to, by names that no field of before asks for."""
        asked = " ".join(text_of(raw_entry(node, "/DA")) for node in self._nodes_of_before())
        for category in {*_keys(old), *_keys(new)}:
            before, now = entry(old, category), entry(new, category)
            if is_null(before) and not asked.strip():
                continue
            if not isinstance(now, generic.DictionaryObject):
                return self._comparison.same(before, now)
            for name in {*_keys(before), *now}:
                if name in _keys(before):
                    if not self._comparison.same(raw_entry(before, name), raw_entry(now, name)):
                        return False
                elif name in asked.split():
                    return False
        return True

    def _nodes_of_before(self) -> Iterator[Any]:
        yield self._old_form
        for each in self.old.values():
            yield each.node
            yield from (node for _, node in each.widgets)


def _keys(value: Any) -> list[str]:
    return list(value) if isinstance(value, generic.DictionaryObject) else []


def _is_true(value: Any) -> bool:
    return isinstance(value, generic.BooleanObject) and bool(value.value)


def _operations(default_look: str) -> list[tuple[str, ...]]:
    """The operators of a default appearance, each with what it is given; `0.10` and `.1` are one number.

    A font and one colour are in the order of the alphabet, for theirs does not matter; others as they stand.
    """
    found: list[tuple[str, ...]] = []
    operands: list[str] = []
    for token in default_look.split():
        if token[0] in "/+-.0123456789":
            operands.append(_rounded(token))
        else:
            found.append((token, *operands))
            operands = []
    names = sorted(operation[0] for operation in found)
    return sorted(found) if names in (["Tf"], ["Tf", "g"], ["Tf", "rg"], ["Tf", "k"]) else found


def _rounded(token: str) -> str:
    try:
        return f"{float(token):.2f}"
    except ValueError:
        return token


def _border(style: Any) -> tuple[float, str] | None:
    """Width and style of a border, by default 1 and solid (12.5.4); None for another one."""
    if not is_null(style) and (not isinstance(style, generic.DictionaryObject) or "/D" in style):
        return None
    width = entry(style, "/W")
    return (1.0 if is_null(width) else float(width), text_of(raw_entry(style, "/S")) or "S")


def _grows(old: Any, new: Any) -> bool:
    before = int(old) if isinstance(old, generic.NumberObject) else 0
    return isinstance(new, generic.NumberObject) and int(new) & before == before and int(new) <= 3


def _look_changes(name: str, differing: set[str]) -> Iterator[Change]:
    look, rest = sorted(differing & _LOOK), sorted(differing - _LOOK)
    if look:
        yield Change(ChangeKind.APPEARANCE, name, " ".join(look))
    if rest:
        yield Change(ChangeKind.OTHER, name, " ".join(rest))


def _shown(value: Any) -> str:
    found = resolved(value)
    if isinstance(found, generic.ArrayObject):
        return ", ".join(text_of(item) for item in items_of(found))
    return text_of(found)


def _signature_kind(signed: Field) -> ChangeKind:
    value = resolved(signed.value)
    stamped = (
        entry(value, "/Type") == "/DocTimeStamp" or text_of(raw_entry(value, "/SubFilter")) == _STAMP_FORMAT
    )
    return ChangeKind.TIME_STAMP if stamped else ChangeKind.SIGNATURE


def _of_subtype(signed: Field) -> Iterator[Change]:
    """A widget of a signature field is a widget: a note would be shown, whatever field it says that it is."""
    for node in (signed.node, *(node for _, node in signed.widgets)):
        if text_of(raw_entry(node, "/Subtype")) not in ("Widget", ""):
            yield Change(ChangeKind.OTHER, signed.name, "/Subtype")


def _draws(signed: Field) -> bool:
    """Whether a field has room on a page to show anything; without an area its look is scaled to nothing."""
    return any(has_area(node) for _, node in signed.widgets)


def has_area(widget: Any) -> bool:
    """Whether a widget's rectangle has an area; one that cannot be read may have."""
    corners = [resolved(item) for item in items_of(raw_entry(widget, "/Rect"))]
    if is_null(entry(widget, "/Rect")):
        return False
    try:
        left, bottom, right, top = (float(corner) for corner in corners)
    except (TypeError, ValueError):
        return True
    return left != right and bottom != top
