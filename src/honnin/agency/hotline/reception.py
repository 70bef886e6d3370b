"""What a municipality's counter tells of a loss: that it was reported there too, or what ended it."""

from django.db import transaction

from honnin.agency.hotline.services import LOSS_ENDED, end_loss
from honnin.agency.records.journal import DATABASE
from honnin.agency.revocation import reception as revocation
from honnin.clock import Clock
from honnin.errors import NotAllowed
from honnin.law.lapse import ENDS_THE_CARD
from honnin.wire.line import Sender
from honnin.wire.status import LossReported, PersonState, ReportLapse, ReportLoss, ReportRelease


def report_loss(sender: Sender, message: ReportLoss, clock: Clock) -> LossReported:
    """Close the open task that the telephone call left.

    Raises NotAllowed for anyone but a municipality, and for another municipality's resident.
    """
    if sender.role != "municipality":
        raise NotAllowed("E_ROLE_NOT_ALLOWED", role=sender.role)
    revocation.require_own_resident(sender, message.person_code)
    return LossReported(end_loss(message.person_code, actor=str(sender), clock=clock))


def report_lapse(sender: Sender, message: ReportLapse, clock: Clock) -> PersonState:
    """Carry out a ground for lapse; where no card is left after it, a loss of it is closed too.

    Raises as `revocation.reception.report_lapse`.
    """
    if message.ground not in ENDS_THE_CARD:
        return revocation.report_lapse(sender, message, clock)
    with transaction.atomic(using=DATABASE):
        revocation.report_lapse(sender, message, clock)
        return _without_loss(sender, message.person_code, clock)


def report_release(sender: Sender, message: ReportRelease, clock: Clock) -> PersonState:
    """Carry out a release: the card is here, and lost no longer. Raises as `revocation.report_release`."""
    with transaction.atomic(using=DATABASE):
        revocation.report_release(sender, message, clock)
        return _without_loss(sender, message.person_code, clock)


def _without_loss(sender: Sender, person_code: str, clock: Clock) -> PersonState:
    end_loss(person_code, actor=str(sender), clock=clock, act=LOSS_ENDED)
    return revocation.person_state(person_code)
