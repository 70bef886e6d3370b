"""Opens an installation: databases, authorities, an invented population with cards, and staff accounts.

Everything here may run again: what exists is kept, what is missing is added.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connections

from honnin.agency.authority.services import open_authorities
from honnin.agency.cards.master_keys import master_keys, open_master_keys, require_versions
from honnin.agency.cards.models import Card
from honnin.agency.cards.personalisation import open_card_keys
from honnin.agency.cards.services import equipment, personalised, produce_card
from honnin.agency.hotline.services import employ_operator
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.status.services import publication_is_due, publish
from honnin.card.chip.state import CardState
from honnin.card.issuer.production import blank_card
from honnin.card.transport.card_file import CardFile
from honnin.clock import Clock, day_in_japan
from honnin.errors import Malformed, Unavailable
from honnin.files import write_private
from honnin.law.calendar import age_on
from honnin.law.validity import Stay
from honnin.municipality.counter.sealing import open_key as open_evidence_key
from honnin.municipality.counter.staff import Post, appoint
from honnin.municipality.records.services import open_journal
from honnin.municipality.residents.models import Municipality, Resident
from honnin.municipality.residents.population import invent
from honnin.municipality.residents.services import fill_search_keys, note_card_updated, settle
from honnin.sites.addresses import keep_chosen
from honnin.sites.schema import require_own

POPULATION = 300
CARDS = 60
Report = Callable[[str], None]


@dataclass(frozen=True)
class Login:
    """A staff account to try the system with, and what it is for. No password: it got another one since."""

    user_name: str
    password: str
    role: str
    place: str


def migrate() -> None:
    """Bring every role's database to the present shape. Quick when there is nothing to do.

    Before the first database the cards' master key is made, which must be there from then on. Raises
    Unavailable E_DATABASE_MISSING for an empty database beside the keys of an authority, Untrusted
    E_DATABASE_OF_ANOTHER_ROLE, and what `MasterKeys.newest_version` raises.
    """
    if not settings.HOME.is_opened:
        open_master_keys()
    master_keys().newest_version  # noqa: B018 - where it is lost, that is said now and not at the first card
    if settings.HOME.has_authority:
        for alias in connections:
            _require_tables(alias)
    open_evidence_key()
    for alias in connections:
        require_own(alias)
    for alias in connections:
        call_command("migrate", database=alias, verbosity=0)
    require_versions()


def _require_tables(alias: str) -> None:
    if not connections[alias].introspection.table_names():
        raise Unavailable("E_DATABASE_MISSING", database=str(connections[alias].settings_dict["NAME"]))


def open_installation(clock: Clock, report: Report, *, population: int = POPULATION) -> None:
    """Make an installation ready for use, telling each step that takes time."""
    migrate()
    open_roles(clock)
    populate(clock, report, population=population)
    _produce_cards(clock, min(CARDS, population))
    if publication_is_due(clock):
        publish(clock)


def open_roles(clock: Clock) -> None:
    """The authorities, each role's journal, the addresses, and by what people are found whom an earlier
    version knew.

    Runs again without harm: what exists is kept.
    """
    open_authorities(clock)
    open_journal(clock)
    fill_search_keys(at=clock.now())
    keep_chosen(settings.HOME)


def populate(clock: Clock, report: Report = lambda step: None, *, population: int = POPULATION) -> None:
    """Fill an empty register with invented people."""
    if not Resident.objects.exists():
        report("population")
        at = clock.now()
        settle(invent(population, on=day_in_japan(at)), at=at)


def _produce_cards(clock: Clock, count: int) -> None:
    """Cards for the first residents, each a file in the cards folder named by its number.

    A start that was cut off is completed. A card that was invalidated is not replaced.
    """
    residents = list(Resident.objects.order_by("person_code")[:count])
    cards = {card.person_code: card for card in Card.objects.order_by("valid")}
    for resident in residents:
        card = cards.get(resident.person_code)
        if card is None:
            hand_out_card(resident, clock)
        elif card.valid:
            _write_again(card, resident)


def _write_again(card: Card, resident: Resident) -> None:
    """The file of a card that was registered and never written; one that bore a certificate is lost."""
    path = settings.HONNIN_CARDS / f"{card.card_number}.json"
    if path.exists() or IssuanceRecord.objects.filter(card_number=card.card_number).exists():
        return
    keys = master_keys().card_keys(card.card_number, card.key_version)
    blank = blank_card(card.card_number, keys, card.expiry_date)
    _write_card(personalised(blank, resident.basic_four(), resident.municipality_id))


def hand_out_card(resident: Resident, clock: Clock) -> str:
    """Produce a card for a resident and put its file into the cards folder; returns its number."""
    ready_card_keys()
    at = clock.now()
    state = produced_card(resident, at=at)
    _write_card(state)
    note_card_updated(resident, actor="production", at=at)
    return state.card_number


def ready_card_keys() -> None:
    """Make the keys that stand on every card, before the first one; a lost one is never made anew.

    Raises Unavailable as `require_versions`.
    """
    require_versions()
    if not Card.objects.exists():
        open_card_keys(equipment().keys)


def produced_card(
    resident: Resident, *, at: datetime, received_on: date | None = None, stay: Stay | None = None
) -> CardState:
    """A new card for a resident, registered, with everything on it that says whose it is.

    Raises Refused E_CARD_EXPIRED, Conflict E_CARD_EXISTS, Unavailable E_KEY_UNAVAILABLE.
    """
    state = produce_card(
        resident.person_code,
        resident.municipality_id,
        resident.birth_date,
        at=at,
        actor="production",
        received_on=received_on,
        stay=stay,
    )
    return personalised(state, resident.basic_four(), resident.municipality_id)


def _write_card(state: CardState) -> None:
    settings.HONNIN_CARDS.mkdir(parents=True, exist_ok=True, mode=0o700)
    CardFile.create(settings.HONNIN_CARDS / f"{state.card_number}.json", state).close()


def demo_logins(clock: Clock) -> list[Login]:
    """Accounts of this test installation, made on first use with passwords of its own (mode 0600).

    When the file of passwords is missing, the accounts get new ones: nobody could read the old. Raises
    Malformed E_LOGINS_UNREADABLE for one that is damaged.
    """
    path = settings.HOME.keys / "demo-logins.json"
    known, at = path.exists(), clock.now()
    logins = _read_logins(path) if known else _invent_logins()
    for login in logins:
        _account(login, at, anew=not known)
    if not known:  # after the accounts, so that what stands in the file always opens them
        _write_logins(path, logins)
    return logins


def kept_logins() -> list[Login]:
    """The accounts that the installation brought, with their passwords; none where it brought none.

    Raises Malformed E_LOGINS_UNREADABLE.
    """
    path = settings.HOME.keys / "demo-logins.json"
    return _read_logins(path) if path.exists() else []


def forget_login(user_name: str) -> None:
    """The password of an account that the installation brought is another now, and stands in no file."""
    logins = kept_logins()
    if any(login.user_name == user_name for login in logins):
        left = [replace(each, password="") if each.user_name == user_name else each for each in logins]
        _write_logins(settings.HOME.keys / "demo-logins.json", left)


def _read_logins(path: Path) -> list[Login]:
    meant = {(login.user_name, login.role, login.place) for login in _invent_logins()}
    try:
        logins = [Login(**entry) for entry in json.loads(path.read_bytes())]
        whole = {(login.user_name, login.role, login.place) for login in logins} == meant
    except (ValueError, TypeError):
        whole = False
    if not whole or not all(isinstance(login.password, str) for login in logins):
        raise Malformed("E_LOGINS_UNREADABLE", path=str(path))
    return logins


def _write_logins(path: Path, logins: list[Login]) -> None:
    text = json.dumps([asdict(login) for login in logins], ensure_ascii=False, indent=1)
    write_private(path, text.encode())


def _invent_logins() -> list[Login]:
    places = list(Municipality.objects.order_by("code"))
    clerks = [
        Login(name, _password(), "clerk", place.name)
        for name, place in zip(("hanako", "taro", "mei"), places, strict=False)
    ]
    return [*clerks, Login("operator", _password(), "operator", "")]


def _password() -> str:
    """Easy to type, and worth nothing outside this installation."""
    return "-".join(secrets.token_hex(2) for _ in range(4))


RESIDENT_CLERK = "mei"
"""The clerk who is a resident of the own town, with the name that the register has."""
_NAMES = {"hanako": "窓口 花子", "taro": "受付 太郎", "mei": "係 芽衣", "operator": "電話 一郎"}


def _account(login: Login, at: datetime, *, anew: bool) -> None:
    user, new = User.objects.get_or_create(username=login.user_name)
    if new or anew or not user.password:  # no password: a start was cut off between the two lines
        user.set_password(login.password)
        user.save()
    name = _NAMES[login.user_name]
    if login.role == "operator":
        employ_operator(login.user_name, name, actor="installation", at=at)
        return
    place = Municipality.objects.get(name=login.place)
    known = _resident_of(place, day_in_japan(at)) if login.user_name == RESIDENT_CLERK else None
    post = Post(login.user_name, known.name if known else name, place.code, "市民課 窓口1")
    appoint(post, person_code=known.pk if known else "", actor="installation", at=at)


def _resident_of(place: Municipality, today: date) -> Resident | None:
    """An adult of the municipality, the first by number, as whom a clerk can be tried out."""
    people = Resident.objects.filter(municipality=place, removed_on=None).order_by("person_code")
    return next((each for each in people if 20 <= age_on(each.birth_date, today) < 65), None)
