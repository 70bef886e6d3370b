"""Events of the registers of residents: each acts once and in its turn, as the law says.

An event that comes before its turn is refused by name and does nothing; the municipality tells what is
missing first. One that comes again changes nothing but the count of such. Both counts, and through which
number everything was heard, a municipality asks for, to compare them with what it told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.db import transaction

from honnin.agency.card_register.residence import municipalities_of
from honnin.agency.card_register.services import invalidate, locked_cards, move_cards
from honnin.agency.notices.services import release_letters
from honnin.agency.records.journal import DATABASE, Act, append
from honnin.agency.records.models import IssuanceRecord, Person
from honnin.agency.records.persons import locked_person, name_of, note_report, put_in
from honnin.agency.records.services import Change, record_change
from honnin.agency.revocation.heard_before import HEARD, LEAVING, standing_of
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
CAME_AGAIN, CAME_EARLY = "register event again", "register event before its turn"
"""What the journal calls those that did nothing."""
_ARRIVING = frozenset({Event.MOVED_IN, Event.TAKEN_OVER})
"""After which of them a person is the resident of a municipality."""
_NOT_HERE = (Feed.Standing.ELSEWHERE, Feed.Standing.PAST)
_NEVER_HERE = (Feed.Standing.UNKNOWN, Feed.Standing.PAST)
_MAY_ARRIVE: Mapping[Event, frozenset[str]] = MappingProxyType(
    {
        Event.MOVED_IN: frozenset({Feed.Standing.LEFT}),
        Event.TAKEN_OVER: frozenset({Feed.Standing.LEFT, Feed.Standing.PASSED}),
    }
)
"""How somebody stands, by the municipality whose resident they were, who becomes another one's."""


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
    number, E_MOVE_OUT_UNHEARD for who moved in, or was taken over, and was not heard to have left;
    NotAllowed E_OFFICE_WRONG
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
    feed.standing = standing_of(feed)
    is_past = _is_past(feed, message)
    acts = _admitted(feed, message, is_past=is_past)
    others = _past(feed) if is_past else _standing_after(feed, message, at)
    feed.heard, feed.digest = message.number, digest_after(feed.digest, message.content())
    written = _saved(feed, "heard", "digest", "standing", "arrived_at")
    event = HeardEvent.objects.create(
        feed=feed, number=message.number, content=message.content(), heard_at=at
    )
    heard, report = _carry_out(person, message, actor, at, is_past=is_past) if acts else (Heard(), None)
    rows = (report,) if report is not None else put_in(person)
    _note(HEARD, message, actor, at, *rows, written, event, *others, changed_certificates=heard.ended)
    return heard


def _is_past(feed: Feed, message: ReportEvent) -> bool:
    """Whether the person was known to have arrived elsewhere after this happened: it is heard late, and says
    nothing of where the person is now.
    """
    if feed.standing not in (*_NOT_HERE, Feed.Standing.UNKNOWN):
        return False
    others = Feed.objects.filter(person_code=feed.person_code, arrived_at__gt=message.known_at)
    return others.exclude(municipality_code=feed.municipality_code).exists()


def _admitted(feed: Feed, message: ReportEvent, *, is_past: bool) -> bool:
    """Whether the event acts: not, where it was known when the person had moved in elsewhere already; what is
    past, only of a municipality that was heard to be the person's at that time. Raises as `hear_event`.
    """
    if is_past:
        return feed.standing not in _NEVER_HERE
    if feed.standing in _NOT_HERE and message.event not in _ARRIVING:
        return False
    known = municipalities_of(message.person_code)
    if not known or feed.municipality_code in known:
        return True
    if message.event not in _ARRIVING:
        raise NotAllowed("E_OFFICE_WRONG")
    of_known = Feed.objects.filter(person_code=message.person_code, municipality_code__in=known)
    if not any(standing_of(each) in _MAY_ARRIVE[message.event] for each in of_known):
        raise Conflict("E_MOVE_OUT_UNHEARD")
    return True


def _past(feed: Feed) -> list[Written]:
    """What is heard late says nothing of where the person is now."""
    standing = Feed.Standing
    feed.standing = standing.PAST if feed.standing in _NEVER_HERE else standing.ELSEWHERE
    return []


def _known_by(message: ReportEvent, at: datetime) -> datetime:
    """When it was known; never later than it was heard (`at`), also where a municipality's clock is fast:
    what others know after that would be taken for past.
    """
    return min(message.known_at, at)


def _standing_after(feed: Feed, message: ReportEvent, at: datetime) -> list[Written]:
    """Whose resident the person is after an event; returns what was written of other municipalities, cards
    and letters.
    """
    event, standing = message.event, Feed.Standing
    if event in LEAVING and feed.standing not in _NOT_HERE:
        feed.standing = standing.LEFT
    if event is Event.PASSED_ON and feed.standing in (standing.UNKNOWN, standing.HERE):
        feed.standing = standing.PASSED
    if event is Event.ENTERED and feed.standing == standing.UNKNOWN:
        feed.standing, feed.arrived_at = standing.HERE, _known_by(message, at)
    if event not in _ARRIVING:
        return []
    written: list[Written] = []
    others = Feed.objects.filter(person_code=feed.person_code).exclude(
        municipality_code=feed.municipality_code
    )
    # Who had left already when the former code ended has left the municipality of the new one.
    has_left = event is Event.TAKEN_OVER and any(standing_of(each) == standing.LEFT for each in others)
    feed.standing = standing.LEFT if has_left else standing.HERE
    feed.arrived_at = _known_by(message, at)
    for other in others.exclude(standing__in=_NOT_HERE):
        other.standing = standing.ELSEWHERE
        written.append(_saved(other, "standing"))
    written += move_cards(message.person_code, feed.municipality_code)
    return written + release_letters(message.person_code, at)


def card_event_of(event: Event) -> CardEvent | None:
    """What an event of the register is for the person's card."""
    return next((EVENT_OF_GROUND[each] for each in grounds_of(event) if each in EVENT_OF_GROUND), None)


@cites("S4-8.1.1", "act/12", "act/31")
def _carry_out(
    person: Person, message: ReportEvent, actor: str, at: datetime, *, is_past: bool
) -> tuple[Heard, Written | None]:
    """End at once what the law ends by the event; the person's row counts it, unless nothing ever ends. What
    `is_past` ends nothing that was made since.
    """
    report = note_report(person) if _may_end(message) else None
    records = locked_certificates(message.person_code, day_in_japan(at))
    card_event = card_event_of(message.event)
    cards = locked_cards(message.person_code) if card_event else []
    if is_past:
        records = [each for each in records if each.issued_at <= message.known_at]
        cards = [each for each in cards if each.created_on <= day_in_japan(message.known_at)]
        card_event = card_event if cards else None
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
    purpose, notified_on = Purpose(record.purpose), message.on
    return ground_by_register(message.event, message.changes, purpose, issued_on, notified_on=notified_on)


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
