"""How long cards and certificates are valid, and when renewal opens.

Answers are legal days in Japan time: the last day of validity, valid to its end. Which rule was in force
is chosen by date here and nowhere else. A limit that lies before the day of issue is answered as it is;
refusing to issue on it is `eligibility`'s work.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from honnin.clock import end_of_day_in_japan
from honnin.errors import Refusal
from honnin.law.calendar import age_on, last_day_of_years, months_before, nth_birthday_after
from honnin.law.citation import cites
from honnin.law.terms import Generation

ADULT_AGE_FROM_2022 = date(2022, 4, 1)
CARD_AGE_LIMIT_BEFORE_2022 = 20
CARD_AGE_LIMIT = 18
CARD_BIRTHDAYS = 10
YOUNG_CARD_BIRTHDAYS = 5
CERTIFICATE_BIRTHDAYS = 5
TRANSITIONAL_STAY = timedelta(days=60)
JUKI_CARD_YEARS = 10
JUKI_CERTIFICATE_YEARS = 3
RENEWAL_MONTHS = 3
RENEWAL_MONTHS_ABROAD = 12


class StayStatus(StrEnum):
    """On what a foreign resident's stay rests, as far as the card's validity depends on it."""

    MEDIUM_OR_LONG_TERM = "medium_or_long_term"  # 中長期在留者
    HIGHLY_SKILLED_2 = "highly_skilled_2"  # 高度専門職第2号
    PERMANENT = "permanent"  # 永住者
    SPECIAL_PERMANENT = "special_permanent"  # 特別永住者
    TEMPORARY_REFUGE = "temporary_refuge"  # 一時庇護許可者
    PROVISIONAL_STAY = "provisional_stay"  # 仮滞在許可者
    BORN_IN_JAPAN = "born_in_japan"  # 出生による経過滞在者
    LOST_NATIONALITY = "lost_nationality"  # 国籍喪失による経過滞在者


WITHOUT_END: frozenset[StayStatus] = frozenset(
    {StayStatus.HIGHLY_SKILLED_2, StayStatus.PERMANENT, StayStatus.SPECIAL_PERMANENT}
)
SIXTY_DAYS: frozenset[StayStatus] = frozenset({StayStatus.BORN_IN_JAPAN, StayStatus.LOST_NATIONALITY})


class ExpiryReason(StrEnum):
    """What the last day of a certificate follows from."""

    FIFTH_BIRTHDAY = "fifth_birthday"  # 発行の日後5回目の誕生日
    SIXTH_BIRTHDAY = "sixth_birthday"  # 更新のとき6回目の誕生日
    CARD = "card"  # カードの有効期間満了日
    AUTHENTICATION = "authentication"  # 利用者証明用電子証明書の有効期間満了日


@dataclass(frozen=True)
class Stay:
    """A foreign resident's stay.

    `day` is the last day of the period or permission (during a pending extension: of the special period);
    for the sixty-day statuses the day of birth or of the loss of nationality; None where the stay has no end.
    """

    status: StayStatus
    day: date | None = None

    def __post_init__(self) -> None:
        if (self.day is None) != (self.status in WITHOUT_END):
            raise ValueError("a stay has a day exactly when it has an end")


@cites("card-ordinance/27", "S1-C4d")
def end_of_stay(stay: Stay | None) -> date | None:
    """The last day on which a stay lets a card be valid; None for Japanese nationals and stays without end.

    カード命令第27条。60 days are counted without the day of the event (civil code art. 140; our choice, for
    the text says only 「60日を経過する日」).
    """
    if stay is None or stay.day is None:
        return None
    return stay.day + TRANSITIONAL_STAY if stay.status in SIXTY_DAYS else stay.day


@cites("card-ordinance/26", "card-ordinance/suppl-2")
def card_age_limit(application_received_on: date) -> int:
    """The age from which a card lasts ten birthdays: 20 for applications received before 2022-04-01, then 18.

    カード命令第26条第1項・附則第2条。Decided by the day the Organisation received the application.
    """
    return CARD_AGE_LIMIT_BEFORE_2022 if application_received_on < ADULT_AGE_FROM_2022 else CARD_AGE_LIMIT


@cites("S1-C4a", "S1-C4b", "S1-C4d", "card-ordinance/26", "card-ordinance/27", "card-ordinance/29")
def card_expiry(
    birth_date: date,
    created_on: date,
    *,
    application_received_on: date,
    stay: Stay | None = None,
    renewal: bool = False,
) -> date:
    """The last day of a Number Card made on a day (its creation, not its delivery).

    カード命令第26条・第27条・第29条。10th birthday at or above the age limit on the day of creation, else the
    5th; one birthday more when it replaces a card with less than three months left (or a full additional
    field). A stay with an end caps it, also after an extension: ask again with the new stay and the old
    day of creation.
    """
    adult = age_on(birth_date, created_on) >= card_age_limit(application_received_on)
    birthdays = (CARD_BIRTHDAYS if adult else YOUNG_CARD_BIRTHDAYS) + renewal
    by_birthday = nth_birthday_after(birth_date, created_on, birthdays)
    return min(by_birthday, end_of_stay(stay) or by_birthday)


@cites("S1-C4d", "card-ordinance/27")
def production_refusals(expiry: date, on: date) -> tuple[Refusal, ...]:
    """Why no card is made on a day: E_CARD_EXPIRED for one that would have ended before it."""
    return (Refusal("E_CARD_EXPIRED", ("S1-C4d",)),) if has_expired(expiry, on) else ()


@cites("S0-13")
def juki_card_expiry(created_on: date) -> date:
    """The last day of a Juki card: ten years, the first day counted.

    Cards of the last day, 2015-12-28, end on 2025-12-27.
    """
    return last_day_of_years(created_on, JUKI_CARD_YEARS)


@cites("S0-16")
def juki_certificate_expiry(issued_on: date) -> date:
    """The last day of a Juki card's certificate: three years, the day of issue counted.

    Certificates of the last day, 2015-12-22, ended on 2018-12-21. A renewal starts a new period on its own
    day. Our choice: the card's expiry does not cap it, for the leaflet sets no such limit.
    """
    return last_day_of_years(issued_on, JUKI_CERTIFICATE_YEARS)


@cites("S4-5.1.1", "S4-5.1.1r", "S4-5.2.1", "S1-E4.1a", "S2-4.1a", "S3-1", "rules/13", "rules/49")
def birthday_limit(birth_date: date, issued_on: date, *, renewal: bool) -> date:
    """The 5th birthday after the day of issue, or the 6th in a renewal.

    規約第5条第1項第1号・第2項第1号。`renewal`: an unexpired certificate with less than three months left is
    revoked and replaced in one procedure. A new issue after expiry, or after a move, is not one.
    """
    return nth_birthday_after(birth_date, issued_on, CERTIFICATE_BIRTHDAYS + renewal)


@cites("S4-5.1.1r")
def last_day_to_issue(issuer_expiry: date) -> date:
    """The last day on which every certificate that there may be ends no later than its issuer's.

    The longest is a renewed one, to the 6th birthday: six years.
    """
    return months_before(issuer_expiry, 12 * (CERTIFICATE_BIRTHDAYS + 1))


@cites("S4-5.2", "S4-5.2.1", "S4-5.2.2", "S1-E4.1b", "S2-4.1b", "act/24", "rules/49")
def authentication_expiry(birth_date: date, issued_on: date, card_expiry: date, *, renewal: bool) -> date:
    """The last day of a user-authentication certificate: the earlier of two dates.

    規約第5条第2項: the birthday limit, and the expiry of the card that holds it.
    """
    return min(birthday_limit(birth_date, issued_on, renewal=renewal), card_expiry)


@cites("S4-5.1", "S4-5.1.1", "S4-5.1.1r", "S4-5.1.2", "S4-5.1.3", "S1-E4.1b", "S2-4.1b", "act/5", "rules/13")
def signature_expiry(
    birth_date: date,
    issued_on: date,
    authentication_expiry: date | None,
    card_expiry: date,
    *,
    renewal: bool,
) -> date:
    """The last day of a signature certificate: the earliest of three dates.

    規約第5条第1項: the birthday limit; the expiry of the applicant's user-authentication certificate, None
    when there is none; the expiry of the card. When both certificates are issued together, the
    authentication certificate is the new one, so issue it first (our choice).
    """
    limit = min(birthday_limit(birth_date, issued_on, renewal=renewal), card_expiry)
    return min(limit, authentication_expiry or limit)


@cites("S4-5.1", "S4-5.2")
def expiry_reasons(
    expiry: date,
    *,
    birth_date: date,
    issued_on: date,
    card_expiry: date | None,
    authentication_expiry: date | None = None,
) -> tuple[ExpiryReason, ...]:
    """Which dates of the law the last day of a certificate is: what is told beside it.

    Empty for a day that none of them explains, such as that of a card whose stay was extended since.
    """
    days = {
        ExpiryReason.FIFTH_BIRTHDAY: birthday_limit(birth_date, issued_on, renewal=False),
        ExpiryReason.SIXTH_BIRTHDAY: birthday_limit(birth_date, issued_on, renewal=True),
        ExpiryReason.CARD: card_expiry,
    }
    found = tuple(reason for reason, day in days.items() if day == expiry)
    return found or ((ExpiryReason.AUTHENTICATION,) if expiry == authentication_expiry else ())


@cites("S4-6", "S0-26", "S1-E4.2", "S2-4.2")
def renewal_opens_on(
    expiry: date, resident_abroad: bool = False, *, generation: Generation = Generation.NUMBER_CARD
) -> date:
    """The first day on which renewal may be applied for.

    規約第6条: less than three months are left, from the day after the day three months before expiry
    (2020-09-24 opens on 2020-06-25); persons who moved abroad: less than one year. The guides to the number
    card say "from three months before"; the terms are the exact text, and practice follows them. The Juki
    card has the leaflet's own rule: from the day three months before (2013-03-31 opens on 2012-12-31).
    """
    if generation is Generation.JUKI_CARD:
        return months_before(expiry, RENEWAL_MONTHS)
    months = RENEWAL_MONTHS_ABROAD if resident_abroad else RENEWAL_MONTHS
    return months_before(expiry, months) + timedelta(days=1)


@cites("S4-6", "S0-26", "S1-E4.2", "S2-4.2")
def renewal_refusals(
    expiry: date,
    on: date,
    resident_abroad: bool = False,
    *,
    generation: Generation = Generation.NUMBER_CARD,
) -> tuple[Refusal, ...]:
    """Why a certificate cannot be renewed on a day: E_WINDOW_CLOSED before the window, E_CERT_EXPIRED after.

    規約第6条。Once expired it is not renewed but issued anew (5th birthday). What the Juki card's renewal
    costs is in `fees`.
    """
    if on < renewal_opens_on(expiry, resident_abroad, generation=generation):
        clause = "S0-26" if generation is Generation.JUKI_CARD else "S4-6"
        return (Refusal("E_WINDOW_CLOSED", (clause,)),)
    return use_refusals(expiry, on)


@cites("S1-C4c", "card-ordinance/29")
def card_renewal_refusals(
    expiry: date, on: date, *, resident_abroad: bool = False, additional_field_full: bool = False
) -> tuple[Refusal, ...]:
    """Why a card cannot be renewed on a day: E_CARD_EXPIRED, or E_WINDOW_CLOSED while its field has room.

    カード命令第29条: in the last three months (abroad: the last year), or when the additional field is full.
    """
    if on > expiry:
        return (Refusal("E_CARD_EXPIRED", ("S1-C4c",)),)
    if on < renewal_opens_on(expiry, resident_abroad) and not additional_field_full:
        return (Refusal("E_WINDOW_CLOSED", ("S1-C4c",)),)
    return ()


@cites("S3-2")
def use_refusals(expiry: date, on: date) -> tuple[Refusal, ...]:
    """Why a certificate cannot be used on a day, as far as expiry goes: E_CERT_EXPIRED after its last day."""
    return (Refusal("E_CERT_EXPIRED", ("S3-2",)),) if has_expired(expiry, on) else ()


def has_expired(expiry: date, on: date) -> bool:
    """Whether a day lies after the last day of a card or a certificate, which is valid to its end."""
    return on > expiry


def valid_until_instant(expiry: date) -> datetime:
    """The instant at which the validity ends: 23:59:59 Japan time of the last day, in UTC.

    Our choice for users' certificates, after the authorities' own, which end at 14:59:59 UTC.
    """
    return end_of_day_in_japan(expiry)
