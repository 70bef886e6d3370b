"""The agency's front desk: which message goes to which room.

Who may send what is decided in the rooms, at the act itself; this table only knows the way. Where the
records cannot be read or written, nothing was done: the sender hears that, and may ask again later. The
clock is read once for a message, and all that it leads to happens at that instant.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.db import Error as DatabaseFault

from honnin.agency.card_updates.reception import relay_card_answers, request_card_update
from honnin.agency.hotline.reception import report_event, report_lapse, report_loss, report_release
from honnin.agency.issuance.reception import abandon_issuance, relay_answers, request_issuance
from honnin.agency.issuance.renewal_reception import request_renewal
from honnin.agency.notices.reception import (
    ask_document_inquiries,
    ask_renewals_due,
    ask_wanted_addresses,
    order_document_inquiry,
    report_inquiry_answered,
    tell_addresses,
)
from honnin.agency.reservations.reception import (
    ask_reservation,
    cancel_reservation,
    complete_reservation,
    confirm_pin_reset,
    open_pin_reset,
    prove_pin_reset,
    relay_pin_reset,
    request_reservation,
)
from honnin.agency.revocation.reception import ask_card_holder, ask_event_counts, ask_person_state
from honnin.clock import Clock
from honnin.errors import Unavailable
from honnin.faults import named
from honnin.wire.line import Handler, Sender
from honnin.wire.messages.card_updates import RelayCardAnswers, RequestCardUpdate
from honnin.wire.messages.certificates import (
    AskCardHolder,
    AskPersonState,
    ReportLapse,
    ReportLoss,
    ReportRelease,
)
from honnin.wire.messages.issuance import AbandonIssuance, RelayAnswers, RequestIssuance
from honnin.wire.messages.kiosk import ConfirmPinReset, OpenPinReset, ProvePinReset, RelayPinReset
from honnin.wire.messages.notices import (
    AskDocumentInquiries,
    AskRenewalsDue,
    AskWantedAddresses,
    OrderDocumentInquiry,
    ReportInquiryAnswered,
    TellAddresses,
)
from honnin.wire.messages.register import AskEventCounts, ReportEvent
from honnin.wire.messages.renewal import RequestRenewal
from honnin.wire.messages.reservations import (
    AskReservation,
    CancelReservation,
    CompleteReservation,
    RequestReservation,
)

Room = Callable[[Sender, Any, datetime], Any]


def reception(clock: Clock) -> Mapping[type, Handler]:
    """Message type → who answers it. Raises Unavailable where a database fails."""
    rooms: dict[type, Room] = {
        RequestIssuance: request_issuance,
        RequestRenewal: request_renewal,
        RelayAnswers: relay_answers,
        AbandonIssuance: abandon_issuance,
        RequestCardUpdate: request_card_update,
        RelayCardAnswers: relay_card_answers,
        AskPersonState: ask_person_state,
        AskCardHolder: ask_card_holder,
        ReportLapse: report_lapse,
        ReportRelease: report_release,
        ReportLoss: report_loss,
        AskRenewalsDue: ask_renewals_due,
        AskWantedAddresses: ask_wanted_addresses,
        TellAddresses: tell_addresses,
        OrderDocumentInquiry: order_document_inquiry,
        AskDocumentInquiries: ask_document_inquiries,
        ReportInquiryAnswered: report_inquiry_answered,
        ReportEvent: report_event,
        AskEventCounts: ask_event_counts,
        RequestReservation: request_reservation,
        CompleteReservation: complete_reservation,
        AskReservation: ask_reservation,
        CancelReservation: cancel_reservation,
        OpenPinReset: open_pin_reset,
        ProvePinReset: prove_pin_reset,
        RelayPinReset: relay_pin_reset,
        ConfirmPinReset: confirm_pin_reset,
    }
    return {kind: partial(_answer, room, clock) for kind, room in rooms.items()}


def _answer(room: Room, clock: Clock, sender: Sender, message: object) -> object:
    try:
        return room(sender, message, clock.now())
    except DatabaseFault as error:
        # Only the name of the fault: what a database says of a row may quote the row.
        raise named(error) or Unavailable("E_RECORDS_UNAVAILABLE") from error
