"""What a clerk does with a card that was handed out: bring it up to date, clear it, take it back.

The agency speaks with the card; the counter relays. Each function may be called again after a cut, and does
what is left to do.
"""

from honnin.card.session import CardSession, relay
from honnin.card.transport import Transport
from honnin.errors import NotAllowed, Refusal, Refused
from honnin.law.citation import cites
from honnin.law.pins import PinKind
from honnin.law.terms import LapseGround
from honnin.municipality.counter.models import Clerk
from honnin.municipality.counter.services import ask_agency, person_state
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.services import deliver_reports, note_card_updated
from honnin.wire.card_work import CardWork, RelayCardAnswers, RequestCardWork
from honnin.wire.status import ReportLapse


@cites("S1-C3")
def update(resident: Resident, transport: Transport, *, clerk: Clerk) -> int:
    """Write onto the card what the register says now; returns how many commands it took, 0 if none.

    Raises Refused with everything that stands against it, CardError when the card goes away.
    """
    deliver_reports(resident.pk)
    now = Resident.objects.get(pk=resident.pk)
    request = RequestCardWork(_number(transport), now.pk, CardWork.UPDATE, bearer=now.basic_four())
    changes = _work(now, request, transport, clerk)
    note_card_updated(now)
    return changes


def clear(resident: Resident, transport: Transport, *, clerk: Clerk) -> int:
    """Take certificates off the card that have no effect any more; returns how many. Otherwise as above."""
    request = RequestCardWork(_number(transport), resident.pk, CardWork.CLEAR)
    return _work(resident, request, transport, clerk)


def take_back(resident: Resident, transport: Transport, *, clerk: Clerk) -> int:
    """The holder gives the card back: it loses its validity, its certificates lapse, and it is ended.

    First the records, then the card: one that is pulled out in between is worth nothing already. A card of
    before ends alone, and the person's present one stays valid. Raises Refused E_CARD_INVALID for somebody
    else's card, before anything happens.
    """
    number = _number(transport)
    cards = {card.card_number: card for card in person_state(clerk, resident.pk).cards}
    if number not in cards:
        raise Refused(Refusal("E_CARD_INVALID", ("S4-2.2",)))
    if cards[number].valid:
        ask_agency(clerk, ReportLapse(resident.pk, LapseGround.CARD_INVALID, ()))
    return _work(resident, RequestCardWork(number, resident.pk, CardWork.END), transport, clerk)


def permit_pins(resident: Resident, pins: tuple[PinKind, ...], transport: Transport, *, clerk: Clerk) -> str:
    """Let PINs be set without the old ones until the card leaves the reader; returns the card's number."""
    number = _number(transport)
    request = RequestCardWork(number, resident.pk, CardWork.RESET_PINS, pins=pins)
    _work(resident, request, transport, clerk)
    return number


def _number(transport: Transport) -> str:
    return CardSession(transport).card_number()


def _work(resident: Resident, request: RequestCardWork, transport: Transport, clerk: Clerk) -> int:
    """Relay between agency and card until the agency says done."""
    if resident.municipality_id != clerk.municipality_id:
        raise NotAllowed("E_OFFICE_WRONG")
    step = ask_agency(clerk, request)
    while not step.done:
        answers = relay(transport, step.commands)
        step = ask_agency(clerk, RelayCardAnswers(step.errand, answers))
    return step.changes
