"""Conversations of the agency with a card, step by step."""

from typing import Any

from honnin.agency.revocation.services import record_lapse
from honnin.card.transport import Transport
from honnin.law.terms import LapseGround
from honnin.municipality.counter.procedures.card_work import services as card_work
from honnin.municipality.residents.services import record_change_of_address
from honnin.wire.line import Sender
from honnin.wire.messages.card_updates import (
    CardUpdateKind,
    CardUpdateStep,
    RelayCardAnswers,
    RequestCardUpdate,
)
from tests.support.agency import speaking
from tests.support.instants import NOW
from tests.support.town import Holder, Town

ELSEWHERE = "みほん県みほん市架空が丘３－２－１"


def complete(town: Town, *, certificates: bool = False) -> Holder:
    holder = town.give_complete_card(town.move_in())
    if certificates:
        town.issue(town.approved(holder.resident), holder.reader())
    return holder


def move(holder: Holder, address: str = ELSEWHERE) -> None:
    record_change_of_address(holder.resident, address, clerk="hanako", at=NOW)


def update(town: Town, holder: Holder, reader: Transport) -> int:
    return card_work.update(holder.resident, reader, clerk=town.clerk(), clock=town.clock)


def ask(
    town: Town, message: RequestCardUpdate | RelayCardAnswers, sender: Sender | None = None
) -> CardUpdateStep:
    return speaking.ask(sender or speaking.sender(town.clerk()), message)


def request(holder: Holder, work: CardUpdateKind, **more: Any) -> RequestCardUpdate:
    return RequestCardUpdate(holder.card.state.card_number, holder.code, work, **more)


def prepare_update(town: Town) -> Holder:
    holder = complete(town, certificates=True)
    move(holder)
    return holder


def prepare_clear(town: Town) -> Holder:
    holder = complete(town, certificates=True)
    record_lapse(holder.code, LapseGround.REQUEST_OR_NOTICE, (), actor="test", at=town.clock.now())
    return holder
