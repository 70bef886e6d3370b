"""Reports to the agency: the events of the register, numbered, and told one after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max, QuerySet

from honnin.errors import Conflict
from honnin.identifiers import MunicipalityCode
from honnin.journal.binding import changed
from honnin.law.certificates.lapse import EntryChange, Event
from honnin.law.counter.notices import Notice
from honnin.law.terms import LapseGround, Purpose
from honnin.municipality.records.journal import DATABASE, Act, append
from honnin.municipality.residents.models import REPORT_OF_LOSS, ChangeReport, Resident
from honnin.wire.line import Line, Sender, line_to
from honnin.wire.messages.certificates import LossReported, PersonState, ReportLapse, ReportLoss
from honnin.wire.messages.register import ReportEvent

AT_ONCE = 500
"""How many waiting reports are held in memory."""


@dataclass(frozen=True)
class Happened:
    """What happened to an entry of the register: an event, by which notice, what was changed by a correction,
    and the day that the notice names.
    """

    event: Event
    notice: Notice
    changes: tuple[EntryChange, ...] = ()
    on: date | None = None


def note_event(entry: Resident, happened: Happened, *, clerk: str, at: datetime) -> ChangeReport:
    """The event as the agency is to hear it, with the next number of this person's.

    Must run in a transaction that holds the entry, and whose entry in the journal tells of it.
    """
    own = ChangeReport.objects.filter(municipality_id=entry.municipality_id, resident=entry)
    newest = own.aggregate(newest=Max("number"))["newest"] or 0
    return ChangeReport.objects.create(
        resident=entry,
        municipality_id=entry.municipality_id,
        number=newest + 1,
        event=happened.event,
        changes="+".join(sorted(happened.changes)),
        on=happened.on,
        clerk=clerk,
        known_at=at,
    )


def note_events(
    entries: Sequence[Resident], happened: Happened, clerk: str, at: datetime
) -> list[ChangeReport]:
    """The same event about several persons, of whom each is entered in the same municipality. As above."""
    if not entries:
        return []
    place = entries[0].municipality_id
    own = ChangeReport.objects.filter(municipality_id=place, resident__in=entries)
    newest = dict(own.values_list("resident").annotate(newest=Max("number")))
    return ChangeReport.objects.bulk_create(
        ChangeReport(
            resident=entry,
            municipality_id=place,
            number=(newest.get(entry.pk) or 0) + 1,
            event=happened.event,
            changes="+".join(sorted(happened.changes)),
            on=happened.on,
            clerk=clerk,
            known_at=at,
        )
        for entry in entries
    )


def deliver(report: ChangeReport, at: datetime) -> PersonState | LossReported:
    """Tell the agency, after every event of the person that comes before it.

    What the agency says it has not heard is told again, though it counted as heard here. Raises what the line
    raises.
    """
    if report.number is None:
        return _tell(report, at)
    events = ChangeReport.objects.filter(municipality_id=report.municipality_id, resident=report.resident_id)
    earlier = events.filter(number__lt=report.number, delivered=False).select_related("resident")
    for each in earlier.order_by("number"):
        deliver(each, at)
    try:
        return _tell(report, at)
    except Conflict as early:
        expected = early.context.get("expected")
        if early.code != "E_EVENT_EARLY" or not isinstance(expected, int) or expected >= report.number:
            raise
    missing = events.filter(number__gte=expected, number__lt=report.number).select_related("resident")
    for each in missing.order_by("number"):
        _tell(each, at)
    return _tell(report, at)


def waiting_in_pages(waiting: QuerySet[ChangeReport]) -> Iterator[ChangeReport]:
    """Waiting reports, the oldest first, some hundred in memory at a time."""
    last = 0
    while page := list(waiting.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        yield from page
        last = page[-1].pk


def message_of(report: ChangeReport) -> ReportEvent:
    """An event as the agency is told of it."""
    assert report.number is not None
    assert report.known_at is not None
    return ReportEvent(
        report.resident_id,
        report.number,
        Event(report.event),
        tuple(EntryChange(each) for each in report.changes.split("+") if each),
        report.on,
        report.known_at,
    )


def _tell(report: ChangeReport, at: datetime) -> PersonState | LossReported:
    line = _line(report)
    answer: PersonState | LossReported
    if report.number is not None:
        answer = line.ask(message_of(report), report.clerk)
    elif report.ground == REPORT_OF_LOSS:
        answer = line.ask(ReportLoss(report.resident_id, report.known_at), report.clerk)
    else:
        purposes = tuple(Purpose(each) for each in report.purposes.split("+") if each)
        answer = line.ask(ReportLapse(report.resident_id, LapseGround(report.ground), purposes), report.clerk)
    mark_heard(report, "report delivered", at)
    return answer


def municipality_of(report: ChangeReport) -> MunicipalityCode:
    """Who tells of it: the municipality at that time; of reports of an earlier version, the present one."""
    return report.municipality_id or report.resident.municipality_id


def _line(report: ChangeReport) -> Line:
    return line_to("agency", municipality_of(report))


def mark_heard(report: ChangeReport, act: str, at: datetime) -> None:
    """Mark a report as delivered."""
    with transaction.atomic(using=DATABASE):
        heard = ChangeReport.objects.select_for_update().get(pk=report.pk)
        if not heard.delivered:
            heard.delivered = True
            heard.save(update_fields=["delivered"])
            subject = f"resident {report.resident.public_id}"
            actor = str(Sender("municipality", municipality_of(report), report.clerk))
            entry = Act(actor, act, subject, {"report": heard.pk})
            append(entry, at, changed(heard, "delivered"))
