"""Names of database objects in messages: in English the name in the database, in Japanese a word with that
name behind it.
"""

from typing import Final

from django.apps import apps

from honnin.translation import Name, Sentence, message

_OTHERS: Final = {  # of Django's own tables, and of those that no role's journal tells of
    "auth_group": message("groups of accounts"),
    "auth_group_permissions": message("permissions of groups"),
    "auth_permission": message("permissions"),
    "auth_user": message("accounts"),
    "auth_user_groups": message("groups that accounts are in"),
    "auth_user_user_permissions": message("permissions of accounts"),
    "console_keptfile": message("kept files"),
    "console_sentform": message("sent forms"),
    "console_signincount": message("counts of sign-ins"),
    "django_content_type": message("kinds of content"),
    "django_migrations": message("migrations"),
    "django_session": message("sessions"),
}
KINDS: Final = {
    "check": message("check"),
    "constraint": message("constraint"),
    "index": message("index"),
    "policy": message("policy"),
    "primary key": message("primary key"),
    "reference": message("reference"),
    "rule": message("rule"),
    "trigger": message("trigger"),
    "unique index": message("unique index"),
    "view": message("view"),
}


def table_named(table: str) -> str:
    """A table; one that is none of ours by its name alone."""
    words = {model._meta.db_table: str(model._meta.verbose_name) for model in apps.get_models()} | _OTHERS
    return Name(words[table], table, english=table) if table in words else table


def object_named(kind: str, name: str, table: str) -> str:
    """An index, a trigger and the like of a table."""
    return Sentence("{kind} {name} of {table}", kind=_kind(kind), name=name, table=table_named(table))


def unnamed(kind: str, table: str, columns: str) -> str:
    """One that has no name yet, over columns."""
    return Sentence(
        "{kind} of {table} over {columns}", kind=_kind(kind), table=table_named(table), columns=columns
    )


def _kind(kind: str) -> str:
    return Sentence(KINDS[kind]) if kind in KINDS else kind
