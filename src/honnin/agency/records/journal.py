"""The agency's journal (`honnin.journal`)."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from honnin.agency.records.models import JournalEntry, JournalTail
from honnin.custody.key_files import KeyFiles
from honnin.journal.journal import Act, Acted, Journal

__all__ = ["DATABASE", "JOURNAL", "KEY_NAME", "Act", "Acted", "append", "append_all", "lock_tail"]

DATABASE = "agency"
KEY_NAME = "journal"


def _key() -> Ed25519PrivateKey:
    return KeyFiles(settings.HONNIN_KEYS, settings.HONNIN_KEY_PASSPHRASE).journal_key(KEY_NAME)


JOURNAL = Journal(
    JournalEntry,
    JournalTail,
    database=DATABASE,
    key=_key,
    heads=lambda: settings.HONNIN_JOURNAL_HEADS,
    shapes=Path(__file__).with_name("shapes.toml"),
)
append = JOURNAL.append
append_all = JOURNAL.append_all
lock_tail = JOURNAL.lock_tail
