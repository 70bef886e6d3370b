"""The tables of the municipality's journal."""

from honnin.journal.models import Entry, Tail


class JournalEntry(Entry):
    """One act of the municipality, or one look at a person."""


class JournalTail(Tail):
    """The end of the municipality's journal."""
