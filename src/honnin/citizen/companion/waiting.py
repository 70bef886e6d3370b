"""What was asked for and waits for the person, under a name that nobody guesses, once and not for long."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from honnin.citizen.companion.asked import LoginAsked
from honnin.errors import Conflict, HonninError, Language, Unavailable, Untrusted

LIFETIME: Final = timedelta(minutes=5)
"""As long as the verifier's challenge may be answered."""
MOST_KEPT: Final = 64
MOST_A_MINUTE: Final = 30
"""What all sites together may ask for, by sending the browser here again and again (our choice)."""
Outcome = dict[str, str] | HonninError


@dataclass
class Waiting:
    """Something that was asked for."""

    asked: LoginAsked
    begun_at: datetime
    language: Language
    is_over: bool = False
    tried: tuple[str, Outcome] | None = None
    """The entry that was tried last, and its token or why there was none."""

    def require_open(self) -> None:
        """Raises Conflict E_ASKED_OVER."""
        if self.is_over:
            raise Conflict("E_ASKED_OVER")

    def end(self) -> None:
        """It was answered, or the person went back: nothing is done for it again."""
        self.is_over = True


@dataclass
class WaitingRoom:
    """All that waits; for one thread."""

    _kept: OrderedDict[str, Waiting] = field(default_factory=OrderedDict)

    def begin(self, asked: LoginAsked, language: Language, at: datetime) -> str:
        """Its name: 43 characters of base64url. Raises Unavailable E_COMPANION_BUSY."""
        minute_ago = at - timedelta(minutes=1)
        if sum(each.begun_at > minute_ago for each in self._kept.values()) >= MOST_A_MINUTE:
            raise Unavailable("E_COMPANION_BUSY")
        while len(self._kept) >= MOST_KEPT:
            self._kept.popitem(last=False)
        name = secrets.token_urlsafe(32)
        self._kept[name] = Waiting(asked, at, language)
        return name

    def find(self, name: str, at: datetime, *, also_over: bool = False) -> Waiting:
        """Raises Untrusted E_CHALLENGE_UNKNOWN, E_CHALLENGE_EXPIRED; Conflict E_ASKED_OVER."""
        waiting = self._kept.get(name)
        if waiting is None:
            raise Untrusted("E_CHALLENGE_UNKNOWN")
        if not also_over:
            waiting.require_open()
        if not timedelta() <= at - waiting.begun_at <= LIFETIME:
            raise Untrusted("E_CHALLENGE_EXPIRED")
        return waiting
