"""Making and cancelling reservations: the only writer of them.

The person is locked first, so that of two who reserve the same at once one is first. The law is asked at
both steps: what changes between the challenge and its answer counts.
"""

import secrets
from datetime import datetime, timedelta
from typing import Final, cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from django.db import transaction

from honnin.agency.card_register.models import Card
from honnin.agency.records.journal import DATABASE, Act, append
from honnin.agency.records.persons import hold_person
from honnin.agency.reservations.models import LONGEST_MODULE, Reservation
from honnin.agency.reservations.queries import kiosk_facts, newest_on, status
from honnin.clock import is_recent
from honnin.errors import Conflict, Malformed, Refusal, Refused, Untrusted
from honnin.journal.binding import Changed, changed
from honnin.law.cards.pins import PinKind, pin_of_key
from honnin.law.citation import cites
from honnin.law.kiosk_reset import known_instead, refusals_to_reserve
from honnin.wire.messages.reservations import (
    CompleteReservation,
    FaceOutcome,
    ReservationState,
    reservation_statement,
)

CHALLENGE_LASTS: Final = timedelta(minutes=10)
"""How long the card may take to sign (our choice)."""


@cites("S2-K1", "S2-K7b")
def challenge(card: Card, pin: PinKind, *, actor: str, at: datetime) -> Reservation:
    """Begin a reservation: its number, and what the card is to sign. One for the same PIN begins anew.

    Raises Refused with everything that stands against it.
    """
    drawn = {"number": secrets.token_hex(16), "challenge": secrets.token_bytes(32), "asked_at": at}
    with transaction.atomic(using=DATABASE):
        hold_person(card.person_code)
        held = Card.objects.get(pk=card.pk)
        _require_allowed(held, pin, at)
        row = Reservation.objects.filter(card=held, pin=pin, reserved_at=None).first()
        if row is None:
            row = Reservation.objects.create(card=held, pin=pin, **drawn)
            append(_act(row, actor, "asked"), at, row)
        else:
            append(_act(row, actor, "asked"), at, _written(row, **drawn))
    return row


@cites("S2-K7b")
def complete(message: CompleteReservation, *, actor: str, at: datetime) -> Reservation:
    """The other PIN and the face are proved: the reservation counts from this instant.

    One for the same PIN from before gives way to it. Asked again, it is as it was made: the answer may have
    been lost. Raises Conflict E_RESERVATION_OVER for no challenge or
    one of more than ten minutes ago, Untrusted E_RESERVATION_UNPROVED where the card did not sign this one
    with the other key, Refused E_RESERVATION_FACE or with what stands against it by now.
    """
    with transaction.atomic(using=DATABASE):
        row = _held(message.number)
        if row.reserved_at is not None:
            return row
        if not is_recent(row.asked_at, at, CHALLENGE_LASTS):
            raise Conflict("E_RESERVATION_OVER")
        _require_allowed(row.card, PinKind(row.pin), at)
        statement = reservation_statement(row.number, bytes(row.challenge), PinKind(row.pin))
        require_signed(row, statement, message.signature)
        _require_face(message.face)
        standing = Reservation.objects.filter(card=row.card, pin=row.pin, cancelled_at=None)
        replaced = [_written(each, cancelled_at=at) for each in standing.exclude(reserved_at=None)]
        done = _written(row, reserved_at=at, challenge=b"", face_module=message.face.module)
        append(_act(row, actor, "made"), at, done, *replaced)
    return row


def cancel(number: str, *, actor: str, at: datetime) -> Reservation:
    """Cancel a reservation that can be used. One that cannot be used any more stays as it is, and so does one
    by which a kiosk was let set the PIN: nobody could say whether it did.

    Raises Conflict E_RESERVATION_OVER for one that was never made.
    """
    with transaction.atomic(using=DATABASE):
        row = _held(number)
        if row.reserved_at is None:
            raise Conflict("E_RESERVATION_OVER")
        if status(row, at).state is ReservationState.RESERVED:
            append(_act(row, actor, "cancelled"), at, _written(row, cancelled_at=at))
    return row


def _held(number: str) -> Reservation:
    """The reservation of a person who is held until the transaction ends."""
    found = Reservation.objects.select_related("card").filter(number=number).first()
    if found is None:
        raise Conflict("E_RESERVATION_OVER")
    hold_person(found.card.person_code)
    # Its number was drawn anew where the same was begun again meanwhile.
    held = Reservation.objects.select_related("card").filter(number=number).first()
    if held is None:
        raise Conflict("E_RESERVATION_OVER")
    return held


def _require_allowed(card: Card, pin: PinKind, at: datetime) -> None:
    if refusals := refusals_to_reserve(kiosk_facts(card, pin, at), at):
        raise Refused(*refusals)


def require_signed(row: Reservation, statement: bytes, signature: bytes) -> None:
    """By the key on the card whose PIN is not the one to be set: who signs knows that one.

    Raises Untrusted E_RESERVATION_UNPROVED.
    """
    known = known_instead(PinKind(row.pin))
    record = next(each for purpose, each in newest_on(row.card).items() if pin_of_key(purpose) is known)
    certificate = x509.load_der_x509_certificate(bytes(record.certificate))
    try:
        cast(RSAPublicKey, certificate.public_key()).verify(signature, statement, PKCS1v15(), SHA256())
    except InvalidSignature as error:
        raise Untrusted("E_RESERVATION_UNPROVED") from error


def _require_face(face: FaceOutcome) -> None:
    if not (0 < len(face.module) <= LONGEST_MODULE and face.module.isprintable()):
        raise Malformed("E_MESSAGE_MALFORMED", message=CompleteReservation.__name__)
    if not face.matched:
        raise Refused(Refusal("E_RESERVATION_FACE", ("S2-K7a",)))


def _act(row: Reservation, actor: str, word: str) -> Act:
    return Act(actor, f"reservation: {word}", row.card_id, {"pin": row.pin})


def _written(row: Reservation, **fields: object) -> Changed:
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=list(fields))
    return changed(row, *fields)
