"""`python -m tests.agency.card_updates.upgrade_program`: what an earlier version began is among the updates.

Prints, as JSON, what became of it. A process of its own: it works on another HONNIN_HOME than the tests.
"""

import json
import os
import sys
from datetime import UTC, date, datetime

import django

AT = datetime(2026, 6, 2, tzinfo=UTC)
REQUEST = b'{"card_number":"TEST00000000001","person_code":"99000000001","work":"clear"}'


def begin_as_before() -> None:
    """By the models of then: a card, an errand to it, and the entry of the journal that tells of both."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections, transaction
    from django.db.migrations.executor import MigrationExecutor

    from honnin.agency.records.journal import DATABASE, KEY_NAME, Act, append
    from honnin.custody.key_files import KeyFiles

    call_command("migrate", database="default", verbosity=0)
    for room, last in (("agency_records", None), ("agency_cards", "0002")):
        call_command("migrate", room, *([last] if last else []), database=DATABASE, verbosity=0)
    KeyFiles(settings.HONNIN_KEYS, settings.HONNIN_KEY_PASSPHRASE).create_journal_key(KEY_NAME)
    then = (
        MigrationExecutor(connections[DATABASE]).loader.project_state(("agency_cards", "0002_errands")).apps
    )
    with transaction.atomic(using=DATABASE):
        card = (
            then.get_model("agency_cards", "Card")
            .objects.using(DATABASE)
            .create(
                card_number="TEST00000000001",
                person_code="99000000001",
                municipality_code="99101",
                generation="number_card",
                created_on=date(2026, 6, 1),
                expiry_date=date(2036, 3, 15),
            )
        )
        errand = (
            then.get_model("agency_cards", "Errand")
            .objects.using(DATABASE)
            .create(
                card=card, number="1", work="clear", request=REQUEST, channel={"challenge": "00"}, began_at=AT
            )
        )
        append(Act("test", "clear card: begun", card.pk, {}), AT, card, errand)


def main() -> None:
    from django.db import connections

    from honnin.agency.card_updates.models import CardUpdate
    from honnin.agency.card_updates.services import Updating
    from honnin.agency.records.journal import JOURNAL
    from honnin.journal.rows import row_faults
    from honnin.sites.audit.databases import database_faults
    from honnin.sites.opening import migrate

    begin_as_before()
    migrate()
    update = CardUpdate.objects.get(card_id="TEST00000000001")
    request = Updating(update, "test", AT).request
    faults = [*row_faults(JOURNAL), *database_faults("agency")]
    found = {"number": update.number, "stage": update.stage, "channel": update.channel}
    connections.close_all()
    json.dump(found | {"kind": request.kind, "faults": [str(fault) for fault in faults]}, sys.stdout)


if __name__ == "__main__":
    os.environ |= {"DJANGO_SETTINGS_MODULE": "honnin.sites.settings", "HONNIN_ROLES": "agency"}
    django.setup()
    from honnin.sites.initialisation import initialise

    initialise()
    main()
