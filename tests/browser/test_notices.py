"""Notices to the register, each once refused, with cause and next step, and once recorded."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from honnin.clock import SystemClock, day_in_japan
from tests.browser.site import Site
from tests.browser.walk import CONFIRM, Walk

pytestmark = pytest.mark.browser

TODAY = day_in_japan(SystemClock().now())
TOMORROW, IN_A_MONTH = (TODAY + timedelta(days=days) for days in (1, 30))
Walks = Callable[[str], Walk]
ENDS_FOR_GOOD = "A revoked certificate never comes back"


def test_a_marriage(walk: Walks, site: Site) -> None:
    """The name changes, and the new signature certificate is applied for in the same visit."""
    english = walk("en")
    english.open(site.people["marriage"])
    english.go("a[href$='/entry/']")
    english.choose("notice", "marriage")
    married = {"name": "例示　婚子", "kana": "レイジ　コンコ"}
    english.type(changed_on=TOMORROW.isoformat(), **married)
    english.send()
    english.reads("E_DAY_AHEAD")

    japanese = walk("ja")
    japanese.open(site.people["marriage"])
    japanese.go("a[href$='/entry/']")
    japanese.choose("notice", "marriage")
    japanese.type(changed_on=TODAY.isoformat(), **married)
    japanese.send()
    japanese.tells(ENDS_FOR_GOOD, "Will be revoked", "Stays valid")
    japanese.send(CONFIRM, act="change entry")
    japanese.tells("The change was recorded.", "%(certificate)s: revoked; a new one can be applied for.")
    japanese.again("change entry")
    japanese.open(site.people["marriage"])
    japanese.go("a[href$='/new-application/']")


def test_a_correction(walk: Walks, site: Site) -> None:
    """Nothing that was typed over is refused; how the name is read ends what names it."""
    japanese = walk("ja")
    japanese.open(site.people["correction"])
    japanese.go("a[href$='/entry/']")
    japanese.choose("notice", "correction")
    japanese.send()
    japanese.reads("E_ENTRY_SAME")

    english = walk("en")
    english.open(site.people["correction"])
    english.go("a[href$='/entry/']")
    english.choose("notice", "correction")
    english.type(kana="モノガタリ　ショウコ", household="A-1")
    english.send()
    english.tells("What will be recorded")
    english.send(CONFIRM, act="change entry")
    english.tells("The change was recorded.")
    english.again("change entry")


def test_moving_in(walk: Walks, site: Site) -> None:
    """With another's code it cannot be confirmed who it is; then somebody is entered who was nowhere."""
    newcomer = {"name": "転入　太郎", "kana": "テンニュウ　タロウ", "birth_date": "1985-05-05"}
    move = {"origin": "ほかの県ほかの市１－２－３", "left_on": TODAY.isoformat()}
    here = {"address": "みほん県みほん市例示町５－５", "moved_in_on": TODAY.isoformat()}

    def enter(on: Walk, code: str) -> None:
        on.open(site.addresses["search"])
        on.from_the_menu("a[href$='/moving-in/']")
        on.type(person_code=code, **newcomer)
        on.choose("sex", "1")
        on.type(**move, **here)
        on.send()

    japanese = walk("ja")
    enter(japanese, "99990000000")
    japanese.reads("E_MOVE_IN_DIFFERS")

    english = walk("en")
    enter(english, "99880000001")
    english.tells("No certificate is revoked by this", "None")
    english.send(CONFIRM, act="move in")
    english.tells("Moving in was recorded.")
    english.again("move in")


def test_moving_within(walk: Walks, site: Site) -> None:
    english = walk("en")
    english.open(site.people["move"])
    english.go("a[href$='/address/']")
    english.type(address="みほん県ためし市例示町３－３")
    english.send()
    english.reads("E_ADDRESS_ELSEWHERE")

    japanese = walk("ja")
    japanese.open(site.people["move"])
    japanese.go("a[href$='/address/']")
    japanese.type(address="みほん県みほん市例示町３－３")
    japanese.send()
    japanese.tells("Will be revoked", "Stays valid")
    japanese.send(CONFIRM, act="change entry")
    japanese.tells("The new address was recorded.", "%(certificate)s: stays valid.")
    japanese.again("change entry")


def test_a_birth(walk: Walks, site: Site) -> None:
    child = {"name": "物語　幼子", "kana": "モノガタリ　オサナコ"}
    japanese = walk("ja")
    japanese.open(site.people["birth"])
    japanese.go("a[href$='/birth/']")
    japanese.type(**child, birth_date=TOMORROW.isoformat())
    japanese.choose("sex", "2")
    japanese.send()
    japanese.reads("E_DAY_AHEAD")

    english = walk("en")
    english.open(site.people["birth"])
    english.go("a[href$='/birth/']")
    english.type(**child, birth_date=TODAY.isoformat())
    english.choose("sex", "2")
    english.send()
    english.tells("What will be recorded")
    english.send(CONFIRM, act="record birth")
    english.tells("The birth was recorded, under a new resident record code.")
    english.again("record birth")


def test_moving_out(walk: Walks, site: Site) -> None:
    japanese = walk("ja")
    japanese.open(site.people["out"])
    japanese.go("a[href$='/moving-out/']")
    japanese.type(destination="みほん県みほん市例示町３－３")
    japanese.send()
    japanese.reads("E_ADDRESS_STILL_HERE")

    english = walk("en")
    english.open(site.people["out"])
    english.go("a[href$='/moving-out/']")
    english.type(destination="ほかの県ほかの市１－２－３")
    english.send()
    english.tells("The entry is removed from this register", "Last day to move in elsewhere")
    english.send(CONFIRM, act="change entry")
    english.tells("Moving out was recorded. The person is no longer in this register.")
    english.again("change entry")


def test_moving_abroad(walk: Walks, site: Site) -> None:
    """On a day to come: until then everything goes on."""
    english = walk("en")
    english.open(site.people["abroad"])
    english.go("a[href$='/moving-abroad/']")
    english.type(destination="フランス共和国", moved_on="1989-01-01")
    english.send()
    english.reads("E_MOVE_BEFORE_BIRTH")

    japanese = walk("ja")
    japanese.open(site.people["abroad"])
    japanese.go("a[href$='/moving-abroad/']")
    japanese.type(destination="フランス共和国", moved_on=IN_A_MONTH.isoformat())
    japanese.send()
    japanese.tells("Until the planned day card and certificates stay as they are")
    japanese.send(CONFIRM, act="plan departure")
    japanese.tells("Moving abroad was recorded.")
    japanese.again("plan departure")


def test_a_death(walk: Walks, site: Site) -> None:
    japanese = walk("ja")
    japanese.open(site.people["death"])
    japanese.go("a[href$='/removal/']")
    japanese.choose("why", "death")
    japanese.type(removed_on=TOMORROW.isoformat())
    japanese.send()
    japanese.reads("E_DAY_AHEAD")

    english = walk("en")
    english.open(site.people["death"])
    english.go("a[href$='/removal/']")
    english.choose("why", "death")
    english.send()
    english.tells("The entry is removed from this register", "Ends at once", "Will be revoked")
    english.send(CONFIRM, act="change entry")
    english.tells("The removal was recorded. The person is no longer in this register.")
    english.again("change entry")
