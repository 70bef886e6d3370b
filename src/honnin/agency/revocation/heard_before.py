"""How somebody stands of whom an earlier version heard: it kept of moving within Japan alone that the person
had left, and the journal has every event that it heard.
"""

import json

from honnin.agency.records.models import JournalEntry
from honnin.agency.records.persons import name_of
from honnin.agency.revocation.models import Feed
from honnin.law.certificates.lapse import Event
from honnin.wire.line import Party

HEARD = "register event"
"""What the journal calls an event that was heard in its turn."""
LEAVING = frozenset(
    {
        Event.MOVED_OUT_BY_NOTICE,
        Event.MOVE_NOT_COMPLETED,
        Event.MOVED_ABROAD,
        Event.MOVED_ABROAD_WITH_CARD,
        Event.REMOVED_OTHERWISE,
    }
)
"""After which of them an entry may be made elsewhere."""


def standing_of(feed: Feed) -> str:
    """How the person stands, by the row; where that says nothing, by the journal."""
    if feed.standing == Feed.Standing.UNKNOWN and feed.heard and _left(feed):
        return Feed.Standing.LEFT
    return feed.standing


def _left(feed: Feed) -> bool:
    """Whether the journal tells that the municipality said so. After an arrival the row says how it is."""
    speaker = f"{Party('municipality', feed.municipality_code)}/"
    heard = JournalEntry.objects.filter(
        subject=name_of(feed.person_code), act=HEARD, actor__startswith=speaker
    )
    return any(json.loads(detail)["event"] in LEAVING for detail in heard.values_list("detail", flat=True))
