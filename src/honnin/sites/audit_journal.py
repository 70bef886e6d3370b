"""What the journal says of cards and of link certificates, held against the records."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from honnin.agency.authority.models import IssuingKey
from honnin.agency.authority.rollover import LINKED, links_of
from honnin.agency.cards.conversation import REPLACED
from honnin.agency.cards.models import Card
from honnin.agency.cards.services import INVALIDATED, PRODUCED
from honnin.agency.records.life import detail_of
from honnin.agency.records.models import JournalEntry
from honnin.card.scp03 import FIRST_KEY_VERSION


@dataclass
class _Told:
    """One card by the journal."""

    expiry: str
    key_version: str
    valid: bool = True


def card_faults() -> Iterator[str]:
    """Cards that no entry produced, are valid again, or are taken with keys that were replaced."""
    told = _cards_told()
    for card in Card.objects.order_by("pk").iterator(2000):
        said = told.pop(card.card_number, None)
        if said is None:
            yield f"{card}: produced by no entry of the journal"
            continue
        if str(card.expiry_date) != said.expiry:
            yield f"{card}: ends on another day than the journal says"
        if card.valid and not said.valid:
            yield f"{card}: the record says valid, the journal that it ended"
        if f"{card.key_version:02X}" != said.key_version:
            yield f"{card}: key version {card.key_version:02X}, by the journal {said.key_version}"
    yield from (f"{number}: produced, and its record is gone" for number in told)


def _cards_told() -> dict[str, _Told]:
    told: dict[str, _Told] = {}
    acts = JournalEntry.objects.filter(act__in=(PRODUCED, INVALIDATED, REPLACED)).order_by("sequence")
    for entry in acts.iterator(2000):
        detail = detail_of(entry)
        if entry.act == PRODUCED:
            version = detail.get("key_version", f"{FIRST_KEY_VERSION:02X}")  # as the first cards had it
            told[entry.subject] = _Told(str(detail.get("expiry")), str(version))
        elif entry.subject in told and entry.act == INVALIDATED:
            told[entry.subject].valid = False
        elif entry.subject in told:
            told[entry.subject].key_version = str(detail.get("version"))
    return told


def link_faults() -> Iterator[str]:
    """Link certificates that are not those that were signed."""
    entries = JournalEntry.objects.filter(act=LINKED)
    told = {(entry.subject, detail_of(entry).get("sha256")) for entry in entries}
    keys = {(key.purpose, key.generation): key for key in IssuingKey.objects.all()}
    for (purpose, generation), new in keys.items():
        old = keys.get((purpose, generation - 1))
        for subject, link in links_of(old, new) if old is not None else ():
            if (subject, hashlib.sha256(link).hexdigest()) not in told:
                yield f"link {subject}: not the one that was signed"
