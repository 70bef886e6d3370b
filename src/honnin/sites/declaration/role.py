"""What a role brings to the process that plays it: one declaration for each, in `sites.roles`.

A declaration is read before the framework is there: what needs the rooms with memory is imported by the
method that needs it, and so never by a process that does not play the role.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.urls import URLPattern, URLResolver

    from honnin.clock import Clock
    from honnin.console.published.document import Procedure
    from honnin.journal.journal import Journal
    from honnin.sites.declaration.chore import Chore
    from honnin.sites.declaration.login import Login
    from honnin.sites.declaration.room import Room
    from honnin.sites.home import Home
    from honnin.wire.line import Handler

Instant = tuple[str, "datetime | None"]


@dataclass(frozen=True)
class Desk:
    """Where an account works: what the frame of its pages shows, and the menu (addresses' names, words)."""

    page: str
    office: str
    operator: str
    menu: Sequence[tuple[str, object]]
    product_name: str = ""


@dataclass(frozen=True)
class Employee:
    """An account as its role knows it: a `clerk` of a place and counter, or an `operator`."""

    role: str
    name: str
    place: str = ""
    counter: str = ""


class Role:
    """A trust boundary with its own secrets, tables and pages; what a declaration leaves out it has not."""

    name: ClassVar[str]
    title: ClassVar[str]
    place: ClassVar[int]
    """Where it stands among the roles: on the start page, and in a round of chores."""
    apps: ClassVar[tuple[str, ...]] = ()
    """Its Django apps. A role with any has screens."""
    has_memory: ClassVar[bool] = True
    """Whether they keep records: then the role has a database of its own, a journal and accounts."""

    tables: ClassVar[str] = ""
    """What its tables are called together."""
    screens: ClassVar[str] = ""
    """Whose pages they are: "counter" screens."""
    staff_role: ClassVar[str] = ""
    """The code of whoever works here: see `Employee`."""
    staff_title: ClassVar[str] = ""
    """What whoever works here is called among colleagues."""
    account_title: ClassVar[str] = ""
    """The same for somebody who knows no role yet."""

    speaks_to: ClassVar[tuple[str, ...]] = ()
    """The roles to which it has lines; nobody else speaks to them in this process."""

    def settings(self, home: "Home") -> Mapping[str, object]:
        """The Django settings of the role for this installation; makes nothing."""
        return {}

    def secrets(self, home: "Home") -> Iterable[str]:
        """The names of its own secrets: made before the installation is opened, there from then on."""
        return ()

    def prepare(self) -> None:
        """Make, before its tables, what they must never be without; says of a lost one that it is lost."""

    def require_keys(self) -> None:
        """Raises Unavailable where a key that its records tell of is lost."""

    def open(self, clock: "Clock") -> None:
        """Make it ready, its tables being there. Runs again without harm: what exists is kept."""

    def begin(self, clock: "Clock") -> None:
        """Begin the first day, once there are residents."""

    def messages(self, clock: "Clock") -> "Mapping[type, Handler]":
        """Message type → who answers it, for the other ends of its lines."""
        return {}

    def journal(self) -> "Journal | None":
        """The record of its acts."""
        return None

    def chores(self) -> "Sequence[Chore]":
        """The role's chores, in this order."""
        return ()

    def sign_journal(self, clock: "Clock") -> object:
        """Sign the role's journal before the process ends."""

    def instants(self, now: datetime) -> Iterator[Iterable[Instant]]:
        """When its things were made, part by part: none should be later than `now`."""
        return iter(())

    def urls(self) -> "Sequence[URLPattern | URLResolver]":
        """The addresses of its pages."""
        return ()

    def offers(self) -> "Mapping[Procedure, str]":
        """What of the published texts can be done on its pages, and the name of the page."""
        return {}

    def rooms(self, request: "HttpRequest") -> "Iterator[Room]":
        """The role's entries on the start page."""
        return iter(())

    def desk(self, user_name: str) -> Desk | None:
        """The desk of an account; None for an account that does not work in this role."""
        return None

    def staff(self) -> Mapping[str, Employee]:
        """All who work here, by the names of their accounts."""
        return {}

    def note_new_password(self, user_name: str, *, actor: str, at: datetime) -> None:
        """Tell the journal of another password of somebody who works here."""

    def invented_logins(self) -> "Sequence[Login]":
        """The accounts that a test installation brings, with new passwords."""
        return ()

    def employ(self, login: "Login", at: datetime) -> None:
        """Let one of these accounts work here."""

    def __repr__(self) -> str:
        return f"Role({self.name})"
