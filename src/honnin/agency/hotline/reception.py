"""Reports of loss that arrive from a municipality's counter."""

from honnin.agency.hotline.services import record_report_at_counter
from honnin.agency.revocation.reception import require_own_resident
from honnin.clock import Clock
from honnin.errors import NotAllowed
from honnin.wire.line import Sender
from honnin.wire.status import LossReported, ReportLoss


def report_loss(sender: Sender, message: ReportLoss, clock: Clock) -> LossReported:
    """Close the open task that the telephone call left.

    Raises NotAllowed for anyone but a municipality, and for another municipality's resident.
    """
    if sender.role != "municipality":
        raise NotAllowed("E_ROLE_NOT_ALLOWED", role=sender.role)
    require_own_resident(sender, message.person_code)
    return LossReported(record_report_at_counter(message.person_code, actor=str(sender), clock=clock))
