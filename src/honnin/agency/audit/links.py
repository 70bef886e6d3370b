"""What the journal says of link certificates, held against the records."""

import hashlib
from collections.abc import Iterator

from honnin.agency.authority.models import IssuingKey
from honnin.agency.authority.rollover import LINKED, links_of
from honnin.agency.records.life import detail_of, words_of_purpose
from honnin.agency.records.models import JournalEntry
from honnin.translation import Sentence


def link_faults() -> Iterator[str]:
    """Link certificates that are not those that were signed."""
    entries = JournalEntry.objects.filter(act=LINKED)
    signed = {(entry.subject, detail_of(entry).get("sha256")) for entry in entries}
    keys = {(key.purpose, key.generation): key for key in IssuingKey.objects.all()}
    for (purpose, generation), new in keys.items():
        old = keys.get((purpose, generation - 1))
        if old is None:
            continue
        for subject, link in links_of(old, new):
            if (subject, hashlib.sha256(link).hexdigest()) not in signed:
                words = Sentence(
                    "{purpose} CA {generation} with {signing}",
                    purpose=words_of_purpose(purpose),
                    generation=(new if subject.startswith(f"{new} ") else old).generation,
                    signing=subject.rpartition(" ")[2],
                )
                yield Sentence("link {subject}: not the one that was signed", subject=words)
