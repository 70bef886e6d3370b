"""Updating a card that was handed out, as one kind of `card_channel.conversation`.

WRITING   what `kinds` finds to change   → done
"""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from django.db import transaction

from honnin.agency.card_channel import channel
from honnin.agency.card_channel.channel import OpenedCard
from honnin.agency.card_channel.conversation import Conversation, locked
from honnin.agency.card_register.models import Card
from honnin.agency.card_updates.kinds import ClearCertificates, EndCard, Kind, ResetPins, WriteHolder
from honnin.agency.card_updates.models import CardUpdate, Stage
from honnin.agency.card_updates.permission import require_allowed
from honnin.agency.records.journal import DATABASE, Act
from honnin.clock import day_in_japan
from honnin.wire import codec
from honnin.wire.messages.card_updates import CardUpdateKind, CardUpdateStep, RequestCardUpdate


class Updating(Conversation[CardUpdateStep]):
    """One request's view of a card update."""

    model = CardUpdate
    over = "E_CARD_UPDATE_OVER"
    ask = "asked"
    left_behind: ClassVar[Mapping[str, object]] = {"stage": Stage.DONE, "channel": {}, "request": b""}
    give_up = "give up card updates", "card updates"

    row: CardUpdate

    @property
    def card(self) -> Card:
        return self.row.card

    @property
    def request(self) -> RequestCardUpdate:
        """What was asked for; an earlier version called its kind `work`."""
        kept = json.loads(bytes(self.row.request))
        if "work" in kept:
            kept["kind"] = kept.pop("work")
        return codec.as_message(RequestCardUpdate, kept)

    def step(self, commands: tuple[bytes, ...]) -> CardUpdateStep:
        return CardUpdateStep(self.row.number, commands, done=False)

    def entry(self, act: str, **detail: str | int) -> Act:
        return Act(self.actor, f"{self.row.kind} card: {act}", self.row.card_id, detail)

    def require_allowed(self) -> None:
        require_allowed(self.card, self.request, self.at)

    def questions(self) -> tuple[bytes, ...]:
        return self._kind().questions()

    def read(self, opened: OpenedCard) -> CardUpdateStep:
        changes = self._kind().changes(opened.report, opened.answers)
        if not changes.commands:
            return self._done("nothing to do", 0)
        batch = channel.seal(opened.channel, list(changes.commands))
        return self.send(Stage.WRITING, batch, self.entry("sent", **changes.detail))

    def confirmed(self) -> CardUpdateStep:
        _, answers = self.unsealed()
        return self._done("done", len(answers))

    def _done(self, act: str, changes: int) -> CardUpdateStep:
        """Nothing of the holder and no session key stays behind."""
        self.finish(self.entry(act, commands=changes))
        return CardUpdateStep(self.row.number, (), done=True, changes=changes)

    def _kind(self) -> Kind:
        request = self.request
        match request.kind:
            case CardUpdateKind.UPDATE:
                assert request.bearer is not None  # seen to before the update began
                return WriteHolder(self.card, request.bearer)
            case CardUpdateKind.CLEAR:
                return ClearCertificates(self.card, day_in_japan(self.at))
            case CardUpdateKind.RESET_PINS:
                return ResetPins(request.pins, request.application_number)
            case CardUpdateKind.END:
                return EndCard()

    stages: ClassVar = {Stage.WRITING: confirmed}


def begin(card: Card, request: RequestCardUpdate, *, actor: str, at: datetime) -> CardUpdateStep:
    """Begin an update, which gives up another of this card. Raises as `require_allowed`."""
    require_allowed(card, request, at)
    asked = {"number": secrets.token_hex(16), "kind": request.kind, "request": codec.encode(request)}
    with transaction.atomic(using=DATABASE):
        row, new = locked(CardUpdate, {"card": card}, asked | {"began_at": at})
        row.kind = request.kind
        updating = Updating(row, actor, at)
        return updating.begin(updating.entry("begun"), new=new, **asked)
