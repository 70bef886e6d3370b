"""Requests to update a card, as they arrive from a municipality: who may ask, for which card."""

from datetime import datetime

from honnin.agency.card_register.queries import card
from honnin.agency.card_updates.models import CardUpdate
from honnin.agency.card_updates.services import Updating, begin
from honnin.errors import Conflict, NotAllowed, Refusal, Refused
from honnin.wire.line import Sender
from honnin.wire.messages.card_updates import CardUpdateStep, RelayCardAnswers, RequestCardUpdate


def request_card_update(sender: Sender, message: RequestCardUpdate, at: datetime) -> CardUpdateStep:
    """Begin, or begin again after a cut.

    Raises NotAllowed for anyone but the municipality that the card belongs to, Refused with everything that
    stands against it, Malformed for a request without its parts.
    """
    municipality_code = sender.as_municipality()
    found = card(message.card_number)
    if found is None or found.person_code != message.person_code:
        raise Refused(Refusal("E_CARD_OTHERS", ("S4-2.2",)))
    if found.municipality_code != municipality_code:
        raise NotAllowed("E_OFFICE_WRONG")
    return begin(found, message, actor=str(sender), at=at)


def relay_card_answers(sender: Sender, message: RelayCardAnswers, at: datetime) -> CardUpdateStep:
    """The card's answers to the last commands.

    Raises NotAllowed for another municipality's card, else as `Conversation.go_on`.
    """
    municipality_code = sender.as_municipality()
    found = CardUpdate.objects.select_related("card").filter(number=message.card_update).first()
    if found is None:
        raise Conflict(Updating.over)
    if found.card.municipality_code != municipality_code:
        raise NotAllowed("E_OFFICE_WRONG")
    return Updating(found, str(sender), at, message.answers).go_on()
