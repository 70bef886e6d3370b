"""Which party may send the agency which message, asked of the agency itself."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from honnin.agency.reception import reception
from honnin.clock import day_in_japan
from honnin.errors import HonninError
from honnin.identifiers import MunicipalityCode
from honnin.law.cards.kiosk import StoreChain
from honnin.law.cards.pins import PinKind
from honnin.law.certificates.lapse import EntryChange, Event
from honnin.law.certificates.notices import RenewalPhase
from honnin.law.terms import BasicFour, LapseGround, Purpose
from honnin.municipality.counter.applications.certificates.form import application_form
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.residents.addressees import addressee_of
from honnin.wire.line import Message, Sender
from honnin.wire.messages.card_updates import CardUpdateKind, RelayCardAnswers, RequestCardUpdate
from honnin.wire.messages.certificates import AskCardHolder, AskPersonState, ReportLapse, ReportLoss
from honnin.wire.messages.issuance import AbandonIssuance, RelayAnswers, RequestIssuance
from honnin.wire.messages.kiosk import ConfirmPinReset, OpenPinReset, ProvePinReset, RelayPinReset
from honnin.wire.messages.notices import (
    AskDocumentInquiries,
    AskRenewalsDue,
    AskWantedAddresses,
    InquirySubject,
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
    FaceOutcome,
    RequestReservation,
)
from tests.security.scene import Scene
from tests.support.town import Town

SENDERS = {
    "municipality of residence": Sender("municipality", MunicipalityCode("99101"), "hanako"),
    "another municipality": Sender("municipality", MunicipalityCode("99102"), "taro"),
    "kiosk": Sender("kiosk", None, "kiosk"),
}


def messages(scene: Scene, town: Town) -> list[Callable[[], Message[Any]]]:
    """One of each kind about residents of 99101."""
    holder, held = scene.holder, scene.held
    four = BasicFour(*(getattr(holder.resident, name) for name in ("name", "birth_date", "sex", "address")))
    form = application_form(Application.objects.get(pk=scene.approved.pk))
    card = holder.card.state.card_number
    renewed = replace(form, application_number="99101-20260602-RENEW1", person_code=holder.code)
    to = addressee_of(holder.resident, holder.code)
    return [
        lambda: AskPersonState(holder.code),
        lambda: AskCardHolder(card),
        lambda: RequestIssuance(form, scene.ready_card, tuple(Purpose), 0),
        lambda: RequestRenewal(renewed, card, tuple(Purpose), 0),
        lambda: RelayAnswers(scene.issued.number, ()),
        lambda: AbandonIssuance(scene.approved.number, scene.approved.resident_id),
        lambda: ReportLapse(holder.code, LapseGround.CHANGE_OF_ENTRY, ()),
        lambda: ReportEvent(
            holder.code, 1, Event.ENTRY_CORRECTED, (EntryChange.ADDRESS,), None, town.clock.now()
        ),
        lambda: AskEventCounts(None),
        lambda: town.release_message(held, Purpose.USER_AUTHENTICATION),
        lambda: ReportLoss(held.code),
        lambda: RequestCardUpdate(card, holder.code, CardUpdateKind.UPDATE, bearer=four),
        lambda: RelayCardAnswers("0" * 32, ()),
        lambda: AskRenewalsDue(RenewalPhase.OPEN),
        lambda: AskWantedAddresses(),
        lambda: TellAddresses((to,)),
        lambda: OrderDocumentInquiry("R-1", to, InquirySubject.APPLICATION),
        lambda: AskDocumentInquiries(("R-1",)),
        lambda: ReportInquiryAnswered("R-1", day_in_japan(town.clock.now())),
        lambda: RequestReservation(card, PinKind.SIGNATURE),
        lambda: CompleteReservation("0" * 32, b"", FaceOutcome("test", matched=True)),
        lambda: AskReservation("0" * 32),
        lambda: CancelReservation("0" * 32),
        lambda: OpenPinReset(card, PinKind.SIGNATURE, StoreChain.LAWSON),
        lambda: ProvePinReset("0" * 32, b""),
        lambda: RelayPinReset("0" * 32, ()),
        lambda: ConfirmPinReset("0" * 32),
    ]


def outcome(town: Town, sender: Sender, message: Message[Any]) -> str:
    """`yes`, or the code with which the agency refuses."""
    try:
        reception(town.clock)[type(message)](sender, message)
    except HonninError as error:
        return error.code
    return "yes"
