"""The municipality's journal: its beginning, its heads, its proof."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings

from honnin.clock import Clock
from honnin.custody.key_files import KeyFiles
from honnin.journal.head import Head
from honnin.journal.heads import sign_due, sign_head
from honnin.journal.proof import Proof, verify
from honnin.municipality.records.journal import JOURNAL, KEY_NAME
from honnin.municipality.records.models import JournalEntry


def open_journal(clock: Clock) -> None:
    """Make the key of the journal and the first line of its heads, while it has no entry.

    Runs again without harm. Raises as `sign_head`.
    """
    if not JournalEntry.objects.exists():
        KeyFiles(settings.HONNIN_KEYS, settings.HONNIN_KEY_PASSPHRASE).create_journal_key(KEY_NAME)
        sign_head(JOURNAL, clock.now())


def sign_journal(clock: Clock, *, not_before: timedelta = timedelta(0)) -> Head | None:
    """Sign the head of the journal, if the newest is `not_before` old. Raises as `sign_head`."""
    return sign_due(JOURNAL, clock.now(), not_before=not_before)


def prove_journal(kept: Path | None = None) -> Proof:
    """Read the whole journal against its signed heads, and against a copy of them that was kept elsewhere."""
    return verify(JOURNAL, kept)
