"""The one resumable conversation with a card, whatever it is about; it may be cut at any point.

    OPENING   SELECT, INITIALIZE UPDATE                      → the card proves its keys
    READING   EXTERNAL AUTHENTICATE, READ STATE, questions   → what stands on the card
    …         the stages of its kind                         → done

A row keeps where it stands and the open channel. Each stage sends one batch of sealed commands and reads its
answers in a later request. What the card has is compared anew each time with what it should have: so the
remedy for a cut is always to request the same again, and whoever relays the bytes learns nothing and can
change nothing.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Generic, TypeVar

from django.db import transaction
from django.db.models import Q, QuerySet

from honnin import plain_rows
from honnin.agency.card_channel import channel
from honnin.agency.card_channel.channel import Batch, ChannelContext, OpenedCard
from honnin.agency.card_register.models import Card
from honnin.agency.records.journal import DATABASE, Act, Acted, append, append_all
from honnin.card.apdu import SHORT_LC_MAX
from honnin.card.issuer.channel import HostChannel
from honnin.errors import Conflict
from honnin.journal.binding import Changed, changed

S = TypeVar("S")
TIMEOUT: Final = timedelta(hours=1)
"""How long a conversation that has begun may go on; afterwards the same is requested anew (our choice).

Nor does one go on that began further in the future: the clock was set back since, and not by a little.
"""
OPENING, READING, DONE = "opening", "reading", "done"


@dataclass(frozen=True)
class Conversation(ABC, Generic[S]):
    """One request's view of a conversation: its row as it was read, who acts when, the card's answers, and
    how many bytes of data the way to it carries in one command.

    S: the step that is answered to whoever relays.
    """

    model: ClassVar[type[Any]]
    """The rows, with fields `stage`, `channel` and `began_at`."""
    stages: ClassVar[Mapping[str, Callable[[Any], Any]]]
    """What comes after READING: who reads the answers at each stage, and sends the next batch or finishes."""
    over: ClassVar[str]
    """The code for one that has ended, or does not stand any more where it was read."""
    ended: ClassVar[Mapping[str, str]] = {}
    """Stages that nothing follows, with codes of their own."""
    ask: ClassVar[str]
    """The act of asking a card what stands on it."""
    left_behind: ClassVar[Mapping[str, object]] = {"channel": {}}
    """The fields of a row with which nobody goes on: no session key stays."""
    give_up: ClassVar[tuple[str, str]]
    """The act of forgetting those, and what they are called."""

    row: Any
    actor: str
    at: datetime
    answers: tuple[bytes, ...] = ()
    longest_data: int = SHORT_LC_MAX
    _held: list[Any] = field(default_factory=list, init=False, repr=False, compare=False)
    _acts: list[Acted] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    @abstractmethod
    def card(self) -> Card:
        """The card. Raises Untrusted E_CARD_NOT_GENUINE for one that was never produced."""

    @abstractmethod
    def step(self, commands: tuple[bytes, ...]) -> S:
        """What the relay is answered: it goes on with these commands."""

    @abstractmethod
    def entry(self, act: str, **detail: str | int) -> Act:
        """An act of this conversation as the journal records it."""

    @abstractmethod
    def read(self, opened: OpenedCard) -> S:
        """What comes next, from what stands on the card."""

    def require_allowed(self) -> None:
        """Raises Refused for what stands against going on; asked again before anything is changed."""

    def questions(self) -> tuple[bytes, ...]:
        """What to ask the card beside READ STATE: plain commands."""
        return ()

    def asking(self) -> tuple[str, str]:
        """The stage at which the answers to these are read, and the act of asking."""
        return READING, self.ask

    def begin(self, act: Act, *, new: bool, **fields: object) -> S:
        """Begin, or begin again: the first commands to the card. Raises Conflict for one that ended for good.

        `fields` of the row are written too. Must run in a transaction that holds it; `new`, if it put it in.
        """
        self.require_open(self.row)
        batch = channel.begin()
        begun = {"stage": OPENING, "channel": batch.kept, "began_at": self.at} | fields
        written = _written(self.row, begun)
        append(act, self.at, self.row if new else written)
        return self.step(batch.commands)

    def go_on(self) -> S:
        """Read the card's answers and send what comes next.

        Raises Conflict `over` for a conversation that has ended, began longer ago than TIMEOUT, or does not
        stand any more where it was read; else what the stage finds wrong.
        """
        self.require_open(self.row)
        first = {OPENING: type(self)._prove, READING: type(self)._read}
        stage = (first | dict(self.stages)).get(self.row.stage)
        if stage is None or not self.row.channel or abs(self.at - self.row.began_at) > TIMEOUT:
            raise Conflict(self.over)
        next_step: S = stage(self)
        return next_step

    def _prove(self) -> S:
        self.require_allowed()
        batch = channel.authenticate(self._context, self.answers, self.questions())
        stage, act = self.asking()
        return self.send(stage, batch, self.entry(act))

    def _read(self) -> S:
        """What may not be done any more, for the card was lost meanwhile, is not done."""
        opened = self.opened()
        self.require_allowed()
        return self.read(opened)

    def opened(self) -> OpenedCard:
        """The card's answers to what it was asked after its proof. Raises as `channel.open_card`."""
        return channel.open_card(self._context, self.answers)

    @property
    def _context(self) -> ChannelContext:
        return ChannelContext(self.card, self.row.channel, self.actor, self.at)

    def unsealed(self) -> tuple[HostChannel, list[bytes]]:
        """The channel and the plain answers to the last batch. Raises as `channel.unseal`."""
        return channel.unseal(self.row.channel, self.answers)

    def send(self, stage: str, batch: Batch, act: Act, **kept: object) -> S:
        """Remember the stage, the channel and what else is needed then, and hand the batch to the relay."""
        self._keep(act, {"stage": stage, "channel": batch.kept | kept})
        return self.step(batch.commands)

    def finish(self, act: Act) -> None:
        self._keep(act, {**self.left_behind, "stage": DONE})

    def _keep(self, act: Act, fields: Mapping[str, object]) -> None:
        with self.claimed() as present:
            self.journalled((act, (_written(present, fields),)))

    def journalled(self, *acts: Acted) -> None:
        """These acts go into the journal when what is claimed is given back, in their order."""
        self._acts.extend(acts)

    @contextmanager
    def claimed(self) -> Iterator[Any]:
        """The row, held until the transaction ends, if it stands where it was read.

        Whatever a stage records comes inside: of several requests with the same answers one records it. The
        channel differs where a conversation began anew and came to the same stage. Raises Conflict. Inside
        another of the same view it is the same row. All acts go into the journal at its end.
        """
        if self._held:
            yield self._held[0]
            return
        with transaction.atomic(using=DATABASE):
            self._hold()
            present = self.row
            self._held.append(present)
            try:
                yield present
                if self._acts:
                    append_all(self._acts, self.at)
            finally:
                self._held.clear()
                self._acts.clear()

    def _hold(self) -> None:
        """Hold the row, which is as it was read: its stage and channel, and with them all of it. Raises as
        `claimed`.
        """
        if not plain_rows.hold(self.row, "stage", "channel"):
            self.require_open(type(self.row).objects.get(pk=self.row.pk))
            raise Conflict(self.over)

    def require_open(self, row: Any) -> None:
        """Raises Conflict for one that ended for good."""
        if row.stage in self.ended:
            raise Conflict(self.ended[row.stage])

    @classmethod
    def abandoned(cls, at: datetime) -> QuerySet[Any]:
        """Conversations with which nobody may go on any more, and that still keep their channel."""
        timed_out = Q(began_at__lt=at - TIMEOUT) | Q(began_at__gt=at + TIMEOUT)
        found: QuerySet[Any] = cls.model.objects.exclude(channel={}).filter(timed_out)
        return found

    @classmethod
    def give_up_abandoned(cls, at: datetime) -> int:
        """Forget what they kept; returns how many. Each can be begun anew."""
        act, what = cls.give_up
        with transaction.atomic(using=DATABASE):
            found = cls.abandoned(at).select_for_update().order_by("pk")
            given_up = [_written(row, cls.left_behind) for row in found]
            if given_up:
                append(Act("chores", act, f"{what}: {len(given_up)}", {}), at, *given_up)
        return len(given_up)


def locked(model: type[Any], key: Mapping[str, object], defaults: Mapping[str, object]) -> tuple[Any, bool]:
    """The row of a key, held until the transaction ends, and whether it was put in now, with `defaults`."""
    row = model(**key, **defaults)
    if plain_rows.insert(row, unless_there=True):
        return row, True
    return model.objects.select_for_update().get(**key), False


def _written(row: Any, fields: Mapping[str, object]) -> Changed:
    """Write fields of a row that is held; what the entry of the same transaction binds."""
    for name, value in fields.items():
        setattr(row, name, value)
    plain_rows.write(row, *fields)
    return changed(row, *fields)
