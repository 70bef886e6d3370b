"""The report on a signed document: each signature by itself, and what came after it, by kind.

Pure values; nothing here reads a file. A signature that cannot be relied on carries the reason as the error
that its holder would raise: `SignatureReport.holder` answers with a person or raises, never with a maybe.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from honnin.errors import Conflict, HonninError, Unavailable, Untrusted
from honnin.identifiers import SerialNumber
from honnin.verifier.certificate import VerifiedHolder


class ChangeKind(StrEnum):
    """Kinds of what was added to a document after a signature."""

    SIGNATURE = "signature"
    TIME_STAMP = "time_stamp"
    VALIDATION_DATA = "validation_data"
    SIGNATURE_FIELD = "signature_field"
    TECHNICAL = "technical"
    FORM_FILLED = "form_filled"
    ANNOTATION = "annotation"
    PADDING = "padding"
    APPEARANCE = "appearance"
    OTHER = "other"


class Weight(IntEnum):
    """How much attention a change needs from the person who relies on the document."""

    NOTHING = 0
    """The signed content looks and means what it did."""
    LOOK = 1
    """It is understood, and changes what a reader sees: a person must look at it."""
    REFUSED = 2
    """The signer does not allow it, or nobody can say from the file what it means."""


_WEIGHTS = {
    ChangeKind.FORM_FILLED: Weight.LOOK,
    ChangeKind.ANNOTATION: Weight.LOOK,
    ChangeKind.PADDING: Weight.LOOK,
    ChangeKind.APPEARANCE: Weight.REFUSED,
    ChangeKind.OTHER: Weight.REFUSED,
}


@dataclass(frozen=True)
class Change:
    """One thing that came after a signature.

    `subject` is the name of a form field, or a page ("page 1"), or empty for the document; `place` the PDF
    entries that differ; `before` and `now` the values of a field that was filled in; `drawn` says that a
    signature field draws where nothing was to be drawn when the earlier signature was made; `permitted`
    that the signer did not forbid it (DocMDP, FieldMDP: ISO 32000-2, 12.8.2).
    """

    kind: ChangeKind
    subject: str = ""
    place: str = ""
    before: str | None = None
    now: str | None = None
    drawn: bool = False
    permitted: bool = True

    @property
    def weight(self) -> Weight:
        if not self.permitted:
            return Weight.REFUSED
        return _WEIGHTS.get(self.kind, Weight.LOOK if self.drawn else Weight.NOTHING)


@dataclass(frozen=True)
class Coverage:
    """How far a signature reaches: up to `revision` of `revisions` (counted from 1)."""

    revision: int
    revisions: int
    whole: bool


@dataclass(frozen=True)
class Signer:
    """Who the certificate in the signature says it is. Proved by nothing unless the signature is good."""

    name: str
    issuer: str
    serial_number: SerialNumber


@dataclass(frozen=True)
class SignatureReport:
    """The report on one signature.

    `claimed_signing_time` is what the signer's machine said; nothing proves it. `problem` is why the
    signature itself cannot be relied on; `after` is what came after it, oldest first, whether or not it can.
    """

    field_name: str
    signer: Signer | None
    claimed_signing_time: datetime | None
    coverage: Coverage | None
    problem: HonninError | None
    after: tuple[Change, ...]
    verified: VerifiedHolder | None = None

    @property
    def holder(self) -> VerifiedHolder:
        """Who signed what the signature covers. Raises `problem`; what came after is not asked."""
        if self.problem is not None or self.verified is None:
            raise self.problem or Untrusted("E_SIGNATURE_UNREADABLE")
        return self.verified

    @property
    def weight(self) -> Weight:
        """The heaviest of what came after."""
        return max((change.weight for change in self.after), default=Weight.NOTHING)

    @property
    def reservation(self) -> HonninError | None:
        """Why the document is not to be taken for what this signer signed, if anything stands against it."""
        return self.problem or _reservation_about(self.after)

    @property
    def modified_after(self) -> bool:
        """Whether the document went on after this signature; what was added is not covered by it."""
        return self.coverage is None or not self.coverage.whole


def _reservation_about(changes: tuple[Change, ...]) -> HonninError | None:
    heaviest = max((change.weight for change in changes), default=Weight.NOTHING)
    if heaviest is Weight.NOTHING:
        return None
    if heaviest is Weight.LOOK:
        return Conflict("E_DOCUMENT_CHANGED")
    if any(not change.permitted for change in changes):
        return Untrusted("E_CHANGE_NOT_PERMITTED")
    kinds = {change.kind for change in changes}
    return Untrusted("E_CHANGE_UNCLEAR" if ChangeKind.OTHER in kinds else "E_APPEARANCE_CHANGED")


@dataclass(frozen=True)
class TimeStampReport:
    """A time stamp over the whole document. It says when, not who: it is not a signer.

    `time` and `authority` are what the token says; the authority is not checked against a list of trusted
    ones, for none is pinned. `problem` is set when the token does not belong to this document.
    """

    field_name: str
    time: datetime | None
    authority: str
    coverage: Coverage | None
    problem: HonninError | None
    after: tuple[Change, ...]


@dataclass(frozen=True)
class VerifiedSignature:
    """One good signature of a document that is as it was signed."""

    field_name: str
    holder: VerifiedHolder
    claimed_signing_time: datetime | None
    modified_after: bool


@dataclass(frozen=True)
class VerifiedDocument:
    """A document all of whose signatures are good, in the order in which they were made."""

    signatures: tuple[VerifiedSignature, ...]
    modified_after: bool


@dataclass(frozen=True)
class DocumentReport:
    """All signatures and time stamps of a document, each by itself, in the order in which they were made.

    `removed`: fields of signatures that an earlier revision of the file had, and the newest has not.
    """

    signatures: tuple[SignatureReport, ...]
    time_stamps: tuple[TimeStampReport, ...]
    removed: tuple[str, ...] = ()

    @property
    def modified_after(self) -> bool:
        """Whether something was added after the last signature, which therefore nobody signed."""
        return bool(self.signatures) and all(signature.modified_after for signature in self.signatures)

    @property
    def reservation(self) -> HonninError | None:
        """The gravest of what stands against taking the document as it was signed."""
        return min(self._reservations(), key=_gravity, default=None)

    def require_as_signed(self) -> VerifiedDocument:
        """All signers, if every signature is good and nothing came after that a person must look at.

        Raises the gravest reservation: of `Untrusted` and `Malformed` the first, then `Unavailable`, then
        `Conflict("E_DOCUMENT_CHANGED")`.
        """
        if self.reservation is not None:
            raise self.reservation
        return VerifiedDocument(
            tuple(
                VerifiedSignature(
                    signature.field_name,
                    signature.holder,
                    signature.claimed_signing_time,
                    signature.modified_after,
                )
                for signature in self.signatures
            ),
            self.modified_after,
        )

    def _reservations(self) -> Iterator[HonninError]:
        if self.removed:
            yield Untrusted("E_SIGNATURE_REMOVED")
        elif not self.signatures:
            yield Untrusted("E_NOT_SIGNED")
        problems = [signature.reservation for signature in self.signatures]
        problems += [stamp.problem for stamp in self.time_stamps]
        yield from (problem for problem in problems if problem is not None)


def _gravity(error: HonninError) -> int:
    if isinstance(error, Conflict):
        return 2
    return 1 if isinstance(error, Unavailable) else 0
