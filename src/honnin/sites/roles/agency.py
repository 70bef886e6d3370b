"""機構: the authorities, the records of what they issue, the cards, and the telephone line."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from honnin.clock import Clock
from honnin.sites.declaration.role import Desk, Employee, Instant, Role
from honnin.sites.deployment import card_master_key_token
from honnin.sites.home import Home
from honnin.translation import Sentence, message

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.urls import URLPattern, URLResolver

    from honnin.agency.card_channel.conversation import Conversation
    from honnin.console.published.document import Procedure
    from honnin.journal.journal import Journal
    from honnin.sites.declaration.chore import Chore, Outcome
    from honnin.sites.declaration.login import Login
    from honnin.sites.declaration.room import Room
    from honnin.wire.line import Handler


class Agency(Role):
    name = "agency"
    title = message("agency")
    place = 2
    tables = message("tables of the agency")
    screens = message("hotline")
    staff_role = "operator"
    staff_title = message("operator")
    account_title = message("hotline operator")
    apps = (
        "honnin.agency.records",
        "honnin.agency.requests",
        "honnin.agency.authority",
        "honnin.agency.card_register",
        "honnin.agency.notices",
        "honnin.agency.card_updates",
        "honnin.agency.reservations",
        "honnin.agency.issuance",
        "honnin.agency.revocation",
        "honnin.agency.status",
        "honnin.agency.hotline",
    )

    def settings(self, home: Home) -> Mapping[str, object]:
        return {
            "HONNIN_PUBLICATION": home.publication,
            "HONNIN_JOURNAL_HEADS": home.journal_heads,
            "HONNIN_LETTERS": home.letters,
            "HONNIN_CARD_MASTER_KEY_TOKEN": card_master_key_token(home.keys),
        }

    def secrets(self, home: Home) -> Iterable[str]:
        return ("card-master-key",) if card_master_key_token() is None else ()

    def prepare(self) -> None:
        from django.conf import settings

        from honnin.agency.keys.master_keys import master_keys, open_master_keys

        if not settings.HOME.is_opened:
            open_master_keys()
        # A lost key is an error now and not at the first card.
        master_keys().newest_version  # noqa: B018

    def require_keys(self) -> None:
        from honnin.agency.keys.master_keys import require_versions

        require_versions()

    def open(self, clock: Clock) -> None:
        from honnin.agency.authority.services import open_authorities

        open_authorities(clock)

    def begin(self, clock: Clock) -> None:
        from honnin.agency.publication.services import publication_is_due, publish

        if publication_is_due(clock):
            publish(clock)

    def messages(self, clock: Clock) -> "Mapping[type, Handler]":
        from honnin.agency.reception import reception

        return reception(clock)

    def journal(self) -> "Journal":
        from honnin.agency.records.journal import JOURNAL

        return JOURNAL

    def sign_journal(self, clock: Clock) -> object:
        from honnin.agency.publication.services import sign_journal

        return sign_journal(clock)

    def chores(self) -> "Sequence[Chore]":
        from honnin.agency.publication.services import publication_is_due
        from honnin.agency.requests.services import over
        from honnin.sites.declaration.chore import Chore, heads

        return (
            Chore(
                "compromise",
                message("revocations for a compromised issuer key"),
                _revocations_left,
                _revoke_what_is_left,
                message("revoked for a compromised issuer key: {detail}"),
            ),
            Chore(
                "list",
                message("revocation lists"),
                publication_is_due,
                _publish,
                message("published list {detail}"),
            ),
            Chore(
                "responder",
                message("responders"),
                _responders_due,
                _renew_responders,
                message("renewed the responder of {detail}"),
            ),
            Chore(
                "conversations",
                message("conversations that were broken off"),
                _conversations_left,
                _give_up_conversations,
                message("ended conversations: {detail}"),
                forgets=True,
            ),
            Chore(
                "requests",
                message("answered requests that are kept long enough"),
                lambda clock: over(clock.now()).count(),
                _forget_requests,
                message("forgot answered requests: {detail}"),
                forgets=True,
            ),
            Chore(
                "letters",
                message("batches of letters whose printing was cut"),
                _batches_open,
                _finish_batches,
                message("printed batches of letters: {detail}"),
            ),
            heads(self.name, self.title, self.journal()),
        )

    def instants(self, now: datetime) -> Iterator[Iterable[Instant]]:
        yield _of_lists(now)
        yield _of_keys()
        yield _of_records()

    def urls(self) -> "Sequence[URLPattern | URLResolver]":
        from django.urls import include, path

        return [path("hotline/", include("honnin.agency.hotline.urls"))]

    def offers(self) -> "Mapping[Procedure, str]":
        from honnin.console.published.document import Procedure

        return {Procedure.NOTICE_OF_LOSS: "hotline:confirm"}

    def rooms(self, request: "HttpRequest") -> "Iterator[Room]":
        from django.urls import reverse
        from django.utils.translation import gettext as _

        from honnin.sites.declaration.room import Room

        yield Room(
            "hotline",
            _("Hotline"),
            _("Operators take reports of loss and theft at any hour, and hold or revoke certificates."),
            request.build_absolute_uri(reverse("hotline:search")),
            _("Enter as an operator"),
            role="operator",
        )

    def desk(self, user_name: str) -> Desk | None:
        from django.utils.translation import gettext as _

        from honnin.agency.hotline.models import Operator

        operator = Operator.objects.filter(user_name=user_name).first()
        if operator is None:
            return None
        menu = (("hotline:search", _("Report of loss or theft")), ("hotline:calls", _("Open calls")))
        product = _("My Number Card hotline")
        return Desk("hotline:search", _("24 hours, 365 days"), operator.name, menu, product)

    def staff(self) -> Mapping[str, Employee]:
        from honnin.agency.hotline.models import Operator

        return {each.user_name: Employee(self.staff_role, each.name) for each in Operator.objects.all()}

    def note_new_password(self, user_name: str, *, actor: str, at: datetime) -> None:
        from honnin.agency.hotline.services import note_new_password

        note_new_password(user_name, actor=actor, at=at)

    def invented_logins(self) -> "Sequence[Login]":
        from honnin.sites.declaration.login import Login, new_password

        return [Login("operator", new_password(), self.staff_role, "")]

    def employ(self, login: "Login", at: datetime) -> None:
        from honnin.agency.hotline.services import employ_operator

        employ_operator(login.user_name, "電話 一郎", actor="installation", at=at)


ROLE = Agency()

# — Chores ———————————————————————————————————————————————————————————————————————————————————————————————


_BATCHES_A_ROUND = 20
"""So that other chores have their turn."""


def _revocations_left(clock: Clock) -> int:
    from honnin.agency.authority.compromise import unfinished

    return unfinished().count()


def _revoke_what_is_left(clock: Clock, outcome: "Outcome") -> None:
    """Go on where whoever confirmed it was cut off."""
    from honnin.agency.authority.compromise import go_on, unfinished

    for compromise in unfinished():
        with outcome.noting():
            before = compromise.revoked
            after = go_on(compromise, clock, actor="chores", batches=_BATCHES_A_ROUND)
            outcome.add("compromise", after.revoked - before)


def _publish(clock: Clock, outcome: "Outcome") -> None:
    from honnin.agency.publication.services import publication_is_due, publish

    if publication_is_due(clock):
        for path in publish(clock):
            if path.suffix == ".crl":
                outcome.add("list", path.name)


def _responders_due(clock: Clock) -> int:
    from honnin.agency.authority.queries import keys_in_service
    from honnin.agency.authority.services import responder_is_due

    at = clock.now()
    return sum(responder_is_due(key, at) for key in keys_in_service(at))


def _renew_responders(clock: Clock, outcome: "Outcome") -> None:
    from honnin.agency.authority.queries import keys_in_service
    from honnin.agency.authority.services import renew_responder

    at = clock.now()
    for key in keys_in_service(at):
        with outcome.noting():
            if renew_responder(key, at, "chores"):
                purpose = Sentence(key.purpose)
                named = Sentence("{purpose} CA {generation}", purpose=purpose, generation=key.generation)
                outcome.add("responder", key, named)


def _conversations() -> "tuple[type[Conversation[Any]], ...]":
    from honnin.agency.card_updates.services import Updating
    from honnin.agency.issuance.procedure import Issuing
    from honnin.agency.reservations.resetting import Resetting

    return Updating, Issuing, Resetting


def _conversations_left(clock: Clock) -> int:
    at = clock.now()
    return sum(kind.abandoned(at).count() for kind in _conversations())


def _give_up_conversations(clock: Clock, outcome: "Outcome") -> None:
    at = clock.now()
    if given_up := sum(kind.give_up_abandoned(at) for kind in _conversations()):
        outcome.add("conversations", given_up)


def _forget_requests(clock: Clock, outcome: "Outcome") -> None:
    from honnin.agency.requests.services import over

    if forgotten := over(clock.now()).delete()[0]:
        outcome.add("requests", forgotten)


def _batches_open(clock: Clock) -> int:
    from honnin.agency.notices.queries import open_batches

    return open_batches().count()


def _finish_batches(clock: Clock, outcome: "Outcome") -> None:
    from honnin.agency.notices.printing import finish_batches

    for batch in finish_batches(actor="chores", at=clock.now()):
        outcome.add("letters", batch)


# — When things were made ————————————————————————————————————————————————————————————————————————————————


def _of_lists(now: datetime) -> Iterator[Instant]:
    from honnin.agency.publication.services import published_at, published_keys

    for name, key in published_keys(now).items():
        yield f"{name}.crl", published_at(name, key)


def _of_keys() -> Iterator[Instant]:
    from honnin.agency.authority.models import IssuingKey
    from honnin.agency.authority.queries import certificate_of
    from honnin.agency.authority.services import certificate_of_responder

    for key in IssuingKey.objects.order_by("pk"):
        yield str(key), certificate_of(key).not_valid_before_utc
        if key.responder_certificate is not None:
            responder = certificate_of_responder(key)
            yield Sentence("responder of {key}", key=str(key)), responder.not_valid_before_utc


def _of_records() -> Iterator[Instant]:
    from django.db.models import Max

    from honnin.agency.records.models import IssuanceRecord, StatusChange

    yield Sentence("certificates"), IssuanceRecord.objects.aggregate(at=Max("issued_at"))["at"]
    yield Sentence("changes of status"), StatusChange.objects.aggregate(at=Max("recorded_at"))["at"]
