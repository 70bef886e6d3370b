"""What is told to holders by letter: when, to whom, and what becomes of a letter.

Answers from facts and a day. Writes, sends and remembers nothing; the texts of the letters are the agency's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from honnin.errors import Refusal
from honnin.law.calendar import months_before
from honnin.law.citation import cites
from honnin.law.terms import LapseGround
from honnin.law.validity import WITHOUT_END, StayStatus, has_expired, renewal_opens_on

NOTICE_ENDS_MONTHS_BEFORE = 2
SOON = timedelta(days=92)
INQUIRY_DAYS = 30
"""Until when an answer to a document inquiry counts where the municipality sets no day, counted without that
of the order (our choice)."""
LETTER_CODE = "JD01"


class LetterKind(StrEnum):
    """What a letter is about."""

    EXPIRY_NOTICE = "expiry_notice"  # 有効期限通知書、同封物とも
    DOCUMENT_INQUIRY = "document_inquiry"  # 文書照会
    ERROR_NOTICE = "record_error"  # 記録誤り等による失効の通知
    REVOCATION = "revocation"  # 失効の通知
    HOLD = "hold"  # 一時保留の通知


class Enclosure(StrEnum):
    """What lies in the envelope of the expiry mailing."""

    EXPIRY_NOTICE = "expiry_notice"  # 有効期限通知書
    LEAFLET = "leaflet"  # 更新手続の案内
    INQUIRY_FORM = "inquiry_form"  # 照会書兼回答書
    INQUIRY_ENVELOPE = "inquiry_envelope"  # 照会書兼回答書封入用封筒


class DeliveryState(StrEnum):
    """Where a letter stands."""

    ORDERED = "ordered"
    PRINTED = "printed"
    POSTED = "posted"  # handed to the post
    RETURNED = "returned"  # came back
    ANSWERED = "answered"
    REPLACED = "replaced"  # came back, and another was written to a newer address
    UNDELIVERABLE = "undeliverable"  # came back, and the register knows no other address
    WITHHELD = "withheld"  # is not sent: why, says its reason


class DeliveryEvent(StrEnum):
    """What leads a letter on."""

    PRINT = "print"
    POST = "post"
    RETURN = "return"
    ANSWER = "answer"
    REPLACE = "replace"
    GIVE_UP = "give_up"
    WITHHOLD = "withhold"
    RELEASE = "release"  # the person is entered somewhere again


TRANSITIONS: Mapping[DeliveryState, Mapping[DeliveryEvent, DeliveryState]] = MappingProxyType(
    {
        DeliveryState.ORDERED: {
            DeliveryEvent.PRINT: DeliveryState.PRINTED,
            DeliveryEvent.WITHHOLD: DeliveryState.WITHHELD,
        },
        DeliveryState.PRINTED: {
            DeliveryEvent.POST: DeliveryState.POSTED,
            DeliveryEvent.ANSWER: DeliveryState.ANSWERED,
        },
        DeliveryState.POSTED: {
            DeliveryEvent.RETURN: DeliveryState.RETURNED,
            DeliveryEvent.ANSWER: DeliveryState.ANSWERED,
        },
        DeliveryState.RETURNED: {
            DeliveryEvent.REPLACE: DeliveryState.REPLACED,
            DeliveryEvent.GIVE_UP: DeliveryState.UNDELIVERABLE,
        },
        DeliveryState.ANSWERED: {},
        DeliveryState.REPLACED: {},
        DeliveryState.UNDELIVERABLE: {DeliveryEvent.RELEASE: DeliveryState.RETURNED},
        DeliveryState.WITHHELD: {DeliveryEvent.RELEASE: DeliveryState.ORDERED},
    }
)
"""How a letter goes its way. What was printed never comes back to ORDERED: nothing is written twice."""


class ReturnReason(StrEnum):
    """Why the post brought a letter back."""

    UNKNOWN_ADDRESS = "unknown_address"  # あて所に尋ねあたりません
    MOVED = "moved"  # 転居先不明
    NOT_COLLECTED = "not_collected"  # 保管期間経過
    REFUSED = "refused"  # 受取拒絶


class RenewalPhase(StrEnum):
    """How a certificate stands to its renewal on a day."""

    OPEN = "open"  # its window is open
    COMING = "coming"  # it opens soon
    LAPSED = "lapsed"  # it has ended


class LetterStanding(StrEnum):
    """What became of the expiry notice of somebody who is due, for a list."""

    NONE = "none"  # none was ordered
    UNDERWAY = "underway"  # ordered or printed
    SENT = "sent"
    RETURNED = "returned"
    WITHHELD = "withheld"


_STANDING: Mapping[DeliveryState, LetterStanding] = MappingProxyType(
    {
        DeliveryState.ORDERED: LetterStanding.UNDERWAY,
        DeliveryState.PRINTED: LetterStanding.UNDERWAY,
        DeliveryState.POSTED: LetterStanding.SENT,
        DeliveryState.ANSWERED: LetterStanding.SENT,
        DeliveryState.RETURNED: LetterStanding.RETURNED,
        DeliveryState.REPLACED: LetterStanding.RETURNED,
        DeliveryState.UNDELIVERABLE: LetterStanding.RETURNED,
        DeliveryState.WITHHELD: LetterStanding.WITHHELD,
    }
)


@dataclass(frozen=True, kw_only=True)
class AddresseeFacts:
    """What the register says of somebody to whom the expiry notice would go.

    `stay`: on what a foreign resident's stay rests; None for Japanese nationals.
    """

    registered: bool = True
    elsewhere: bool = False
    stay: StayStatus | None = None


@cites("S3-5")
def enclosures() -> tuple[Enclosure, ...]:
    """What the expiry mailing consists of, in the order of its sheets: all four, always."""
    return tuple(Enclosure)


def expiry_notice_days(expiry: date) -> tuple[date, date]:
    """The first and the last day on which the expiry notice of a certificate is sent.

    Two to three months before expiry, as municipalities describe it: from the day on which renewal opens
    (terms 6), so that whoever comes with the letter is not sent away, to the day two months before expiry.
    """
    return renewal_opens_on(expiry), months_before(expiry, NOTICE_ENDS_MONTHS_BEFORE)


def expiry_notice_is_due(expiry: date, issued_on: date, on: date) -> bool:
    """Whether the notice of a certificate is to be sent on a day, if it was not sent yet.

    Our choice: one that was missed in its days is sent late, as long as the certificate lasts, for the day of
    mailing is no condition of renewal. A certificate that was issued after those days never was in them.
    """
    first, last = expiry_notice_days(expiry)
    return on >= first and issued_on <= last and not has_expired(expiry, on)


def last_expiry_due(on: date) -> date:
    """The latest expiry whose notice may be sent on a day: what a due list looks through ends with it."""
    latest = on + timedelta(days=85)
    while renewal_opens_on(latest + timedelta(days=1)) <= on:
        latest += timedelta(days=1)
    return latest


@cites("S4-6")
def expiries_in(phase: RenewalPhase, on: date) -> tuple[date, date]:
    """The first and the last of the expiries that are in a phase on a day.

    Soon is within 92 days, the next letter or two (our choice).
    """
    last_open = last_expiry_due(on)
    return {
        RenewalPhase.OPEN: (on, last_open),
        RenewalPhase.COMING: (last_open + timedelta(days=1), last_expiry_due(on + SOON)),
        RenewalPhase.LAPSED: (date.min, on - timedelta(days=1)),
    }[phase]


def letter_standing(state: DeliveryState | None) -> LetterStanding:
    """How a list names where a letter stands; None: there is none."""
    return LetterStanding.NONE if state is None else _STANDING[state]


def expiry_notice_refusals(facts: AddresseeFacts) -> tuple[Refusal, ...]:
    """Why the expiry notice is not sent to somebody.

    The practice of municipalities: it goes to the registered address, to foreign residents only if their stay
    has no end, and not to whoever is registered at another place of stay.
    """
    if not facts.registered:
        return (Refusal("E_LETTER_NOT_REGISTERED"),)
    found = []
    if facts.elsewhere:
        found.append(Refusal("E_LETTER_STAYS_ELSEWHERE"))
    if facts.stay is not None and facts.stay not in WITHOUT_END:
        found.append(Refusal("E_LETTER_STAY_ENDS"))
    return tuple(found)


_LETTERS: Mapping[LapseGround, LetterKind] = MappingProxyType(
    {
        LapseGround.RECORD_ERROR: LetterKind.ERROR_NOTICE,
        LapseGround.LOSS_NOTICE: LetterKind.HOLD,
        LapseGround.REQUEST_OR_NOTICE: LetterKind.REVOCATION,
        LapseGround.KEY_LEAKED: LetterKind.REVOCATION,
        LapseGround.KEY_LOST: LetterKind.REVOCATION,
        LapseGround.KEY_DAMAGED: LetterKind.REVOCATION,
        LapseGround.KEY_COMPROMISE_NOTICE: LetterKind.REVOCATION,
    }
)


@cites("S4-8.2", "S4-18.1", "act/15", "act/34")
def letter_about(ground: LapseGround) -> LetterKind | None:
    """By which letter a holder learns that certificates lost effect, or are held, on a ground; None: by none.

    規約第8条第2項・第18条第1項. The Act demands it for errors in the record alone. Our choice: what was held
    or revoked on somebody's word is written to the holder, who learns so of a call or an application that was
    not theirs. A change of the register and a renewal happen at the counter; a leaked key of the issuer is
    published.
    """
    return _LETTERS.get(ground)


def inquiry_answer_by(ordered_on: date, wanted: date | None = None) -> date:
    """The last day for the answer to a document inquiry: the municipality's, else thirty days later."""
    return wanted or ordered_on + timedelta(days=INQUIRY_DAYS)


def inquiry_answer_refusals(answer_by: date, on: date) -> tuple[Refusal, ...]:
    """Why an answer to a document inquiry counts no more: E_INQUIRY_OVER after its last day."""
    return () if on <= answer_by else (Refusal("E_INQUIRY_OVER", ("S3-P3",)),)
