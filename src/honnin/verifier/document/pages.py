"""What happened to the pages between two revisions, and to the notes on them. (ISO 32000-2, 7.7.3, 12.5)"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pyhanko.pdf_utils import generic

from honnin.verifier.document.form import FormComparison, has_area
from honnin.verifier.document.objects import Comparison
from honnin.verifier.document.opening import Id, id_of, items_of, raw_entry, resolved, text_of
from honnin.verifier.document.report import Change, ChangeKind

_DEEPEST = 60
_DRAWN = ("/Contents", "/Resources")
_Place = Id | int
"""An annotation: its object, or its place on the page where it is no object of its own."""


@dataclass
class PageTree:
    """The pages in order and the nodes above them, each as (id, dictionary)."""

    pages: list[tuple[Id | None, Any]] = field(default_factory=list)
    nodes: list[tuple[Id | None, Any]] = field(default_factory=list)


def page_tree(root: Any) -> PageTree:
    tree = PageTree()
    _gather(raw_entry(root, "/Pages"), tree, set(), 0)
    return tree


def _gather(raw: Any, tree: PageTree, seen: set[Id], depth: int) -> None:
    node, own = resolved(raw), id_of(raw)
    if not isinstance(node, generic.DictionaryObject) or depth > _DEEPEST or own in seen:
        return
    if own is not None:
        seen.add(own)
    if "/Kids" not in node:
        tree.pages.append((own, node))
        return
    tree.nodes.append((own, node))
    for kid in items_of(raw_entry(node, "/Kids")):
        _gather(kid, tree, seen, depth + 1)


def annotations_of(page: Any) -> dict[_Place, Any]:
    """Annotations of a page in their order, unresolved."""
    found: dict[_Place, Any] = {}
    for index, raw in enumerate(items_of(raw_entry(page, "/Annots"))):
        own = id_of(raw)
        found[index if own is None else own] = raw
    return found


class PagesComparison:
    """The pages of one revision against those of the next."""

    def __init__(self, old: PageTree, new: PageTree, form: FormComparison, comparison: Comparison) -> None:
        self._old, self._new, self._form, self._comparison = old, new, form, comparison
        self._widgets = {own for each in form.old.values() for own, _ in each.widgets}

    def changes(self) -> Iterator[Change]:
        old, new = self._old, self._new
        if [own for own, _ in old.pages + old.nodes] != [own for own, _ in new.pages + new.nodes]:
            yield Change(ChangeKind.OTHER, "", "/Pages/Kids")
            return
        for (_, before), (_, now) in zip(old.nodes, new.nodes, strict=True):
            if _kids(before) != _kids(now):
                yield Change(ChangeKind.OTHER, "", "/Pages/Kids")
            yield from self._entries(before, now, "", {"/Kids"})
        for number, ((_, before), (_, now)) in enumerate(zip(old.pages, new.pages, strict=True), 1):
            yield from self._entries(before, now, f"page {number}", {"/Annots"})
            yield from self._annotations(annotations_of(before), annotations_of(now), f"page {number}")

    def _entries(self, old: Any, new: Any, page: str, but: set[str]) -> Iterator[Change]:
        for key in sorted({*old, *new} - but):
            where = self._comparison.difference(raw_entry(old, key), raw_entry(new, key))
            if where is not None:
                place = f"{key}{where.rstrip('/')}"
                yield Change(ChangeKind.OTHER, page, place if page else f"/Pages{place}")

    def _annotations(self, old: dict[_Place, Any], new: dict[_Place, Any], page: str) -> Iterator[Change]:
        for own in old:
            if own not in new:
                gone = ChangeKind.APPEARANCE if own in self._widgets else ChangeKind.ANNOTATION
                yield Change(gone, page, "/Annots")
        expected = self._form.signature_widgets()
        for own, raw in new.items():
            if own not in old:
                if own not in expected:
                    yield self._added(own, raw, page)
                elif text_of(raw_entry(resolved(raw), "/Subtype")) != "Widget":
                    yield Change(ChangeKind.OTHER, page, "/Annots")
                elif own in self._widgets and has_area(resolved(raw)):
                    # A field that was there, but on no page: nobody saw its box.
                    yield Change(ChangeKind.SIGNATURE_FIELD, page, "/Annots", drawn=True)
            elif own not in self._widgets:
                yield from self._compared(old[own], raw, page)
        if [own for own in old if own in new] != [own for own in new if own in old]:
            yield Change(ChangeKind.ANNOTATION, page, "/Annots")

    def _added(self, own: _Place, raw: Any, page: str) -> Change:
        subtype = text_of(raw_entry(resolved(raw), "/Subtype"))
        if own in self._widgets:
            return Change(ChangeKind.APPEARANCE, page, "/Annots")
        kind = ChangeKind.OTHER if subtype in ("Widget", "") else ChangeKind.ANNOTATION
        return Change(kind, page, f"/Annots/{subtype}".rstrip("/"))

    def _compared(self, old: Any, new: Any, page: str) -> Iterator[Change]:
        before, now = resolved(old), resolved(new)
        if not (isinstance(before, generic.DictionaryObject) and isinstance(now, generic.DictionaryObject)):
            if not self._comparison.same(old, new):
                yield Change(ChangeKind.OTHER, page, "/Annots")
            return
        subtype = text_of(raw_entry(now, "/Subtype"))
        for key in sorted({*before, *now}):
            if not self._comparison.same(raw_entry(before, key), raw_entry(now, key)):
                kind = ChangeKind.APPEARANCE if subtype == "Widget" else ChangeKind.ANNOTATION
                yield Change(kind, page, f"/Annots/{subtype}{key}")
                return


def _kids(node: Any) -> list[Id | None]:
    return [id_of(kid) for kid in items_of(raw_entry(node, "/Kids"))]


def drawn_by(tree: PageTree) -> set[Id]:
    """All objects that pages draw, or draw with, whatever else they are."""
    stops = {own for own, _ in tree.pages + tree.nodes}
    found: set[Id] = set()
    waiting = [raw_entry(node, key) for _, node in tree.pages + tree.nodes for key in _DRAWN]
    while waiting:
        raw = waiting.pop()
        own = id_of(raw)
        if own is not None:
            if own in found or own in stops:
                continue
            found.add(own)
        value = resolved(raw)
        if isinstance(value, generic.DictionaryObject):
            waiting += [raw_entry(value, key) for key in value]
        elif isinstance(value, generic.ArrayObject):
            waiting += items_of(value)
    return found


def landmarks_of(tree: PageTree, form_fields: dict[str, Any]) -> frozenset[Id]:
    """Objects that are compared by what they are: pages, fields, annotations."""
    found: set[Id | None] = {own for own, _ in tree.pages + tree.nodes}
    for each in form_fields.values():
        found.add(each.id)
        found |= {own for own, _ in each.widgets}
    for _, page in tree.pages:
        found |= {own for own in annotations_of(page) if isinstance(own, tuple)}
    return frozenset(own for own in found if own is not None)
