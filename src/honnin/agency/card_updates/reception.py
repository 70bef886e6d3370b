"""Requests to do something to a card, as they arrive from a municipality: who may ask, for which card."""

from datetime import datetime

from honnin.agency.card_register.models import Errand
from honnin.agency.card_register.queries import card
from honnin.agency.card_updates import errand
from honnin.errors import Conflict, NotAllowed, Refusal, Refused
from honnin.wire.line import Sender
from honnin.wire.messages.card_updates import CardUpdateStep, RelayCardAnswers, RequestCardUpdate


def request_card_update(sender: Sender, message: RequestCardUpdate, at: datetime) -> CardUpdateStep:
    """Begin, or begin again after a cut.

    Raises NotAllowed for anyone but the municipality that the card belongs to, Refused with everything that
    stands against it, Malformed for a work without its parts.
    """
    municipality_code = sender.as_municipality()
    found = card(message.card_number)
    if found is None or found.person_code != message.person_code:
        raise Refused(Refusal("E_CARD_OTHERS", ("S4-2.2",)))
    if found.municipality_code != municipality_code:
        raise NotAllowed("E_OFFICE_WRONG")
    return errand.begin(found, message, actor=str(sender), at=at)


def relay_card_answers(sender: Sender, message: RelayCardAnswers, at: datetime) -> CardUpdateStep:
    """The card's answers to the last commands.

    Raises NotAllowed for another municipality's errand, else as `errand.go_on`.
    """
    municipality_code = sender.as_municipality()
    found = Errand.objects.select_related("card").filter(number=message.card_update).first()
    if found is None:
        raise Conflict("E_CARD_UPDATE_OVER")
    if found.card.municipality_code != municipality_code:
        raise NotAllowed("E_OFFICE_WRONG")
    return errand.go_on(found, message.answers, actor=str(sender), at=at)
