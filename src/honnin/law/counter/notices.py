"""By which notice which items of an entry change, and what such a change is for certificates.

A notice is recorded from the day that it names on: nothing is that is still to come (our choice).
"""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from honnin.errors import Refusal
from honnin.law.certificates.lapse import EntryChange, last_day_to_move_in
from honnin.law.citation import cites
from honnin.law.terms import Purpose

CARD_GOES_ABROAD_FROM = date(2024, 5, 27)
"""Since when a card goes on after its holder moved abroad (継続利用)."""
MOVE_IN_WITHIN = timedelta(days=14)
"""住民基本台帳法第22条: how long after moving in the notice is in time."""
SHOW_CARD_WITHIN = timedelta(days=90)
"""カード令第14条: how long after the notice of moving in the card is shown in time."""


class Notice(StrEnum):
    """By what an entry comes to be changed."""

    MOVE_WITHIN = "move_within"  # 転居届
    MOVE_OUT = "move_out"  # 転出届
    MOVE_IN = "move_in"  # 転入届
    MOVE_ABROAD = "move_abroad"  # 国外転出届
    BIRTH = "birth"  # 出生届
    DEATH = "death"  # 死亡届
    MARRIAGE = "marriage"  # 婚姻届
    OTHER_FAMILY = "other_family"  # 離婚届・養子縁組届・氏名の変更届など
    REQUEST = "request"  # 旧氏・通称・居所・世帯についての申出
    CORRECTION = "correction"  # 職権による修正
    MINOR_CORRECTION = "minor_correction"  # 軽微な修正
    EX_OFFICIO = "ex_officio"  # 職権による消除


class Item(StrEnum):
    """An item of an entry that changes otherwise than by a move."""

    NAME = "name"
    KANA = "kana"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    FORMER_SURNAME = "former_surname"
    ALIAS = "alias"
    STAY_STATUS = "stay_status"
    STAY_UNTIL = "stay_until"
    PLACE_OF_STAY = "place_of_stay"
    HOUSEHOLD = "household"
    RELATIONSHIP = "relationship"


_OF_FAMILY = frozenset({Item.NAME, Item.KANA, Item.FORMER_SURNAME, Item.HOUSEHOLD, Item.RELATIONSHIP})
_WRITING = frozenset({Item.NAME, Item.KANA, Item.FORMER_SURNAME, Item.ALIAS})
ITEMS: Mapping[Notice, frozenset[Item]] = MappingProxyType(
    {
        Notice.MARRIAGE: _OF_FAMILY,
        Notice.OTHER_FAMILY: _OF_FAMILY,
        Notice.REQUEST: frozenset(Item) - {Item.NAME, Item.KANA, Item.BIRTH_DATE, Item.SEX},
        Notice.CORRECTION: frozenset(Item),
        Notice.MINOR_CORRECTION: _WRITING,
    }
)
"""What may be another by each notice that changes an entry (our choice where no text says it)."""

MINOR_WRITINGS: tuple[EntryChange, ...] = (
    EntryChange.STANDARD_CHARACTER,
    EntryChange.CHARACTER_IDENTIFIED,
    EntryChange.ACCEPTED_BY_MINISTER,
)
"""What a minor correction of a name is (Rules 20, 80, 81)."""

_CHANGE_OF_ITEM: Mapping[Item, EntryChange] = MappingProxyType(
    {
        Item.NAME: EntryChange.NAME,
        Item.KANA: EntryChange.FURIGANA,
        Item.BIRTH_DATE: EntryChange.BIRTH_DATE,
        Item.SEX: EntryChange.SEX,
        Item.FORMER_SURNAME: EntryChange.FORMER_SURNAME,
        Item.ALIAS: EntryChange.ALIAS,
    }
)


@cites("S0-28", "S1-E3a", "S2-3a", "rules/20", "rules/80", "rules/81", "order/33", "order/34")
def changes_by(
    notice: Notice, items: Collection[Item], writing: EntryChange | None = None
) -> tuple[EntryChange, ...]:
    """What the items that are another are in law: by a minor correction, the `writing` that it is.

    規則第20条・第80条・第81条: replacing characters by their standard form, identifying them, and what the
    Minister accepts is minor, of a former surname and an alias too. What no certificate carries ends none.
    """
    if notice is Notice.MINOR_CORRECTION:
        return (writing,) if writing in MINOR_WRITINGS and writing is not None else ()
    found = {_CHANGE_OF_ITEM.get(item, EntryChange.NOT_IN_CERTIFICATES) for item in items}
    return tuple(sorted(found))


@cites("rules/20", "register-act/24")
def change_refusals(
    notice: Notice, items: Collection[Item], day: date, *, on: date, born: date
) -> tuple[Refusal, ...]:
    """Why a change of an entry cannot be recorded on a day (`on`) as one of `day`.

    E_ENTRY_SAME where nothing is another. E_ITEM_OF_ANOTHER_NOTICE where the notice does not change an item:
    a birth date is corrected, not married away, and a minor correction changes the writing alone. As
    `day_refusals`.
    """
    refusals: list[Refusal] = []
    if not items:
        refusals.append(Refusal("E_ENTRY_SAME"))
    if set(items) - ITEMS[notice]:
        refusals.append(Refusal("E_ITEM_OF_ANOTHER_NOTICE", ("rules/20",)))
    return (*refusals, *day_refusals(day, on=on, born=born))


def day_refusals(day: date, *, on: date, born: date) -> tuple[Refusal, ...]:
    """E_DAY_AHEAD for a day that has not come, E_DAY_BEFORE_BIRTH for one before the person was born."""
    ahead, before = Refusal("E_DAY_AHEAD"), Refusal("E_DAY_BEFORE_BIRTH")
    return (*((ahead,) if day > on else ()), *((before,) if day < born else ()))


@cites("S1-E3b", "S2-3b")
def applies_with_the_notice(receivable: Collection[Purpose], *, revoked: bool) -> bool:
    """Whether who has filed a notice applies for a new signature certificate in the same visit.

    電子証明書のご案内: with a notice of moving or of marriage, for by it the former one is `revoked`, and
    without a new one the holder cannot sign. `receivable`: for which nothing stands against an application.
    """
    return revoked and Purpose.SIGNATURE in receivable


@cites("card-order/14", "act/12")
def continued_use_refusals(
    planned_on: date, *, on: date, foreign: bool, has_card: bool
) -> tuple[Refusal, ...]:
    """Why a card does not go on (継続利用) when its holder moves abroad on a planned day.

    カード令第14条、法第12条: asked for with the notice, before the planned day, at the earliest for one of
    2024-05-27, by who is then in the supplement of the family register, which is a Japanese national.
    E_CONTINUED_USE_LATE, E_CONTINUED_USE_FOREIGN, E_CONTINUED_USE_CARD for who has no card that is valid.
    """
    refusals = []
    if planned_on <= on or planned_on < CARD_GOES_ABROAD_FROM:
        refusals.append(Refusal("E_CONTINUED_USE_LATE", ("card-order/14",)))
    if foreign:
        refusals.append(Refusal("E_CONTINUED_USE_FOREIGN", ("card-order/14",)))
    if not has_card:
        refusals.append(Refusal("E_CONTINUED_USE_CARD", ("card-order/14",)))
    return tuple(refusals)


@cites("card-order/14", "act/31", "register-act/22")
def ends_card_on_moving_in(left_on: date | None, moved_in_on: date, notified_on: date) -> bool:
    """Whether a notice of moving in comes too late for the card to go on.

    カード令第14条: within 30 days of the day of the move that the former municipality was told, and within 14
    days of moving in. Who comes back from abroad with a card that went on there (`left_on` None) has the
    second time alone.
    """
    too_late = left_on is not None and notified_on > last_day_to_move_in(left_on)
    return too_late or notified_on > moved_in_on + MOVE_IN_WITHIN


@cites("card-order/14")
def latest_overdue_arrival(on: date) -> date:
    """Whose notice of moving in was on this day or before, and who has not shown the card since, is late."""
    return on - timedelta(days=1) - SHOW_CARD_WITHIN
