"""`python -m tests.municipality.upgrade_program`: a municipality of an earlier version is opened by this one.

Prints, as JSON, what became of it. A process of its own: it works on another HONNIN_HOME than the tests.
"""

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django

from honnin.identifiers import MunicipalityCode

PHOTO = b"\xff\xd8\xff\xe0 a photograph of a document\xff\xd9" * 200
AT = datetime(2026, 6, 2, tzinfo=UTC)
NUMBER = "99101-20260602-000001"
PLACE = {
    "code": "99101",
    "name": "みほん市",
    "prefecture": "みほん県",
    "romaji": "Mihon-shi",
    "prefecture_romaji": "Mihon-ken",
}
RESIDENT = {
    "name": "見本",
    "kana": "ミホン　ハナコ",
    "birth_date": "1990-03-15",
    "sex": "2",
    "address": "みほん市",
    "adult_ward": False,
    "municipality_id": "99101",
    "card_outdated": False,
}
CLERK = {
    "id": 1,
    "user_name": "hanako",
    "name": "窓口",
    "counter_name": "窓口1",
    "person_code": "",
    "municipality_id": "99101",
}
APPLICATION = {
    "number": NUMBER,
    "signature": True,
    "user_authentication": True,
    "pins": "[]",
    "received_at": AT,
    "state": "under_examination",
    "identity_documents": "[]",
    "proxy_kind": "",
    "proxy_name": "",
    "proxy_documents": "[]",
    "terms_accepted": True,
    "recorded_name": "",
    "recorded_address": "",
    "substitutes_accepted": False,
    "ward_override": False,
    "rejection_reason": "",
    "card_number": "",
    "outcome": "[]",
    "municipality_id": "99101",
    "received_by_id": 1,
    "resident_id": "99000000001",
}
COPY = {
    "whose": "applicant",
    "document": "passport",
    "media_type": "image/jpeg",
    "content": PHOTO,
    "copied_at": AT,
    "copied_by": "hanako",
    "application_id": NUMBER,
}


def fill_as_before() -> None:
    """Two residents, a clerk, an application with two plain copies, the second altered after it was kept."""
    from django.core.management import call_command

    for room in ("municipality_residents", "municipality_counter"):
        call_command("migrate", room, "0002", database="municipality", verbosity=0)
    insert("residents_municipality", PLACE)
    for code in ("99000000001", "99000000002"):
        insert("residents_resident", RESIDENT | {"person_code": code})
    insert("counter_clerk", CLERK)
    insert("counter_application", APPLICATION)
    for kept in (PHOTO, b"another"):
        insert("counter_evidencecopy", COPY | {"sha256": hashlib.sha256(kept).hexdigest()})


def insert(table: str, row: Mapping[str, Any]) -> None:
    from django.db import connections

    places = ", ".join(["%s"] * len(row))
    with connections["municipality"].cursor() as cursor:
        cursor.execute(
            f"INSERT INTO municipality_{table} ({', '.join(row)}) VALUES ({places})", list(row.values())
        )


def opened() -> list[str]:
    """What the copies are now: as they were, or why not."""
    from honnin.errors import HonninError
    from honnin.municipality.counter.applications.evidence import sealing
    from honnin.municipality.counter.applications.models import EvidenceCopy

    found = []
    for copy in EvidenceCopy.objects.order_by("pk"):
        try:
            found.append("whole" if sealing.content_of(copy) == PHOTO else "another")
        except HonninError as error:
            found.append(error.code)
    return found


def main() -> None:
    from django.conf import settings
    from django.db import connections

    from honnin.clock import SystemClock
    from honnin.municipality.records.services import open_journal
    from honnin.municipality.residents.models import Resident
    from honnin.municipality.residents.queries import find_residents, read_question
    from honnin.municipality.residents.upgrades.search_keys import fill_search_keys
    from honnin.sites.opening import migrate

    fill_as_before()
    (settings.HONNIN_KEYS / "evidence-key").unlink()  # an earlier version had none
    migrate()
    open_journal(SystemClock())  # as `open_roles` does, without authorities
    fill_search_keys(at=AT)
    told = {"copies": opened(), "ids": len(set(Resident.objects.values_list("public_id", flat=True)))}
    found = [
        find_residents(read_question(text), own=MunicipalityCode("99101"))
        for text in ("はなこ", "みほん市", "H2.3.15", "見本 H2.3.15")
    ]
    told["found"] = [len(each) for each in found]
    connections.close_all()
    files = Path(settings.HOME.root).glob("municipality.sqlite3*")
    told["plain"] = sum(PHOTO[:40] in path.read_bytes() for path in files)
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "honnin.sites.settings"
    django.setup()
    from honnin.sites.initialisation import initialise

    initialise()
    main()
