"""Messages about reservations and their use, as they arrive from kiosks and their app: from nobody else."""

from datetime import datetime

from honnin.agency.card_register.queries import card
from honnin.agency.reservations import resetting, services
from honnin.agency.reservations.models import Reservation
from honnin.agency.reservations.queries import status
from honnin.errors import Conflict, Untrusted
from honnin.wire.line import Sender
from honnin.wire.messages.kiosk import (
    ConfirmPinReset,
    OpenPinReset,
    PinResetChallenge,
    PinResetStep,
    ProvePinReset,
    RelayPinReset,
)
from honnin.wire.messages.reservations import (
    AskReservation,
    CancelReservation,
    CompleteReservation,
    RequestReservation,
    ReservationChallenge,
    ReservationStatus,
)


def request_reservation(sender: Sender, message: RequestReservation, at: datetime) -> ReservationChallenge:
    """Raises NotAllowed for anyone but a kiosk, Untrusted E_CARD_NOT_GENUINE for a card that was never made,
    Refused as `services.challenge`.
    """
    sender.require_kiosk()
    found = card(message.card_number)
    if found is None:
        raise Untrusted("E_CARD_NOT_GENUINE")
    row = services.challenge(found, message.pin, actor=str(sender), at=at)
    return ReservationChallenge(row.number, bytes(row.challenge))


def complete_reservation(sender: Sender, message: CompleteReservation, at: datetime) -> ReservationStatus:
    """Raises NotAllowed for anyone but a kiosk, and as `services.complete`."""
    sender.require_kiosk()
    return status(services.complete(message, actor=str(sender), at=at), at)


def ask_reservation(sender: Sender, message: AskReservation, at: datetime) -> ReservationStatus:
    """Raises NotAllowed for anyone but a kiosk, Conflict E_RESERVATION_OVER for one that was never made."""
    sender.require_kiosk()
    row = Reservation.objects.filter(number=message.number).exclude(reserved_at=None).first()
    if row is None:
        raise Conflict("E_RESERVATION_OVER")
    return status(row, at)


def cancel_reservation(sender: Sender, message: CancelReservation, at: datetime) -> ReservationStatus:
    """Raises NotAllowed for anyone but a kiosk, and as `services.cancel`."""
    sender.require_kiosk()
    return status(services.cancel(message.number, actor=str(sender), at=at), at)


def open_pin_reset(sender: Sender, message: OpenPinReset, at: datetime) -> PinResetChallenge:
    """Raises NotAllowed for anyone but a kiosk, Untrusted E_CARD_NOT_GENUINE for a card that was never made,
    else as `resetting.open_reset`.
    """
    sender.require_kiosk()
    found = card(message.card_number)
    if found is None:
        raise Untrusted("E_CARD_NOT_GENUINE")
    row = resetting.open_reset(found, message, actor=str(sender), at=at)
    return PinResetChallenge(row.number, bytes(row.challenge))


def prove_pin_reset(sender: Sender, message: ProvePinReset, at: datetime) -> PinResetStep:
    """Raises NotAllowed for anyone but a kiosk, and as `resetting.prove`."""
    sender.require_kiosk()
    return resetting.prove(message, actor=str(sender), at=at)


def relay_pin_reset(sender: Sender, message: RelayPinReset, at: datetime) -> PinResetStep:
    """The card's answers. Raises NotAllowed for anyone but a kiosk, and as `Conversation.go_on`."""
    sender.require_kiosk()
    return resetting.Resetting(resetting.found(message.pin_reset), str(sender), at, message.answers).go_on()


def confirm_pin_reset(sender: Sender, message: ConfirmPinReset, at: datetime) -> PinResetStep:
    """Raises NotAllowed for anyone but a kiosk, and as `resetting.confirm`."""
    sender.require_kiosk()
    return resetting.confirm(message.pin_reset, actor=str(sender), at=at)
