"""The library's journal (`honnin.journal`)."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from honnin.custody.key_files import KeyFiles
from honnin.journal.journal import Journal
from tests.support.added_role.records.models import JournalEntry, JournalTail

KEY_NAME = "library-journal"


def key_files() -> KeyFiles:
    return KeyFiles(settings.HONNIN_KEYS, settings.HONNIN_KEY_PASSPHRASE)


def _key() -> Ed25519PrivateKey:
    return key_files().journal_key(KEY_NAME)


JOURNAL = Journal(
    JournalEntry,
    JournalTail,
    database="library",
    key=_key,
    heads=lambda: settings.HOME.root / "library-journal-heads.jsonl",
    shapes=Path(__file__).with_name("shapes.toml"),
)
