"""Municipality → agency: issuing certificates onto a card.

The agency speaks to the card through the counter, in sealed commands that the counter only relays:
`RequestIssuance` opens the procedure, each `RelayAnswers` carries the card's answers and brings the next
commands, until `done`. Either may be sent again after a cut; the agency finds out from the card where
things stand.
"""

from dataclasses import dataclass
from datetime import date

from honnin.identifiers import CardNumber, PersonCode, SerialNumber
from honnin.law.terms import Purpose, Sex
from honnin.wire.line import Message


@dataclass(frozen=True)
class ApplicationForm:
    """What the form carries to the agency (Act 3, 22; Order 1, 17): the four attributes and the date.

    `recorded_name`, `recorded_address` are what the certificate will say; their flags mark substitute
    characters, one `0` or `1` for each character. `kana` is how the name is read, by which the telephone line
    finds a caller; it is empty in forms that were kept before it came.
    """

    application_number: str
    received_on: date
    person_code: PersonCode
    name: str
    birth_date: date
    sex: Sex
    address: str
    recorded_name: str
    name_flags: str
    recorded_address: str
    address_flags: str
    prefecture_romaji: str
    municipality_romaji: str
    kana: str = ""

    def __repr__(self) -> str:
        return f"ApplicationForm({self.application_number})"


@dataclass(frozen=True)
class IssuedCertificate:
    """One certificate as the counter may show it: no attributes, only what the receipt prints."""

    purpose: Purpose
    serial_number: SerialNumber
    expiry_date: date


@dataclass(frozen=True)
class IssuanceStep:
    """Where the procedure stands: commands to relay to the card in order, or the outcome."""

    procedure: str
    commands: tuple[bytes, ...]
    done: bool
    certificates: tuple[IssuedCertificate, ...]


@dataclass(frozen=True)
class RequestIssuance(Message[IssuanceStep]):
    """Open (or open again) the procedure of an approved application.

    `notices` is `PersonState.notices` as it was when the application was examined.
    """

    reply = IssuanceStep
    form: ApplicationForm
    card_number: CardNumber
    purposes: tuple[Purpose, ...]
    notices: int


@dataclass(frozen=True)
class RelayAnswers(Message[IssuanceStep]):
    """The card's answers to the commands of the last step; fewer than commands when it was cut.

    `longest_data`: how many bytes of data the reader carries in one command; with less than 255 it is 255,
    which every reader carries.
    """

    reply = IssuanceStep
    procedure: str
    answers: tuple[bytes, ...]
    longest_data: int = 255


@dataclass(frozen=True)
class IssuanceAbandoned:
    """How many certificates that had been issued and never handed over were revoked."""

    revoked: int


@dataclass(frozen=True)
class AbandonIssuance(Message[IssuanceAbandoned]):
    """The application is not accepted after all: nothing more is issued for it, whatever is under way."""

    reply = IssuanceAbandoned
    application_number: str
    person_code: PersonCode
