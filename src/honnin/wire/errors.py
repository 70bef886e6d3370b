"""Errors as messages: sent as an answer, and raised at the other end as they were raised here.

The kind, the code and what the sentence needs travel; the sentence itself does not, for each end says it in
the language of whoever reads. An error of a kind or code that this version does not know is raised as
unknown.
"""

from collections.abc import Mapping
from typing import Any

from honnin.errors import KINDS, Conflict, ContextValue, HonninError, Malformed, Refusal, Refused, catalogue
from honnin.translation import Sentence

_KINDS = {kind.kind: kind for kind in KINDS}
_NAME = "error"


def written(error: HonninError) -> dict[str, object]:
    """An error as a plain value."""
    if isinstance(error, Refused):
        return {"kind": error.kind, "refusals": [_refusal(each) for each in error.refusals]}
    context = {name: _value(value) for name, value in error.context.items()}
    return {"kind": error.kind, "code": error.code, "context": context}


def read(value: object) -> HonninError:
    """The error that a plain value holds.

    Raises Malformed E_MESSAGE_MALFORMED for another value, Conflict E_ERROR_UNKNOWN for a code or a kind that
    this version does not know.
    """
    try:
        return _error(value)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise Malformed("E_MESSAGE_MALFORMED", message=_NAME) from error


def _error(value: Any) -> HonninError:
    kind = _KINDS.get(value["kind"])
    if kind is Refused:
        refusals = [_read_refusal(each) for each in value["refusals"]]
        _require_known(*(each.code for each in refusals))
        return Refused(*refusals)
    code = value["code"]
    if kind is None:
        raise Conflict("E_ERROR_UNKNOWN", code=str(code))
    _require_known(code)
    return kind(code, **_read_context(value["context"]))


def _require_known(*codes: str) -> None:
    for code in codes:
        if code not in catalogue():
            raise Conflict("E_ERROR_UNKNOWN", code=str(code))


def _refusal(refusal: Refusal) -> dict[str, object]:
    details = [[name, _value(value)] for name, value in refusal.details]
    return {"code": refusal.code, "clauses": list(refusal.clauses), "details": details}


def _read_refusal(value: Any) -> Refusal:
    clauses = tuple(_text(each) for each in value["clauses"])
    return Refusal(_text(value["code"]), clauses, tuple(_read_context(dict(value["details"])).items()))


def _read_context(value: Mapping[str, Any]) -> dict[str, ContextValue]:
    return {_text(name): _read_value(each) for name, each in value.items()}


def _value(value: object) -> object:
    """A sentence within a sentence keeps its gaps, so that it can be shown in another language."""
    if isinstance(value, Sentence):
        details = {name: _value(each) for name, each in value.details.items()}
        return {"sentence": value.text, "details": details}
    return value if isinstance(value, int) else str(value)


def _read_value(value: Any) -> ContextValue:
    if isinstance(value, dict):
        return Sentence(_text(value["sentence"]), **_read_context(value["details"]))
    if type(value) not in (int, str):
        raise TypeError("text or a number was expected")
    return value  # type: ignore[no-any-return]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text was expected")
    return value
