"""Events of the registers of residents: each acts once and in its turn, as the law says.

An event that comes before its turn is refused by name and does nothing; the municipality tells what is
missing first. One that comes again changes nothing but the count of such. Both counts, and through which
number everything was heard, a municipality asks for, to compare them with what it told.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from honnin.agency.card_register.residence import municipalities_of
from honnin.agency.card_register.services import invalidate, locked_cards, move_cards
from honnin.agency.records.journal import DATABASE, Act, append
from honnin.agency.records.models import IssuanceRecord, Person
from honnin.agency.records.persons import locked_person, name_of, note_report, put_in
from honnin.agency.records.services import Change, record_change
from honnin.agency.revocation.models import Feed, HeardEvent
from honnin.agency.revocation.services import locked_certificates
from honnin.clock import day_in_japan
from honnin.errors import Conflict, NotAllowed
from honnin.identifiers import MunicipalityCode, PersonCode
from honnin.journal.binding import Written, changed
from honnin.law.cards.card_state import EVENT_OF_GROUND, CardEvent
from honnin.law.certificates.lapse import Event, crl_reason, ground_by_register, grounds_of
from honnin.law.certificates.status import Status
from honnin.law.citation import cites
from honnin.law.terms import LapseGround, Purpose
from honnin.wire.line import Sender
from honnin.wire.messages.register import EventCount, EventCounts, ReportEvent, digest_after

PAGE = 1000
"""How many persons one answer counts."""
HEARD, CAME_AGAIN, CAME_EARLY = "register event", "register event again", "register event before its turn"
"""What the journal calls them."""


@dataclass(frozen=True)
class Heard:
    """What an event did: how many certificates it ended, and what it was for the card, if anything.

    `expected`: of one that came before its turn and did nothing, which should have come.
    """

    ended: int = 0
    card_event: CardEvent | None = None
    expected: int = 0


def hear_event(sender: Sender, message: ReportEvent, at: datetime) -> Heard:
    """Carry out an event in its turn; once.

    Raises Malformed for what is no event; Conflict E_EVENT_DIFFERS where another one was heard under this
    number, E_MOVE_OUT_UNHEARD for who moved in and was not heard to have moved out; NotAllowed E_OFFICE_WRONG
    for another municipality's resident. Then nothing was done. One that comes before its turn is counted, and
    returned as such: refuse it by `refuse_early` when the count was kept.
    """
    code = sender.as_municipality()
    message.require_event()
    with transaction.atomic(using=DATABASE):
        person = locked_person(message.person_code)
        feed = _feed(code, message.person_code)
        if message.number <= feed.heard:
            return _again(feed, person, message, str(sender), at)
        if message.number == feed.heard + 1:
            return _in_turn(feed, person, message, str(sender), at)
        expected = feed.heard + 1
        feed.early += 1
        written = _saved(feed, "early")
        _note(CAME_EARLY, message, str(sender), at, *put_in(person), written)
    return Heard(expected=expected)


def refuse_early(heard: Heard, number: int) -> None:
    """Raises Conflict E_EVENT_EARLY for an event that came before its turn, after the transaction."""
    if heard.expected:
        raise Conflict("E_EVENT_EARLY", number=number, expected=heard.expected)


def _feed(code: MunicipalityCode, person_code: PersonCode) -> Feed:
    """The feed of a person who is locked."""
    found = Feed.objects.filter(municipality_code=code, person_code=person_code).first()
    return found or Feed(municipality_code=code, person_code=person_code)


def _saved(feed: Feed, *columns: str) -> Written:
    new = feed.pk is None
    feed.save(force_insert=new, update_fields=None if new else columns)
    return feed if new else changed(feed, *columns)


def _note(act: str, message: ReportEvent, actor: str, at: datetime, *rows: Written, **detail: int) -> None:
    detail_of_event: dict[str, str | int] = {"event": message.event, "number": message.number, **detail}
    append(Act(actor, act, name_of(message.person_code), detail_of_event), at, *rows)


def _again(feed: Feed, person: Person, message: ReportEvent, actor: str, at: datetime) -> Heard:
    if feed.events.get(number=message.number).content != message.content():
        raise Conflict("E_EVENT_DIFFERS", number=message.number)
    feed.repeated += 1
    _note(CAME_AGAIN, message, actor, at, *put_in(person), _saved(feed, "repeated"))
    return Heard()


def _in_turn(feed: Feed, person: Person, message: ReportEvent, actor: str, at: datetime) -> Heard:
    acts = _admitted(feed, message)
    others = _standing_after(feed, message.event)
    if message.event is Event.MOVED_IN:
        others += move_cards(message.person_code, feed.municipality_code)
    feed.heard, feed.digest = message.number, digest_after(feed.digest, message.content())
    written = _saved(feed, "heard", "digest", "standing")
    event = HeardEvent.objects.create(
        feed=feed, number=message.number, content=message.content(), heard_at=at
    )
    heard, report = _carry_out(person, message, actor, at) if acts else (Heard(), None)
    rows = (report,) if report is not None else put_in(person)
    _note(HEARD, message, actor, at, *rows, written, event, *others, changed_certificates=heard.ended)
    return heard


def _admitted(feed: Feed, message: ReportEvent) -> bool:
    """Whether the event acts: not, where the person has moved in elsewhere since. Raises as `hear_event`."""
    if feed.standing == Feed.Standing.ELSEWHERE and message.event is not Event.MOVED_IN:
        return False
    known = municipalities_of(message.person_code)
    if not known or feed.municipality_code in known:
        return True
    if message.event is not Event.MOVED_IN:
        raise NotAllowed("E_OFFICE_WRONG")
    left = Feed.objects.filter(
        person_code=message.person_code, municipality_code__in=known, standing=Feed.Standing.LEFT
    )
    if not left.exists():
        raise Conflict("E_MOVE_OUT_UNHEARD")
    return True


def _standing_after(feed: Feed, event: Event) -> list[Written]:
    """Whose resident the person is after an event; returns what was written of other municipalities."""
    if event is Event.MOVED_OUT_BY_NOTICE and feed.standing != Feed.Standing.ELSEWHERE:
        feed.standing = Feed.Standing.LEFT
    if event is not Event.MOVED_IN:
        return []
    feed.standing = Feed.Standing.HERE
    written = []
    others = Feed.objects.filter(person_code=feed.person_code).exclude(
        municipality_code=feed.municipality_code
    )
    for other in others.exclude(standing=Feed.Standing.ELSEWHERE):
        other.standing = Feed.Standing.ELSEWHERE
        written.append(_saved(other, "standing"))
    return written


def card_event_of(event: Event) -> CardEvent | None:
    """What an event of the register is for the person's card."""
    return next((EVENT_OF_GROUND[each] for each in grounds_of(event) if each in EVENT_OF_GROUND), None)


@cites("S4-8.1.1", "act/12", "act/31")
def _carry_out(
    person: Person, message: ReportEvent, actor: str, at: datetime
) -> tuple[Heard, Written | None]:
    """End at once what the law ends by the event; the person's row counts it, unless nothing ever ends."""
    report = note_report(person) if _may_end(message) else None
    records = locked_certificates(message.person_code, day_in_japan(at))
    card_event = card_event_of(message.event)
    cards = locked_cards(message.person_code) if card_event else []
    if message.event is Event.CARD_NOT_PRESENTED:  # a card that was produced since is another one
        cards = [card for card in cards if message.on is None or card.created_on <= message.on]
        records = [each for each in records if each.card_number in {card.card_number for card in cards}]
        card_event = card_event if cards else None
    # Everything is locked by now: the journal's lock is the last of every act.
    if card_event:
        invalidate(cards, card_event, actor=actor, at=at)
    ended = 0
    for record in records:
        if ground := _ground(message, record):
            change = Change(Status.REVOKED, ground, crl_reason(ground))
            record_change(record, change, actor=actor, at=at)
            ended += 1
    return Heard(ended, card_event), report


def _ground(message: ReportEvent, record: IssuanceRecord) -> LapseGround | None:
    issued_on = day_in_japan(record.issued_at)
    return ground_by_register(message.event, message.changes, Purpose(record.purpose), issued_on)


def _may_end(message: ReportEvent) -> bool:
    """Whether the event ends certificates, of somebody who has them: what an examination must have seen."""
    newest = day_in_japan(message.known_at)
    return any(ground_by_register(message.event, message.changes, each, newest) for each in Purpose)


def event_counts(sender: Sender, after: PersonCode | None) -> EventCounts:
    """What was heard from a municipality, a page of persons."""
    found = Feed.objects.filter(municipality_code=sender.as_municipality(), person_code__gt=after or "")
    page = list(found.order_by("person_code")[: PAGE + 1])
    return EventCounts(tuple(_count(feed) for feed in page[:PAGE]), more=len(page) > PAGE)


def _count(feed: Feed) -> EventCount:
    return EventCount(feed.person_code, feed.heard, feed.digest, feed.repeated, feed.early)
