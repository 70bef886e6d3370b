"""What municipalities tell and order of letters."""

import re
from datetime import datetime
from typing import Final

from honnin.agency.card_register.residence import require_own_resident
from honnin.agency.notices import services
from honnin.agency.notices.due_list import renewals_due
from honnin.agency.notices.models import Letter
from honnin.agency.notices.queries import wanted_addresses
from honnin.clock import day_in_japan
from honnin.errors import Malformed
from honnin.law.certificates.notices import DeliveryState
from honnin.wire.line import Sender
from honnin.wire.messages.notices import (
    MOST_ADDRESSES,
    MOST_INQUIRIES,
    Addressee,
    AskDocumentInquiries,
    AskRenewalsDue,
    AskWantedAddresses,
    InquiryState,
    InquiryStates,
    LettersOrdered,
    OrderDocumentInquiry,
    RenewalsDue,
    ReportInquiryAnswered,
    TellAddresses,
    WantedAddresses,
)

_REQUEST_NUMBER: Final = re.compile("[0-9A-Za-z-]{1,64}")
_APPLICATION_NUMBER: Final = re.compile("[0-9A-Z-]{0,40}")
_LONGEST_NAME, _LONGEST_ADDRESS = 100, 200


def ask_wanted_addresses(sender: Sender, message: AskWantedAddresses, at: datetime) -> WantedAddresses:
    """To whom letters go: the residents of the sender, as far as the agency knows."""
    place = sender.as_municipality()
    return WantedAddresses(tuple(wanted_addresses(place, day_in_japan(at), MOST_ADDRESSES)))


def ask_renewals_due(sender: Sender, message: AskRenewalsDue, at: datetime) -> RenewalsDue:
    """Who of the sender's residents, as far as the agency knows, is due for renewal."""
    return renewals_due(sender.as_municipality(), message, day_in_japan(at))


def tell_addresses(sender: Sender, message: TellAddresses, at: datetime) -> LettersOrdered:
    """Order and address letters to the sender's residents; of anybody else it changes nothing.

    Raises Malformed E_MESSAGE_MALFORMED for more persons than one message may speak of, or no address.
    """
    place = sender.as_municipality()
    if len(message.addressees) > MOST_ADDRESSES:
        raise Malformed("E_MESSAGE_MALFORMED", message="TellAddresses")
    for each in message.addressees:
        _require_address(each, "TellAddresses")
    taken = services.take_addresses(place, message.addressees, actor=str(sender), at=at)
    return LettersOrdered(taken.ordered, taken.withheld)


def order_document_inquiry(sender: Sender, message: OrderDocumentInquiry, at: datetime) -> InquiryState:
    """Order an inquiry to one of the sender's residents.

    Raises NotAllowed E_OFFICE_WRONG for another municipality's, Conflict E_REQUEST_NUMBER_REUSED, Malformed
    E_INQUIRY_DAY for a day to answer that has passed when it is ordered, E_MESSAGE_MALFORMED.
    """
    place = sender.as_municipality()
    require_own_resident(sender, message.addressee.person_code)
    _require_form(_REQUEST_NUMBER, message.request_number)
    _require_form(_APPLICATION_NUMBER, message.application_number)
    _require_address(message.addressee, "OrderDocumentInquiry")
    is_over = message.answer_by is not None and message.answer_by <= day_in_japan(at)
    if is_over and not _was_ordered(sender, message):
        raise Malformed("E_INQUIRY_DAY")
    inquiry = services.Inquiry(
        request_number=message.request_number,
        addressee=message.addressee,
        subject=message.subject,
        application_number=message.application_number,
        answer_by=message.answer_by,
    )
    return _state(services.order_inquiry(place, inquiry, actor=str(sender), at=at))


def _was_ordered(sender: Sender, message: OrderDocumentInquiry) -> bool:
    return services.has_inquiry(sender.as_municipality(), message.request_number)


def ask_document_inquiries(sender: Sender, message: AskDocumentInquiries, at: datetime) -> InquiryStates:
    """What became of inquiries of the sender's. Raises Malformed E_MESSAGE_MALFORMED for more than one
    message may ask for.
    """
    place = sender.as_municipality()
    if len(message.request_numbers) > MOST_INQUIRIES:
        raise Malformed("E_MESSAGE_MALFORMED", message="AskDocumentInquiries")
    for number in message.request_numbers:
        _require_form(_REQUEST_NUMBER, number)
    found = services.inquiries_of(place, message.request_numbers)
    states = (found.get(number) for number in message.request_numbers)
    return InquiryStates(tuple(None if letter is None else _state(letter) for letter in states))


def report_inquiry_answered(sender: Sender, message: ReportInquiryAnswered, at: datetime) -> InquiryState:
    """The answer to an inquiry of the sender's came. Raises as `services.record_answer`, and as above."""
    _require_form(_REQUEST_NUMBER, message.request_number)
    letter = services.inquiry_of(sender.as_municipality(), message.request_number)
    answered_on = min(message.answered_on, day_in_japan(at))
    return _state(services.record_answer(letter, answered_on, actor=str(sender), at=at))


def _state(letter: Letter) -> InquiryState:
    if letter.answer_by is None:
        raise ValueError("an inquiry has a last day to answer")
    return InquiryState(letter.number, DeliveryState(letter.state), letter.answer_by, letter.reason)


def _require_form(form: re.Pattern[str], text: str) -> None:
    if form.fullmatch(text) is None:
        raise Malformed("E_MESSAGE_MALFORMED", message="request")


def _require_address(to: Addressee, message: str) -> None:
    is_complete = bool(to.name.strip() and to.address.strip())
    fits = len(to.name) <= _LONGEST_NAME and len(to.address) <= _LONGEST_ADDRESS
    if not fits or to.registered != is_complete:
        raise Malformed("E_MESSAGE_MALFORMED", message=message)
