"""What a municipality's counter reports of a loss: that it was reported there too, or what ended it."""

from datetime import datetime

from django.db import transaction

from honnin.agency.card_register.residence import require_own_resident
from honnin.agency.hotline.services import end_loss
from honnin.agency.records.journal import DATABASE
from honnin.agency.revocation import reception as revocation
from honnin.agency.revocation.events import hear_event, refuse_early
from honnin.errors import NotAllowed
from honnin.identifiers import PersonCode
from honnin.law.cards.card_state import EVENT_OF_GROUND, CardEvent
from honnin.law.cards.loss import LossEvent
from honnin.translation import Sentence
from honnin.wire.line import Sender
from honnin.wire.messages.certificates import (
    LossReported,
    PersonState,
    ReportLapse,
    ReportLoss,
    ReportRelease,
)
from honnin.wire.messages.register import ReportEvent

# With the card a loss of it ends.
_ENDED_BY = {CardEvent.TAKEN_BACK: LossEvent.CARD_ENDED, CardEvent.ENTRY_REMOVED: LossEvent.ENTRY_REMOVED}


def report_loss(sender: Sender, message: ReportLoss, at: datetime) -> LossReported:
    """Close the open tasks that telephone calls left before the holder came to the counter.

    Raises NotAllowed for anyone but a municipality, and for another municipality's resident.
    """
    if sender.role != "municipality":
        raise NotAllowed("E_ROLE_NOT_ALLOWED", role=Sentence(sender.role))
    require_own_resident(sender, message.person_code)
    until = min(message.reported_at or at, at)
    actor = str(sender)
    return LossReported(end_loss(message.person_code, LossEvent.REPORT, actor=actor, at=at, until=until))


def report_lapse(sender: Sender, message: ReportLapse, at: datetime) -> PersonState:
    """Carry out a ground for lapse; where no card is left after it, a loss of it is closed too.

    Raises as `revocation.reception.report_lapse`.
    """
    ended = EVENT_OF_GROUND.get(message.ground)
    if ended is None:
        return revocation.report_lapse(sender, message, at)
    with transaction.atomic(using=DATABASE):
        revocation.report_lapse(sender, message, at)
        return _without_loss(sender, message.person_code, _ENDED_BY[ended], at)


def report_event(sender: Sender, message: ReportEvent, at: datetime) -> PersonState:
    """Carry out an event of the register; where no card is left after it, a loss of it is closed too.

    Raises as `revocation.events.hear_event`, and Conflict E_EVENT_EARLY for one before its turn.
    """
    with transaction.atomic(using=DATABASE):
        heard = hear_event(sender, message, at)
        if heard.card_event:
            _without_loss(sender, message.person_code, _ENDED_BY[heard.card_event], at)
    refuse_early(heard, message.number)
    return revocation.person_state(message.person_code)


def report_release(sender: Sender, message: ReportRelease, at: datetime) -> PersonState:
    """Carry out a release: the card is here, and lost no longer. Raises as `revocation.report_release`."""
    with transaction.atomic(using=DATABASE):
        revocation.report_release(sender, message, at)
        return _without_loss(sender, message.person_code, LossEvent.FOUND, at)


def _without_loss(sender: Sender, person_code: PersonCode, event: LossEvent, at: datetime) -> PersonState:
    end_loss(person_code, event, actor=str(sender), at=at)
    return revocation.person_state(person_code)
