"""What a procedure of the counter declares of itself, and what all of them have declared.

The rooms below ask here and name no procedure: which acts complete what for a holder, what the page of a
resident offers, what ends a refusal, and everything by which one kind of application differs from another.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum, auto
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from django.http import QueryDict
from django.urls import URLPattern
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from honnin.console.published.document import Procedure as Published
from honnin.errors import Refusal
from honnin.law.counter.acts import CounterAct
from honnin.law.terms import Purpose
from honnin.municipality.residents.models import Resident
from honnin.wire.messages.certificates import PersonState

if TYPE_CHECKING:
    from honnin.municipality.counter.applications.amendments.forms import Amended
    from honnin.municipality.counter.applications.models import Application
    from honnin.municipality.counter.applications.states import ApplicationState
    from honnin.municipality.counter.guards.models import Clerk
    from honnin.municipality.counter.wording import Row

Words = str | Promise
STEP_OF_APPLICATION = "a step of an application for certificates or PINs"
LOOK = "a look"
"""Why nobody comes for an act or a page by itself: the reasons of most."""
OF_APPLICATION = "applications/<application:number>/"
OF_RESIDENT = "residents/<opaque:public_id>/"
"""How the address of a page begins that is about an application, or about a resident."""


class Asked(Protocol):
    """What is applied for, as an application has it and as a form does.

    `procedure`: the name of the one that receives it. It is empty in forms of the kinds that claim theirs,
    and in applications of installations that did not write it down yet.
    """

    @property
    def procedure(self) -> str: ...

    @property
    def pins(self) -> Collection[str]: ...


@dataclass(frozen=True)
class Detail:
    """One thing that the applications of one kind say beside the columns of all: what it is called, and what
    its value, one of JSON, is on a page. `personal`: the journal has a keyed digest of it alone.
    """

    label: Words
    words: Callable[[Any], object] = str
    personal: bool = False


class Kind(ABC):
    """Everything by which the applications of one procedure differ from others.

    `act` carries one out that was approved, on the page `page`; `form_page` is where one is received.
    `transitions` are its own ways from state to state, beside those of all. `last_step`: how many of the
    steps of `applications.wording.STEPS` it takes; `own_steps`: those that follow the examination in their
    place. `beside_others`: what must not wait is received while an application of another kind is under way.
    `registered`: False of `applications.unregistered` alone.
    """

    registered: ClassVar[bool] = True
    act: ClassVar[CounterAct]
    page: ClassVar[str]
    form_page: ClassVar[str]
    transitions: "ClassVar[Mapping[ApplicationState, Mapping[CounterAct, ApplicationState]]]"
    last_step: ClassVar[int]
    own_steps: ClassVar[Sequence[Words]] = ()
    beside_others: ClassVar[bool] = False
    heading: ClassVar[Words]
    possible: ClassVar[Words]
    next_step: ClassVar[Words]
    onward: ClassVar[Words] = gettext_lazy("Continue to card and PINs")
    accepted: ClassVar[Words] = gettext_lazy(
        "The application was accepted. Put the applicant's card on the reader."
    )
    states: "ClassVar[Mapping[str, tuple[Words, str]]]" = {}
    """Its own word and colour for a state."""
    paper: ClassVar[Words] = ""
    paper_agrees: ClassVar[bool] = False
    results: "ClassVar[Mapping[str, str]]" = {}
    """By state, what the application's page says of what carrying it out brought: a template, which is given
    the application.
    """
    details: ClassVar[Mapping[str, Detail]] = {}
    """What its applications keep in their column `details`, by name."""

    def claims(self, asked: Asked) -> bool:
        """Whether this is what is applied for where the application names no procedure; the first kind that
        says so has it.
        """
        return False

    @abstractmethod
    def refusals(
        self, application: "Application", clerk: "Clerk", state: PersonState, today: date
    ) -> tuple[Refusal, ...]:
        """Everything that stands against carrying it out, by the law's own function."""

    def paper_choices(self) -> Sequence[tuple[Words, Sequence[Words]]]:
        """What is ticked on its form on paper (`paper` is its title; `paper_agrees`: whether the terms of use
        are accepted on it): what the choices are of, and their words.
        """
        return ()

    def lapsed(self, application: "Application", state: PersonState, today: date) -> tuple[Refusal, ...]:
        """What of that which it brought cannot be handed over any more."""
        return ()

    def abandon(self, application: "Application", clerk: "Clerk") -> None:  # noqa: B027
        """Tell the agency, where it was asked, that nothing comes of an application that was approved."""

    @abstractmethod
    def may_end(self, application: "Application", state: Callable[[], PersonState], today: date) -> bool:
        """Whether one that its states let end cannot be completed any more; `state` asks the agency."""

    def receivable(self, resident: Resident, clerk: "Clerk", at: datetime) -> bool:
        """Whether another one can be received from the person after this one was ended."""
        return False

    @abstractmethod
    def amended(
        self, application: "Application", on: date, data: QueryDict | None, *, sees_entry: bool
    ) -> "Amended":
        """The form of a correction: as it was sent, or as the application stands."""

    @abstractmethod
    def asked(self, application: "Application") -> "Row":
        """What was applied for, as a row of the application's page."""

    @abstractmethod
    def asked_briefly(self, application: "Application") -> object:
        """The same in the list."""

    def consent_rows(self, application: "Application") -> "Sequence[Row]":
        """What the applicant agreed to."""
        return ()

    def entry_rows(self, application: "Application") -> "Sequence[Row]":
        """How the entry in the register is taken for it."""
        return ()

    def panels(
        self, application: "Application", state: PersonState, today: date
    ) -> "Sequence[tuple[str, Mapping[str, object]]]":
        """What the application's page shows below the next step: templates, and what they are given."""
        return ()

    def aside(
        self, application: "Application", against: Sequence[Refusal], state: PersonState, today: date
    ) -> "Sequence[tuple[str, Mapping[str, object]]]":
        """What stands at the side, in the place of the card's state; `against` is what stands against it."""
        return ()

    def title(self, application: "Application") -> SafeString:
        """The heading of its page, with the applicant's name in it; empty where `heading` stands before."""
        return SafeString()

    def then(self, application: "Application") -> Words:
        """What is done next with one that can be carried out."""
        return self.next_step

    def missing(
        self, application: "Application", against: Sequence[Refusal]
    ) -> "tuple[str, Mapping[str, object]] | None":
        """What its page says first where a step of its own ends everything that stands against it."""
        return None

    @abstractmethod
    def impossible(self, application: "Application", number: int) -> str:
        """That it cannot go on from where it stands, for so many reasons."""

    @abstractmethod
    def ending(self, *, gone: Sequence[str], against: bool, receivable: bool) -> str:
        """What ending it means; `gone` says why the person is in the register no longer."""

    def overtaken(self, application: "Application", ended: Collection[Purpose]) -> str:
        """What is left to do with one under way when an act that ends such certificates is recorded; empty
        where it can still be rejected or withdrawn.
        """
        return ""


class Place(StrEnum):
    """Where the page of a resident offers something."""

    REGISTER = auto()
    CERTIFICATES = auto()
    CARD = auto()


@dataclass(frozen=True)
class Person:
    """A resident whose page is shown, as procedures decide by what they offer.

    `may`: every act by its name, and whether this clerk may do it. `underway`: the number of the application
    under way, if there is one.
    """

    resident: Resident
    state: PersonState
    today: date
    may: Mapping[str, bool]
    underway: str = ""


@dataclass(frozen=True)
class Offer:
    """A button on the page of a resident. `url` is empty where the clerk may not; the one of the greatest
    `urgency` among all, that one too, is put forward.
    """

    place: Place
    label: Words
    url: str
    urgency: int = 0


@dataclass(frozen=True)
class Notice:
    """What the page of a resident says first, with its own buttons: a template and what it is given."""

    template: str
    context: Mapping[str, object]
    urgency: int = 0


@dataclass(frozen=True)
class Remedy:
    """The act that ends a refusal: how it is offered where something will be refused (`template`; it is given
    the resident and the page to come back to), and the link to it from other pages; each if there is any.
    `words`: what the address of `page` has beside the resident.
    """

    code: str
    act: CounterAct
    template: str = ""
    page: str = ""
    label: Words = ""
    words: Sequence[str] = ()


@dataclass(frozen=True)
class Procedure:
    """One procedure of the counter, or what is common to all. `completes`: the acts that somebody comes for,
    what the published texts call each (None: they tell nothing of it), and the page; `acts` and `pages`: its
    others, and why nobody comes for these alone. `menu`: pages that a clerk's menu leads to. Pages are named
    as in `urls`.
    """

    name: str
    urls: Sequence[URLPattern]
    completes: Mapping[CounterAct, tuple[Published | None, str]] = field(default_factory=dict)
    acts: Mapping[CounterAct, str] = field(default_factory=dict)
    pages: Mapping[str, str] = field(default_factory=dict)
    kind: Kind | None = None
    offers: Callable[[Person], Iterable[Offer | Notice]] = lambda _person: ()
    remedies: Sequence[Remedy] = ()
    menu: Sequence[tuple[str, Words]] = ()


_declared: Callable[[], Iterable[Procedure]] = tuple


def register(declared: Callable[[], Iterable[Procedure]]) -> None:
    """What can be done at the counter from here on, in this order; nothing else can. It is asked for when
    somebody wants to know: commands and chores need no page of the counter.
    """
    global _declared
    _declared = declared
    registered.cache_clear()


@cache
def registered() -> tuple[Procedure, ...]:
    return tuple(_declared())


def kinds() -> tuple[Kind, ...]:
    """The kinds of applications there are."""
    return tuple(each.kind for each in registered() if each.kind is not None)


def receiving(asked: Asked) -> tuple[str, Kind]:
    """Which procedure receives this, by its name, and what kind of application it is. Raises LookupError
    where none does.
    """
    for each in registered():
        named = each.name == asked.procedure
        if each.kind is not None and (named or (not asked.procedure and each.kind.claims(asked))):
            return each.name, each.kind
    raise LookupError("no procedure of the counter receives such an application")


def completed() -> dict[CounterAct, tuple[Published | None, str]]:
    """Which acts somebody comes for, what the published texts call each, and on which page it is done."""
    return {act: done for each in registered() for act, done in each.completes.items()}


def other_acts() -> dict[CounterAct, str]:
    """Every other act, and why nobody comes for it alone."""
    return {act: why for each in registered() for act, why in each.acts.items()}


def other_pages() -> dict[str, str]:
    """The same of pages."""
    return {page: why for each in registered() for page, why in each.pages.items()}


def menu() -> tuple[tuple[str, Words], ...]:
    """The pages that the menu of a clerk leads to, and what they are called there."""
    return tuple(entry for each in registered() for entry in each.menu)


def remedies() -> tuple[Remedy, ...]:
    """The acts that end refusals, in the order in which they are offered."""
    return tuple(remedy for each in registered() for remedy in each.remedies)
