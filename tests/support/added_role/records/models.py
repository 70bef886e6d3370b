"""The tables of the library."""

from django.db import models

from honnin.journal.models import Entry, Tail


class JournalEntry(Entry):
    """One act of the library."""


class JournalTail(Tail):
    """The end of the library's journal."""


class Librarian(models.Model):
    """Who works here, by the name of the account."""

    user_name = models.CharField(max_length=80, primary_key=True)
