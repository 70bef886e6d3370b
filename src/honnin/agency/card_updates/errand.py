"""An errand to a card that was handed out: a short conversation that may be cut at any point.

    OPENING   SELECT, INITIALIZE UPDATE                  → the card proves its keys
    READING   EXTERNAL AUTHENTICATE, READ STATE, …       → what is left to do
    WRITING   what `works` says                          → done

A card is asked anew each time what it has. So the remedy for a cut is always to request the same again, and
whoever relays the bytes learns nothing and can change nothing.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from honnin.agency.card_channel import conversation
from honnin.agency.card_channel.conversation import Batch, Talk
from honnin.agency.card_register.models import Card, Errand, Stage
from honnin.agency.card_updates.permission import require_allowed
from honnin.agency.card_updates.works import Clear, End, ResetPins, Update, Work
from honnin.agency.records.journal import DATABASE, Act, append
from honnin.clock import day_in_japan
from honnin.errors import Conflict
from honnin.journal.binding import Changed, changed
from honnin.wire import codec
from honnin.wire.messages.card_updates import CardUpdateKind, CardUpdateStep, RequestCardUpdate

_ENDED: Final[Mapping[str, object]] = {"stage": Stage.DONE, "channel": {}, "request": b""}


@dataclass(frozen=True)
class _Turn:
    """One request's view of an errand."""

    errand: Errand
    request: RequestCardUpdate
    actor: str
    at: datetime

    @property
    def talk(self) -> Talk:
        return Talk(self.errand.card, self.errand.channel, self.actor, self.at)

    def work(self) -> Work:
        card, request = self.errand.card, self.request
        match request.kind:
            case CardUpdateKind.UPDATE:
                assert request.bearer is not None  # seen to before the errand began
                return Update(card, request.bearer)
            case CardUpdateKind.CLEAR:
                return Clear(card, day_in_japan(self.at))
            case CardUpdateKind.RESET_PINS:
                return ResetPins(request.pins, request.application_number)
            case CardUpdateKind.END:
                return End()

    def send(self, stage: Stage, batch: Batch, what: str, detail: Mapping[str, str | int]) -> CardUpdateStep:
        self.keep(what, detail, stage=stage, channel=batch.kept)
        return CardUpdateStep(self.errand.number, batch.commands, done=False)

    def finish(self, what: str, changes: int) -> CardUpdateStep:
        """Nothing of the holder and no session key stays behind."""
        self.keep(what, {"commands": changes}, **_ENDED)
        return CardUpdateStep(self.errand.number, (), done=True, changes=changes)

    def keep(self, what: str, detail: Mapping[str, str | int], **fields: object) -> None:
        """Write fields of the errand, if it stands where it was read: no stage of an errand comes twice.

        Raises Conflict E_CARD_UPDATE_OVER when another took its place, or another request went on with it.
        """
        with transaction.atomic(using=DATABASE):
            found = Errand.objects.select_for_update().filter(number=self.errand.number)
            present = found.filter(stage=self.errand.stage).first()
            if present is None:
                raise Conflict("E_CARD_UPDATE_OVER")
            act = Act(self.actor, f"{self.request.kind} card: {what}", present.card_id, detail)
            append(act, self.at, _written(present, fields))


def _written(errand: Errand, fields: Mapping[str, object]) -> Changed:
    """Write fields of an errand whose row is held; what the entry of the same transaction must tell."""
    for name, value in fields.items():
        setattr(errand, name, value)
    errand.save(update_fields=list(fields))
    return changed(errand, *fields)


def begin(card: Card, request: RequestCardUpdate, *, actor: str, at: datetime) -> CardUpdateStep:
    """Begin an errand, which gives up another to this card. Raises as `require_allowed`."""
    require_allowed(card, request, at)
    batch, number = conversation.begin(), secrets.token_hex(16)
    begun = {
        "number": number,
        "work": request.kind,
        "request": codec.encode(request),
        "stage": Stage.OPENING,
        "channel": batch.kept,
        "began_at": at,
    }
    with transaction.atomic(using=DATABASE):
        errand, new = Errand.objects.update_or_create(card=card, defaults=begun)
        written = errand if new else changed(errand, *begun)
        append(Act(actor, f"{request.kind} card: begun", card.card_number, {}), at, written)
    return CardUpdateStep(number, batch.commands, done=False)


def go_on(errand: Errand, answers: tuple[bytes, ...], *, actor: str, at: datetime) -> CardUpdateStep:
    """Read the card's answers and say what comes next.

    Raises Conflict E_CARD_UPDATE_OVER for an errand that has ended, began longer ago than PATIENCE, or does
    not stand any more where it was read; else what the stage finds wrong.
    """
    stage = _STAGES.get(Stage(errand.stage))
    if stage is None or conversation.is_too_old(errand.began_at, at):
        raise Conflict("E_CARD_UPDATE_OVER")
    return stage(_Turn(errand, _requested(errand), actor, at), answers)


def _requested(errand: Errand) -> RequestCardUpdate:
    """What was asked for; an earlier version called its kind `work`."""
    kept = json.loads(bytes(errand.request))
    if "work" in kept:
        kept["kind"] = kept.pop("work")
    return codec.as_message(RequestCardUpdate, kept)


def give_up_abandoned(at: datetime) -> int:
    """End errands that nobody went on with, and forget what they kept of a holder; returns how many."""
    with transaction.atomic(using=DATABASE):
        left = left_errands(at).select_for_update().order_by("pk")
        ended = [_written(errand, _ENDED) for errand in left]
        if ended:
            append(Act("chores", "give up errands", f"errands: {len(ended)}", {}), at, *ended)
    return len(ended)


def left_errands(at: datetime) -> QuerySet[Errand]:
    """Errands that nobody went on with."""
    return Errand.objects.exclude(stage=Stage.DONE).filter(conversation.given_up(at))


def _opened(turn: _Turn, answers: tuple[bytes, ...]) -> CardUpdateStep:
    require_allowed(turn.errand.card, turn.request, turn.at)
    batch = conversation.authenticate(turn.talk, answers, turn.work().questions())
    return turn.send(Stage.READING, batch, "asked", {})


def _read(turn: _Turn, answers: tuple[bytes, ...]) -> CardUpdateStep:
    """The card said what it has. What may not be done any more, for it was lost meanwhile, is not done."""
    visit = conversation.visit(turn.talk, answers)
    require_allowed(turn.errand.card, turn.request, turn.at)
    orders = turn.work().orders(visit.report, visit.answers)
    if not orders.commands:
        return turn.finish("nothing to do", 0)
    batch = conversation.seal(visit.channel, list(orders.commands))
    return turn.send(Stage.WRITING, batch, "told", orders.detail)


def _confirmed(turn: _Turn, answers: tuple[bytes, ...]) -> CardUpdateStep:
    _, done = conversation.unseal(turn.errand.channel, answers)
    return turn.finish("done", len(done))


_STAGES: Final[Mapping[Stage, Callable[[_Turn, tuple[bytes, ...]], CardUpdateStep]]] = {
    Stage.OPENING: _opened,
    Stage.READING: _read,
    Stage.WRITING: _confirmed,
}
