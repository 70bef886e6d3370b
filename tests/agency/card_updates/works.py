"""The acts of the counter that write on a card that was handed out."""

from collections.abc import Callable

from honnin.card.chip.state import CardState
from honnin.card.issuer.content import text, visual
from honnin.card.transport import Transport
from honnin.municipality.counter.procedures.card_work import services as card_work
from tests.support.town import Holder, Town

Act = Callable[[Town, Holder, Transport], object]


def clear(town: Town, holder: Holder, reader: Transport) -> int:
    return card_work.clear(holder.resident, reader, clerk=town.clerk(), clock=town.clock)


def take_back(town: Town, holder: Holder, reader: Transport) -> int:
    return card_work.take_back(holder.resident, reader, clerk=town.clerk(), clock=town.clock)


def written_for(state: CardState) -> tuple[str, bytes]:
    """The address in the text, and the picture of it."""
    attributes = text.read_attributes(state.applications["text"].files[0x02])
    return attributes.address, visual.read_face_record(state.applications["visual"].files[0x02]).address
