"""Municipality → agency: certificates and cards of a person, holds, releases, lapses, losses."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from honnin.identifiers import CardNumber, PersonCode, SerialNumber
from honnin.law.certificates.status import RECORDED, Status, status_on
from honnin.law.terms import LapseGround, Purpose
from honnin.wire.line import Message


@dataclass(frozen=True)
class CertificateState:
    """One certificate and what is recorded of it: its status, and the CRL reason in RFC 5280 words."""

    application_number: str
    purpose: Purpose
    serial_number: SerialNumber
    issued_at: datetime
    expiry_date: date
    delivered: bool
    status: Status
    crl_reason: str
    status_changed_at: datetime

    def __post_init__(self) -> None:
        if self.status not in RECORDED:
            raise ValueError("nothing that is recorded of a certificate")


@dataclass(frozen=True)
class CardFacts:
    """A person's present card: its number, the day its validity ends, and whether it may be used."""

    card_number: CardNumber
    expiry_date: date
    valid: bool


@dataclass(frozen=True)
class PersonState:
    """What the agency knows of a person: the cards, the newest first, and the certificates, likewise.

    `notices` counts what was reported about the person: an examination that saw fewer of them is out of date.
    `reported_lost`: by telephone, and the holder has not come to a counter since.
    """

    cards: tuple[CardFacts, ...]
    certificates: tuple[CertificateState, ...]
    notices: int = 0
    reported_lost: bool = False

    def unwritten(self, on: date) -> tuple[CertificateState, ...]:
        """Certificates that stand on a day and are not known to be on their card: their application is asked
        for again, which finishes the writing.
        """
        return tuple(
            each
            for each in self.certificates
            if not each.delivered and status_on(each.status, each.expiry_date, on).stands
        )


@dataclass(frozen=True)
class AskPersonState(Message[PersonState]):
    """Asks for the cards and certificates recorded for a person."""

    reply = PersonState
    is_question = True
    person_code: PersonCode


@dataclass(frozen=True)
class CardHolder:
    """The holder of a card; nobody where the agency never produced a card of this number."""

    person_code: PersonCode | None

    def __repr__(self) -> str:
        return "CardHolder(…)"


@dataclass(frozen=True)
class AskCardHolder(Message[CardHolder]):
    """Asks whose the card of this number is, for a found card that is brought to a counter."""

    reply = CardHolder
    is_question = True
    card_number: CardNumber


@dataclass(frozen=True)
class ReportLapse(Message[PersonState]):
    """A ground for lapse became known, for some purposes or (empty) for all that the law names."""

    reply = PersonState
    person_code: PersonCode
    ground: LapseGround
    purposes: tuple[Purpose, ...]


@dataclass(frozen=True)
class ReportRelease(Message[PersonState]):
    """The holder found the card and gave notice of release at the counter (terms 9).

    `card_signature` is made by the card that was shown, with the key of the held certificate, over its
    `release_statement`: no other card can, and not without its PIN.
    """

    reply = PersonState
    person_code: PersonCode
    purpose: Purpose
    card_signature: bytes


@dataclass(frozen=True)
class LossReported:
    """Whether the card was still reported lost when this report came."""

    was_open: bool


@dataclass(frozen=True)
class ReportLoss(Message[LossReported]):
    """The holder, who had telephoned, reported at the counter as well (card guide C5.1).

    `reported_at`: when; what was telephoned after that is another loss. None is when the message comes.
    """

    reply = LossReported
    person_code: PersonCode
    reported_at: datetime | None = None


def release_statement(serial_number: SerialNumber, held_since: datetime) -> bytes:
    """What the card signs (sha256WithRSAEncryption): one certificate, and one hold of it."""
    return f"honnin release {serial_number} {held_since.astimezone(UTC).isoformat()}".encode()
