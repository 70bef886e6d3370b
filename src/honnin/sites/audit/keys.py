"""Are the municipality's private keys there that its records speak of, and do they open?"""

from collections.abc import Iterator

from django.conf import settings

from honnin.agency.audit.keys import journal_key_faults
from honnin.custody.key_files import KeyFiles
from honnin.journal.snapshot import UNREADABLE, is_damage
from honnin.municipality.counter.applications.evidence.sealing import lost_keys
from honnin.municipality.records.journal import KEY_NAME
from honnin.translation import Sentence


def municipality_key_faults() -> Iterator[str]:
    """Key files that are missing, damaged, or under another passphrase."""
    yield from journal_key_faults(KeyFiles(settings.HOME.keys, settings.HONNIN_KEY_PASSPHRASE), KEY_NAME)
    yield from _of_evidence()


def _of_evidence() -> Iterator[str]:
    try:
        for name in lost_keys():
            yield Sentence(
                "keys/{name}: missing, damaged, or not the key of the copies sealed under it", name=name
            )
    except UNREADABLE as error:  # the municipality's copies; the authorities' keys are checked all the same
        if not is_damage(error, is_present=True):
            raise
        yield Sentence("keys of copies of evidence: the copies cannot be read")
