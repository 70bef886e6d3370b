"""Output of `honnin verify`, as text and JSON: each signature, and what came after it.

It never accuses: what cannot be confirmed is called so, and may be as it should be.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from honnin.errors import HonninError, Language, explain
from honnin.identifiers import SerialNumber
from honnin.law.terms import Sex
from honnin.law.wording import format_entered_day
from honnin.translation import gettext, message
from honnin.verifier.document import (
    Change,
    ChangeKind,
    Coverage,
    DocumentReport,
    SignatureReport,
    TimeStampReport,
    Weight,
)

_LABELS = {
    "name": message("name"),
    "address": message("address"),
    "birth_date": message("birth date"),
    "sex": message("sex"),
    "serial_number": message("serial number"),
    "issuer": message("issuer"),
    "claimed_signing_time": message("signed at (as the signer says)"),
    "claimed_name": message("name in the certificate, not confirmed"),
    "claimed_issuer": message("issuer in the certificate, not confirmed"),
    "reason": message("reason"),
    "time": message("time (as it says; its issuer is not checked)"),
    "covers": message("covers"),
    "after": message("after it"),
}
_SEX = {
    Sex.MALE: message("male"),
    Sex.FEMALE: message("female"),
    Sex.UNKNOWN: message("unknown"),
}
_CHANGES = {
    ChangeKind.SIGNATURE: message("a further signature was added (“{subject}”)"),
    ChangeKind.TIME_STAMP: message("a time stamp was added"),
    ChangeKind.VALIDATION_DATA: message("data for later verification were added"),
    ChangeKind.SIGNATURE_FIELD: message("an empty signature field was added (“{subject}”)"),
    ChangeKind.TECHNICAL: message("the file was written to; the content of the document did not change"),
    ChangeKind.FORM_FILLED: message(
        "the field “{subject}” was changed from “{before}” to “{now}”, which is not covered"
    ),
    ChangeKind.ANNOTATION: message("a note on {subject} was added or changed, which is not covered"),
    ChangeKind.PADDING: message(
        "the space beside the signature's value holds data that nobody signed (none of it is shown)"
    ),
    ChangeKind.APPEARANCE: message(
        "the look of “{subject}” changed without its value and cannot be confirmed ({place})"
    ),
    ChangeKind.OTHER: message("something changed that cannot be judged ({where})"),
}
_PLACES = {  # what is no name of the file format
    "content": message("the content"),
    "end of file": message("what stands after its end"),
    "more than is compared": message("more than is compared here"),
    "revisions": message("more writes than are compared here"),
    "structure": message("the structure of the file"),
}
_DRAWN = message("; it shows something on the page")
_NOT_PERMITTED = message("; the signer did not allow such a change")
_WORDS = {
    "good": message("good"),
    "not_confirmed": message("cannot be confirmed"),
    "signature": message("Signature {number} ({field}): {result}"),
    "time_stamp": message("Time stamp ({field}): {result}"),
    "matches": message("matches the document (it is no signer)"),
    "not_forged": message("This does not mean that anything was forged."),
    "whole": message("the whole document"),
    "part": message("the document as it was then (write {revision} of {revisions})"),
    "unclear": message("cannot be judged"),
    "removed": message("a signature that is no longer there: field “{field}”"),
    "nothing": message("nothing was added"),
}
_HEADLINES = {
    "as_signed": message("Good. The document is as it was signed."),
    "look": message("Good, but something was added after a signature. Look at what is said of each."),
    "added": message(
        "What was signed is confirmed, but not what changed after it. Look at what is said of each."
    ),
    "some": message("{count} signatures: {good} good, {bad} not confirmed. Look at what is said of each."),
    "none": message("Not confirmed. Look at what is said of each signature."),
}
_SOUNDS_LIKE_FORGERY = {
    *("E_DOCUMENT_ALTERED", "E_SIGNATURE_UNREADABLE", "E_COVERAGE_UNCLEAR", "E_ISSUER_UNKNOWN"),
    *("E_SIGNATURE_BROKEN", "E_ALG_NOT_ALLOWED"),
}
_RESULTS: dict[str | None, str] = {None: "as_signed", "conflict": "changed", "unavailable": "not_now"}


def words(report: DocumentReport, language: Language) -> Iterator[str]:
    """The lines that tell a report to a person."""
    yield _headline(report, language)
    for name in report.removed:
        yield f"  {gettext(_WORDS['removed'], language).format(field=_printable(name))}"
    for number, signature in enumerate(report.signatures, 1):
        yield ""
        result = gettext(_WORDS["good" if signature.problem is None else "not_confirmed"], language)
        yield gettext(_WORDS["signature"], language).format(
            number=number, field=_printable(signature.field_name), result=result
        )
        yield from _lines(_facts(signature, language), language)
        yield from _further(signature, language)
    for stamp in report.time_stamps:
        yield ""
        result = gettext(_WORDS["matches" if stamp.problem is None else "not_confirmed"], language)
        yield gettext(_WORDS["time_stamp"], language).format(
            field=_printable(stamp.field_name), result=result
        )
        yield from _lines(_stamp_facts(stamp), language)
        yield from _further(stamp, language)


def _headline(report: DocumentReport, language: Language) -> str:
    count = len(report.signatures)
    bad = sum(signature.problem is not None for signature in report.signatures)
    reservation = report.reservation
    if reservation is None:
        kind = "as_signed"
    elif report.removed or not count:
        return explain("E_SIGNATURE_REMOVED" if report.removed else "E_NOT_SIGNED", language).cause
    elif bad:
        kind = "none" if bad == count else "some"
    else:
        kind = "look" if reservation.kind == "conflict" else "added"
    return gettext(_HEADLINES[kind], language).format(count=count, good=count - bad, bad=bad)


def _facts(signature: SignatureReport, language: Language) -> dict[str, str]:
    time = signature.claimed_signing_time
    claimed_time = {"claimed_signing_time": time.isoformat() if time else "–"}
    if signature.problem is None:
        person, four = facts_of_holder(signature), signature.holder.basic_four
        person["birth_date"] = gettext("{word} ({name})", language).format(
            word=person["birth_date"], name=format_entered_day(four.birth_date, "ja")
        )
        person["sex"] = gettext(_SEX[four.sex], language)
        return person | claimed_time
    claimed = {}
    if signature.signer is not None:
        claimed = {"claimed_name": signature.signer.name, "claimed_issuer": signature.signer.issuer}
    reason = f"{_cause(signature.problem, language)} [{signature.problem.code}]"
    if signature.problem.code in _SOUNDS_LIKE_FORGERY:
        reason += f" {gettext(_WORDS['not_forged'], language)}"
    return {"reason": reason} | claimed | claimed_time


def _cause(problem: HonninError, language: Language) -> str:
    return explain(problem.code, language, problem.context).cause


def _stamp_facts(stamp: TimeStampReport) -> dict[str, str]:
    facts = {"time": stamp.time.isoformat() if stamp.time else "–", "claimed_issuer": stamp.authority or "–"}
    return facts if stamp.problem is None else {"reason": f"[{stamp.problem.code}]"} | facts


def _lines(facts: dict[str, str], language: Language) -> Iterator[str]:
    for label, text in facts.items():
        yield _named(label, _printable(text), language)


def _named(label: str, text: str, language: Language) -> str:
    name = gettext(_LABELS[label], language)
    return "  " + gettext("{name}: {fault}", language).format(name=name, fault=text)


def _further(each: SignatureReport | TimeStampReport, language: Language) -> Iterator[str]:
    yield _named("covers", _covers(each.coverage, language), language)
    changes = [_change_text(change, language) for change in each.after]
    nothing = gettext(_WORDS["nothing" if each.coverage else "unclear"], language)
    yield _named("after", changes[0] if changes else nothing, language)
    yield from (f"    {line}" for line in changes[1:])


def _covers(coverage: Coverage | None, language: Language) -> str:
    if coverage is None:
        return gettext(_WORDS["unclear"], language)
    words_of = gettext(_WORDS["whole" if coverage.whole else "part"], language)
    return words_of.format(revision=coverage.revision, revisions=coverage.revisions)


def _change_text(change: Change, language: Language) -> str:
    subject = change.subject
    if page := re.fullmatch(r"page (\d+)", subject):
        subject = gettext("page {number}", language).format(number=page[1])
    place = gettext(_PLACES[change.place], language) if change.place in _PLACES else change.place
    where = " ".join(part for part in (subject, place) if part)
    line = gettext(_CHANGES[change.kind], language).format(
        subject=subject, place=place, where=where, before=change.before or "", now=change.now or ""
    )
    line += gettext(_DRAWN, language) if change.drawn else ""
    return _printable(line + ("" if change.permitted else gettext(_NOT_PERMITTED, language)))


def _printable(text: str) -> str:
    """Without what would move the cursor or turn the direction of writing: a stranger wrote it."""
    return "".join(
        "\ufffd" if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cs") else character
        for character in text
    )


# JSON: the same in every locale, and of one shape whatever the result is.

FIELDS = ("result", "code", "signatures", "removed", "time_stamps", "modified_after")
_PERSON = ("name", "address", "birth_date", "sex", "serial_number", "issuer")


def facts(report: DocumentReport) -> dict[str, Any]:
    """The same for programs: `FIELDS`."""
    reservation = report.reservation
    return {
        "result": _RESULTS.get(None if reservation is None else reservation.kind, "not_confirmed"),
        "code": reservation and reservation.code,
        "signatures": [_signature_facts(signature) for signature in report.signatures],
        "removed": list(report.removed),
        "time_stamps": [_time_stamp_facts(stamp) for stamp in report.time_stamps],
        "modified_after": report.modified_after,
    }


def facts_of_holder(signature: SignatureReport) -> dict[str, str]:
    """Who signed, as the register certified it. Raises the signature's problem."""
    four, certificate = signature.holder.basic_four, signature.holder.certificate
    return {
        "name": four.name,
        "address": four.address,
        "birth_date": four.birth_date.isoformat(),
        "sex": four.sex.name.lower(),
        "serial_number": str(SerialNumber(certificate.serial_number)),
        "issuer": certificate.issuer.rfc4514_string(),
    }


def _signature_facts(signature: SignatureReport) -> dict[str, Any]:
    problem, signer = signature.problem, signature.signer
    time = signature.claimed_signing_time
    return {
        "field": signature.field_name,
        "result": "good" if problem is None else "not_confirmed",
        "code": problem and problem.code,
        **(facts_of_holder(signature) if problem is None else dict.fromkeys(_PERSON)),
        "claimed_name": signer and signer.name,
        "claimed_issuer": signer and signer.issuer,
        "claimed_signing_time": time.isoformat() if time else None,
        **_further_facts(signature),
    }


def _time_stamp_facts(stamp: TimeStampReport) -> dict[str, Any]:
    return {
        "field": stamp.field_name,
        "result": "matches" if stamp.problem is None else "not_confirmed",
        "code": stamp.problem and stamp.problem.code,
        "claimed_time": stamp.time.isoformat() if stamp.time else None,
        "claimed_issuer": stamp.authority,
        **_further_facts(stamp),
    }


def _further_facts(each: SignatureReport | TimeStampReport) -> dict[str, Any]:
    coverage = each.coverage
    weight = max((change.weight for change in each.after), default=Weight.NOTHING)
    return {
        "covers": coverage
        and {"whole": coverage.whole, "write": coverage.revision, "writes": coverage.revisions},
        "after": [
            {
                "kind": change.kind.value,
                "subject": change.subject,
                "place": change.place,
                "before": change.before,
                "now": change.now,
                "drawn": change.drawn,
                "permitted": change.permitted,
                "weight": change.weight.name.lower(),
            }
            for change in each.after
        ],
        "after_weight": weight.name.lower(),
    }
