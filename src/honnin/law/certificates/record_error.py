"""An error or omission in a record (記録誤り等): which certificates say something untrue because of it."""

from honnin.law.citation import cites
from honnin.law.terms import Purpose, RecordedItem

_OF_SIGNATURES = (RecordedItem.NAME, RecordedItem.BIRTH_DATE, RecordedItem.SEX, RecordedItem.ADDRESS)


@cites("S4-8.1.2", "S4-3.4", "act/13", "act/32")
def purposes_in_error(item: RecordedItem) -> frozenset[Purpose]:
    """The certificates that an error in an item ends.

    法第13条・第32条: each of them speaks of what is recorded in its own certificate. The four attributes
    stand in the signature certificate alone, so an error in them ends no other; one in the validity, or in
    whose certificate it is, ends both. So does a false application that was found out after the issue: no
    article names it, but what a false statement had the Organisation record is an error in the record (our
    choice; who made it is punished by Act 73).
    """
    return frozenset({Purpose.SIGNATURE}) if item in _OF_SIGNATURES else frozenset(Purpose)
