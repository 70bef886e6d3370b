"""Municipality → agency: letters to holders.

The agency holds no register, so it does not know where somebody lives. A municipality asks for whom it wants
an address, and tells it; the letters follow from that. A document inquiry (文書照会) is ordered by the
municipality, which asks later what became of it. Who is due for renewal a municipality asks of its own
residents.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from honnin.identifiers import PersonCode
from honnin.law.certificates.notices import DeliveryState, LetterStanding, RenewalPhase
from honnin.law.certificates.status import Status
from honnin.law.terms import Purpose
from honnin.law.validity import StayStatus
from honnin.wire.line import Message

DUE_ON_ONE_PAGE = 20
MOST_INQUIRIES = 100
MOST_ADDRESSES = 200
"""How many persons one message speaks of; the next question brings the next of them."""


@dataclass(frozen=True)
class Addressee:
    """Where the register says that letters to a person go, and what decides whether they are sent.

    Name and address as the register writes them; empty for somebody without an entry there. `elsewhere`:
    registered at another place of stay. `stay`: of a foreign resident.
    """

    person_code: PersonCode
    name: str
    address: str
    registered: bool = True
    elsewhere: bool = False
    stay: StayStatus | None = None

    def __repr__(self) -> str:
        return "Addressee(…)"


@dataclass(frozen=True)
class WantedAddresses:
    """Persons to whom a letter is to go; empty when there are none left."""

    persons: tuple[PersonCode, ...]

    def __repr__(self) -> str:
        return f"WantedAddresses({len(self.persons)})"


@dataclass(frozen=True)
class AskWantedAddresses(Message[WantedAddresses]):
    """Asks whose address the agency wants of this municipality, at most `MOST_ADDRESSES` at once."""

    reply = WantedAddresses
    is_question = True


@dataclass(frozen=True)
class LettersOrdered:
    """How many letters are on their way by these addresses, and how many are not sent."""

    ordered: int
    withheld: int


@dataclass(frozen=True)
class TellAddresses(Message[LettersOrdered]):
    """The answer to `WantedAddresses`: each person of it, also those without an entry."""

    reply = LettersOrdered
    addressees: tuple[Addressee, ...]


@dataclass(frozen=True)
class DueCertificate:
    """A certificate of somebody who is due: what it is for, since when and until when it is valid, and its
    recorded status.
    """

    purpose: Purpose
    issued_on: date
    expiry_date: date
    status: Status


@dataclass(frozen=True)
class DuePerson:
    """Somebody in the list: the certificates that are in its phase, the last day of the valid card (None
    where there is none), and where the expiry notice stands.
    """

    person_code: PersonCode
    certificates: tuple[DueCertificate, ...]
    card_expiry: date | None
    letter: LetterStanding

    def __repr__(self) -> str:
        return "DuePerson(…)"


@dataclass(frozen=True)
class DuePlace:
    """A place in the list: that of this person, whose first certificate in it ends on this day."""

    expiry_date: date
    person_code: PersonCode

    def __repr__(self) -> str:
        return "DuePlace(…)"


@dataclass(frozen=True)
class RenewalsDue:
    """A page of the list, in the order of the days: behind whom the next begins (None after the last), and in
    front of whom the one before ends (None before the first).
    """

    persons: tuple[DuePerson, ...]
    next: DuePlace | None
    previous: DuePlace | None = None

    def __repr__(self) -> str:
        return f"RenewalsDue({len(self.persons)})"


@dataclass(frozen=True)
class AskRenewalsDue(Message[RenewalsDue]):
    """Asks which of this municipality's residents are due for renewal, a page at a time.

    `letter`: of those alone whose notice stands so; None: of all. The soonest day comes first, of what has
    ended the latest. `after`: the page begins behind this place; `before`: it ends in front of this one.
    Both are never given.
    """

    reply = RenewalsDue
    is_question = True
    phase: RenewalPhase
    letter: LetterStanding | None = None
    after: DuePlace | None = None
    before: DuePlace | None = None


class InquirySubject(StrEnum):
    """For what the holder is asked in writing."""

    APPLICATION = "application"  # 申請の意思の照会
    RENEWAL_BY_PROXY = "renewal_by_proxy"  # 代理人による更新で暗証番号が一致しなかったとき
    PIN_RESET = "pin_reset"  # 暗証番号の初期化
    REVOCATION = "revocation"  # 失効の申請


@dataclass(frozen=True)
class InquiryState:
    """What became of a document inquiry: the number on the letter, where it stands, the last day to answer.

    `reason`: why it came back, or was not sent.
    """

    letter_number: str
    state: DeliveryState
    answer_by: date
    reason: str = ""


@dataclass(frozen=True)
class OrderDocumentInquiry(Message[InquiryState]):
    """Have the holder asked in writing, at the registered address. The same number orders it once.

    `request_number` is the municipality's own; `application_number` that of the application that waits for
    the answer, as it is printed. Without `answer_by` the law's days count from the order.
    """

    reply = InquiryState
    request_number: str
    addressee: Addressee
    subject: InquirySubject
    application_number: str = ""
    answer_by: date | None = None


@dataclass(frozen=True)
class InquiryStates:
    """What became of each of them, in the order asked for; None for one that the asker never ordered."""

    states: tuple[InquiryState | None, ...]


@dataclass(frozen=True)
class AskDocumentInquiries(Message[InquiryStates]):
    """Asks what became of inquiries that this municipality ordered, at most `MOST_INQUIRIES` at once."""

    reply = InquiryStates
    is_question = True
    request_numbers: tuple[str, ...]


@dataclass(frozen=True)
class ReportInquiryAnswered(Message[InquiryState]):
    """The holder's answer came to the counter, on this day of the municipality's."""

    reply = InquiryState
    request_number: str
    answered_on: date
