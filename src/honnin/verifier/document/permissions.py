"""What a signer allowed to happen after the signature: DocMDP and FieldMDP. (ISO 32000-2, 12.8.2)"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver
from pyhanko.sign.fields import FieldMDPSpec

from honnin.verifier.document.form import fields_of
from honnin.verifier.document.opening import entry, is_null, items_of, raw_entry, resolved
from honnin.verifier.document.report import Change, ChangeKind

_ALWAYS = {ChangeKind.TIME_STAMP, ChangeKind.VALIDATION_DATA, ChangeKind.TECHNICAL, ChangeKind.PADDING}
_BY_LEVEL = {
    1: _ALWAYS,
    2: _ALWAYS | {ChangeKind.SIGNATURE, ChangeKind.SIGNATURE_FIELD, ChangeKind.FORM_FILLED},
}
_OF_FIELDS = {
    ChangeKind.SIGNATURE,
    ChangeKind.FORM_FILLED,
    ChangeKind.APPEARANCE,
    ChangeKind.SIGNATURE_FIELD,
}


class Permissions:
    """What one signature allows, as its own revision says it; later revisions cannot widen it."""

    def __init__(self, view: HistoricalResolver, field_name: str) -> None:
        field = fields_of(resolved(view.root)).get(field_name)
        node = None if field is None else field.node
        value = None if field is None else resolved(field.value)
        lock = entry(node, "/Lock")
        self._level = _level(value, lock)
        transforms = [_parameters(value, "/FieldMDP"), lock]
        self._locks = [_locks(each) for each in transforms if not is_null(entry(each, "/Action"))]

    def judged(self, changes: Iterable[Change]) -> tuple[Change, ...]:
        """The changes, each with whether it is permitted."""
        return tuple(
            change if self._permits(change) else replace(change, permitted=False) for change in changes
        )

    def _permits(self, change: Change) -> bool:
        if change.kind is ChangeKind.OTHER:
            return True  # not known to be forbidden: it is reported as not understood
        if self._level in _BY_LEVEL and change.kind not in _BY_LEVEL[self._level]:
            return False
        empty_and_unseen = change.kind is ChangeKind.SIGNATURE_FIELD and not change.drawn
        if change.kind not in _OF_FIELDS or empty_and_unseen:
            return True
        return not any(lock.is_locked(change.subject) for lock in self._locks)


def _level(value: Any, lock: Any) -> int | None:
    for source in (_parameters(value, "/DocMDP"), lock):
        level = entry(source, "/P")
        if isinstance(level, generic.NumberObject):
            return int(level)
    # Without /P in the parameters, 2 is meant (table 257).
    return 2 if not is_null(_parameters(value, "/DocMDP")) else None


def _parameters(value: Any, method: str) -> Any:
    for raw in items_of(raw_entry(value, "/Reference")):
        if entry(resolved(raw), "/TransformMethod") == method:
            return entry(resolved(raw), "/TransformParams")
    return generic.NullObject()


def _locks(parameters: Any) -> FieldMDPSpec:
    return FieldMDPSpec.from_pdf_object(parameters)
