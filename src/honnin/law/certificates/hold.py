"""The temporary hold after a loss (一時保留) and its release.

The call is taken 24 hours a day, 365 days a year: no function here is given the time of day, so none can
refuse for it. Who may call is judged after the hold, not before (our choice: a false hold is cheap, a
false refusal is not). Holds nothing itself.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from honnin.errors import Refusal
from honnin.law.citation import cites
from honnin.law.terms import Generation, Purpose

HOLD_REASON = "certificateHold"
LOSS_REASON = "keyCompromise"


class HoldOutcome(StrEnum):
    """What becomes of a certificate when its holder reports the card lost."""

    HELD = "held"
    REVOKED = "revoked"


@dataclass(frozen=True, kw_only=True)
class CertificateState:
    """What is known of one certificate when a hold or a release is asked for."""

    generation: Generation
    purpose: Purpose
    expiry: date
    held: bool = False
    lapsed: bool = False


@cites("S4-9b", "rules/65")
def hold_outcome(purpose: Purpose, *, signature_can_be_held: bool = False) -> HoldOutcome:
    """The authentication certificate is held, the signature certificate revoked.

    規約第9条 knows a release of the user-authentication certificate only. Our choice: a signature
    certificate that could never be released is revoked at once; an operator may hold it instead.
    """
    held = purpose is Purpose.USER_AUTHENTICATION or signature_can_be_held
    return HoldOutcome.HELD if held else HoldOutcome.REVOKED


def hold_crl_reason(outcome: HoldOutcome) -> str:
    """The CRLReason name after a report of loss (RFC 5280): `certificateHold` or `keyCompromise`."""
    return HOLD_REASON if outcome is HoldOutcome.HELD else LOSS_REASON


@cites("S1-C5.1a", "S3-C3", "rules/65")
def hold_refusals(certificate: CertificateState, on: date) -> tuple[Refusal, ...]:
    """Why a report of loss cannot put a certificate on hold; never the hour, never a second call.

    E_HOLD_NOT_OFFERED for a Juki card, which is revoked at the counter; E_CERT_REVOKED and E_CERT_EXPIRED
    where there is nothing left to hold. A certificate already held is held: no refusal.
    """
    refusals: list[Refusal] = []
    if certificate.generation is Generation.JUKI_CARD:
        refusals.append(Refusal("E_HOLD_NOT_OFFERED", ("S0-29",)))
    if certificate.lapsed:
        refusals.append(Refusal("E_CERT_REVOKED", ("S4-9a",)))
    if on > certificate.expiry:
        refusals.append(Refusal("E_CERT_EXPIRED", ("S4-9a",)))
    return tuple(refusals)


@cites("S4-9b", "S1-C5.1d")
def release_refusals(
    certificate: CertificateState, on: date, *, own_municipality: bool, card_presented: bool
) -> tuple[Refusal, ...]:
    """Why a hold cannot be released.

    規約第9条: only of a held user-authentication certificate (E_HOLD_NOT_RELEASABLE), at the counter of the
    municipality of residence (E_OFFICE_WRONG), with the card that was found (E_CARD_MISSING), within its
    validity (E_CERT_EXPIRED). A hold has no time limit (our choice; none is published).
    """
    releasable = certificate.purpose is Purpose.USER_AUTHENTICATION and certificate.held
    refusals: list[Refusal] = []
    if not releasable or certificate.lapsed:
        refusals.append(Refusal("E_HOLD_NOT_RELEASABLE", ("S4-9b",)))
    if not own_municipality:
        refusals.append(Refusal("E_OFFICE_WRONG", ("S4-9b", "S1-C5.1d")))
    if not card_presented:
        refusals.append(Refusal("E_CARD_MISSING", ("S1-C5.1d",)))
    if on > certificate.expiry:
        refusals.append(Refusal("E_CERT_EXPIRED", ("S4-9b",)))
    return tuple(refusals)
