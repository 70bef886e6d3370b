"""Ordering letters, and what becomes of each. Beside `printing` the only writer of the outbox."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_

from django.db import IntegrityError, transaction
from django.db.models import Q

from honnin.agency.card_register.queries import cards_of
from honnin.agency.notices.models import Batch, Letter
from honnin.agency.notices.queries import due, letter_of, standing, wanting_address
from honnin.agency.records.journal import DATABASE, Act, append
from honnin.agency.records.models import IssuanceRecord
from honnin.clock import day_in_japan
from honnin.errors import Conflict, Refused
from honnin.identifiers import MunicipalityCode, PersonCode
from honnin.journal.binding import Written, changed
from honnin.law.certificates.notices import (
    TRANSITIONS,
    AddresseeFacts,
    DeliveryEvent,
    DeliveryState,
    LetterKind,
    ReturnReason,
    expiry_notice_refusals,
    inquiry_answer_by,
    inquiry_answer_refusals,
    letter_about,
)
from honnin.law.citation import cites
from honnin.law.terms import LapseGround
from honnin.wire.messages.notices import Addressee, InquirySubject

# What the journal calls these acts.
ORDERED, RETURNED, ANSWERED, POSTED = "order letters", "letter returned", "letter answered", "post letters"
AFTER = " after "
"""Between the cause of a letter and the number of the one that came back, which it replaces."""
NOT_REGISTERED = "E_LETTER_NOT_REGISTERED"
_BETWEEN_REGISTERS = (DeliveryState.WITHHELD, DeliveryState.UNDELIVERABLE)
OF_A_STEP = ("state", "reason", "changed_at")


# — What happened to certificates ————————————————————————————————————————————————————————————————————————


@cites("S4-8.2", "S4-18.1")
def letter_of_change(
    records: Sequence[IssuanceRecord], ground: LapseGround, at: datetime
) -> tuple[Written, ...]:
    """The letter by which a holder learns that these certificates were held or revoked; none where the law
    asks for none.

    Must run in the transaction of the act, whose entry binds what this returns: no revocation without its
    letter, and no letter without it. The address comes from the municipality afterwards.
    """
    kind = letter_about(ground)
    if kind is None or not records:
        return ()
    first = records[0]
    return (
        Letter.objects.create(
            kind=kind,
            cause=" ".join(sorted(str(each) for each in records)) + f" {at.isoformat()}",
            person_code=first.person_code,
            municipality_code=first.municipality_code,
            tells={"ground": ground, "at": at.isoformat(), "certificates": _content(records)},
            ordered_at=at,
            changed_at=at,
        ),
    )


def _content(records: Iterable[IssuanceRecord]) -> list[dict[str, str]]:
    """What a letter says of certificates."""
    return [
        {
            "purpose": each.purpose,
            "serial_number": str(each.serial_number),
            "expiry": each.expiry_date.isoformat(),
            "status": each.status,
        }
        for each in records
    ]


# — What a municipality tells of its residents ———————————————————————————————————————————————————————————


@dataclass
class Taken:
    """What was written because addresses became known."""

    ordered: int = 0
    withheld: int = 0
    written: tuple[Written, ...] = ()

    def add(self, letter: Letter | None, *also: Written) -> None:
        self.written += also
        if letter is not None:
            self.written += (letter,) if letter.is_new else (changed(letter, *_OF_AN_ADDRESS),)
            self.ordered += letter.state == DeliveryState.ORDERED
            self.withheld += letter.state == DeliveryState.WITHHELD


_OF_AN_ADDRESS = ("name", "address", *OF_A_STEP)


@cites("S3-5")
def take_addresses(
    municipality_code: MunicipalityCode, addressees: Iterable[Addressee], *, actor: str, at: datetime
) -> Taken:
    """Order the expiry notices that are due to these residents, and address the letters that wait for it.

    What nobody asked for changes nothing, and neither does hearing it twice.
    """
    addresses = {each.person_code: each for each in addressees}
    taken = Taken()
    with transaction.atomic(using=DATABASE):
        waiting = wanting_address(municipality_code).filter(person_code__in=addresses).select_for_update()
        for letter in list(waiting.order_by("pk")):
            _take_address(letter, addresses[letter.person_code], taken, at)
        for each in list(due(day_in_japan(at), municipality_code, addresses)) if addresses else ():
            taken.add(_expiry_notice(addresses[each.person_code], each.municipality_code, each.expiry, at))
        if taken.written:
            detail = {"ordered": taken.ordered, "withheld": taken.withheld}
            append(Act(actor, ORDERED, f"letters: {len(taken.written)}", detail), at, *taken.written)
    return taken


def _take_address(letter: Letter, to: Addressee, taken: Taken, at: datetime) -> None:
    if letter.state == DeliveryState.ORDERED:
        _address(letter, to, at)
        letter.save()
        taken.add(letter)
        return
    if not to.registered or (letter.name, letter.address) == (to.name, to.address):
        for_good = to.registered or letter.reason == ReturnReason.REFUSED
        reason = letter.reason if for_good else NOT_REGISTERED
        taken.add(None, take_step(letter, DeliveryEvent.GIVE_UP, reason, at))
        return
    again = Letter(
        kind=letter.kind,
        cause=f"{letter.cause.partition(AFTER)[0]}{AFTER}{letter.number}",
        person_code=letter.person_code,
        municipality_code=letter.municipality_code,
        expiry_date=letter.expiry_date,
        answer_by=letter.answer_by,
        tells=letter.tells,
        ordered_at=at,
        changed_at=at,
    )
    _address(again, to, at)
    taken.add(_put_in(again), take_step(letter, DeliveryEvent.REPLACE, letter.reason, at))


def _address(letter: Letter, to: Addressee, at: datetime) -> None:
    letter.name, letter.address = to.name, to.address
    if not to.registered:
        letter.state, letter.reason, letter.changed_at = DeliveryState.WITHHELD, NOT_REGISTERED, at


@cites("S3-5", "S4-18.1")
def release_letters(person_code: PersonCode, at: datetime) -> list[Written]:
    """Letters to somebody who was entered nowhere, and is entered somewhere again: they wait for the address.

    What was never sent is sent; what had come back when there was no address is written anew. Not an inquiry
    whose answer would come too late, nor what the person refused to take. Must run in a transaction whose
    entry tells of what is returned.
    """
    found = Letter.objects.select_for_update().filter(person_code=person_code, reason=NOT_REGISTERED)
    written: list[Written] = []
    for letter in found.filter(state__in=_BETWEEN_REGISTERS).order_by("pk"):
        if letter.answer_by and inquiry_answer_refusals(letter.answer_by, day_in_japan(at)):
            continue
        written.append(take_step(letter, DeliveryEvent.RELEASE, "", at))
    return written


def _expiry_notice(to: Addressee, place: MunicipalityCode, expiry: date, at: datetime) -> Letter | None:
    facts = AddresseeFacts(registered=to.registered, elsewhere=to.elsewhere, stay=to.stay)
    refusals = expiry_notice_refusals(facts)
    letter = Letter(
        kind=LetterKind.EXPIRY_NOTICE,
        cause=f"{to.person_code} {expiry}",
        person_code=to.person_code,
        municipality_code=place,
        expiry_date=expiry,
        tells=_of_expiry(to.person_code, day_in_japan(at)),
        name=to.name,
        address=to.address,
        ordered_at=at,
        changed_at=at,
    )
    if refusals:
        letter.state, letter.reason = DeliveryState.WITHHELD, refusals[0].code
    return _put_in(letter)


def _of_expiry(person_code: PersonCode, on: date) -> dict[str, object]:
    """What an expiry notice tells: the certificates, and the last day of the card."""
    cards = (card.expiry_date.isoformat() for card in cards_of(person_code) if card.valid)
    return {"certificates": _content(standing(person_code, on)), "card_expiry": next(cards, "")}


def _put_in(letter: Letter) -> Letter | None:
    """None where somebody else was faster with the same letter: the database decides."""
    try:
        with transaction.atomic(using=DATABASE):
            letter.save(force_insert=True)
    except IntegrityError:
        return None
    letter.is_new = True
    return letter


# — Document inquiries ———————————————————————————————————————————————————————————————————————————————————


@dataclass(frozen=True, kw_only=True)
class Inquiry:
    """What a municipality orders: its own number, to whom it goes, for what, until when an answer counts."""

    request_number: str
    addressee: Addressee
    subject: InquirySubject
    application_number: str = ""
    answer_by: date | None = None


@cites("S4-18.1")
def order_inquiry(
    municipality_code: MunicipalityCode, inquiry: Inquiry, *, actor: str, at: datetime
) -> Letter:
    """Order a document inquiry to a person at the registered address; the same number orders it once.

    Raises Conflict E_REQUEST_NUMBER_REUSED for another inquiry of that number.
    """
    to = inquiry.addressee
    letter = Letter(
        kind=LetterKind.DOCUMENT_INQUIRY,
        cause=_cause_of(municipality_code, inquiry.request_number),
        person_code=to.person_code,
        municipality_code=municipality_code,
        answer_by=inquiry_answer_by(day_in_japan(at), inquiry.answer_by),
        tells={"subject": inquiry.subject, "application_number": inquiry.application_number},
        ordered_at=at,
        changed_at=at,
    )
    _address(letter, to, at)
    with transaction.atomic(using=DATABASE):
        if _put_in(letter) is None:
            return _as_ordered(letter, inquiry)
        append(Act(actor, ORDERED, f"letter {letter.number}", {"kind": letter.kind}), at, letter)
    return letter


def _as_ordered(letter: Letter, inquiry: Inquiry) -> Letter:
    found = Letter.objects.filter(kind=letter.kind, cause__startswith=letter.cause).order_by("pk")
    first, newest = found[0], list(found)[-1]
    if (first.person_code, first.tells) != (inquiry.addressee.person_code, letter.tells):
        raise Conflict("E_REQUEST_NUMBER_REUSED")
    return newest


def inquiry_of(municipality_code: MunicipalityCode, request_number: str) -> Letter:
    """The newest letter of an inquiry that a municipality ordered. Raises Conflict E_INQUIRY_UNKNOWN."""
    cause = _cause_of(municipality_code, request_number)
    found = Letter.objects.filter(kind=LetterKind.DOCUMENT_INQUIRY, cause__startswith=cause)
    newest = found.order_by("-pk").first()
    if newest is None:
        raise Conflict("E_INQUIRY_UNKNOWN")
    return newest


def inquiries_of(municipality_code: MunicipalityCode, request_numbers: Collection[str]) -> dict[str, Letter]:
    """The same of many that a municipality ordered, by number, by one question; without those unknown."""
    causes = {_cause_of(municipality_code, number): number for number in request_numbers}
    begins = reduce(or_, (Q(cause__startswith=cause) for cause in causes), Q(pk__in=[]))
    letters = Letter.objects.filter(begins, kind=LetterKind.DOCUMENT_INQUIRY).order_by("pk")
    return {causes[letter.cause.partition(";")[0] + ";"]: letter for letter in letters}


def has_inquiry(municipality_code: MunicipalityCode, request_number: str) -> bool:
    """Whether a municipality ordered an inquiry of this number."""
    cause = _cause_of(municipality_code, request_number)
    return Letter.objects.filter(kind=LetterKind.DOCUMENT_INQUIRY, cause=cause).exists()


def _cause_of(municipality_code: MunicipalityCode, request_number: str) -> str:
    return f"{municipality_code} {request_number};"


def record_answer(letter: Letter, answered_on: date, *, actor: str, at: datetime) -> Letter:
    """The holder's answer came. Saying it twice changes nothing.

    Raises Refused E_INQUIRY_OVER after the last day, Conflict E_LETTER_STATE for one that was not sent.
    """
    with transaction.atomic(using=DATABASE):
        locked = Letter.objects.select_for_update().get(pk=letter.pk)
        if locked.state == DeliveryState.ANSWERED:
            return locked
        if locked.answer_by and (refusals := inquiry_answer_refusals(locked.answer_by, answered_on)):
            raise Refused(*refusals)
        written = take_step(locked, DeliveryEvent.ANSWER, "", at)
        append(Act(actor, ANSWERED, f"letter {locked.number}", {}), at, written)
    return locked


# — The post ————————————————————————————————————————————————————————————————————————————————————————————


def hand_to_post(batch: Batch, *, actor: str, at: datetime) -> int:
    """A printed batch was handed to the post; returns how many letters went.

    Raises Conflict E_BATCH_NOT_PRINTED, E_BATCH_POSTED: what was handed over once is not handed over again.
    """
    with transaction.atomic(using=DATABASE):
        locked = Batch.objects.select_for_update().get(pk=batch.pk)
        if locked.printed_at is None:
            raise Conflict("E_BATCH_NOT_PRINTED")
        if locked.posted_at is not None:
            raise Conflict("E_BATCH_POSTED")
        letters = list(locked.letters.select_for_update().filter(state=DeliveryState.PRINTED).order_by("pk"))
        rows = [take_step(letter, DeliveryEvent.POST, "", at) for letter in letters]
        locked.posted_at = at
        locked.save(update_fields=["posted_at"])
        detail: Mapping[str, str | int] = {"letters": len(letters)}
        append(Act(actor, POSTED, f"batch {locked}", detail), at, changed(locked, "posted_at"), *rows)
    return len(letters)


def record_return(number: str, reason: ReturnReason, *, actor: str, at: datetime) -> Letter:
    """The post brought a letter back. The municipality is asked for the address again, and another letter
    goes if it knows another.

    Raises Malformed E_LETTER_NUMBER, Conflict E_LETTER_UNKNOWN, E_LETTER_STATE for one that was not posted.
    """
    found = letter_of(number)
    with transaction.atomic(using=DATABASE):
        letter = Letter.objects.select_for_update().get(pk=found.pk)
        written = take_step(letter, DeliveryEvent.RETURN, reason, at)
        append(Act(actor, RETURNED, f"letter {letter.number}", {"reason": reason}), at, written)
    return letter


def take_step(letter: Letter, event: DeliveryEvent, reason: str, at: datetime) -> Written:
    """Lead a letter on, whose row the transaction holds; returns what its entry binds.

    Raises Conflict E_LETTER_STATE for what is no step of the law's table."""
    leads_to = TRANSITIONS[DeliveryState(letter.state)].get(event)
    if leads_to is None:
        raise Conflict("E_LETTER_STATE", number=letter.number, state=letter.state)
    letter.state, letter.reason, letter.changed_at = leads_to, reason, at
    letter.save(update_fields=list(OF_A_STEP))
    return changed(letter, *OF_A_STEP)
