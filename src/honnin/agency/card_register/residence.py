"""Whose resident a person is, as far as the agency knows: it holds no register."""

from honnin.agency.card_register.queries import cards_of
from honnin.agency.records.queries import records_of
from honnin.errors import NotAllowed
from honnin.identifiers import MunicipalityCode, PersonCode
from honnin.wire.line import Sender


def municipalities_of(person_code: PersonCode) -> set[MunicipalityCode]:
    """The municipality of the newest card, which moves with the holder; else of the newest certificate. Empty
    for nobody known.
    """
    if cards := cards_of(person_code):
        return {cards[0].municipality_code}
    newest = records_of(person_code).first()
    return {newest.municipality_code} if newest else set()


def is_own_resident(sender: Sender, person_code: PersonCode) -> bool:
    """Whether a person is the sender's resident.

    Of a person without card and certificate the agency knows nothing, and a report changes nothing here.
    """
    known = municipalities_of(person_code)
    return not known or sender.municipality_code in known


def require_own_resident(sender: Sender, person_code: PersonCode) -> None:
    """Raises NotAllowed E_OFFICE_WRONG for another municipality's."""
    if not is_own_resident(sender, person_code):
        raise NotAllowed("E_OFFICE_WRONG")
