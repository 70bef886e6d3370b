"""Sealed batches between the agency and a card, with a relay in between that may be cut at any point.

A batch leaves with one request, and its answers come with a later one. What must be known by then is kept
beside it, a JSON value that holds session keys: as secret as keys, and worthless once the card was reset.
Here the card proves its keys and gets newer ones where there are; what else it is asked and sent, others
decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from honnin.agency.card_register.models import Card
from honnin.agency.keys.master_keys import master_keys
from honnin.agency.records.journal import DATABASE, Act, append
from honnin.card.issuer import commands as card_commands
from honnin.card.issuer import key_rotation
from honnin.card.issuer.channel import HostChannel, key_version
from honnin.card.issuer.commands import CardReport
from honnin.card.scp03 import StaticKeys
from honnin.errors import CardError, Malformed, Untrusted
from honnin.journal.binding import changed

_OPENING: Final = 2  # SELECT, INITIALIZE UPDATE
REPLACED: Final = "replace card keys"
"""The act of a card's getting other issuer keys, as the journal calls it."""


@dataclass(frozen=True)
class Batch:
    """Commands to relay in order, and what to keep until their answers come."""

    commands: tuple[bytes, ...]
    kept: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class ChannelContext:
    """With which card, what was kept of its channel so far, and who is acting when."""

    card: Card
    kept: Mapping[str, Any] = field(repr=False)
    actor: str
    at: datetime


@dataclass(frozen=True)
class OpenedCard:
    """A card that proved which it is: the open channel, its report, and its answers to the questions."""

    channel: HostChannel
    report: CardReport
    answers: tuple[bytes, ...]


def begin() -> Batch:
    """The first commands to any card: it is asked which keys it has, and to prove them."""
    opening = HostChannel.begin(None)
    return Batch(opening.commands, {"challenge": opening.host_challenge.hex()})


def authenticate(
    context: ChannelContext, answers: tuple[bytes, ...], questions: tuple[bytes, ...] = ()
) -> Batch:
    """The card proved its keys: now the agency proves its own, and asks what stands on the card.

    `questions`: plain commands whose answers `open_card` brings. A card whose keys are not the newest gets
    those in the same batch, last. Raises Untrusted E_CARD_NOT_GENUINE for a card that cannot prove its keys,
    or has such as were replaced.
    """
    for answer in answers[:_OPENING]:
        HostChannel.check_selected(answer)
    _require(answers, _OPENING)
    newest = master_keys().newest_version
    keys = _keys_claimed(context.card, key_version(answers[1]), newest)
    challenge = bytes.fromhex(context.kept["challenge"])
    channel, proof = HostChannel.open(keys, challenge, answers[1], card_number=context.card.card_number)
    _note_in_force(context, keys.version)
    plain, offered = [card_commands.read_state(), *questions], None
    if newest > keys.version:
        plain.append(key_rotation.put_key(keys, master_keys().card_keys(context.card.card_number, newest)))
        offered = newest
    batch = seal(channel, plain, proof)
    return Batch(batch.commands, batch.kept | {"offered": offered})


def open_card(context: ChannelContext, answers: tuple[bytes, ...]) -> OpenedCard:
    """The answers to `authenticate`. Raises Untrusted E_CARD_NOT_GENUINE for another card's report."""
    channel, (state, *answered) = unseal(context.kept, answers)
    report, card = card_commands.card_report(state), context.card
    if report.card_number != card.card_number:
        raise Untrusted("E_CARD_NOT_GENUINE")
    if context.kept["offered"] is not None:
        new = master_keys().card_keys(card.card_number, context.kept["offered"])
        key_rotation.check_replaced(new, answered.pop())
        _note_in_force(context, new.version)
    return OpenedCard(channel, report, tuple(answered))


def seal(channel: HostChannel, plain: list[bytes], *before: bytes) -> Batch:
    """The next batch of an open channel; `before` goes ahead of it as it is."""
    first = len(channel.command_macs)
    sealed = tuple(channel.wrap(command) for command in plain)
    kept = {"host": channel.to_json(), "first": first, "clear": len(before), "count": len(plain)}
    return Batch((*before, *sealed), kept)


def unseal(kept: Mapping[str, Any], answers: tuple[bytes, ...]) -> tuple[HostChannel, list[bytes]]:
    """The channel, and the plain answers to a batch of `seal`.

    Raises CardError E_CARD_ANSWER_UNPROVEN where the card refused, or somebody in its name, E_CARD_REMOVED
    where it was cut off, Untrusted E_CARD_CHANNEL_BROKEN where an answer was altered or is out of order,
    Malformed E_CARD_ANSWER_MALFORMED where there are more than commands.
    """
    channel = HostChannel.from_json(kept["host"])
    clear, first, count = kept["clear"], kept["first"], kept["count"]
    for answer in answers[:clear]:
        HostChannel.check_opened(answer)
    sealed = answers[clear : clear + count]
    plain = [channel.unwrap(first + place, answer) for place, answer in enumerate(sealed)]
    _require(answers, clear + count)
    return channel, plain


def _require(answers: tuple[bytes, ...], count: int) -> None:
    if len(answers) > count:
        raise Malformed("E_CARD_ANSWER_MALFORMED")
    if len(answers) < count:
        raise CardError("E_CARD_REMOVED")


def _keys_claimed(card: Card, version: int, newest: int) -> StaticKeys:
    """The keys that the card claims: none older than it once proved, for those may be known to others.

    Newer ones are no surprise: a confirmation may have been lost, by the card or by the register.
    """
    if not card.key_version <= version <= newest:
        raise Untrusted("E_CARD_NOT_GENUINE")
    return master_keys().card_keys(card.card_number, version)


def _note_in_force(context: ChannelContext, version: int) -> None:
    """The card proved that these keys are in force; never back to older ones."""
    card = context.card
    if card.key_version >= version:
        return  # as its row, which never goes back either
    with transaction.atomic(using=DATABASE):
        present = Card.objects.select_for_update().get(pk=card.pk)
        if present.key_version < version:
            present.key_version = version
            present.save(update_fields=["key_version"])
            act = Act(context.actor, REPLACED, card.card_number, {"version": f"{version:02X}"})
            append(act, context.at, changed(present, "key_version"))
    card.key_version = max(card.key_version, version)
