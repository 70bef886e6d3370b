"""Anyone who serves the holder → agency: certificates of a person, holds, releases, lapses."""

from dataclasses import dataclass
from datetime import date, datetime

from honnin.law.terms import LapseGround, Purpose
from honnin.wire.line import Message


@dataclass(frozen=True)
class CertificateState:
    """One certificate and its status now (`good`, `held` or `revoked`, CRL reason in RFC 5280 words)."""

    purpose: Purpose
    serial_number: int
    issued_at: datetime
    expiry_date: date
    delivered: bool
    status: str
    crl_reason: str
    status_changed_at: datetime


@dataclass(frozen=True)
class CardFacts:
    """A person's present card: its number, the day its validity ends, and whether it may be used."""

    card_number: str
    expiry_date: date
    valid: bool


@dataclass(frozen=True)
class PersonState:
    """What the agency knows of a person: the cards, the newest first, and the certificates, likewise."""

    cards: tuple[CardFacts, ...]
    certificates: tuple[CertificateState, ...]


@dataclass(frozen=True)
class AskPersonState(Message[PersonState]):
    """What stands recorded for this person?"""

    reply = PersonState
    person_code: str


@dataclass(frozen=True)
class ReportLapse(Message[PersonState]):
    """A ground for lapse became known, for some purposes or (empty) for all that the law names."""

    reply = PersonState
    person_code: str
    ground: LapseGround
    purposes: tuple[Purpose, ...]


@dataclass(frozen=True)
class ReportRelease(Message[PersonState]):
    """The holder found the card and gave notice of release at the counter (terms 9).

    `card_number` is what the counter's reader read from the card that was shown.
    """

    reply = PersonState
    person_code: str
    purpose: Purpose
    card_number: str


@dataclass(frozen=True)
class LossReported:
    """How many telephone notices of loss were still waiting for this report."""

    closed_calls: int


@dataclass(frozen=True)
class ReportLoss(Message[LossReported]):
    """The holder, who had telephoned, reported the loss at the counter as well (card guide C5.1)."""

    reply = LossReported
    person_code: str
