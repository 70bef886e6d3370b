"""Who comes into a register: a child that is born, and somebody who moves in."""

from dataclasses import dataclass
from datetime import date

from honnin.errors import Refusal
from honnin.law.calendar import age_on
from honnin.law.citation import cites
from honnin.law.counter.notices import day_refusals
from honnin.law.counter.registration import Registration, registration_refusals

YOUNGEST_PARENT = 10
"""How old a parent is at a birth, at least: below that a day or a person is mistyped (our choice)."""
LATEST_NOTICE_OF_BIRTH = 15
"""At which age nobody is entered by a notice of birth any more (our choice).

戸籍法第49条: the notice is given within fourteen days, and one that comes later is still taken. Who is
fifteen acts for themselves in family matters, and who has been in no family register until then comes into
one by leave of the family court (就籍, 同法第110条).
"""


@dataclass(frozen=True)
class Birth:
    """What a notice of birth says, and what the register knows of it.

    `recorded`: a child of this name and day is entered at the parent's address. Twins have two names.
    `elsewhere`: the municipality in which one is entered at another address, else "". `another_child`: the
    clerk has found that it is not the child of the notice.
    """

    born: date
    parent_born: date
    parent: Registration
    recorded: bool
    elsewhere: str = ""
    another_child: bool = False


@cites("register-act/8", "family-register-act/49", "family-register-act/52")
def birth_refusals(birth: Birth, *, on: date) -> tuple[Refusal, ...]:
    """Why a birth cannot be recorded on a day: as `registration_refusals` of the parent, alone; as
    `day_refusals` of the parent's birth; E_PARENT_TOO_YOUNG, E_BIRTH_LONG_AGO by the limits above;
    E_BIRTH_RECORDED for a child that is entered.

    戸籍法第52条: father or mother gives the notice, so that both may come, each where they live. An entry
    does not name parents: of a child of this name and day at another address the register cannot say whose it
    is, and E_BIRTH_ELSEWHERE stands until the clerk has found that it is another child (our choice).
    """
    if gone := registration_refusals(birth.parent):
        return gone
    refusals = list(day_refusals(birth.born, on=on, born=birth.parent_born))
    if not refusals and age_on(birth.parent_born, birth.born) < YOUNGEST_PARENT:
        refusals.append(Refusal("E_PARENT_TOO_YOUNG", (), (("youngest", YOUNGEST_PARENT),)))
    if birth.born <= on and age_on(birth.born, on) >= LATEST_NOTICE_OF_BIRTH:
        clauses = ("family-register-act/49",)
        refusals.append(Refusal("E_BIRTH_LONG_AGO", clauses, (("latest", LATEST_NOTICE_OF_BIRTH),)))
    if birth.recorded:
        refusals.append(Refusal("E_BIRTH_RECORDED", ("register-act/8",)))
    elif birth.elsewhere and not birth.another_child:
        clauses = ("family-register-act/52",)
        refusals.append(Refusal("E_BIRTH_ELSEWHERE", clauses, (("municipality", birth.elsewhere),)))
    return tuple(refusals)


@dataclass(frozen=True)
class KnownNewcomer:
    """Whom a register knows by the resident record code of somebody who moves in.

    `same_person`: name and day of birth are the newcomer's. `entered` still, and `leaves`: from another
    municipality, by a notice whose day has not come. `gone`: by a notice of moving away that is open.
    """

    same_person: bool
    entered: bool
    leaves: bool
    gone: bool


@cites("register-act/22")
def moving_in_refusals(known: KnownNewcomer | None) -> tuple[Refusal, ...]:
    """Why somebody cannot be entered as moving in: E_STILL_REGISTERED for who is entered, here or elsewhere
    without notice of leaving, E_MOVE_IN_DIFFERS where the code is another person's, E_ENTRY_REMOVED for who
    has died or was removed otherwise. None for who is not known (None).
    """
    if known is None:
        return ()
    if not known.same_person:
        return (Refusal("E_MOVE_IN_DIFFERS"),)
    if known.entered:
        return () if known.leaves else (Refusal("E_STILL_REGISTERED", ("register-act/22",)),)
    return () if known.gone else (Refusal("E_ENTRY_REMOVED", ("S4-2.1",)),)
