"""A card as it leaves the factory: the issuer's keys and a number; no holder's key, certificate or PIN."""

from collections.abc import Mapping
from datetime import date

from honnin.card.chip.state import JPKI, ApplicationContent, CardState
from honnin.card.kinds.declaration import NUMBER_CARD, kind
from honnin.card.scp03 import StaticKeys
from honnin.card.token_information import LABEL_LENGTH, token_files
from honnin.identifiers import CardNumber


def blank_card(
    card_number: CardNumber,
    static_keys: StaticKeys,
    expiry_date: date,
    *,
    kind_name: str = NUMBER_CARD,
    token_label: str | None = None,
    contents: Mapping[str, ApplicationContent] | None = None,
    data: Mapping[int, bytes] | None = None,
) -> CardState:
    """A new card. Its PINs are not set: they count as blocked until the issuer authorises setting them.

    `contents` is what the applications beside JPKI hold; one that is not given is not on the card. `data` are
    the objects of GET DATA by tag. Raises ValueError for a card number that is not 1 to 64 printable ASCII
    characters, or a token label of more than 32; KeyError for a kind or an application that does not exist.
    """
    declared = kind(kind_name)
    label = declared.token_label if token_label is None else token_label
    if not (label.isascii() and len(label) <= LABEL_LENGTH):
        raise ValueError("a token label is at most 32 ASCII characters")
    others = dict(contents or {})
    if undeclared := others.keys() - declared.applications.keys():
        raise KeyError(min(undeclared))
    return CardState(
        card_number=CardNumber.checked(card_number),
        issuer_keys=static_keys,
        expiry_date=expiry_date,
        applications={JPKI: ApplicationContent(files=token_files(label)), **others},
        kind_name=kind_name,
        data=dict(data or {}),
    )
