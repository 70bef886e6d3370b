"""A library: everything that the role brings stands in this one declaration."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from honnin.clock import Clock
from honnin.sites.declaration.role import Desk, Employee, Role
from honnin.sites.home import Home

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

    from honnin.journal.journal import Journal
    from honnin.sites.declaration.chore import Chore, Outcome
    from honnin.sites.declaration.login import Login
    from honnin.sites.declaration.room import Room


class Library(Role):
    name = "library"
    title = "library"
    place = 4
    tables = "tables of the library"
    screens = "library"
    staff_role = "librarian"
    staff_title = account_title = "librarian"
    apps = ("tests.support.added_role.records",)

    def secrets(self, home: Home) -> Iterable[str]:
        return ("library-key",)

    def open(self, clock: Clock) -> None:
        from honnin.journal.heads import sign_head
        from tests.support.added_role.records.journal import JOURNAL, KEY_NAME, key_files
        from tests.support.added_role.records.models import JournalEntry

        if not JournalEntry._default_manager.exists():
            key_files().create_journal_key(KEY_NAME)
            sign_head(JOURNAL, clock.now())

    def journal(self) -> "Journal":
        from tests.support.added_role.records.journal import JOURNAL

        return JOURNAL

    def chores(self) -> "Sequence[Chore]":
        from honnin.sites.declaration.chore import Chore, heads

        return (
            Chore("dusting", "dusty shelves", lambda clock: 0, _dust, "dusted: {detail}"),
            heads(self.name, self.title, self.journal()),
        )

    def urls(self) -> "Sequence[URLPattern]":
        from django.urls import path

        return [path("library/", _shelves, name="library")]

    def rooms(self, request: "HttpRequest") -> "Iterator[Room]":
        from django.urls import reverse

        from honnin.sites.declaration.room import Room

        yield Room("library", "Library", "Books.", request.build_absolute_uri(reverse("library")), "Read")

    def desk(self, user_name: str) -> Desk | None:
        if user_name not in self.staff():
            return None
        return Desk("library", "Reading room", user_name, (("library", "Shelves"),))

    def staff(self) -> Mapping[str, Employee]:
        from tests.support.added_role.records.models import Librarian

        return {
            each.user_name: Employee(self.staff_role, each.user_name)
            for each in Librarian._default_manager.all()
        }

    def invented_logins(self) -> "Sequence[Login]":
        from honnin.sites.declaration.login import Login, new_password

        return [Login("reader", new_password(), self.staff_role, "")]

    def employ(self, login: "Login", at: datetime) -> None:
        from django.db import transaction

        from honnin.journal.journal import Act
        from tests.support.added_role.records.journal import JOURNAL
        from tests.support.added_role.records.models import Librarian

        with transaction.atomic(using="library"):
            librarian, new = Librarian._default_manager.get_or_create(user_name=login.user_name)
            if new:
                JOURNAL.append(Act("installation", "employ", login.user_name, {}), at, librarian)


ROLE = Library()


def _dust(clock: Clock, outcome: "Outcome") -> None:
    outcome.add("dusting", 3)


def _shelves(request: "HttpRequest") -> "HttpResponse":
    from django.shortcuts import render

    return render(request, "honnin/base.html")
