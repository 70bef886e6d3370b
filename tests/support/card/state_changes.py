"""What differs between two states of a card, place by place."""

from dataclasses import fields

from honnin.card.chip.state import ApplicationContent, CardState, PinRecord

Place = tuple[str] | tuple[str, str, int]
"""A field of the state, or what is held of an application under an identifier."""

PINS, FILES, KEYS, PENDING = "pins", "files", "keys", "pending"
_SINGLE = tuple(each.name for each in fields(CardState) if each.name != "applications")


def changes(before: CardState, after: CardState) -> set[Place]:
    if before is after:
        return set()
    found: set[Place] = {(name,) for name in _SINGLE if getattr(before, name) != getattr(after, name)}
    for name in before.applications.keys() | after.applications.keys():
        old, new = (each.applications.get(name, ApplicationContent()) for each in (before, after))
        if old is not new:
            found |= _changes_within(name, old, new)
    return found


def _changes_within(name: str, old: ApplicationContent, new: ApplicationContent) -> set[Place]:
    found: set[Place] = set()
    for what in (PINS, FILES, KEYS, PENDING):
        was, now = getattr(old, what), getattr(new, what)
        absent = PinRecord() if what == PINS else None  # a PIN that was never set need not be there
        found |= {
            (what, name, file)
            for file in was.keys() | now.keys()
            if was.get(file, absent) != now.get(file, absent)
        }
    return found


def in_applications(found: set[Place]) -> list[tuple[str, str, int]]:
    """These places, of which each must lie in an application."""
    places = [place for place in found if len(place) == 3]
    assert len(places) == len(found)
    return places
