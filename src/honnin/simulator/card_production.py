"""Cards for residents of this installation: made and registered by the agency, and put into the cards folder.

It takes both roles: who somebody is the register says, and no message asks for a new card.
"""

from datetime import date, datetime

from django.conf import settings

from honnin.agency.card_personalisation.personalisation import open_card_keys
from honnin.agency.card_register.models import Card
from honnin.agency.card_register.services import equipment, personalised, produce_card
from honnin.agency.keys.master_keys import master_keys, require_versions
from honnin.agency.records.models import IssuanceRecord
from honnin.card.chip.state import CardState
from honnin.card.issuer.production import blank_card
from honnin.card.transport.card_file import CardFile
from honnin.clock import Clock
from honnin.identifiers import CardNumber
from honnin.law.validity import Stay
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.services import note_card_updated


def produce_cards(clock: Clock, count: int) -> None:
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


def hand_out_card(resident: Resident, clock: Clock, stay: Stay | None = None) -> CardNumber:
    """Produce a card for a resident and put its file into the cards folder; returns its number."""
    ready_card_keys()
    at = clock.now()
    state = produced_card(resident, at=at, stay=stay)
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

    Raises as `blank_card_of`.
    """
    state = blank_card_of(resident, at=at, received_on=received_on, stay=stay)
    return personalised(state, resident.basic_four(), resident.municipality_id)


def blank_card_of(
    resident: Resident, *, at: datetime, received_on: date | None = None, stay: Stay | None = None
) -> CardState:
    """A new card for a resident, registered, with nothing on it.

    Raises Refused E_CARD_EXPIRED, Conflict E_CARD_EXISTS, Unavailable E_KEY_UNAVAILABLE.
    """
    return produce_card(
        resident.person_code,
        resident.municipality_id,
        resident.birth_date,
        at=at,
        actor="production",
        received_on=received_on,
        stay=stay,
    )


def _write_card(state: CardState) -> None:
    settings.HONNIN_CARDS.mkdir(parents=True, exist_ok=True, mode=0o700)
    CardFile.create(settings.HONNIN_CARDS / f"{state.card_number}.json", state).close()
