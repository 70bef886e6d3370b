"""When a certificate loses effect before its expiry, and what the revocation list says about it.

Two tables decide: `GROUNDS_OF_EVENT` turns an event in the register or of the card into a ground for each
purpose, and `REASONS` turns a ground into a CRL reason (RFC 5280, 5.3.1). Records nothing, notifies nobody:
the certificate lapses at the moment another room records it. Holds are in `hold`.
"""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from honnin.law.citation import cites
from honnin.law.terms import Compromise, LapseGround, Purpose

FURIGANA_RECORDED_FROM = date(2026, 5, 26)
MOVING_IN_WITHIN = timedelta(days=30)

_BOTH = frozenset(Purpose)
_SIGNATURE_ONLY = frozenset({Purpose.SIGNATURE})
_NONE: frozenset[Purpose] = frozenset()

LAPSING: Mapping[LapseGround, frozenset[Purpose]] = MappingProxyType(
    {
        LapseGround.CHANGE_OF_ENTRY: _SIGNATURE_ONLY,
        LapseGround.REMOVAL_OF_ENTRY: _BOTH,
        LapseGround.RECORD_ERROR: _BOTH,
        LapseGround.ISSUER_KEY_COMPROMISE: _BOTH,
        LapseGround.REQUEST_OR_NOTICE: _BOTH,
        LapseGround.KEY_LEAKED: _BOTH,
        LapseGround.KEY_LOST: _BOTH,
        LapseGround.KEY_DAMAGED: _BOTH,
        LapseGround.KEY_COMPROMISE_NOTICE: _BOTH,
        LapseGround.LOSS_NOTICE: _SIGNATURE_ONLY,
        LapseGround.CARD_INVALID: _BOTH,
        LapseGround.RENEWAL: _BOTH,
        LapseGround.NOT_DELIVERED: _BOTH,
    }
)

REASONS: Mapping[LapseGround, str] = MappingProxyType(
    {
        LapseGround.CHANGE_OF_ENTRY: "affiliationChanged",
        LapseGround.REMOVAL_OF_ENTRY: "cessationOfOperation",
        LapseGround.RECORD_ERROR: "affiliationChanged",
        LapseGround.ISSUER_KEY_COMPROMISE: "cACompromise",
        LapseGround.REQUEST_OR_NOTICE: "cessationOfOperation",
        LapseGround.KEY_LEAKED: "keyCompromise",
        LapseGround.KEY_LOST: "keyCompromise",
        LapseGround.KEY_DAMAGED: "keyCompromise",
        LapseGround.KEY_COMPROMISE_NOTICE: "keyCompromise",
        LapseGround.LOSS_NOTICE: "keyCompromise",
        LapseGround.CARD_INVALID: "cessationOfOperation",
        LapseGround.RENEWAL: "superseded",
        LapseGround.NOT_DELIVERED: "unspecified",
    }
)


NOTICES: Mapping[Compromise, LapseGround] = MappingProxyType(
    {
        Compromise.LEAKAGE: LapseGround.KEY_LEAKED,
        Compromise.LOSS: LapseGround.KEY_LOST,
        Compromise.DAMAGE: LapseGround.KEY_DAMAGED,
    }
)
HOLDERS_GROUNDS: frozenset[LapseGround] = frozenset(
    {LapseGround.REQUEST_OR_NOTICE, *NOTICES.values(), LapseGround.KEY_COMPROMISE_NOTICE}
)
"""For what a holder comes to a counter (Act 9, 10, 28, 29). Of an earlier version comes a notice that does
not tell the three apart.
"""
REGISTERS_GROUNDS: frozenset[LapseGround] = frozenset(
    {
        LapseGround.CHANGE_OF_ENTRY,
        LapseGround.REMOVAL_OF_ENTRY,
        LapseGround.RECORD_ERROR,
        LapseGround.CARD_INVALID,
    }
)
"""What a municipality reports of its register and of the cards that came back to it (Act 12, 13, 31, 32)."""


class Event(StrEnum):
    """What the register and the card tell that may end a certificate."""

    ENTRY_CORRECTED = "entry_corrected"  # 基本4情報の変更
    MINOR_CORRECTION = "minor_correction"  # 軽微な修正
    MOVED_OUT_BY_NOTICE = "moved_out_by_notice"  # 転出届による消除
    MOVED_ABROAD_SINCE_ISSUE = "moved_abroad_since_issue"  # 国外転出届の後、予定日までに発行されたもの
    MOVE_NOT_COMPLETED = "move_not_completed"  # 転出予定日から30日以内に転入届なし
    MOVED_IN = "moved_in"  # 転入届
    MOVED_ABROAD = "moved_abroad"  # 国外転出（カードの継続利用なし）
    MOVED_ABROAD_WITH_CARD = "moved_abroad_with_card"  # 国外転出（カードの継続利用あり）
    REMOVED_OTHERWISE = "removed_otherwise"  # 死亡・職権消除など
    SUPPLEMENT_REMOVED = "supplement_removed"  # 戸籍の附票の消除（国外転出者）
    CARD_LOST_VALIDITY = "card_lost_validity"  # カードの失効
    CARD_NOT_PRESENTED = "card_not_presented"  # 転入届から90日以内にカードの提出なし
    ENTERED = "entered"  # 出生などによる記載
    PASSED_ON = "passed_on"  # 合併・境界変更などにより、他の市町村コードとなる
    TAKEN_OVER = "taken_over"  # 同じく、他の市町村コードから引き継ぐ


GROUNDS_OF_EVENT: Mapping[Event, Mapping[Purpose, LapseGround]] = MappingProxyType(
    {
        Event.ENTRY_CORRECTED: {Purpose.SIGNATURE: LapseGround.CHANGE_OF_ENTRY},
        Event.MINOR_CORRECTION: {},
        Event.MOVED_OUT_BY_NOTICE: {Purpose.SIGNATURE: LapseGround.CHANGE_OF_ENTRY},
        Event.MOVED_ABROAD_SINCE_ISSUE: {},
        Event.MOVE_NOT_COMPLETED: dict.fromkeys(Purpose, LapseGround.REMOVAL_OF_ENTRY),
        Event.MOVED_IN: {Purpose.SIGNATURE: LapseGround.CHANGE_OF_ENTRY},
        Event.MOVED_ABROAD: dict.fromkeys(Purpose, LapseGround.REMOVAL_OF_ENTRY),
        Event.MOVED_ABROAD_WITH_CARD: {Purpose.SIGNATURE: LapseGround.CHANGE_OF_ENTRY},
        Event.REMOVED_OTHERWISE: dict.fromkeys(Purpose, LapseGround.REMOVAL_OF_ENTRY),
        Event.SUPPLEMENT_REMOVED: dict.fromkeys(Purpose, LapseGround.REMOVAL_OF_ENTRY),
        Event.CARD_LOST_VALIDITY: dict.fromkeys(Purpose, LapseGround.CARD_INVALID),
        Event.CARD_NOT_PRESENTED: dict.fromkeys(Purpose, LapseGround.CARD_INVALID),
        Event.ENTERED: {},
        Event.PASSED_ON: {},
        Event.TAKEN_OVER: {},
    }
)


class EntryChange(StrEnum):
    """What was changed in an entry of the register. The second block is minor (Rules 20, 80, 81)."""

    NAME = "name"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    ADDRESS = "address"
    FORMER_SURNAME = "former_surname"  # 旧氏
    ALIAS = "alias"  # 通称
    FURIGANA = "furigana"

    STANDARD_CHARACTER = "standard_character"  # 正字への変更
    CHARACTER_IDENTIFIED = "character_identified"  # 文字同定
    AREA_RENAMED = "area_renamed"  # 行政区画・町・字の名称変更
    LOT_RENUMBERED = "lot_renumbered"  # 地番の変更
    RESIDENCE_INDICATION = "residence_indication"  # 住居表示の実施・変更
    BUILDING_NAME = "building_name"  # 方書・アパート名
    SPELLING = "spelling"  # 同じ住所の表記の違い
    ACCEPTED_BY_MINISTER = "accepted_by_minister"
    NOT_IN_CERTIFICATES = "not_in_certificates"  # 世帯・居所・在留など
    FURIGANA_FIRST_ENTRY = "furigana_first_entry"  # 戸籍の一斉記載


MINOR_CHANGES: frozenset[EntryChange] = frozenset(
    {
        EntryChange.STANDARD_CHARACTER,
        EntryChange.CHARACTER_IDENTIFIED,
        EntryChange.AREA_RENAMED,
        EntryChange.LOT_RENUMBERED,
        EntryChange.RESIDENCE_INDICATION,
        EntryChange.BUILDING_NAME,
        EntryChange.SPELLING,
        EntryChange.ACCEPTED_BY_MINISTER,
        EntryChange.NOT_IN_CERTIFICATES,
        EntryChange.FURIGANA_FIRST_ENTRY,
    }
)


class Duty(StrEnum):
    """Whom the Organisation owes word of a lapse."""

    NONE = "none"
    NOTIFY_HOLDER = "notify_holder"  # 速やかに本人へ通知
    PUBLISH = "publish"  # 遅滞なく公表


@cites("S0-27", "S1-E3c", "S2-3c", "S4-8.1.1", "S4-8.1.2", "S4-8.1.3", "act/13", "act/14", "act/32", "act/33")
def lapses(ground: LapseGround, purpose: Purpose) -> bool:
    """Whether a certificate of a purpose loses effect on a ground.

    規約第8条、法第11条から第14条・第30条から第33条。A change of the four attributes ends the signature
    certificate and never the user-authentication certificate, which does not carry them. A notice of loss
    ends the signature certificate; the other is held (`hold`).
    """
    return purpose in LAPSING[ground]


def crl_reason(ground: LapseGround) -> str:
    """The CRLReason name of a lapse, spelled as in RFC 5280 (`affiliationChanged`, `keyCompromise` …).

    Our choice where the published codes leave the mapping open; a signature certificate ended by a notice
    of loss says `keyCompromise`, for its key may be in other hands.
    """
    return REASONS[ground]


@cites("S0-28", "S1-E3a", "S1-E3c", "S2-3a", "S2-3c", "S4-8.1.1", "act/12", "act/31", "rules/17", "rules/53")
def ground_for_lapse(event: Event, purpose: Purpose) -> LapseGround | None:
    """The ground an event gives to end a certificate of a purpose; None when it stays effective.

    法第12条・第31条、規則第17条・第53条。Moving out by notice ends the signature certificate; the other ends
    only when no moving-in notice follows within 30 days of the planned day. Moving abroad with a card that
    goes on is such a removal by notice, without that clock. A certificate issued between a notice of moving
    abroad and the planned day outlives the removal. A card that lost its validity counts as the report that
    it cannot be used, and ends both. That a municipality has another code ends nothing.
    """
    return GROUNDS_OF_EVENT[event].get(purpose)


@cites("act/31", "card-order/14")
def last_day_to_move_in(moved_on: date) -> date:
    """The last day on which a notice of moving in elsewhere is in time.

    法第31条第1項第2号、カード令第14条: authentication certificate and card end when no notice of moving
    in follows within 30 days of the day of the move; whether one did, the asking room knows.
    """
    return moved_on + MOVING_IN_WITHIN


def latest_overdue_move(on: date) -> date:
    """Who moved out on this day or before has not moved in anywhere in time (`Event.MOVE_NOT_COMPLETED`):
    the latest day whose `last_day_to_move_in` is before this one.
    """
    return on - timedelta(days=1) - MOVING_IN_WITHIN


@cites("act/12", "act/31", "card-order/14")
def events_of_moving_out(moved_on: date, on: date) -> tuple[Event, ...]:
    """What a notice of moving out that is recorded on a day amounts to, where no moving in is known.

    法第12条、第31条第1項第2号、カード令第14条: one that comes when the time to move in has passed already
    ends at once what would have ended then. Before the planned day it amounts to nothing: the entry stands.
    """
    if moved_on > on:
        return ()
    overdue = last_day_to_move_in(moved_on) < on
    return (Event.MOVED_OUT_BY_NOTICE, *((Event.MOVE_NOT_COMPLETED,) if overdue else ()))


def grounds_of(event: Event) -> frozenset[LapseGround]:
    """Every ground that an event gives: what a municipality has to report of it; empty for a minor one."""
    grounds = (ground_for_lapse(event, purpose) for purpose in Purpose)
    return frozenset(ground for ground in grounds if ground is not None)


@cites("S0-28", "S1-E3a", "S2-3a", "rules/20", "rules/80", "rules/81", "order/33", "order/34")
def event_of_change(change: EntryChange, issued_on: date) -> Event:
    """Whether a change of an entry is one of substance or minor, for a certificate issued on a day.

    規則第20条・第80条・第81条、施行令第33条・第34条。A former surname and an alias count like the name. The
    furigana is recorded from 2026-05-26: its change ends only certificates issued since, and its first
    entry in the family registers ends none.
    """
    before_furigana = change is EntryChange.FURIGANA and issued_on < FURIGANA_RECORDED_FROM
    return Event.MINOR_CORRECTION if change in MINOR_CHANGES or before_furigana else Event.ENTRY_CORRECTED


EVENTS_OF_THE_REGISTER: frozenset[Event] = frozenset(Event) - {
    Event.MINOR_CORRECTION,
    Event.MOVED_ABROAD_SINCE_ISSUE,
}
"""What a municipality's register tells the agency. A correction, minor or not, is told with what was changed;
which of the two it is, is decided for each certificate.
"""


@cites("S0-28", "S1-E3a", "S1-E3c", "S2-3a", "S2-3c", "S4-8.1.1", "act/12", "act/31")
def ground_by_register(
    event: Event,
    changes: Collection[EntryChange],
    purpose: Purpose,
    issued_on: date,
    *,
    notified_on: date | None = None,
) -> LapseGround | None:
    """The ground that an event of the register gives to end a certificate that was issued on a day.

    `changes`: everything that was changed in the entry, of a correction; one of substance among minor ones
    is enough. `notified_on`: the day of a notice of moving abroad by which the card goes on. Who applied for
    a certificate since then keeps it (法第12条第2号).
    """
    if event is Event.MOVED_ABROAD_WITH_CARD and notified_on is not None and issued_on >= notified_on:
        event = Event.MOVED_ABROAD_SINCE_ISSUE
    if event is Event.ENTRY_CORRECTED:
        became = {event_of_change(each, issued_on) for each in changes}
        event = event if event in became else Event.MINOR_CORRECTION
    return ground_for_lapse(event, purpose)


@cites("S4-8.3", "act/15", "act/34")
def duty_after_lapse(ground: LapseGround) -> Duty:
    """Whom the Organisation must tell of a lapse (法第15条・第34条、規約第8条第2項・第3項).

    An error in the record: the holder, promptly. The issuer's key: the public, without delay.
    """
    if ground is LapseGround.RECORD_ERROR:
        return Duty.NOTIFY_HOLDER
    return Duty.PUBLISH if ground is LapseGround.ISSUER_KEY_COMPROMISE else Duty.NONE
