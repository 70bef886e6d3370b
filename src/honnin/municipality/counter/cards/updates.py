"""Card updates: the agency speaks with a card, the counter relays; called again, it does what is left."""

from datetime import datetime

from honnin.card.client.session import CardSession
from honnin.card.transport import Transport
from honnin.identifiers import CardNumber
from honnin.municipality.counter.cards import reader
from honnin.municipality.counter.cards.agency import ask_agency, person_state
from honnin.municipality.counter.cards.reader import converse
from honnin.municipality.counter.guards.acts import about_resident, record_alone
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.residents.models import Resident
from honnin.wire.messages.card_updates import CardUpdateStep, RelayCardAnswers, RequestCardUpdate
from honnin.wire.messages.certificates import CardFacts


def require_own_card(resident: Resident, transport: Transport, *, clerk: Clerk) -> CardFacts:
    """The card on the reader, if it is or was this person's. Raises Refused E_CARD_OTHERS otherwise."""
    return reader.require_card_of(person_state(clerk, resident.pk), transport)


def number_of(transport: Transport) -> CardNumber:
    return CardSession(transport).card_number()


def carry_out(
    resident: Resident, request: RequestCardUpdate, transport: Transport, clerk: Clerk, at: datetime
) -> int:
    """Have it done; returns how many commands it took."""
    what = f"card work {request.kind}"
    record_alone(clerk, what, about_resident(resident), at, card=request.card_number)

    def answer(step: CardUpdateStep, answers: tuple[bytes, ...]) -> CardUpdateStep:
        return ask_agency(clerk, RelayCardAnswers(step.card_update, answers))

    return converse(ask_agency(clerk, request), transport, answer).changes
