"""What came after a signature, revision by revision, and of which kind. (ISO 32000-2, 12.8.2)

Two consecutive states of the document are compared as a reader sees them, from the trailer down: whatever
differs is of a kind that is known here, or is told as what cannot be judged. So it does not matter by which
trick of the file's structure an object was exchanged. pyHanko's own analysis is asked as well: what it does
not like is never called harmless.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.metadata.xmp_xml import parse_xmp
from pyhanko.pdf_utils.reader import HistoricalResolver
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, StandardDiffPolicy

from honnin.verifier.document.form import FormComparison, fields_of
from honnin.verifier.document.objects import Comparison, TooMuch
from honnin.verifier.document.opening import (
    OpenDocument,
    entry,
    exists,
    id_of,
    is_null,
    items_of,
    raw_entry,
    resolved,
)
from honnin.verifier.document.pages import PagesComparison, PageTree, drawn_by, landmarks_of, page_tree
from honnin.verifier.document.report import Change, ChangeKind, Weight
from honnin.verifier.document.structure import Structure

_APART = {"/Pages", "/AcroForm", "/DSS", "/Extensions", "/Version", "/Metadata", "/Perms"}
_OF_EVERY_WRITING = {"/ModDate", "/Producer"}
_OF_EVERY_XMP = {"ModifyDate", "MetadataDate", "Producer", "InstanceID"}
_OF_ANY_FILE = {"CreateDate", "CreatorTool", "DocumentID", "format"}
_TRAILER = {"/Size", "/Prev", "/ID", "/Root", "/Info", "/XRefStm", "/AuthCode"}
_MOST_REVISIONS = 300  # our choice: comparing a stranger's file has an end
_DEVELOPERS = {"/ADBE", "/ESIC", "/ISO_"}
_VALIDATION_DATA = {"/Certs", "/CRLs", "/OCSPs", "/Cert", "/CRL", "/OCSP", "/TS"}
_SEEN_BY_PYHANKO = {ChangeKind.SIGNATURE, ChangeKind.TIME_STAMP, ChangeKind.SIGNATURE_FIELD}
_PYHANKO = StandardDiffPolicy(
    DEFAULT_DIFF_POLICY.global_rules, DEFAULT_DIFF_POLICY.form_rule, reject_object_freeing=False
)
_EXPLAINS_TECHNICAL = {
    ChangeKind.SIGNATURE,
    ChangeKind.TIME_STAMP,
    ChangeKind.SIGNATURE_FIELD,
    ChangeKind.VALIDATION_DATA,
}


class History:
    """The changes of every revision of a document; each is worked out once."""

    def __init__(self, document: OpenDocument) -> None:
        self._document = document
        self._known: dict[int, tuple[Change, ...]] = {}
        self._structure = Structure(document)

    def after(self, revision: int) -> tuple[Change, ...]:
        """What came after a revision (counted from 0), oldest first."""
        if self._document.revisions > _MOST_REVISIONS:
            return (Change(ChangeKind.OTHER, "", "revisions"),)
        later = range(revision + 1, self._document.revisions)
        return tuple(change for each in later for change in self._of(each))

    def _of(self, revision: int) -> tuple[Change, ...]:
        if revision not in self._known:
            self._known[revision] = tuple(dict.fromkeys(self._changes_in(revision)))
        return self._known[revision]

    def _changes_in(self, revision: int) -> Iterator[Change]:
        found: list[Change] = []
        steps: list[tuple[str, Callable[[int], Iterable[Change]]]] = [
            ("structure", self._of_structure),
            ("content", self._of_content),
        ]
        for name, step in steps:
            try:
                found += step(revision)
            except MemoryError:
                raise
            except TooMuch:
                found.append(Change(ChangeKind.OTHER, "", "more than is compared"))
            except Exception:  # a stranger's file: what cannot be read cannot be judged
                found.append(Change(ChangeKind.OTHER, "", name))
        others = [change for change in found if change.kind not in _SEEN_BY_PYHANKO]
        if max((change.weight for change in others), default=Weight.NOTHING) is Weight.NOTHING:
            found += self._second_opinion(revision)
        yield from found or [Change(ChangeKind.TECHNICAL)]

    def _of_structure(self, revision: int) -> Iterable[Change]:
        self._structure.require_clear(revision)
        return ()

    def _of_content(self, revision: int) -> Iterable[Change]:
        old, new = self._document.view(revision - 1), self._document.view(revision)
        return _of_content(old, new, self._structure.overwritten(revision))

    def _second_opinion(self, revision: int) -> Iterator[Change]:
        try:
            _PYHANKO.apply(self._document.view(revision - 1), self._document.view(revision))
        except MemoryError:
            raise
        except Exception:
            yield Change(ChangeKind.OTHER, "", "structure")


def _of_content(
    old: HistoricalResolver, new: HistoricalResolver, overwritten: list[tuple[int, int]]
) -> list[Change]:
    old_root, new_root = resolved(old.root), resolved(new.root)
    old_tree, new_tree = page_tree(old_root), page_tree(new_root)
    comparison = Comparison(landmarks_of(old_tree, fields_of(old_root)))
    form = FormComparison(old_root, new_root, comparison, lambda own: exists(old, own))
    found = [
        *_of_trailer(old, new, comparison),
        *_of_catalog(old_root, new_root, comparison),
        *PagesComparison(old_tree, new_tree, form, comparison).changes(),
        *_of_what_is_drawn(old, new, old_tree, overwritten, comparison),
        *form.changes(),
        *_of_validation_data(old_root, new_root, comparison),
    ]
    explained = any(change.kind in _EXPLAINS_TECHNICAL for change in found)
    return [*found, *_of_perms(old_root, new_root, comparison, explained=explained)]


def _of_what_is_drawn(
    old: HistoricalResolver,
    new: HistoricalResolver,
    tree: PageTree,
    overwritten: list[tuple[int, int]],
    comparison: Comparison,
) -> Iterator[Change]:
    """Objects that were written anew and that pages draw, asked from their end: whatever else they are."""
    reference: Any = generic.IndirectObject
    for own in drawn_by(tree).intersection(overwritten):
        if not comparison.same(reference(*own, old), reference(*own, new), drawn=True):
            yield Change(ChangeKind.OTHER, "", "/Pages")


# The trailer and the catalog.


def _of_trailer(old: HistoricalResolver, new: HistoricalResolver, comparison: Comparison) -> Iterator[Change]:
    before, now = _trailer(old), _trailer(new)
    for key in sorted({*before, *now} - _TRAILER):
        if comparison.difference(before.get(key), now.get(key)) is not None:
            yield Change(ChangeKind.OTHER, "", f"trailer{key}")
    if "/Encrypt" in now and not comparison.same(_first_id(before), _first_id(now)):
        yield Change(ChangeKind.OTHER, "", "trailer/ID")
    old_info, new_info = resolved(before.get("/Info")), resolved(now.get("/Info"))
    for key in sorted({*_keys(old_info), *_keys(new_info)} - _OF_EVERY_WRITING):
        if not comparison.same(raw_entry(old_info, key), raw_entry(new_info, key)):
            yield Change(ChangeKind.OTHER, "", f"/Info{key}")


def _first_id(trailer: dict[str, Any]) -> Any:
    """The part of a file's name that its key is made with."""
    return next(iter(items_of(trailer.get("/ID"))), None)


def _trailer(view: HistoricalResolver) -> dict[str, Any]:
    """A revision's trailer, whose references pyHanko would follow into the newest revision."""
    trailer = {key: view.trailer_view.raw_get(key) for key in view.trailer_view}
    reference: Any = generic.IndirectObject
    return {
        key: raw if (own := id_of(raw)) is None else reference(*own, view) for key, raw in trailer.items()
    }


def _of_catalog(old: Any, new: Any, comparison: Comparison) -> Iterator[Change]:
    for key in sorted({*old, *new} - _APART):
        where = comparison.difference(raw_entry(old, key), raw_entry(new, key))
        if where is not None:
            yield Change(ChangeKind.OTHER, "", f"{key}{where.rstrip('/')}")
    if not _same_metadata(entry(old, "/Metadata"), entry(new, "/Metadata"), comparison):
        yield Change(ChangeKind.OTHER, "", "/Metadata")
    if not _extensions_grow(entry(old, "/Extensions"), entry(new, "/Extensions"), comparison):
        yield Change(ChangeKind.OTHER, "", "/Extensions")
    before, now = entry(old, "/Version"), entry(new, "/Version")
    if not comparison.same(before, now) and not _is_later_version(before, now):
        yield Change(ChangeKind.OTHER, "", "/Version")


def _same_metadata(old: Any, new: Any, comparison: Comparison) -> bool:
    """Whether the document's description is the same but for what every writing changes (14.3.2)."""
    if comparison.same(old, new):
        return True
    if is_null(old) and isinstance(new, generic.StreamObject):
        return not {name.rpartition("}")[2] for name in _properties(new.data)} - _OF_ANY_FILE
    if not (isinstance(old, generic.StreamObject) and isinstance(new, generic.StreamObject)):
        return False
    return _properties(old.data) == _properties(new.data)


def _properties(xmp: bytes) -> dict[str, Any]:
    """The properties of an XMP packet, without those that every writing changes."""
    return {
        str(name): value
        for structure in parse_xmp(BytesIO(xmp))
        for name, value in structure
        if name.local_name not in _OF_EVERY_XMP
    }


def _extensions_grow(old: Any, new: Any, comparison: Comparison) -> bool:
    """Whether extensions to the standard were only announced, none given up (7.12)."""
    if is_null(new) and is_null(old):
        return True
    if not isinstance(new, generic.DictionaryObject):
        return False
    kept = all(comparison.same(raw_entry(old, key), raw_entry(new, key)) for key in _keys(old))
    return kept and set(_keys(new)) - set(_keys(old)) <= _DEVELOPERS | {"/Type"}


def _is_later_version(old: Any, new: Any) -> bool:
    return bool(re.fullmatch(r"/[12]\.\d", str(new))) and (is_null(old) or str(new) > str(old))


def _of_perms(old: Any, new: Any, comparison: Comparison, *, explained: bool) -> Iterator[Change]:
    """A signature that certifies the document is entered in the catalog (12.8.6)."""
    before, now = entry(old, "/Perms"), entry(new, "/Perms")
    if comparison.same(before, now):
        return
    kept = all(comparison.same(raw_entry(before, key), raw_entry(now, key)) for key in _keys(before))
    if not (explained and kept and set(_keys(now)) - set(_keys(before)) <= {"/DocMDP"}):
        yield Change(ChangeKind.OTHER, "", "/Perms")


def _of_validation_data(old: Any, new: Any, comparison: Comparison) -> Iterator[Change]:
    """Certificates, lists and answers for those who verify later (12.8.4.3)."""
    before, now = raw_entry(old, "/DSS"), raw_entry(new, "/DSS")
    if comparison.same(before, now):
        return
    if _is_store(resolved(now), {"/Certs", "/CRLs", "/OCSPs", "/VRI", "/Type"}):
        yield Change(ChangeKind.VALIDATION_DATA)
    else:
        yield Change(ChangeKind.OTHER, "", "/DSS")


def _is_store(store: Any, allowed: set[str]) -> bool:
    if not isinstance(store, generic.DictionaryObject) or not set(store) <= allowed:
        return False
    for key in set(store) & _VALIDATION_DATA:
        found = entry(store, key)
        streams = [found] if key == "/TS" else [resolved(raw) for raw in items_of(found)]
        if not all(isinstance(stream, generic.StreamObject) for stream in streams):
            return False
    signatures = entry(store, "/VRI")
    return all(
        _is_store(entry(signatures, key), {"/Cert", "/CRL", "/OCSP", "/TS", "/TU", "/Type"})
        for key in _keys(signatures)
    )


def _keys(value: Any) -> list[str]:
    return list(value) if isinstance(value, generic.DictionaryObject) else []
