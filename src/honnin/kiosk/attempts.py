"""One attempt at the kiosk, as the session keeps it between two pages: no PIN, and nothing once it ended."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from django.http import HttpRequest

from honnin.clock import is_recent
from honnin.console.instants import instant
from honnin.identifiers import CardNumber
from honnin.law.cards.pins import PinKind
from honnin.law.kiosk_reset import known_instead

IDLE: Final = timedelta(minutes=3)
"""How long after its last request an attempt ends; the page itself leaves earlier, when nobody touches it."""
_KEPT, _NOTE = "kiosk_attempt", "kiosk_note"


class Stage(StrEnum):
    """What was done in this attempt."""

    OPENED = "opened"  # the reservation stands; the other PIN is to be proved
    PROVED = "proved"  # the new PIN can be chosen
    DONE = "done"


class Note(StrEnum):
    """How the attempt before ended, where the next one should know."""

    TIME = "time"  # nobody touched the screen
    CARD = "card"  # the same, and the card was left on the reader


@dataclass(frozen=True)
class Attempt:
    """`choice`: where the card lies; `pin_reset` and `challenge` (hex): what the agency has given; `fee` in
    yen; `is_earlier`: the PIN in force is one that was entered before a cut.
    """

    pin: PinKind
    choice: str
    card_number: CardNumber
    pin_reset: str
    challenge: str
    stage: Stage = Stage.OPENED
    fee: int = 0
    is_earlier: bool = False
    done_at: str = ""

    @property
    def known(self) -> PinKind:
        """The PIN that its holder has to know."""
        return known_instead(self.pin)


def keep(request: HttpRequest, attempt: Attempt) -> None:
    """Go on with an attempt; it was seen at this request."""
    request.session[_KEPT] = asdict(attempt) | {"seen_at": instant(request).isoformat()}


def present(request: HttpRequest) -> Attempt | None:
    """The attempt that goes on at this request; None where there is none, or it was left for too long."""
    kept: dict[str, Any] | None = request.session.get(_KEPT)
    if kept is None:
        return None
    fields = {name: value for name, value in kept.items() if name != "seen_at"}
    attempt = Attempt(**fields)
    attempt = replace(
        attempt,
        pin=PinKind(attempt.pin),
        card_number=CardNumber(attempt.card_number),
        stage=Stage(attempt.stage),
    )
    if not is_recent(datetime.fromisoformat(kept["seen_at"]), instant(request), IDLE):
        forget(request)
        note(request, Note.TIME)
        return None
    keep(request, attempt)
    return attempt


def forget(request: HttpRequest) -> None:
    """The attempt has ended: the session keeps nothing of it."""
    request.session.pop(_KEPT, None)
    request.session.pop(_NOTE, None)


def note(request: HttpRequest, ended: Note) -> None:
    """Have the welcome page say how the attempt ended, until the next begins."""
    request.session[_NOTE] = ended.value


def noted(request: HttpRequest) -> Note | None:
    """What the welcome page has to say of the attempt before."""
    kept = request.session.get(_NOTE)
    return Note(kept) if kept else None
