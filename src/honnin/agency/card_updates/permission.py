"""Whether a card may be updated: who holds it, and whether it is still one."""

from datetime import datetime

from honnin.agency.card_register.models import Card
from honnin.agency.records.persons import reports_about
from honnin.agency.records.queries import is_held
from honnin.clock import day_in_japan
from honnin.errors import Malformed, Refusal, Refused
from honnin.law.cards.permission import CardStanding, card_at_hand_refusals, ending_refusals
from honnin.law.citation import cites
from honnin.wire.messages.card_updates import PIN_PLACES, CardUpdateKind, RequestCardUpdate

# Cards that ended may be cleared and ended on the chip too; nothing else is done to them.
_FOR_VALID_CARDS = frozenset({CardUpdateKind.UPDATE, CardUpdateKind.RESET_PINS})


def require_allowed(card: Card, request: RequestCardUpdate, at: datetime) -> None:
    """Raises Refused with everything that stands against an update, Malformed for one without its parts.

    Refusals: E_CARD_INVALID for one that lost its validity, E_CARD_EXPIRED, E_CARD_REPORTED_LOST until its
    holder comes to a counter, E_CERT_HELD for an update until the hold is released, E_CARD_STILL_VALID for
    ending a valid one.
    """
    if not _is_whole(request):
        raise Malformed("E_MESSAGE_MALFORMED", message=type(request).__name__)
    if refusals := _refusals(card, request, at):
        raise Refused(*refusals)


def _is_whole(request: RequestCardUpdate) -> bool:
    """The holder's attributes come with an update only; PINs with a reset only, none twice."""
    pins = set(request.pins)
    return (
        (request.bearer is not None) is (request.kind is CardUpdateKind.UPDATE)
        and bool(pins) is bool(request.application_number) is (request.kind is CardUpdateKind.RESET_PINS)
        and len(pins) == len(request.pins)
        and pins <= PIN_PLACES.keys()
    )


@cites("S4-2.2", "S1-C5.1b")
def _refusals(card: Card, request: RequestCardUpdate, at: datetime) -> tuple[Refusal, ...]:
    """PINs are set again on a card with a certificate on hold too: a found card whose PIN is blocked could
    not sign for its release otherwise (our choice).
    """
    today = day_in_japan(at)
    standing = CardStanding(
        expiry=card.expiry_date,
        valid=card.valid,
        reported_lost=reports_about(card.person_code).reported_lost,
        held=request.kind is CardUpdateKind.UPDATE and is_held(card.card_number, today),
    )
    if request.kind in _FOR_VALID_CARDS:
        return card_at_hand_refusals(standing, today)
    return ending_refusals(standing) if request.kind is CardUpdateKind.END else ()
