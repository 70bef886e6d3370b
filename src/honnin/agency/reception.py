"""The agency's front desk: which message goes to which room.

Who may send what is decided in the rooms, at the act itself; this table only knows the way.
"""

from collections.abc import Mapping
from functools import partial

from honnin.agency.issuance.reception import relay_answers, request_issuance
from honnin.agency.revocation.reception import ask_person_state, report_lapse, report_release
from honnin.clock import Clock
from honnin.wire.issuance import RelayAnswers, RequestIssuance
from honnin.wire.line import Handler
from honnin.wire.status import AskPersonState, ReportLapse, ReportRelease


def reception(clock: Clock) -> Mapping[type, Handler]:
    """Message type → who answers it."""
    handlers = {
        RequestIssuance: request_issuance,
        RelayAnswers: relay_answers,
        AskPersonState: ask_person_state,
        ReportLapse: report_lapse,
        ReportRelease: report_release,
    }
    return {kind: partial(_answer, handler, clock) for kind, handler in handlers.items()}


def _answer(handler, clock, sender, message):  # type: ignore[no-untyped-def]
    return handler(sender, message, clock)
