"""市町村: the register of residents, and the counter at which they apply."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from honnin.clock import Clock, day_in_japan
from honnin.law.calendar import age_on
from honnin.municipality.counter.procedures import APPS as PROCEDURE_APPS
from honnin.sites.declaration.role import Desk, Employee, Role
from honnin.sites.home import Home
from honnin.translation import Sentence, message

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.urls import URLPattern, URLResolver

    from honnin.console.published.document import Procedure
    from honnin.journal.journal import Journal
    from honnin.municipality.residents.models import Municipality, Resident
    from honnin.sites.declaration.chore import Chore, Outcome
    from honnin.sites.declaration.login import Login
    from honnin.sites.declaration.room import Room


class MunicipalityRole(Role):
    name = "municipality"
    title = message("municipality")
    place = 1
    tables = message("tables of the municipality")
    screens = message("counter")
    staff_role = "clerk"
    staff_title = account_title = message("clerk")
    speaks_to = ("agency",)
    apps = (
        "honnin.municipality.records",
        "honnin.municipality.residents",
        "honnin.municipality.counter",
        *PROCEDURE_APPS,
    )

    def settings(self, home: Home) -> Mapping[str, object]:
        return {
            "HONNIN_MUNICIPALITY_JOURNAL_HEADS": home.municipality_journal_heads,
            "HONNIN_COUNTER_PCSC": os.environ.get("HONNIN_COUNTER_PCSC") == "1",
        }

    def secrets(self, home: Home) -> Iterable[str]:
        """The key of copies of evidence, which `prepare` makes in an installation of before there was one."""
        return () if home.is_opened else ("evidence-key",)

    def prepare(self) -> None:
        from honnin.municipality.counter.applications.evidence.sealing import open_key

        open_key()

    def open(self, clock: Clock) -> None:
        from honnin.municipality.records.services import open_journal
        from honnin.municipality.residents.upgrades.search_keys import fill_search_keys
        from honnin.municipality.residents.upgrades.who_left import note_who_left_before

        open_journal(clock)
        at = clock.now()
        fill_search_keys(at=at)
        note_who_left_before(at=at)

    def journal(self) -> "Journal":
        from honnin.municipality.records.journal import JOURNAL

        return JOURNAL

    def sign_journal(self, clock: Clock) -> object:
        from honnin.municipality.records.services import sign_journal

        return sign_journal(clock)

    def chores(self) -> "Sequence[Chore]":
        from honnin.sites.declaration.chore import Chore, heads

        reports = Chore(
            "reports",
            message("reports of changes to the agency"),
            _reports_due,
            _deliver_reports,
            message("told the agency of changes: {detail}"),
        )
        addresses = Chore(
            "addresses",
            message("addresses to which the agency writes letters"),
            _addresses_wanted,
            _tell_addresses,
            message("letters ordered by addresses of the register: {detail}"),
        )
        comparison = Chore(
            "reconciliation",
            message("comparisons of events with the agency"),
            _comparisons_due,
            _compare,
            message("compared events with the agency: {detail}"),
        )
        return (reports, comparison, addresses, heads(self.name, self.title, self.journal()))

    def urls(self) -> "Sequence[URLPattern | URLResolver]":
        from django.urls import include, path
        from django.views.generic import RedirectView

        return [
            path("counter/", RedirectView.as_view(pattern_name="counter:applications"), name="counter"),
            path("counter/", include("honnin.municipality.counter.urls")),
        ]

    def offers(self) -> "Mapping[Procedure, str]":
        from honnin.municipality.counter.declaration import completed

        return {text: f"counter:{page}" for text, page in completed().values() if text is not None}

    def rooms(self, request: "HttpRequest") -> "Iterator[Room]":
        from django.urls import reverse
        from django.utils.translation import gettext as _

        from honnin.sites.declaration.room import Room

        yield Room(
            "counter",
            _("Counter"),
            _(
                "Clerks of the municipalities receive applications for certificates, release holds and "
                "revoke certificates."
            ),
            request.build_absolute_uri(reverse("counter")),
            _("Enter as a clerk"),
            role="clerk",
        )

    def desk(self, user_name: str) -> Desk | None:
        from honnin.municipality.counter import declaration
        from honnin.municipality.counter.guards.models import Clerk

        clerk = Clerk.objects.select_related("municipality").filter(user_name=user_name).first()
        if clerk is None:
            return None
        place = clerk.municipality
        office = f"{place.prefecture} {place.name} {clerk.counter_name}"
        menu = tuple((f"counter:{page}", label) for page, label in declaration.menu())
        return Desk("counter:applications", office, clerk.name, menu)

    def staff(self) -> Mapping[str, Employee]:
        from honnin.municipality.counter.guards.models import Clerk

        return {
            each.user_name: Employee(self.staff_role, each.name, each.municipality.name, each.counter_name)
            for each in Clerk.objects.select_related("municipality")
        }

    def note_new_password(self, user_name: str, *, actor: str, at: datetime) -> None:
        from honnin.municipality.counter.guards.staff import note_new_password

        note_new_password(user_name, actor=actor, at=at)

    def invented_logins(self) -> "Sequence[Login]":
        from honnin.municipality.residents.models import Municipality
        from honnin.sites.declaration.login import Login, new_password

        places = Municipality.objects.order_by("code")
        return [
            Login(name, new_password(), self.staff_role, place.name)
            for name, place in zip(_CLERKS, places, strict=False)
        ]

    def employ(self, login: "Login", at: datetime) -> None:
        from honnin.municipality.counter.guards.staff import Post, appoint
        from honnin.municipality.residents.models import Municipality
        from honnin.sites.declaration.login import RESIDENT_CLERK

        place = Municipality.objects.get(name=login.place)
        known = _resident_of(place, day_in_japan(at)) if login.user_name == RESIDENT_CLERK else None
        name = known.name if known else _CLERKS[login.user_name]
        post = Post(login.user_name, name, place.code, "市民課 窓口1")
        appoint(post, person_code=known.pk if known else None, actor="installation", at=at)


ROLE = MunicipalityRole()
_CLERKS = {"hanako": "窓口 花子", "taro": "受付 太郎", "mei": "係 芽衣"}


def _resident_of(place: "Municipality", today: date) -> "Resident | None":
    """An adult of the municipality, the first by number, as whom a clerk can be tried out."""
    from honnin.municipality.residents.models import Resident

    people = Resident.objects.filter(municipality=place, removed_on=None).order_by("person_code")
    return next((each for each in people if 20 <= age_on(each.birth_date, today) < 65), None)


def _reports_due(clock: Clock) -> int:
    from honnin.municipality.residents.areas import due_changes
    from honnin.municipality.residents.changes import overdue_arrivals
    from honnin.municipality.residents.departures import due_departures
    from honnin.municipality.residents.services import overdue_moves, waiting_reports

    today = day_in_japan(clock.now())
    ended = (due_departures(today), overdue_moves(today), overdue_arrivals(today), due_changes(today))
    return waiting_reports() + sum(each.count() for each in ended)


def _deliver_reports(clock: Clock, outcome: "Outcome") -> None:
    from honnin.municipality.counter.applications.passing_on import carry_out_changes
    from honnin.municipality.residents.changes import end_overdue_arrivals
    from honnin.municipality.residents.departures import carry_out_departures
    from honnin.municipality.residents.services import CHORES, deliver_reports, end_overdue_moves

    at = clock.now()
    carry_out_departures(at)
    end_overdue_moves(at)
    end_overdue_arrivals(at)
    carry_out_changes(clock, actor=CHORES)
    if taken := deliver_reports(at):
        outcome.add("reports", taken)


def _addresses_wanted(clock: Clock) -> int:
    from honnin.municipality.residents.addressees import wanted_addresses

    return wanted_addresses()


def _tell_addresses(clock: Clock, outcome: "Outcome") -> None:
    from honnin.municipality.residents.addressees import tell_addresses

    if ordered := tell_addresses(clock.now()):
        outcome.add("addresses", ordered)


def _comparisons_due(clock: Clock) -> int:
    from honnin.municipality.residents.reconciliation import due_reconciliations

    return len(due_reconciliations(clock.now()))


def _compare(clock: Clock, outcome: "Outcome") -> None:
    """While reports wait that could not be told, what the agency has heard is not asked: they come first."""
    from honnin.municipality.residents.reconciliation import due_reconciliations, reconcile
    from honnin.municipality.residents.services import CHORES, waiting_reports

    at = clock.now()
    if outcome.failures and waiting_reports():
        return
    for code in due_reconciliations(at):
        with outcome.noting():
            found = reconcile(code, actor=CHORES, at=at)
            words = Sentence(
                "{place}, {events} events, {again} told again",
                place=code,
                events=found.events,
                again=found.dropped,
            )
            outcome.add("reconciliation", code, words)
