"""The PINs of a renewal: proved to the card, set anew, or written on the form that a proxy brings sealed.

Looks at what became of each PIN, never at a PIN. The holder's forgotten PIN is set anew in the same visit; a
proxy's form that does not match ends the visit, and an inquiry goes to the holder by post.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from honnin.errors import Refusal
from honnin.law.cards.pins import PinKind, pin_of_key
from honnin.law.certificates.notices import INQUIRY_DAYS
from honnin.law.citation import cites
from honnin.law.counter.identity import ProxyFacts, ProxyKind
from honnin.law.terms import Purpose

OPENED_BY = 2
IN_ORDER = (PinKind.RESIDENT_REGISTER, PinKind.USER_AUTHENTICATION, PinKind.SIGNATURE)
"""In which order PINs are proved: the one that opens no certificate first (our choice)."""

_UNPROVED = Refusal("E_PIN_UNPROVED", ("S3-9", "S3-11"))
_MISMATCH = Refusal("E_PIN_MISMATCH_INQUIRY", ("S3-P2", "S3-P3"))
_INQUIRY_OVER = Refusal("E_INQUIRY_OVER", ("S3-P3",))


class PinProof(StrEnum):
    """What became of one PIN in this visit."""

    WANTED = "wanted"  # not asked for yet
    NOT_KNOWN = "not known"  # forgotten, or its holder cannot enter it: it is set anew
    BLOCKED = "blocked"  # no try is left: likewise
    PROVED = "proved"  # the card accepted it
    SET_ANEW = "set anew"
    MISMATCHED = "mismatched"  # what the form says does not open the card, or no try was left


DONE = frozenset({PinProof.PROVED, PinProof.SET_ANEW})
"""With which the new certificates may be written."""
TO_SET_ANEW = frozenset({PinProof.NOT_KNOWN, PinProof.BLOCKED})


@dataclass(frozen=True, kw_only=True)
class Inquiry:
    """A document inquiry (文書照会) that was ordered: when, and when its answer came back; None: not yet.

    `days`: until when the municipality waits, counted without the day of the order (our choice of 30).
    """

    ordered_on: date
    answered_on: date | None = None
    days: int = INQUIRY_DAYS

    @property
    def deadline(self) -> date:
        """The last day on which the answer is taken."""
        return self.ordered_on + timedelta(days=self.days)


@cites("S3-9")
def pins_of_renewal(purposes: frozenset[Purpose]) -> frozenset[PinKind]:
    """Which PINs a renewal needs: of each certificate renewed, and of the resident register's application.

    For both certificates these are the three of the letter. Our choice: who renews one needs not prove the
    other's PIN.
    """
    return frozenset(pin_of_key(purpose) for purpose in purposes) | {PinKind.RESIDENT_REGISTER}


@cites("S3-9", "S3-11", "S3-P2", "S3-P3")
def pin_refusals(
    purposes: frozenset[Purpose],
    pins: Mapping[PinKind, PinProof],
    on: date,
    *,
    proxy: ProxyFacts | None = None,
    inquiry: Inquiry | None = None,
) -> tuple[Refusal, ...]:
    """Why the new certificates are not written yet, as far as PINs go; empty when each is proved or set anew.

    E_PIN_UNPROVED for one that is still wanted. The holder, or the statutory agent, has any PIN set anew in
    the same visit. A proxy cannot: E_PIN_MISMATCH_INQUIRY until the answer to an inquiry is there, and
    E_INQUIRY_OVER when none came to its deadline; with the answer the PINs are set anew in the second visit.
    """
    found = [pins.get(kind, PinProof.WANTED) for kind in sorted(pins_of_renewal(purposes))]
    by_form = proxy is not None and proxy.kind is not ProxyKind.STATUTORY_AGENT
    refusals: tuple[Refusal, ...] = ()
    if by_form and (PinProof.MISMATCHED in found or PinProof.SET_ANEW in found):
        refusals = inquiry_refusals(inquiry, on)
    return refusals or (() if DONE.issuperset(found) else (_UNPROVED,))


@cites("S3-9", "S3-11")
def acceptance_refusals(
    purposes: frozenset[Purpose], pins: Mapping[PinKind, PinProof], *, proxy: ProxyFacts | None = None
) -> tuple[Refusal, ...]:
    """Why a renewal is not accepted yet, as far as PINs go: E_PIN_UNPROVED for one that nobody was asked for.

    Our choice: whatever can fail is tried before the application is accepted. One that its holder does not
    know, or that is blocked, keeps nobody from it, for it is set anew afterwards. A proxy's form is opened
    afterwards too, so that none is opened in vain.
    """
    if proxy is not None and proxy.kind is not ProxyKind.STATUTORY_AGENT:
        return ()
    return (_UNPROVED,) if unasked(purposes, pins) else ()


def unasked(purposes: frozenset[Purpose], pins: Mapping[PinKind, PinProof]) -> tuple[PinKind, ...]:
    """The PINs of a renewal that nobody was asked for yet, in the order in which they are proved."""
    needed = pins_of_renewal(purposes)
    wanted = (kind for kind in IN_ORDER if kind in needed)
    return tuple(kind for kind in wanted if pins.get(kind, PinProof.WANTED) is PinProof.WANTED)


@cites("S3-P3")
def inquiry_refusals(inquiry: Inquiry | None, on: date) -> tuple[Refusal, ...]:
    """Why a proxy's second visit comes too early or too late: no answer yet, or none to the deadline."""
    if inquiry is None:
        return (_MISMATCH,)
    if inquiry.answered_on is None:
        return (_MISMATCH if on <= inquiry.deadline else _INQUIRY_OVER,)
    return () if inquiry.answered_on <= inquiry.deadline else (_INQUIRY_OVER,)


@cites("S3-P3")
def awaits_answer(inquiry: Inquiry | None, on: date) -> bool:
    """Whether the answer to an inquiry is still waited for: as long, no other is ordered."""
    return inquiry is not None and inquiry.answered_on is None and on <= inquiry.deadline


@cites("S3-P3")
def goes_on_with_form(pins: Mapping[PinKind, PinProof]) -> bool:
    """Whether a further PIN of the form is tried: not after one that did not match.

    A mismatch stops the renewal, so that it costs one try of one PIN (our choice).
    """
    return PinProof.MISMATCHED not in pins.values()


@cites("S3-P1", "S3-P5")
def opening_refusals(
    *, seal_intact: bool | None, opened_before: bool, people: frozenset[str]
) -> tuple[Refusal, ...]:
    """Why a proxy's envelope is not opened; `people`: the clerks who would be there.

    E_FORM_INCOMPLETE where none came, E_SEAL_BROKEN where it did not come sealed, E_FORM_USED where it was
    opened before: its PINs are read once. E_SECOND_PERSON: two clerks open it (our choice).
    """
    refusals: list[Refusal] = []
    if seal_intact is None:
        refusals.append(Refusal("E_FORM_INCOMPLETE", ("S3-6",)))
    if seal_intact is False:
        refusals.append(Refusal("E_SEAL_BROKEN", ("S3-P1",)))
    if opened_before:
        refusals.append(Refusal("E_FORM_USED", ("S3-P5",)))
    if len(people) < OPENED_BY:
        refusals.append(Refusal("E_SECOND_PERSON", ("S3-P5",)))
    return tuple(refusals)
